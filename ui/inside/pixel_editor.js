const SIDE = 28

class Editor {
    constructor(canvas, said) {
        Object.assign(this, { canvas, said, pen: canvas.getContext("2d"), pixels: new Uint8Array(SIDE * SIDE) })
        this.cursor = { x: 14, y: 14 }
        this.stroke = this.sent = 0
        canvas.onpointerdown = event => this.begin(event)
        canvas.onpointermove = event => this.go(event)
        canvas.onpointerup = canvas.onpointercancel = event => this.end(event)
        canvas.onkeydown = event => this.press(event)
        canvas.onfocus = canvas.onblur = () => this.draw()
    }

    follow(data, send) {
        this.data = data
        this.send = send
        this.canvas.setAttribute("aria-label", data.name)
        if (this.version !== data.version) {
            this.version = data.version
            this.pixels = Uint8Array.from(atob(data.pixels), letter => letter.charCodeAt(0))
            this.from = null
            this.isBehind = false
        }
        if (data.heard === this.sent && this.isBehind) this.tell()
        this.draw()
    }

    draw() {
        const image = this.pen.createImageData(SIDE, SIDE)
        this.pixels.forEach((ink, place) => {
            const shade = this.data.paper + ink * (255 - this.data.paper) / 255
            image.data.set([shade, shade, shade, 255], place * 4)
        })
        if (this.canvas.matches(":focus-visible")) {
            const place = (this.cursor.y * SIDE + this.cursor.x) * 4
            image.data.set(this.data.cursors[this.pixels[place / 4] > 127 ? 1 : 0], place)
        }
        this.pen.putImageData(image, 0, 0)
    }

    where(event) {
        const box = this.canvas.getBoundingClientRect()
        return {
            x: (event.clientX - box.left) / box.width * SIDE,
            y: (event.clientY - box.top) / box.height * SIDE,
        }
    }

    begin(event) {
        if (event.button) return
        event.preventDefault()
        this.canvas.focus({ preventScroll: true, focusVisible: false })
        try { this.canvas.setPointerCapture(event.pointerId) } catch {}
        this.stroke += 1
        this.toldAt = performance.now()
        this.from = this.where(event)
        this.paint(this.from, this.from)
    }

    go(event) {
        if (!this.from) return
        for (const each of event.getCoalescedEvents?.() ?? [event]) {
            const to = this.where(each)
            this.paint(this.from, to)
            this.from = to
        }
        if (performance.now() - this.toldAt > 150) this.tell()
    }

    end() {
        if (!this.from) return
        this.from = null
        this.tell()
    }

    paint(from, to) {
        const across = to.x - from.x, down = to.y - from.y, square = across ** 2 + down ** 2
        for (let y = 0; y < SIDE; y++) {
            for (let x = 0; x < SIDE; x++) {
                const right = x + 0.5 - from.x, below = y + 0.5 - from.y
                const along = square ? Math.min(1, Math.max(0, (right * across + below * down) / square)) : 0
                const distance = Math.hypot(right - along * across, below - along * down)
                this.touch(y * SIDE + x, Math.min(1, Math.max(0, this.data.brush + 0.3 - distance)))
            }
        }
        this.draw()
    }

    touch(place, strength) {
        const ink = this.pixels[place], much = Math.round(255 * strength)
        this.pixels[place] = this.data.erases ? Math.min(ink, 255 - much) : Math.max(ink, much)
    }

    press(event) {
        const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
        if (step) {
            this.cursor.x = Math.min(SIDE - 1, Math.max(0, this.cursor.x + step[0]))
            this.cursor.y = Math.min(SIDE - 1, Math.max(0, this.cursor.y + step[1]))
        } else if (event.key === " ") {
            if (event.repeat) return event.preventDefault()
            this.stroke += 1
            const middle = { x: this.cursor.x + 0.5, y: this.cursor.y + 0.5 }
            this.paint(middle, middle)
            this.tell()
        } else return
        event.preventDefault()
        this.draw()
        const ink = Math.round(this.pixels[this.cursor.y * SIDE + this.cursor.x] / 2.55)
        this.said.textContent = `Row ${this.cursor.y + 1}, column ${this.cursor.x + 1}, ink ${ink} %`
    }

    tell() {
        // A message while the last one is worked on would break that off, and nothing would be shown.
        const isWaiting = this.sent && this.data.heard !== this.sent && performance.now() - this.toldAt < 2000
        this.isBehind = isWaiting
        if (isWaiting) return
        this.toldAt = performance.now()
        this.sent = Date.now()
        const pixels = btoa(String.fromCharCode(...this.pixels))
        this.send("painted", { version: this.version, stroke: this.stroke, serial: this.sent, pixels })
    }
}

export default function ({ data, parentElement, setTriggerValue }) {
    const canvas = parentElement.querySelector("canvas")
    canvas.editor ??= new Editor(canvas, parentElement.querySelector(".said"))
    canvas.editor.follow(data, setTriggerValue)
}
