"""What the report makes of the times that a browser noted."""

import pytest

from benchmarks.figures import compared
from benchmarks.pen import after_pen_up, space_evenly, while_drawing

STROKE = [
    *[("down", 0.0), ("move", 10.0), ("sent", 12.0), ("move", 30.0)],
    *[("finished", 40.0), ("shown", 45.0), ("shown", 50.0)],  # the answer to what was drawn at 10
    *[("sent", 51.0), ("move", 60.0), ("finished", 70.0), ("shown", 75.0)],  # to what was drawn at 30
    *[("sent", 76.0), ("up", 100.0), ("finished", 110.0), ("shown", 130.0), ("shown", 160.0)],
]


def test_the_first_and_the_last_new_answer_after_pen_up_are_told_apart():
    assert after_pen_up(STROKE) == (30.0, 60.0)


def test_an_answer_that_was_there_at_pen_up_was_not_waited_for():
    assert after_pen_up([*STROKE[:-2], ("sent", 120.0), ("finished", 130.0)]) == (0.0, 0.0)


def test_a_stroke_without_an_answer_has_no_time():
    with pytest.raises(AssertionError, match="not answered"):
        after_pen_up([("down", 0.0), ("up", 1.0), ("sent", 2.0), ("finished", 3.0)])


def test_an_answer_is_behind_by_the_age_of_the_newest_point_that_it_answers():
    rate, behind = while_drawing(STROKE)
    assert rate == pytest.approx(20.0)  # two in a tenth of a second; the third comes after pen-up
    assert behind == [50.0 - 10.0, 75.0 - 30.0]


def test_nothing_that_was_shown_before_the_first_word_of_the_server_is_an_answer():
    assert while_drawing([("down", 0.0), ("move", 1.0), ("shown", 5.0), ("up", 10.0)]) == (0.0, [])


def test_points_stand_at_equal_distances_along_a_line_with_corners():
    assert space_evenly([(0, 0), (4, 0), (4, 4)], 5) == [(0, 0), (2, 0), (4, 0), (4, 2), (4, 4)]


def test_rounds_are_compared_within_themselves():
    def row(number, app, *values, unit="ms", what="a wait"):
        return {"round": number, "app": app, "what": what, "unit": unit, "values": values}

    rows = [
        *(row(0, "before", 100.0, 120.0), row(0, "now", 11.0), row(1, "now", 60.0), row(1, "before", 200.0)),
        *(row(0, "before", 1.0, unit="count", what="errors"), row(1, "before", 0.0, unit="count", what="errors")),
    ]
    assert compared(rows).splitlines()[2:] == [
        "| a wait | 120 ms (102 to 192; n = 3) | 36 ms (13 to 58; n = 2) | 0.20 (0.10 to 0.30) |",
        "| errors | 1 in 2 | none |  |",
    ]
