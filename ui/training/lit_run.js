const runOf = node => node?.__data__?.[0].trace.legendgroup // the run that a line or an entry of the legend is of

function light(chart, run) {
    for (const node of chart.querySelectorAll(".scatterlayer .trace, .legend .traces")) {
        node.toggleAttribute("data-pale", run !== undefined && runOf(node) !== run)
    }
}

// Of the points above one another at the pointer, the one that is nearest to it.
function nearest(points, y) {
    const distance = ({ yaxis, y: value }) => Math.abs(yaxis._offset + yaxis.d2p(value) - y)
    return points.reduce((best, point) => (best && distance(best) <= distance(point) ? best : point), undefined)
}

function listen(chart) {
    let points = [], run
    const look = event => {
        const top = chart.getBoundingClientRect().top
        const point = points.length ? nearest(points, event.clientY - top) : undefined
        run = runOf(event.target.closest?.(".traces")) ?? point?.fullData.legendgroup
        light(chart, run)
    }
    chart.on("plotly_hover", hover => { points = hover.points; look(hover.event) })
    chart.on("plotly_unhover", () => { points = []; run = undefined; light(chart, run) })
    chart.on("plotly_afterplot", () => light(chart, run))
    chart.addEventListener("mousemove", look)
    chart.addEventListener("mouseleave", () => { points = []; run = undefined; light(chart, run) })
}

const heard = new WeakSet()

export default function ({ data }) {
    let waiting
    const look = () => {
        const chart = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`)
        if (!chart?.querySelector(".trace")) {
            waiting = requestAnimationFrame(look)
            return
        }
        if (!heard.has(chart)) listen(chart)
        heard.add(chart)
    }
    look()
    return () => cancelAnimationFrame(waiting)
}
