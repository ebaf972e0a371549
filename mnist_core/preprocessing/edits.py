"""Small changes to the pixels of a digit `(28, 28)`, ink 1.0 on 0.0. Ink that leaves the picture is lost."""

from __future__ import annotations

import numpy as np

from mnist_core.data.mnist import SIDE
from mnist_core.preprocessing.raster import Digit, fine_sheet, reduce_sheet, transform_sheet, widen_sheet


def shift(digit: Digit, right: int, down: int) -> Digit:
    """Move a digit by whole pixels; negative numbers go left and up."""
    top, left = (SIDE - max(-SIDE, min(SIDE, by)) for by in (down, right))
    return np.pad(digit, SIDE)[top : top + SIDE, left : left + SIDE]


def turn(digit: Digit, degrees: float) -> Digit:
    """Turn a digit about the middle of the picture, clockwise; raises `ValueError` for what is no digit."""
    return transform_sheet(fine_sheet(digit), tilt=degrees)


def widen(digit: Digit, pixels: float) -> Digit:
    """Make strokes wider by so many pixels, in halves, or thinner where it is negative; raises as `turn` does."""
    return reduce_sheet(widen_sheet(fine_sheet(digit), pixels))
