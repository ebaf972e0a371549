import random
import subprocess
import sys
import zlib
from io import BytesIO
from math import cos, pi, sin

import numpy as np
import pytest
from PIL import Image

from mnist_core.errors import DrawingError, PictureError
from mnist_core.preprocessing.pictures import MAX_SIDE, digit_from_image, open_picture, plain_resize_image
from mnist_core.preprocessing.raster import centre_by_mass, draw
from mnist_core.preprocessing.strokes import (
    MAX_POINTS,
    Mark,
    digit_from_strokes,
    digit_with_marks,
    fit_to_box,
    plain_resize_strokes,
)
from tests.support.places import PROJECT

RING = [[(140 + 60 * cos(a), 140 + 90 * sin(a)) for a in np.linspace(0, 2 * pi, 60)]]
RING_DIGIT = digit_from_strokes(RING, 18)


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


def picture_of(strokes, side=300, pen=14, mode="L", paper=255, ink=0):
    """A clean picture of strokes given in canvas pixels."""
    grey = draw([np.array(stroke) / 10 for stroke in strokes], pen / 10)
    big = Image.fromarray((grey * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    share = np.asarray(big, dtype=np.float64) / 255
    return Image.fromarray(np.rint(paper + (ink - paper) * share).astype(np.uint8)).convert(mode)


def encoded(image, kind="PNG", **options):
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def likeness(digit, other=RING_DIGIT):
    """Correlation of the pixels, 1 for the same picture; the centre may fall one pixel to either side."""
    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(np.corrcoef(np.roll(digit, shift, (0, 1)).ravel(), other.ravel())[0, 1] for shift in shifts)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "CMYK", "YCbCr", "LA", "I", "F"])
@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255)])
def test_every_kind_of_picture_gives_the_same_digit(mode, paper, ink):
    assert likeness(digit_from_image(picture_of(RING, mode=mode, paper=paper, ink=ink))) > 0.95


@pytest.mark.parametrize(("paper", "ink"), [(235, 90), (20, 130), (140, 90)])
def test_weak_contrast_is_stretched(paper, ink):
    digit = digit_from_image(picture_of(RING, paper=paper, ink=ink))
    assert likeness(digit) > 0.95
    assert digit.max() > 0.85


def test_a_16_bit_picture_is_read():
    levels = np.asarray(picture_of(RING), dtype=np.uint16) * 257
    content = encoded(Image.fromarray(levels))
    assert Image.open(BytesIO(content)).mode.startswith("I;16")
    opened = open_picture(content)
    assert likeness(digit_from_image(opened)) > 0.95
    assert likeness(1 - plain_resize_image(opened), 1 - plain_resize_image(picture_of(RING))) > 0.99


def test_a_large_picture_is_reduced_in_strips_as_it_would_be_whole():
    levels = np.random.default_rng(5).integers(0, 65536, (1537, 1030), dtype=np.uint16)
    whole = Image.fromarray((levels / 65535 * 255).astype(np.uint8)).reduce(4)
    assert np.array_equal(np.asarray(open_picture(encoded(Image.fromarray(levels)))), np.asarray(whole))


MEMORY_OF_A_PICTURE = """
import re, sys
from pathlib import Path
from mnist_core.preprocessing.pictures import open_picture

def status(entry):
    return int(re.search(rf"{entry}:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

content = Path(sys.argv[1]).read_bytes()
Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
before = status("VmRSS")
open_picture(content)
print(status("VmHWM") - before)
"""


@pytest.mark.chaos
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak of the memory")
@pytest.mark.parametrize(("mode", "kind"), [("I;16", "PNG"), ("RGBA", "PNG"), ("P", "PNG"), ("RGB", "JPEG")])
def test_the_largest_picture_takes_little_memory(mode, kind, tmp_path):
    file = tmp_path / "picture"
    Image.new(mode, (MAX_SIDE, MAX_SIDE)).save(file, kind)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY_OF_A_PICTURE, file], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100_000  # kB


@pytest.mark.chaos
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_that_was_changed_in_any_place_is_read_or_refused(kind, pytestconfig):
    whole = encoded(picture_of(RING, side=120), kind)
    rounds, refused = 5_000 if pytestconfig.getoption("long") else 100, 0
    for number in range(rounds):
        chance, content = random.Random(number), bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 20])):
            content[chance.randrange(33 if kind == "PNG" else len(content))] = chance.randrange(256)
        if kind == "PNG":  # a change of what it says of itself, which a checksum would tell
            content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
        cut = chance.choice([len(content)] * 3 + [chance.randrange(len(content))])
        try:
            assert digit_from_image(open_picture(bytes(content[:cut]))).shape == (28, 28)
        except PictureError:
            refused += 1
    assert 0 < refused < rounds


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


def test_a_photo_lying_on_its_side_is_turned_upright():
    seven = [[(60, 60), (200, 60), (110, 240)]]
    lying = picture_of(seven).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held so that the picture must be turned by 90° clockwise
    photo = open_picture(encoded(lying, "JPEG", exif=exif))
    assert likeness(digit_from_image(photo), digit_from_strokes(seven, 14)) > 0.9
    assert likeness(plain_resize_image(photo), plain_resize_image(picture_of(seven))) > 0.98


@pytest.mark.parametrize("notes", [b"Exif\0\0ZM\0*\0\0\0\x08", b"Exif\0\0MM\0*"], ids=["of another kind", "cut short"])
def test_a_photo_whose_notes_are_damaged_is_read_as_it_lies(notes):
    photo = open_picture(encoded(picture_of(RING), exif=notes))
    assert likeness(digit_from_image(photo)) > 0.95


def test_a_thin_pen_on_a_large_sheet_is_widened_to_what_mnist_has():
    thin = picture_of(RING, side=1000, pen=3)
    digit = digit_from_image(thin)
    assert digit.max() > 0.9
    assert digit.sum() > 0.5 * RING_DIGIT.sum()


def test_real_digits_as_pictures_come_back_as_they_were(mnist_test):
    """MNIST's digits are fitted and centred already, dark on light or light on dark, small or enlarged."""
    for image, digit in zip(mnist_test.images[:200], mnist_test.pixels, strict=False):
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


class TestFiles:
    def test_a_png_and_a_jpeg_are_opened(self):
        for kind in ("PNG", "JPEG"):
            assert open_picture(encoded(picture_of(RING), kind)).size == (300, 300)

    def test_a_large_picture_comes_reduced_and_with_its_shape(self):
        assert open_picture(encoded(Image.new("RGB", (3000, 2000)))).size == (500, 334)

    def test_a_phone_photo_with_its_preview_is_opened(self):
        """Phones write MPO: a JPEG with a second picture behind the first."""
        photo = picture_of(RING, mode="RGB")
        file = BytesIO()
        photo.save(file, "MPO", save_all=True, append_images=[photo.resize((60, 60))])
        assert Image.open(BytesIO(file.getvalue())).format == "MPO"
        assert likeness(digit_from_image(open_picture(file.getvalue()))) > 0.95

    @pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(50), bytes(1000)])
    def test_what_is_no_picture_is_refused(self, content):
        with pytest.raises(PictureError, match=r"not a PNG or JPEG|damaged"):
            open_picture(content)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    @pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
    def test_a_truncated_file_is_refused(self, kind, part):
        noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200), np.uint8))
        content = encoded(noise, kind)
        with pytest.raises(PictureError, match="damaged or incomplete"):
            open_picture(content[: int(len(content) * part)])

    def test_a_file_over_5_mb_is_refused(self):
        with pytest.raises(PictureError, match=r"5\.0 MB; at most 5 MB"):
            open_picture(encoded(picture_of(RING)) + bytes(5_000_000))

    def test_a_side_over_4096_pixels_is_refused_before_a_pixel_is_decoded(self, monkeypatch):
        content = encoded(Image.new("1", (5000, 10)))
        monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda _: pytest.fail("decoded"))
        with pytest.raises(PictureError, match="5000 × 10 pixels; at most 4,096"):
            open_picture(content)

    def test_a_decompression_bomb_is_refused(self):
        content = encoded(Image.new("1", (20_000, 20_000)))
        assert len(content) < 100_000
        with pytest.raises(PictureError):
            open_picture(content)

    def test_an_animation_is_refused(self):
        frames = [picture_of(RING), picture_of(RING, pen=40)]
        with pytest.raises(PictureError, match="animated"):
            open_picture(encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]))

    def test_a_picture_of_another_format_is_refused(self):
        with pytest.raises(PictureError, match="not a PNG or JPEG"):
            open_picture(encoded(picture_of(RING), "BMP"))
