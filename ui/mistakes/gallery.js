export default function ({ data, parentElement, setTriggerValue }) {
    const grid = parentElement.querySelector(".grid")
    if (layTiles(grid, data, tile => setTriggerValue("chosen", tile.index))) walkWithArrows(grid)
}
