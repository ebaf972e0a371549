"""A confusion matrix of any classes, many or with long names: it scrolls in its box, and its cells can be pressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import streamlit as st

from ui.assets import read_asset
from ui.theme import colours

FEW, WIDE_SIDE, SIDE = 20, 34, 24  # classes whose cells are wide, and the side of a cell in pixels

_show = st.components.v2.component(
    "confusion_grid",
    html=(
        '<div class="box"><div class="sheet"><div class="corner"></div><div class="across" aria-hidden="true"></div>'
        '<div class="down" aria-hidden="true"></div><div class="cells" role="group"></div></div></div>'
    ),
    css=read_asset("widgets/confusion_grid.css"),
    js=read_asset("widgets/confusion_grid.js"),
)


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell that holds something: where it is, what is written on it, in which colours, and what it means in words."""

    row: int
    column: int
    figure: str
    ground: str
    ink: str
    words: str


def show_grid(
    cells: list[GridCell],
    classes: tuple[str, ...],
    *,
    words: str,
    key: str,
    chosen: tuple[int, int] | None,
    on_choose: Callable[[tuple[int, int]], None] | None,
) -> None:
    """Show cells under the names of their classes; `words` say to a screen reader what they are together."""
    count, palette = len(classes), colours()

    def press() -> None:
        place = st.session_state[key].get("pressed")
        if on_choose and isinstance(place, int) and 0 <= place < count**2:  # a browser can send anything
            on_choose(divmod(place, count))

    _show(
        key=key,
        data={
            "version": f"{hash((tuple(cells), classes, palette))}",
            "names": classes,
            "cells": [asdict(cell) for cell in cells],
            "chosen": -1 if chosen is None else chosen[0] * count + chosen[1],
            "isPressable": on_choose is not None,
            "side": WIDE_SIDE if count <= FEW else SIDE,
            "corner": "true ↓\nread as →",
            "line": palette.line,
            "words": words,
        },
        on_pressed_change=press,
    )
