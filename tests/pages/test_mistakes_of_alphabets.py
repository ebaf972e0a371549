"""The Mistakes page of models that read something else than digits: in their own words, by their own test set."""

import json
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest

from mnist_core.alphabets import CHARACTERS, CLOTHES
from mnist_core.data.mnist import Digits
from mnist_core.evaluation import test_sets
from mnist_core.evaluation.test_sets import EMNIST_TEST, FASHION_TEST, WRITTEN_TEST, TestSet
from mnist_core.store.models import load_evaluation
from tests.support import paging
from tests.support.alphabets import FORGED, pretend_evaluation, save_model
from tests.support.paging import press, run, words
from ui.mistakes import gallery
from ui.services import catalogue, test_digits
from ui.theme import DARK, LIGHT, class_tints, contrast
from ui.widgets.confusion_matrix import worst_cells
from ui.widgets.pillow_text import spell


@pytest.fixture(autouse=True)
def workshop(monkeypatch, shelf, tmp_path) -> Path:
    """A models folder with `classic` and `letters`, whose test set is written in no time, on a machine without data."""
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(test_sets, "synthetic_characters", write_blank)
    test_digits._find.clear()
    pretend_evaluation(shelf, save_model(shelf, "letters", CHARACTERS), WRITTEN_TEST, data="characters")
    yield shelf
    test_digits._find.clear()


def write_blank(count, _seed, classes, **_):
    return Digits(np.full((count, 28, 28), 9, np.uint8), np.arange(count) % len(classes))


def add(shelf, name, classes, test_set, *, data="characters", right=0.8):
    return pretend_evaluation(shelf, save_model(shelf, name, classes), test_set, data=data, right=right)


def open_page(model="letters", **address):
    return paging.open_page("mistakes.py", **({"model": model} | address))


def sent_to(at, name):
    """What is sent to a component."""
    (element,) = [each for each in at.get("bidi_component") if each.proto.component_name == name]
    return json.loads(element.proto.json)


def options(at, label):
    return next(box.options for box in at.selectbox if box.label == label)


def test_it_speaks_of_characters_and_of_the_test_set_that_they_are_from():
    at = open_page()
    evaluation = load_evaluation("letters", catalogue.read_settings().models_dir)
    assert at.title[0].value == "Which test characters does it get wrong?"
    said = words(at)
    assert f"{3290 - evaluation.correct:,} of 3,290" in said
    assert "Evaluated on 3,290 unseen synthetic characters." in said
    assert f"{3290 - evaluation.correct:,} characters misread" in said
    assert "disputed" not in said
    assert "digit" not in said
    assert "disputed labels" not in options(at, "Show")
    assert "all characters" in options(at, "Show")
    assert options(at, "True class") == ["any", *CHARACTERS]
    assert "by true class" in options(at, "Order")


def test_a_digits_model_beside_them_speaks_of_digits_as_ever():
    at = open_page("classic")
    assert at.title[0].value == "Which test digits does it get wrong?"
    assert "disputed labels" in options(at, "Show")
    assert options(at, "True digit") == ["any", *"0123456789"]


def test_the_matrix_holds_the_cells_that_have_something_and_the_worst_are_buttons():
    at = open_page()
    sent = sent_to(at, "confusion_grid")
    confusion = np.array(load_evaluation("letters", catalogue.read_settings().models_dir).confusion)
    assert sent["names"] == list(CHARACTERS)
    assert {(cell["row"], cell["column"]): cell["figure"] for cell in sent["cells"]} == {
        (row, column): str(confusion[row, column]) for row, column in np.argwhere(confusion).tolist()
    }
    row, column = worst_cells(confusion, 1)[0]
    label = f"{CHARACTERS[row]} → {CHARACTERS[column]} ({confusion[row, column]})"
    at = press(at, label)
    assert (at.session_state["true"], at.session_state["read"]) == (CHARACTERS[row], CHARACTERS[column])
    assert f"{CHARACTERS[row]} read as {CHARACTERS[column]}" in words(at)
    tiles = sent_to(at, "digit_gallery")["tiles"]
    assert len(tiles) == confusion[row, column]
    assert {tile["headline"] for tile in tiles} == {f"{CHARACTERS[row]} → {CHARACTERS[column]}"}
    assert tiles[0]["alt"].startswith("Test character ")
    assert sent_to(at, "confusion_grid")["chosen"] == row * 47 + column
    at = press(at, label)
    assert (at.session_state["true"], at.session_state["read"]) == ("any", "any")


def test_what_can_and_what_cannot_be_in_the_address():
    at = open_page(true="A", read="B", show="all characters", order="by true class")
    assert not at.warning
    assert "characters in all, A read as B" in words(at)  # what is misread is read as the next class
    at = open_page(true="ж", show="disputed labels")
    assert "true = 'ж'" in at.warning[0].value
    assert "show = 'disputed labels'" in at.warning[0].value
    assert "true = 'A'" in open_page("classic", true="A").warning[0].value


def test_another_model_can_be_chosen_where_a_filter_names_a_class_that_it_has_not():
    at = open_page(true="A", read="B", more="Class by class")
    at.selectbox(key="model").set_value("classic")
    at = run(at)
    assert at.title[0].value == "Which test digits does it get wrong?"
    assert at.session_state["true"] == "any"
    assert at.session_state["more"] == "Digit by digit"
    assert "168 digits misread" in words(at)


def test_the_classes_are_in_a_table_the_worst_first():
    at = open_page()
    table = next(frame.value for frame in at.dataframe if "F1" in frame.value)
    assert list(table["F1"]) == sorted(table["F1"])
    assert sorted(table["Class"]) == sorted(CHARACTERS)
    worst = CHARACTERS.index(table["Class"].iloc[0])
    assert table["Most often misread as"].iloc[0].startswith(f"{CHARACTERS[worst + 1]} (")


def test_only_models_of_the_same_classes_and_test_set_can_be_compared(workshop):
    add(workshop, "twin", CHARACTERS, WRITTEN_TEST, right=0.5)
    add(workshop, "by-people", CHARACTERS, EMNIST_TEST)
    add(workshop, "fewer", CHARACTERS[:20], WRITTEN_TEST)
    at = open_page(beside="twin", show="only the other wrong")
    assert options(at, "Compare with") == ["twin"]
    assert "so letters is better" in words(at)
    assert "characters, by twin alone" in words(at)
    assert options(open_page("classic"), "Compare with") == []
    assert "beside = 'by-people'" in open_page(beside="by-people").warning[0].value


def test_one_character_opens_with_what_models_of_its_kind_answer(workshop):
    add(workshop, "twin", CHARACTERS, WRITTEN_TEST, right=0.5)
    answers = catalogue.read_evaluated("letters").answers
    index = int(np.flatnonzero(~answers.right & (answers.labels == 15))[0])
    at = open_page(digit=str(index))
    said = words(at)
    assert ">An F, read as G<" in said
    assert f"It is test character {index:,}." in said
    assert "true class F" in said
    table = next(frame.value for frame in at.dataframe if "Model" in frame.value)
    assert list(table["Model"]) == ["letters", "twin"]
    assert table["Answer"].iloc[0] == "G"
    links = [link.proto.query_string for link in at.get("page_link") if link.proto.label == "Look inside"]
    assert [parse_qs(link) for link in links] == [
        {"model": ["letters"], "from": ["Test character"], "digit": [str(index)]}
    ]


def test_clothes_that_are_not_here_are_listed_and_can_be_fetched(workshop, monkeypatch):
    monkeypatch.setattr(TestSet, "may_have", lambda test_set, *_: test_set is FASHION_TEST)
    add(workshop, "clothes", CLOTHES, FASHION_TEST, data="fashion")
    at = open_page("clothes")
    assert at.title[0].value == "Which test pictures does it get wrong?"
    assert set(at.dataframe[0].value["True class"]) <= set(CLOTHES)
    assert "the Fashion-MNIST pictures are needed, and they are not on this machine yet" in at.info[0].value
    assert "`FashionMNIST/raw`" in at.info[0].value
    assert "Fetch the Fashion-MNIST pictures (30 MB)" in [button.label for button in at.button]


def test_where_other_characters_are_written_now_it_is_said_and_the_model_can_be_evaluated_anew(workshop, monkeypatch):
    monkeypatch.setattr(
        test_sets,
        "synthetic_characters",
        lambda *given, **_: Digits(write_blank(*given).images, write_blank(*given).labels[::-1].copy()),
    )
    at = open_page()
    assert "The unseen synthetic characters are others now than those that it was evaluated on." in at.info[0].value
    assert not [each for each in at.get("bidi_component") if each.proto.component_name == "digit_gallery"]
    at = press(at, "Evaluate it on 3,290 unseen synthetic characters")
    assert load_evaluation("letters", workshop).correct == 70  # they are all blank, and read alike
    assert sent_to(at, "digit_gallery")["tiles"]


@pytest.mark.parametrize("key", ["written-0", "mnist", "fashion", "emnist", "mine"])
def test_an_evaluation_on_what_is_not_its_test_set_is_not_shown(workshop, key):
    file = workshop / "letters" / "evaluation.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"test_set": key}))
    at = open_page()
    assert "'letters' was evaluated on" in at.info[0].value
    assert "Evaluate it on 3,290 unseen synthetic characters" in [button.label for button in at.button]
    assert not at.get("bidi_component") or "confusion_grid" not in {
        each.proto.component_name for each in at.get("bidi_component")
    }
    assert not catalogue.has_checked_evaluation("letters")


def test_of_classes_that_no_test_set_has_nothing_can_be_found_out(workshop):
    save_model(workshop, "pets", ("cat", "dog"))
    at = open_page("pets")
    assert "There is no test set of its classes." in at.info[0].value
    assert not [button for button in at.button if button.label.startswith("Evaluate")]


def test_names_that_could_be_taken_for_markup_are_shown_as_they_are(workshop, monkeypatch):
    monkeypatch.setattr(TestSet, "has", lambda *_: True)
    add(workshop, "forged", FORGED, WRITTEN_TEST, right=0.4)
    at = open_page("forged", true="<b>x</b>", read="**x**")
    answers = catalogue.read_evaluated("forged").answers
    assert r"**\*\*x\*\*" not in words(at)
    assert r"\<b\>x\</b\> read as \*\*x\*\*" in words(at)
    assert r"\<b\>x\</b\> → \*\*x\*\*" in " ".join(button.label for button in at.button)
    index = int(np.flatnonzero(~answers.right & (answers.labels == 0))[0])
    said = words(open_page("forged", digit=str(index)))
    assert "&lt;b&gt;x&lt;/b&gt;, read as **x**" in said
    assert "<b>x</b>" not in said


def test_a_class_that_is_called_as_the_choice_of_all_can_be_chosen(workshop, monkeypatch):
    monkeypatch.setattr(TestSet, "has", lambda *_: True)
    add(workshop, "odd", ("any", "other"), WRITTEN_TEST)
    at = open_page("odd", true="any", show="all pictures")
    assert "70 pictures in all, true class any" in words(at)
    assert "140 pictures in all" in words(open_page("odd", show="all pictures"))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_each_of_many_classes_has_a_colour_of_its_own_that_is_seen(palette, monkeypatch):
    monkeypatch.setattr("ui.theme.colours", lambda: palette)
    for count in (2, 10, 47, 100):
        tints = class_tints(count)
        assert len(set(tints)) == count
        assert all(contrast(tint, palette.ground) >= 3 for tint in tints[10:] or tints)


def test_on_paper_long_names_stay_within_their_tiles():
    font = gallery.ImageFont.load_default(15)
    for name in ("W" * 20, "T-shirt/top > Pullover", "4 > 9"):
        assert font.getlength(gallery._fit(name, font)) <= gallery.SHEET_TILE
    assert gallery._fit("4 > 9", font) == "4 > 9"


def test_on_paper_signs_that_the_font_has_not_are_called_by_their_names():
    font = gallery.ImageFont.load_default(15)
    assert gallery._spell("4 → 9", font) == "4 > 9"
    assert gallery._spell("→ → −", font) == "rightwards arrow > minus sign"
    assert gallery._spell("T-shirt/top → &", font) == "T-shirt/top > &"
    assert spell("Probably a → (60 %)") == "Probably a rightwards arrow (60 %)"
