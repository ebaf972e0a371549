export default function ({ data, parentElement, setTriggerValue }) {
    const root = parentElement.querySelector(".stages")
    for (const name of ["faint", "line", "wrong"]) root.style.setProperty(`--${name}`, data[name])
    const make = (kind, name, text, into) => {
        const part = document.createElement(kind)
        part.className = name
        part.textContent = text
        into.append(part)
        return part
    }
    const share = (place, places) => places > 1 ? `${place / (places - 1) * 100}%` : "0"
    const focused = parentElement.getRootNode().activeElement?.dataset
    const wanted = focused && [focused.stage, focused.place]
    const narrow = root.clientWidth < 500  // a phone
    root.replaceChildren()
    for (const stage of data.stages) {
        const block = make("div", "stage", "", root)
        const head = make("div", "head", "", block)
        make("b", "", stage.name, head)
        make("span", "", stage.detail, head)
        const tiles = make("div", "tiles", "", block)
        tiles.setAttribute("role", "group")
        tiles.setAttribute("aria-label", `${stage.name}: ${stage.detail}`)
        const across = Math.min(data.across, stage.tiles.length), rows = Math.ceil(stage.tiles.length / across)
        stage.tiles.forEach((tile, place) => {
            const button = make("button", stage.picture ? "map" : "digit", "", tiles)
            button.setAttribute("aria-label", tile.alt)
            button.dataset.stage = stage.name
            button.dataset.place = place
            const is_chosen = data.chosen[0] === stage.name && data.chosen[1][0] === place
            button.classList.toggle("chosen", is_chosen)
            button.setAttribute("aria-pressed", is_chosen)
            if (stage.picture) {
                const side = Math.round(stage.side * (narrow ? 0.72 : 1)), [height, width] = stage.size
                button.style.cssText += `width:${side}px;height:${side}px;background-image:url(${stage.picture});`
                    + `background-size:${across * 100}% ${rows * 100}%;background-position:`
                    + `${share(place % across, across)} ${share(Math.floor(place / across), rows)}`
                if (is_chosen) {
                    const [, row, column] = data.chosen[1], mark = make("div", "mark", "", button)
                    mark.style.cssText += `left:${column / width * side - 2}px;top:${row / height * side - 2}px;`
                        + `width:${side / width + 4}px;height:${side / height + 4}px`
                }
                button.onclick = event => {
                    const at = (offset, count) =>
                        Math.max(0, Math.min(count - 1, Math.floor(offset / side * count)))
                    const box = button.getBoundingClientRect()
                    const pressed = event.detail  // 0 from the keyboard: then its strongest place
                        ? [at(event.clientY - box.top, height), at(event.clientX - box.left, width)]
                        : tile.strongest
                    setTriggerValue("chosen", [stage.name, [place, ...pressed]])
                }
            } else {
                make("div", "name", tile.name, button)
                make("div", "share", tile.share, button)
                button.classList.toggle("answer", tile.is_answer)
                button.onclick = () => setTriggerValue("chosen", [stage.name, [place]])
            }
            if (wanted && wanted[0] === stage.name && wanted[1] === `${place}`) queueMicrotask(() => button.focus())
        })
        walkWithArrows(tiles)
    }
}
