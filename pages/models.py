"""The Models page: which model is best? All of them beside each other, each one whole, and new ones."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.drawings import DIGITS
from mnist_core.errors import ModelError
from mnist_core.evaluation import Comparison, compare
from mnist_core.styles import STYLES
from ui import frame, loaders
from ui.add_model import offer_to_add
from ui.address import oddities_in_address, one_of
from ui.card_words import ranking_in_words
from ui.differences import show_differences
from ui.model_card import say, show_model
from ui.model_table import Row, table_of

SHOWN = "models"  # in the address and in the session: those that are shown whole
MOST = 4

EXPLANATION = (
    f"*Drawings*: {DIGITS:,} digits that our program wrote as pen strokes, in {len(STYLES)} ways of writing; no "
    "training has seen them. A model with * has learnt from others by the same program, so it finds them easier than "
    "people's. *Calibration error*: how far its confidence is from how often it is right, on average."
)
HOW_TO_RUN = """\
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession("NAME.onnx")
digits = np.zeros((1, 28, 28), np.uint8)  # ink 255 on 0, fitted into 20 × 20 and centred, as MNIST's are
(probabilities,) = session.run(None, {"digits": digits})  # (1, 10), each row sums to 1
"""


def main() -> None:
    """Show the page."""
    st.title("Which model is best?")
    rows = find_rows()
    strange = oddities_in_address({SHOWN: one_of({row.card.name for row in rows})})
    if strange:
        st.warning(strange)
    if rows:
        compare_and_show(rows)
    else:
        st.info("There is no model yet. Train one on the Train page, or add one here.")
    offer_to_add(SHOWN)
    frame.mention_damaged()


def find_rows() -> list[Row]:
    """Return all models, the best first, those that were not judged last."""
    rows = [
        Row(card, loaders.weights_bytes(card.name), loaders.judgement(card.name), loaders.drawing_score(card))
        for card in loaders.shelf().cards
    ]
    return sorted(rows, key=lambda row: (-row.accuracy, row.card.name))


def compare_and_show(rows: list[Row]) -> None:
    """Show the table of all models and those that are chosen; then find out what is not known of drawings."""
    say_which_is_best(rows)
    table = st.empty()
    table.html(table_of(rows))
    st.caption(EXPLANATION)
    chosen = choose_models(rows)
    places = show_chosen(chosen)
    show_differences({row.card.name: row.card.recipe for row in chosen})
    read_drawings(rows, table, places)


def say_which_is_best(rows: Sequence[Row]) -> None:
    """Say it in a sentence, where two or more were judged."""
    judged = [row for row in rows if row.evaluation]
    if len(judged) > 1:
        first, second = judged[:2]
        comparison = compared(first.card.name, second.card.name)
        accuracies = first.accuracy, second.accuracy
        st.markdown(ranking_in_words(first.card.name, second.card.name, accuracies, comparison))


def compared(first: str, second: str) -> Comparison | None:
    """Compare two models on the same digits; None where their answers are not to be had."""
    try:
        return compare(loaders.judged(first).answers, loaders.judged(second).answers)
    except ModelError:
        return None


def choose_models(rows: Sequence[Row]) -> list[Row]:
    """Choose the models that are shown whole, at first the best; what is chosen is in the address."""
    names = [row.card.name for row in rows]
    if SHOWN in st.session_state:  # one may be gone
        st.session_state[SHOWN] = [name for name in st.session_state[SHOWN] if name in names]
    chosen = st.multiselect(
        "Look closer, side by side",
        names,
        names[:1],
        key=SHOWN,
        bind="query-params",
        max_selections=MOST,
        placeholder="Choose models",
    )
    return [row for row in rows if row.card.name in chosen]


def show_chosen(chosen: Sequence[Row]) -> dict[str, DeltaGenerator]:
    """Show models side by side; returns the places of their words."""
    if not chosen:
        return {}
    places = {}
    for column, row in zip(st.columns(len(chosen), gap="large"), chosen, strict=True):
        with column:
            places[row.card.name] = show_model(row, is_alone=len(chosen) == 1)
    with st.expander("How to run the program"):
        st.markdown(
            "The ONNX program runs without Python and without torch, in most languages. All that is the same for every "
            "digit is inside; making it takes a few seconds."
        )
        st.code(HOW_TO_RUN.replace("NAME", chosen[0].card.name), language="python")
    return places


def read_drawings(rows: list[Row], table: DeltaGenerator, places: dict[str, DeltaGenerator]) -> None:
    """Let each model read the drawings that has not yet, and fill in what that gives."""
    unknown = [row for row in rows if row.drawn is None]
    for row in sorted(unknown, key=lambda row: row.card.name not in places):
        name = row.card.name
        try:
            with st.spinner(f"{name} is reading {DIGITS:,} drawings"):
                found = replace(row, drawn=loaders.read_drawings(row.card))
        except ModelError as error:
            st.warning(str(error))
            continue
        rows[rows.index(row)] = found
        table.html(table_of(rows))
        if name in places:
            say(places[name], found)


frame.require()
main()
