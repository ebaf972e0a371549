"""One test digit, whole: what every model answers to it, what it resembles, and the way to the canvas."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mnist_core.data.label_errors import DISPUTED_VOTES
from mnist_core.errors import ModelError
from ui import frame
from ui.inputs import canvas
from ui.query_params import number_in_address
from ui.services import answering, catalogue, mnist_digits
from ui.services.catalogue import EvaluatedModel
from ui.text import a_digit, describe_votes, percent
from ui.theme import colours
from ui.widgets.charts import show_shares
from ui.widgets.similar_digits import show_similar
from ui.widgets.tiles import show_digit

DIGIT = "digit"  # in the address: the index of the digit that is open


def show_one_digit(evaluated: EvaluatedModel, index: int, order: Sequence[int]) -> None:
    """Open a drawer with a test digit; `order` is what one goes through with its buttons."""
    st.dialog("One test digit", position="right", width=620, on_dismiss=close)(drawer)(evaluated, index, order)


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
    digits = mnist_digits.find("test")
    digit = digits[index : index + 1].pixels[0] if digits else None
    show_steps(index, order)
    seeing, saying = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with saying:
        say(evaluated, index, label, given)
    if digit is not None:
        title = f"Test digit {index:,}, {a_digit(label)}"
        with seeing:
            show_digit(digit, title)
        with saying, st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Load on the canvas", type="primary", icon=":material/draw:"):
                canvas.set_background(digit, title)
                frame.go("pages/draw.py", evaluated.name)
            inside = {"model": evaluated.name, "from": "Test digit", "digit": str(index)}
            st.page_link("pages/inside.py", label="Look inside", query_params=inside)
    tints = [colours().other] * 10
    tints[given] = colours().wrong
    tints[label] = colours().answer
    show_shares(evaluated.answers.probabilities[index], tints, key="one digit", height=210)
    if label != given:
        st.caption(f"In the warm colour the answer {given}, in the other one the true digit {label}.")
    show_others(evaluated.name, index)
    if digit is not None:
        show_similar(answering.load(evaluated.name), digit)


def say(evaluated: EvaluatedModel, index: int, label: int, given: int) -> None:
    """Say what the digit is, what was answered, and whether its label is in doubt."""
    is_right = label == given
    headline = f"{a_digit(label).capitalize()}, read {'correctly' if is_right else f'as {given}'}"
    st.html(f'<div style="font-size:1.6rem;font-weight:600;line-height:1.25">{headline}</div>')
    shares = evaluated.answers.probabilities[index]
    words = f"**{evaluated.name}** is {percent(float(shares[given]))} sure of the {given}"
    if not is_right:
        words += f" and leaves {percent(float(shares[label]))} to the {label}"
    st.markdown(f"{words}. It is test digit {index:,}.")
    if index in DISPUTED_VOTES:
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


def show_others(name: str, index: int) -> None:
    """Show in a table what every evaluated model answers to this digit, this one first."""
    rows = []
    for each in sorted((card.name for card in catalogue.read().cards), key=lambda other: (other != name, other)):
        try:
            answers = catalogue.read_evaluated(each).answers
        except ModelError:  # it has not been evaluated
            continue
        given = int(answers.given[index])
        rows.append(
            {
                "Model": each,
                "Answer": str(given),
                "How sure": percent(float(answers.probabilities[index, given])),
                "Result": "right" if given == answers.labels[index] else "wrong",
            }
        )
    st.markdown("**What every model answers**")
    st.dataframe(rows, hide_index=True, height="content", alt="What every model answers")
