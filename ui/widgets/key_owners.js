// Tells whether a key means something already where it is pressed. It is put before the script of each component that
// listens to the whole page.

const TAKES_TEXT = "input, textarea, select, [contenteditable=true], [role=slider], [role=combobox], [role=dialog]"
const TAKES_ENTER = `${TAKES_TEXT}, a, button, summary, canvas, [role=radio], [role=tab]`

// biome-ignore lint/correctness/noUnusedVariables: the scripts that call it stand below it only in the browser
const isTaken = event => {
    const [pressed] = event.composedPath()
    return Boolean(pressed.closest?.(event.key === "Enter" ? TAKES_ENTER : TAKES_TEXT))
}
