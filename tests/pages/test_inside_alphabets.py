"""The Inside page with models of other alphabets: names instead of digits, and what there is of each kind."""

import re
from dataclasses import replace
from html import escape, unescape

import numpy as np
import pytest

from mnist_core.alphabets import CHARACTERS, CLOTHES, DIGITS, SIGNS
from mnist_core.data.digits import Digits
from mnist_core.model.prediction import predict
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.recipe import preset
from mnist_core.store.models import load_model
from tests.support import paging
from tests.support.alphabets import FORGED, save_characters, save_model
from tests.support.drawing import canvas_state, example
from tests.support.paging import html, press, run, words
from ui.inputs.examples import EXAMPLES, examples_for
from ui.inputs.fabric import PEN_WIDTH
from ui.services import insights, test_digits
from ui.text import verbatim

VIEWS = ("Layers", "Pixels that matter", "Similar digits", "Change the pixels", "Smallest change")
TWO = digit_from_strokes(EXAMPLES["2"], PEN_WIDTH)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A models folder with a reader of characters, one of clothes, and such as a stranger may bring."""
    folder = tmp_path_factory.mktemp("models")
    save_characters(folder, "letters")
    card = replace(save_model(folder, "clothes", CLOTHES), recipe=preset("quick", data="fashion"))
    (folder / "clothes" / "card.json").write_text(card.to_json())
    card = replace(save_model(folder, "signs", SIGNS), recipe=preset("quick", data="signs"))
    (folder / "signs" / "card.json").write_text(card.to_json())
    save_model(folder, "twins", ("0", "O"))
    save_model(folder, "forged", FORGED)
    save_model(folder, "two", ("no", "yes"))
    save_model(folder, "hundred", tuple(f"class {number}" for number in range(100)))
    save_model(folder, "digits", DIGITS)
    return folder


@pytest.fixture(autouse=True)
def on_this_shelf(monkeypatch, models):
    monkeypatch.setenv("MNIST_MODELS", str(models))
    monkeypatch.setattr(insights, "has_index", lambda _: False)


def open_page(**address):
    return paging.open_page("inside.py", **address)


def drawn(at, strokes="2"):
    """Draw on the canvas."""
    at.session_state["canvas"] = canvas_state(example(strokes))
    return run(at)


def labels(at, key: str) -> list[str]:
    return next(each for each in at.segmented_control if each.key == key).options


def test_characters_are_called_so_where_digits_were():
    at = open_page(model="letters", from_="Example")
    assert "Test character" in labels(at, "from")
    assert "Similar characters" in labels(at, "view")
    at.segmented_control(key="view").set_value("Similar digits")
    run(at)
    assert [heading.value for heading in at.header] == ["Most similar training characters"]
    at.segmented_control(key="view").set_value("Smallest change")
    run(at)
    at.segmented_control(key="view").set_value("Pixels that matter")
    run(at)
    assert "digit" not in words(at)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["letters", "clothes", "forged", "two", "hundred"])
def test_every_view_shows_every_alphabet(name, view):
    at = drawn(open_page(model=name))
    at.segmented_control(key="view").set_value(view)
    run(at)
    assert not at.exception
    assert len(at.header) == 1


def test_the_number_that_is_followed_is_that_of_a_class_by_name():
    at = open_page(model="letters", from_="Example")
    answer = predict(load_model("letters"), digit_from_strokes(examples_for(CHARACTERS)["A"], PEN_WIDTH))
    assert answer.name == "A"
    assert "**The answer A: " in words(at)
    at.session_state["_unit"] = "answer", (CHARACTERS.index("g"),)
    run(at)
    assert "**The answer g: " in words(at)
    maps = next(each.proto.json for each in at.get("bidi_component") if '"name": "answer"' in each.proto.json)
    assert re.findall(r'"name": "(.)"', maps) == list(CHARACTERS)


def test_names_that_could_be_markup_are_shown_as_they_are():
    at = drawn(open_page(model="forged"))
    for number, name in enumerate(FORGED):
        at.session_state["_unit"] = "answer", (number,)
        run(at)
        assert f"**The answer {verbatim(name)}: " in words(at)
    at.segmented_control(key="view").set_value("Pixels that matter")
    run(at)
    for each in at.selectbox:
        if (each.key or "").startswith(("why", "rival")):
            assert {*FORGED} - {*each.options} == ({FORGED[at.selectbox[1].value]} if "rival" in each.key else set())
    at.segmented_control(key="view").set_value("Smallest change")
    run(at)
    (target,) = [each for each in at.segmented_control if (each.key or "").startswith("flip target")]
    assert {*target.options} < {verbatim(name) for name in FORGED}
    assert "<b>x</b>" not in html(at)


def test_evidence_for_any_class_can_be_asked_for_by_name():
    at = open_page(model="letters", from_="Example", view="Pixels that matter")
    why = next(each for each in at.selectbox if (each.key or "").startswith("why"))
    assert why.options == list(CHARACTERS)
    why.set_value(CHARACTERS.index("h"))
    run(at)
    assert html(at).count("Occlusion for the h") == 1
    assert "Green: evidence for h. Orange: evidence for " in words(at)
    assert "the network has rarely seen characters with holes" in words(at)


def test_of_many_classes_the_target_is_chosen_from_a_list_without_what_looks_like_the_answer():
    at = drawn(open_page(model="letters", view="Smallest change"))
    answer = predict(load_model("letters"), TWO)
    assert answer.name in ("2", "Z")
    target = next(each for each in at.selectbox if (each.key or "").startswith("flip target"))
    assert [*target.options] == [name for name in CHARACTERS if name not in ("2", "Z")]
    assert "These look alike, and count as one answer: 2, Z." in words(at)
    target.set_value(CHARACTERS.index("A"))
    run(at)
    press(at, "Find a change that makes it an A")
    assert not at.exception
    assert "A change you can see (counterfactual)" in html(at)
    assert "Replace parts of the character by parts of one that a program drew" in words(at)


def test_of_clothes_the_change_that_nobody_sees_is_sought_alone():
    at = drawn(open_page(model="clothes", view="Smallest change"))
    assert not at.exception
    press(at, next(each.label for each in at.button if each.label.startswith("Find a change that makes it ")))
    assert "A change you hardly see (adversarial)" in html(at)
    assert "counterfactual" not in html(at)
    assert "it writes none of this class" in words(at)


def test_what_was_written_for_a_training_is_not_kept_and_so_not_compared():
    at = open_page(model="letters", from_="Example", view="Similar digits")
    assert "What it has learnt from is not kept" in words(at)


def test_a_model_of_clothes_has_no_example_and_nothing_on_its_canvas():
    at = open_page(model="clothes")
    assert labels(at, "from") == ["Drawing", "Picture", "Test picture"]
    assert not at.header


def test_a_test_picture_is_named_and_the_choice_goes_along_to_another_model(monkeypatch):
    shown = Digits(np.full((3, 28, 28), 99, np.uint8), np.array([9, 0, 3]))
    monkeypatch.setattr(test_digits, "find", lambda _, classes: shown if classes == CLOTHES else None)
    at = open_page(model="clothes", from_="Test picture", digit="2")
    assert not at.exception
    assert "Test picture 2, a Dress." in words(at)
    at.selectbox(key="model").set_value("letters")
    run(at)
    assert at.segmented_control(key="from").value == "Test character"


def test_an_address_of_a_model_of_digits_goes_for_another_alphabet_too():
    at = open_page(model="letters", from_="Test digit", view="Similar digits")
    assert not at.warning
    assert at.segmented_control(key="from").value == "Test character"


def test_what_is_changed_by_hand_is_named():
    at = drawn(open_page(model="forged", view="Change the pixels"))
    assert "Paint on the picture or change it until the answer flips." in html(at)
    before = predict(load_model("forged"), TWO)
    assert "Paint on the picture or change it" in html(at)
    press(at, "Erase all")
    at.button(key="poke Shift left").click()
    run(at)
    assert not at.exception
    press(at, "Reset")
    said = unescape(re.search(r'data-testid="poked"[^>]*>(.*?)</div>', html(at))[1])
    assert said == f"The answer is still {before.name}."
    assert escape(before.name) in html(at)


def test_a_sign_that_markdown_takes_for_its_own_is_named_as_it_is(monkeypatch):
    stars = Digits((TWO[None] * 255).astype(np.uint8), np.array([SIGNS.index("*")]))
    monkeypatch.setattr(test_digits, "find", lambda *_: stars)
    assert verbatim("Test character 0, an *.") in words(open_page(model="signs", from_="Test character"))


def test_where_all_classes_look_alike_there_is_no_other_to_change_to():
    at = drawn(open_page(model="twins", view="Smallest change"))
    assert not at.exception
    assert "All of its classes look alike" in words(at)


def test_a_picture_is_asked_for_by_what_the_model_reads():
    at = open_page(model="letters", from_="Picture")
    assert at.get("file_uploader")[0].proto.label == "A picture or photo of one letter or digit, or several of them"
