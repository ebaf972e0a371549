// A grid of buttons in a component: one stop of the Tab key for all, and the arrow keys from one to the next.
// It is put before the script of each component that calls `walkWithArrows(grid)`; the grid's children are the buttons.

// biome-ignore lint/correctness/noUnusedVariables: the scripts that call it stand below it only in the browser
const walkWithArrows = grid => {
    const buttons = [...grid.children]
    buttons.forEach((button, place) => { button.tabIndex = place ? -1 : 0 })
    grid.onkeydown = event => {
        const here = buttons.indexOf(grid.getRootNode().activeElement)
        const across = buttons.filter(button => button.offsetTop === buttons[0].offsetTop).length
        const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key]
        const next = step && here >= 0 && buttons[here + step]
        if (!next) return
        event.preventDefault()
        buttons[here].tabIndex = -1
        next.tabIndex = 0
        next.focus()
    }
}
