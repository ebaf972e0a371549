"""Poking at a digit without a browser: what is shown for what is pressed and sent."""

import json
from base64 import b64encode

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.errors import DrawingError
from mnist_core.explain.counterfactual import Change, adversarial, counterfactual
from mnist_core.model.prediction import Prediction, Verdict, predict
from mnist_core.preprocessing.edits import shift, turn, widen
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.store.models import load_model
from tests.support.paging import html
from ui.inputs.examples import EXAMPLES
from ui.inside.pixel_editor import read_painted
from ui.inside.smallest_change import claim, describe_change, difference_picture
from ui.services import answering, insights
from ui.theme import DARK, LIGHT

MODEL = "quick"
REFUSED = Prediction(np.full(10, 0.1), Verdict.NOT_A_DIGIT)
A_3 = digit_from_strokes(EXAMPLES["3"], 18)
SCRIPT = """
import streamlit as st
from mnist_core.preprocessing.strokes import digit_from_strokes
from ui.services import answering
from ui.inputs.examples import EXAMPLES
from ui.inside.digit_editor import show_digit_editor
from ui.inside.smallest_change import show_smallest_change

digit = digit_from_strokes(EXAMPLES[st.session_state.get("title", "3")], 18)
show_digit_editor("quick", digit, key="poke")
loaded = answering.load("quick")
show_smallest_change(loaded, digit, answering.ask(loaded, digit)[0], key="smallest")
"""


def open_page():
    at = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert not at.exception
    return at


def press(at, key):
    at.button(key=key).click().run()
    assert not at.exception
    return at


def paint(at, pixels, *, stroke=1, version=None, serial=5):
    """Do what the page does when the browser sends pixels."""
    board = at.session_state["poke board"]
    content = b64encode(np.asarray(pixels, np.uint8).tobytes()).decode()
    asked = board.version if version is None else version
    board.take({"version": asked, "stroke": stroke, "serial": serial, "pixels": content})
    at.run()
    assert not at.exception


def shown_percents(at):
    bars, *_ = json.loads(at.get("plotly_chart")[0].proto.spec)["data"]
    return bars["y"]


def expected_percents(digit):
    return pytest.approx((predict(load_model(MODEL), digit).probabilities * 100).tolist(), rel=1e-4)


def as_pixels(digit):
    return np.rint(digit * 255).astype(np.uint8)


def as_digit(digit):
    return as_pixels(digit).astype(np.float32) / np.float32(255)


def test_at_first_the_answer_is_the_one_to_the_digit_as_it_was_given():
    at = open_page()
    assert shown_percents(at) == expected_percents(A_3)
    assert "until the answer flips" in html(at)
    assert at.button(key="poke undo").disabled
    assert at.button(key="poke reset").disabled


@pytest.mark.parametrize(
    ("meaning", "change"),
    [
        ("Shift left", lambda digit: shift(digit, -1, 0)),
        ("Shift up", lambda digit: shift(digit, 0, -1)),
        ("Shift down", lambda digit: shift(digit, 0, 1)),
        ("Shift right", lambda digit: shift(digit, 1, 0)),
        ("Turn left by 10°", lambda digit: turn(digit, -10)),
        ("Turn right by 10°", lambda digit: turn(digit, 10)),
        ("Widen the strokes by half a pixel", lambda digit: widen(digit, 0.5)),
        ("Narrow the strokes by half a pixel", lambda digit: widen(digit, -0.5)),
    ],
)
def test_a_button_changes_the_digit_and_undo_takes_it_back(meaning, change):
    at = press(open_page(), f"poke {meaning}")
    assert shown_percents(at) == expected_percents(as_digit(change(A_3)))
    press(at, "poke undo")
    assert shown_percents(at) == expected_percents(A_3)
    assert at.button(key="poke undo").disabled


def test_an_answer_that_stays_is_said_to_stay_and_no_two_buttons_are_called_the_same():
    at = press(open_page(), "poke Shift left")
    assert "The answer is still 3." in html(at)
    labels = [button.label for button in at.button]
    assert len(labels) == len(set(labels))


def test_an_erased_digit_gets_no_answer_and_reset_brings_it_back():
    at = press(open_page(), "poke erase")
    assert "No ink is left" in html(at)
    press(at, "poke reset")
    assert shown_percents(at) == expected_percents(A_3)
    press(at, "poke undo")
    assert "No ink is left" in html(at)


def test_what_is_painted_is_answered_and_the_flip_is_said():
    at = open_page()
    an_8 = digit_from_strokes(EXAMPLES["8"], 18)
    paint(at, as_pixels(an_8))
    assert shown_percents(at) == expected_percents(as_digit(an_8))
    assert "The answer flipped from 3 to 8." in html(at)
    press(at, "poke undo")
    assert shown_percents(at) == expected_percents(A_3)


def test_what_is_no_digit_any_more_has_flipped_to_none(monkeypatch):
    at = open_page()
    monkeypatch.setattr(
        answering, "ask", lambda _, digit: (REFUSED if digit[0, 0] else Prediction(np.eye(10)[3], Verdict.SURE), 0.001)
    )
    pixels = as_pixels(A_3)
    pixels[0, 0] = 255
    paint(at, pixels)
    assert "It is no longer taken for one digit." in html(at)
    assert "flipped" not in html(at)
    assert ">?</span>" in html(at)


def test_what_is_sent_of_one_stroke_is_one_step_to_undo():
    at = open_page()
    for much in (3, 4, 5):
        pixels = as_pixels(A_3)
        pixels[2, :much] = 255
        paint(at, pixels, stroke=7, serial=much)
        assert at.session_state["poke board"].heard == much
    press(at, "poke undo")
    assert shown_percents(at) == expected_percents(A_3)


def test_a_stroke_that_changes_nothing_at_first_can_be_undone_once_it_has():
    at = open_page()
    paint(at, as_pixels(A_3), stroke=7, serial=1)  # the eraser on black
    paint(at, np.zeros((28, 28), int), stroke=7, serial=2)
    press(at, "poke undo")
    assert shown_percents(at) == expected_percents(A_3)


def test_what_was_painted_before_another_change_is_left_out():
    at = open_page()
    version = at.session_state["poke board"].version
    press(at, "poke Shift left")
    paint(at, np.full((28, 28), 255), version=version, serial=25)
    assert shown_percents(at) == expected_percents(shift(A_3, -1, 0))
    assert at.session_state["poke board"].heard == 25  # or the browser would wait


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "pixels",
        [],
        {},
        {"version": 0, "stroke": 1, "serial": 5, "pixels": None},
        {"version": 0, "stroke": 1, "serial": 5, "pixels": "äöü"},
        {"version": 0, "stroke": 1, "serial": 5, "pixels": "AAAA"},
        {"version": 0, "stroke": 1, "serial": 5, "pixels": [0] * 784},
        {"version": 0, "stroke": 1, "serial": 5, "pixels": b64encode(bytes(785)).decode()},
        {"version": "x", "stroke": 1, "serial": 5, "pixels": b64encode(bytes(784)).decode()},
        {"version": 0, "stroke": 1e999, "serial": 5, "pixels": b64encode(bytes(784)).decode()},
        {"version": 0, "stroke": 1, "serial": float("nan"), "pixels": b64encode(bytes(784)).decode()},
    ],
)
def test_what_cannot_be_read_is_left_out_with_a_sentence(sent):
    with pytest.raises(DrawingError):
        read_painted(sent)
    at = open_page()
    at.session_state["poke board"].take(sent)
    at.run()
    assert not at.exception
    assert "could not be read" in at.warning[0].value
    assert shown_percents(at) == expected_percents(A_3)
    assert not at.run().warning


def test_another_digit_starts_afresh():
    at = press(open_page(), "poke Shift left")
    at.session_state["title"] = "8"
    at.run()
    assert shown_percents(at) == expected_percents(digit_from_strokes(EXAMPLES["8"], 18))
    assert at.button(key="poke undo").disabled


def target_of(at):
    (control,) = [each for each in at.segmented_control if each.label == "Make the network answer"]
    return control


def test_the_smallest_change_is_sought_on_a_press_and_is_what_the_core_finds():
    at = open_page()
    second = predict(load_model(MODEL), A_3).ranking[1]
    assert target_of(at).value == second
    assert "3" not in target_of(at).options
    assert "As it is" not in html(at)
    press(at, "smallest seek")
    model = load_model(MODEL)
    text = " ".join(element.value for kind in (at.markdown, at.caption) for element in kind)
    for method in (counterfactual, adversarial):
        assert claim(method) in text
        assert describe_change(method(model, A_3, second)) in text


def test_what_was_found_stays_for_its_digit_and_its_target():
    at = press(open_page(), "smallest seek")
    target_of(at).set_value(0).run()
    assert "As it is" not in html(at)
    press(at, "smallest seek")
    target_of(at).set_value(predict(load_model(MODEL), A_3).ranking[1]).run()
    assert "As it is" in html(at)  # without a press
    at.session_state["title"] = "8"
    at.run()
    assert "As it is" not in html(at)
    at.session_state["title"] = "3"
    at.run()
    assert "As it is" in html(at)


def test_what_one_visitor_has_found_the_next_gets_at_once(monkeypatch):
    press(open_page(), "smallest seek")
    monkeypatch.setattr(insights, "_search", None)
    at = press(open_page(), "smallest seek")
    assert "As it is" in html(at)


def test_where_nothing_is_found_it_is_said(monkeypatch):
    monkeypatch.setattr(insights, "_found_changes", {})
    monkeypatch.setattr(insights, "_search", lambda *_: insights.Changes(None, None))
    monkeypatch.setattr("ui.inside.smallest_change.claim", lambda _: "")
    at = open_page()
    target_of(at).set_value(1).run()
    press(at, "smallest seek")
    assert sum("None was found that makes it a 1." in element.value for element in at.markdown) == 2


def test_claims_are_short_and_whole():
    for method in (counterfactual, adversarial):
        assert claim(method).endswith(".")
        assert len(claim(method)) < 400


def change_of(**places):
    difference = np.zeros((28, 28), np.float32)
    for row, (amount, count) in enumerate(places.values()):
        difference[row, :count] = amount
    return Change(difference, difference, Prediction(np.full(10, 0.1), Verdict.SURE))


def test_sizes_in_words():
    assert describe_change(change_of(more=(1, 7), less=(-1, 12))) == "7 pixels' worth of ink added, 12 taken away."
    assert describe_change(change_of(more=(0.6, 2))) == "1 pixel's worth of ink added."
    assert describe_change(change_of(less=(-0.25, 8))) == (
        "2 pixels' worth of ink taken away; no pixel by more than 25 %."
    )
    assert describe_change(change_of(more=(0.0649, 10))).endswith("no pixel by more than 7 %.")
    assert describe_change(change_of(more=(0.01, 10))) == (
        "Less than a pixel's worth of ink changed; no pixel by more than 1 %."
    )


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_difference_is_warm_where_ink_came_and_cool_where_it_went(palette):
    difference = np.zeros((28, 28), np.float32)
    difference[0, 0], difference[0, 1] = 1, -1
    picture = difference_picture(np.zeros((28, 28), np.float32), difference, palette)
    ground, warm, cool = (
        [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
        for colour in (palette.ground, palette.series[1], palette.series[2])
    )
    assert picture[0, 0].tolist() == warm
    assert picture[0, 1].tolist() == cool
    assert picture[5, 5].tolist() == ground
