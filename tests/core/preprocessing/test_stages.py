import numpy as np
import pytest

from mnist_core.preprocessing.stages import find_turning_stage, fit_with_own_pen, stages_from_strokes
from mnist_core.preprocessing.strokes import digit_from_strokes, plain_resize_strokes
from ui.inputs.examples import EXAMPLES


def random_drawing(seed):
    """Some strokes anywhere, partly outside the canvas, and a pen."""
    generator = np.random.default_rng(seed)
    strokes = [generator.uniform(-40, 320, (generator.integers(1, 9), 2)) for _ in range(generator.integers(1, 4))]
    return strokes, generator.uniform(1, 40)


@pytest.mark.parametrize(
    "drawing", [(strokes, 18) for strokes in EXAMPLES.values()] + list(map(random_drawing, range(9)))
)
def test_the_last_step_is_what_the_network_gets_and_the_first_a_plain_resize(drawing):
    steps = stages_from_strokes(*drawing, 280)
    assert np.array_equal(steps.centred, digit_from_strokes(*drawing))
    assert np.array_equal(steps.resized, plain_resize_strokes(*drawing, 280))


def test_only_the_last_step_shifts_the_ink_to_its_centre_of_mass():
    ell = [[(100, 40), (100, 240), (160, 240)]]  # most of its ink lies left and low
    steps = stages_from_strokes(ell, 18, 280)
    assert np.array_equal(steps.centred, np.roll(steps.redrawn, (-1, 2), axis=(0, 1)))


@pytest.mark.parametrize("pen_width", [8, 18, 60])
@pytest.mark.parametrize(("scale", "dx"), [(1, 0), (0.2, 200)])
def test_fitted_with_its_own_pen_the_ink_spans_the_middle_20_pixels(pen_width, scale, dx):
    line = [[(100 * scale + dx, 40 * scale), (100 * scale + dx, 240 * scale)]]
    digit = fit_with_own_pen(line, pen_width)
    rows, columns = (np.flatnonzero(digit.max(axis) >= 0.3) for axis in (1, 0))
    assert rows[[0, -1]].tolist() == [4, 23]
    width = pen_width * 20 / (200 * scale + pen_width)
    assert columns[-1] - columns[0] + 1 == pytest.approx(width, abs=1.5)


def test_a_thick_pen_is_seen_when_fitted_and_gone_when_redrawn():
    steps = stages_from_strokes(EXAMPLES["tiny 4"], 18, 280)
    assert steps.fitted.sum() > 1.5 * steps.redrawn.sum()


def test_nothing_drawn_is_empty_at_every_step():
    steps = stages_from_strokes([[]], 18, 280)
    assert not any(getattr(steps, step).any() for step in ("resized", "fitted", "redrawn", "centred"))


@pytest.mark.parametrize(
    ("answers", "step"),
    [
        ([8, 8, 8, 8], None),
        ([4, 8, 8, 8], 1),
        ([4, 4, 4, 8], 3),
        ([8, 4, 8, 8], 2),
        ([None, 8, 8, 8], 1),
        ([8], None),
    ],
)
def test_the_turning_step_is_the_one_from_which_on_the_answer_stays(answers, step):
    assert find_turning_stage(answers) == step
