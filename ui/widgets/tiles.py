"""Digits on the page: large, crisp, white ink on near-black, in both themes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from mnist_core.preprocessing.raster import as_bytes

PAPER = 10  # of 255: near-black
_TILE = "display:block;width:100%;image-rendering:pixelated;border:1px solid #8883;border-radius:4px"


def show_digit(digit: NDArray[np.float32], alt: str, *, width: int = 196) -> None:
    """Show a `(28, 28)` digit, ink 1.0 on 0.0, as a tile of that many pixels, or of the room there is."""
    st.html(tile(on_paper(as_bytes(digit)), alt, width))


def show_picture(pixels: NDArray[np.uint8], alt: str, *, width: int) -> None:
    """Show pixels, grey or in colour, crisp, as a tile of that many pixels, or of the room there is."""
    st.html(tile(pixels, alt, width))


def show_digits(images: NDArray[np.uint8], captions: Sequence[str], *, width: int = 70) -> None:
    """Show a row of `(N, 28, 28)` digits, ink 255 on 0, each over its caption; it wraps where there is no room."""
    style = "font-size:0.85rem;line-height:1.3;font-variant-numeric:tabular-nums"
    cells = "".join(
        f'<div style="width:{width}px">{tile(on_paper(image), caption, width)}'
        f'<div style="{style}">{escape(caption)}</div></div>'
        for image, caption in zip(images, captions, strict=True)
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.5rem">{cells}</div>')


def on_paper(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images with their black a little lighter, so that a tile is seen as one on black ground too."""
    return (PAPER + images * ((255 - PAPER) / 255) + 0.5).astype(np.uint8)


def as_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels, grey `(height, width)` or colour `(height, width, 3)`, as the bytes of a PNG."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def data_url(png: bytes) -> str:
    """Return a PNG as an address that needs no request."""
    return f"data:image/png;base64,{b64encode(png).decode()}"


def tile(pixels: NDArray[np.uint8], alt: str, width: int) -> str:
    """Return pixels as HTML, crisp, of that width or of the room there is."""
    return f'<img src="{data_url(as_png(pixels))}" alt="{escape(alt)}" style="{_TILE};max-width:{width}px">'
