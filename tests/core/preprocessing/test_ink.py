"""What is ink in a picture, and what is paper, light, shadow, table."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.photo_kinds import KINDS, take_photo
from mnist_core.errors import PictureError
from mnist_core.model.prediction import Verdict, predict
from mnist_core.preprocessing.ink import find_ink
from mnist_core.preprocessing.pictures import Region, digit_from_image, open_picture, stages_from_image
from mnist_core.preprocessing.sheets import find_sheets
from mnist_core.store.models import load_model
from ui.inputs.examples import EXAMPLES

PICTURES = Path(__file__).parents[2] / "pictures"
NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SEVEN = [(0, 0.02), (1, 0.02), (0.4, 1)]
ONE = [(0.5, 0), (0.45, 1)]


def grey(width: int, height: int, *strokes: list[tuple[float, float]], pen: int, margin: int = 0) -> Image.Image:
    """Strokes of (x, y), as shares of width and height, in black on white."""
    sheet = Image.new("L", (width + 2 * margin, height + 2 * margin), 255)
    for stroke in strokes:
        path = [(margin + x * width, margin + y * height) for x, y in stroke]
        ImageDraw.Draw(sheet).line(path, fill=0, width=pen, joint="curve")
    return sheet


def read(model, picture):
    """Return the answer, None where nothing is found."""
    try:
        return predict(model, digit_from_image(picture))
    except PictureError:
        return None


def ink_of(picture: Image.Image) -> np.ndarray:
    return find_ink(np.asarray(picture, np.float32) / 255).ink


@pytest.fixture(scope="module")
def model():
    return load_model("accurate")


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_is_read_whatever_it_shows_beside_the_ink(model, kind):
    """All but one of three: how many of each kind are read is measured by benchmarks/photos.py."""
    generator = np.random.default_rng(0)
    photos = [(name, take_photo(EXAMPLES[name], kind, generator)) for name in ("2", "3", "7")]
    answers = [(int(name), read(model, open_picture(photo))) for name, photo in photos]
    if KINDS[kind].has_digit:
        assert sum(answer is not None and answer.digit == name for name, answer in answers) >= 2
    elif KINDS[kind].is_blank:
        assert sum(answer is None for _, answer in answers) >= 2
    else:
        assert sum(answer is not None and answer.verdict is Verdict.SURE for _, answer in answers) <= 1


@pytest.mark.parametrize("file", sorted(PICTURES.glob("*.png")), ids=lambda file: file.stem)
def test_a_difficult_picture_is_read(model, file):
    answer = read(model, open_picture(file.read_bytes()))
    if file.stem.startswith("blank"):
        assert answer is None
    else:
        assert answer is not None
        assert answer.digit == NAMES.index(file.stem.rpartition("_")[2])


def test_a_note_is_looked_at_alone_and_where_the_digit_lies_on_it_is_told():
    picture = open_picture((PICTURES / "note_on_table_five.png").read_bytes())
    stages = stages_from_image(picture)
    left, top, right, bottom = stages.region
    assert 45 < left < right < 195  # the note lies from 45 to 195
    assert 45 < top < bottom < 195
    assert left < stages.place.left < stages.place.right < right
    assert stages.ink.shape == stages.darkness.shape == (bottom - top, right - left)


def test_a_region_is_read_as_if_it_were_the_picture(model):
    both = Image.new("L", (500, 400), 255)
    both.paste(grey(100, 200, SEVEN, pen=12, margin=20), (20, 50))
    both.paste(grey(60, 200, ONE, pen=12, margin=20), (350, 50))
    for region, digit in ((Region(0, 0, 250, 400), 7), (Region(300, 0, 900, 400), 1)):
        assert predict(model, stages_from_image(both, region).digit).digit == digit
    with pytest.raises(PictureError, match="outside the picture"):
        stages_from_image(both, Region(600, 0, 700, 100))


def test_a_blank_note_on_a_table_is_no_digit():
    table = np.full((300, 300), 0.3, np.float32)
    table[80:220, 60:240] = 0.9
    with pytest.raises(PictureError, match="Nothing stands out"):
        digit_from_image(Image.fromarray((table * 255).astype(np.uint8)))


@pytest.mark.parametrize("margin", [0, 20, 200])
@pytest.mark.parametrize("pen", [1, 2, 4, 8, 16])
def test_a_straight_stroke_is_not_taken_for_a_ruled_line(model, pen, margin):
    assert predict(model, digit_from_image(grey(250, 400, SEVEN, pen=pen, margin=margin))).digit == 7
    if pen > 4 or margin:  # a fine line from rim to rim is a margin's
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
    faint = find_ink(0.7 + 0.15 * sheet).ink
    assert faint.max() == 1
    assert faint[sheet == 0].mean() > 0.95
    assert faint[sheet == 1].mean() < 0.01


@pytest.mark.parametrize("spread", [1e-7, 1e-4, 1e-2])
def test_a_field_that_is_all_but_even_is_blank(spread):
    field = np.full((120, 130), 0.5, np.float32)
    field[::2] += np.float32(spread)
    with pytest.raises(PictureError, match="Nothing stands out"):
        find_ink(field)
    assert find_sheets(field) == []
