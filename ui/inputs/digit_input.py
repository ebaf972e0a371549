"""What a visitor gave to be read."""

from __future__ import annotations

from dataclasses import dataclass

from mnist_core.preprocessing.strokes import Digit, Strokes


@dataclass(frozen=True, slots=True)
class Given:
    """A drawing, a changed test digit or a picture: as the network sees it, and as a plain resize would show it.

    A digit that was laid on the canvas is seen as it is, so there is no plain resize to compare with. Only a drawing
    has strokes, in canvas pixels; an empty canvas with nothing on it gives no `Given` at all.
    """

    digit: Digit
    plain: Digit | None
    seconds: float  # of preprocessing
    strokes: Strokes = ()
    pen_width: float = 0.0  # canvas pixels
