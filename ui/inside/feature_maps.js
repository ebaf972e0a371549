export default function ({ data, parentElement, setTriggerValue }) {
    const root = parentElement.querySelector(".layers")
    for (const name of ["faint", "line", "wrong", "answer"]) root.style.setProperty(`--${name}`, data[name])
    const make = (kind, name, text, into) => {
        const part = document.createElement(kind)
        part.className = name
        part.textContent = text
        into.append(part)
        return part
    }
    const share = (place, places) => places > 1 ? `${place / (places - 1) * 100}%` : "0"
    const focused = parentElement.getRootNode().activeElement?.dataset
    const wanted = focused && [focused.layer, focused.place]
    const narrow = root.clientWidth < 500  // a phone
    root.replaceChildren()
    for (const layer of data.layers) {
        const block = make("div", "layer", "", root)
        const head = make("div", "head", "", block)
        make("b", "", layer.name, head)
        make("span", "", layer.detail, head)
        const tiles = make("div", "tiles", "", block)
        tiles.setAttribute("role", "group")
        tiles.setAttribute("aria-label", `${layer.name}: ${layer.detail}`)
        const across = Math.min(data.across, layer.tiles.length), rows = Math.ceil(layer.tiles.length / across)
        layer.tiles.forEach((tile, place) => {
            const button = make("button", layer.picture ? "map" : "digit", "", tiles)
            button.setAttribute("aria-label", tile.alt)
            button.dataset.layer = layer.name
            button.dataset.place = place
            const is_chosen = data.chosen[0] === layer.name && data.chosen[1][0] === place
            button.classList.toggle("chosen", is_chosen)
            button.setAttribute("aria-pressed", is_chosen)
            if (layer.picture) {
                const side = Math.round(layer.side * (narrow ? 0.72 : 1)), [height, width] = layer.size
                button.style.cssText += `width:${side}px;height:${side}px;background-image:url(${layer.picture});`
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
                    setTriggerValue("chosen", [layer.name, [place, ...pressed]])
                }
            } else {
                make("div", "name", tile.name, button)
                make("div", "share", tile.share, button)
                button.classList.toggle("answer", tile.is_answer)
                button.onclick = () => setTriggerValue("chosen", [layer.name, [place]])
            }
            if (wanted && wanted[0] === layer.name && wanted[1] === `${place}`) queueMicrotask(() => button.focus())
        })
        walkWithArrows(tiles)
    }
}
