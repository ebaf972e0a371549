const GAP = 40 // milliseconds from one message to the next, at least: more than two frames of a screen
const PATIENCE = 150 // milliseconds; where an answer takes longer, many are drawing, and all of them send less often
const LONGEST = 500 // milliseconds from one message to the next, where the last one was answered
const LOST = 1000 // milliseconds after which an answer is waited for no longer
const MOST = 2000 // points of a stroke that is sent
const BEGINS = ["mousedown", "touchstart"], GOES_ON = ["mousemove", "touchmove"] // what the component itself hears
const ENDS = ["mouseup", "touchend", "touchcancel"]

// Sends the stroke at hand while it is drawn, the next message only after the last one was answered.
class StrokeListener {
    constructor() {
        this.number = this.sentAt = this.took = 0
        this.points = null // x and y in turn, in canvas pixels; none between two strokes
        this.begin = event => this.start(event)
        this.goOn = event => this.add(event)
        this.end = event => event.touches?.length || this.stop()
    }

    follow(canvas, data, send) {
        this.data = data
        this.send = send
        if (this.isWaiting && data.answered === this.number) {
            this.isWaiting = false
            this.took = performance.now() - this.sentAt
        }
        if (canvas !== this.canvas) {
            this.stop()
            this.canvas = canvas
            for (const kind of BEGINS) canvas.addEventListener(kind, this.begin, { passive: true })
        }
        this.tell()
    }

    start(event) {
        if (event.button || this.points) return
        this.points = []
        this.version = this.data.version
        for (const kind of GOES_ON) window.addEventListener(kind, this.goOn, { passive: true })
        for (const kind of ENDS) window.addEventListener(kind, this.end)
        this.add(event)
    }

    add(event) {
        const { clientX, clientY } = event.touches?.[0] ?? event
        const box = this.canvas.getBoundingClientRect()
        const scale = this.canvas.width / box.width
        this.points.push((clientX - box.left) * scale, (clientY - box.top) * scale)
        this.isNew = true
        this.tell()
    }

    stop() {
        this.points = null
        for (const kind of GOES_ON) window.removeEventListener(kind, this.goOn)
        for (const kind of ENDS) window.removeEventListener(kind, this.end)
    }

    tell() {
        const now = performance.now()
        if (this.isWaiting && now - this.sentAt > LOST) this.isWaiting = false
        if (!this.points || !this.isNew || this.isWaiting || this.points.length > 2 * MOST) return
        clearTimeout(this.timer)
        const gap = Math.min(LONGEST, Math.max(GAP, 2 * this.took - PATIENCE))
        const rest = this.sentAt + gap - now
        if (rest > 0) {
            this.timer = setTimeout(() => this.tell(), rest)
            return
        }
        Object.assign(this, { sentAt: now, isWaiting: true, isNew: false })
        this.number += 1
        const points = this.points.map(place => Math.round(place * 10) / 10)
        this.send({ number: this.number, version: this.version, after: this.data.after, points })
    }
}

const listeners = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
    if (!listeners.has(parentElement)) listeners.set(parentElement, new StrokeListener())
    const listener = listeners.get(parentElement)
    let waiting
    const look = () => {
        const canvas = findCanvas()?.querySelector(".upper-canvas")
        if (canvas) listener.follow(canvas, data, stroke => setStateValue("stroke", stroke))
        else waiting = requestAnimationFrame(look)
    }
    look()
    return () => cancelAnimationFrame(waiting)
}
