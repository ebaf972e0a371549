"""A picture with a frame around the digit in it, which can be moved with a mouse, a finger or the keys."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from math import isfinite

import streamlit as st
from PIL import Image

from mnist_core.preprocessing.pictures import Region
from ui.assets import read_asset
from ui.inputs.fabric import CANVAS_SIDE

MARGIN = 0.2  # of the digit's longer side: it is told from the paper around it
MIN_SIDE = 4  # pixels of the picture
MAX_SERIAL = 2**53  # the largest whole number that a browser can count to
_KEY = "crop"

_show = st.components.v2.component(
    "crop_box",
    html="""
    <div class="picture">
        <div class="clipped"><img alt="Your picture" draggable="false"><div class="region"></div></div>
        <div class="crop" tabindex="0" role="application" aria-describedby="keys"><i></i><i></i><i></i><i></i></div>
    </div>
    <p class="keys" id="keys">Arrows move the frame, with Shift they resize it. Escape finds the digit again.</p>
    <div class="said" aria-live="polite"></div>
    """,
    css=read_asset("inputs/crop_box.css"),
    js=read_asset("inputs/crop_box.js"),
)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a browser says: where the frame is, None for where the digit was found; of what, and in which message."""

    crop: Region | None
    version: str
    serial: int


def show_crop(
    address: str,
    size: tuple[int, int],
    region: Region,
    crop: Region,
    *,
    version: str,
    heard: int,
    on_move: Callable[[object], None],
) -> None:
    """Show a picture of that size under a frame that can be moved; `on_move` gets all that the browser sends.

    What lies outside the region is dimmed. The browser keeps its own frame until the version changes, or until its last
    message was `heard`: the serial number of the last one that came.
    """

    def take() -> None:
        on_move(st.session_state[_KEY].get("moved"))

    width, height = size
    _show(
        key=_KEY,
        data={
            "address": address,
            "size": [width, height],
            "width": max(1, round(CANVAS_SIDE * min(1, width / height))),
            "region": list(region),
            "crop": list(crop),
            "least": min(MIN_SIDE, width, height),
            "version": version,
            "heard": heard,
        },
        on_moved_change=take,
    )


def address_of(picture: Image.Image) -> str:
    """Return a picture as an address that needs no request: some 30 kB, whatever it shows."""
    file = BytesIO()
    picture.save(file, "WEBP", quality=85, method=0)
    return f"data:image/webp;base64,{b64encode(file.getvalue()).decode()}"


def frame_around(place: Region, size: tuple[int, int]) -> Region:
    """Return a frame around a digit and some of its paper, within the picture."""
    width, height = place.size
    margin = round(MARGIN * min(max(width, height), 2 * height))  # a number is wide
    return Region(
        *_within((place.left - margin, place.top - margin, place.right + margin, place.bottom + margin), size)
    )


def read_moved(sent: object, size: tuple[int, int]) -> Moved | None:
    """Read what a browser sent, which can be anything; None for what is no frame in a picture of that size."""
    try:
        version, serial, places = sent["version"], sent["serial"], sent["crop"]  # type: ignore[index]
        if not isinstance(version, str) or not isinstance(serial, int) or not 0 <= serial <= MAX_SERIAL:
            return None
        if places is None:
            return Moved(None, version, serial)
        left, top, right, bottom = places
        if not all(isinstance(place, int | float) and isfinite(place) for place in places):
            return None
    except (KeyError, TypeError, ValueError, OverflowError):  # the last for a number of 400 digits
        return None
    crop = Region(*_within((left, top, right, bottom), size))
    least = min(MIN_SIDE, *size)
    is_frame = crop.right - crop.left >= least and crop.bottom - crop.top >= least
    return Moved(crop, version, serial) if is_frame else None


def _within(places: tuple[float, float, float, float], size: tuple[int, int]) -> list[int]:
    return [round(min(max(place, 0), most)) for place, most in zip(places, size * 2, strict=True)]
