"""Numbers as pictures: what a layer says in white on near-black, and what has a sign in two colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ui.theme import DARK, channels
from ui.widgets.tiles import PAPER, as_png, data_url

GHOST = 70  # of 255: how light the digit shows through


def as_light(values: NDArray[np.float32], most: float) -> NDArray[np.uint8]:
    """Return numbers as grey, from near-black at 0 and below to white at `most`."""
    shares = np.clip(values / most, 0, 1) if most > 0 else np.zeros_like(values)
    return (PAPER + shares * (255 - PAPER) + 0.5).astype(np.uint8)


def as_colours(
    values: NDArray[np.float32], most: float, behind: NDArray[np.float32] | None = None
) -> NDArray[np.uint8]:
    """`(H, W)` numbers → `(H, W, 3)`: the accent where they are positive, the warm colour where they are negative.

    Both are at their strongest at `most`; where there is none, a digit `(H, W)` may show through. The ground is
    near-black in both themes, as under every digit.
    """
    ground = np.full((*values.shape, 3), float(PAPER))
    if behind is not None:
        ground += behind[..., None] * GHOST
    strength = np.clip(np.abs(values) / most, 0, 1)[..., None] if most > 0 else np.zeros((*values.shape, 1))
    tint = np.where(values[..., None] > 0, rgb(DARK.answer), rgb(DARK.wrong))
    return (ground * (1 - strength) + tint * strength + 0.5).astype(np.uint8)


def sprite(images: NDArray[np.uint8], across: int) -> str:
    """`(N, H, W)` pictures of one size → the address of one picture with so many of them in a row."""
    return data_url(as_png(montage(images, across, gap=0)))


def montage(images: NDArray[np.uint8], across: int, *, gap: int = 1) -> NDArray[np.uint8]:
    """`(N, H, W)` or `(N, H, W, 3)` pictures → one with so many of them in a row, and a gap after each."""
    count, height, width, *channels = images.shape
    rows = -(-count // across)
    cells = np.full((rows * across, height + gap, width + gap, *channels), PAPER, np.uint8)
    cells[:count, :height, :width] = images
    grid = cells.reshape(rows, across, height + gap, width + gap, *channels).swapaxes(1, 2)
    return grid.reshape(rows * (height + gap), across * (width + gap), *channels)


def rgb(colour: str) -> NDArray[np.float64]:
    """Return a colour such as #0d6b64 as its red, green and blue, 0…255."""
    return np.array(channels(colour), float)
