"""The stages from a drawing to the digit that the network gets, one by one.

Coordinates and digits are those of `strokes`; its `digit_from_strokes` takes the same way at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mnist_core.data.mnist import SIDE
from mnist_core.preprocessing.raster import BOX, PEN, Digit, Strokes, centre_by_mass, draw
from mnist_core.preprocessing.strokes import extent, fit_to_box, plain_resize_strokes, read_strokes


@dataclass(frozen=True, slots=True)
class Stages:
    """A drawing after each stage of preprocessing, in their order, `(28, 28)` each, ink 1.0 on 0.0.

    `resized` is the canvas as it is, `centred` what the network gets: `digit_from_strokes`, bit for bit.
    """

    resized: Digit
    fitted: Digit
    redrawn: Digit
    centred: Digit


def stages_from_strokes(strokes: Strokes, pen_width: float, canvas_side: float) -> Stages:
    """Take a drawing through the stages; widths and sides in canvas pixels.

    Raises `DrawingError` for what cannot be read.
    """
    redrawn = draw(fit_to_box(strokes, pen_width), PEN)
    return Stages(
        resized=plain_resize_strokes(strokes, pen_width, canvas_side),
        fitted=fit_with_own_pen(strokes, pen_width),
        redrawn=redrawn,
        centred=centre_by_mass(redrawn),
    )


def fit_with_own_pen(strokes: Strokes, pen_width: float) -> Digit:
    """Scale and move a drawing, its pen with it, so that its ink spans 20 pixels in the middle of `(28, 28)`.

    Raises `DrawingError` for what cannot be read.
    """
    arrays = read_strokes(strokes, pen_width)
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
