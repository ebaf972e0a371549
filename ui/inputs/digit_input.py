"""A digit that was given to be read, wherever it came from."""

from __future__ import annotations

from dataclasses import dataclass

from mnist_core.preprocessing.pictures import PictureStages, plain_resize_image
from mnist_core.preprocessing.raster import Digit, Strokes
from mnist_core.preprocessing.stages import Stages


@dataclass(frozen=True, slots=True)
class DigitInput:
    """A drawing, a changed test digit, a picture or an example: as the network sees it, and what it is, as a sentence.

    `resized` is what a simple resize would show; a digit that is read as it lies there has none to compare with. Only a
    drawing has strokes, in canvas pixels, and the `stages` of its preprocessing; those of a picture are
    `picture`. `label` is that of a digit that has one and was not changed. An empty canvas with nothing on it gives no
    `DigitInput` at all.
    """

    digit: Digit
    description: str  # Markdown
    seconds: float = 0.0  # of preprocessing
    strokes: Strokes = ()
    pen_width: float = 0.0  # canvas pixels
    stages: Stages | None = None
    picture: PictureStages | None = None
    label: int | None = None

    @property
    def resized(self) -> Digit | None:
        """What a simple resize would show, which is made only now."""
        if self.picture:
            return plain_resize_image(self.picture.picture)
        return self.stages.resized if self.stages else None
