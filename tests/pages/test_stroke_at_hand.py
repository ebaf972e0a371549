"""What the server makes of a stroke that is being drawn, and of what no browser would send in its place."""

import json
from collections import Counter
from itertools import takewhile

import numpy as np
import pytest

from tests.support.drawing import canvas_state, example
from tests.support.websocket_client import Visitor
from ui.inputs import stroke_at_hand
from ui.inputs.fabric import drawing_from_objects, path_object, smooth
from ui.inputs.stroke_at_hand import MAX_POINTS

ONE = [place for step in range(40) for place in (140, 30 + 5 * step)]  # x and y in turn, from the top down
FITTING = {"number": 1, "version": 0, "after": 0, "points": ONE}


def say(visitor, stroke):
    """Send a stroke at hand as the page's script does; returns the kinds of elements that come back."""
    visitor.send_json("stroke_listener", {"stroke": stroke}, wait=False)
    messages = list(takewhile(lambda message: not message.HasField("script_finished"), visitor.messages()))
    kinds = (message.delta.new_element.WhichOneof("type") for message in messages if message.HasField("delta"))
    return messages, Counter(kind for kind in kinds if kind)


def shown(visitor):
    return "".join(element.html.body for element in visitor.elements if element.HasField("html"))


@pytest.fixture
def visitor(app_address):
    with Visitor(app_address, query="model=quick") as visitor:
        yield visitor
        assert not any(element.HasField("exception") for element in visitor.elements)


def test_a_stroke_at_hand_is_answered_and_nothing_else_runs(visitor):
    messages, kinds = say(visitor, FITTING)
    assert ">1</span>" in shown(visitor)
    assert 'aria-live="off"' in shown(visitor)
    assert kinds == {"bidi_component": 2, "html": 2, "plotly_chart": 1}
    assert len(messages) <= 13
    visitor.send_json("canvas", canvas_state(example("3")))
    assert ">3</span>" in shown(visitor)
    assert 'aria-live="polite"' in shown(visitor)


def test_it_goes_on_from_what_is_drawn(visitor):
    drawn = [path_object([(40, 60), (140, 60), (240, 60)], 18)]
    visitor.send_json("canvas", canvas_state(drawn))
    say(
        visitor,
        FITTING | {"after": 1, "points": [place for step in range(40) for place in (240 - 3 * step, 60 + 5 * step)]},
    )
    assert ">7</span>" in shown(visitor)


def test_the_page_says_which_message_was_answered(visitor):
    for number in (1, 7):
        say(visitor, FITTING | {"number": number})
        (listener,) = [each for key, each in visitor.widgets().items() if key.endswith("stroke_listener")]
        assert json.loads(listener.json)["answered"] == number


@pytest.mark.parametrize(
    "changed",
    [{"version": 1}, {"version": -1}, {"version": None}, {"after": 1}, {"after": None}],
    ids=str,
)
def test_a_stroke_that_was_begun_on_another_canvas_is_none(visitor, changed):
    say(visitor, FITTING | changed)
    assert ">?</span>" in shown(visitor)


@pytest.mark.parametrize(
    "stroke",
    [
        *(None, 7, "stroke", [], [1, 2], {}, {"points": ONE}),
        *(FITTING | {"points": points} for points in (None, 7, "140 30", {}, [], [140], ONE[:-1])),
        *(
            FITTING | {"points": [*ONE[:-1], value]}
            for value in (None, "30", [30], {}, 1e9, -1e9, 10**400, float("nan"))
        ),
        *(FITTING | {"points": [*ONE[:-1], value]} for value in (float("inf"), float("-inf"))),
        FITTING | {"points": [1, 2] * (MAX_POINTS + 1)},
        FITTING | {"points": [1, 2] * 200_000},
        *({**FITTING, "number": number, "version": 9} for number in (None, "1", [1], 10**400, {"a": 1})),
    ],
    ids=lambda stroke: str(stroke)[:40],
)
def test_what_cannot_be_read_is_no_stroke(visitor, stroke):
    say(visitor, stroke)
    assert ">?</span>" in shown(visitor)
    say(visitor, FITTING)
    assert ">1</span>" in shown(visitor)


def test_a_stroke_as_long_as_may_be_is_read(visitor):
    say(visitor, FITTING | {"points": (ONE * (2 * MAX_POINTS // len(ONE) + 1))[: 2 * MAX_POINTS]})
    assert 'aria-live="off"' in shown(visitor)


def test_it_is_made_of_the_same_points_as_the_canvas_makes_it_of():
    places = [(140.0, 30.0), (150.5, 60.0), (120.0, 90.0), (130.0, 200.0)]
    (mark,) = drawing_from_objects([path_object(places, 18)]).marks
    assert np.array(smooth(places)) == pytest.approx(np.array(mark.points))


def test_nothing_was_said_before_the_first_message(monkeypatch):
    monkeypatch.setattr(stroke_at_hand.st, "session_state", {})
    assert stroke_at_hand.read(0, 0) == []
