"""The Draw page without a browser: what it shows for what the canvas sends."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.data import Digits
from mnist_core.history import Step, entry_to_line
from mnist_core.networks import build_network
from mnist_core.recipe import preset
from mnist_core.registry import load_model, rename_model
from mnist_core.runs import Checkpoint, find_run, new_run, run_folder, save_checkpoint
from mnist_core.training import Training
from ui import loaders
from ui.examples import EXAMPLES
from ui.strokes import PEN_WIDTH, path_object

TIMEOUT = 60  # seconds


def canvas_state(objects):
    return {"drawing": {"raw": {"objects": objects}, "data": None}, "backgroundFit": None}


def example(title):
    return [path_object(stroke, PEN_WIDTH) for stroke in EXAMPLES[title]]


def open_page():
    return AppTest.from_file("../streamlit_app.py", default_timeout=TIMEOUT).run()


def draw(at, objects):
    at.session_state["canvas"] = canvas_state(objects)
    return at.run()


def html(at):
    return " ".join(element.proto.body for element in at.get("html"))


def bars(at):
    (chart,) = at.get("plotly_chart")
    return json.loads(chart.proto.spec)


def words(at):
    return " ".join(element.value for kind in (at.markdown, at.caption, at.warning, at.info) for element in kind)


def test_at_first_the_page_invites_to_draw_and_predicts_nothing():
    at = open_page()
    assert not at.exception
    assert at.title[0].value == "What digit did I draw?"
    assert "Draw a digit from 0 to 9" in html(at)
    assert "sure" not in html(at)
    assert at.selectbox(key="model").options == ["classic", "mlp-plus", "quick"]
    assert "mlp-plus** answers" in words(at)  # the one that reads the most test digits
    assert "9,944 of the 10,000 MNIST test digits: 99.44 %" in words(at)


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


def test_two_digits_side_by_side_are_doubted_but_answered():
    ones = [path_object([(x, 60), (x, 140), (x, 220)], PEN_WIDTH) for x in (60, 220)]
    at = draw(open_page(), ones)
    assert "looks like two digits" in html(at)


def test_a_click_is_hardly_any_ink():
    at = draw(open_page(), [path_object([(50, 50), (50, 50)], PEN_WIDTH)])
    assert "Hardly any ink" in html(at)


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


def upload(name, content, kind):
    at = open_page()
    at.segmented_control(key="way").set_value("Use a picture").run()
    at.file_uploader[0].set_value((name, content, kind)).run()
    assert not at.exception
    return at


def test_a_picture_is_answered(tmp_path):
    from PIL import Image, ImageDraw

    sheet = Image.new("L", (400, 500), 230)
    ImageDraw.Draw(sheet).line([(100, 80), (300, 80), (170, 430)], fill=40, width=24, joint="curve")
    sheet.save(tmp_path / "seven.png")
    at = upload("seven.png", (tmp_path / "seven.png").read_bytes(), "image/png")
    assert ">7</span>" in html(at)


def test_a_file_that_is_no_picture_gets_a_sentence():
    at = upload("letter.png", b"Dear Sir or Madam", "image/png")
    assert "not a PNG or JPEG picture" in at.warning[0].value


def test_without_a_model_the_page_says_how_to_make_one(monkeypatch, tmp_path):
    monkeypatch.setattr(loaders, "MODELS_DIR", tmp_path)
    at = open_page()
    assert not at.exception
    assert "python train.py --recipe quick --name quick" in at.info[0].value


def save_unfinished(shelf, seed, step):
    """A run of `half` that has saved a network."""
    recipe = preset("classic", seed=seed)
    training = Training(recipe, build_network("classic", seed), Digits(np.zeros((64, 28, 28), np.uint8), np.arange(64)))
    there = run_folder("half", shelf).exists()
    run = find_run("half", shelf) if there else new_run("half", "classic", recipe, 1, "2026-11-24T12:00:00", shelf)
    card = replace(load_model("classic", shelf).card, name="half", recipe=recipe)
    save_checkpoint(run, Checkpoint(*training.state(), card, 0))
    with (run.folder / "history.jsonl").open("a") as history:
        history.write(entry_to_line(Step(step, 860, 2.0, 1.5, 0.001)))
    return run


def test_a_network_that_is_not_finished_answers_with_its_newest_weights(monkeypatch, shelf):
    monkeypatch.setattr(loaders, "MODELS_DIR", shelf)
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
    monkeypatch.setattr(loaders, "MODELS_DIR", shelf)
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
    monkeypatch.setattr(loaders, "MODELS_DIR", shelf)
    at = open_page()
    assert not at.exception
    assert at.selectbox(key="model").options == ["classic"]
    assert "`models/broken` is not used" in words(at)


def test_a_model_that_vanishes_while_the_page_is_open_gets_a_sentence(monkeypatch, shelf):
    monkeypatch.setattr(loaders, "MODELS_DIR", shelf)
    at = draw(open_page(), example("3"))
    (shelf / "classic" / "weights.safetensors").unlink()
    at.run()
    assert not at.exception
    assert "There is no model to answer yet" in at.info[0].value
