"""Numbers as pixels: what is light, and what has which colour."""

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from ui.theme import DARK
from ui.widgets.heatmaps import as_colours, as_light, sprite


def rgb(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def test_what_says_most_is_white_and_what_says_nothing_or_less_is_the_ground():
    values = np.array([[-1, 0, 1, 2, 3]], np.float32)
    assert as_light(values, 2.0).tolist() == [[10, 10, 133, 255, 255]]
    assert as_light(np.zeros((1, 2), np.float32), 0.0).tolist() == [[10, 10]]


def test_signs_have_colours_that_are_full_at_the_most_and_a_digit_shines_through():
    values = np.array([[-2, 0, 2]], np.float32)
    warm, ground, accent = as_colours(values, 2.0)[0].tolist()
    assert (warm, ground, accent) == (rgb(DARK.wrong), [10, 10, 10], rgb(DARK.answer))
    assert as_colours(values, 2.0, behind=np.ones((1, 3), np.float32))[0, 1].tolist() == [80, 80, 80]
    assert as_colours(np.zeros((1, 1), np.float32), 0.0).tolist() == [[[10, 10, 10]]]


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (5, 2), (16, 4)])
def test_a_sprite_is_one_picture_that_needs_no_request(count, rows):
    images = np.arange(count * 6, dtype=np.uint8).reshape(count, 2, 3) + 100
    kind, content = sprite(images, 4).split(",")
    assert kind == "data:image/png;base64"
    picture = np.asarray(Image.open(BytesIO(b64decode(content))))
    assert picture.shape == (rows * 2, 4 * 3)
    cells = [picture[2 * row : 2 * row + 2, 3 * column : 3 * column + 3] for row in range(rows) for column in range(4)]
    assert np.array_equal(cells[:count], images)
    assert all((cell == 10).all() for cell in cells[count:])
