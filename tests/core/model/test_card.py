"""What a card says of its classes, and what it may not."""

import json
from dataclasses import replace

import pytest

from mnist_core import load_model
from mnist_core.alphabets import CHARACTERS, DIGITS
from mnist_core.errors import DamagedModel
from mnist_core.model.card import card_from_json
from mnist_core.recipe import SeedGroup


@pytest.fixture(scope="module")
def card():
    return load_model("quick").card


def test_a_card_that_names_no_classes_is_of_the_ten_digits(card):
    assert "classes" not in json.loads(card.to_json())
    assert card_from_json(card.to_json()).classes == DIGITS


def test_other_classes_come_back_in_their_order(card):
    letters = replace(card, classes=CHARACTERS)
    assert json.loads(letters.to_json())["classes"] == list(CHARACTERS)
    assert card_from_json(letters.to_json()) == letters


@pytest.mark.parametrize(
    "classes",
    [
        [],
        ["a"],
        ["a", "a"],
        ["a", ""],
        ["a", " "],
        ["a", None],
        ["a", 7],
        ["a", ["b"]],
        ["a", "x" * 21],
        ["a", "b\u202e"],
        ["a", "b\u200f"],
        ["a", "b\nc"],
        [str(number) for number in range(10_000)],
        "0123456789",
        {"0": 1, "1": 2},
        None,
    ],
)
def test_classes_that_cannot_be_are_refused(card, classes):
    forged = json.loads(card.to_json()) | {"classes": classes}
    with pytest.raises(DamagedModel, match=r"card\.json (says|has classes that cannot be: found)"):
        card_from_json(json.dumps(forged))


def test_markup_in_the_name_of_a_class_is_text(card):
    names = ("<img src=x>", "**bold**", "`code`", "$x$")
    assert card_from_json(replace(card, classes=names).to_json()).classes == names


def test_a_group_of_seeds_and_teachers_come_back(card):
    ours = replace(card, group=SeedGroup("quick-seeds", 3, 5), teachers_sha256=("0" * 64, "f" * 64))
    assert card_from_json(ours.to_json()) == ours
    assert not {"group", "teachers_sha256"} & json.loads(card.to_json()).keys()


@pytest.mark.parametrize(
    "entry",
    [
        {"group": {"name": "<b>", "first_seed": 0, "count": 2}},
        {"group": {"name": "../x", "first_seed": 0, "count": 2}},
        {"group": {"name": "g", "first_seed": -1, "count": 2}},
        {"group": {"name": "g", "first_seed": 0, "count": 10**9}},
        {"group": {"name": "g", "first_seed": 0}},
        {"group": "g"},
        {"peak_memory": -1},
        {"peak_memory": 0.5},
        {"teachers_sha256": ["abc"]},
        {"teachers_sha256": ["0" * 64] * 10},
        {"teachers_sha256": "0" * 64},
    ],
)
def test_a_group_teachers_or_an_amount_of_memory_that_cannot_be_are_refused(card, entry):
    with pytest.raises(DamagedModel, match="which cannot be"):
        card_from_json(json.dumps(json.loads(card.to_json()) | entry))
