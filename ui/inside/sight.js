const LEAST = 260  // pixels of what is explained that have to be seen
const PATIENCE = 1500  // milliseconds in which the page may still be changing
const MAIN = "[data-testid=stMain]"

class Sight {
    constructor(presses) {
        this.presses = presses
        this.tops = new Map()
        this.note = () => {
            this.until = 0
            const anchors = document.querySelectorAll("[class*=st-key-layer_]")
            this.tops = new Map([...anchors].map(each => [each, each.getBoundingClientRect().top]))
        }
    }

    follow(data) {
        if (data.presses === this.presses) return
        this.presses = data.presses
        this.until = performance.now() + PATIENCE
        this.remember(document.querySelector(MAIN))
        this.hold(data)
    }

    remember(main) {
        this.seen = { top: main.scrollTop, height: main.scrollHeight }
    }

    // What stood above may be gone or have grown: in each frame, the layer is put back to where it was when it was
    // pressed, and from there moved no further than is needed to show it and what is explained.
    hold(data) {
        const main = document.querySelector(MAIN)
        if (!main || main.scrollTop !== this.seen.top && main.scrollHeight === this.seen.height) return  // one scrolls
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
        this.remember(main)
        if (performance.now() < this.until) requestAnimationFrame(() => this.hold(data))
    }

    show(main, range) {
        const head = document.querySelector("[data-testid=stHeader]")?.getBoundingClientRect().bottom ?? 0
        const [top, bottom] = range(), above = Math.max(head, 0) + 8, below = innerHeight - 8
        if (bottom > below) main.scrollTop += Math.min(bottom - below, top - above)
        else if (top < above) main.scrollTop -= above - top
    }
}

const STARTS = ["pointerdown", "keydown"]

export default function ({ data, parentElement }) {
    parentElement.sight ??= new Sight(data.presses)
    const sight = parentElement.sight
    for (const name of STARTS) document.addEventListener(name, sight.note, true)
    sight.follow(data)
    return () => {
        for (const name of STARTS) document.removeEventListener(name, sight.note, true)
        sight.until = 0
    }
}
