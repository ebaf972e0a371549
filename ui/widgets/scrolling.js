const seen = new Set()

export default function ({ data, parentElement }) {
    if (data.moment === null || seen.has(data.moment)) return
    seen.add(data.moment)
    const place = parentElement.querySelector("div")
    place.style.scrollMarginTop = "5rem" // the navigation lies over the page's upper edge
    requestAnimationFrame(() => {
        const { top } = place.getBoundingClientRect()
        if (top < 60 || top > window.innerHeight / 2) place.scrollIntoView()
    })
}
