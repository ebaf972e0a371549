"""Digits as pixels: drawn on a fine sheet, reduced by area, centred by mass.

Coordinates are (x, y), y down, in pixels of the digit; a digit is float32 `(28, 28)`, ink 1.0 on 0.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from mnist_core.data.mnist import SIDE

Digit = NDArray[np.float32]
Point = tuple[float, float]
Stroke = Sequence[Point]
Strokes = Sequence[Stroke]
BOX = 20  # pixels; the longer side of MNIST's ink
INKED = 0.25  # of a pixel; less is a gap
PEN = 2.5  # pixels; the median width of MNIST's strokes
OVERSAMPLING = 16  # antialiasing averages 16 × 16 dots a pixel
SHEET = (SIDE * OVERSAMPLING, SIDE * OVERSAMPLING)  # dots
FINENESS = 4  # dots a pixel has where there are no strokes to draw; one more on either side is half a pixel


def as_bytes(digit: Digit) -> NDArray[np.uint8]:
    """Return a digit with ink 255 on 0, as MNIST's files have it."""
    return np.rint(digit * 255).astype(np.uint8)


def draw(strokes: Sequence[NDArray[np.float64]], pen: float) -> Digit:
    """Draw strokes with round caps and joints at `(28, 28)`; a pixel is as light as the part of it that is ink."""
    return reduce_sheet(draw_sheet(strokes, pen))


def draw_sheet(strokes: Sequence[NDArray[np.float64]], pen: float) -> Image.Image:
    """Draw strokes, in pixels of a digit, on a sheet that is 16 times as fine."""
    sheet = Image.new("L", SHEET)
    for stroke in strokes:
        draw_stroke(sheet, stroke, pen, 255)
    return sheet


def draw_stroke(sheet: Image.Image, stroke: NDArray[np.float64], pen: float, shade: int) -> None:
    """Draw a stroke, in pixels of a digit, on a sheet that is 16 times as fine."""
    brush = ImageDraw.Draw(sheet)
    width = max(1, round(pen * OVERSAMPLING))
    reach = width / 2
    dots = [(x, y) for x, y in (stroke * OVERSAMPLING).tolist()]
    brush.line(dots, fill=shade, width=width)
    for x, y in dots:
        brush.ellipse((x - reach, y - reach, x + reach, y + reach), fill=shade)


def reduce_sheet(sheet: Image.Image) -> Digit:
    """Reduce a square sheet, grey 0…255 and a whole number of times as fine as a digit, to `(28, 28)` by area."""
    return np.asarray(sheet.reduce(sheet.width // SIDE), dtype=np.float32) / np.float32(255)


def fine_sheet(digit: Digit) -> Image.Image:
    """Lay a digit `(28, 28)` on a sheet that is 4 times as fine; raises `ValueError` for what is none."""
    if digit.shape != (SIDE, SIDE) or not np.isfinite(digit).all():
        raise ValueError(f"found a digit of shape {digit.shape}, expected ({SIDE}, {SIDE}) finite numbers")
    pixels = Image.fromarray(as_bytes(digit))
    return pixels.resize((SIDE * FINENESS, SIDE * FINENESS), Image.Resampling.NEAREST)


def widen_sheet(sheet: Image.Image, pixels: float) -> Image.Image:
    """Make strokes wider by so many pixels, in halves, or thinner where it is negative."""
    neighbours = ImageFilter.MaxFilter(3) if pixels > 0 else ImageFilter.MinFilter(3)
    for _ in range(round(abs(pixels) * FINENESS / 2)):
        sheet = sheet.filter(neighbours)
    return sheet


def transform_sheet(sheet: Image.Image, *, tilt: float = 0, size: float = 1, shift: float = 0) -> Digit:
    """Tilt and size a sheet about its middle, then shift it → `(28, 28)`. Without any change not a bit is changed."""
    middle = sheet.width / 2
    across, down = cos(radians(tilt)) / size, sin(radians(tilt)) / size
    x, y = middle + shift * sheet.width / SIDE, middle  # where the middle comes to lie
    back = (across, down, middle - across * x - down * y, -down, across, middle + down * x - across * y)
    return reduce_sheet(sheet.transform(sheet.size, Image.Transform.AFFINE, back, Image.Resampling.NEAREST))


def centre_by_mass(digit: Digit) -> Digit:
    """Shift by whole pixels so that the centre of mass is nearest to pixel (14, 14), cutting off no ink.

    MNIST's own test digits do not move.
    """
    ink = digit.sum()
    if ink == 0:
        return digit
    shifts = []
    for axis in (0, 1):
        profile = digit.sum(axis=1 - axis, dtype=np.float64)
        (inked,) = profile.nonzero()
        mass_at = profile @ np.arange(SIDE) / profile.sum()
        wanted = int(np.rint(SIDE / 2 - mass_at))
        shifts.append(int(max(-inked[0], min(wanted, SIDE - 1 - inked[-1]))))
    return np.roll(digit, shifts, axis=(0, 1))
