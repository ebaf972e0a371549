const STEP = 10, FAR = 40, NEAR = 5 // canvas pixels: an arrow key, one with Shift, and between two points of a stroke
const SENDING = 300 // milliseconds; where it is not hurried, the component waits 200 before it reports a stroke
const REPORT = "[aria-label='Update the app with this drawing']" // the component's own button
const COLUMN = ".st-key-canvas_column"
const KEPT = "drawing" // what a reload finds in the storage of this tab
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

const style = new CSSStyleSheet()
style.replaceSync(`
    .dc-toolbar { display: none !important }
    .dc-background-canvas { image-rendering: pixelated }
    .upper-canvas:focus { outline: none }
    .keyboard { display: none; position: absolute; inset: 0; z-index: 20; overflow: hidden; pointer-events: none }
    .upper-canvas:focus ~ .keyboard { display: block; outline: 3px solid #0d9488; outline-offset: -3px }
    .nib {
        position: absolute; box-sizing: border-box; translate: -50% -50%; border: 2px solid #0d9488; border-radius: 50%
    }
    .is-down .nib { background: #0d9488 }
    .keys {
        position: absolute; inset: auto 3px 3px; margin: 0; padding: 6px 8px; background: #111716; color: #e6eceb;
        font: 12px/1.4 var(--st-font, sans-serif)
    }
    .has-drawn .keys { display: none }
    .said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
`)

// Draws by keyboard: it presses the component's canvas as a mouse would.
class KeyboardPen {
    constructor(canvas) {
        this.canvas = canvas
        this.place = { x: canvas.width / 2, y: canvas.height / 2 }
        this.held = new Set()
        this.liftedAt = 0
        this.layer = document.createElement("div")
        this.layer.className = "keyboard"
        this.layer.innerHTML = `
            <div class="nib"></div>
            <p class="keys" id="keys">Arrows move the pen (Shift: further), space puts it down and lifts it, backspace
                undoes.</p>
            <div class="said" aria-live="polite"></div>
        `
        canvas.after(this.layer)
        canvas.tabIndex = 0
        canvas.setAttribute("role", "application")
        canvas.setAttribute("aria-label", "Canvas to draw a digit on")
        canvas.setAttribute("aria-describedby", "keys")
        canvas.addEventListener("keydown", event => this.press(event))
        canvas.addEventListener("keyup", event => this.held.delete(event.key))
        canvas.addEventListener("blur", () => this.leave())
        for (const kind of ["pointerdown", "mousedown"])
            canvas.addEventListener(kind, event => event.isTrusted && this.giveWay(), true)
        this.keepOff = event => event.isTrusted && event.stopPropagation()
    }

    follow(width, undo) {
        this.undo = undo
        this.show("nib").style.width = this.show("nib").style.height = `${width}px`
        this.move(0)
    }

    show(name) {
        return this.layer.querySelector(`.${name}`)
    }

    press(event) {
        const isCommand = event.ctrlKey || event.metaKey
        if (ARROWS[event.key] && !isCommand && !event.altKey) {
            this.held.add(event.key)
            this.move(event.shiftKey ? FAR : STEP)
            this.say(this.isDown ? "Drawing" : "Pen up")
        } else if ([" ", "Enter"].includes(event.key) && !isCommand) {
            if (!event.repeat) this.isDown ? this.lift() : this.lower()
        } else if (event.key === "Escape" && this.isDown) {
            this.lift()
        } else if (event.key === "Backspace" || (event.key === "z" && isCommand)) {
            this.lift()
            setTimeout(this.undo, Math.max(0, this.liftedAt + SENDING - performance.now()))
        } else return
        event.preventDefault()
    }

    // Two arrow keys that are held make a slope.
    move(size) {
        const across = [...this.held].reduce((sum, key) => sum + ARROWS[key][0], 0)
        const down = [...this.held].reduce((sum, key) => sum + ARROWS[key][1], 0)
        for (let moved = 0; moved < size; moved += NEAR) {
            this.place.x = Math.min(this.canvas.width, Math.max(0, this.place.x + across * NEAR))
            this.place.y = Math.min(this.canvas.height, Math.max(0, this.place.y + down * NEAR))
            if (this.isDown) this.act("mousemove")
        }
        this.show("nib").style.left = `${this.place.x}px`
        this.show("nib").style.top = `${this.place.y}px`
    }

    lower() {
        this.isDown = true
        window.addEventListener("mousemove", this.keepOff, true) // a mouse that is touched draws nothing into the stroke
        this.layer.classList.add("is-down", "has-drawn")
        this.act("mousedown")
        this.say("Pen down")
    }

    lift() {
        if (!this.isDown) return
        this.act("mouseup")
        window.removeEventListener("mousemove", this.keepOff, true)
        this.isDown = false
        this.liftedAt = performance.now()
        this.layer.classList.remove("is-down")
        this.say("Pen up")
    }

    act(kind) {
        const box = this.canvas.getBoundingClientRect()
        const scale = box.width / this.canvas.width
        const at = { clientX: box.left + this.place.x * scale, clientY: box.top + this.place.y * scale }
        this.canvas.dispatchEvent(new MouseEvent(kind, { ...at, bubbles: true, composed: true, cancelable: true }))
    }

    say(words) {
        const [rows, columns] = [this.canvas.height, this.canvas.width].map(side => Math.round(side / STEP))
        const row = Math.min(rows, Math.floor(this.place.y / STEP) + 1)
        const column = Math.min(columns, Math.floor(this.place.x / STEP) + 1)
        this.show("said").textContent = `${words}, row ${row}, column ${column} of ${columns}`
    }

    leave() {
        this.lift()
        this.held.clear()
        this.layer.classList.remove("has-drawn")
    }

    // Whoever draws with a pointer scrolls the page with the keys: a press does not give them to the canvas.
    giveWay() {
        this.canvas.blur()
        this.canvas.removeAttribute("tabindex")
        setTimeout(() => { this.canvas.tabIndex = 0 })
    }
}

const pens = new WeakMap()

// A canvas that is wider than the screen would be scrolled, by the finger that is to draw on it: it is made smaller.
function fitToScreen(root, canvas) {
    const column = root.host.closest(COLUMN)
    const board = root.querySelector(".dc-root")
    const fit = () => { board.style.zoom = Math.min(1, column.clientWidth / canvas.width) || 1 }
    const observer = new ResizeObserver(fit)
    for (const element of [column, canvas]) observer.observe(element) // it is made wide, and square again
}

// The component waits 200 milliseconds after pen-up before it reports the drawing. Its button, pressed once the stroke is
// in the drawing, does so now, and then that is not done again.
function reportAtPenUp(root, canvas) {
    const ends = ["mouseup", "touchend"]
    let isDown = false
    const end = event => {
        if (event.touches?.length) return
        isDown = false
        for (const kind of ends) window.removeEventListener(kind, end)
        setTimeout(() => root.querySelector(REPORT)?.click())
    }
    const begin = event => {
        if (event.button || isDown) return
        isDown = true
        for (const kind of ends) window.addEventListener(kind, end)
    }
    for (const kind of ["mousedown", "touchstart"]) canvas.addEventListener(kind, begin, { passive: true })
}

let isOffered = false

// A reload begins a session that knows of nothing: it is offered, once, what this tab has kept. A link goes before that,
// unless what is kept began with it.
function remember({ link, objects }, offer) {
    try {
        if (objects) {
            sessionStorage.removeItem(KEPT)
            sessionStorage.setItem(KEPT, JSON.stringify({ link, objects }))
        } else if (!isOffered) {
            const kept = JSON.parse(sessionStorage.getItem(KEPT))
            if (link ? kept?.link === link : kept?.objects.length) offer(kept)
        }
    } catch {} // a browser may keep nothing, or too little
    isOffered = !objects
}

export default function ({ data, setTriggerValue }) {
    let waiting
    const look = () => {
        const root = findCanvas()
        const canvas = root?.querySelector(".upper-canvas")
        if (!canvas) {
            waiting = requestAnimationFrame(look)
            return
        }
        if (!root.adoptedStyleSheets.includes(style)) root.adoptedStyleSheets.push(style)
        if (!pens.has(canvas)) {
            pens.set(canvas, new KeyboardPen(canvas))
            reportAtPenUp(root, canvas)
            fitToScreen(root, canvas)
        }
        pens.get(canvas).follow(data.penWidth, () => setTriggerValue("undo", true))
    }
    look()
    remember(data, kept => setTriggerValue("kept", kept))
    return () => cancelAnimationFrame(waiting)
}
