from collections import Counter
from string import ascii_letters

import numpy as np
import pytest

from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.preprocessing.raster import centre_by_mass
from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.generate import draw, non_digits
from mnist_core.synthetic.handwriting import Hand
from mnist_core.synthetic.non_digits import NON_DIGITS
from mnist_core.synthetic.skeletons.capitals import CAPITALS
from tests.support.writing import assert_a_pen_can_draw, assert_fills_the_frame

every_shape = pytest.mark.parametrize("shape", NON_DIGITS, ids=str)


def test_a_seed_decides_every_pixel():
    some, again, other = non_digits(300, seed=3), non_digits(300, seed=3), non_digits(300, seed=4)
    assert (again.images == some.images).all()
    assert not (other.images == some.images).all(axis=(1, 2)).any()


def test_none_of_them_is_labelled_as_a_digit():
    some = non_digits(50, seed=0)
    assert some.images.shape == (50, 28, 28)
    assert some.images.dtype == np.uint8
    assert some.labels.tolist() == [NOT_A_DIGIT] * 50
    assert len(non_digits(0, seed=0)) == 0


def test_letters_that_are_written_as_digits_are_no_shapes():
    letters = {name for shape in NON_DIGITS if (name := str(shape)) in ascii_letters}
    assert letters == set(ascii_letters) - set("OoIliSsZzBbqg")


def test_letters_are_drawn_in_every_way_as_often_as_it_is_common():
    letter = next(shape for shape in NON_DIGITS if shape.name == "D")
    number_of_strokes = Counter(len(letter.build(Hand(np.random.default_rng(seed)))) for seed in range(500))
    weights = Counter()
    for way in CAPITALS["D"]:
        weights[len(way.strokes.split(" / "))] += way.weight
    assert set(number_of_strokes) == set(weights)
    assert len(weights) > 1
    for strokes, weight in weights.items():
        assert number_of_strokes[strokes] / 500 == pytest.approx(weight / weights.total(), abs=0.06)


def test_shapes_have_names_of_their_own():
    assert len({str(shape) for shape in NON_DIGITS}) == len(NON_DIGITS)
    assert not {str(shape) for shape in NON_DIGITS} & {str(style) for style in STYLES}


@every_shape
def test_strokes_are_what_a_pen_can_draw(shape):
    generator = np.random.default_rng(1)
    for _ in range(20):
        strokes = draw(shape, generator)
        assert 1 <= len(strokes) <= 8
        for stroke in strokes:
            assert_a_pen_can_draw(stroke)


@every_shape
def test_a_shape_fills_the_frame_and_is_never_the_same(shape):
    pixels = non_digits(20, 5, [shape]).pixels
    for each in pixels:
        assert_fills_the_frame(each)
        assert (centre_by_mass(each) == each).all()
    flat = pixels.reshape(20, -1)
    apart = np.linalg.norm(flat[:, None] - flat, axis=2)[np.triu_indices(20, 1)]
    assert apart.min() > 0.5
    assert np.median(apart) > 4


def test_shapes_are_drawn_by_their_weight():
    scribble = next(shape for shape in NON_DIGITS if shape.name == "scribble")
    letter = next(shape for shape in NON_DIGITS if shape.name == "A")
    only = non_digits(400, 1, [scribble, letter])
    alone = non_digits(400, 1, [scribble])
    darker = only.pixels.mean((1, 2)) > np.quantile(alone.pixels.mean((1, 2)), 0.02)
    assert darker.mean() == pytest.approx(scribble.weight / (scribble.weight + letter.weight), abs=0.15)
