"""A visitor's pictures of digits: whichever page asks for them, all of them have them.

One is looked at; of several, the one that is chosen. Of a file only what is worked on is kept: a picture of some 512
pixels, and what was read in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mnist_core.alphabets import DIGITS, one_of
from mnist_core.preprocessing.file_kinds import EXTENSIONS, FORMATS, HEAD
from mnist_core.preprocessing.picture_files import MAX_FILE_BYTES
from ui.assets import read_asset
from ui.inputs.crop_box import show_crop
from ui.inputs.digit_input import DigitInput
from ui.inputs.given_picture import TOO_LARGE, GivenPicture
from ui.receiving import MAX_FILE_MEMORY, MAX_FILES, forget_content
from ui.text import verbatim

# What the dialog offers. A browser that can makes the first of these of a photo that is none of them (HEIC).
ACCEPT = ",".join(["image/jpeg", *(f".{extension}" for extension in EXTENSIONS)])
_KEY, _CHOSEN, _PICTURES = "picture", "chosen_picture", "_pictures"

_replace_large_files = st.components.v2.component("picture_drop", js=read_asset("inputs/picture_drop.js"))


def take_picture(classes: tuple[str, ...] = DIGITS) -> DigitInput | None:
    """Show the uploader, the picture that is looked at, and where in it; None where no digit was found in one.

    Its words are those for a model of these classes.
    Pictures of an earlier page are still there, until others are chosen.
    """
    with st.container(gap=None):
        st.file_uploader(
            f"A picture or photo of one {one_of(classes)}, or several of them",
            accept_multiple_files=True,
            max_upload_size=-(-MAX_FILE_BYTES // 2**20),
            help=f"{FORMATS}, dark on light or light on dark. They stay on this machine, and are forgotten when you "
            "close the page.",
            key=_KEY,
            on_change=_keep_those_in_the_uploader,
        )
        _replace_large_files(
            key="picture_drop",
            height=1,
            data={
                "uploader": f"st-key-{_KEY}",
                "accept": ACCEPT,
                "most": MAX_FILE_BYTES,
                "head": HEAD,
                "kind": TOO_LARGE,
            },
        )
    pictures = given_pictures()
    _read_new(pictures)
    if not pictures:
        return None
    picture = _choose(pictures)
    _look_at(picture, pictures, one_of(classes))
    if not _files():  # the visitor comes back, and the uploader has nothing to take away
        st.button("Remove", on_click=pictures.clear, icon=":material/delete:")
    return picture.digit_input


def given_pictures() -> dict[str, GivenPicture]:
    """Return the pictures of this visitor by the numbers of their files, in the order in which they came."""
    pictures: dict[str, GivenPicture] = st.session_state.setdefault(_PICTURES, {})
    return pictures


def chosen_picture() -> str | None:
    """Return the number of the file whose picture is looked at."""
    pictures, chosen = given_pictures(), st.session_state.get(_CHOSEN)
    return chosen if chosen in pictures else next(iter(pictures), None)


def _keep_those_in_the_uploader() -> None:
    """Forget the pictures that were taken out of the uploader, that lay in an earlier one, or are too many."""
    pictures = given_pictures()
    for gone in pictures.keys() - {file.file_id for file in _files()}:
        del pictures[gone]


def _files() -> list[UploadedFile]:
    """Return the files in the uploader that have not been dropped: themselves, not copies, which it returns."""
    return [file for file in st.session_state[_KEY] if isinstance(file, UploadedFile)]


def _read_new(pictures: dict[str, GivenPicture]) -> None:
    """Read the pictures that have just come, and choose the first of them; say how many did not come through."""
    new = [file for file in _files() if file.file_id not in pictures]
    progress = st.progress(0.0) if len(new) > 1 else None
    for number, file in enumerate(new):
        if progress:
            progress.progress(number / len(new), f"Reading picture {number + 1} of {len(new)}")
        picture = GivenPicture(file.name)
        _reader().submit(picture.open, file.getvalue(), file.type).result()
        pictures[file.file_id] = picture
        forget_content(file)
        if number == 0:
            st.session_state[_CHOSEN] = file.file_id
        else:
            picture.shrink()
    if progress:
        progress.empty()
    if missing := len(st.session_state[_KEY]) - len(_files()):
        st.warning(
            f"{missing} of these {'is' if missing == 1 else 'are'} not here any more: {MAX_FILES} pictures or "
            f"{MAX_FILE_MEMORY / 1e6:.0f} MB can be given at once. Give them anew, fewer at a time."
        )


def _choose(pictures: Mapping[str, GivenPicture]) -> GivenPicture:
    """Show which of several pictures is looked at; return it."""
    chosen = chosen_picture()
    assert chosen is not None
    if len(pictures) > 1:
        names = {file: f"{place}. {picture.name}" for place, (file, picture) in enumerate(pictures.items(), 1)}
        if st.session_state.get(_CHOSEN) != chosen:
            st.session_state[_CHOSEN] = chosen
        chosen = st.selectbox(
            "Picture", list(names), format_func=names.__getitem__, key=_CHOSEN, persist_state="session"
        )
    return pictures[chosen]


def _look_at(picture: GivenPicture, pictures: Mapping[str, GivenPicture], thing: str) -> None:
    """Show a picture under the frame around its digit, or whatever thing it is of, or say why there is none."""
    for other in pictures.values():
        if other is not picture:
            other.shrink()
    if picture.image and not picture.problem and picture.stages is None:
        _reader().submit(picture.find).result()
    if picture.image:
        show_crop(
            picture.address,
            picture.image.size,
            picture.region,
            picture.frame,
            version=picture.version,
            heard=picture.heard,
            on_move=picture.obey,
        )
    if picture.problem:
        st.warning(verbatim(picture.problem))
    if picture.image:
        if picture.problem:
            words = f"Drag the frame to the {thing}."
        elif picture.crop:
            words = f"The {thing} is read in the frame."
        else:
            words = f"The {thing} was found here. If it is elsewhere, drag the frame to it."
        st.caption(words)
        if picture.crop:
            st.button("Find it again", on_click=picture.look_at, args=(None,), icon=":material/search:")


@st.cache_resource(show_spinner=False)
def _reader() -> ThreadPoolExecutor:
    """One picture at a time is read, for all visitors: a large one takes a hundred megabytes meanwhile."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")
