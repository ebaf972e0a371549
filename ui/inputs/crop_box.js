const LEFT = 0, TOP = 1, RIGHT = 2, BOTTOM = 3
const NEAR = 14 // pixels on the screen: a press so near to an edge moves it alone
const STEP = 0.02 // of the picture's longer side: an arrow key
const CRISP = 100 // pixels: a picture with fewer is shown as squares
const RESTING = 250 // milliseconds after the last key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const clamp = (value, least, most) => Math.min(most, Math.max(least, value))

// A frame is [left, top, right, bottom], in pixels of the picture.
class Frame {
    constructor(root) {
        Object.assign(this, { root, sent: 0 })
        this.box = root.querySelector(".crop")
        this.box.onpointerdown = event => this.begin(event)
        this.box.onpointermove = event => this.drag(event)
        this.box.onpointerup = this.box.onpointercancel = () => this.end()
        this.box.onkeydown = event => this.press(event)
    }

    follow(data, send) {
        Object.assign(this, { data, send })
        const isBusy = this.from || this.resting || data.heard !== this.sent
        if (this.version !== data.version || !isBusy) {
            clearTimeout(this.resting)
            this.from = this.resting = null
            this.version = data.version
            this.sent = data.heard
            this.crop = data.crop
        }
        const image = this.root.querySelector("img")
        if (image.src !== data.address) image.src = data.address
        image.style.imageRendering = Math.max(...data.size) < CRISP ? "pixelated" : ""
        image.style.aspectRatio = `${data.size[0]} / ${data.size[1]}`
        image.parentElement.parentElement.style.width = `${data.width}px`
        this.lay(this.root.querySelector(".region"), data.region)
        this.draw()
    }

    lay(element, [left, top, right, bottom]) {
        const [width, height] = this.data.size
        const share = { left: left / width, top: top / height, width: (right - left) / width, height: (bottom - top) / height }
        for (const side in share) element.style[side] = `${share[side] * 100}%`
    }

    draw() {
        this.lay(this.box, this.crop)
        this.box.setAttribute("aria-label", this.words())
    }

    words() {
        const [left, top, right, bottom] = this.crop.map(Math.round)
        return `Crop: ${right - left} × ${bottom - top} pixels from ${left}, ${top}`
    }

    // Which edges a press moves, [across, down], as -1 for left or top, 1 for right or bottom; none in the middle.
    edges(event) {
        const box = this.box.getBoundingClientRect()
        const side = (place, start, length) => {
            const near = Math.min(NEAR, length / 3)
            return place < start + near ? -1 : place > start + length - near ? 1 : 0
        }
        return [side(event.clientX, box.left, box.width), side(event.clientY, box.top, box.height)]
    }

    begin(event) {
        if (event.button) return
        event.preventDefault()
        this.box.focus({ preventScroll: true, focusVisible: false })
        try { this.box.setPointerCapture(event.pointerId) } catch {}
        this.from = { x: event.clientX, y: event.clientY, crop: this.crop, edges: this.edges(event) }
    }

    drag(event) {
        if (!this.from) {
            const [across, down] = this.edges(event)
            this.box.style.cursor = across && down ? (across === down ? "nwse-resize" : "nesw-resize")
                : across ? "ew-resize" : down ? "ns-resize" : "move"
            return
        }
        const scale = this.data.size[0] / this.root.querySelector(".picture").clientWidth
        this.change(this.from.crop, this.from.edges, (event.clientX - this.from.x) * scale, (event.clientY - this.from.y) * scale)
    }

    // Move a frame, or those of its edges.
    change(crop, [across, down], x, y) {
        const [width, height] = this.data.size, least = this.data.least
        const changed = [...crop]
        if (!across && !down) {
            x = clamp(x, -crop[LEFT], width - crop[RIGHT])
            y = clamp(y, -crop[TOP], height - crop[BOTTOM])
            changed.forEach((_, side) => { changed[side] += side % 2 ? y : x })
        }
        if (across < 0) changed[LEFT] = clamp(crop[LEFT] + x, 0, crop[RIGHT] - least)
        if (across > 0) changed[RIGHT] = clamp(crop[RIGHT] + x, crop[LEFT] + least, width)
        if (down < 0) changed[TOP] = clamp(crop[TOP] + y, 0, crop[BOTTOM] - least)
        if (down > 0) changed[BOTTOM] = clamp(crop[BOTTOM] + y, crop[TOP] + least, height)
        this.crop = changed
        this.draw()
    }

    end() {
        if (!this.from) return
        const isMoved = this.from.crop !== this.crop
        this.from = null
        if (isMoved) this.tell(this.crop)
    }

    press(event) {
        const step = ARROWS[event.key]
        if (event.ctrlKey || event.metaKey || event.altKey) return
        if (step) {
            const [x, y] = step.map(way => way * Math.max(1, Math.round(STEP * Math.max(...this.data.size))))
            this.change(this.crop, event.shiftKey ? [x && 1, y && 1] : [0, 0], x, y)
            this.root.querySelector(".said").textContent = this.words()
            clearTimeout(this.resting)
            this.resting = setTimeout(() => this.tell(this.crop), RESTING)
        } else if (event.key === "Escape") {
            this.tell(null)
        } else return
        event.preventDefault()
    }

    // A message while the last one is worked on breaks that off, so one is sent where the frame comes to rest.
    tell(crop) {
        clearTimeout(this.resting)
        this.resting = null
        this.sent = Date.now()
        this.send("moved", { version: this.version, serial: this.sent, crop: crop?.map(Math.round) ?? null })
    }
}

export default function ({ data, parentElement, setTriggerValue }) {
    const root = parentElement.querySelector(".picture").parentElement
    root.cropFrame ??= new Frame(root)
    root.cropFrame.follow(data, setTriggerValue)
}
