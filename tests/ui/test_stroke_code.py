"""A drawing in an address: how exactly it comes back, how long it gets, and what is refused."""

from base64 import urlsafe_b64encode
from zlib import crc32

import numpy as np
import pytest

from mnist_core.errors import DrawingError
from mnist_core.model.prediction import predict
from mnist_core.preprocessing.strokes import Mark, digit_from_strokes
from mnist_core.store.models import load_model
from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.generate import draw
from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import PEN_WIDTH, Drawing, drawing_from_objects, path_object, polyline_object
from ui.inputs.stroke_code import MAX_LETTERS, decode_strokes, encode_strokes

A_SEVEN = Drawing([Mark([(60, 60), (200, 60), (110, 240)], 18)])
ITS_LETTERS = "ZO8SA-AD4APgCADPBaAL"


def example(title):
    return drawing_from_objects([path_object(stroke, PEN_WIDTH) for stroke in EXAMPLES[title]])


def digit_of(drawing):
    return digit_from_strokes(drawing.strokes, drawing.pen_width)


def distance(point, line):
    """The distance of a point from a polyline, segment by segment."""
    line = np.asarray(line)
    starts, ways = line[:-1], np.diff(line, axis=0)
    along = np.clip(((point - starts) * ways).sum(1) / np.maximum((ways**2).sum(1), 1e-9), 0, 1)
    return np.hypot(*(starts + along[:, None] * ways - point).T).min()


def with_checksum(content):
    return urlsafe_b64encode((crc32(content) & 0xFFFF).to_bytes(2) + content).decode().rstrip("=")


def test_links_that_were_shared_stay_readable():
    assert encode_strokes(A_SEVEN) == ITS_LETTERS
    assert decode_strokes(ITS_LETTERS) == A_SEVEN


@pytest.mark.parametrize("title", EXAMPLES)
def test_a_drawing_comes_back_within_a_pixel_of_the_canvas_and_is_read_alike(title):
    drawing = example(title)
    letters = encode_strokes(drawing)
    again = decode_strokes(letters)
    assert len(letters) < 200
    assert [mark.width for mark in again.marks] == [18] * len(drawing.marks)
    for stroke, back in zip(drawing.strokes, again.strokes, strict=True):
        assert max(distance(np.array(point), back) for point in stroke) < 0.7
    assert np.abs(digit_of(again) - digit_of(drawing)).max() <= 0.3
    for name in ("accurate", "quick"):
        before, after = (predict(load_model(name), digit_of(each)) for each in (drawing, again))
        assert (after.digit, after.verdict) == (before.digit, "sure")
        assert after.confidence == pytest.approx(before.confidence, abs=0.01)


def test_of_every_way_to_write_a_digit_large_or_small_what_was_sure_is_the_same_digit():
    model, generator = load_model("accurate"), np.random.default_rng(3)
    sure = 0
    for style in STYLES:
        scale = generator.uniform(0.2, 1.2)
        strokes = [stroke * scale for stroke in draw(style, generator)]
        drawing = Drawing([Mark([(float(x), float(y)) for x, y in stroke], PEN_WIDTH) for stroke in strokes])
        again = decode_strokes(encode_strokes(drawing))
        before, after = (predict(model, digit_of(each)) for each in (drawing, again))
        assert before.verdict != "sure" or after.digit == before.digit
        sure += before.verdict == "sure"
    assert sure > 0.8 * len(STYLES)


@pytest.mark.parametrize("title", EXAMPLES)
def test_a_link_made_from_a_linked_drawing_is_the_same_link(title):
    letters = encode_strokes(example(title))
    objects = [polyline_object(mark.points, mark.width) for mark in decode_strokes(letters).marks]
    assert encode_strokes(drawing_from_objects(objects)) == letters


def test_each_stroke_keeps_its_width_and_its_place_outside_the_canvas():
    drawing = Drawing([Mark([(-40, 300.25), (900, -2)], 8), Mark([(10, 10)], 30)])
    assert decode_strokes(encode_strokes(drawing)) == drawing


def test_a_drawing_of_20_000_points_gets_no_link_or_one_that_is_short_enough():
    generator = np.random.default_rng(1)
    scribble = Drawing([Mark([(x, y) for x, y in generator.uniform(0, 280, (20_000, 2))], 18)])
    assert encode_strokes(scribble) == ""
    line = Drawing([Mark([(x / 100, x / 100) for x in range(20_000)], 18)])
    assert len(encode_strokes(line)) < 20
    turns = np.linspace(0, 50, 20_000)
    rings = Drawing([Mark([(140 + 100 * np.cos(turn), 140 + 100 * np.sin(turn)) for turn in turns], 18)])
    assert 0 < len(encode_strokes(rings)) <= MAX_LETTERS


@pytest.mark.parametrize(
    "letters",
    [
        *("", "A", "AAAA", "!!!!", "a drawing", "é", "<img src=x>", "x" * 100_000),
        *(ITS_LETTERS[:-1], ITS_LETTERS[:-4], ITS_LETTERS[1:], ITS_LETTERS.replace("S", "T"), ITS_LETTERS + "AA"),
        with_checksum(b"\x00\x01\x00\x00"),  # a pen without width
        with_checksum(b"\xff\x7f\x01\x00\x00"),  # one that is wider than any
        with_checksum(b"\x12\x00"),  # no points
        with_checksum(b"\x12\x03\x00\x00"),  # fewer than announced
        with_checksum(b"\x12\xff\xff\xff\x7f"),  # 268 million announced
        with_checksum(b"\x12\x01" + b"\xfe\xff\xff\x7f" * 2),  # far outside
        with_checksum(b"\x12\x01" + b"\xff" * 1000),  # a number without an end
    ],
)
def test_anything_else_is_refused(letters):
    with pytest.raises(DrawingError, match="cannot be read, so the canvas is empty"):
        decode_strokes(letters)
