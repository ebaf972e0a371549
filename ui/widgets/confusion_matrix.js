export default function ({ data, parentElement, setTriggerValue }) {
    const cells = parentElement.querySelector(".cells")
    const { l, r, b } = data.margins
    Object.assign(cells.style, { left: `${l}px`, right: `${r}px`, bottom: `${b}px`, height: `${data.height}px` })
    if (!cells.children.length) {
        cells.append(...Array.from({ length: 100 }, () => document.createElement("button")))
        walkWithArrows(cells)
    }
    data.cells.forEach((words, place) => {
        const button = cells.children[place]
        button.title = words
        button.setAttribute("aria-label", words)
        button.setAttribute("aria-pressed", place === data.chosen)
        button.onclick = () => setTriggerValue("pressed", place)
    })
}
