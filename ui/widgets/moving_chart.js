const shown = new WeakMap() // what a chart was last told to show
const ZOOMS = !matchMedia("(pointer: coarse)").matches // there, a drag scrolls the page

function letZoom(layout) {
    const axes = Object.entries(layout).filter(([name]) => /^[xy]axis/.test(name))
    return { ...layout, dragmode: "zoom", ...Object.fromEntries(axes.map(([name, axis]) => [name, { ...axis, fixedrange: false }])) }
}

// Who changes a chart says so by an event of Plotly's; Streamlit hears it and draws what the chart then holds.
function move(chart, { traces, layout, alt, zooms }) {
    const told = JSON.stringify([traces, layout])
    if (shown.get(chart) === told) return
    shown.set(chart, told)
    chart.data = traces
    chart.layout = { ...chart.layout, ...(zooms && ZOOMS ? letZoom(layout) : layout), width: chart.layout.width, height: chart.layout.height }
    chart.emit("plotly_redraw")
    chart.closest("[role=figure]")?.setAttribute("aria-label", alt)
}

export default function ({ data, setStateValue }) {
    let waiting
    const look = () => {
        const chart = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`)
        if (!chart?.querySelector(".trace") || chart._dragging) {
            waiting = requestAnimationFrame(look)
            return
        }
        if (!shown.has(chart)) setStateValue("moves", true)
        move(chart, data)
    }
    look()
    return () => cancelAnimationFrame(waiting)
}
