"""The Models page: which model is best? All of them beside each other, each one whole, and new ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.alphabets import noun_of
from mnist_core.errors import ModelError
from mnist_core.evaluation.drawing_benchmark import DIGITS
from mnist_core.evaluation.metrics import Comparison, compare
from mnist_core.model.card import Card
from mnist_core.rights import Right, may
from mnist_core.synthetic.digit_styles import STYLES
from ui import frame
from ui.models.card_text import describe_ranking
from ui.models.model_card import say, show_models
from ui.models.table import Row, group, headings_of, table_of
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
    "† As it says of itself: the figure cannot be checked against answers to {}, so it stands below "
    "those that can. The Mistakes page can evaluate the model again."
)
HOW_TO_RUN = """\
import json, numpy as np, onnxruntime

session = onnxruntime.InferenceSession("NAME.onnx")
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
digits = np.zeros((1, 28, 28), np.uint8)  # ink 255 on 0FITTED
(probabilities,) = session.run(None, {"digits": digits})  # (1, COUNT), each row sums to 1
print(classes[probabilities[0].argmax()])
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Where on the page more is said once it is known, and the names of the models that are shown whole."""

    tables: list[DeltaGenerator]
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
    """Return all models, those of digits first: the best of a kind before those whose figure cannot be checked.

    Those without one come last.
    """
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
    rows = sorted(rows, key=lambda row: row.rank, reverse=True)  # equal ones stay in the order of their names
    return [row for kind in group(rows) for row in kind]


def compare_and_show(rows: list[Row]) -> Places:
    """Show a table of all models that can be compared with each other, and the models that are chosen."""
    groups, tables = group(rows), []
    for kind, heading in zip(groups, headings_of(groups), strict=True):
        if len(groups) > 1:
            st.header(verbatim(heading))
        say_which_is_best(kind)
        tables.append(st.empty())
        tables[-1].html(table_of(kind, "All models" if len(groups) == 1 else heading))
    waiting = st.empty()
    if any(row.reads_digits for row in rows):
        st.caption(EXPLANATION)
    if unbacked := [row for row in rows if row.evaluation and not row.is_backed]:
        are_digits = all(row.reads_digits for row in unbacked)
        st.caption(UNBACKED.replace("{}", "the MNIST test digits" if are_digits else "its test set"))
    chosen = choose_models(rows)
    words = show_chosen(chosen) if chosen else None
    show_differences({row.card.name: row.card.recipe for row in chosen})
    return Places(tables, waiting, words, [row.card.name for row in chosen])


def say_which_is_best(rows: Sequence[Row]) -> None:
    """Say it in a sentence, where two or more were evaluated; those whose figure can be checked are compared alone."""
    noun = noun_of(rows[0].card.classes)
    evaluated = [row for row in rows if row.is_backed] or [row for row in rows if row.evaluation]
    if len(evaluated) > 1:
        first, second = evaluated[:2]
        comparison = compared(first.card.name, second.card.name)
        accuracies = first.accuracy, second.accuracy
        st.markdown(describe_ranking(first.card.name, second.card.name, accuracies, comparison, noun))


def compared(first: str, second: str) -> Comparison | None:
    """Compare two models on the same digits; None where their answers are not to be had, or are to others."""
    try:
        one, other = catalogue.read_evaluated(first), catalogue.read_evaluated(second)
    except ModelError:
        return None
    return compare(one.answers, other.answers) if one.is_comparable(other) else None


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
        st.code(how_to_run(chosen[0].card), language="python", wrap_lines=True)
    return place


def how_to_run(card: Card) -> str:
    """Return the lines of Python that run a model's program."""
    fitted = "" if noun_of(card.classes) == "picture" else ", fitted into 20 × 20 and centred, as MNIST's are"
    words = {"NAME": card.name, "FITTED": fitted, "COUNT": str(len(card.classes))}
    return re.sub("|".join(words), lambda found: words[found[0]], HOW_TO_RUN)


def find_out(rows: Sequence[Row], places: Places) -> None:
    """Let each model read the drawings that has not yet, those that are shown first, and fill in what that gives."""
    known = list(rows)
    unknown = [row for row in rows if row.drawn is None and row.reads_digits]
    for row in sorted(unknown, key=lambda row: row.card.name not in places.shown):
        place = rows.index(row)
        try:
            with places.waiting, st.spinner(f"{verbatim(row.card.name)} is reading {DIGITS:,} drawings"):
                known[place] = replace(row, drawn=drawing_scores.measure(row.card))
        except ModelError as error:
            known[place] = replace(row, is_unreadable=True)
            st.warning(verbatim(error))
        groups = group(known)
        for table, kind, heading in zip(places.tables, groups, headings_of(groups), strict=True):
            table.html(table_of(kind, "All models" if len(groups) == 1 else heading))
        if places.words:
            say(places.words, [row for row in known if row.card.name in places.shown])


frame.require()
main()
