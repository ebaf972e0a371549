"""The Models page: which model is best? All of them beside each other, each one whole, and new ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.errors import ModelError
from mnist_core.evaluation.drawing_benchmark import DIGITS
from mnist_core.evaluation.metrics import Comparison, compare
from mnist_core.rights import Right, may
from mnist_core.synthetic.digit_styles import STYLES
from ui import frame
from ui.models.card_text import describe_ranking
from ui.models.model_card import say, show_models
from ui.models.table import Row, table_of
from ui.models.zip_upload import offer_to_add
from ui.query_params import oddities_in_address, one_of
from ui.services import catalogue, drawing_scores
from ui.text import verbatim
from ui.widgets.recipe_diff import show_differences

SHOWN = "models"  # in the address and in the session: those that are shown whole
MAX_SHOWN = 4

EXPLANATION = (
    f"*Drawings*: {DIGITS:,} digits that our program wrote as pen strokes, in {len(STYLES)} ways of writing; no "
    "training has seen them. \\*: it has learnt from other digits by the same program, so these are easier for it than "
    "people's. *Calibration error*: how far its confidence is from how often it is right, on average."
)
UNBACKED = (
    "† As it says of itself: the figure cannot be checked against answers to the MNIST test digits, so it stands below "
    "those that can. The Mistakes page can evaluate the model again."
)
HOW_TO_RUN = """\
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession("NAME.onnx")
digits = np.zeros((1, 28, 28), np.uint8)  # ink 255 on 0, fitted into 20 × 20 and centred, as MNIST's are
(probabilities,) = session.run(None, {"digits": digits})  # (1, 10), each row sums to 1
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Where on the page more is said once it is known, and the names of the models that are shown whole."""

    table: DeltaGenerator
    waiting: DeltaGenerator
    words: DeltaGenerator | None
    shown: list[str]


def main() -> None:
    """Show the page."""
    st.title("Which model is best?")
    rows = find_rows()
    strange = oddities_in_address({SHOWN: one_of({row.card.name for row in rows})})
    if strange:
        st.warning(strange)
    if not rows:
        st.info("There is no model yet. Train one on the Train page, or add one here.")
    places = compare_and_show(rows) if rows else None
    if may(Right.ADD):
        offer_to_add(SHOWN)
    frame.mention_damaged()
    if places:
        find_out(rows, places)


def find_rows() -> list[Row]:
    """Return all models: the best first, those whose figure cannot be checked behind, those without one last."""
    rows = [
        Row(
            card,
            catalogue.measure_weights(card.name),
            catalogue.read_evaluation(card.name),
            catalogue.has_checked_evaluation(card.name),
            drawing_scores.find(card),
        )
        for card in catalogue.read().cards
    ]
    return sorted(rows, key=lambda row: row.rank, reverse=True)  # equal ones stay in the order of their names


def compare_and_show(rows: list[Row]) -> Places:
    """Show the table of all models, and those that are chosen."""
    say_which_is_best(rows)
    table, waiting = st.empty(), st.empty()
    table.html(table_of(rows))
    st.caption(EXPLANATION)
    if any(row.evaluation and not row.is_backed for row in rows):
        st.caption(UNBACKED)
    chosen = choose_models(rows)
    words = show_chosen(chosen) if chosen else None
    show_differences({row.card.name: row.card.recipe for row in chosen})
    return Places(table, waiting, words, [row.card.name for row in chosen])


def say_which_is_best(rows: Sequence[Row]) -> None:
    """Say it in a sentence, where two or more were evaluated; those whose figure can be checked are compared alone."""
    evaluated = [row for row in rows if row.is_backed] or [row for row in rows if row.evaluation]
    if len(evaluated) > 1:
        first, second = evaluated[:2]
        comparison = compared(first.card.name, second.card.name)
        accuracies = first.accuracy, second.accuracy
        st.markdown(describe_ranking(first.card.name, second.card.name, accuracies, comparison))


def compared(first: str, second: str) -> Comparison | None:
    """Compare two models on the same digits; None where their answers are not to be had."""
    try:
        return compare(catalogue.read_evaluated(first).answers, catalogue.read_evaluated(second).answers)
    except ModelError:
        return None


def choose_models(rows: Sequence[Row]) -> list[Row]:
    """Choose the models that are shown whole, at first the best; what is chosen is in the address."""
    names = [row.card.name for row in rows]
    shown = st.session_state.get(SHOWN, [])
    if not set(shown) <= set(names):  # one has been renamed or deleted
        st.session_state[SHOWN] = [name for name in shown if name in names]
    chosen = st.multiselect(
        "Look closer, side by side",
        names,
        None if SHOWN in st.session_state else names[:1],
        key=SHOWN,
        bind="query-params",
        max_selections=MAX_SHOWN,
        placeholder="Choose models",
    )
    return [row for row in rows if row.card.name in chosen]


def show_chosen(chosen: Sequence[Row]) -> DeltaGenerator:
    """Show models side by side, and how to run what can be taken away; returns the place of their words."""
    place = show_models(chosen)
    if not may(Right.EXPORT):
        return place
    with st.expander("How to run the ONNX model"):
        st.markdown(
            "An ONNX model runs without Python and without torch, from most languages. Scaling the pixels and the "
            "temperature are part of it. The download takes a few seconds to make. Tried with onnxruntime 1.15 to "
            "1.32, onnxruntime-web, OpenCV from 4.11, tract, IREE and OpenVINO, which needs `INFERENCE_PRECISION_HINT` "
            "f32: each within 0.00001 of what this page answers (the table is in the README)."
        )
        st.code(HOW_TO_RUN.replace("NAME", chosen[0].card.name), language="python", wrap_lines=True)
    return place


def find_out(rows: Sequence[Row], places: Places) -> None:
    """Let each model read the drawings that has not yet, those that are shown first, and fill in what that gives."""
    known = list(rows)
    unknown = [row for row in rows if row.drawn is None]
    for row in sorted(unknown, key=lambda row: row.card.name not in places.shown):
        place = rows.index(row)
        try:
            with places.waiting, st.spinner(f"{verbatim(row.card.name)} is reading {DIGITS:,} drawings"):
                known[place] = replace(row, drawn=drawing_scores.measure(row.card))
        except ModelError as error:
            known[place] = replace(row, is_unreadable=True)
            st.warning(verbatim(error))
        places.table.html(table_of(known))
        if places.words:
            say(places.words, [row for row in known if row.card.name in places.shown])


frame.require()
main()
