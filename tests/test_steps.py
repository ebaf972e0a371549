import numpy as np
import pytest

from mnist_core.errors import DrawingError
from mnist_core.preprocessing import digit_from_strokes, plain_resize_strokes
from mnist_core.steps import LEANS, Finding, Step, lean, measure, trace
from ui.examples import EXAMPLES

SIDE = 280
USUAL = [[(140, 50), (140, 230)]]  # a stem of 180 + 18 px in the middle: 71 % of the canvas


def findings(strokes, pen_width=18.0):
    return set(measure(strokes, pen_width, SIDE).findings)


def scaled(strokes, factor, right=0.0, down=0.0):
    """Strokes made smaller or larger about the middle of the canvas, then moved."""
    return [[((x - 140) * factor + 140 + right, (y - 140) * factor + 140 + down) for x, y in s] for s in strokes]


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_last_step_is_what_the_network_sees_and_the_first_a_plain_resize(title):
    steps = trace(EXAMPLES[title], 18, SIDE)
    assert list(steps) == list(Step)
    assert (steps[Step.CENTRED] == digit_from_strokes(EXAMPLES[title], 18)).all()
    assert (steps[Step.RESIZED] == plain_resize_strokes(EXAMPLES[title], 18, SIDE)).all()


def test_so_it_is_for_any_strokes():
    generator = np.random.default_rng(0)
    for _ in range(30):
        strokes = [generator.uniform(0, SIDE, (generator.integers(1, 12), 2)).tolist() for _ in range(3)]
        pen = float(generator.uniform(2, 40))
        assert (trace(strokes, pen, SIDE)[Step.CENTRED] == digit_from_strokes(strokes, pen)).all()


@pytest.mark.parametrize("pen_width", [6, 18, 40])
def test_fitted_ink_spans_20_pixels_with_its_own_pen(pen_width):
    fitted = trace(scaled(EXAMPLES["3"], 0.4, right=50), pen_width, SIDE)[Step.FITTED]
    rows, columns = ((fitted > 0.1).any(axis) for axis in (1, 0))
    assert max(np.ptp(np.flatnonzero(rows)), np.ptp(np.flatnonzero(columns))) + 1 == 20


def test_a_drawing_in_mnists_size_place_and_pen_is_nothing_unusual():
    assert findings(USUAL, 22) == set()
    assert measure(USUAL, 18, SIDE).size == pytest.approx(198 / 280)


@pytest.mark.parametrize(
    ("strokes", "pen_width", "found"),
    [
        (scaled(USUAL, 0.5), 12, {Finding.SMALL}),
        (scaled(USUAL, 1.38), 30, {Finding.LARGE}),
        (scaled(USUAL, 1, right=60), 22, {Finding.OFF_CENTRE}),
        (scaled(USUAL, 1, down=-30), 22, {Finding.OFF_CENTRE}),
        (USUAL, 10, {Finding.THIN}),
        (USUAL, 50, {Finding.THICK}),
        ([[(60, 220), (220, 60)]], 22, {Finding.TILTED}),
        ([[(90, 60), (190, 220)]], 22, {Finding.TILTED}),
    ],
    ids=str,
)
def test_what_is_unusual_is_found_and_nothing_else(strokes, pen_width, found):
    assert findings(strokes, pen_width) == found


def test_the_place_is_told_to_the_right_and_down():
    assert measure(scaled(USUAL, 1, right=56, down=-28), 18, SIDE).off == pytest.approx((0.2, -0.1))


@pytest.mark.parametrize("angle", [-40, -10, 0, 10, 40])
def test_the_lean_of_a_stem_is_its_angle(angle):
    reach = 90 * np.tan(np.radians(angle))
    strokes = [[(140 + reach, 50), (140 - reach, 230)]]
    assert measure(strokes, 4, SIDE).lean == pytest.approx(angle, abs=1.5)


def test_of_mnists_digits_95_in_100_are_not_called_tilted(mnist_train):
    leans = np.array([lean(digit) for digit in mnist_train.pixels[20_000:24_000]])
    assert ((leans > LEANS[0]) & (leans < LEANS[1])).mean() == pytest.approx(0.95, abs=0.01)


def test_nothing_leans_nowhere():
    assert lean(np.zeros((28, 28), np.float32)) == 0


def test_a_dot_has_steps_too():
    assert (trace([[(9, 9)]], 18, SIDE)[Step.CENTRED] == digit_from_strokes([[(9, 9)]], 18)).all()


def test_what_cannot_be_read_is_said():
    with pytest.raises(DrawingError):
        trace([[(1, 2), (3, float("nan"))]], 18, SIDE)
    with pytest.raises(DrawingError):
        measure(USUAL, 0, SIDE)
