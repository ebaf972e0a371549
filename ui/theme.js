// Streamlit follows the system from light to dark and back, but asks for no run, and ours are the colours of the last.
export default function ({ parentElement, setTriggerValue }) {
    const app = document.querySelector("[data-testid=stApp]")
    parentElement.known ??= getComputedStyle(app).colorScheme
    const observer = new MutationObserver(() => {
        const scheme = getComputedStyle(app).colorScheme
        if (scheme === parentElement.known) return
        parentElement.known = scheme
        setTriggerValue("turned", scheme)
    })
    observer.observe(app, { attributeFilter: ["class"] })
    return () => observer.disconnect()
}
