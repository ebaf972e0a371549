"""The row under an answer by which a visitor says what the drawing is; it is then kept among their own drawings."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import streamlit as st

from mnist_core.data.mnist import NOT_A_DIGIT, a_digit
from mnist_core.errors import DrawingError, MnistExplorerError
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.rights import Right, may
from mnist_core.settings import read_settings
from mnist_core.store.drawings import (
    KeptDrawing,
    add_drawings,
    delete_drawings,
    given_answer,
    keep_pixels,
    keep_strokes,
    label_to_text,
)
from ui.assets import read_asset
from ui.inputs import canvas
from ui.inputs.digit_input import DigitInput
from ui.services import kept_drawings
from ui.text import verbatim

_KEYS, _NAMING, _KEPT, _PROBLEM = "label_keys", "naming", "_kept_drawing", "_keeping_problem"
STYLE = (
    "<style>.st-key-labels { max-width: 14rem } .st-key-labels button { min-width: 2.4rem; padding: 0 0.5rem }</style>"
)

_listen = st.components.v2.component(
    "label_keys", js=read_asset("widgets/key_owners.js") + read_asset("draw/label_keys.js")
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The drawing that was kept last, and the pixels that the network saw of it."""

    drawing: KeptDrawing
    pixels: bytes


def offer_to_label(model: str, given: DigitInput, prediction: Prediction) -> None:
    """Let the visitor say what was drawn, once; nothing is kept before."""
    if not may(Right.KEEP):
        return
    kept: _Kept | None = st.session_state.get(_KEPT)
    label = _stored_label(kept) if kept and kept.pixels == given.digit.tobytes() else None
    if kept and label is not None:
        st.caption(f"Kept as {name_label(label)}, on this machine alone.", width="content")
        st.button("Take back", key="unlabel", on_click=_forget, args=(kept,))
        st.page_link("pages/mine.py", label="Teach it", icon=":material/school:", query_params={"model": model})
    else:
        _ask(model, given, prediction)
    if problem := st.session_state.pop(_PROBLEM, None):
        st.warning(verbatim(problem))


def _ask(model: str, given: DigitInput, prediction: Prediction) -> None:
    say = partial(_keep, model, given, prediction, canvas.count_strokes())
    answer = answered_label(prediction)
    if answer is not None:
        st.button("Right", key="label right", on_click=say, args=(answer,), icon=":material/check:")
    naming = st.popover("It is a …", help="Or press its key, 0 to 9.", key=_NAMING, on_change="rerun")
    if naming.open:  # what is in it would cost as much again with each stroke
        with naming, st.container(key="labels", horizontal=True, gap="xxsmall"):
            st.html(STYLE)
            for digit in range(10):
                st.button(str(digit), key=f"label {digit}", on_click=say, args=(digit,))
            st.button("not a digit", key="label none", on_click=say, args=(NOT_A_DIGIT,))
    _listen(key=_KEYS, height=1, on_said_change=lambda: _hear(say, answer))


def answered_label(prediction: Prediction) -> int | None:
    """Return what the drawing is if the answer is right; None where the answer is neither a digit nor none."""
    if prediction.verdict is Verdict.NOT_A_DIGIT:
        return NOT_A_DIGIT
    return None if prediction.is_refused else prediction.digit


def name_label(label: int) -> str:
    """Return what a drawing is, with its article: "a 4", "an 8", "not a digit"."""
    return label_to_text(label) if label == NOT_A_DIGIT else a_digit(label)


def _hear(say: partial[None], answer: int | None) -> None:
    """Take a key for the button that it stands for."""
    key = str(st.session_state[_KEYS].get("said"))
    if key in "0123456789" and len(key) == 1:
        say(int(key))
    elif key == "Enter" and answer is not None:
        say(answer)


def _keep(model: str, given: DigitInput, prediction: Prediction, strokes: int, label: int) -> None:
    answer, kept = given_answer(model, prediction), st.session_state.get(_KEPT)
    if kept and kept.pixels == given.digit.tobytes() and _stored_label(kept) is not None:
        return  # the second press of a double click
    try:
        if given.strokes and canvas.count_strokes(newest=True) != strokes:
            raise DrawingError("The drawing has changed meanwhile. Say once more what it is.")
        if given.strokes:
            drawing = keep_strokes(given.strokes, given.pen_width, label, answer)
        else:
            drawing = keep_pixels(given.digit, label, answer)
        add_drawings([drawing], read_settings().drawings_dir)
    except MnistExplorerError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.session_state[_KEPT] = _Kept(drawing, given.digit.tobytes())


def _stored_label(kept: _Kept) -> int | None:
    """Return what a drawing is kept as; None where it was deleted since."""
    with suppress(MnistExplorerError):
        return next((each.label for each in kept_drawings.read().kept if each.id == kept.drawing.id), None)
    return None


def _forget(kept: _Kept) -> None:
    try:
        delete_drawings({kept.drawing.id}, read_settings().drawings_dir)
    except MnistExplorerError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.session_state.pop(_KEPT, None)
