"""The row under an answer by which a visitor says what the drawing is; it is then kept among their own drawings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import streamlit as st

from mnist_core.alphabets import DIGITS, MERGED, with_article, with_shapes
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import DrawingError, MnistExplorerError
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.rights import Right, may
from mnist_core.settings import read_settings
from mnist_core.store.drawings import (
    NEGATIONS,
    KeptDrawing,
    add_drawings,
    delete_drawings,
    given_answer,
    keep_pixels,
    keep_strokes,
    label_at,
    none_of,
)
from ui.assets import read_asset
from ui.inputs import canvas
from ui.inputs.digit_input import DigitInput
from ui.services import kept_drawings
from ui.text import verbatim

_KEYS, _NAMING, _NAMED = "label_keys", "naming", "label named"
_KEPT, _PROBLEM = "_kept_drawing", "_keeping_problem"
FEW = 10  # classes, which have a button each
STYLE = (
    "<style>.st-key-labels { max-width: 14rem } .st-key-labels button { min-width: 2.4rem; padding: 0 0.5rem }</style>"
)
STYLE_OF_MANY = "<style>.st-key-labels { max-width: 22rem } .st-key-labels button { min-width: 2.4rem }</style>"

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
        st.caption(f"Kept as {verbatim(name_label(label))}, on this machine alone.", width="content")
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
    classes, keys = prediction.classes, keys_of(prediction.classes)
    naming = st.popover("It is a …", help=describe_keys(classes), key=_NAMING, on_change="rerun")
    if naming.open:  # what is in it would cost as much again with each stroke
        with naming, st.container(key="labels", horizontal=True, gap="xxsmall"):
            if len(classes) > FEW:
                show_many(say, classes)
            else:
                st.html(STYLE)
                for number, name in enumerate(classes):
                    st.button(verbatim(name), key=f"label {number}", on_click=say, args=(number,))
            st.button(none_of(classes), key="label none", on_click=say, args=(NOT_A_DIGIT,))
    _listen(key=_KEYS, height=1, data={"keys": list(keys)}, on_said_change=lambda: _hear(say, answer, keys))


def show_many(say: partial[None], classes: tuple[str, ...]) -> None:
    """Let one of many classes be chosen, by its name with the shapes that count as it."""

    def choose() -> None:
        number = st.session_state[_NAMED]
        st.session_state[_NAMED] = None  # so that it can be chosen again where it was not kept
        if number in range(len(classes)):
            say(number)

    st.html(STYLE_OF_MANY)
    st.pills(
        "It is a",
        range(len(classes)),
        format_func=lambda number: verbatim(with_shapes(classes[number], classes)),
        key=_NAMED,
        wrap=True,
        on_change=choose,
        label_visibility="collapsed",
    )


def keys_of(classes: tuple[str, ...]) -> dict[str, int]:
    """Return which key stands for which class: a letter, for that which it counts as."""
    keys = {name: number for number, name in enumerate(classes) if len(name) == 1}
    merged = {shape: keys[name] for shape, name in MERGED.items() if name in keys}
    return merged | keys


def describe_keys(classes: tuple[str, ...]) -> str | None:
    """Say which keys name a drawing; None where none do."""
    if classes == DIGITS:
        return "Or press its key, 0 to 9."
    return "Or press its key." if keys_of(classes) else None


def answered_label(prediction: Prediction) -> int | None:
    """Return which class the drawing is of if the answer is right; None where the answer is neither one nor none."""
    if prediction.verdict is Verdict.NOT_A_DIGIT:
        return NOT_A_DIGIT
    return None if prediction.is_refused else prediction.digit


def name_label(label: str) -> str:
    """Return what a drawing is, with its article: "a 4", "an 8", "not a digit"."""
    return label if label in NEGATIONS else with_article(label)


def _hear(say: partial[None], answer: int | None, keys: Mapping[str, int]) -> None:
    """Take a key for the button that it stands for."""
    key = str(st.session_state.get(_KEYS, {}).get("said"))
    if key in keys:
        say(keys[key])
    elif key == "Enter" and answer is not None:
        say(answer)


def _keep(model: str, given: DigitInput, prediction: Prediction, strokes: int, number: int) -> None:
    label = label_at(number, prediction.classes)
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


def _stored_label(kept: _Kept) -> str | None:
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
