"""What is ink in a picture, and what is paper, light, shadow, table."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.photos import KINDS, take_photo
from mnist_core.model.prediction import Verdict, predict
from mnist_core.preprocessing.ink import find_ink
from mnist_core.preprocessing.pictures import digit_from_image, open_picture
from mnist_core.store.models import load_model
from ui.inputs.examples import EXAMPLES

SEVEN = [(0, 0.02), (1, 0.02), (0.4, 1)]
ONE = [(0.5, 0), (0.45, 1)]


def grey(width: int, height: int, *strokes: list[tuple[float, float]], pen: int, margin: int = 0) -> Image.Image:
    """Strokes of (x, y), as shares of width and height, in black on white."""
    sheet = Image.new("L", (width + 2 * margin, height + 2 * margin), 255)
    for stroke in strokes:
        path = [(margin + x * width, margin + y * height) for x, y in stroke]
        ImageDraw.Draw(sheet).line(path, fill=0, width=pen, joint="curve")
    return sheet


def ink_of(picture: Image.Image) -> np.ndarray:
    return find_ink(np.asarray(picture, np.float32) / 255)


@pytest.fixture(scope="module")
def model():
    return load_model("accurate")


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_is_read_whatever_it_shows_beside_the_ink(model, kind):
    """All but one of nine: a shadow in the very corner of a photo may be taken for ink."""
    generator = np.random.default_rng(0)
    photos = [(name, take_photo(EXAMPLES[name], kind, generator)) for name in ("2", "3", "8") for _ in range(3)]
    answers = [(name, predict(model, digit_from_image(open_picture(photo)))) for name, photo in photos]
    assert sum(answer.digit == int(name) and answer.verdict is Verdict.SURE for name, answer in answers) >= 8


@pytest.mark.parametrize("margin", [0, 20, 200])
@pytest.mark.parametrize("pen", [1, 2, 4, 8, 16])
def test_a_straight_stroke_is_not_taken_for_a_ruled_line(model, pen, margin):
    assert predict(model, digit_from_image(grey(250, 400, SEVEN, pen=pen, margin=margin))).digit == 7
    assert predict(model, digit_from_image(grey(200, 400, ONE, pen=pen, margin=margin))).digit == 1


def test_ruled_lines_go_and_the_ink_across_them_stays():
    sheet = grey(250, 400, SEVEN, pen=10, margin=60)
    clean = ink_of(sheet)
    pencil = ImageDraw.Draw(sheet)
    for y in range(25, 520, 50):
        pencil.line([(0, y), (370, y + 8)], fill=170, width=2)
    crossed = ink_of(sheet)
    assert crossed[clean == 0].sum() < 0.02 * clean.sum()
    assert crossed[clean > 0].sum() > 0.9 * clean.sum()


def test_what_comes_in_from_the_rim_goes_unless_nothing_stands_free():
    sheet = grey(100, 160, SEVEN, pen=12, margin=120)
    ImageDraw.Draw(sheet).ellipse((-60, 100, 60, 220), outline=0, width=12)
    ink = ink_of(sheet)
    assert ink[:, :80].sum() == 0
    assert ink[:, 100:].sum() > 0
    assert ink_of(sheet.crop((0, 0, 100, 400))).sum() > 0


def test_a_speck_goes_and_a_separate_stroke_stays():
    sheet = grey(100, 160, [(0, 0), (1, 0)], [(0, 0.3), (0, 1)], pen=12, margin=120)
    ImageDraw.Draw(sheet).ellipse((300, 350, 305, 355), fill=0)
    ink = ink_of(sheet)
    assert ink[340:, 290:].sum() == 0
    assert ink[100:130].sum() > 0
    assert ink[180:].sum() > 0


def test_full_ink_is_1_and_faint_ink_is_stretched():
    sheet = np.asarray(grey(100, 160, SEVEN, pen=12, margin=60), np.float32) / 255
    faint = find_ink(0.7 + 0.15 * sheet)
    assert faint.max() == 1
    assert faint[sheet == 0].mean() > 0.95
    assert faint[sheet == 1].mean() < 0.01
