"""The Draw page for models of other alphabets: what it says, offers and shows is by the classes of the model."""

import csv
import json
import re
import shutil
from dataclasses import replace
from html import unescape
from io import StringIO

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.alphabets import CHARACTERS, CLOTHES, SIGNS
from mnist_core.model.prediction import Verdict, predict
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.store.models import list_models, load_model
from tests.support.alphabets import FORGED, in_a_line, save_characters, save_model
from tests.support.drawing import canvas_state
from tests.support.paging import html, words
from tests.support.places import APP, PROJECT
from ui.draw.picture_table import Row, rows_to_csv
from ui.inputs.examples import EXAMPLES, examples_for
from ui.inputs.fabric import PEN_WIDTH, path_object
from ui.theme import LIGHT

NAMES = {"letters": "letters and digits", "signs": "signs", "clothes": "clothes", "forged": f"{len(FORGED)} pictures"}


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(PROJECT / "models/quick", folder / "quick")
    save_characters(folder)
    save_characters(folder, "signs", SIGNS)
    save_model(folder, "clothes", CLOTHES)
    save_model(folder, "forged", FORGED)
    return folder


@pytest.fixture
def open_with(models_dir, monkeypatch):
    monkeypatch.setenv("MNIST_MODELS", str(models_dir))

    def open_with(model):
        at = AppTest.from_file(APP, default_timeout=60)
        if model:
            at.query_params["model"] = model
        at.run()
        assert not at.exception
        return at

    return open_with


def draw(at, strokes):
    at.session_state["canvas"] = canvas_state([path_object(stroke, PEN_WIDTH) for stroke in strokes])
    at.run()
    assert not at.exception
    return at


def bars(at):
    return json.loads(at.get("plotly_chart")[0].proto.spec)["data"][0]


def large_figure(at):
    return re.findall(r'data-testid="answer"[^>]*>([^<]*)<', html(at))


@pytest.mark.parametrize(
    ("model", "title", "invitation"),
    [
        ("quick", "What digit did I draw?", "Draw a digit from 0 to 9"),
        ("letters", "What character did I draw?", "Draw a letter or digit"),
        ("signs", "What character did I draw?", "Draw a sign"),
        ("clothes", "What did I draw?", "Draw a piece of clothing"),
        ("forged", "What did I draw?", "Draw a thing"),
    ],
)
def test_the_page_asks_and_invites_by_what_the_model_reads(open_with, model, title, invitation):
    at = open_with(model)
    assert at.title[0].value == title
    assert invitation in html(at)
    at.segmented_control(key="way").set_value("Use a picture").run()
    assert f"Choose a picture of one {invitation.removeprefix('Draw a ').removesuffix(' from 0 to 9')}" in html(at)
    assert not at.exception


def test_the_picker_says_what_each_model_reads_and_begins_with_one_of_digits(open_with, models_dir):
    at = open_with("")
    picker = at.selectbox(key="model")
    shown = {name: f"{name} · {said}" for name, said in NAMES.items()}
    assert picker.options == [shown.get(card.name, card.name) for card in list_models(models_dir)]
    assert picker.value == "quick"
    picker.set_value("letters").run()
    assert at.query_params["model"] == "letters"
    assert at.title[0].value == "What character did I draw?"


def test_only_of_clothes_the_page_says_that_they_cannot_be_drawn_well(open_with):
    told = "Clothes can hardly be drawn with a pen, but try."
    assert {model: told in words(open_with(model)) for model in ("quick", "letters", "clothes")} == {
        "quick": False,
        "letters": False,
        "clothes": True,
    }


@pytest.mark.parametrize("model", ["quick", "letters", "signs", "clothes"])
def test_the_examples_are_such_as_the_model_can_read(open_with, models_dir, model):
    at = open_with(model)
    classes = next(card.classes for card in list_models(models_dir) if card.name == model)
    offered = [button.key.removeprefix("example ") for button in at.button if (button.key or "").startswith("example ")]
    assert offered == list(examples_for(classes))
    if model == "quick":
        assert offered == list(EXAMPLES)
    else:
        assert set(offered) <= set(classes)
        assert bool(offered) == (model != "clothes")


@pytest.mark.parametrize(("model", "title"), [("letters", "E"), ("letters", "H"), ("signs", "="), ("signs", "→")])
def test_an_example_is_answered_by_its_name_and_a_bar_with_it(open_with, model, title):
    at = open_with(model)
    at.button(key=f"example {title}").click().run()
    assert large_figure(at) == [title]
    bar = bars(at)
    bar["x"] = list(map(unescape, bar["x"]))
    assert len(bar["x"]) == 11
    assert title in bar["x"]
    assert sum(bar["y"]) == pytest.approx(100)
    alphabet = CHARACTERS if model == "letters" else SIGNS
    assert bar["x"][:10] == [name for name in alphabet if name in bar["x"]]
    assert bar["x"][10] == f"+\u00a0{len(alphabet) - 10}"
    assert f"{len(alphabet) - 10} more together" in at.get("plotly_chart")[0].proto.alt


def test_a_bar_that_nobody_sees_is_not_exchanged_for_another_with_each_stroke(open_with):
    at = open_with("letters")
    before = bars(at)["x"]
    at.button(key="example E").click().run()
    now = bars(at)
    seen = {name for name, share in zip(now["x"], now["y"], strict=True) if share >= 0.5}
    assert set(now["x"]) - set(before) <= seen


def test_the_bars_of_clothes_lie_beside_their_names(open_with):
    at = draw(open_with("clothes"), EXAMPLES["0"])
    bar = bars(at)
    assert bar["orientation"] == "h"
    assert bar["y"] == list(CLOTHES)
    assert large_figure(at)[0] in [*CLOTHES, "?"]


def test_a_word_is_read_and_each_of_its_letters_can_be_looked_at(open_with):
    at = draw(open_with("letters"), in_a_line("HELLO", gap=30, height=60))
    assert large_figure(at) == ["HELLO"]
    choice = at.segmented_control(key="digit_of_number")
    assert (choice.label, choice.options) == ("Look at character", list("HELLO"))
    choice.set_value(1).run()
    assert not at.exception
    colours = dict(zip(bars(at)["x"], bars(at)["marker"]["color"], strict=True))
    assert colours["E"] != LIGHT.other


def test_signs_and_clothes_are_not_cut(open_with):
    for model in ("signs", "clothes"):
        at = draw(open_with(model), in_a_line("==", gap=40, height=60))
        assert len(large_figure(at)) == 1
        assert [each.key for each in at.segmented_control if each.key == "digit_of_number"] == []


@pytest.mark.parametrize("view", ["Why this answer", "All models", "How robust"])
@pytest.mark.parametrize("model", ["letters", "signs", "clothes", "forged"])
def test_each_closer_look_goes_with_each_alphabet(open_with, model, view):
    at = draw(open_with(model), EXAMPLES["0"])
    at.segmented_control(key="closer").set_value(view).run()
    assert not at.exception
    assert (
        "digit"
        not in re.sub(
            r"MNIST's( 70,000)? digits|letters? (and|or) digits?|of digits|test digits", "", words(at)
        ).lower()
        or view == "All models"
    )


def test_who_agrees_is_said_of_one_alphabet_and_the_others_stand_below(open_with):
    at = draw(open_with("quick"), EXAMPLES["3"])
    at.segmented_control(key="closer").set_value("All models").run()
    said = words(at)
    assert "**The only model of digits answers 3.**" in said
    for name in NAMES.values():
        assert f"**Models of {name}**" in said
    assert html(at).count('<table class="models"') == 5


def test_no_name_of_a_class_is_taken_for_markup(open_with):
    at = draw(open_with("forged"), EXAMPLES["0"])
    for view in ("Why this answer", "All models", "How robust"):
        at.segmented_control(key="closer").set_value(view).run()
        assert not at.exception
        assert "<b>x</b>" not in html(at)
        assert "<i>&amp;" not in html(at)
        for element in (*at.markdown, *at.caption):
            assert not re.search(r"(?<!\\)\*\*x|(?<!\\)\$x|(?<!\\)<[bi]>|(?<!\\)_x_", str(element.value))
        for chart in at.get("plotly_chart"):
            labels = json.dumps(json.loads(chart.proto.spec)["data"])
            assert not re.search(r"<[bi]>|\$x\$", labels)


def test_the_table_of_pictures_has_a_column_for_each_class_and_no_formula(models_dir):
    digit = digit_from_strokes(in_a_line("="), PEN_WIDTH)
    answer = predict(load_model("signs", models_dir), digit)
    head, row = csv.reader(StringIO(rows_to_csv([Row("a.png", digit, answer)], SIGNS)))
    assert head[4:] == [f"p{name}" for name in SIGNS]
    assert (row[1], len(row)) == ("=", len(head))
    refused = replace(answer, verdict=Verdict.NOT_A_DIGIT)
    assert "not a character" in rows_to_csv([Row("a.png", digit, refused)], SIGNS)
