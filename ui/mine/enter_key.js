// Enter presses Next; on the canvas, where it puts the pen down and lifts it, Ctrl and Enter do.
export default function () {
    const press = event => {
        if (event.key !== "Enter" || event.repeat || event.isComposing) return
        const isCommand = event.ctrlKey || event.metaKey
        if (!isCommand && isTaken(event)) return
        event.preventDefault()
        document.querySelector(".st-key-next button")?.click()
    }
    document.addEventListener("keydown", press)
    return () => document.removeEventListener("keydown", press)
}
