"""Adding a model that somebody gave, as a zip: checked first, then named, then kept."""

from __future__ import annotations

import streamlit as st

from mnist_core.bundle import LARGEST_ZIP, Bundle, keep_bundle, open_bundle
from mnist_core.errors import ModelError
from mnist_core.runs import free_name
from ui import frame, loaders
from ui.words import exact_percent

ADDED, REFUSED, TURN = "_added_model", "_refused_model", "_upload_turn"  # in the session


def offer_to_add(shown: str) -> None:
    """Show the uploader, what is in the zip, and the button that adds it; `shown` is the key of the models shown."""
    st.subheader("Add a model")
    say_what_became_of_the_last()
    file = st.file_uploader(
        "A model folder as a zip, as it is taken from here",
        type=["zip"],
        max_upload_size=LARGEST_ZIP // 2**20,
        key=f"zip {st.session_state.get(TURN, 0)}",  # a new one is empty
        help="It is checked in all its parts before anything of it is kept. Nothing in it is run.",
    )
    if file is None:
        return
    try:
        with st.spinner("Checking it"):
            bundle = open_bundle(file.getvalue())
    except ModelError as error:
        st.error(f"{error} Nothing of it was kept.")
        return
    card, evaluation = bundle.card, bundle.evaluation
    figures = f"{exact_percent(evaluation.accuracy)} of the test digits, as it says" if evaluation else "not judged"
    st.markdown(f"It holds **{card.name}**: {figures}; {card.parameters:,} parameters.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", free_name(card.name, loaders.MODELS_DIR), max_chars=64, width=260, key=f"name of {file.file_id}"
        )
        st.button("Add it", type="primary", icon=":material/add:", on_click=add, args=(bundle, name.strip(), shown))


def add(bundle: Bundle, name: str, shown: str) -> None:
    """Keep a checked model, and show it beside the best; where that cannot be, remember why."""
    try:
        card = keep_bundle(bundle, loaders.MODELS_DIR, name)
    except ModelError as error:
        st.session_state[REFUSED] = str(error)
        return
    st.session_state[ADDED] = card.name
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    st.session_state[shown] = [card.name]


def say_what_became_of_the_last() -> None:
    """Say that a model was added, with the way to draw with it, or why it was not."""
    if refused := st.session_state.pop(REFUSED, None):
        st.error(refused)
    added = st.session_state.get(ADDED)
    if added in [card.name for card in loaders.shelf().cards]:
        st.success(f"{added} was added. It answers on every page.")
        if st.button("Draw with it", icon=":material/draw:", key="draw with the added"):
            frame.go("pages/draw.py", added)
