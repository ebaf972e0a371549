from dataclasses import replace
from math import cos, radians, sin, tan

import numpy as np
import pytest
from scipy import ndimage

from mnist_core.preprocessing.findings import Finding, count_parts, find, measure_drawing, slant
from mnist_core.preprocessing.raster import draw
from ui.inputs.examples import EXAMPLES

ORDINARY = measure_drawing(EXAMPLES["8"], 18, 280)


def findings(strokes, pen_width=18):
    return find(measure_drawing(strokes, pen_width, 280))


@pytest.mark.parametrize("title", ["2", "3", "8", "barred 7"])
def test_nothing_stands_out_about_an_ordinary_drawing(title):
    assert findings(EXAMPLES[title]) == ()


def test_a_small_drawing_in_a_corner_is_small_off_centre_and_has_a_thick_pen():
    assert findings(EXAMPLES["tiny 4"]) == (Finding.SMALL, Finding.OFF_CENTRE, Finding.THICK)


def test_a_drawing_is_measured_in_pixels_of_a_digit():
    measures = measure_drawing([[(200, 11), (200, 91), (220, 91)]], 20, 280)
    assert measures.size == pytest.approx(10)  # (80 + 20) / 10
    assert (measures.right, measures.down) == pytest.approx((7, -8.9))
    assert measures.pen == pytest.approx(4)  # 20 of 100, fitted into 20
    assert not measures.is_over_the_edge


@pytest.mark.parametrize("point", [(-3, 140), (140, 283)])
def test_strokes_that_leave_the_canvas_are_found(point):
    assert Finding.OVER_THE_EDGE in findings([[(140, 60), (150, 200), point]])


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"size": 12.0}, Finding.SMALL),
        ({"right": -2.9, "down": 2.9}, Finding.OFF_CENTRE),
        ({"pen": 1.2}, Finding.THIN),
        ({"pen": 4.6}, Finding.THICK),
        ({"slant": 36.0}, Finding.TILTED),
        ({"slant": -36.0}, Finding.TILTED),
        ({"parts": 2}, Finding.PARTS),
        ({"strays": 1}, Finding.STRAY),
    ],
)
def test_what_is_pronounced_is_found_alone(change, finding):
    assert find(replace(ORDINARY, **change)) == (finding,)


@pytest.mark.parametrize("change", [{"size": 12.5}, {"right": 3.9}, {"pen": 1.3}, {"pen": 4.4}, {"slant": 34.0}])
def test_what_is_not_pronounced_is_not_mentioned(change):
    assert find(replace(ORDINARY, **change)) == ()


@pytest.mark.parametrize("degrees", [-40, -15, 0, 25, 45])
def test_a_line_leans_by_its_angle(degrees):
    ends = np.array([[14 - 8 * sin(radians(degrees)), 14 + 8 * cos(radians(degrees))], [14, 14]])
    assert slant(draw([ends], 0.5)) == pytest.approx(degrees, abs=1.5)


def test_a_sheared_digit_leans_by_the_shear(mnist_test):
    """Of any digit, not only of a line: a shear by one pixel a row adds 1 to the tangent of its slant."""
    for digit in mnist_test.pixels[:20]:
        wide = np.pad(digit, ((0, 0), (14, 14)))
        sheared = np.array([np.roll(row, 14 - at) for at, row in enumerate(wide)])
        assert tan(radians(slant(sheared))) == pytest.approx(tan(radians(slant(digit))) + 1)


def test_a_tilt_is_rare_among_real_digits(mnist_test):
    tilted = sum(abs(slant(digit)) >= 35 for digit in mnist_test.pixels)
    assert tilted == 153  # of 10,000


def test_parts_are_counted_as_another_library_counts_them(mnist_test):
    for digit in mnist_test.pixels[:300]:
        labels, _ = ndimage.label(digit >= 0.25, np.ones((3, 3)))
        ink = np.bincount(labels.ravel(), digit.ravel())[1:]
        assert count_parts(digit) == (ink / ink.sum() >= 0.1).sum()


def test_two_strokes_apart_are_two_parts_and_a_speck_is_none():
    two = [[(80, 60), (80, 220)], [(200, 60), (200, 220)]]
    assert measure_drawing(two, 18, 280).parts == 2
    assert measure_drawing([*two, [(80, 140), (200, 140)]], 18, 280).parts == 1
    assert measure_drawing([two[0], [(120, 220), (122, 220)]], 18, 280).parts == 1


def test_a_stray_click_is_found_and_changes_no_other_figure():
    seven = EXAMPLES["tiny 4"]
    alone, beside = measure_drawing(seven, 18, 280), measure_drawing([*seven, [(300, 270)]], 18, 280)
    assert beside == replace(alone, strays=1)
    assert find(beside) == (Finding.STRAY, *find(alone))


def test_a_click_can_be_measured():
    assert measure_drawing([[(50, 50)]], 18, 280).parts == 1
