"""One model, whole: its card in words, what it is made of, how to train it again, and how to take it away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.alphabets import noun_of
from mnist_core.errors import ModelError
from mnist_core.model.card import Card
from mnist_core.rights import Right, may
from mnist_core.settings import read_settings
from mnist_core.store.layout import CARD, WEIGHTS
from mnist_core.store.runs import free_name
from ui import frame
from ui.models.architecture_table import show_architecture
from ui.models.card_text import READS, TEST_SET, describe_card, describe_drawing_score
from ui.models.table import Row
from ui.services import answering, catalogue
from ui.text import verbatim
from ui.theme import colours

DRAWINGS = "Drawings by our program"
# On a phone, all that is said of one model stands together.
STYLE = """
<style>
.cards { display: grid; grid-template-columns: repeat(COLUMNS, minmax(0, 1fr)); gap: 0.7rem 4rem;
    overflow-wrap: anywhere }
.cards h2 { font-size: 1.2rem; padding: 0.4rem 0 0; margin: 0 }
.cards .what { color: FAINT; font-size: 0.85rem }
@media (min-width: 641px) { .cards > * { order: 0 !important } }
@media (max-width: 640px) { .cards { display: flex; flex-direction: column } }
</style>
"""


def show_models(rows: Sequence[Row]) -> DeltaGenerator:
    """Show models side by side, or one in two columns; returns the place of their words: not all are known yet."""
    if len(rows) == 1:
        saying, built = st.columns([5.4, 4.6], gap="large")
        with saying:
            place = st.empty()
            say(place, rows)
            show_tools(rows[0].card)
        with built:
            show_layers(rows[0].card)
        return place
    place = st.empty()
    say(place, rows)
    for column, row in zip(st.columns(len(rows), gap="large"), rows, strict=True):
        with column:
            st.markdown(f"**{verbatim(row.card.name)}**")
            show_tools(row.card)
            show_layers(row.card)
    return place


def say(place: DeltaGenerator, rows: Sequence[Row]) -> None:
    """Say in its place what is known of models; what is said of one thing stands in one row."""
    words = [all_words(row) for row in rows]
    headings = list(words[0])
    called = dict(zip(headings, headings, strict=True))
    if all(row.reads_digits for row in rows):
        headings.remove(READS)
        called[TEST_SET] = "Test digits"
    if not any(row.reads_digits for row in rows):
        headings.remove(DRAWINGS)
    cells = [f'<h2 style="order:{turn}">{escape(row.card.name)}</h2>' for turn, row in enumerate(rows)]
    cells += [
        f'<div style="order:{turn}"><div class="what">{escape(called[heading])}</div>{unbroken(said[heading])}</div>'
        for heading in headings
        for turn, said in enumerate(words)
    ]
    style = STYLE.replace("FAINT", colours().faint).replace("COLUMNS", str(len(rows)))
    place.html(f'<div class="cards">{"".join(cells)}</div>{style}')


def all_words(row: Row) -> dict[str, str]:
    """Return what is known of a model, under its headings."""
    words = describe_card(row.card, row.evaluation, row.weights_bytes)
    if not row.reads_digits:
        return words | {DRAWINGS: "Not asked of it: these are digits."}
    waiting = "They could not be read." if row.is_unreadable else "Being read …"
    drawn = describe_drawing_score(row.drawn, row.learnt_from_such) if row.drawn else waiting
    return words | {DRAWINGS: drawn}


def show_tools(card: Card) -> None:
    """Show what can be done with a model."""
    with st.container(horizontal=True):
        if st.button("Draw with it", icon=":material/draw:", key=f"draw with {card.name}"):
            frame.go("Draw", card.name)
        if st.button("See its mistakes", icon=":material/grid_view:", key=f"mistakes of {card.name}"):
            frame.go("Mistakes", card.name)
    st.caption("Download")
    offer_files(card)
    st.caption("Train it again")
    free = free_name(card.name, read_settings().models_dir)
    if card.started_from:
        st.caption("This teaches the drawings that are kept now. The model holds none of those that it was taught.")
    if card.rate_changes:
        often = "once" if card.rate_changes == 1 else f"{card.rate_changes:,} times"
        st.caption(f"Its learning rate was changed {often} while it learnt: this makes one like it, not the same.")
    st.code(card.command(free), language="sh", wrap_lines=True)


def show_layers(card: Card) -> None:
    """Show what a model's network is made of."""
    try:
        show_architecture(answering.summarize(answering.load(card.name)), noun_of(card.classes))
    except ModelError as error:
        st.error(verbatim(error))


def offer_files(card: Card) -> None:
    """Offer what can be taken away; each is made when it is asked for."""
    name = card.name
    offers: dict[str, tuple[Callable[[], bytes], str, str]] = {
        "Weights": (lambda: catalogue.read_file(name, WEIGHTS), f"{name}.safetensors", "memory"),
        "Card": (lambda: catalogue.read_file(name, CARD), f"{name}-card.json", "description"),
        "Whole folder (zip)": (lambda: catalogue.zip_model(name), f"{name}.zip", "folder_zip"),
        "ONNX model": (lambda: catalogue.export_onnx(name), f"{name}.onnx", "deployed_code"),
    }
    if not may(Right.EXPORT):
        del offers["ONNX model"]
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


def unbroken(words: str) -> str:
    """Return words as HTML in which no line begins with a percent sign."""
    return escape(words).replace(" %", "&nbsp;%")
