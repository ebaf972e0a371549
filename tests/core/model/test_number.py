"""Several digits in a line are read as a number; one digit stays one."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.photo_kinds import put_in_a_row, take_photo
from mnist_core.errors import DrawingError, PictureError
from mnist_core.model.number import (
    DOUBT,
    NO_DIGIT,
    Number,
    cost_of,
    cost_of_cut,
    find_way,
    read_number,
    read_number_in_image,
)
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.preprocessing.pictures import Region, open_picture
from mnist_core.preprocessing.segmentation import line_from_strokes
from mnist_core.store.models import load_light_model, load_model
from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.generate import PEN_WIDTH, UNSEEN, draw
from ui.inputs.examples import EXAMPLES

HEIGHT = 120.0


def in_a_line(text: str, gap: float, seed: int = 0) -> list[list[tuple[float, float]]]:
    """Write digits beside each other, so many heights apart, up and down a little: strokes in canvas pixels."""
    generator = np.random.default_rng(seed)
    strokes, x = [], 0.0
    for title in text:
        points = [np.asarray(stroke, float) for stroke in EXAMPLES[title]]
        low, high = (function(np.concatenate(points), axis=0) for function in (np.min, np.max))
        scale = HEIGHT * generator.uniform(0.9, 1.1) / (high - low)[1]
        y = generator.uniform(-0.08, 0.08) * HEIGHT
        strokes += [((stroke - low) * scale + [x, y]).tolist() for stroke in points]
        x += (high - low)[0] * scale + PEN_WIDTH + gap * HEIGHT
    return strokes


@pytest.fixture(scope="module")
def quick():
    return load_model("quick")


@pytest.mark.parametrize("text", ["42", "2026", "314159", "0077", "580"])
@pytest.mark.parametrize("gap", [0.03, 0.25, 0.6])
def test_a_number_is_read(quick, text, gap):
    number = read_number(quick, in_a_line(text, gap), PEN_WIDTH)
    assert number.text == text
    assert number.digits == tuple(map(int, text))
    assert (0.2 if gap < 0.1 else 0.7) < number.confidence <= min(part.prediction.confidence for part in number.parts)
    lefts = [box.left for box in number.boxes]
    assert lefts == sorted(lefts)


def test_whenever_its_strokes_are_written_and_in_any_unit(quick):
    strokes = in_a_line("9745", 0.2)
    assert read_number(quick, strokes[::-1], PEN_WIDTH).text == "9745"
    small = [[(x / 1000, y / 1000) for x, y in stroke] for stroke in strokes]
    assert read_number(quick, small).text == "9745"


def test_the_light_model_reads_the_same(quick):
    strokes = in_a_line("6803", 0.1)
    light = read_number(load_light_model("quick"), strokes, PEN_WIDTH)
    number = read_number(quick, strokes, PEN_WIDTH)
    assert light.text == number.text
    assert light.confidence == pytest.approx(number.confidence, abs=1e-4)


def test_each_digit_comes_with_what_was_read(quick):
    strokes = in_a_line("14", 0.3)
    number = read_number(quick, strokes, PEN_WIDTH)
    assert [stroke for part in number.parts for stroke in part.strokes] == strokes
    for part in number.parts:
        assert part.digit.shape == (28, 28)
        assert part.prediction.verdict is Verdict.SURE


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_one_digit_is_not_two(quick, style):
    generator = np.random.default_rng([UNSEEN, 7])
    counts = [len(read_number(quick, strokes_of(draw(style, generator)), PEN_WIDTH).parts) for _ in range(12)]
    assert counts == [1] * 12


def strokes_of(arrays: Sequence[np.ndarray]) -> list[list[tuple[float, float]]]:
    return [stroke.tolist() for stroke in arrays]


def test_nothing_is_no_number(quick):
    assert read_number(quick, []) == Number((), 1.0)
    assert read_number(quick, [[]]).text == ""


def test_what_cannot_be_read_is_said(quick):
    with pytest.raises(DrawingError, match="not a number"):
        read_number(quick, [[(0, 0), (float("nan"), 1)]])


def test_a_text_of_many_strokes_is_not_taken_for_a_number(quick):
    strokes = [[(10.0 * x, 0.0), (10.0 * x, 100.0)] for x in range(60)]
    assert len(read_number(quick, strokes, 8).parts) == 1


def test_the_cheapest_way_is_taken_and_its_share_of_all_ways_told():
    line = line_from_strokes([np.array([[x, 0.0], [x, 100.0]]) for x in (0, 30)], 10)
    apart = sum(cost_of_cut(gap) for gap in line.gaps)
    costs = {(0, 2): 2.0, (0, 1): 0.5, (1, 2): 0.25}
    way, share = find_way(line, [costs[group.first, group.end] for group in line.groups])
    assert [(line.groups[number].first, line.groups[number].end) for number in way] == [(0, 1), (1, 2)]
    assert share == pytest.approx(1 / (1 + np.exp(0.75 + apart - 2)))


def test_a_group_costs_the_more_the_less_its_two_best_digits_have():
    line = line_from_strokes([np.array([[0.0, 0.0], [20.0, 100.0]])], 10)

    def cost(second: float, verdict: Verdict = Verdict.UNSURE) -> float:
        shares = np.full(10, (0.4 - second) / 8)
        shares[[4, 9]] = 0.6, second
        return cost_of(line.groups[0], Prediction(shares, verdict), line)

    either = cost(second=0.4)
    assert cost(second=0.3) - either == pytest.approx(0.1 * DOUBT)
    assert cost(second=0.1) - either == pytest.approx(0.3 * DOUBT)
    assert cost(second=0.4, verdict=Verdict.TWO_DIGITS) - either == pytest.approx(NO_DIGIT)
    assert cost(second=0.1, verdict=Verdict.NOT_A_DIGIT) - either == pytest.approx(max(0.3 * DOUBT, NO_DIGIT))


def test_a_cut_costs_less_the_wider_the_gap():
    assert cost_of_cut(-0.2) > cost_of_cut(-0.1) > cost_of_cut(0.0) == pytest.approx(cost_of_cut(0.5), abs=0.7)


# ------------------------------------------------------------------------------------------------------ in a picture


def photo_of(text: str, kind: str = "paper", seed: int = 0) -> Image.Image:
    generator = np.random.default_rng(seed)
    return open_picture(take_photo(put_in_a_row([EXAMPLES[title] for title in text], generator), kind, generator))


@pytest.mark.parametrize("kind", ["paper", "yellow", "ruled", "squared", "pencil", "shadow"])
@pytest.mark.parametrize("text", ["42", "3580"])
def test_a_number_is_read_in_a_photo(quick, kind, text):
    number = read_number_in_image(quick, photo_of(text, kind))
    assert number.text == text
    assert all(part.strokes == () and part.digit.shape == (28, 28) for part in number.parts)


def test_boxes_lie_around_the_digits_of_a_picture(quick):
    picture = Image.new("L", (500, 200), 255)
    for left, title in ((40, "2"), (180, "5")):
        points = [np.asarray(stroke) for stroke in EXAMPLES[title]]
        low, high = np.concatenate(points).min(0), np.concatenate(points).max(0)
        path = [[tuple((point - low) * 100 / (high - low)[1] + [left, 50]) for point in stroke] for stroke in points]
        for stroke in path:
            ImageDraw.Draw(picture).line(stroke, fill=0, width=8)
    number = read_number_in_image(quick, picture)
    assert number.text == "25"
    assert [box.left for box in number.boxes] == pytest.approx([40, 180], abs=6)
    assert [box.top for box in number.boxes] == pytest.approx([50, 50], abs=6)
    assert [box.bottom for box in number.boxes] == pytest.approx([150, 150], abs=6)
    moved = read_number_in_image(quick, picture, Region(150, 20, 400, 190))
    assert moved.text == "5"
    assert moved.boxes[0] == pytest.approx(number.boxes[1], abs=1)


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270])
def test_a_photo_that_lies_on_its_side_is_read(quick, turn):
    upright = photo_of("2537")
    expected, number = (read_number_in_image(quick, picture) for picture in (upright, upright.transpose(turn)))
    assert number.text == expected.text == "2537"
    for (left, top, right, bottom), lying in zip(expected.boxes, number.boxes, strict=True):
        if turn is Image.Transpose.ROTATE_90:
            turned = top, upright.width - right, bottom, upright.width - left
        else:
            turned = upright.height - bottom, left, upright.height - top, right
        assert lying == pytest.approx(turned, abs=2)


@pytest.mark.parametrize("title", "0123456789")
def test_one_digit_in_a_photo_is_one(quick, title):
    assert read_number_in_image(quick, photo_of(title, "squared")).text == title


def test_a_five_whose_bar_stands_above_it_is_no_column(quick):
    bar, body = [(60, 92), (85, 88), (120, 86)], [(68, 110), (50, 112), (46, 125), (80, 150), (105, 175), (108, 205)]
    picture = Image.new("L", (300, 300), 255)
    for stroke in (bar, [*body, (95, 230), (70, 236), (44, 218)]):
        ImageDraw.Draw(picture).line(stroke, fill=0, width=7, joint="curve")
    assert read_number_in_image(quick, picture).text == "5"


def test_an_empty_page_is_no_number(quick):
    with pytest.raises(PictureError):
        read_number_in_image(quick, photo_of("1", "blank, lines"))
