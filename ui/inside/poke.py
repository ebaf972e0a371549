"""Poke at a digit: change its pixels and see the answer move, and the smallest change that flips it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from html import escape
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.docstrings import paragraphs
from mnist_core.errors import DrawingError, ModelError, RunError
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.edits import shift, turn, widen
from mnist_core.preprocessing.strokes import Digit, as_bytes
from ui.inside.pixel_editor import read_painted, show_pixels
from ui.services import insights, loaders
from ui.text import a_digit
from ui.theme import Colours, colours
from ui.widgets.answer import show_answer
from ui.widgets.charts import show_probabilities
from ui.widgets.heatmaps import rgb
from ui.widgets.mini_answer import shares
from ui.widgets.progress import offer_work
from ui.widgets.tiles import show_digit, show_picture

if TYPE_CHECKING:  # it brings torch
    from mnist_core.explain.counterfactual import Change

PEN, ERASER = "Pen", "Eraser"
NO_INK_LEFT = ("No ink is left", "Paint on the black square, or undo.")
MOST_UNDONE = 100  # steps that are kept
TURN = 10  # degrees
WIDER = 0.5  # pixels
TILE = 160  # pixels of a picture; two stand side by side on a phone
GAP = 16  # pixels between them
FAINT_DIGIT = 0.22  # how much of the digit is seen behind what changed
EDITOR = "28 by 28 pixels of the digit. The arrow keys move, space paints."

SHIFTS: dict[str, tuple[str, Callable[[Digit], Digit]]] = {
    "Left": ("Shift left", lambda digit: shift(digit, -1, 0)),
    "Up": ("Shift up", lambda digit: shift(digit, 0, -1)),
    "Down": ("Shift down", lambda digit: shift(digit, 0, 1)),
    "Right": ("Shift right", lambda digit: shift(digit, 1, 0)),
}
TURNS: dict[str, tuple[str, Callable[[Digit], Digit]]] = {
    "Left": (f"Turn left by {TURN}°", lambda digit: turn(digit, -TURN)),
    "Right": (f"Turn right by {TURN}°", lambda digit: turn(digit, TURN)),
}
STROKES: dict[str, tuple[str, Callable[[Digit], Digit]]] = {
    "Thicker": ("Widen the strokes by half a pixel", lambda digit: widen(digit, WIDER)),
    "Thinner": ("Narrow the strokes by half a pixel", lambda digit: widen(digit, -WIDER)),
}


# ----------------------------------------------------------------------------------------------------- poke it


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
            self.past = [*self.past[1 - MOST_UNDONE :], self.pixels]
        self.pixels = pixels


def show_poke(name: str, digit: Digit, *, key: str) -> None:
    """Show a digit `(28, 28)` to be painted on, moved and bent, beside what the model answers to it, before and now."""
    st.fragment(_poke)(name, digit, key)


def _poke(name: str, digit: Digit, key: str) -> None:
    board = _board(digit, key)
    painting, answering = st.columns([3.6, 6.4], gap="large")
    with painting:
        tool = st.segmented_control(
            "Tool", [PEN, ERASER], default=PEN, required=True, key=f"{key} tool", label_visibility="collapsed"
        )
        with st.container(width=336):
            show_pixels(
                board.pixels,
                board.version,
                board.heard,
                name=EDITOR,
                erases=tool == ERASER,
                cursor=colours().answer,
                key=f"{key} pixels",
                on_paint=board.take,
            )
    try:
        before, now = (loaders.ask(name, each)[0] for each in (board.given, board.digit))
    except (ModelError, RunError) as error:  # the model has gone while it was shown
        st.error(str(error))
        return
    with answering:
        show_answer(now, NO_INK_LEFT)
        show_probabilities(now, key=f"{key} probabilities", before=before if board.past else None)
        st.html(f'<div data-testid="poked" style="min-height:1.5rem">{_outcome(before, now, board)}</div>')
    with painting:
        _show_tools(board, key)
    if board.problem:
        st.warning(board.problem)
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
    with st.container(gap="xsmall"):
        for caption, changes in (("Shift", SHIFTS), ("Turn", TURNS), ("Strokes", STROKES)):
            with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
                st.caption(caption, width=52)
                for label, (meaning, change) in changes.items():
                    st.button(label, on_click=board.change, args=(change,), help=meaning, key=f"{key} {meaning}")
        with st.container(horizontal=True, gap="xsmall"):
            idle = not board.past
            st.button("Undo", on_click=board.undo, icon=":material/undo:", disabled=idle, key=f"{key} undo")
            st.button("Reset", on_click=board.reset, icon=":material/restart_alt:", disabled=idle, key=f"{key} reset")
            st.button("Erase all", on_click=board.change, args=(np.zeros_like,), key=f"{key} erase")


def _outcome(before: Prediction | None, now: Prediction | None, board: _Board) -> str:
    """Say what has become of the answer."""
    if not board.past or before is None:
        return "Paint on the digit or change it until the answer flips."
    if now is None:
        return ""
    if now.digit == before.digit:
        return f"The answer is {a_digit(now.digit)} still."
    flipped = f"The answer flipped from {before.digit} to {now.digit}."
    return f'<b style="color:{colours().answer}">{flipped}</b> The lines mark where the bars were.'


def _as_digit(pixels: NDArray[np.uint8]) -> Digit:
    return pixels.astype(np.float32) / np.float32(255)


# ------------------------------------------------------------------------- the smallest change that flips it


def show_smallest_change(name: str, digit: Digit, prediction: Prediction, *, key: str) -> None:
    """Offer to seek the smallest changes that make the model answer another digit, and show those that were found."""
    if name.endswith(loaders.UNFINISHED):
        st.caption("It is not finished: what flips it can be sought once it has learnt.")
        return
    others = sorted(prediction.ranking[1:])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.segmented_control(
            "Make the network answer",
            others,
            default=prediction.ranking[1],
            required=True,
            key=f"{key} target {hash((digit.tobytes(), name))}",  # another digit has another runner-up
        )
    asked = (loaders.answerer(name).model.card.weights_sha256, digit.tobytes(), target)
    place = f"{key} asked"
    before = {each for each in st.session_state.get(place, ()) if each[:2] == asked[:2]}

    def seek() -> Generator[float]:
        yield from insights.find_changes(name, digit, target)
        st.session_state[place] = before | {asked}

    if asked not in before:
        offer_work(
            f"Make it {a_digit(target)}",
            "Seeking the smallest change",
            seek,
            icon=":material/search:",
            key=f"{key} seek",
        )
        return
    from mnist_core.explain.counterfactual import finish

    _show_changes(finish(insights.find_changes(name, digit, target)), digit, prediction, target)  # it is there already


def _show_changes(changes: insights.Changes, digit: Digit, prediction: Prediction, target: int) -> None:
    """Show the digit, and beside it each change that was found."""
    from mnist_core.explain.counterfactual import adversarial, counterfactual

    with st.container(horizontal=True, gap="medium"):
        with st.container(width=TILE, gap="xsmall"):
            st.html(_heading("As it is"))
            show_digit(digit, "The digit as it is", width=TILE)
            st.html(shares(prediction, prediction.digit))
        _show_change("A change you can see (counterfactual)", changes.counterfactual, digit, target, counterfactual)
        _show_change("For the network alone (adversarial)", changes.adversarial, digit, target, adversarial)


def _show_change(title: str, change: Change | None, digit: Digit, target: int, method: Callable[..., object]) -> None:
    """Show the changed digit beside the difference, how large it is, and what the method can and cannot say."""
    with st.container(width=2 * TILE + GAP, gap="xsmall"):
        st.html(_heading(title))
        if change is None:
            st.markdown(f"None was found that makes it {a_digit(target)}.")
        else:
            strength = _amplification(change)
            with st.container(horizontal=True, gap="small"):
                with st.container(width=TILE, gap="xsmall"):
                    show_digit(change.digit, f"{title}: the digit", width=TILE)
                    st.html(shares(change.prediction, change.prediction.digit))
                with st.container(width=TILE, gap="xsmall"):
                    picture = difference_picture(digit, change.difference * strength, colours())
                    show_picture(picture, f"{title}: the difference", width=TILE)
                    st.html(_legend(strength))
            st.markdown(change_in_words(change))
        st.caption(claim(method))


def claim(method: Callable[..., object]) -> str:
    """Return what a method says of itself: the first paragraph of its docstring."""
    return paragraphs(method)[0]


def change_in_words(change: Change) -> str:
    """Say how large a change is: "7 pixels' worth of ink added, 12 taken away"."""
    amounts = ((change.added, "added"), (change.taken, "taken away"))
    parts = [f"{amount:.0f} {way}" for amount, way in amounts if amount >= 0.5]
    if not parts:
        words = "Less than a pixel's worth of ink changed"
    else:
        first, *rest = parts
        number, way = first.split(" ", 1)
        whose = "pixel's" if number == "1" else "pixels'"
        words = ", ".join([f"{number} {whose} worth of ink {way}", *rest])
    most = float(np.abs(change.difference).max())
    return f"{words}; no pixel by more than {ceil(most * 100 - 0.001)} %." if most < 0.5 else f"{words}."


def difference_picture(digit: Digit, difference: NDArray[np.float32], palette: Colours) -> NDArray[np.uint8]:
    """Show a difference `(28, 28)`, −1…1, in colours on a neutral ground, the digit faintly behind → `(28, 28, 3)`.

    Ink added is in the warm colour of the series, ink taken away in the cool one.
    """
    ground, ink, added, taken = (rgb(colour) for colour in _difference_colours(palette))
    strength = np.abs(difference).clip(0, 1)[..., None]
    behind = ground + (ink - ground) * (digit * FAINT_DIGIT)[..., None]
    colour = np.where(difference[..., None] > 0, added, taken)
    picture: NDArray[np.uint8] = np.rint(behind + (colour - behind) * strength).astype(np.uint8)
    return picture


def _difference_colours(palette: Colours) -> tuple[str, str, str, str]:
    _, warm, cool, *_ = palette.series
    return palette.ground, palette.text, warm, cool


def _amplification(change: Change) -> int:
    """Say how many times as strong a difference must be shown to be seen."""
    return max(1, int(1 / max(float(np.abs(change.difference).max()), 0.01)))


def _heading(title: str) -> str:
    return f'<div style="font-weight:600;line-height:1.3">{escape(title)}</div>'


def _legend(strength: int) -> str:
    """Return what the colours of a difference mean."""
    palette = colours()
    _, _, added, taken = _difference_colours(palette)
    square = "display:inline-block;width:0.7rem;height:0.7rem"
    signs = "".join(
        f'<div><span style="{square};background:{colour}"></span> {meaning}</div>'
        for colour, meaning in ((added, "ink added"), (taken, "ink taken away"))
    )
    shown = f"<div>shown {strength} times as strong</div>" if strength > 1 else ""
    return f'<div style="font-size:0.85rem;line-height:1.4;color:{palette.faint}">{signs}{shown}</div>'
