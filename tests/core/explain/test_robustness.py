from math import pi

import numpy as np
import pytest

from mnist_core.errors import DrawingError
from mnist_core.explain.robustness import (
    PENS,
    SHIFTS,
    SIZES,
    TILTS,
    WIDENINGS,
    Flip,
    Grid,
    Reading,
    move,
    read_grids,
    tilt_pixels,
    tilt_strokes,
)
from mnist_core.model.prediction import Verdict, predict
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.store.models import list_models, load_model
from ui.inputs.examples import EXAMPLES

A_3 = digit_from_strokes(EXAMPLES["3"], 18)
UPRIGHT = [[(140, 40), (140, 240)]]
BAR = np.zeros((28, 28), np.float32)
BAR[4:24, 12:16] = 1
DISC = np.hypot(*(np.indices((28, 28)) - 13.5)) < 6


def cell(grid, row, column):
    """The digit that was changed by this much."""
    return grid.digits[grid.rows.index(row), grid.columns.index(column)]


@pytest.mark.parametrize("title", EXAMPLES)
@pytest.mark.parametrize("pen_width", [8, 30])
def test_the_cell_as_drawn_is_the_digit_that_is_answered(title, pen_width):
    digit = digit_from_strokes(EXAMPLES[title], pen_width)
    for grid in (move(digit), tilt_strokes(EXAMPLES[title], pen_width)):
        assert np.array_equal(grid.digits[grid.as_drawn], digit)


def test_a_real_digit_is_its_own_cell_as_drawn(mnist_test):
    for digit in mnist_test.pixels[:20]:
        for grid in (move(digit), tilt_pixels(digit)):
            assert np.array_equal(grid.digits[grid.as_drawn], digit)


@pytest.mark.parametrize(
    ("grid", "rows", "columns"),
    [
        (move(A_3), SIZES, SHIFTS),
        (tilt_strokes(EXAMPLES["3"], 18), PENS, TILTS),
        (tilt_pixels(A_3), WIDENINGS, TILTS),
    ],
    ids=["move", "tilt strokes", "tilt pixels"],
)
def test_a_grid_has_a_digit_for_each_row_and_column(grid, rows, columns):
    assert (grid.rows, grid.columns) == (rows, columns)
    assert grid.digits.shape == (len(rows), len(columns), 28, 28)
    assert grid.digits.dtype == np.float32
    assert 0 <= grid.digits.min() < grid.digits.max() <= 1
    assert list(rows) == sorted(rows)
    assert list(columns) == sorted(columns)


def test_a_shift_moves_the_pixels_and_cuts_off_what_leaves():
    grid = move(A_3)
    for shift in (1, 3, 8):
        right, left = np.zeros_like(A_3), np.zeros_like(A_3)
        right[:, shift:], left[:, :-shift] = A_3[:, :-shift], A_3[:, shift:]
        assert np.array_equal(cell(grid, 1.0, shift), right)
        assert np.array_equal(cell(grid, 1.0, -shift), left)


@pytest.mark.parametrize("size", SIZES)
def test_size_goes_with_the_square_root_of_the_ink_and_keeps_the_middle(size):
    sized = cell(move(DISC.astype(np.float32)), size, 0)
    assert sized.sum() == pytest.approx(DISC.sum() * size**2, rel=0.03)
    assert np.allclose(sized, sized[::-1, ::-1], atol=0.01)


def test_a_positive_tilt_is_clockwise():
    for grid, row in ((tilt_strokes(UPRIGHT, 18), 2.5), (tilt_pixels(BAR), 0.0)):
        columns = np.arange(28)
        for tilt, direction in ((30, 1), (-30, -1)):
            digit = cell(grid, row, tilt)
            top, bottom = digit[:12].sum(0), digit[16:].sum(0)
            lean = (top @ columns) / top.sum() - (bottom @ columns) / bottom.sum()
            assert lean * direction > 5


def test_opposite_tilts_of_a_symmetric_digit_mirror_each_other():
    symmetric = np.maximum(A_3, A_3[:, ::-1])
    for digits in (tilt_pixels(symmetric).digits, tilt_pixels(BAR).digits):
        mirrored = digits[:, ::-1, :, ::-1]
        assert np.allclose(digits, mirrored, atol=0.1)  # a dot is a sixteenth, and some lie between two
        assert not np.allclose(digits, digits[:, ::-1], atol=0.1)


def test_a_stroke_is_as_wide_as_the_pen():
    grid = tilt_strokes(UPRIGHT, 18)
    for pen in PENS:
        assert cell(grid, pen, 0)[14].sum() == pytest.approx(pen, abs=0.13)


def test_a_stroke_of_pixels_grows_by_what_the_row_says():
    grid = tilt_pixels(BAR)
    for widening in WIDENINGS:
        assert cell(grid, widening, 0)[14].sum() == pytest.approx(4 + widening, abs=0.01)


def test_a_tilted_drawing_is_centred_as_any_drawing_is():
    rows, columns = np.indices((28, 28))
    for digit in tilt_strokes(EXAMPLES["barred 7"], 18).digits[:5].reshape(-1, 28, 28):  # wider ones fill the picture
        assert abs((digit * rows).sum() / digit.sum() - 14) <= 0.5
        assert abs((digit * columns).sum() / digit.sum() - 14) <= 0.5


def test_all_cells_are_answered_as_they_would_be_one_by_one():
    model = load_model(list_models()[0].name)
    grids = [move(A_3), tilt_pixels(A_3)]
    readings = read_grids(model, grids, 3)
    for reading, grid in zip(readings, grids, strict=True):
        assert reading.grid is grid
        assert reading.probabilities.shape == (*grid.digits.shape[:2], 10)
        for place in ((0, 0), grid.as_drawn, (3, 12)):
            alone = predict(model, grid.digits[place])
            assert np.allclose(reading.probabilities[place], alone.probabilities)
            assert reading.verdicts[place[0]][place[1]] == alone.verdict


def reading_of(answers, as_drawn):
    """A reading whose cells are answered like this, rows from the lowest change to the highest."""
    answers = np.array(answers)
    rows, columns = (tuple(np.arange(count) - middle) for count, middle in zip(answers.shape, as_drawn, strict=True))
    verdicts = [[Verdict.SURE if digit >= 0 else Verdict.NOT_A_DIGIT for digit in row] for row in answers]
    grid = Grid(np.zeros((*answers.shape, 28, 28)), rows, columns, as_drawn)
    return Reading(grid, np.eye(10)[answers], verdicts, 7)


def test_flips_are_the_nearest_ones_in_the_row_and_the_column_of_the_drawing():
    reading = reading_of(
        [
            [4, 4, 1, 4, 4],
            [4, 4, 9, 4, 4],
            [1, 2, 7, 7, 7],
            [7, 7, 7, 7, 7],
        ],
        as_drawn=(2, 2),
    )
    assert reading.staying == 8
    assert reading.row_flips == (Flip(-1, 9), None)
    assert reading.column_flips == (Flip(-1, 2), None)
    assert reading_of([[7, 7, 3, 5]], as_drawn=(0, 0)).column_flips == (None, Flip(2, 3))


def test_a_cell_that_is_not_taken_for_a_digit_does_not_stay():
    reading = reading_of([[-3, 7, 7]], as_drawn=(0, 2))  # the closest guess is a 7
    assert reading.probabilities[0, 0].argmax() == 7
    assert reading.staying == 2
    assert reading.digits == [[None, 7, 7]]
    assert reading.column_flips == (Flip(-2, None), None)


@pytest.mark.parametrize("change", [move, tilt_pixels])
@pytest.mark.parametrize("digit", [np.zeros((27, 28)), np.zeros((1, 28, 28)), np.full((28, 28), np.nan)])
def test_what_is_no_digit_is_refused(change, digit):
    with pytest.raises(ValueError, match="expected \\(28, 28\\) finite numbers"):
        change(digit.astype(np.float32))


@pytest.mark.parametrize(("strokes", "pen_width"), [([[(1, 2), (pi, float("nan"))]], 18), (UPRIGHT, 0)])
def test_strokes_that_cannot_be_read_are_refused(strokes, pen_width):
    with pytest.raises(DrawingError):
        tilt_strokes(strokes, pen_width)
