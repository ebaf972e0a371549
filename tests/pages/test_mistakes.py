"""The Mistakes page without a browser: what it shows for what lies on disk and for what the address asks."""

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from mnist_core.data.label_errors import DISPUTED_TEST_LABELS
from mnist_core.data.mnist import Digits
from mnist_core.evaluation import test_sets
from mnist_core.evaluation.metrics import evaluate
from mnist_core.model.prediction import sum_top_two
from mnist_core.recipe import preset
from mnist_core.store.models import load_answers, load_evaluation, load_model
from tests.support import paging
from tests.support.paging import run, words
from tests.support.places import PROJECT
from ui.services import mnist_digits, training_runs
from ui.theme import LIGHT


@pytest.fixture(autouse=True)
def workshop(monkeypatch, shelf) -> Path:
    """A models folder to play with: `classic` and `quick`, on a machine without the digits."""
    shutil.copytree(PROJECT / "models" / "quick", shelf / "quick")
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    monkeypatch.setattr(mnist_digits, "find", lambda _: None)
    monkeypatch.setattr(mnist_digits, "are_here", lambda: False)
    return shelf


@pytest.fixture
def blank_digits(monkeypatch) -> Digits:
    """Digits that are said to be here: blank ones, with the labels of the real ones."""
    labels = load_answers("classic", PROJECT / "models").labels
    digits = Digits(np.zeros((10_000, 28, 28), np.uint8), labels)
    monkeypatch.setattr(mnist_digits, "find", lambda _: digits)
    monkeypatch.setattr(mnist_digits, "are_here", lambda: True)
    monkeypatch.setattr(test_sets, "load", lambda *_, **__: digits)
    return digits


def open_page(**address):
    return paging.open_page("mistakes.py", **({"model": "classic"} | address))


def chart(at, key):
    return next(json.loads(c.proto.spec) for c in at.get("plotly_chart") if key in c.proto.id)


def component(at, name):
    (element,) = [each for each in at.get("bidi_component") if each.proto.component_name == name]
    return element


def gallery(at):
    """What is sent to the gallery's component."""
    return json.loads(component(at, "digit_gallery").proto.json)


def test_the_numbers_and_the_matrix_are_there_without_the_digits():
    at = open_page()
    said = words(at)
    assert "98.32 %" in said
    assert "98.05 to 98.55 %" in said
    assert "168 of 10,000" in said
    assert "98.44 %" in said
    right, wrong, cells = chart(at, "confusion")["data"]
    assert json.loads(component(at, "confusion_buttons").proto.json)["cells"][49] == "10 × 4 read as 9"
    assert cells["text"][4 * 10 + 9] == "10"
    assert right["z"][4][9] is None
    assert wrong["z"][4][9] == 1.0


def test_without_the_digits_the_list_is_there_and_they_are_offered():
    at = open_page(true="4", read="9")
    table = at.dataframe[0].value
    assert len(table) == 10
    assert set(table["True digit"]) == {4}
    assert set(table["Read as"]) == {9}
    assert list(table["Confidence"]) == sorted(table["Confidence"], reverse=True)
    assert "are not on this machine yet" in at.info[0].value
    assert "Fetch the digits (11 MB)" in [button.label for button in at.button]


@pytest.mark.usefixtures("blank_digits")
def test_the_address_decides_what_is_shown():
    at = open_page(true="4", read="9", order="by index", sure=["60", "90"])
    shown = gallery(at)["tiles"]
    answers = load_answers("classic", PROJECT / "models")
    expected = np.flatnonzero(
        (answers.labels == 4) & (answers.given == 9) & (answers.confidences >= 0.6) & (answers.confidences <= 0.9)
    )
    assert [tile["index"] for tile in shown] == expected.tolist()
    assert [tile["headline"] for tile in shown] == ["4 → 9"] * len(expected)


@pytest.mark.usefixtures("blank_digits")
def test_a_disputed_label_carries_its_mark():
    tiles = gallery(open_page(show="disputed labels"))["tiles"]
    assert sorted(tile["index"] for tile in tiles) == list(DISPUTED_TEST_LABELS)
    assert {tile["mark"] for tile in tiles} == {"label disputed"}
    assert "label disputed" not in {tile["mark"] for tile in gallery(open_page(true="1", read="8"))["tiles"]}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("true", "12"), ("read", "x"), ("show", "nothing"), ("show", "both wrong"), ("order", "odd")),
        *(("sure", "180"), ("sure", "50"), ("sure", ["90", "x"]), ("sure", ["90", "nan"])),
        *(("digit", "10000"), ("beside", "classic")),
    ],
)
def test_what_cannot_be_in_the_address_is_ignored_with_a_sentence(key, value):
    at = open_page(**{key: value})
    said = value if isinstance(value, str) else ", ".join(value)
    assert f"{key} = '{said}'" in at.warning[0].value
    assert "digits misread" in words(at)
    assert not at.get("dialog")


def test_what_can_be_in_the_address_is_not_complained_of():
    assert not open_page(
        true="4", read="9", show="all digits", order="by index", sure=["20", "80"], beside="quick"
    ).warning


def test_a_range_may_be_in_the_address_the_wrong_way_round_and_in_other_digits():
    at = open_page(show="all digits", sure=["1e2", "90"])
    assert not at.warning
    assert "confidence 90 % to 100 %" in words(at)


def test_who_chooses_the_other_model_in_a_box_is_not_told_of_an_address():
    at = open_page(beside="quick", show="both wrong")
    assert not at.warning
    at.selectbox(key="model").set_value("quick")
    at.query_params["model"] = "quick"  # as the browser does
    run(at)
    assert at.session_state["beside"] is None
    assert not at.warning
    assert "digits misread" in words(at)


def test_older_links_that_call_the_values_otherwise_still_work():
    at = open_page(true="4", read="9", order="least sure first", beside="no other")
    assert not at.warning
    assert next(box.value for box in at.selectbox if box.label == "Order") == "least confident first"
    assert list(at.dataframe[0].value["Confidence"]) == sorted(at.dataframe[0].value["Confidence"])
    assert at.session_state["beside"] is None
    at = open_page(order="surest first")
    assert not at.warning
    assert next(box.value for box in at.selectbox if box.label == "Order") == "most confident first"
    next(box for box in at.selectbox if box.label == "Order").set_value("by index")
    at.query_params["order"] = "by index"  # as the browser does
    assert list(run(at).dataframe[0].value["Index"]) == sorted(at.dataframe[0].value["Index"])
    assert not at.warning


def test_the_list_is_as_careful_as_the_rest_of_the_page():
    confidences = {*open_page(show="all digits").dataframe[0].value["Confidence"]}
    assert "over 99.9 %" in confidences
    assert not {each for each in confidences if each.startswith("100")}


def test_two_models_are_compared_in_words_and_by_digit():
    at = open_page(beside="quick", show="only the other wrong")
    first, second = (load_answers(name, PROJECT / "models") for name in ("classic", "quick"))
    only_second = int((first.right & ~second.right).sum())
    assert f"by quick alone: **{only_second}**" in words(at)
    assert len(at.dataframe[0].value) == only_second


def test_the_choices_that_need_two_models_are_not_offered_for_one():
    assert "both wrong" not in at_show(open_page())
    assert "both wrong" in at_show(open_page(beside="quick"))


def at_show(at):
    return next(box for box in at.selectbox if box.label == "Show").options


def test_one_digit_opens_from_the_address_with_what_every_model_answers():
    at = open_page(digit="2130")
    said = words(at)
    assert "Its label is disputed: it says 4, and of five people 2 read a 4, 2 read a 9, 1 read neither." in said
    table = next(frame.value for frame in at.dataframe if "Model" in frame.value)
    assert list(table["Model"]) == ["classic", "quick"]
    answers = load_answers("classic", PROJECT / "models")
    wrong, right = np.flatnonzero(~answers.right)[0], np.flatnonzero(answers.right)[0]
    for index, word, colour in ((wrong, "Wrong", LIGHT.wrong), (right, "Right", LIGHT.answer)):
        at = open_page(digit=str(index))
        table = next(frame.value for frame in at.dataframe if "Model" in frame.value)
        assert table["Result"].iloc[0].startswith(f"{word}, ")
        assert f"**classic**: {word}, " in words(at)
        assert re.search(rf'color:{colour}">An? {answers.labels[index]}, read', words(at))
        bars = chart(at, "one digit")["data"][0]["marker"]["color"]
        assert bars[answers.given[index]] == colour
        assert bars[answers.labels[index]] == LIGHT.answer


def test_what_is_taken_for_no_digit_is_a_question_mark_beside_whether_the_guess_is_right():
    answers = load_answers("classic", PROJECT / "models")
    threshold = load_model("classic", PROJECT / "models").card.top_two_threshold
    index = int(np.flatnonzero(sum_top_two(answers.probabilities.astype(float)) < threshold)[0])
    at = open_page(digit=str(index))
    table = next(frame.value for frame in at.dataframe if "Model" in frame.value)
    outcome = "right" if answers.right[index] else "wrong"
    assert table["Answer"].iloc[0] == "?"
    assert table["Result"].iloc[0].startswith(f"Not a digit. Closest: {answers.given[index]}, ")
    assert f", which is {outcome}" in table["Result"].iloc[0]


def test_next_goes_through_what_was_chosen():
    at = open_page(true="4", read="9", order="by index")
    indices = list(at.dataframe[0].value["Index"])
    at = open_page(true="4", read="9", order="by index", digit=str(indices[0]))
    assert "1 of 10" in words(at)
    next(button for button in at.button if button.label == "Next").click()
    at = run(at)
    assert at.query_params["digit"] == str(indices[1])
    assert "2 of 10" in words(at)


@pytest.mark.usefixtures("blank_digits")
def test_a_model_that_was_not_judged_can_be_judged(workshop):
    for name in ("evaluation.json", "probabilities.safetensors"):
        (workshop / "classic" / name).unlink()
    at = open_page()
    assert "has no evaluation.json" in at.info[0].value
    next(button for button in at.button if button.label.startswith("Evaluate it")).click()
    at = run(at)
    answers = load_answers("classic", workshop)
    assert len(set(map(tuple, answers.probabilities))) == 1  # the digits are all blank
    assert load_evaluation("classic", workshop).correct == int(answers.right.sum())
    assert f"{10_000 - answers.right.sum():,} of 10,000" in words(at)


def test_a_model_that_was_not_judged_needs_the_digits(workshop):
    (workshop / "classic" / "evaluation.json").unlink()
    at = open_page()
    assert "To evaluate it, the MNIST digits are needed" in at.info[0].value


@pytest.mark.usefixtures("blank_digits")
def test_answers_that_are_not_those_of_the_evaluation_are_not_shown(workshop):
    file = workshop / "classic" / "probabilities.safetensors"
    tensors = load_file(file)
    tensors["test"] = np.roll(tensors["test"], 1, axis=0)
    save_file(tensors, file)
    at = open_page()
    assert "are not those its evaluation was made from" in at.info[0].value
    assert not at.get("plotly_chart")


def test_a_network_that_is_still_learning_has_no_mistakes_yet(monkeypatch):
    half = SimpleNamespace(recipe=preset("classic"))
    monkeypatch.setattr(training_runs, "list_answering", lambda: {training_runs.label_of("half"): half})
    at = open_page(model=training_runs.label_of("half"))
    assert "evaluated on the test digits once" in at.info[0].value


@pytest.mark.parametrize(("view", "key"), [("Digit by digit", "scores"), ("Confidence", "reliability")])
def test_each_further_view_shows_its_chart(view, key):
    assert chart(open_page(more=view), key)["data"]


def test_the_mark_of_each_bar_is_on_the_side_that_its_confidence_says():
    bars, _edge, marks, counts = chart(open_page(more="Confidence"), "reliability")["data"]
    answers = load_answers("classic", PROJECT / "models")
    gaps = np.array(marks["y"]) - np.array(bars["y"])
    surest = answers.confidences > 14 / 15
    too_sure = answers.confidences[surest].mean() - answers.right[surest].mean()
    assert gaps[-1] == pytest.approx(100 * too_sure)
    weighted = np.abs(gaps) @ np.array(counts["y"]) / 100 / len(answers)
    assert weighted == pytest.approx(load_evaluation("classic", PROJECT / "models").calibration_error, abs=1e-6)


def test_a_model_that_was_judged_on_other_labels_is_not_set_beside_another(workshop):
    file = workshop / "quick" / "probabilities.safetensors"
    tensors = {name: np.roll(values, 1, axis=0) for name, values in load_file(file).items()}
    save_file(tensors, file)
    evaluation = evaluate(tensors["test"], tensors["labels"]).to_json()
    (workshop / "quick" / "evaluation.json").write_text(json.dumps(evaluation))
    at = open_page(beside="quick")
    assert "'quick' was evaluated on 10,000 digits that are not the MNIST test digits" in at.info[0].value
    assert "98.32 %" in words(at)


def test_the_bars_of_each_digit_begin_below_the_lowest():
    figure = chart(open_page(), "scores")
    lowest = min(min(bar["y"]) for bar in figure["data"])
    assert figure["layout"]["yaxis"]["range"][0] < lowest


def test_the_map_needs_the_digits():
    assert "For a map of the test digits" in open_page(more="Map").info[-1].value
