"""The stroke that is being drawn, which the canvas itself reports only after pen-up.

A component without a picture hears what the canvas hears and sends where the pen has been. It can be forged, so it is
checked, and what cannot be read is no stroke: once it is drawn, the canvas reports it, and that is what counts.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from mnist_core.errors import DrawingError
from mnist_core.preprocessing.raster import Point
from mnist_core.preprocessing.strokes import MAX_COORDINATE
from ui.assets import read_asset
from ui.inputs.fabric import smooth

MAX_POINTS = 2000  # where a pen has been in half a minute
_KEY = "stroke_listener"

_listen = st.components.v2.component(
    "stroke_listener", js=read_asset("inputs/find_canvas.js") + read_asset("inputs/stroke_listener.js")
)


def listen(version: int, strokes: int) -> None:
    """Listen to the pen on this version of the canvas, on which there are so many strokes.

    The next message comes once the last one is answered: by the run that calls this.
    """
    number = _said().get("number")
    answered = number if isinstance(number, int) else 0
    _listen(key=_KEY, height=1, data={"version": version, "after": strokes, "answered": answered})


def read(version: int, strokes: int) -> list[Point]:
    """Return the points of the stroke at hand, in canvas pixels; none between two strokes.

    It must have been begun on this version of the canvas, on which there are so many strokes already: else the canvas
    has reported it meanwhile, or it was wiped away.
    """
    said = _said()
    if (said.get("version"), said.get("after")) != (version, strokes):
        return []
    try:
        return smooth(_read_points(said.get("points")))
    except (TypeError, ValueError, OverflowError, DrawingError):
        return []


def _said() -> dict[str, Any]:
    """Return the last message."""
    said = (st.session_state.get(_KEY) or {}).get("stroke")
    return said if isinstance(said, dict) else {}


def _read_points(places: object) -> list[Point]:
    if not isinstance(places, list) or not 2 <= len(places) <= 2 * MAX_POINTS or len(places) % 2:
        raise ValueError("found no x and y in turn")
    if not all(isinstance(place, int | float) and abs(place) <= MAX_COORDINATE for place in places):  # nor NaN
        raise ValueError("found a place that is none")
    return list(zip(places[::2], places[1::2], strict=True))
