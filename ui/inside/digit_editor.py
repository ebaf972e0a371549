"""A digit to be painted on, moved and bent, beside what the model answers to it, before and now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.alphabets import noun_of
from mnist_core.errors import DrawingError, ModelError, RunError
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.edits import shift, turn, widen
from mnist_core.preprocessing.raster import Digit, as_bytes
from ui.inside.pixel_editor import read_painted, show_pixels
from ui.services import answering
from ui.text import speak_of, verbatim
from ui.theme import DARK, LIGHT
from ui.widgets.answer import show_answer
from ui.widgets.charts import show_probabilities

PEN, ERASER = "Pen", "Eraser"
NO_INK_LEFT = ("No ink is left", "Paint on the black square, or undo.")
MAX_UNDONE = 100  # steps that are kept
TURN = 10  # degrees
WIDER = 0.5  # pixels
EDITOR_WIDTH, TELLING_WIDTH = 336, 384  # pixels; side by side where there is room, 12 for each of the digit's
EDITOR = "28 by 28 pixels of the digit. The arrow keys move, space paints."
NO_LONGER = {  # said of what was taken for one, by what the model reads
    "digit": "It is no longer taken for one digit.",
    "character": "It is no longer taken for one character.",
    "picture": "It is no longer taken for any of its classes.",
}

CHANGES: dict[str, tuple[str, Callable[[Digit], Digit]]] = {
    "Shift left": ("Shift left", lambda digit: shift(digit, -1, 0)),
    "Shift up": ("Shift up", lambda digit: shift(digit, 0, -1)),
    "Shift down": ("Shift down", lambda digit: shift(digit, 0, 1)),
    "Shift right": ("Shift right", lambda digit: shift(digit, 1, 0)),
    "Turn left": (f"Turn left by {TURN}°", lambda digit: turn(digit, -TURN)),
    "Turn right": (f"Turn right by {TURN}°", lambda digit: turn(digit, TURN)),
    "Thicker": ("Widen the strokes by half a pixel", lambda digit: widen(digit, WIDER)),
    "Thinner": ("Narrow the strokes by half a pixel", lambda digit: widen(digit, -WIDER)),
}


@dataclass(slots=True)
class _Board:
    """A digit that is being changed: as it was given, as it is, and as it was before each step.

    A new version makes the browser show what is here; after a stroke it has that already.
    """

    given: Digit
    pixels: NDArray[np.uint8]
    version: int
    past: list[NDArray[np.uint8]] = field(default_factory=list)
    stroke: tuple[int, int] | None = None  # the last one, and the version that it was painted on
    heard: int = 0
    problem: str = ""

    @property
    def digit(self) -> Digit:
        """What is asked about; untouched, the very digit that was given."""
        return self.given if np.array_equal(self.pixels, as_bytes(self.given)) else _as_digit(self.pixels)

    def take(self, sent: object) -> None:
        """Take what was painted in the browser."""
        try:
            painted = read_painted(sent)
        except DrawingError as error:
            self.problem = str(error)
            return
        self.heard = painted.serial
        if painted.version != self.version:  # it was replaced meanwhile
            return
        stroke = (painted.version, painted.stroke)
        if stroke == self.stroke:
            self.pixels = painted.pixels
        elif not np.array_equal(painted.pixels, self.pixels):  # a stroke that has changed nothing yet may still do so
            self._keep(painted.pixels)
            self.stroke = stroke

    def change(self, change: Callable[[Digit], Digit]) -> None:
        """Change the digit here, and then in the browser."""
        self._keep(as_bytes(change(_as_digit(self.pixels))))
        self.version += 1

    def reset(self) -> None:
        """Go back to the digit that was given."""
        self.change(lambda _: self.given)

    def undo(self) -> None:
        """Take back the last step."""
        if self.past:
            self.pixels = self.past.pop()
            self.version += 1

    def _keep(self, pixels: NDArray[np.uint8]) -> None:
        if not np.array_equal(pixels, self.pixels):
            self.past = [*self.past[1 - MAX_UNDONE :], self.pixels]
        self.pixels = pixels


def show_digit_editor(label: str, digit: Digit, true_digit: int | None = None, *, key: str) -> None:
    """Show a digit `(28, 28)` to be painted on, moved and bent, beside what the model answers to it, before and now."""
    st.fragment(_edit)(label, digit, true_digit, key)


def _edit(label: str, digit: Digit, true_digit: int | None, key: str) -> None:
    board = _board(digit, key)
    try:
        loaded = answering.load(label)
    except (ModelError, RunError) as error:  # the model has gone while it was shown
        st.error(verbatim(error))
        return
    with st.container(horizontal=True, gap="medium"):
        painting = st.container(width=EDITOR_WIDTH)
        telling = st.container(width=TELLING_WIDTH)
    with painting:
        tool = st.segmented_control(
            "Tool", [PEN, ERASER], default=PEN, required=True, key=f"{key} tool", label_visibility="collapsed"
        )
        show_pixels(
            board.pixels,
            board.version,
            board.heard,
            name=speak_of(noun_of(loaded.card.classes), EDITOR),
            erases=tool == ERASER,
            cursors=(DARK.answer, LIGHT.answer),
            key=f"{key} pixels",
            on_paint=board.take,
        )
    before, now = (answering.ask(loaded, each)[0] for each in (board.given, board.digit))
    with telling:
        if now and board.digit is board.given:  # a changed one may be another digit
            now = now.with_label(true_digit)
        show_answer(now, NO_INK_LEFT)
        earlier, classes = before if board.past else None, loaded.card.classes
        show_probabilities(now, key=f"{key} probabilities", before=earlier, classes=classes)
        outcome = _outcome(before, now, board, noun_of(classes))
        st.html(f'<div data-testid="poked" style="min-height:1.5rem">{outcome}</div>')
    with painting:
        _show_tools(board, key)
    if board.problem:
        st.warning(verbatim(board.problem))
        board.problem = ""


def _board(digit: Digit, key: str) -> _Board:
    """Return the board of this digit; another digit starts afresh."""
    place = f"{key} board"
    board: _Board | None = st.session_state.get(place)
    if board is None or not np.array_equal(board.given, digit):
        board = _Board(digit, as_bytes(digit), board.version + 1 if board else 0)
        st.session_state[place] = board
    return board


def _show_tools(board: _Board, key: str) -> None:
    """Show what can be done to the digit without a brush."""
    with st.container(gap="small"):
        with st.container(horizontal=True, gap="xsmall"):
            for label, (meaning, change) in CHANGES.items():
                st.button(label, on_click=board.change, args=(change,), help=meaning, key=f"{key} {meaning}")
        with st.container(horizontal=True, gap="xsmall"):
            idle = not board.past
            st.button("Undo", on_click=board.undo, icon=":material/undo:", disabled=idle, key=f"{key} undo")
            st.button("Reset", on_click=board.reset, icon=":material/restart_alt:", disabled=idle, key=f"{key} reset")
            st.button("Erase all", on_click=board.change, args=(np.zeros_like,), key=f"{key} erase")


def _outcome(before: Prediction | None, now: Prediction | None, board: _Board, noun: str) -> str:
    """Say what has become of the answer."""
    if not board.past or before is None:
        return f"Paint on the {noun} or change it until the answer flips."
    if now is None:
        return ""
    if now.is_refused:
        return "" if before.is_refused else f"{NO_LONGER[now.noun]} The lines mark where the bars were."
    if now.digit == before.digit:
        return f"The answer is still {escape(now.name)}."
    flipped = f"The answer flipped from {escape(before.name)} to {escape(now.name)}."
    return f"<b>{flipped}</b> The lines mark where the bars were."


def _as_digit(pixels: NDArray[np.uint8]) -> Digit:
    return pixels.astype(np.float32) / np.float32(255)
