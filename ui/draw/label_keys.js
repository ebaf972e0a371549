// A key says which class a drawing is, Enter that the answer is right; where a key means something else, it does. A
// letter comes no further: Streamlit would run the page anew at an r.
export default function ({ data, setTriggerValue }) {
    const keys = new Set(data.keys)
    const listen = event => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return
        if (!(keys.has(event.key) || event.key === "Enter") || isTaken(event)) return
        if (/\p{L}/u.test(event.key) && event.key !== "Enter") event.stopPropagation()
        setTriggerValue("said", event.key)
    }
    document.addEventListener("keydown", listen, true)
    return () => document.removeEventListener("keydown", listen, true)
}
