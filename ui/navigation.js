// The links between the pages, and what the browser's history keeps: one entry a page, with its query parameters.
//
// Streamlit adds an entry for each change of the address that comes from the server, the two or three halves of one
// press among them. Here a press on a link adds one, and so does the drawer of the Mistakes page as it opens, so that
// Back closes it; any other change is made to the entry that is there. A press on a link goes as Back and Forward do:
// first the address with all that it asks for, then the page.

const LINKS = "a[data-page], a[data-testid=stPageLink-NavLink]" // ours, and Streamlit's

const keepHistory = paths => {
    const push = history.pushState.bind(history)
    const replace = history.replaceState.bind(history)
    const here = () => new URL(location.href)
    const hasDrawer = url => url.pathname.endsWith("/mistakes") && url.searchParams.has("digit")

    const lastQueries = new Map() // path → the query parameters that the page was left with
    const remember = () => {
        const { pathname, searchParams } = here()
        if (hasDrawer(here())) searchParams.delete("digit")
        searchParams.delete("model") // which is the session's, whatever the page
        lastQueries.set(pathname, searchParams.toString())
    }
    const isPage = url => paths.includes(url.pathname.split("/").at(-1))
    const destination = link => {
        const [, folder, last] = /^(.*\/)([^/]*)$/.exec(location.pathname)
        const root = new URL(paths.includes(last) ? folder : `${folder}${last}/`, location.href)
        const to = new URL(link.dataset.page ?? link.getAttribute("href"), root)
        to.search ||= lastQueries.get(to.pathname) ?? ""
        for (const key of ["embed", "embed_options"]) { // how the app stands in another page
            to.searchParams.delete(key)
            for (const value of here().searchParams.getAll(key)) to.searchParams.append(key, value)
        }
        return to
    }
    const linkOf = event => event.composedPath().find(node => node.matches?.(LINKS) && node.target !== "_blank")

    history.pushState = (_state, _title, address) => {
        const to = new URL(address, location.href)
        if (to.pathname !== location.pathname) {
            // A run that Back overtook still says where it was; only a link of ours leads to another page.
            if (isPage(here())) return
            replace({}, "", to)
        } else if (hasDrawer(to) && !hasDrawer(here())) push({ opened: true }, "", to)
        else if (!hasDrawer(to) && hasDrawer(here()) && history.state?.opened) history.back()
        else replace(history.state, "", to)
        remember()
    }
    history.replaceState = (_state, _title, address) => {
        replace(history.state, "", address)
        remember()
    }
    window.addEventListener("popstate", remember)
    document.addEventListener("click", event => {
        const link = linkOf(event)
        if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
        event.preventDefault()
        event.stopPropagation()
        if (link.ariaCurrent) return
        const to = destination(link)
        if (to.searchParams.has("model")) {
            to.searchParams.set("pick", to.searchParams.get("model"))
            to.searchParams.delete("model") // which says what is picked, and on the way back what was
        }
        push({}, "", to)
        remember()
        window.dispatchEvent(new PopStateEvent("popstate"))
    }, true)
    for (const kind of ["pointerdown", "focusin"]) // for who opens it in a new tab
        document.addEventListener(kind, event => {
            const link = linkOf(event)
            if (!link) return
            const to = destination(link)
            const model = here().searchParams.get("model")
            if (model && !to.searchParams.has("model")) to.searchParams.set("model", model)
            link.href = to
        }, true)
    remember()
    return true
}

export default function ({ data, parentElement }) {
    window.keepsHistory ??= keepHistory([...data.pages.map(page => page.path), data.alias])
    const isEmbedded = new URL(location.href).searchParams.get("embed") === "true" // without Streamlit's bar
    parentElement.querySelector(".frame").classList.toggle("embedded", isEmbedded)
    const nav = parentElement.querySelector("nav")
    data.pages.forEach((page, place) => {
        const link = nav.children[place] ?? nav.appendChild(document.createElement("a"))
        link.dataset.page = link.href = page.path || "."
        link.textContent = page.title
        link.ariaCurrent = page.title === data.current ? "page" : null
    })
}
