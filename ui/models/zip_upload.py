"""Adding a model that somebody gave, as a zip: checked first, then named, then kept."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mnist_core.alphabets import DIGITS, noun_of
from mnist_core.errors import MnistExplorerError, ModelError
from mnist_core.settings import read_settings
from mnist_core.store.runs import free_name
from mnist_core.store.zip_archive import MAX_ZIP_BYTES, ModelArchive, add_archive, open_archive
from ui import frame
from ui.services import catalogue
from ui.text import format_exact_percent, verbatim

ADDED, REFUSED, TURN, CHECKED = "_added_model", "_refused_model", "_upload_turn", "_checked_zip"  # in the session


def offer_to_add(shown: str) -> None:
    """Show the uploader, what is in the zip, and the button that adds it; `shown` is the key of the models shown."""
    st.header("Add a model")
    say_what_became_of_the_last()
    file = st.file_uploader(
        "A whole model folder as a zip, as downloaded here",
        type=["zip"],
        max_upload_size=MAX_ZIP_BYTES // 2**20,
        key=f"zip {st.session_state.get(TURN, 0)}",  # a new one is empty
        help="It is checked in all its parts before anything of it is kept. Nothing in it is run.",
    )
    if file is None:
        st.session_state.pop(CHECKED, None)
        return
    archive = check_once(file)
    if isinstance(archive, str):
        st.error(f"{verbatim(archive)} Nothing of it was kept.")
        return
    card, evaluation = archive.card, archive.evaluation
    noun, reads = noun_of(card.classes), "" if card.classes == DIGITS else f"{len(card.classes)} classes, "
    figures = f"{format_exact_percent(evaluation.accuracy)} of the test {noun}s, as it says" if evaluation else ""
    figures = f"{reads}{figures or 'not evaluated'}; {card.parameters:,} parameters"
    st.markdown(f"It holds **{verbatim(card.name)}**: {figures}.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name",
            free_name(card.name, read_settings().models_dir),
            max_chars=64,
            width=260,
            key=f"name of {file.file_id}",
        )
        given = archive, name.strip(), shown, st.session_state.get(TURN, 0) + 1
        st.button("Add it", type="primary", icon=":material/add:", on_click=add, args=given)


def check_once(file: UploadedFile) -> ModelArchive | str:
    """Check a zip when it arrives, and keep what was found, the model or why it is none, as long as it lies there."""
    if st.session_state.get(CHECKED, ("", ""))[0] != file.file_id:
        found: ModelArchive | str
        try:
            with st.spinner("Checking it"):
                found = open_archive(file.getvalue())
        except ModelError as error:
            found = str(error)
        st.session_state[CHECKED] = file.file_id, found
    checked: ModelArchive | str = st.session_state[CHECKED][1]
    return checked


def add(archive: ModelArchive, name: str, shown: str, turn: int) -> None:
    """Keep a checked model, and show it beside what was the best; where that cannot be, remember why.

    The second press of a double click may interrupt the first one wherever the session is written to, and then only
    does the rest: with that press came what was chosen before.
    """
    best = catalogue.find_best()
    if checked := st.session_state.pop(CHECKED, None):
        try:
            add_archive(archive, read_settings().models_dir, name)
        except MnistExplorerError as error:
            st.session_state[CHECKED] = checked
            st.session_state[REFUSED] = str(error)
            return
    st.session_state[TURN] = turn
    st.session_state[ADDED] = name
    st.session_state[shown] = [name] if best in (None, name) else [best, name]


def say_what_became_of_the_last() -> None:
    """Say once that a model was added, with the way to draw with it, or why it was not."""
    if refused := st.session_state.pop(REFUSED, None):
        st.error(verbatim(refused))
    added = st.session_state.pop(ADDED, None)
    if added in catalogue.read().names:
        st.success(f"{verbatim(added)} was added. It answers on every page.")
        say_again = partial(st.session_state.update, {ADDED: added})  # or the button would be gone when it is pressed
        if st.button("Draw with it", icon=":material/draw:", key="draw with the added", on_click=say_again):
            frame.go("Draw", added)
