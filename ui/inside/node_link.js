export default function ({ data, parentElement, setTriggerValue }) {
    const root = parentElement.querySelector(".drawing")
    if (root.shown === data.svg) return
    root.shown = data.svg
    const focused = root.getRootNode().activeElement?.id
    root.innerHTML = data.svg
    const nodes = [...root.querySelectorAll("g[role=button]")]
    const columns = [...new Set(nodes.map(node => node.dataset.layer))]
    const choose = node => setTriggerValue("chosen", [node.dataset.layer, [Number(node.dataset.unit)]])
    const go = (from, to) => {
        if (!to) return
        from.setAttribute("tabindex", -1)
        to.setAttribute("tabindex", 0)
        to.focus()
    }
    for (const node of nodes) {
        const column = nodes.filter(other => other.dataset.layer === node.dataset.layer)
        const place = column.indexOf(node), side = columns.indexOf(node.dataset.layer)
        node.onclick = () => choose(node)
        node.onkeydown = event => {
            const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
            const down = { ArrowUp: -1, ArrowDown: 1 }[event.key]
            if (event.key === "Enter" || event.key === " ") choose(node)
            else if (down) go(node, column[place + down])
            else if (across) go(node, nodes.find(other => other.dataset.layer === columns[side + across]))
            else return
            event.preventDefault()
        }
    }
    if (focused) root.querySelector(`#${CSS.escape(focused)}`)?.focus()
}
