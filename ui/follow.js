// Follow a link to another page, as if it stood there and were pressed.

export default function ({ data, parentElement }) {
    if (parentElement.followed === data.address) return
    parentElement.followed = data.address
    const link = document.createElement("a")
    link.href = link.dataset.page = data.address
    parentElement.append(link)
    link.click()
}
