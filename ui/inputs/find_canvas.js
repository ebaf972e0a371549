// The component that draws, which lies in a shadow root of its own.
// It is put before the script of each component that calls `findCanvas()`.

// biome-ignore lint/correctness/noUnusedVariables: the scripts that call it stand below it only in the browser
const findCanvas = () => {
    const hosts = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
    return hosts.map(host => host.shadowRoot).find(root => root?.querySelector(".canvas-root"))
}
