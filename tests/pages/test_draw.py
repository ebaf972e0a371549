"""The Draw page without a browser: what it shows for what the canvas sends."""

import json
import re
import shutil
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.alphabets import DIGITS, with_article
from mnist_core.model.prediction import SURE, Prediction, Verdict, predict
from mnist_core.preprocessing.stages import stages_from_strokes
from mnist_core.preprocessing.strokes import Mark, digit_from_strokes, digit_with_marks
from mnist_core.recipe import preset
from mnist_core.store.models import list_models, load_evaluation, load_model, rename_model
from tests.support.drawing import canvas_state, example, seven_on_paper
from tests.support.paging import html, words
from tests.support.places import APP
from tests.support.trainings import save_unfinished
from ui.draw import all_models
from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import PAPER, PEN_WIDTH, drawing_from_objects, path_object, polyline_object
from ui.inputs.stroke_code import encode_strokes
from ui.services import answering
from ui.text import percent
from ui.theme import LIGHT, mix
from ui.widgets.answer import describe_answer

TIMEOUT = 60  # seconds
BEST = max((card.name for card in list_models()), key=lambda name: load_evaluation(name).accuracy)
A_3 = digit_from_strokes(EXAMPLES["3"], PEN_WIDTH)
A_3_ON_CANVAS = digit_from_strokes(
    drawing_from_objects([path_object(stroke, PEN_WIDTH) for stroke in EXAMPLES["3"]]).strokes, PEN_WIDTH
)
MAKES_AN_8 = [(100, 70), (90, 100), (130, 135), (85, 170), (90, 210)]
INVITED = "Test digit 18, a 3, lies on the canvas. Draw on it or erase until the answer flips."


def open_page():
    return AppTest.from_file(APP, default_timeout=TIMEOUT).run()


def draw(at, objects):
    at.session_state["canvas"] = canvas_state(objects)
    return at.run()


def bars(at):
    chart, *_ = at.get("plotly_chart")
    return json.loads(chart.proto.spec)


def large_figure(at):
    """The figure in large type, and its colour."""
    ((colour, figure),) = re.findall(r'data-testid="answer"[^>]*color:(#\w+);[^>]*>([^<]*)<', html(at))
    return figure, colour


def tints(at):
    """The bars that are not grey."""
    (bar,) = bars(at)["data"]
    return {digit: tint for digit, tint in enumerate(bar["marker"]["color"]) if tint != LIGHT.other}


def test_at_first_the_page_invites_to_draw_and_predicts_nothing():
    at = open_page()
    assert not at.exception
    assert at.title[0].value == "What digit did I draw?"
    assert "Draw a digit from 0 to 9" in html(at)
    assert "sure" not in html(at)
    said = [card.name if card.classes == DIGITS else f"{card.name} · letters and digits" for card in list_models()]
    assert at.selectbox(key="model").options == said
    assert f"{BEST}** answers" in words(at)
    assert f"{load_evaluation(BEST).correct:,} of the 10,000 MNIST test digits: " in words(at)


def test_a_drawing_is_answered_with_ten_probabilities_that_sum_to_one():
    at = draw(open_page(), example("3"))
    assert not at.exception
    assert ">3</span>" in html(at)
    assert "sure" in html(at)
    (bar,) = bars(at)["data"]
    assert bar["x"] == [str(digit) for digit in range(10)]
    assert sum(bar["y"]) == pytest.approx(100)
    assert "Preprocessing took" in words(at)


def test_the_axis_is_the_same_before_and_after_a_drawing():
    at = open_page()
    before = bars(at)["layout"]["yaxis"]["range"], bars(at)["layout"]["height"]
    draw(at, example("8"))
    assert (bars(at)["layout"]["yaxis"]["range"], bars(at)["layout"]["height"]) == before == ([0, 100], 250)


def test_a_plain_resize_is_shown_beside_with_its_own_answer():
    at = draw(open_page(), example("tiny 4"))
    assert html(at).count("<img") == 1
    at.toggle(key="plain").set_value(True).run()
    assert html(at).count("<img") == 2
    assert "From this it would answer" in words(at)


def test_an_example_is_one_click_and_clear_takes_it_away():
    at = open_page()
    at.button(key="example barred 7").click().run()
    assert ">7</span>" in html(at)
    next(button for button in at.button if button.label == "Clear").click().run()
    assert "Draw a digit from 0 to 9" in html(at)


@pytest.mark.parametrize("digit", range(10))
def test_there_is_an_example_of_each_digit(digit):
    at = open_page()
    at.button(key=f"example {digit}").click().run()
    assert f">{digit}</span>" in html(at)


def test_undo_takes_back_one_stroke():
    at = open_page()
    at.button(key="example barred 7").click().run()
    undo = next(button for button in at.button if button.label == "Undo")
    undo.click().run()
    assert "Draw a digit from 0 to 9" not in html(at)
    undo.click().run()
    undo.click().run()
    assert not at.exception
    assert "Draw a digit from 0 to 9" in html(at)


def test_a_drawing_is_still_there_after_a_look_at_the_pictures():
    at = draw(open_page(), example("3"))
    at.segmented_control(key="way").set_value("Use a picture").run()
    assert "Choose a picture of one digit" in html(at)
    at.segmented_control(key="way").set_value("Draw").run()
    assert ">3</span>" in html(at)


def test_several_digits_in_a_line_are_a_number_and_each_can_be_looked_at():
    sticks = [path_object([(x, 60), (x, 140), (x, 220)], PEN_WIDTH) for x in (40, 220)]
    at = draw(open_page(), [*sticks, path_object([(100, 60), (170, 60), (120, 220)], PEN_WIDTH)])
    assert large_figure(at) == ("171", LIGHT.answer)
    assert "3 digits, each read on its own" in html(at)
    digits = at.segmented_control(key="digit_of_number")
    assert digits.options == ["1", "7", "1"]
    assert list(tints(at)) == [1]
    digits.set_value(1).run()
    assert large_figure(at) == ("171", LIGHT.answer)
    assert list(tints(at)) == [7]
    draw(at, sticks[:1])
    assert large_figure(at) == ("1", LIGHT.answer)
    assert "Look at digit" not in [each.label for each in at.segmented_control]


def test_a_wide_canvas_is_offered_to_whoever_writes_a_number_and_goes_away_again():
    def press(label):
        next(button for button in at.button if button.label == label).click().run()

    at = draw(open_page(), example("3"))
    assert "More room" not in [button.label for button in at.button]
    draw(at, [path_object([(x, 60), (x, 140), (x, 220)], PEN_WIDTH) for x in (40, 160)])
    press("More room")
    assert canvas_width(at) == 560
    draw(at, [path_object([(x, 60), (x, 140), (x, 220)], PEN_WIDTH) for x in (40, 160, 400, 520)])
    assert large_figure(at) == ("1111", LIGHT.answer)
    press("Square")
    assert canvas_width(at) == 280
    assert large_figure(at) == ("1111", LIGHT.answer)
    last = at.session_state["_pad"].latest[-1]
    assert last["left"] + last["width"] / 2 <= 280


def canvas_width(at):
    data = next(each.proto for each in at.get("bidi_component") if '"canvasWidth"' in each.proto.json)
    return json.loads(data.json)["canvasWidth"]


def test_a_click_is_hardly_any_ink():
    at = draw(open_page(), [path_object([(50, 50), (50, 50)], PEN_WIDTH)])
    assert "Hardly any ink" in html(at)
    assert large_figure(at) == ("?", LIGHT.wrong)


def test_a_scribble_that_is_no_digit_is_a_question_mark_everywhere(monkeypatch):
    at = draw(open_page(), example("3"))
    doubt = Prediction(np.array([0.09, 0.11, *[0.1] * 8]), Verdict.NOT_A_DIGIT)
    monkeypatch.setattr(answering, "ask", lambda *_: (doubt, 0.001))
    at.toggle(key="plain").set_value(True).run()
    assert large_figure(at) == ("?", LIGHT.wrong)
    assert "Closest: 1, 11 %" in html(at)
    assert tints(at) == {1: LIGHT.wrong}
    for view in ("Why this answer", "All models", "How robust"):
        look_closer(at, view)
        assert not at.exception
        assert set(re.findall(rf"color:{LIGHT.wrong}[^>]*>(.)<", html(at))) == {"?"}
        assert f"color:{LIGHT.answer}" not in html(at)
    assert not maps(at)
    assert "It is not taken for one digit" in words(at)


def test_an_unsure_answer_is_nowhere_in_the_colour_of_a_sure_one(monkeypatch):
    at = draw(open_page(), example("3"))
    doubt = Prediction(np.array([0.91, 0.02, *[0.07 / 8] * 8]), Verdict.UNSURE)
    monkeypatch.setattr(answering, "ask", lambda *_: (doubt, 0.001))
    for view in ("Why this answer", "All models"):
        look_closer(at, view)
        assert "Probably a 0 (91 %)" in html(at).replace("&nbsp;", " ")
        assert large_figure(at) == ("0", LIGHT.wrong)
        assert tints(at) == {0: LIGHT.wrong}
        assert LIGHT.answer not in html(at)


@pytest.mark.parametrize(
    "objects",
    [
        [{"type": "Path", "path": [["M", float("nan"), 1], ["L", 2, 2]], "strokeWidth": 18}],
        [{"type": "Path", "path": [["L", 1, 1]] * 1_000_000}],
        [{"type": "Path"}],
        [{}] * 2000,
    ],
)
def test_a_canvas_that_cannot_be_read_gets_a_sentence_and_no_traceback(objects):
    at = draw(open_page(), objects)
    assert not at.exception
    assert len(at.warning) == 1


def test_objects_that_are_no_strokes_are_ignored_with_a_sentence():
    at = draw(open_page(), [{"type": "Circle", "radius": 20}, *example("3")])
    assert ">3</span>" in html(at)
    assert "1 other object was ignored" in words(at)


def lay(at, digit, title, label=None):
    """Do what a page does that lays a digit on the canvas."""
    from ui.inputs import canvas  # which can be imported once Streamlit runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "session_state", at.session_state)
        canvas.set_background(digit, title, label)
    return at.run()


def press(at, label):
    return next(button for button in at.button if button.label == label).click().run()


def percents(at):
    (bar,) = bars(at)["data"]
    return bar["y"]


def expected_percents(digit):
    return pytest.approx((predict(load_model(BEST), digit).probabilities * 100).tolist(), abs=1e-3)  # by torch


def sent_to_canvas(at):
    (canvas,) = [each for each in at.get("bidi_component") if "drawable_canvas" in each.proto.component_name]
    return json.loads(canvas.proto.json)


def sent_to_script(at):
    (script,) = [each for each in at.get("bidi_component") if "canvas_script" in each.proto.component_name]
    return json.loads(script.proto.json)


def pen_stroke(points):
    return path_object(points, PEN_WIDTH)


def eraser_stroke(points):
    return path_object(points, 30) | {"stroke": PAPER}


def test_a_laid_digit_is_answered_as_the_model_answers_to_its_pixels(mnist_test):
    at = open_page()
    for index in (4, 247, 2130):
        digit = mnist_test.pixels[index]
        lay(at, digit, f"Test digit {index:,}")
        assert not at.exception
        assert percents(at) == expected_percents(digit)
        assert f"Test digit {index:,}, lies on the canvas" in html(at)


def test_drawing_on_a_laid_digit_flips_the_answer_and_undo_takes_it_back():
    at = lay(open_page(), A_3, "Test digit 18, a 3")
    assert ">3</span>" in html(at)
    assert INVITED in html(at)
    draw(at, [pen_stroke(MAKES_AN_8)])
    assert ">8</span>" in html(at)
    assert "The answer flipped from 3 to 8." in html(at)
    press(at, "Undo")
    assert percents(at) == expected_percents(A_3)
    assert INVITED in html(at)
    press(at, "Undo")
    assert INVITED in html(at)  # the digit is no stroke


def test_a_laid_digit_that_is_misread_is_said_to_be_until_it_is_changed():
    at = lay(open_page(), A_3, "Test digit 18, an 8", 8)
    assert large_figure(at) == ("3", LIGHT.wrong)
    assert "Wrong, " in html(at)
    assert "True digit: 8, " in html(at)
    assert tints(at) == {3: LIGHT.wrong, 8: LIGHT.answer}
    lay(at, A_3, "Test digit 18, a 3", 3)
    assert large_figure(at) == ("3", LIGHT.answer)
    assert "Right, " in html(at)
    draw(at, [pen_stroke(MAKES_AN_8)])
    assert "Right" not in html(at)
    assert "Wrong" not in html(at)


def test_what_no_longer_is_a_digit_has_not_flipped_the_answer(monkeypatch):
    at = lay(open_page(), A_3, "Test digit 18, a 3", 3)
    found = [Prediction(np.eye(10)[3], Verdict.SURE), Prediction(np.full(10, 0.1), Verdict.NOT_A_DIGIT)]
    monkeypatch.setattr(answering, "ask", lambda _, digit: (found[not np.array_equal(digit, A_3)], 0.001))
    draw(at, [pen_stroke(MAKES_AN_8)])
    assert large_figure(at) == ("?", LIGHT.wrong)
    assert "flipped" not in html(at)


def test_pen_and_eraser_work_in_the_order_and_the_width_of_their_strokes():
    at = lay(open_page(), A_3, "Test digit 18, a 3")
    down, across = [(110, 60), (110, 230)], [(40, 140), (240, 140)]
    pen, eraser = Mark(down, PEN_WIDTH), Mark(across, 30, erases=True)
    draw(at, [pen_stroke(down), eraser_stroke(across)])
    assert percents(at) == expected_percents(digit_with_marks(A_3, [pen, eraser], 280))
    draw(at, [eraser_stroke(across), pen_stroke(down)])
    assert percents(at) == expected_percents(digit_with_marks(A_3, [eraser, pen], 280))


def test_a_digit_that_is_all_erased_gets_no_answer():
    at = lay(open_page(), A_3, "Test digit 18, a 3")
    draw(at, [eraser_stroke([(x, 0), (x, 140), (x, 280)]) for x in range(0, 281, 20)])
    assert "No ink is left" in html(at)
    assert "flipped" not in html(at)


def test_a_speck_that_is_left_has_not_flipped_the_answer():
    at = lay(open_page(), A_3, "Test digit 18, a 3")
    draw(at, [eraser_stroke([(x, 0), (x, 140), (x, 280)]) for x in range(0, 181, 20)])
    assert "Hardly any ink" in html(at)
    assert "flipped" not in html(at)


def test_only_a_laid_digit_has_an_eraser_and_only_a_drawing_a_plain_resize():
    at = open_page()
    assert [each.key for each in at.segmented_control] == ["way"]
    assert sent_to_canvas(at)["backgroundImageURL"] is None
    at.toggle(key="plain").set_value(True).run()
    lay(at, A_3, "Test digit 18, a 3")
    assert sent_to_canvas(at)["backgroundImageURL"].startswith("data:image/png;base64,")
    assert sent_to_canvas(at)["strokeColor"] == "#ffffff"
    assert not at.toggle
    at.segmented_control(key="tool").set_value("Eraser").run()
    assert sent_to_canvas(at)["strokeColor"] == "#000000"
    press(at, "Clear")
    assert "Draw a digit from 0 to 9" in html(at)
    assert "lies on the canvas" not in html(at)
    assert [each.key for each in at.segmented_control] == ["way"]
    assert sent_to_canvas(at)["backgroundImageURL"] is None
    assert sent_to_canvas(at)["strokeColor"] == "#ffffff"
    assert at.toggle(key="plain").value


def test_an_example_replaces_a_laid_digit():
    at = lay(open_page(), A_3, "Test digit 18, a 3")
    at.button(key="example barred 7").click().run()
    assert ">7</span>" in html(at)
    assert "lies on the canvas" not in html(at)


def test_a_laid_digit_replaces_a_drawing():
    at = draw(open_page(), example("8"))
    lay(at, A_3, "Test digit 18, a 3")
    assert ">3</span>" in html(at)
    assert INVITED in html(at)


def test_a_laid_digit_and_its_strokes_are_still_there_after_a_look_at_the_pictures():
    at = lay(open_page(), A_3, "Test digit 18, a 3")
    draw(at, [pen_stroke(MAKES_AN_8)])
    at.segmented_control(key="way").set_value("Use a picture").run()
    assert "lies on the canvas" not in html(at)
    at.segmented_control(key="way").set_value("Draw").run()
    assert "The answer flipped from 3 to 8." in html(at)


def test_an_unreadable_canvas_over_a_laid_digit_gets_a_sentence_and_undo_helps():
    at = lay(open_page(), A_3, "Test digit 18, a 3")
    draw(at, [{"type": "Path", "path": [["M", 1, 1], ["L", 2, 2]], "strokeWidth": 1e9}])
    assert not at.exception
    assert "pen width" in at.warning[0].value
    press(at, "Undo")
    assert not at.warning
    assert ">3</span>" in html(at)


def test_a_title_is_shown_as_it_is():
    assert "&lt;b&gt;a 3&lt;/b&gt;, lies on" in html(lay(open_page(), A_3, "<b>a 3</b>"))


def upload(name, content, kind):
    at = open_page()
    at.segmented_control(key="way").set_value("Use a picture").run()
    at.file_uploader[0].set_value((name, content, kind)).run()
    assert not at.exception
    return at


def test_a_picture_is_answered():
    at = upload("seven.png", seven_on_paper(), "image/png")
    assert ">7</span>" in html(at)
    look_closer(at)
    assert not at.exception
    assert "Picture resized" in html(at)


def test_a_file_that_is_no_picture_gets_a_sentence():
    at = upload("letter.png", b"Dear Sir or Madam", "image/png")
    assert "This is a text; what can be read is PNG, JPEG" in at.warning[0].value


def test_without_a_model_the_page_says_how_to_make_one(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path))
    at = open_page()
    assert not at.exception
    assert "python train.py --recipe quick --name quick" in at.info[0].value


def test_a_network_that_is_not_finished_answers_with_its_newest_weights(monkeypatch, shelf):
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    save_unfinished(shelf, seed=1, step=5)
    at = draw(open_page(), example("3"))
    assert at.selectbox(key="model").options == ["classic", "half (unfinished)"]
    at.selectbox(key="model").set_value("half (unfinished)").run()
    assert "**half** answers. It is not finished: interrupted, step 5 of 860." in words(at)
    (before,) = bars(at)["data"]
    save_unfinished(shelf, seed=2, step=9)
    at.run()
    assert "step 9 of 860" in words(at)
    (after,) = bars(at)["data"]
    assert before["y"] != after["y"]


def test_a_network_that_has_finished_meanwhile_stays_chosen(monkeypatch, shelf):
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    run = save_unfinished(shelf, seed=1, step=5)
    at = open_page()
    at.selectbox(key="model").set_value("half (unfinished)").run()
    shutil.rmtree(run.folder)
    rename_model("classic", "half", shelf)
    at.run()
    assert not at.exception
    assert at.selectbox(key="model").value == "half"


def test_a_damaged_model_is_named_and_hides_no_other(monkeypatch, shelf):
    (shelf / "broken").mkdir()
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    at = open_page()
    assert not at.exception
    assert at.selectbox(key="model").options == ["classic"]
    assert "**models/broken** is not used" in words(at)


def test_a_model_that_vanishes_while_the_page_is_open_gets_a_sentence(monkeypatch, shelf):
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    at = draw(open_page(), example("3"))
    (shelf / "classic" / "weights.safetensors").unlink()
    at.run()
    assert not at.exception
    assert "There is no model to answer yet" in at.info[0].value


def look_closer(at, view="Why this answer"):
    return at.segmented_control(key="closer").set_value(view).run()


def maps(at):
    """The charts below the bars."""
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")[1:]]


def model_rows(at):
    """The rows of the table of the models that read digits, each as its words."""
    table = next(each.proto.body for each in at.get("html") if "<table" in each.proto.body)
    rows = table.split("<tbody>")[1].split("</tr>")[:-1]
    return [[re.sub("<[^>]+>", "", cell) for cell in row.split("</td>")[:-1]] for row in rows], table


def names():
    return {card.name for card in list_models(classes=DIGITS)}


def test_a_closer_look_is_taken_only_when_it_is_asked_for_and_something_is_drawn():
    at = draw(open_page(), example("3"))
    assert not maps(at)
    assert "<table" not in html(at)
    look_closer(at, "How robust")
    assert len(maps(at)) == 2
    look_closer(at, "All models")
    assert not maps(at)
    assert "<table" in html(at)
    press(at, "Clear")
    assert not at.exception
    assert "<table" not in html(at)


def test_every_model_is_asked_about_the_drawing_and_the_picked_one_comes_first():
    at = look_closer(draw(open_page(), example("3")), "All models")
    rows, _ = model_rows(at)
    assert {row[0].removesuffix(" picked") for row in rows} == names()
    assert rows[0][0] == f"{at.selectbox(key='model').value} picked"
    for name, answer, sure, parameters, time in rows:
        model = load_model(name.removesuffix(" picked"))
        expected = predict(model, A_3_ON_CANVAS)
        assert answer == str(expected.digit)
        assert sure.replace("&nbsp;", " ") == f"{percent(expected.confidence)} sure"
        assert parameters == f"{model.card.parameters:,}"
        assert re.fullmatch(r"\d+\.\d ms", time)


def test_no_more_models_are_asked_than_are_kept_in_memory(monkeypatch):
    monkeypatch.setattr(all_models, "MAX_LOADED", 3)
    at = look_closer(draw(open_page(), example("3")), "All models")
    assert len(model_rows(at)[0]) == 3
    assert "The first 3 models are asked; 2 more are not." in words(at)


def test_a_model_that_answers_another_digit_stands_out(monkeypatch):
    at = open_page()
    contrary = next(iter(names() - {at.selectbox(key="model").value}))

    def ask(loaded, digit):  # noqa: ARG001
        return Prediction(np.eye(10)[1 if loaded.name == contrary else 7], Verdict.SURE), 0.0123

    monkeypatch.setattr(answering, "ask", ask)
    look_closer(draw(at, example("3")), "All models")
    rows, table = model_rows(at)
    assert {row[-1] for row in rows} == {"12.3 ms"}
    marked = [row for row in table.split("<tr")[1:] if ">differs<" in row]
    assert len(marked) == 1
    assert f">{contrary} <" in marked[0]
    assert LIGHT.wrong not in table  # it is sure, and nobody knows who is right
    assert f"; {contrary} answers 1." in words(at)


def test_a_model_that_cannot_be_loaded_gets_a_row_and_hides_no_other(monkeypatch, shelf):
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    (sound,) = list_models(shelf)
    card = replace(sound, name="odd", recipe=preset("quick"))
    shutil.copytree(shelf / sound.name, shelf / "odd")
    (shelf / "odd" / "card.json").write_text(card.to_json())
    (shelf / "broken").mkdir()
    at = look_closer(draw(open_page(), example("3")), "All models")
    assert not at.exception
    rows, _ = model_rows(at)
    assert [row[0] for row in rows] == [f"{sound.name} picked", "odd"]
    assert "its weights do not fit its network" in rows[1][2]
    assert "The only model answers 3; odd gives no answer." in words(at)
    assert "**models/broken** is not used" in words(at)


def test_the_maps_belong_to_the_drawing_that_is_on_the_canvas():
    at = look_closer(draw(open_page(), example("3")), "How robust")
    for title, digit in (("3", "3"), ("8", "8")):
        draw(at, example(title))
        assert not at.exception
        probability = max(percents(at)) / 100
        for each in maps(at):
            frame = each["layout"]["shapes"][0]
            row, column = int(frame["y0"] + 0.5), int(frame["x0"] + 0.5)
            (heat,) = each["data"]
            assert (heat["zmin"], heat["zmax"]) == (0, 1)
            assert heat["z"][row][column] == pytest.approx(probability)
            assert heat["text"][row][column] == ""
            assert f"{digit}, {percent(probability)} sure" in heat["hovertext"][row][column]
        assert words(at).count(f"It stays {with_article(digit)} in ") == 2


def test_the_sentence_counts_the_cells_without_another_digit():
    at = look_closer(draw(open_page(), example("tiny 4")), "How robust")
    for each in maps(at):
        cells = [text for row in each["data"][0]["text"] for text in row]
        assert f"It stays a 4 in {cells.count('')} of {len(cells)} cells; " in words(at)


def test_a_laid_digit_has_its_maps_too():
    at = look_closer(lay(open_page(), A_3, "Test digit 18, a 3"), "How robust")
    assert not at.exception
    _, tilts = maps(at)
    assert tilts["layout"]["yaxis"]["ticktext"][:3] == ["−0.5 px", "0 px", "+0.5 px"]
    draw(at, [pen_stroke(MAKES_AN_8)])
    assert words(at).count("It stays an 8 in ") == 2


def test_a_map_is_teal_only_where_the_network_is_sure_of_the_drawings_own_answer():
    at = look_closer(draw(open_page(), example("8")), "How robust")
    for each in maps(at):
        (heat,) = each["data"]
        steps = heat["colorscale"]
        assert [step for step, _ in steps] == [0, SURE, SURE, 1]
        oranges = [mix(LIGHT.ground, LIGHT.wrong, share) for share in (0.5, 0.15)]
        assert [colour for _, colour in steps] == [*oranges, mix(LIGHT.ground, LIGHT.answer, 0.8), LIGHT.answer]
        for shares, figures in zip(heat["z"], heat["text"], strict=True):
            assert all(share < SURE for share, figure in zip(shares, figures, strict=True) if figure)
    assert "Teal: sure of the 8 (98 % or more)." in words(at)


def test_a_speck_has_no_maps():
    at = look_closer(draw(open_page(), [path_object([(50, 50), (50, 50)], PEN_WIDTH)]), "How robust")
    assert not at.exception
    assert not maps(at)
    assert "Draw the whole digit, and two maps show" in words(at)


def test_each_step_is_answered_and_the_last_is_the_answer_itself():
    at = look_closer(draw(open_page(), example("tiny 4")))
    assert not at.exception
    steps = stages_from_strokes(drawing_from_objects(example("tiny 4")).strokes, PEN_WIDTH, 280)
    model = load_model(BEST)
    answers = [predict(model, each) for each in (steps.resized, steps.fitted, steps.redrawn, steps.centred)]
    said = re.findall(r"color:(#\w+);margin-right:0.3rem\">(.)</span> ([^<]+)", html(at))
    expected = [describe_answer(answer) for answer in answers]
    assert said == [(shown.colour, shown.figure, shown.brief) for shown in expected]
    assert said[-1] == (LIGHT.answer, "4", f"{percent(answers[-1].confidence)} sure")
    assert answers[-1].probabilities.tolist() == pytest.approx([share / 100 for share in percents(at)], abs=1e-5)


def test_what_stands_out_about_a_drawing_is_said_and_otherwise_that_nothing_does():
    at = look_closer(draw(open_page(), example("tiny 4")))
    for finding in ("Small:", "Off-centre:", "Thick pen for its size:"):
        assert f"**{finding}**" in words(at)
    assert "Nothing stands out" not in words(at)
    draw(at, example("8"))
    assert "Nothing stands out" in words(at)
    assert "The network answers **8** at every step." in words(at)
    draw(at, [path_object([(40, 140), (240, 140)], PEN_WIDTH)])  # no digit of MNIST's is a flat bar
    assert "Nothing stands out about size, place, pen and slant." in words(at)
    assert "much like MNIST's" not in words(at)


def test_a_click_far_from_a_drawing_changes_nothing_and_is_said_to_be_left_out():
    click = path_object([(262, 262), (262, 262)], PEN_WIDTH)
    seven = path_object([(20, 20), (84, 20), (84, 20), (44, 100)], PEN_WIDTH)
    at = look_closer(draw(open_page(), [seven]))
    alone = percents(at)
    assert "Stray mark" not in words(at)
    draw(at, [seven, click])
    assert percents(at) == alone
    assert "**Stray mark:** a mark far from the rest was left out." in words(at)


def test_a_square_that_is_filled_in_is_too_much_ink():
    filled = [path_object([(40, y), (240, y)], PEN_WIDTH) for y in range(40, 241, 10)]
    at = look_closer(draw(open_page(), filled))
    assert large_figure(at) == ("?", LIGHT.wrong)
    assert "Too much ink: it covers more than 360 of 28 × 28 pixels" in words(at)


def test_a_digit_of_a_number_and_a_click_are_looked_at_closer_too():
    ones = [path_object([(x, 60), (x, 140), (x, 220)], PEN_WIDTH) for x in (60, 220)]
    at = look_closer(draw(open_page(), ones))
    assert "Only after **Fitting** is it taken for a digit, **1**." in words(at)
    draw(at, [path_object([(50, 50), (50, 50)], PEN_WIDTH)])
    assert not at.exception
    assert "Hardly any ink: it covers 5 pixels, and a digit needs 15." in words(at)


def test_where_it_is_no_digit_no_step_is_said_to_have_turned_the_answer(monkeypatch):
    at = draw(open_page(), example("tiny 4"))
    doubt = Prediction(np.full(10, 0.1), Verdict.NOT_A_DIGIT)
    monkeypatch.setattr(answering, "ask", lambda *_: (doubt, 0.001))
    look_closer(at)
    assert "Not a digit: even the two best guesses, 0 and 1, get only 20 % together." in words(at)
    assert "turned the answer" not in words(at)
    assert "at every step" not in words(at)


def test_ink_outside_the_canvas_comes_into_sight_when_it_is_fitted():
    at = look_closer(draw(open_page(), [path_object([(400, 60), (400, 140), (400, 220)], PEN_WIDTH)]))
    assert not at.exception
    assert "No ink to see" in html(at)
    assert "**Fitting** brought the ink into sight, and the answer **1**." in words(at)


def test_a_laid_digit_went_no_steps_and_gets_a_sentence():
    at = look_closer(lay(open_page(), A_3, "Test digit 18, a 3"))
    assert not at.exception
    assert "nothing is fitted, redrawn or moved" in words(at)
    assert "Sure: 3 gets " in words(at)
    assert "Centring" not in html(at)


def test_the_closer_look_stays_chosen_through_an_empty_canvas():
    at = look_closer(draw(open_page(), example("3")))
    press(at, "Clear")
    assert "Centring" not in html(at)
    assert [each.key for each in at.segmented_control] == ["way"]
    draw(at, example("8"))
    assert "Centring" in html(at)


def open_link(letters, **address):
    at = AppTest.from_file(APP, default_timeout=TIMEOUT)
    for key, value in {"drawing": letters, **address}.items():
        at.query_params[key] = value
    return at.run()


def test_a_link_brings_its_drawing_and_its_model_and_clear_takes_it_away():
    at = open_link(encode_strokes(drawing_from_objects(example("barred 7"))), model="quick")
    assert not at.exception
    assert not at.warning
    assert ">7</span>" in html(at)
    assert "**quick** answers" in words(at)
    drawn = sent_to_canvas(at)["initialDrawing"]["objects"]
    assert [each["type"] for each in drawn] == ["Path", "Path"]
    assert [each["strokeWidth"] for each in drawn] == [PEN_WIDTH, PEN_WIDTH]
    assert max(percents(at)) == pytest.approx(max(percents(draw(open_page(), example("barred 7")))), abs=0.5)
    press(at, "Clear")
    assert "Draw a digit from 0 to 9" in html(at)
    assert "drawing" in at.query_params  # which is not read a second time


def test_a_drawing_goes_before_the_link_that_the_session_began_with():
    at = open_link(encode_strokes(drawing_from_objects(example("barred 7"))))
    draw(at, example("3"))
    assert ">3</span>" in html(at)
    at.segmented_control(key="way").set_value("Use a picture").run()
    at.segmented_control(key="way").set_value("Draw").run()
    assert ">3</span>" in html(at)


@pytest.mark.parametrize("letters", ["seven", "![](http://example.com/x.png)", "<b>", "A" * 100_000])
def test_a_link_that_brings_no_drawing_gets_a_sentence_without_its_words_and_the_canvas_works(letters):
    at = open_link(letters)
    assert not at.exception
    assert [each.value for each in at.warning] == [
        "The drawing in this link cannot be read, so the canvas is empty. Was the link copied whole?"
    ]
    assert letters not in words(at).replace(at.warning[0].value, "")
    assert ">3</span>" in html(draw(at, example("3")))


def test_the_browser_keeps_what_is_drawn_and_nothing_before():
    at = open_page()
    assert sent_to_script(at)["objects"] is None
    assert sent_to_script(draw(at, example("3")))["objects"] == example("3")
    press(at, "Clear")
    assert sent_to_script(at)["objects"] == []
    lay(at, A_3, "Test digit 18, a 3")
    assert sent_to_script(draw(at, [pen_stroke(MAKES_AN_8)]))["objects"] == []  # without its digit it says nothing
    draw(at, [{"type": "Path", "path": [["L", 1, 1]] * 1_000_000}])
    assert sent_to_script(at)["objects"] == []


def come_back_with(at, kept):
    """Do what the page does with what the browser has kept."""
    from ui.inputs import canvas  # which can be imported once Streamlit runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "session_state", at.session_state)
        at.session_state["canvas_script"] = {"kept": kept}
        canvas._restore()
        del at.session_state["canvas_script"]
    return at.run()


def test_what_the_browser_has_kept_is_on_the_canvas_again():
    at = come_back_with(open_page(), {"link": "", "objects": example("3")})
    assert ">3</span>" in html(at)
    assert sent_to_canvas(at)["initialDrawing"]["objects"] == example("3")


@pytest.mark.parametrize(
    "kept",
    [
        *(None, 7, "3", [], {}, {"objects": 3}, {"objects": [{}] * 2000}, {"objects": [{"type": "Path"}]}),
        {"objects": [{"type": "Path", "path": [["L", 1, 1]] * 100_000}]},
    ],
)
def test_of_what_no_browser_has_kept_nothing_comes_onto_the_canvas(kept):
    at = come_back_with(open_page(), kept)
    assert not at.exception
    assert not at.warning
    assert "Draw a digit from 0 to 9" in html(at)
    assert sent_to_canvas(at)["initialDrawing"]["objects"] == []


def test_what_was_kept_comes_too_late_for_whoever_draws_already():
    at = come_back_with(draw(open_page(), example("8")), {"link": "", "objects": example("3")})
    assert ">8</span>" in html(at)


def share(at):
    at.session_state["share"] = True
    return at.run()


def test_a_drawing_is_shared_by_a_link_to_itself_and_the_model():
    at = draw(open_page(), example("3"))
    at.selectbox(key="model").set_value("quick").run()
    assert not at.code
    share(at)
    assert not at.exception
    address = urlsplit(at.code[0].value)
    asked = parse_qs(address.query)
    assert asked["model"] == ["quick"]
    assert ">3</span>" in html(open_link(asked["drawing"][0]))


def test_a_scribble_without_end_gets_a_sentence_in_the_place_of_a_link():
    generator = np.random.default_rng(0)
    at = share(draw(open_page(), [polyline_object(generator.uniform(0, 280, (5000, 2)).tolist(), 18)]))
    assert not at.exception
    assert not at.code
    assert "too long for a link" in words(at)


def test_a_laid_digit_has_no_link_and_an_empty_canvas_nothing_to_share():
    at = share(lay(open_page(), A_3, "Test digit 18, a 3"))
    assert not at.code
    assert "not in a link, but in the picture" in words(at)
    assert [each.label for each in at.get("download_button")] == ["Save as PNG"]
    press(at, "Clear")
    assert not at.get("download_button")
