"""What a model reads in what was given: one digit, or several in a line, and which of them a page is about."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from mnist_core.model.number import Number, reads_lines
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.pictures import PictureStages, Region
from mnist_core.preprocessing.stages import stages_from_strokes
from ui.inputs.digit_input import DigitInput
from ui.inputs.fabric import CANVAS_SIDE, in_square
from ui.services import answering
from ui.services.answering import LoadedModel
from ui.text import verbatim
from ui.widgets.answer import figures_of

_KEY = "digit_of_number"  # which one is chosen, from 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What is given, what is read in it, and the seconds that took; of several digits, the one that is chosen."""

    given: DigitInput | None = None
    prediction: Prediction | None = None
    seconds: float = 0.0
    number: Number | None = None  # where there are several


def read_digits(loaded: LoadedModel, given: DigitInput | None) -> Reading:
    """Ask a model what was given."""
    if given is None:
        return Reading()
    number, seconds, may_be_several = None, 0.0, reads_lines(loaded.card.classes)
    if may_be_several and len(given.strokes) > 1:
        number, seconds = answering.ask_number(loaded, given.strokes, given.pen_width)
    elif may_be_several and given.picture:
        number, seconds = answering.ask_number_in_picture(loaded, given.picture)
    if number and len(number.parts) > 1:
        place = min(int(st.session_state.get(_KEY) or 0), len(number.parts) - 1)
        return Reading(digit_of(number, place, given), number.parts[place].prediction, seconds, number)
    prediction, seconds = answering.ask(loaded, given.digit)
    return Reading(given, prediction.with_label(given.label) if prediction else None, seconds)


def read_several(loaded: LoadedModel, stages: PictureStages) -> Number | None:
    """Return the number that stands in a picture; None where it is a single digit."""
    if not reads_lines(loaded.card.classes):
        return None
    number, _ = answering.ask_number_in_picture(loaded, stages)
    return number if len(number.parts) > 1 else None


def digit_of(number: Number, place: int, given: DigitInput) -> DigitInput:
    """Return a digit of a number, by its place from 0, as if it alone had been given."""
    part = number.parts[place]
    strokes, stages, picture = in_square(part.strokes), given.stages, given.picture
    if strokes:
        stages = stages_from_strokes(strokes, given.pen_width, CANVAS_SIDE)
    if picture:
        left, top, right, bottom = map(round, part.box)
        around = Region(left, top, right, bottom)
        picture = replace(picture, ink=picture.ink_of_row, place=around, digit=part.digit)
    return replace(
        given,
        digit=part.digit,
        description=f"This is {number.noun} {place + 1} of {len(number.parts)}.",
        strokes=strokes,
        stages=stages,
        picture=picture,
    )


def choose_digit(number: Number) -> None:
    """Show the digits of a number, from left to right, to choose one that the page is about."""
    figures = [verbatim(figure) for figure in figures_of(number)]
    st.segmented_control(
        f"Look at {number.noun}",
        range(len(figures)),
        format_func=lambda place: figures[place],
        default=0,
        required=True,
        key=_KEY,
        persist_state="session",
        wrap=True,
    )
