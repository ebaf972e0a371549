export default function ({ data, parentElement, setTriggerValue }) {
    const box = parentElement.querySelector(".box"), cells = box.querySelector(".cells")
    const content = JSON.stringify(data)
    if (box.content === content) return  // a cell that is replaced under the pointer loses its press
    box.content = content
    const [, width] = data.size, [channel, row, column] = data.unit
    const focused = cells.getRootNode().activeElement?.dataset.place
    cells.setAttribute("aria-label", data.name)
    cells.style.setProperty("--wrong", data.wrong)
    cells.style.backgroundImage = `url(${data.picture})`
    cells.style.grid = `auto-flow ${data.side}px / repeat(${width}, ${data.side}px)`
    cells.replaceChildren(...data.labels.map((label, place) => {
        const button = document.createElement("button"), where = [Math.floor(place / width), place % width]
        button.title = label
        button.setAttribute("aria-label", label)
        button.setAttribute("aria-pressed", where[0] === row && where[1] === column)
        button.dataset.place = place
        button.onclick = () => setTriggerValue("chosen", [data.layer, [channel, ...where]])
        return button
    }))
    walkWithArrows(cells)
    if (focused) cells.children[focused]?.focus({ preventScroll: true })
    const shown = `${data.name} ${data.unit}`
    if (box.shown !== shown) {  // where the map is larger than its box, what is followed is in the middle
        box.scrollTo((column + 0.5) * data.side - box.clientWidth / 2, (row + 0.5) * data.side - box.clientHeight / 2)
        box.shown = shown
    }
}
