// Digits as a grid of buttons over one picture, each with its lines of text. It is put before the script of each
// component that calls `layTiles`, which tells whether it has laid them anew.

// biome-ignore lint/correctness/noUnusedVariables: the scripts that call it stand below it only in the browser
const layTiles = (grid, data, press) => {
    grid.setAttribute("aria-label", data.name)
    if (grid.shown === data.version) return false
    grid.shown = data.version
    grid.style.setProperty("--wrong", data.wrong)
    grid.style.setProperty("--faint", data.faint)
    const rows = Math.ceil(data.tiles.length / data.across)
    const share = (place, places) => places > 1 ? `${place / (places - 1) * 100}%` : "0"
    const line = (name, text, into) => {
        if (!text) return
        const part = document.createElement("div")
        part.className = name
        part.textContent = `${text} `  // in names and to readers, lines are not to run together
        into.append(part)
    }
    grid.replaceChildren(...data.tiles.map((tile, place) => {
        const button = document.createElement("button")
        button.setAttribute("aria-label", tile.alt)
        const digit = document.createElement("div")
        digit.className = "digit"
        digit.style.backgroundImage = `url(${data.picture})`
        digit.style.backgroundSize = `${data.across * 100}% ${rows * 100}%`
        digit.style.backgroundPosition =
            `${share(place % data.across, data.across)} ${share(Math.floor(place / data.across), rows)}`
        button.append(digit)
        line(tile.is_wrong ? "headline wrong" : "headline", tile.headline, button)
        line("detail", tile.detail, button)
        line("detail mark", tile.mark, button)
        button.onclick = () => press(tile)
        return button
    }))
    grid.scrollTop = 0
    return true
}
