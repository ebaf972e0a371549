"""Where a line of digits may be cut."""

import numpy as np
import pytest

from mnist_core.preprocessing.segmentation import MAX_PIECES, Group, bounding_box, line_from_strokes

PEN = 10.0


def bar(x: float, top: float = 0, bottom: float = 100) -> np.ndarray:
    return np.array([[x, top], [x, (top + bottom) / 2], [x, bottom]], float)


def across(left: float, right: float, y: float) -> np.ndarray:
    return np.array([[left, y], [right, y]], float)


def members(line) -> list[list[float]]:
    """The left ends of the strokes of each piece."""
    return [sorted(stroke[:, 0].min() for stroke in piece.strokes) for piece in line.pieces]


def test_pieces_come_from_left_to_right_whenever_they_were_written():
    line = line_from_strokes([bar(200), bar(0), bar(100)], PEN)
    assert members(line) == [[0], [100], [200]]
    assert line.height == 110
    assert line.gaps == pytest.approx((90 / 110, 90 / 110))


def test_a_bar_a_tick_and_a_dot_go_with_the_stroke_that_they_stand_on():
    seven, one = bar(50), bar(150)
    line = line_from_strokes([seven, one, across(30, 70, 50), across(130, 170, 100), across(52, 53, 20)], PEN)
    assert members(line) == [[30, 50, 52], [130, 150]]


def test_a_bar_that_stands_apart_is_a_piece_of_its_own():
    assert members(line_from_strokes([bar(0), across(60, 90, 50), bar(150)], PEN)) == [[0], [60], [150]]


def test_what_overlaps_has_a_gap_below_zero_and_may_be_one_digit_or_two():
    line = line_from_strokes([np.array([[0, 0], [60, 50], [0, 100]], float), bar(40)], PEN)
    assert line.gaps == pytest.approx((-30 / 110,))
    assert {(group.first, group.end) for group in line.groups} == {(0, 1), (1, 2), (0, 2)}


def test_what_is_far_apart_is_one_digit_only_where_it_is_all_that_there_is():
    both = line_from_strokes([bar(0), bar(300)], PEN)
    assert {(group.first, group.end) for group in both.groups} == {(0, 1), (1, 2), (0, 2)}
    three = line_from_strokes([bar(0), bar(300), bar(600)], PEN)
    assert {(group.first, group.end) for group in three.groups} == {(0, 1), (1, 2), (2, 3), (0, 3)}


def test_a_text_is_not_taken_apart():
    line = line_from_strokes([bar(100 * number) for number in range(MAX_PIECES + 1)], PEN)
    assert line.groups == (Group(0, MAX_PIECES + 1, bounding_box([bar(0), bar(100 * MAX_PIECES)])),)


def test_a_group_has_all_strokes_of_its_pieces():
    line = line_from_strokes([bar(0), bar(40), across(20, 60, 30)], PEN)
    everything = next(group for group in line.groups if (group.first, group.end) == (0, len(line.pieces)))
    assert len(line.strokes_of(everything)) == 3
    assert everything.box == (0, 0, 60, 100)
    assert (everything.box.width, everything.box.height) == (60, 100)


def test_a_single_dot_is_a_line():
    line = line_from_strokes([np.array([[5.0, 5.0]])], PEN)
    assert line.gaps == ()
    assert line.groups == (Group(0, 1, bounding_box([np.array([[5.0, 5.0]])])),)
