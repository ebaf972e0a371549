const MIN_TILE = 24  // pixels; the least that a finger can aim at

export default function ({ data, parentElement, setTriggerValue }) {
    const root = parentElement.querySelector(".layer"), layer = data.layer
    for (const name of ["faint", "line", "wrong", "answer"]) root.style.setProperty(`--${name}`, data[name])
    const make = (kind, name, text, into) => {
        const part = document.createElement(kind)
        part.className = name
        part.textContent = text
        into.append(part)
        return part
    }
    const share = (place, places) => places > 1 ? `${place / (places - 1) * 100}%` : "0"
    const narrow = root.clientWidth < 500  // a phone
    const kind = `${layer.name} ${layer.tiles.length}`
    if (root.kind !== kind) {  // else the tiles stay: one that is replaced under the pointer loses its press
        root.kind = kind
        root.replaceChildren()
        make("div", "head", "", root)
        const group = make("div", "tiles", "", root)
        group.setAttribute("role", "group")
        for (let place = 0; place < layer.tiles.length; place++) make("button", layer.picture ? "map" : "digit", "", group)
        walkWithArrows(group)
    }
    const [head, tiles] = root.children
    head.replaceChildren()
    make("b", "", layer.name, head)
    make("span", "", layer.detail, head)
    tiles.setAttribute("aria-label", `${layer.name}: ${layer.detail}`)
    const across = Math.min(data.across, layer.tiles.length), rows = Math.ceil(layer.tiles.length / across)
    layer.tiles.forEach((tile, place) => {
        const button = tiles.children[place]
        button.replaceChildren()
        button.setAttribute("aria-label", tile.alt)
        const is_chosen = data.chosen[0] === layer.name && data.chosen[1][0] === place
        button.classList.toggle("chosen", is_chosen)
        button.setAttribute("aria-pressed", is_chosen)
        if (layer.picture) {
            const side = narrow ? Math.max(MIN_TILE, Math.round(layer.side * 0.72)) : layer.side
            const [height, width] = layer.size
            button.style.cssText = `width:${side}px;height:${side}px;background-image:url(${layer.picture});`
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
                // The keyboard and a finger cannot aim at a place in a tile: they get its strongest. Once the map is
                // shown large, they can choose any.
                const can_aim = event.detail && event.pointerType !== "touch"
                const pressed = can_aim
                    ? [at(event.clientY - box.top, height), at(event.clientX - box.left, width)]
                    : tile.strongest
                setTriggerValue("chosen", [layer.name, [place, ...pressed]])
            }
        } else {
            make("div", "name", `${tile.name} `, button)  // apart from the next line in what is read out
            make("div", "share", tile.share, button)
            button.classList.toggle("answer", tile.is_answer)
            button.onclick = () => setTriggerValue("chosen", [layer.name, [place]])
        }
    })
}
