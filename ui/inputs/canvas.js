const style = new CSSStyleSheet()
style.replaceSync(`
    .dc-toolbar { display: none !important }
    .dc-background-canvas { image-rendering: pixelated }
`)

export default function () {
    let waiting
    const look = () => {
        const hosts = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
        const root = hosts.map(host => host.shadowRoot).find(root => root?.querySelector(".canvas-root"))
        if (!root) waiting = requestAnimationFrame(look)
        else if (!root.adoptedStyleSheets.includes(style)) root.adoptedStyleSheets.push(style)
    }
    look()
    return () => cancelAnimationFrame(waiting)
}
