// What Streamlit's uploader refuses by itself, it says only to whoever rests the pointer on it, and the page never knows.
// So in the place of a file that is too large to be sent it is given its beginning, as one whose kind says so.
const INPUT = "[data-testid=stFileUploaderDropzoneInput]", ZONE = "[data-testid=stFileUploaderDropzone]"

const listen = (input, zone, { accept, most, head, kind }) => {
    const isLarge = file => file.size > most
    const replace = files => {
        const transfer = new DataTransfer()
        for (const file of files) transfer.items.add(isLarge(file) ? new File([file.slice(0, head)], file.name, { type: kind }) : file)
        input.files = transfer.files
    }
    input.accept = accept // for the dialog alone; what is none of these can be chosen all the same
    input.onchange = () => {
        if ([...input.files].some(isLarge)) replace(input.files)
    }
    zone.ondrop = event => {
        if (![...event.dataTransfer.files].some(isLarge)) return
        event.preventDefault()
        event.stopPropagation()
        replace(event.dataTransfer.files)
        input.dispatchEvent(new Event("change", { bubbles: true }))
    }
}

export default function ({ data }) {
    let waiting
    const look = () => {
        const uploader = document.querySelector(`.${data.uploader}`)
        const input = uploader?.querySelector(INPUT), zone = uploader?.querySelector(ZONE)
        if (input && zone) listen(input, zone, data)
        else waiting = requestAnimationFrame(look) // its script may still be on its way
    }
    look()
    return () => cancelAnimationFrame(waiting)
}
