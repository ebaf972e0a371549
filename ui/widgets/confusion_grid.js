// A confusion matrix of many classes: it scrolls in its box, beside the names of its rows and below those of its columns.
// Only cells that hold something are there. The Tab key stops once; the arrow keys go to the next cell that is there.

const layCells = (sheet, data, press) => {
    const make = (name, text) => {
        const part = document.createElement("span")
        part.textContent = part.title = text
        if (name) part.className = name
        return part
    }
    sheet.querySelector(".across").replaceChildren(...data.names.map(name => make("", name)))
    sheet.querySelector(".down").replaceChildren(...data.names.map(name => make("", name)))
    const room = sheet.querySelector(".cells")
    room.style.width = room.style.height = `${data.names.length * data.side}px`
    room.replaceChildren(...data.cells.map(cell => {
        const part = document.createElement(data.isPressable ? "button" : "div")
        Object.assign(part.style, {
            left: `${cell.column * data.side}px`, top: `${cell.row * data.side}px`, background: cell.ground, color: cell.ink,
        })
        part.className = "cell"
        part.textContent = cell.figure
        part.title = cell.words
        part.setAttribute("aria-label", cell.words)
        part.place = cell.row * data.names.length + cell.column
        if (data.isPressable) part.onclick = () => press(part.place)
        else part.setAttribute("role", "img")
        return part
    }))
}

const walkAmongCells = (room, size) => {
    const cells = [...room.children]
    cells.forEach((cell, turn) => { cell.tabIndex = turn ? -1 : 0 })
    room.onkeydown = event => {
        const here = room.getRootNode().activeElement
        const ahead = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: size, ArrowUp: -size }[event.key]
        if (!ahead || !cells.includes(here)) return
        event.preventDefault()
        const inColumn = Math.abs(ahead) > 1
        const next = cells
            .filter(cell => (cell.place - here.place) * ahead > 0 && (!inColumn || (cell.place - here.place) % size === 0))
            .sort((one, other) => Math.abs(one.place - here.place) - Math.abs(other.place - here.place))[0]
        if (!next) return
        here.tabIndex = -1
        next.tabIndex = 0
        next.focus()
    }
}

export default function ({ data, parentElement, setTriggerValue }) {
    const box = parentElement.querySelector(".box")
    const room = box.querySelector(".cells")
    const sheet = box.querySelector(".sheet")
    if (box.shown !== data.version) {
        box.shown = data.version
        box.style.setProperty("--side", `${data.side}px`)
        box.style.setProperty("--line", data.line)
        sheet.classList.toggle("long", data.names.some(name => name.length > 2))
        box.querySelector(".corner").textContent = data.corner
        room.setAttribute("aria-label", data.words)
        layCells(sheet, data, place => setTriggerValue("pressed", place))
        if (data.isPressable) walkAmongCells(room, data.names.length)
        else box.tabIndex = 0 // what scrolls can be reached with the keyboard
    }
    for (const cell of room.children) {
        const isChosen = cell.place === data.chosen
        if (data.isPressable) cell.setAttribute("aria-pressed", isChosen)
        if (isChosen && box.chosen !== data.chosen) {
            const right = cell.offsetLeft + room.offsetLeft + data.side - box.clientWidth
            const below = cell.offsetTop + room.offsetTop + data.side - box.clientHeight
            box.scrollLeft = Math.min(cell.offsetLeft, Math.max(box.scrollLeft, right))
            box.scrollTop = Math.min(cell.offsetTop, Math.max(box.scrollTop, below))
        }
    }
    box.chosen = data.chosen
}
