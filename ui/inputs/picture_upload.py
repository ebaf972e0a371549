"""A visitor's picture of a digit: whichever page asks for it, all of them have it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import streamlit as st
from PIL import Image

from mnist_core.preprocessing.pictures import digit_from_image, open_picture, plain_resize_image
from ui.inputs.digit_input import DigitInput
from ui.inputs.fabric import CANVAS_SIDE

_KEPT = "_picture"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A picture that was read, and what it gives."""

    picture: Image.Image
    digit_input: DigitInput


def take_picture() -> DigitInput | None:
    """Show the uploader, and the picture that was chosen, here or before; raises `PictureError` for no picture."""
    file = st.file_uploader(
        "A picture or photo of one digit",
        type=["png", "jpg", "jpeg"],
        max_upload_size=5,
        help="Dark on light or light on dark. It stays on this machine, and is forgotten when you close the page.",
        key="picture",
        on_change=_forget,
    )
    kept: _Kept | None = st.session_state.get(_KEPT)
    if file and kept is None:
        st.session_state[_KEPT] = kept = _reader().submit(_read, file.getvalue()).result()
    if kept is None:
        return None
    width, height = kept.picture.size
    st.image(kept.picture, alt="Your picture", width=max(1, round(CANVAS_SIDE * min(1, width / height))))
    st.caption("Your picture")  # its own would be as narrow as a tall picture is
    if not file:  # the visitor comes back, and the uploader has nothing to take away
        st.button("Remove", on_click=_forget, icon=":material/delete:")
    return kept.digit_input


@st.cache_resource(show_spinner=False)
def _reader() -> ThreadPoolExecutor:
    """One picture at a time is read, for all visitors: a large one takes a hundred megabytes meanwhile."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")


def _read(file: bytes) -> _Kept:
    start = perf_counter()
    picture = open_picture(file)
    digit = digit_from_image(picture)
    seconds = perf_counter() - start
    return _Kept(picture, DigitInput(digit, "This is your picture.", plain_resize_image(picture), seconds))


def _forget() -> None:
    st.session_state.pop(_KEPT, None)
