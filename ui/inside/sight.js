const LEAST = 260  // pixels of what is explained that have to be seen
const PATIENCE = 1500  // milliseconds in which the page may still be changing

class Sight {
    constructor(presses) {
        this.presses = presses
        this.tops = new Map()
        this.note = () => {
            this.until = 0
            const anchors = document.querySelectorAll("[class*=st-key-layer_]")
            this.tops = new Map([...anchors].map(each => [each, each.getBoundingClientRect().top]))
        }
        this.let_go = () => { this.until = 0 }
    }

    follow(data) {
        if (data.presses === this.presses) return
        this.presses = data.presses
        this.until = performance.now() + PATIENCE
        this.hold(data)
    }

    // What stood above may be gone or have grown: in each frame, the layer is put back to where it was when it was
    // pressed, and from there moved no further than is needed to show it and what is explained.
    hold(data) {
        const main = document.querySelector("[data-testid=stMain]")
        const anchor = document.querySelector(data.anchor), explained = anchor?.querySelector(data.explained)
        if (explained) {
            const top = () => anchor.getBoundingClientRect().top
            main.scrollTop += top() - (this.tops.get(anchor) ?? top())
            const box = explained.getBoundingClientRect()
            this.show(main, () => [top(), explained.getBoundingClientRect().top])
            this.show(main, () => {
                const start = explained.getBoundingClientRect().top
                return [start, start + Math.min(box.height, LEAST)]
            })
            this.tops.set(anchor, top())
        }
        if (performance.now() < this.until) requestAnimationFrame(() => this.hold(data))
    }

    show(main, range) {
        const head = document.querySelector("[data-testid=stHeader]")?.getBoundingClientRect().bottom ?? 0
        const [top, bottom] = range(), above = Math.max(head, 0) + 8, below = innerHeight - 8
        if (bottom > below) main.scrollTop += Math.min(bottom - below, top - above)
        else if (top < above) main.scrollTop -= above - top
    }
}

const STARTS = ["pointerdown", "keydown"], SCROLLS = ["wheel", "touchmove"]

export default function ({ data, parentElement }) {
    parentElement.sight ??= new Sight(data.presses)
    const sight = parentElement.sight
    for (const name of STARTS) document.addEventListener(name, sight.note, true)
    for (const name of SCROLLS) document.addEventListener(name, sight.let_go, { passive: true })
    sight.follow(data)
    return () => {
        for (const name of STARTS) document.removeEventListener(name, sight.note, true)
        for (const name of SCROLLS) document.removeEventListener(name, sight.let_go)
        sight.until = 0
    }
}
