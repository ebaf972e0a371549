"""Clean pictures of a ring, and how much a digit looks like it: what the tests of pictures compare with."""

from __future__ import annotations

from io import BytesIO
from math import cos, pi, sin
from typing import Any

import numpy as np
from PIL import Image

from mnist_core.preprocessing.raster import Digit, Strokes, draw
from mnist_core.preprocessing.strokes import digit_from_strokes

RING = [[(140 + 60 * cos(a), 140 + 90 * sin(a)) for a in np.linspace(0, 2 * pi, 60)]]
RING_DIGIT = digit_from_strokes(RING, 18)


def picture_of(
    strokes: Strokes, side: int = 300, pen: float = 14, mode: str = "L", paper: int = 255, ink: int = 0
) -> Image.Image:
    """Return a clean picture of strokes given in canvas pixels."""
    grey = draw([np.array(stroke) / 10 for stroke in strokes], pen / 10)
    big = Image.fromarray((grey * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    share = np.asarray(big, dtype=np.float64) / 255
    return Image.fromarray(np.rint(paper + (ink - paper) * share).astype(np.uint8)).convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture as a file of a format that Pillow writes."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def likeness(digit: Digit, other: Digit = RING_DIGIT) -> float:
    """Return the correlation of the pixels, 1 for the same picture; the centre may fall one pixel to either side."""
    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(float(np.corrcoef(np.roll(digit, shift, (0, 1)).ravel(), other.ravel())[0, 1]) for shift in shifts)
