from math import pi

import numpy as np
import pytest
from PIL import Image

from mnist_core.errors import DrawingError, PictureError
from mnist_core.preprocessing.pictures import digit_from_image, open_picture, plain_resize_image
from mnist_core.preprocessing.raster import centre_by_mass, draw
from mnist_core.preprocessing.stages import fit_with_own_pen
from mnist_core.preprocessing.strokes import (
    MAX_POINTS,
    Mark,
    digit_from_strokes,
    digit_with_marks,
    fit_to_box,
    plain_resize_strokes,
    without_strays,
)
from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.generate import PEN_WIDTH
from mnist_core.synthetic.generate import draw as draw_style
from tests.support.pictures import RING, RING_DIGIT, encoded, likeness, picture_of


def extent(digit, level=0.5):
    """Rows and columns from the first to the last pixel of ink."""
    rows, columns = (np.flatnonzero((digit >= level).any(axis)) for axis in (1, 0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def centre_of_mass(digit):
    rows, columns = np.indices(digit.shape)
    return (digit * rows).sum() / digit.sum(), (digit * columns).sum() / digit.sum()


# ------------------------------------------------------------------------------------------------- centring


def test_no_real_test_digit_moves_when_centred(mnist_test):
    """The oracle: MNIST was made by this very step, so it must leave MNIST alone, bit for bit."""
    moved = [index for index, digit in enumerate(mnist_test.pixels) if not np.array_equal(centre_by_mass(digit), digit)]
    assert moved == []


def test_a_shifted_real_digit_comes_back(mnist_test):
    for digit in mnist_test.pixels[:200]:
        rows, columns = (np.flatnonzero(digit.any(axis)) for axis in (1, 0))
        shifted = np.roll(digit, (-rows[0], 27 - columns[-1]), axis=(0, 1))  # into the upper right corner
        assert np.array_equal(centre_by_mass(shifted), digit)


def test_centring_cuts_off_no_ink():
    digit = np.zeros((28, 28), np.float32)
    digit[0:28, 3] = 1.0  # as tall as the picture, so it cannot move up or down
    digit[0, 3:10] = 1.0
    assert centre_by_mass(digit).sum() == digit.sum()


def test_an_empty_digit_stays_empty():
    assert not centre_by_mass(np.zeros((28, 28), np.float32)).any()


# ------------------------------------------------------------------------------------------------- strokes


def test_a_digit_is_28_by_28_float32_with_ink_1_on_0():
    digit = digit_from_strokes(RING, 18)
    assert digit.shape == (28, 28)
    assert digit.dtype == np.float32
    assert digit.min() == 0.0
    assert digit.max() == 1.0


@pytest.mark.parametrize("pen_width", [8, 18, 30])
@pytest.mark.parametrize(("scale", "dx", "dy"), [(1, 0, 0), (0.4, 5, 150), (1.4, -60, -60), (3, 1000, 0)])
def test_size_place_and_pen_of_a_drawing_do_not_matter(scale, dx, dy, pen_width):
    moved = [[(x * scale + dx, y * scale + dy) for x, y in stroke] for stroke in RING]
    assert np.allclose(digit_from_strokes(moved, pen_width), digit_from_strokes(RING, 18), atol=0.1)


def test_the_ink_spans_20_pixels_on_its_longer_side_and_keeps_its_aspect():
    height, width = extent(digit_from_strokes(RING, 18), level=0.3)
    assert height in (20, 21)
    assert width == pytest.approx(17.5 * 120 / 180 + 2.5, abs=1.5)


def test_the_centre_of_mass_lies_within_half_a_pixel_of_14_14():
    six = [[(150, 60), (100, 140), (110, 200), (160, 200), (170, 150), (110, 150)]]
    assert centre_of_mass(digit_from_strokes(six, 18)) == pytest.approx((14, 14), abs=0.5)


def test_a_line_has_the_ink_of_a_rectangle_with_round_caps():
    ink = draw([np.array([[5.0, 14.0], [20.0, 14.0]])], 2.5).sum()
    assert ink == pytest.approx(15 * 2.5 + pi * 1.25**2, rel=0.03)


def test_a_slanted_line_has_as_much_ink_as_a_level_one():
    level = draw([np.array([[6.0, 14.0], [21.0, 14.0]])], 2.5).sum()
    slanted = draw([np.array([[6.0, 6.0], [6 + 15 / 2**0.5, 6 + 15 / 2**0.5]])], 2.5).sum()
    assert slanted == pytest.approx(level, rel=0.03)


SEVEN = [(20, 20), (84, 20), (44, 100)]  # in a corner


@pytest.mark.parametrize("stray", [[(262, 262)], [(262, 262), (262, 262)], [(250, 30), (258, 34), (262, 33)]])
@pytest.mark.parametrize("order", [1, -1])
def test_a_click_or_a_slip_far_from_a_drawing_does_not_frame_it(stray, order):
    alone, drawing = [SEVEN], [SEVEN, stray][::order]
    assert np.array_equal(digit_from_strokes(drawing, 18), digit_from_strokes(alone, 18))
    assert np.array_equal(fit_with_own_pen(drawing, 18), fit_with_own_pen(alone, 18))
    assert np.array_equal(digit_from_strokes([*drawing, [(5, 270)]], 18), digit_from_strokes(alone, 18))


@pytest.mark.parametrize(
    "strokes",
    [
        [SEVEN, [(262, 262), (262, 200)]],  # a stroke of its own
        [SEVEN, [(120, 100)]],  # a click near by
        [[(140, 100), (140, 240)], [(140, 40)]],  # a dot over an i
        [[(140, 20), (90, 140), (140, 260), (190, 140), (140, 20)], [(140, 140)]],  # a dot within a ring
        [[(x, 40 + x)] for x in range(20, 220, 40)],  # nothing but clicks
        [[(20, 20), (40, 20)], *([(40 + x, 20 + 2 * x)] for x in range(20, 120, 20))],  # dots, and a drag among them
        [[(20, 20), (120, 20)], *([(120, 20 + y)] for y in range(40, 240, 40))],  # dots that go on from a line
        [[(262, 262)], [(20, 20)]],
    ],
)
def test_what_may_belong_to_a_drawing_is_kept(strokes):
    kept = without_strays(strokes, 18)
    assert [stroke.tolist() for stroke in kept] == [list(map(list, stroke)) for stroke in strokes]


def test_no_stroke_of_a_synthetic_digit_is_a_stray_mark():
    generator = np.random.default_rng(4)
    for style in STYLES:
        for _ in range(10):
            strokes = draw_style(style, generator)
            assert len(without_strays(strokes, PEN_WIDTH)) == len(strokes)


def test_a_click_is_a_dot_and_is_not_blown_up():
    digit = digit_from_strokes([[(30, 200), (30, 200)]], 18)
    assert digit.sum() == pytest.approx(pi * 1.25**2, rel=0.05)
    assert np.array_equal(digit, digit_from_strokes([[(30, 200)]], 18))


@pytest.mark.parametrize("strokes", [[], [[]], [[], []]])
def test_nothing_drawn_is_an_empty_digit(strokes):
    digit = digit_from_strokes(strokes, 18)
    assert digit.shape == (28, 28)
    assert not digit.any()


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([[(0.0, float("nan"))]], "not a number"),
        ([[(float("inf"), 0.0)]], "not a number"),
        ([[(1e300, 0.0)]], "far outside the canvas"),
        ([[(1.0, 2.0, 3.0)]], "not a list of"),
        ([[("a", "b")]], "not a list of"),
        ([[(1.0, 2.0), (3.0,)]], "not a list of"),
        ([[(0.0, 0.0)] * (MAX_POINTS + 1)], "20,001 points; at most 20,000"),
    ],
)
def test_strokes_that_cannot_be_read_are_refused_with_a_sentence(strokes, message):
    with pytest.raises(DrawingError, match=message):
        digit_from_strokes(strokes, 18)


@pytest.mark.parametrize("pen_width", [0, -3, 1001, 1e300, float("nan"), float("inf")])
def test_a_pen_of_no_possible_width_is_refused(pen_width):
    with pytest.raises(DrawingError, match="pen width"):
        digit_from_strokes(RING, pen_width)
    with pytest.raises(DrawingError, match="pen width"):
        digit_with_marks(RING_DIGIT, [Mark(RING[0], pen_width)], 280)


def test_fitting_keeps_the_middle_of_the_ink_in_the_middle():
    (ring,) = fit_to_box(RING, 18)
    assert (ring.min(0) + ring.max(0)) / 2 == pytest.approx([14, 14])


def test_a_plain_resize_leaves_a_corner_drawing_in_its_corner():
    corner = [[(x / 4, y / 4) for x, y in stroke] for stroke in RING]
    row, column = centre_of_mass(plain_resize_strokes(corner, 18, 280))
    assert (row, column) == pytest.approx((3.0, 3.0), abs=0.1)


# ------------------------------------------------------------------------------------------------- marks on a digit

DOWN = [(100.0, 30.0), (100.0, 250.0)]
ACROSS = [(40.0, 140.0), (240.0, 150.0)]


def seen_on_the_canvas(digit, marks):
    """The canvas by the definition of a thick line, at 4 × 4 dots a canvas pixel, averaged over a digit's pixels."""
    y, x = (np.indices((1120, 1120)) + 0.5) / 4
    canvas = np.kron(digit, np.ones((40, 40)))
    for mark in marks:
        (x0, y0), (x1, y1) = mark.points
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        distance = np.hypot(x - x0 - along * dx, y - y0 - along * dy)
        canvas[distance <= mark.width / 2] = 0 if mark.erases else 1
    return canvas.reshape(28, 40, 28, 40).mean((1, 3))


def test_a_digit_without_marks_is_the_same_digit():
    assert digit_with_marks(RING_DIGIT, [], 280) is RING_DIGIT
    assert digit_with_marks(RING_DIGIT, [Mark([], 18)], 280) is RING_DIGIT


def test_marks_change_no_pixel_of_a_real_digit_that_they_do_not_touch(mnist_test):
    aside = [Mark([(-100, 20), (-100, 200)], 18), Mark([(500, 20), (500, 200)], 18, erases=True)]
    for digit in mnist_test.pixels[:500]:
        assert np.array_equal(digit_with_marks(digit, aside, 280), digit)


@pytest.mark.parametrize("width", [8, 18, 30])
def test_a_pen_only_adds_ink_and_an_eraser_only_takes_it_away(width):
    drawn = digit_with_marks(RING_DIGIT, [Mark(ACROSS, width)], 280)
    erased = digit_with_marks(RING_DIGIT, [Mark(ACROSS, width, erases=True)], 280)
    assert (drawn >= RING_DIGIT).all()
    assert (drawn > RING_DIGIT).any()
    assert (erased <= RING_DIGIT).all()
    assert (erased < RING_DIGIT).any()


def test_the_last_mark_lies_on_top():
    pen, eraser = Mark(DOWN, 20), Mark([(40, 140), (240, 140)], 20, erases=True)
    blank = np.zeros((28, 28), np.float32)
    crossing = (slice(13, 15), slice(9, 11))  # rows 130 to 150, columns 90 to 110 of the canvas
    assert digit_with_marks(blank, [pen, eraser], 280)[crossing].max() < 0.1
    assert digit_with_marks(blank, [eraser, pen], 280)[crossing].min() > 0.9


def test_a_pixel_is_what_the_canvas_shows_there_on_average(mnist_test):
    marks = [Mark(DOWN, 12), Mark(ACROSS, 30, erases=True), Mark([(60, 220), (220, 60)], 18)]
    for digit in mnist_test.pixels[:20]:
        assert np.allclose(digit_with_marks(digit, marks, 280), seen_on_the_canvas(digit, marks), atol=0.1)


def test_the_canvas_may_have_any_side():
    small = [Mark([(x / 2, y / 2) for x, y in ACROSS], 9)]
    assert np.array_equal(
        digit_with_marks(RING_DIGIT, small, 140), digit_with_marks(RING_DIGIT, [Mark(ACROSS, 18)], 280)
    )


def test_marks_of_too_many_points_together_are_refused():
    half = Mark([(0.0, 0.0)] * (MAX_POINTS // 2 + 1), 18)
    with pytest.raises(DrawingError, match="20,002 points; at most 20,000"):
        digit_with_marks(RING_DIGIT, [half, half], 280)


# ------------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "CMYK", "YCbCr", "LA", "I", "F"])
@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255)])
def test_every_kind_of_picture_gives_the_same_digit(mode, paper, ink):
    assert likeness(digit_from_image(picture_of(RING, mode=mode, paper=paper, ink=ink))) > 0.95


@pytest.mark.parametrize(("paper", "ink"), [(235, 90), (20, 130), (140, 90)])
def test_weak_contrast_is_stretched(paper, ink):
    digit = digit_from_image(picture_of(RING, paper=paper, ink=ink))
    assert likeness(digit) > 0.95
    assert digit.max() > 0.85


@pytest.mark.parametrize("shade", [0, 255])
def test_ink_on_a_transparent_picture_is_found_whatever_its_shade(shade):
    share = 255 - np.asarray(picture_of(RING))
    layers = [np.full_like(share, shade)] * 3 + [share]
    assert likeness(digit_from_image(Image.fromarray(np.dstack(layers)))) > 0.95


def test_a_photo_in_uneven_light_with_noise_is_read():
    generator = np.random.default_rng(3)
    share = 1 - np.asarray(picture_of(RING, side=600), dtype=np.float64) / 255
    y, x = np.mgrid[0:1:600j, 0:1:600j]
    paper = 230 - 90 * x - 60 * y
    grey = paper * (1 - 0.6 * share) + generator.normal(0, 6, share.shape)
    photo = open_picture(encoded(Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)), "JPEG", quality=70))
    assert likeness(digit_from_image(photo)) > 0.9


def test_a_thin_pen_on_a_large_sheet_is_widened_to_what_mnist_has():
    thin = picture_of(RING, side=1000, pen=3)
    digit = digit_from_image(thin)
    assert digit.max() > 0.9
    assert digit.sum() > 0.5 * RING_DIGIT.sum()


def test_real_digits_as_pictures_come_back_as_they_were(mnist_test):
    """MNIST's digits are fitted and centred already, dark on light or light on dark, small or enlarged."""
    for image, digit in zip(mnist_test.images[:80], mnist_test.pixels, strict=False):
        for picture in (image, 255 - image, np.kron(255 - image, np.ones((10, 10), np.uint8))):
            assert likeness(digit_from_image(Image.fromarray(picture)), digit) > 0.93


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_blank_picture_is_refused(shade):
    with pytest.raises(PictureError, match="Nothing stands out"):
        digit_from_image(Image.new("L", (200, 200), shade))


def test_a_blank_noisy_sheet_is_refused():
    noise = np.random.default_rng(0).normal(200, 5, (300, 300)).clip(0, 255).astype(np.uint8)
    with pytest.raises(PictureError, match="Nothing stands out"):
        digit_from_image(Image.fromarray(noise))


def test_a_tiny_picture_does_not_crash():
    with pytest.raises(PictureError, match="Nothing stands out"):
        digit_from_image(Image.new("L", (1, 1)))


def test_a_plain_resize_of_a_picture_keeps_paper_white():
    assert plain_resize_image(picture_of(RING)).mean() > 0.5
