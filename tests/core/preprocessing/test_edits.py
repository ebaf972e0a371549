import numpy as np
import pytest

from mnist_core.preprocessing.edits import shift, turn, widen
from mnist_core.preprocessing.strokes import digit_from_strokes
from ui.inputs.examples import EXAMPLES

A_3 = digit_from_strokes(EXAMPLES["3"], 18)
BAR = np.zeros((28, 28), np.float32)
BAR[4:24, 12:16] = 1


def test_a_shift_there_and_back_leaves_what_stayed_inside():
    for right, down in ((3, 0), (-3, 0), (0, 2), (0, -2), (1, 1)):
        moved = shift(A_3, right, down)
        assert moved.sum() == pytest.approx(A_3.sum())
        assert np.array_equal(moved, np.roll(A_3, (down, right), (0, 1)))
        assert np.array_equal(shift(moved, -right, -down), A_3)


def test_what_leaves_the_picture_is_lost():
    assert np.array_equal(shift(A_3, 28, 0), np.zeros((28, 28)))
    assert shift(BAR, 14, 0)[:, :26].sum() == 0
    assert shift(BAR, 14, 0).sum() == BAR.sum() / 2
    assert shift(BAR, 0, 40).sum() == 0


def test_a_quarter_turn_is_clockwise():
    assert np.allclose(turn(BAR, 90), np.rot90(BAR, -1), atol=0.01)
    flagged = BAR.copy()
    flagged[4:8, 16:20] = 1  # at the upper right, so then at the lower right
    assert turn(flagged, 90)[18:, 14:].sum() > turn(flagged, 90)[:10, 14:].sum()


def test_no_change_changes_nothing():
    for same in (shift(A_3, 0, 0), turn(A_3, 0), widen(A_3, 0)):
        assert np.array_equal(same, A_3)


@pytest.mark.parametrize("pixels", [-1.0, -0.5, 0.5, 1.0])
def test_a_stroke_gets_wider_by_so_many_pixels(pixels):
    assert widen(BAR, pixels)[14].sum() == pytest.approx(4 + pixels, abs=0.01)


@pytest.mark.parametrize("change", [turn, widen])
def test_what_is_no_digit_is_refused(change):
    with pytest.raises(ValueError, match="expected \\(28, 28\\)"):
        change(np.zeros((2, 2), np.float32), 1)
