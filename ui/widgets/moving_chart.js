const shown = new WeakMap() // what a chart was last told to show

// Who changes a chart says so by an event of Plotly's; Streamlit hears it and draws what the chart then holds.
function move(chart, { traces, alt }) {
    const told = JSON.stringify(traces)
    if (shown.get(chart) === told) return
    shown.set(chart, told)
    chart.data = traces
    chart.emit("plotly_redraw")
    chart.closest("[role=figure]")?.setAttribute("aria-label", alt)
}

export default function ({ data, setStateValue }) {
    let waiting
    const look = () => {
        const chart = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`)
        if (!chart?.querySelector(".bars")) {
            waiting = requestAnimationFrame(look)
            return
        }
        if (!shown.has(chart)) setStateValue("moves", true)
        move(chart, data)
    }
    look()
    return () => cancelAnimationFrame(waiting)
}
