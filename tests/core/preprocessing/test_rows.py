"""The ink of a row of digits in a picture, and the pieces that it is cut into."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core.errors import PictureError
from mnist_core.preprocessing.pictures import open_picture, stages_from_image
from mnist_core.preprocessing.rows import digits_of, line_from_ink

PICTURES = Path(__file__).parents[2] / "pictures"


def sheet(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (400, 300)) -> Image.Image:
    """White paper with black rings in these boxes."""
    picture = Image.new("L", size, 255)
    for box in boxes:
        ImageDraw.Draw(picture).ellipse(box, outline=20, width=8)
    return picture


def ink_with(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    ink = np.zeros((120, 400), np.float32)
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = 1
    return ink


def box_of(ink: np.ndarray) -> tuple[int, int, int, int]:
    return Image.fromarray(ink > 0.5).getbbox()


RINGS = [(40, 100, 90, 180), (120, 95, 170, 175), (200, 105, 250, 185)]


def test_what_stands_beside_a_digit_is_in_its_row():
    stages = stages_from_image(sheet(*RINGS), of_row=True)
    assert box_of(stages.row) == pytest.approx((40, 95, 251, 186), abs=2)
    assert stages.column is None


def test_what_is_small_or_far_away_or_in_another_row_is_not():
    picture = sheet(*RINGS, (270, 140, 290, 160), (60, 215, 110, 290))
    assert box_of(stages_from_image(picture, of_row=True).row) == pytest.approx((40, 95, 251, 186), abs=2)


def test_what_comes_in_from_the_rim_is_not():
    stages = stages_from_image(sheet((-40, 100, 30, 180), *RINGS), of_row=True)
    assert box_of(stages.row) == pytest.approx((40, 95, 251, 186), abs=2)


def test_a_column_is_told_from_a_row():
    stages = stages_from_image(sheet(*RINGS).transpose(Image.Transpose.ROTATE_90), of_row=True)
    assert box_of(stages.column) == pytest.approx((95, 149, 186, 360), abs=2)
    assert np.array_equal(stages.row, stages.ink)


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("*.png"))[::4], ids=lambda path: path.stem)
def test_where_one_digit_is_its_row_is_the_digit(picture):
    image = open_picture(picture.read_bytes())
    try:
        alone = stages_from_image(image)
    except PictureError:
        with pytest.raises(PictureError):
            stages_from_image(image, of_row=True)
        return
    stages = stages_from_image(image, of_row=True)
    assert np.array_equal(stages.digit, alone.digit)
    assert np.array_equal(stages.row, alone.ink)


def test_pieces_are_the_connected_parts_from_left_to_right():
    line, owners = line_from_ink(ink_with((200, 20, 260, 100), (20, 10, 80, 110)))
    assert [piece.box for piece in line.pieces] == [(20, 10, 80, 110), (200, 20, 260, 100)]
    assert line.gaps == pytest.approx((1.2,))
    assert owners[50, 50] == 1
    assert owners[50, 220] == 2


def test_a_bar_above_a_digit_and_a_crumb_beside_it_are_of_its_piece():
    line, owners = line_from_ink(ink_with((20, 20, 60, 110), (30, 5, 70, 12), (64, 60, 67, 63), (150, 10, 200, 110)))
    assert [piece.box for piece in line.pieces] == [(20, 5, 70, 110), (150, 10, 200, 110)]
    assert owners[61, 65] == 1


def test_two_digits_that_touch_may_be_cut_where_the_ink_is_thin():
    line, _ = line_from_ink(ink_with((20, 10, 80, 110), (80, 50, 100, 54), (100, 10, 160, 110)))
    cuts = [piece.box.right for piece in line.pieces[:-1]]
    assert any(80 <= cut <= 100 for cut in cuts)
    assert all(gap < 0 for gap in line.gaps)


def test_a_digit_of_usual_width_is_not_cut():
    assert len(line_from_ink(ink_with((20, 10, 110, 110)))[0].pieces) == 1


def test_a_group_shows_its_own_ink_alone():
    ink = ink_with((20, 10, 80, 110), (150, 10, 160, 110))
    line, owners = line_from_ink(ink)
    digits = dict(zip([(group.first, group.end) for group in line.groups], digits_of(line, ink, owners), strict=True))
    columns = {members: int((digit.sum(0) > 0).sum()) for members, digit in digits.items()}
    assert columns == {(0, 2): 9 + 2, (0, 1): 12, (1, 2): 2}


def test_a_row_that_goes_on_beyond_a_square_of_paper_is_all_found():
    """A lighter area ends between the digits: it is no sheet that they were written on."""
    picture = Image.new("L", (400, 300), 200)
    picture.paste(240, (90, 20, 300, 280))
    for box in (
        (115, 110, 160, 180),
        (180, 110, 225, 180),
        (245, 110, 290, 180),
        (320, 110, 365, 180),
    ):
        ImageDraw.Draw(picture).ellipse(box, outline=20, width=8)
    row = stages_from_image(picture, of_row=True)
    left, _, right, _ = box_of(row.row)
    assert (row.region.left + left, row.region.left + right) == pytest.approx((115, 366), abs=3)
