"""A drawing, what the network sees of it and what it answers, as a picture for a slide or a message."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_core.preprocessing.raster import Digit, as_bytes
from mnist_core.preprocessing.strokes import Mark, sheet_with_marks
from ui.inputs.fabric import CANVAS_SIDE
from ui.theme import DARK, LIGHT
from ui.widgets.answer import Shown
from ui.widgets.pillow_text import Font, spell
from ui.widgets.tiles import as_png

WIDTH, GAP = 280, 40  # pixels, of the two pictures and around them
SIZE = (3 * WIDTH + 4 * GAP, WIDTH + 2 * GAP + 36)


def answer_as_png(under: Digit, marks: Sequence[Mark], digit: Digit, answer: Shown, model: str) -> bytes:
    """Return the picture, white in both themes: the canvas, what the network sees of it, its answer, its name.

    `under` is what lies under the marks, which are in canvas pixels.
    """
    drawing = sheet_with_marks(under, marks, CANVAS_SIDE)
    sheet = Image.new("RGB", SIZE, LIGHT.ground)
    pen = ImageDraw.Draw(sheet)
    pixels = Image.fromarray(as_bytes(digit)).resize((WIDTH, WIDTH), Image.Resampling.NEAREST)
    for place, (picture, caption) in enumerate([(drawing, "The drawing"), (pixels, "What the network sees")]):
        left = GAP + place * (WIDTH + GAP)
        sheet.paste(picture.resize((WIDTH, WIDTH), Image.Resampling.LANCZOS), (left, GAP))
        pen.text((left, GAP + WIDTH + 12), caption, LIGHT.faint, ImageFont.load_default(18))
    _write_answer(pen, GAP + 2 * (WIDTH + GAP), answer, model)
    return as_png(np.asarray(sheet))


def _write_answer(pen: ImageDraw.ImageDraw, left: int, answer: Shown, model: str) -> None:
    small = ImageFont.load_default(18)
    colour = LIGHT.answer if answer.colour in (LIGHT.answer, DARK.answer) else LIGHT.wrong
    figure, headline, detail = map(spell, (answer.figure, answer.headline, answer.detail))
    pen.text((left, GAP), figure, colour, _font_for(figure, 150), anchor="lt")
    pen.text((left, GAP + 140), headline, LIGHT.text, _font_for(headline, 25))
    pen.text((left, GAP + 180), "\n".join(wrap(detail, 32)), LIGHT.faint, small, spacing=6)
    words = "\n".join(wrap(f"Answered by {model}, MNIST Explorer", 34))
    pen.text((left, GAP + WIDTH + 12), words, LIGHT.faint, small, spacing=6)


def _font_for(words: str, size: int) -> Font:
    """Return the letters of that size, or of a smaller one in which the words stay on the picture."""
    length = ImageFont.load_default(size).getlength(words)
    return ImageFont.load_default(min(size, size * (WIDTH + GAP / 2) / length))
