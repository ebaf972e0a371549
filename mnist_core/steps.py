"""How a drawing becomes what the network sees, step by step, and what is unusual about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import atan, degrees

import numpy as np

from mnist_core.data import SIDE
from mnist_core.preprocessing import (
    BOX,
    PEN,
    THINNEST,
    Digit,
    Strokes,
    centre_by_mass,
    draw,
    fit_to_box,
    plain_resize_strokes,
    read_strokes,
)

WIDEST_PEN = 3.9  # pixels; the 95th percentile of MNIST's strokes
SIZES = (0.5, 0.9)  # of the canvas; MNIST's digits span 20 of 28 pixels, 0.71
FARTHEST_OFF = 0.1  # of the canvas; almost three of 28 pixels, where most networks begin to fail
LEANS = (-24.0, 34.0)  # degrees; 95 in 100 of MNIST's training digits lie between


class Step(StrEnum):
    """What has been done to a drawing so far."""

    RESIZED = "resized"
    FITTED = "fitted"
    REDRAWN = "redrawn"
    CENTRED = "centred"


class Finding(StrEnum):
    """Something unusual about a drawing, for a digit of MNIST."""

    SMALL = "small"
    LARGE = "large"
    OFF_CENTRE = "off-centre"
    THIN = "thin"
    THICK = "thick"
    TILTED = "tilted"


@dataclass(frozen=True, slots=True)
class Measures:
    """A drawing in figures."""

    size: float  # of the canvas: the longer side of the ink
    off: tuple[float, float]  # of the canvas: how far to the right, and down, the middle of the ink lies
    pen: float  # pixels of 28: how wide the strokes are, once they are fitted
    lean: float  # degrees to the right

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is unusual, in the order in which the steps mend it."""
        unusual = {
            Finding.SMALL: self.size < SIZES[0],
            Finding.LARGE: self.size > SIZES[1],
            Finding.OFF_CENTRE: float(np.hypot(*self.off)) > FARTHEST_OFF,
            Finding.THIN: self.pen < THINNEST,
            Finding.THICK: self.pen > WIDEST_PEN,
            Finding.TILTED: not LEANS[0] <= self.lean <= LEANS[1],
        }
        return tuple(finding for finding, is_so in unusual.items() if is_so)


def trace(strokes: Strokes, pen_width: float, canvas_side: float) -> dict[Step, Digit]:
    """Show a drawing, in pixels of a square canvas, after each step; the last is what `digit_from_strokes` gives.

    Resized: the whole canvas, as most demos do. Fitted: the ink spans 20 pixels in the middle. Redrawn: the same with
    MNIST's pen. Centred: by its mass. There must be a point; raises `DrawingError` for what cannot be read.
    """
    arrays, span, middle = _extent(strokes, pen_width)
    scale = BOX / span
    fitted = [(stroke - middle) * scale + SIDE / 2 for stroke in arrays]
    redrawn = draw(fit_to_box(strokes, pen_width), PEN)
    return {
        Step.RESIZED: plain_resize_strokes(strokes, pen_width, canvas_side),
        Step.FITTED: draw(fitted, pen_width * scale),
        Step.REDRAWN: redrawn,
        Step.CENTRED: centre_by_mass(redrawn),
    }


def measure(strokes: Strokes, pen_width: float, canvas_side: float) -> Measures:
    """Measure a drawing of at least one point, in pixels of a square canvas; raises `DrawingError` as `trace` does."""
    _, span, middle = _extent(strokes, pen_width)
    right, down = (middle / canvas_side - 0.5).tolist()
    return Measures(
        size=span / canvas_side,
        off=(right, down),
        pen=pen_width * BOX / span,
        lean=lean(draw(fit_to_box(strokes, pen_width), PEN)),
    )


def lean(digit: Digit) -> float:
    """Return by how many degrees the ink of `(28, 28)` leans to the right, by its moments; an empty digit stands."""
    rows, columns = np.indices(digit.shape)
    ink = max(float(digit.sum()), 1e-9)
    down, right = rows - (digit * rows).sum() / ink, columns - (digit * columns).sum() / ink
    height = float((digit * down * down).sum())
    return degrees(atan(-float((digit * down * right).sum()) / height)) if height else 0.0


def _extent(strokes: Strokes, pen_width: float) -> tuple[list[np.ndarray], float, np.ndarray]:
    """Return the strokes as arrays, how long the ink is on its longer side, and where its middle is."""
    arrays = read_strokes(strokes, pen_width)
    points = np.concatenate(arrays)
    low, high = points.min(0), points.max(0)
    return arrays, float((high - low).max()) + pen_width, (low + high) / 2
