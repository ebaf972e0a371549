"""The drawing canvas, and the ways to wipe it, take back a stroke or put an example on it.

Image data is never asked for: strokes are smaller, sharper, and safe to receive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from mnist_core.preprocessing import Point
from ui.strokes import Drawing, drawing_from_objects, objects_from_json, path_object

SIDE = 280  # pixels, fits a phone
PEN_WIDTHS = (8, 30)  # pixels

_KEY = "canvas"
_STATE = "_pad"

# Until a mouse hovers, and for ever on a touch screen, the component's own tool bar lies invisible over the upper right
# corner of the canvas and swallows every stroke that begins there. Its tools are ours below, so it is taken away.
_take_toolbar_away = st.components.v2.component(
    "canvas_without_toolbar",
    js="""
    const style = new CSSStyleSheet()
    style.replaceSync(".dc-toolbar { display: none !important }")

    export default function () {
        let waiting
        const look = () => {
            const hosts = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
            const root = hosts.map(host => host.shadowRoot).find(root => root?.querySelector(".canvas-root"))
            if (!root) waiting = requestAnimationFrame(look)
            else if (!root.adoptedStyleSheets.includes(style)) root.adoptedStyleSheets.push(style)
        }
        look()
        return () => cancelAnimationFrame(waiting)
    }
    """,
)


@dataclass(slots=True)
class _Pad:
    """What the canvas starts from, and what is on it. A new version makes the browser start again.

    The browser needs a moment to follow; until it does, what it reports is `outdated`.
    """

    objects: list[Any] = field(default_factory=list)
    version: int = 0
    latest: list[Any] = field(default_factory=list)
    reported: list[Any] = field(default_factory=list)
    outdated: list[Any] | None = None

    def start_from(self, objects: list[Any]) -> None:
        self.outdated = self.reported
        self.objects = self.latest = objects
        self.version += 1

    def follow(self, reported: list[Any]) -> None:
        self.reported = reported
        if reported != self.outdated:
            self.latest = reported
            self.outdated = None


def show_canvas(pen_width: int) -> Drawing:
    """Show the canvas and return what is drawn on it; raises `DrawingError` for what cannot be read."""
    pad = _pad()
    if _KEY not in st.session_state and pad.latest != pad.objects:  # the visitor comes back
        pad.start_from(pad.latest)
    with st.container(gap=None):
        result = st_canvas(
            stroke_width=pen_width,
            stroke_color="#ffffff",
            background_color="#000000",
            height=SIDE,
            width=SIDE,
            initial_drawing={"objects": pad.objects, "version": pad.version},
            key=_KEY,
        )
        _take_toolbar_away(key="canvas_toolbar", height=1)
    pad.follow(objects_from_json(result.json_data))
    return drawing_from_objects(pad.latest)


def clear() -> None:
    """Wipe the canvas."""
    _pad().start_from([])


def undo() -> None:
    """Take back the last stroke."""
    pad = _pad()
    pad.start_from(pad.latest[:-1])


def put(strokes: Sequence[Sequence[Point]], pen_width: int) -> None:
    """Replace what is on the canvas by these strokes."""
    _pad().start_from([path_object(stroke, pen_width) for stroke in strokes])


def _pad() -> _Pad:
    if _STATE not in st.session_state:
        st.session_state[_STATE] = _Pad()
    pad: _Pad = st.session_state[_STATE]
    return pad
