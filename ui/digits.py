"""Digits on the page: large, crisp, white ink on near-black, in both themes."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image


def show_digit(digit: NDArray[np.float32], alt: str, *, width: int = 196) -> None:
    """Show a `(28, 28)` digit, ink 1.0 on 0.0, as a tile of that many pixels, or of the room there is."""
    source = f"data:image/png;base64,{b64encode(_png(digit)).decode()}"
    style = (
        f"display:block;width:100%;max-width:{width}px;image-rendering:pixelated;"
        "border:1px solid #8883;border-radius:4px"
    )
    st.html(f'<img src="{source}" alt="{escape(alt)}" style="{style}">')


def _png(digit: NDArray[np.float32]) -> bytes:
    grey = 10 + np.rint(digit * 245).astype(np.uint8)  # near-black paper
    file = BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return file.getvalue()
