"""From what a person drew, or photographed, to a digit as MNIST has them.

MNIST's own digits were fitted into 20 × 20 pixels, keeping their aspect, and then placed so that the centre of mass
is in the middle of 28 × 28 (LeCun et al. 1998). A drawing at its natural size and place must go the same way, or
most of it is misread. Coordinates are (x, y), y down; a digit is float32 `(28, 28)`, ink 1.0 on 0.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnist_core.data.mnist import SIDE
from mnist_core.errors import DrawingError
from mnist_core.preprocessing.raster import (
    BOX,
    PEN,
    SHEET,
    Digit,
    Stroke,
    Strokes,
    as_bytes,
    centre_by_mass,
    draw,
    draw_stroke,
    reduce_sheet,
)

MAX_POINTS = 20_000
MAX_COORDINATE = 1e6  # canvas pixels
MAX_PEN_WIDTH = 1000  # canvas pixels; a round joint takes as long as it is high
STRAY = 0.2  # of the longest stroke's ink; a click beside a digit of a third of the canvas has less
FAR = 0.5  # of the others' extent; a dot over a j is nearer


@dataclass(frozen=True, slots=True)
class Mark:
    """One stroke of a pen, or of an eraser, and how wide it is."""

    points: Stroke
    width: float
    erases: bool = False


# ---------------------------------------------------------------------------------------------------- drawings


def digit_from_strokes(strokes: Strokes, pen_width: float) -> Digit:
    """Draw strokes, in canvas pixels, as MNIST would show them: fitted, redrawn and centred → `(28, 28)`.

    No strokes give an empty digit. Raises `DrawingError` for what cannot be read.
    """
    return centre_by_mass(draw(fit_to_box(strokes, pen_width), PEN))


def plain_resize_strokes(strokes: Strokes, pen_width: float, canvas_side: float) -> Digit:
    """Resize a square canvas straight to `(28, 28)`, as most demos do: what the pipeline is compared with."""
    scale = SIDE / canvas_side
    return draw([points * scale for points in read_strokes(strokes, pen_width)], pen_width * scale)


def digit_with_marks(digit: Digit, marks: Sequence[Mark], canvas_side: float) -> Digit:
    """Draw and erase on a digit that is spread over a square canvas, in the order given → `(28, 28)`.

    Nothing is fitted or moved: without marks the digit is returned as it is. Otherwise each pixel is as light as what
    the canvas shows there, on average, to 1/255. Raises `DrawingError` for what cannot be read.
    """
    return (
        reduce_sheet(sheet_with_marks(digit, marks, canvas_side)) if any(len(mark.points) for mark in marks) else digit
    )


def sheet_with_marks(digit: Digit, marks: Sequence[Mark], canvas_side: float) -> Image.Image:
    """Draw and erase on a digit that is spread over a square canvas → a sheet that is 16 times as fine as the digit.

    Raises `DrawingError` for what cannot be read.
    """
    marks = [mark for mark in marks if len(mark.points)]
    for mark in marks:
        _check_width(mark.width)
    strokes = _read_points([mark.points for mark in marks])
    scale = SIDE / canvas_side
    sheet = Image.fromarray(as_bytes(digit)).resize(SHEET, Image.Resampling.NEAREST)
    for mark, points in zip(marks, strokes, strict=True):
        draw_stroke(sheet, points * scale, mark.width * scale, 0 if mark.erases else 255)
    return sheet


def read_strokes(strokes: Strokes, pen_width: float) -> list[NDArray[np.float64]]:
    """Return the strokes that have points as `(points, 2)` arrays; raises `DrawingError` for what cannot be read."""
    _check_width(pen_width)
    return _read_points(strokes)


def without_strays(strokes: Strokes, pen_width: float) -> list[NDArray[np.float64]]:
    """Return the strokes that a digit is fitted by, as `read_strokes` does: all but stray marks.

    A click, or a slip of the pen, far outside of all else would frame the digit and make it small. Each stroke with a
    good part of the longest one's ink is kept, and each that lies within them or near to what is kept.
    """
    arrays = read_strokes(strokes, pen_width)
    if len(arrays) < 2:
        return arrays
    ink = np.array([np.hypot(*np.diff(points, axis=0).T).sum() + pen_width for points in arrays])
    low, high = (np.array([corner(points, axis=0) for points in arrays]) for corner in (np.min, np.max))
    kept, count = ink >= STRAY * ink.max(), 0
    while count < kept.sum() < len(arrays):
        count = kept.sum()
        left_top, right_bottom = low[kept].min(0), high[kept].max(0)
        gap = np.maximum(left_top - high, low - right_bottom).max(1)
        kept |= gap <= FAR * ((right_bottom - left_top).max() + pen_width)
    return [points for points, is_kept in zip(arrays, kept, strict=True) if is_kept]


def fit_to_box(strokes: Strokes, pen_width: float) -> list[NDArray[np.float64]]:
    """Scale and move strokes, but for stray marks, so that their ink, pen included, spans 20 pixels in the middle.

    The pen is MNIST's own, 2.5 pixels, whatever the canvas was drawn with, so that the answer does not hang on the
    visitor's pen; what following it would give is in docs/log.md. Ink no longer than its pen is wide is a dot, and
    stays one.
    """
    arrays = without_strays(strokes, pen_width)
    if not arrays:
        return []
    span, middle = extent(arrays)
    scale = (BOX - PEN) / max(span, pen_width)
    return [(stroke - middle) * scale + SIDE / 2 for stroke in arrays]


def extent(strokes: Sequence[NDArray[np.float64]]) -> tuple[float, NDArray[np.float64]]:
    """Return how far the points of strokes reach on the longer side, the pen not counted, and their middle (x, y)."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    return float((high - low).max()), (low + high) / 2


def _check_width(width: float) -> None:
    if not 0 < width <= MAX_PEN_WIDTH:
        raise DrawingError(f"The pen width is {width}, expected a positive number of at most {MAX_PEN_WIDTH:,} pixels.")


def _read_points(strokes: Strokes) -> list[NDArray[np.float64]]:
    count = sum(len(stroke) for stroke in strokes)
    if count > MAX_POINTS:
        raise DrawingError(
            f"The drawing has {count:,} points; at most {MAX_POINTS:,} can be read. Clear it and draw again."
        )
    try:
        arrays = [np.asarray(stroke, dtype=np.float64).reshape(len(stroke), 2) for stroke in strokes if len(stroke)]
    except (ValueError, TypeError) as error:
        raise DrawingError("The drawing has a stroke that is not a list of (x, y) points.") from error
    if not all((np.abs(points) <= MAX_COORDINATE).all() for points in arrays):
        raise DrawingError("The drawing has a point that is not a number, or lies far outside the canvas.")
    return arrays


# ---------------------------------------------------------------------------------------------------- pictures
