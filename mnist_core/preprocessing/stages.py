"""The stages from a drawing to the digit that the network gets, one by one.

Coordinates and digits are those of `strokes`; its `digit_from_strokes` takes the same way at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mnist_core.data.mnist import SIDE
from mnist_core.preprocessing.raster import BOX, PEN, Digit, Strokes, centre_by_mass, draw
from mnist_core.preprocessing.strokes import extent, fit_to_box, plain_resize_strokes, without_strays


@dataclass(frozen=True)
class Stages:
    """A drawing after each stage of preprocessing, `(28, 28)` each, ink 1.0 on 0.0.

    `resized` is the canvas as it is, then come `fitted`, `redrawn`, and `centred`, which is what the network gets:
    `digit_from_strokes`, bit for bit. The first two are only looked at, so they are drawn once somebody does.
    """

    strokes: Strokes
    pen_width: float
    canvas_side: float
    redrawn: Digit
    centred: Digit

    @cached_property
    def resized(self) -> Digit:
        """The canvas, straight on 28 × 28 pixels."""
        return plain_resize_strokes(self.strokes, self.pen_width, self.canvas_side)

    @cached_property
    def fitted(self) -> Digit:
        """The ink in 20 × 20 pixels, its pen with it."""
        return fit_with_own_pen(self.strokes, self.pen_width)


def stages_from_strokes(strokes: Strokes, pen_width: float, canvas_side: float) -> Stages:
    """Take a drawing through the stages; widths and sides in canvas pixels.

    Raises `DrawingError` for what cannot be read.
    """
    redrawn = draw(fit_to_box(strokes, pen_width), PEN)
    return Stages(strokes, pen_width, canvas_side, redrawn, centre_by_mass(redrawn))


def fit_with_own_pen(strokes: Strokes, pen_width: float) -> Digit:
    """Scale and move a drawing, its pen with it, so that its ink spans 20 pixels in the middle of `(28, 28)`.

    Stray marks are left out.
    Raises `DrawingError` for what cannot be read.
    """
    arrays = without_strays(strokes, pen_width)
    if not arrays:
        return draw([], PEN)
    span, middle = extent(arrays)
    scale = BOX / (span + pen_width)
    return draw([(stroke - middle) * scale + SIDE / 2 for stroke in arrays], pen_width * scale)


def find_turning_stage(answers: Sequence[object]) -> int | None:
    """Return the index of the stage from which on the answer stays the last one.

    None where it is the same at every stage. An answer is None where there is no ink to answer to.
    """
    stage = len(answers) - 1
    while stage and answers[stage - 1] == answers[-1]:
        stage -= 1
    return stage or None
