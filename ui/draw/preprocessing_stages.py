"""Why this answer: the drawing after each step of preprocessing, with what the network answers to it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.findings import find, measure_drawing
from mnist_core.preprocessing.raster import PEN, Digit
from mnist_core.preprocessing.stages import find_turning_stage
from ui.inputs.digit_input import DigitInput
from ui.inputs.fabric import CANVAS_SIDE
from ui.services import answering
from ui.services.answering import LoadedModel
from ui.text import describe_finding, explain_verdict
from ui.theme import colours
from ui.widgets.answer import describe_answer
from ui.widgets.mini_answer import shares
from ui.widgets.tiles import show_digit

WIDTH = 168  # pixels of a tile; two stand side by side on a phone


@dataclass(frozen=True, slots=True)
class Shown:
    """A digit after a step."""

    step: str
    detail: str
    digit: Digit


def show_why(loaded: LoadedModel, given: DigitInput, prediction: Prediction) -> None:
    """Show the steps and what each did to the answer, what stands out about the drawing, and why the verdict."""
    shown = stages_of(given)
    if shown:
        show_stages(loaded, shown, prediction)
    else:
        st.markdown(
            "A digit that was laid on the canvas is read as it lies there: nothing is fitted, redrawn or moved."
        )
    least = loaded.card.top_two_threshold
    st.markdown(explain_verdict(prediction, float(given.digit.sum()), least))
    if given.strokes:
        measures = measure_drawing(given.strokes, given.pen_width, CANVAS_SIDE)
        found = "\n".join(f"- {describe_finding(finding, measures)}" for finding in find(measures))
        st.markdown(found or "Nothing stands out about size, place, pen and slant.")


def stages_of(given: DigitInput) -> list[Shown]:
    """Return what can be shown of the way to the network; of a digit that was laid on the canvas, nothing."""
    if stages := given.stages:
        return [
            Shown("Canvas resized", "What most demos read", stages.resized),
            Shown("Fitting", "The ink spans 20 pixels", stages.fitted),
            Shown("Redrawing", f"The pen is {PEN} pixels wide", stages.redrawn),
            Shown("Centring", "What the network gets", stages.centred),
        ]
    if given.resized is not None:
        return [
            Shown("Picture resized", "What most demos read", given.resized),
            Shown("Preparing", "Ink found, fitted, centred", given.digit),
        ]
    return []


def show_stages(loaded: LoadedModel, shown: list[Shown], prediction: Prediction) -> None:
    """Show the digit after each step over the answer to it, and say which step brought the answer that counts."""
    predictions = [*(answering.ask(loaded, each.digit)[0] for each in shown[:-1]), prediction]
    if not prediction.is_refused:
        figures = [describe_answer(each).figure if each else None for each in predictions]
        st.markdown(describe_turn([each.step for each in shown], figures))
    with st.container(horizontal=True):
        for each, answer in zip(shown, predictions, strict=True):
            with st.container(width=WIDTH, gap="xsmall"):
                st.html(title(each))
                show_digit(each.digit, f"{each.step}: {each.detail}", width=WIDTH)
                st.html(shares(answer, prediction.digit))


def describe_turn(steps: list[str], answers: list[str | None]) -> str:
    """Say which step brought the last answer; an answer is "?" where it is no digit, None where there was no ink."""
    turning = find_turning_stage(answers)
    if turning is None:
        return f"The network answers **{answers[-1]}** at every step."
    before = answers[turning - 1]
    if before is None:
        return f"**{steps[turning]}** brought the ink into sight, and the answer **{answers[-1]}**."
    if before == "?":
        return f"Only after **{steps[turning]}** is it taken for a digit, **{answers[-1]}**."
    return f"**{steps[turning]}** turned the answer from {before} to **{answers[-1]}**."


def title(shown: Shown) -> str:
    """Return the name of a step over what it does."""
    return (
        f'<div style="font-weight:600;line-height:1.3">{shown.step}</div>'
        f'<div style="font-size:0.85rem;line-height:1.3;color:{colours().faint}">{shown.detail}</div>'
    )
