"""A person's drawings as tiles: each with its label and a model's answer, and each of them can be selected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import streamlit as st

from mnist_core.alphabets import look_alike
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.model.prediction import Prediction
from mnist_core.store.drawings import KeptDrawing, find_class
from ui.assets import read_asset
from ui.services import kept_drawings
from ui.text import percent
from ui.widgets.digit_tiles import Tile, tiles_data

_KEY, _PICKED, _TURN = "drawings", "_picked_drawings", "_turn_of_picked"  # of the component; in the session

_show = st.components.v2.component(
    "drawing_tiles",
    html='<div class="grid" role="group"></div>',
    css=read_asset("widgets/digit_tiles.css") + read_asset("mine/drawing_tiles.css"),
    js=read_asset("widgets/roving_focus.js")
    + read_asset("widgets/digit_tiles.js")
    + read_asset("mine/drawing_tiles.js"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A drawing, its number in its file, from 1, and what a model answers to it, and whether that `is_right`."""

    number: int
    drawing: KeptDrawing
    prediction: Prediction | None  # None without ink or without a model
    is_right: bool | None


def is_right(drawing: KeptDrawing, answer: Prediction | None, classes: tuple[str, ...]) -> bool | None:
    """Tell whether an answer is the label or looks like it, or takes for none of a model's classes what is none.

    None where the label does not say what these should answer.
    """
    number = find_class(drawing.label, classes)
    given = answer.name if answer and not answer.is_refused else None
    if number is None:
        return None
    if number == NOT_A_DIGIT or given is None:
        return number == NOT_A_DIGIT and given is None
    return look_alike(classes[number], given)


def show_drawings(seen: Sequence[Seen], *, name: str, are_answered: bool) -> list[KeptDrawing]:
    """Show drawings as tiles, which can be selected; returns those that are.

    `name` says to a screen reader what they are.
    """
    drawings = [each.drawing for each in seen]
    tiles = [tile_of(each) if are_answered else label_tile(each) for each in seen]
    data = tiles_data(tiles, kept_drawings.images_of(drawings), name)
    turn, picked = st.session_state.get(_TURN, 0), picked_among([drawing.id for drawing in drawings])
    _show(key=_KEY, data=data | {"turn": turn, "picked": sorted(picked)}, on_picked_change=_follow)
    return [drawing for drawing in drawings if drawing.id in picked]


def pick(ids: Collection[str] = ()) -> None:
    """Select these drawings and no others."""
    st.session_state[_PICKED] = frozenset(ids)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def picked_among(ids: Collection[str]) -> frozenset[str]:
    """Return which of these drawings are selected now, also where no run of the page has seen it yet."""
    picked: frozenset[str] = st.session_state.get(_PICKED, frozenset())
    return picked.intersection(ids)


def tile_of(seen: Seen) -> Tile:
    """Say of a drawing what it is and what was answered: "4", or "4 → 9" where that is wrong, and how sure."""
    label, answer = seen.drawing.label, seen.prediction
    given = answer.name if answer and not answer.is_refused else "?"
    headline = label if seen.is_right else f"{label} → {given}"
    detail = "no ink"
    if answer:
        detail = f"closest {answer.name}" if answer.is_refused else percent(answer.shared_confidence)
    return Tile(seen.number, headline, seen.is_right is False, detail, kind="Drawing", id=seen.drawing.id)


def label_tile(seen: Seen) -> Tile:
    """Say of a drawing what it is, where no model answers."""
    return Tile(seen.number, seen.drawing.label, is_wrong=False, detail="", kind="Drawing", id=seen.drawing.id)


def _follow() -> None:
    """Take over what is selected in the browser, which can send anything, unless the page has chosen since."""
    said = st.session_state[_KEY].get("picked")
    if isinstance(said, dict) and said.get("turn") == st.session_state.get(_TURN, 0):
        ids = said.get("ids")
        if isinstance(ids, list) and all(isinstance(each, str) for each in ids):
            st.session_state[_PICKED] = frozenset(ids)
