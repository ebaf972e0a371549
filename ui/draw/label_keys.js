// The keys 0 to 9 say which digit a drawing is, Enter that the answer is right; where a key means something else, it does.
export default function ({ setTriggerValue }) {
    const listen = event => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return
        if (!/^([0-9]|Enter)$/.test(event.key) || isTaken(event)) return
        setTriggerValue("said", event.key)
    }
    document.addEventListener("keydown", listen)
    return () => document.removeEventListener("keydown", listen)
}
