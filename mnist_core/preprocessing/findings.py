"""What stands out about a drawing beside MNIST's digits.

A finding is made only where it is pronounced; how the limits were chosen is in docs/log.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import atan2, degrees

import numpy as np

from mnist_core.data.mnist import SIDE
from mnist_core.preprocessing.raster import BOX, INKED, Digit, Strokes
from mnist_core.preprocessing.strokes import digit_from_strokes, extent, read_strokes, without_strays

SMALL = 12.0  # pixels of 28; MNIST's ink spans 20, and at 12 the shipped models misread a tenth to a half of its digits
OFF_CENTRE = 4.0  # pixels of 28; moved so far, a twentieth to two thirds of MNIST's digits are misread
THIN = 1.25  # pixels of 28, half of MNIST's median; the strokes turn grey, but hardly more is misread
THICK = 4.5  # pixels of 28; MNIST's 95th percentile is 3.9, and with 4.5 holes close: a tenth of pen digits is misread
TILTED = 35.0  # degrees; 98.5 % of MNIST's test digits lean less
MIN_PART = 0.1  # of the ink; 1 % of MNIST's test digits have two parts of that size


class Finding(StrEnum):
    """What can stand out about a drawing."""

    STRAY = "stray mark"
    SMALL = "small"
    OFF_CENTRE = "off-centre"
    OVER_THE_EDGE = "over the edge"
    THIN = "thin pen"
    THICK = "thick pen"
    TILTED = "tilted"
    PARTS = "in parts"


@dataclass(frozen=True, slots=True)
class Measures:
    """A drawing in figures, in pixels of a digit: `size`, `right` and `down` with the canvas as 28 × 28 of them."""

    size: float  # the longer side of the ink, pen included
    right: float  # from the middle of the canvas to the middle of the ink
    down: float
    is_over_the_edge: bool
    pen: float  # its width once the ink is fitted into 20 pixels
    slant: float  # degrees from upright, to the right positive
    parts: int  # that do not touch each other in the digit and have a tenth of its ink or more
    strays: int = 0  # marks far from the rest, which no other figure counts


def measure_drawing(strokes: Strokes, pen_width: float, canvas_side: float) -> Measures:
    """Measure a drawing with at least one point, in canvas pixels. Raises `DrawingError` for what cannot be read."""
    arrays = without_strays(strokes, pen_width)
    span, middle = extent(arrays)
    length = span + pen_width
    pixels = SIDE / canvas_side  # of a digit, for each of the canvas
    right, down = ((middle - canvas_side / 2) * pixels).tolist()
    points = np.concatenate(arrays)
    digit = digit_from_strokes(strokes, pen_width)
    return Measures(
        size=length * pixels,
        right=right,
        down=down,
        is_over_the_edge=bool(points.min() < 0 or points.max() > canvas_side),
        pen=pen_width * BOX / length,
        slant=slant(digit),
        parts=count_parts(digit),
        strays=len(read_strokes(strokes, pen_width)) - len(arrays),
    )


def find(measures: Measures) -> tuple[Finding, ...]:
    """Return what is pronounced."""
    is_pronounced = {
        Finding.STRAY: measures.strays > 0,
        Finding.SMALL: measures.size <= SMALL,
        Finding.OFF_CENTRE: np.hypot(measures.right, measures.down) >= OFF_CENTRE,
        Finding.OVER_THE_EDGE: measures.is_over_the_edge,
        Finding.THIN: measures.pen <= THIN,
        Finding.THICK: measures.pen >= THICK,
        Finding.TILTED: abs(measures.slant) >= TILTED,
        Finding.PARTS: measures.parts > 1,
    }
    return tuple(finding for finding, holds in is_pronounced.items() if holds)


def slant(digit: Digit) -> float:
    """Return how far a digit with ink leans to the right, in degrees.

    It is the shear that deskewing takes away: the covariance of a row with a column of the ink over the variance of
    its rows.
    """
    rows, columns = np.indices(digit.shape)
    weights = digit / digit.sum(dtype=np.float64)
    down, right = rows - (weights * rows).sum(), columns - (weights * columns).sum()
    return degrees(atan2(-(weights * down * right).sum(), (weights * down**2).sum()))


def count_parts(digit: Digit) -> int:
    """Count the parts of a digit that do not touch each other, also not at a corner, and are no mere specks."""
    from scipy import ndimage  # it takes a while to import, and is asked for when somebody looks closer

    parts, _ = ndimage.label(digit >= INKED, np.ones((3, 3)))
    ink = np.bincount(parts.ravel(), digit.ravel())[1:]
    return int((ink >= MIN_PART * ink.sum()).sum())
