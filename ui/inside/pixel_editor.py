"""A grid of 28 × 28 pixels to be painted on, with a mouse, a finger or the keyboard."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.data.mnist import SIDE
from mnist_core.errors import DrawingError
from ui.assets import read_asset
from ui.widgets.heatmaps import rgb
from ui.widgets.tiles import PAPER

BRUSH = 1.5  # pixels; how far from its middle the brush still reaches, softly

_show = st.components.v2.component(
    "pixel_editor",
    html="""
    <canvas width="28" height="28" tabindex="0" role="application"></canvas>
    <div class="said" aria-live="polite"></div>
    """,
    css=read_asset("inside/pixel_editor.css"),
    js=read_asset("inside/pixel_editor.js"),
)


def show_pixels(
    pixels: NDArray[np.uint8],
    version: int,
    heard: int,
    *,
    name: str,
    erases: bool,
    cursors: tuple[str, str],
    key: str,
    on_paint: Callable[[object], None],
) -> None:
    """Show pixels `(28, 28)`, ink 255 on 0, to be painted on; `on_paint` gets all that the browser sends.

    The browser keeps what it has until the version changes, and sends more once it was `heard`: the serial number of
    the last that came. `name` says to a screen reader what it is, `cursors` are the colours of the keyboard's place,
    where there is no ink and where there is.
    """

    def take() -> None:
        on_paint(st.session_state[key].get("painted"))

    _show(
        key=key,
        data={
            "version": version,
            "heard": heard,
            "pixels": b64encode(pixels.tobytes()).decode(),
            "name": name,
            "erases": erases,
            "brush": BRUSH,
            "paper": PAPER,
            "cursors": [rgb(cursor).tolist() for cursor in cursors],
        },
        on_painted_change=take,
    )


@dataclass(frozen=True, slots=True)
class Painted:
    """What was painted: pixels `(28, 28)`, on which version and in which stroke, and the number of the message."""

    pixels: NDArray[np.uint8]
    version: int
    stroke: int
    serial: int


def read_painted(sent: object) -> Painted:
    """Read what a browser sent, which can be anything; raises `DrawingError` for what is not 784 numbers up to 255."""
    try:
        pixels = np.frombuffer(b64decode(sent["pixels"], validate=True), np.uint8).reshape(SIDE, SIDE)  # type: ignore[index]
        return Painted(pixels, int(sent["version"]), int(sent["stroke"]), int(sent["serial"]))  # type: ignore[index]
    except (KeyError, TypeError, ValueError, OverflowError) as error:  # among them what is not base64
        raise DrawingError("What was painted could not be read, so it was left out. Paint it again.") from error
