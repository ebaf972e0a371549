"""One test digit, or character, whole: what every model answers to it, what it resembles, the way to the canvas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from mnist_core.alphabets import DIGITS, noun_of, with_article
from mnist_core.data.label_errors import DISPUTED_VOTES
from mnist_core.errors import ModelError
from mnist_core.model.prediction import Prediction, prediction_from
from mnist_core.preprocessing.raster import Digit
from ui import frame
from ui.inputs import canvas
from ui.query_params import number_in_address
from ui.services import answering, catalogue, insights, moments, test_digits
from ui.services.catalogue import EvaluatedModel
from ui.text import describe_learnt, describe_votes, verbatim
from ui.theme import colours
from ui.widgets.answer import describe_answer
from ui.widgets.charts import show_probabilities
from ui.widgets.similar_digits import show_similar
from ui.widgets.tiles import show_digit

DIGIT = "digit"  # in the address: the index of the digit that is open


def show_one_digit(evaluated: EvaluatedModel, index: int, order: Sequence[int]) -> None:
    """Open a drawer with a test digit; `order` is what one goes through with its buttons."""
    title = f"One test {noun_of(evaluated.classes)}"
    st.dialog(title, position="right", width=620, on_dismiss=close)(drawer)(evaluated, index, order)


def ask_for(index: int) -> None:
    """Ask for a digit in the address, so that it opens."""
    st.query_params[DIGIT] = str(index)


def close() -> None:
    """Forget which digit is open."""
    st.query_params.pop(DIGIT, None)


def drawer(evaluated: EvaluatedModel, first: int, order: Sequence[int]) -> None:
    """Show what the drawer holds: the digit that the address asks for, at first the one it was opened with."""
    asked = number_in_address(DIGIT, len(evaluated.answers))
    index = first if asked is None else asked
    label, given = int(evaluated.answers.labels[index]), int(evaluated.answers.given[index])
    classes, noun = evaluated.classes, noun_of(evaluated.classes)
    digits = test_digits.find_for(evaluated)
    digit = digits[index : index + 1].pixels[0] if digits else None
    predictions = read_predictions(evaluated, index, digit)
    show_steps(index, order)
    seeing, saying = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with saying:
        say(evaluated, index, label, predictions[evaluated.name])
    if digit is not None:
        title = f"Test {noun} {index:,}, {with_article(classes[label])}"
        with seeing:
            show_digit(digit, title)
        with saying, st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Load on the canvas", type="primary", icon=":material/draw:"):
                # Its label is a place among the classes of this model, and another one may answer there.
                canvas.set_background(digit, title, label if classes == DIGITS else None)
                frame.go("Draw", evaluated.name)
            inside = {"model": evaluated.name, "from": f"Test {noun}", "digit": str(index)}
            st.page_link("pages/inside.py", label="Look inside", query_params=inside)
    show_probabilities(predictions[evaluated.name], key="one digit", height=210)
    if label != given:
        true = "true digit" if classes == DIGITS else "true class"
        answer, truth = verbatim(classes[given]), verbatim(classes[label])
        st.caption(f"Orange: the answer {answer}. Teal: the {true} {truth}.")
    show_others(predictions)
    if digit is not None:
        loaded = answering.load(evaluated.name)
        if insights.training_set_of(loaded.card):
            show_similar(loaded, digit)


def read_predictions(evaluated: EvaluatedModel, index: int, digit: Digit | None) -> dict[str, Prediction]:
    """Return what every model answered that was evaluated on the same test set, by name, this one first."""
    label, predictions = int(evaluated.answers.labels[index]), {}
    for card in sorted(catalogue.read().cards, key=lambda card: (card.name != evaluated.name, card.name)):
        try:
            other = catalogue.read_evaluated(card.name)
        except ModelError:  # it has not been evaluated
            continue
        if evaluated.is_comparable(other):
            shares = other.answers.probabilities[index]
            prediction = prediction_from(shares, digit, card.top_two_threshold, card.classes)
            predictions[card.name] = prediction.with_label(label)
    return predictions


def say(evaluated: EvaluatedModel, index: int, label: int, prediction: Prediction) -> None:
    """Say what the digit is, what was answered, whether and since when that is right, and whether its label is."""
    read = "correctly" if prediction.is_right else f"as {escape(prediction.name)}"
    what = escape(with_article(evaluated.classes[label]))
    headline = f"{what[0].upper()}{what[1:]}, read {read}"
    colour = colours().answer if prediction.is_right else colours().wrong
    st.html(f'<div style="font-size:1.6rem;font-weight:600;line-height:1.25;color:{colour}">{headline}</div>')
    shown = describe_answer(prediction)
    answer = f"{verbatim(shown.headline)}. {verbatim(shown.detail)}."
    st.markdown(f"**{verbatim(evaluated.name)}**: {answer} It is test {prediction.noun} {index:,}.")
    if learnt := moments.read_learnt(evaluated):
        st.caption(describe_learnt(learnt, index))
    if index in evaluated.disputed:
        st.warning(describe_votes(DISPUTED_VOTES[index]))


def show_steps(index: int, order: Sequence[int]) -> None:
    """Show the buttons to the digits before and after this one."""
    place = order.index(index) if index in order else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        before = order[place - 1] if place else None
        after = order[place + 1] if place is not None and place + 1 < len(order) else None
        step("Previous", before, ":material/chevron_left:")
        step("Next", after, ":material/chevron_right:")
        if place is not None:
            st.caption(f"{place + 1:,} of {len(order):,}", width="content")


def step(label: str, to: int | None, icon: str) -> None:
    """Show the button to another digit."""
    st.button(label, on_click=ask_for, args=(to,), disabled=to is None, icon=icon)


def show_others(predictions: Mapping[str, Prediction]) -> None:
    """Show in a table what every evaluated model answers to this digit."""
    rows = []
    for name, prediction in predictions.items():
        shown = describe_answer(prediction)
        rows.append({"Model": name, "Answer": shown.figure, "Result": f"{shown.headline}. {shown.detail}."})
    st.markdown("**What every model answers**")
    st.dataframe(rows, hide_index=True, height="content", alt="What every model answers")
