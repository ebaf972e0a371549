"""One model, whole: its card in words, what it is made of, how to train it again, and how to take it away."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.cards import Card
from mnist_core.errors import ModelError
from ui import frame, loaders
from ui.architecture import show_architecture
from ui.card_words import card_in_words, drawings_in_words
from ui.model_table import Row
from ui.theme import colours


def show_model(row: Row, is_alone: bool) -> DeltaGenerator:
    """Show a model, in two columns where it is alone; returns the place of its words, which are not all known yet."""
    card = row.card
    st.subheader(card.name)
    saying, built = st.columns([5.4, 4.6], gap="large") if is_alone else (st.container(), st.container())
    with saying:
        place = st.empty()
        say(place, row)
        with st.container(horizontal=True):
            if st.button("Draw with it", icon=":material/draw:", key=f"draw with {card.name}"):
                frame.go("pages/draw.py", card.name)
            if st.button("See its mistakes", icon=":material/grid_view:", key=f"mistakes of {card.name}"):
                frame.go("pages/mistakes.py", card.name)
        offer_files(card)
        st.caption("Train it again")
        st.code(card.command, language="sh", wrap_lines=True)
    with built:
        try:
            show_architecture(loaders.architecture(card.name))
        except ModelError as error:
            st.error(str(error))
    return place


def say(place: DeltaGenerator, row: Row) -> None:
    """Say in its place what is known of a model."""
    words = card_in_words(row.card, row.evaluation, row.weights_bytes)
    drawn = drawings_in_words(row.drawn, row.learnt_from_such) if row.drawn else "Being read …"
    place.html(paragraphs(words | {"Drawings by our program": drawn}))


def offer_files(card: Card) -> None:
    """Offer what can be taken away; each is made when it is asked for."""
    name = card.name
    offers: dict[str, tuple[Callable[[], bytes], str, str]] = {
        "Weights": (lambda: loaders.model_file(name, "weights.safetensors"), f"{name}.safetensors", "memory"),
        "Card": (lambda: loaders.model_file(name, "card.json"), f"{name}-card.json", "description"),
        "All of it, zipped": (lambda: loaders.packed(name), f"{name}.zip", "folder_zip"),
        "Program (ONNX)": (lambda: loaders.program(name), f"{name}.onnx", "deployed_code"),
    }
    st.caption("Take it with you")
    with st.container(horizontal=True, gap="small"):
        for label, (make, file, icon) in offers.items():
            st.download_button(
                label,
                make,
                file,
                "application/octet-stream",
                on_click="ignore",  # a run of the page would make each file's address anew, under the next press
                icon=f":material/{icon}:",
                key=f"{label} of {name}",
            )


def paragraphs(words: dict[str, str]) -> str:
    """Return sentences under their headings as HTML."""
    faint = colours().faint
    return "".join(
        f'<div style="margin:0 0 0.6rem"><div style="color:{faint};font-size:0.85rem">{escape(heading)}</div>'
        f'<div style="overflow-wrap:anywhere">{escape(sentence)}</div></div>'
        for heading, sentence in words.items()
    )
