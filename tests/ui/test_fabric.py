from math import ceil, inf, nan

import numpy as np
import pytest

from mnist_core.errors import DrawingError
from mnist_core.preprocessing.strokes import MAX_POINTS, digit_from_strokes
from ui.inputs import fabric as strokes_module
from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import INK, MAX_STEPS, PAPER, PEN_WIDTH, drawing_from_objects, objects_from_json, path_object

# As streamlit-drawable-canvas 0.13 sends a stroke; what plays no part here is left out.
STROKE = {
    "type": "Path",
    "path": [["M", 100, 50], ["Q", 100, 50, 110, 60], ["Q", 120, 70, 130, 90], ["L", 140, 110]],
    "left": 120,
    "top": 80,
    "originX": "center",
    "originY": "center",
    "strokeWidth": 18,
    "scaleX": 1,
    "scaleY": 1,
    "angle": 0,
}


def test_an_untouched_canvas_is_no_drawing():
    assert drawing_from_objects([]).strokes == []


def test_a_stroke_keeps_its_place():
    drawing = drawing_from_objects([STROKE])
    (stroke,) = drawing.strokes
    assert stroke[0] == (100, 50)
    assert stroke[-1] == (140, 110)
    assert drawing.pen_width == 18


def test_a_curve_is_followed_through_the_middle_that_its_formula_gives():
    curve = {"type": "Path", "path": [["M", 0, 0], ["Q", 12, 0, 12, 12]], "strokeWidth": 5}
    (stroke,) = drawing_from_objects([curve]).strokes
    assert any(np.allclose(point, (9, 3)) for point in stroke)  # a quarter, a half and a quarter


def test_a_moved_scaled_and_turned_stroke_lies_where_the_visitor_put_it():
    moved = STROKE | {"left": 60, "top": 200, "scaleX": 2, "scaleY": 0.5, "angle": 90}
    (stroke,) = drawing_from_objects([moved]).strokes
    # From its middle (120, 80) the first point lies at (−20, −30): scaled (−40, −15), turned clockwise (15, −40).
    assert stroke[0] == pytest.approx((60 + 15, 200 - 40))


def test_a_mirrored_stroke_is_mirrored():
    (stroke,) = drawing_from_objects([STROKE | {"flipX": True}]).strokes
    assert stroke[0] == pytest.approx((140, 50))


def test_each_stroke_keeps_its_own_width():
    drawing = drawing_from_objects([STROKE, STROKE | {"strokeWidth": 8}, STROKE | {"strokeWidth": 9}])
    assert [mark.width for mark in drawing.marks] == [18, 8, 9]
    assert drawing.pen_width == 9


def test_a_stroke_in_the_colour_of_the_paper_erases():
    marks = drawing_from_objects([STROKE | {"stroke": INK}, STROKE | {"stroke": PAPER}]).marks
    assert [mark.erases for mark in marks] == [False, True]


@pytest.mark.parametrize("colour", ["#000", "black", "#ff0000", "", None, 0, [], {"#000000": 1}])
def test_a_stroke_of_any_other_colour_is_ink(colour):
    (mark,) = drawing_from_objects([STROKE | {"stroke": colour}]).marks
    assert not mark.erases


def test_other_objects_are_ignored_and_counted():
    drawing = drawing_from_objects([{"type": "Circle", "radius": 30}, STROKE, 7, None])
    assert len(drawing.strokes) == 1
    assert drawing.ignored == 3


@pytest.mark.parametrize("number", [nan, inf, None, "12", [1], {}])
@pytest.mark.parametrize("place", ["path", "left", "strokeWidth", "angle"])
def test_what_is_no_number_is_refused(number, place):
    stroke = STROKE | ({"path": [["M", number, 3], ["L", 4, 5]]} if place == "path" else {place: number})
    with pytest.raises(DrawingError, match="cannot be read"):
        drawing_from_objects([stroke])


@pytest.mark.parametrize("path", [None, 5, "M", [], [[]], [["C", 1, 2, 3, 4, 5, 6]], [["Q", 1, 2, 3, 4]], [["M", 1]]])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(DrawingError, match="cannot be read"):
        drawing_from_objects([STROKE | {"path": path}])


def test_a_million_points_are_refused():
    path = [["M", 0, 0]] + [["L", 1, 1]] * 1_000_000
    with pytest.raises(DrawingError, match="1,000,001 points; at most 20,000"):
        drawing_from_objects([STROKE | {"path": path}])


@pytest.mark.parametrize("strokes", [1, 1000])
def test_curves_that_become_too_many_points_are_refused_before_they_do(strokes, monkeypatch):
    spent = []
    monkeypatch.setattr(strokes_module, "ceil", lambda length: spent.append(length) or ceil(length))
    path = [["M", 0, 0], *[["Q", 1000, 0, 0, 0]] * (19_000 // strokes)]
    with pytest.raises(DrawingError, match=r"over 20,000 points; at most 20,000 can be read"):
        drawing_from_objects([STROKE | {"path": path}] * strokes)
    assert len(spent) <= MAX_POINTS / MAX_STEPS + 1


def test_a_few_curves_of_absurd_length_stay_cheap():
    path = [["M", 0, 0]] + [["Q", 1e9, 0, 0, 1e9]] * 50
    drawing = drawing_from_objects([STROKE | {"path": path}])
    assert sum(map(len, drawing.strokes)) <= 50 * MAX_STEPS + 1


@pytest.mark.parametrize("state", [None, [], "x", {}, {"objects": None}, {"objects": [STROKE] * 1001}])
def test_a_state_that_is_no_canvas_is_refused(state):
    with pytest.raises(DrawingError, match="no drawing"):
        objects_from_json(state)


def test_of_what_was_sent_only_what_is_read_is_kept():
    more = {"shadow": ["x" * 1000], "stroke": "red", "fill": "red", "type": "path"}
    kept, other = objects_from_json({"objects": [STROKE | more, {"type": "Circle", "radius": 30}], "extra": "x" * 1000})
    assert other == {}
    assert kept == STROKE | {
        "stroke": INK,
        "fill": None,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
    }
    assert drawing_from_objects([kept, other]) == drawing_from_objects([STROKE, None])


def test_a_command_of_many_numbers_is_refused_before_they_are_read(monkeypatch):
    spent = []
    monkeypatch.setattr(strokes_module, "_number", lambda number: spent.append(number) or float(number))
    with pytest.raises(DrawingError, match="cannot be read"):
        drawing_from_objects([STROKE | {"path": [["M", 0, 0], ["L", *range(100_000)]]}])
    assert spent == [0, 0]


def test_what_is_put_on_the_canvas_is_read_back():
    stroke = [(50.0, 60.0), (90.0, 64.0), (120.0, 100.0), (80.0, 200.0)]
    (back,) = drawing_from_objects([path_object(stroke, 12)]).strokes
    assert back[0] == pytest.approx(stroke[0])
    assert back[-1] == pytest.approx(stroke[-1])


def test_there_is_an_example_of_each_digit():
    assert list(EXAMPLES)[:10] == list("0123456789")


@pytest.mark.parametrize("model", ["accurate", "quick", "classic", "mlp-plus"])
@pytest.mark.parametrize("title", EXAMPLES)
def test_the_shipped_models_read_every_example(title, model):
    from mnist_core.model.prediction import predict
    from mnist_core.store.models import load_model

    objects = [path_object(stroke, PEN_WIDTH) for stroke in EXAMPLES[title]]
    drawing = drawing_from_objects(objects)
    prediction = predict(load_model(model), digit_from_strokes(drawing.strokes, drawing.pen_width))
    assert str(prediction.digit) in title
    assert prediction.verdict == "sure"
