// A press takes a drawing into the selection or out of it. The selection is here until the page gives another one, in a
// new turn, so that presses in a row never wait for each other; of a former turn the page heeds nothing.
export default function ({ data, parentElement, setStateValue }) {
    const grid = parentElement.querySelector(".grid")
    const show = () => {
        for (const [place, button] of [...grid.children].entries())
            button.ariaPressed = grid.picked.has(grid.ids[place])
    }
    if (grid.turn !== data.turn) grid.picked = new Set(data.picked)
    grid.turn = data.turn
    grid.ids = data.tiles.map(tile => tile.id)
    const isNew = layTiles(grid, data, tile => {
        if (!grid.picked.delete(tile.id)) grid.picked.add(tile.id)
        show()
        setStateValue("picked", { turn: grid.turn, ids: [...grid.picked] })
    })
    if (isNew) walkWithArrows(grid)
    show()
}
