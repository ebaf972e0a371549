"""The row on the Draw page by which a visitor says what a drawing is."""

from string import ascii_letters
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.alphabets import CHARACTERS, CLOTHES, DIGITS
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.rights import VARIABLE
from mnist_core.store import drawings as store
from mnist_core.store.drawings import NO_DIGIT, delete_drawings, read_drawings
from tests.support.drawing import canvas_state, example, seven_on_paper
from tests.support.paging import words
from tests.support.places import APP
from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import path_object

NAMES = {"label none", *(f"label {digit}" for digit in range(10))}
ROW = {"label right"}


@pytest.fixture
def kept_in(tmp_path, monkeypatch):
    """The folder of the drawings, which is not there yet."""
    monkeypatch.setenv("MNIST_DRAWINGS", str(tmp_path / "drawings"))
    return tmp_path / "drawings"


@pytest.fixture
def drawn(kept_in):  # noqa: ARG001
    """The Draw page with a 3, and the way to know what was kept."""
    at = AppTest.from_file(APP, default_timeout=60).run()
    at.session_state["canvas"] = canvas_state(example("3"))
    return at.run()


def row(at):
    return {button.key for button in at.button if button.key} & (NAMES | ROW | {"unlabel"})


def name(at):
    """Open what is behind "It is a …"."""
    at.session_state["naming"] = True
    return at.run()


def test_nothing_is_kept_without_a_press(drawn, kept_in):
    assert row(drawn) == ROW
    assert not kept_in.exists()


@pytest.mark.parametrize(
    ("pressed", "label", "told"),
    [("label right", "3", "a 3"), ("label 8", "8", "an 8"), ("label none", NO_DIGIT, "not a digit")],
)
def test_a_press_keeps_the_drawing_with_its_label_and_the_answer_and_one_takes_it_back(
    drawn, kept_in, pressed, label, told
):
    assert row(name(drawn)) == ROW | NAMES
    drawn.button(key=pressed).click().run()
    (kept,) = read_drawings(kept_in).kept
    assert (kept.label, kept.answer.model, kept.answer.digit, kept.answer.verdict) == (label, "accurate", 3, "sure")
    assert np.array_equal(kept.digit, digit_from_strokes(kept.strokes, 18))
    assert f"Kept as {told}, on this machine alone." in words(drawn)
    assert row(drawn) == {"unlabel"}
    drawn.button(key="unlabel").click().run()
    assert not read_drawings(kept_in).kept
    assert "label right" in row(drawn)


def test_another_drawing_is_asked_about_again(drawn, kept_in):
    drawn.button(key="label right").click().run()
    drawn.session_state["canvas"] = canvas_state(example("4"))
    name(drawn)
    drawn.button(key="label 9").click().run()
    assert [kept.label for kept in read_drawings(kept_in).kept] == ["3", "9"]


@pytest.mark.usefixtures("kept_in")
def test_the_second_press_of_a_double_click_keeps_nothing_more(drawn, kept_in):
    pressed = drawn.button(key="label right")
    pressed.click().run()
    kept = read_drawings(kept_in).kept
    from ui.draw.labelling import _keep  # the callback of the button that has gone

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "session_state", drawn.session_state)
        given = SimpleNamespace(digit=digit_from_strokes(kept[0].strokes, 18), strokes=kept[0].strokes, pen_width=18)
        patch.setattr("ui.draw.labelling.given_answer", lambda *_: None)
        patch.setattr("ui.services.kept_drawings.read", lambda: read_drawings(kept_in))
        _keep("accurate", given, SimpleNamespace(classes=DIGITS), 2, 3)
    assert read_drawings(kept_in).kept == kept


def test_a_drawing_that_has_a_stroke_more_than_its_answer_is_asked_about_again(drawn, kept_in):
    strokes = [*example("3"), *example("1")]
    drawn.session_state["canvas"] = canvas_state(strokes)
    drawn.button(key="label right").click().run()
    assert "The drawing has changed meanwhile" in drawn.warning[0].value
    assert not kept_in.exists()


def test_what_was_deleted_since_can_be_kept_again(drawn, kept_in):
    drawn.button(key="label right").click().run()
    delete_drawings({read_drawings(kept_in).kept[0].id}, kept_in)
    assert row(drawn.run()) == ROW
    drawn.button(key="label right").click().run()
    assert len(read_drawings(kept_in).kept) == 1


def test_an_answer_that_is_no_answer_cannot_be_right():
    at = AppTest.from_file(APP, default_timeout=60).run()
    at.session_state["canvas"] = canvas_state([*example("3")[:0]])
    assert not row(at.run())  # nothing is drawn
    at.session_state["canvas"] = canvas_state([{**example("1")[0], "path": [["M", 100, 100], ["L", 101, 101]]}])
    assert row(name(at)) == NAMES  # hardly any ink


def test_of_a_number_the_chosen_digit_is_kept(kept_in):
    at = AppTest.from_file(APP, default_timeout=60).run()
    left, right = (
        [[(x * 0.4 + shift, y * 0.4 + 80) for x, y in stroke] for stroke in EXAMPLES[digit]]
        for digit, shift in (("4", 5), ("7", 130))
    )
    at.session_state["canvas"] = canvas_state([path_object(stroke, 18) for stroke in [*left, *right]])
    at.run().button(key="label right").click().run()
    assert [kept.label for kept in read_drawings(kept_in).kept] == ["4"]


def test_the_digit_of_a_picture_is_kept_as_its_pixels(kept_in):
    at = AppTest.from_file(APP, default_timeout=60).run()
    at.segmented_control(key="way").set_value("Use a picture").run()
    at.file_uploader(key="picture").upload("seven.png", seven_on_paper(), "image/png").run()
    at.button(key="label right").click().run()
    (kept,) = read_drawings(kept_in).kept
    assert (kept.label, kept.strokes, len(kept.pixels)) == ("7", (), 784)


def test_a_test_digit_on_the_canvas_is_nobodys_drawing(drawn):
    from ui.inputs.canvas import BackgroundDigit  # a component, which only a page's run can import

    pad = drawn.session_state["_pad"]
    pad.background = BackgroundDigit(digit_from_strokes(EXAMPLES["3"], 18), "a 3", 3, "", {})
    pad.start_from([])
    assert not row(drawn.run())


def test_a_disk_that_refuses_gets_a_sentence(drawn, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_atomically", refuse)
    drawn.button(key="label right").click().run()
    assert "The drawing was not kept" in drawn.warning[0].value
    assert row(drawn) == ROW
    assert not drawn.run().warning


@pytest.mark.parametrize("mode", ["class", "public"])
def test_on_a_server_for_others_nobody_is_asked(monkeypatch, drawn, mode):
    monkeypatch.setenv(VARIABLE, mode)
    assert not row(drawn.run())


# ------------------------------------------------------------------------------------------------- other alphabets


def show_row():
    """The row alone, under an answer that the test has put into the session."""
    import streamlit as st

    from ui.draw.labelling import offer_to_label

    st.session_state["naming"] = True
    offer_to_label("some", st.session_state["given"], st.session_state["prediction"])


def row_of(classes, answer=0):
    digit = digit_from_strokes([[(60, 60), (200, 60), (120, 230)]], 18)
    at = AppTest.from_function(show_row)
    at.session_state["given"] = SimpleNamespace(digit=digit, strokes=None, pen_width=0)
    at.session_state["prediction"] = Prediction(np.eye(len(classes))[answer], Verdict.SURE, classes=classes)
    at.run()
    assert not at.exception
    return at


def labels_in(folder):
    return [kept.label for kept in read_drawings(folder).kept]


def test_of_many_classes_one_is_chosen_by_its_name_with_the_shapes_that_count_as_it(kept_in):
    at = row_of(CHARACTERS, 12)
    pills = at.get("button_group")[0]
    assert len(pills.options) == 47
    assert pills.options[10:14] == ["A", "B", "C (c)", "D"]
    pills.set_value(11).run()
    assert labels_in(kept_in) == ["B"]
    assert "Kept as a B, on this machine alone." in words(at)
    at.button(key="unlabel").click().run()
    at.button(key="label right").click().run()
    (kept,) = read_drawings(kept_in).kept
    assert (kept.label, kept.answer.digit) == ("C", "C")


def test_what_is_none_of_the_classes_is_called_so(kept_in):
    for classes, label in ((CHARACTERS, "not a character"), (CLOTHES, "not a piece of clothing")):
        at = row_of(classes)
        assert at.button(key="label none").label == label
        at.button(key="label none").click().run()
        assert labels_in(kept_in) == [label]
        at.button(key="unlabel").click().run()


def test_few_classes_have_a_button_each_that_shows_any_name_as_it_is(kept_in):
    at = row_of(("**x**", "<b>y</b>", "$z$"))
    assert [at.button(key=f"label {number}").label for number in range(3)] == [
        r"\*\*x\*\*",
        r"\<b\>y\</b\>",
        r"\$z\$",
    ]
    at.button(key="label 0").click().run()
    assert labels_in(kept_in) == ["**x**"]
    assert r"Kept as a \*\*x\*\*, on" in words(at)


def test_every_character_has_a_key_and_a_merged_one_both():
    row_of(CHARACTERS)
    from ui.draw.labelling import keys_of  # beside a component, which only a page's run can import

    keys = keys_of(CHARACTERS)
    assert {CHARACTERS[keys[key]] for key in "cC"} == {"C"}
    assert (CHARACTERS[keys["a"]], CHARACTERS[keys["A"]], keys["7"]) == ("a", "A", 7)
    assert set(keys) == {*"0123456789", *ascii_letters}
    assert keys_of(DIGITS) == {str(digit): digit for digit in range(10)}
    assert keys_of(CLOTHES) == {}
