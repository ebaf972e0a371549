"""What a teaching changed: written, read trusting nothing, and when that is too much."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import BadName
from mnist_core.store.drawings import GivenAnswer
from mnist_core.store.layout import MAX_TEACHING
from mnist_core.store.teaching import (
    Change,
    TaughtDrawing,
    Teaching,
    count_change,
    load_teaching,
    why_it_forgets,
    write_teaching,
)

SEVEN = GivenAnswer("quick", 7, "sure", 0.98)
ONE = GivenAnswer("quick-mine", 1, "unsure", 0.61)
TEACHING = Teaching(
    "quick",
    (TaughtDrawing("a1", 1, False, SEVEN, ONE), TaughtDrawing("a2", NOT_A_DIGIT, True, SEVEN, ONE)),
    Change(10_000, 9939, 9931, 7, 15),
    Change(1000, 990, 991, 2, 1),
    Change(1000, 20, 25, 10, 5),
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine").mkdir()
    write_teaching(TEACHING, tmp_path / "mine")
    return tmp_path / "mine"


def changed(**changes):
    return replace(TEACHING, **changes)


def test_what_is_written_is_read_again(folder):
    assert load_teaching("mine", folder.parent) == TEACHING


def test_a_model_that_was_not_taught_has_none(tmp_path):
    assert load_teaching("mine", tmp_path) is None
    with pytest.raises(BadName):
        load_teaching("../mine", tmp_path)


DAMAGES = {
    "no JSON": lambda _: b"no JSON",
    "another thing": lambda _: b"[]",
    "half": lambda content: content[:200],
    "deep": lambda _: b"[" * 100_000,
    "large": lambda content: content + b" " * MAX_TEACHING,
    "no such digit": lambda content: content.replace(b'"digit": 7', b'"digit": 70'),
    "no such label": lambda content: content.replace(b'"label": -1', b'"label": -2'),
    "no such share": lambda content: content.replace(b"0.61", b"1.61"),
    "NaN": lambda content: content.replace(b"0.61", b"NaN"),
    "below 0": lambda content: content.replace(b'"lost": 1\n', b'"lost": -1\n'),
    "counts of another": lambda content: content.replace(b'"after": 9931', b'"after": 9932'),
    "more than there are": lambda content: content.replace(b'"seen": 10000', b'"seen": 9940'),
    "long words": lambda content: content.replace(b"a2", b"a" * 101),
    "no letters": lambda content: content.replace(b"a2", b"a\\u0000"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_as_if_it_were_not_there(folder, damage):
    content = (folder / "teaching.json").read_bytes()
    damaged = DAMAGES[damage](content)
    assert damaged != content
    (folder / "teaching.json").write_bytes(damaged)
    assert load_teaching("mine", folder.parent) is None


def test_a_drawing_that_is_none_is_right_where_it_is_refused():
    first, second = TEACHING.drawings
    assert (first.was_right, first.is_right) == (False, True)
    assert (second.was_right, second.is_right) == (False, False)
    assert replace(second, after=replace(ONE, verdict="not a digit")).is_right
    assert not replace(first, after=replace(ONE, verdict="not a digit")).is_right  # though its closest guess is


def test_gained_and_lost_are_counted_and_weighed_by_mcnemar():
    before, after = np.array([1, 1, 1, 0, 0, 0], bool), np.array([1, 0, 1, 1, 1, 1], bool)
    change = count_change(before, after)
    assert change == Change(6, 3, 5, 3, 1)
    assert change.p_value == 2 * (1 + 4) / 16
    assert change.difference == pytest.approx(1 / 3)


def test_what_chance_may_bring_is_no_forgetting():
    assert why_it_forgets(TEACHING) == ()
    edge = changed(
        mnist=Change(10_000, 9900, 9885, 0, 15),
        synthetic=Change(1000, 990, 985, 0, 5),
        letters=Change(1000, 0, 20, 20, 0),
    )
    assert why_it_forgets(edge) == ()
    assert why_it_forgets(changed(mnist=None)) == ()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"mnist": Change(10_000, 9900, 9884, 0, 16)},
            "Of 10,000 MNIST test digits it reads 9,884, 16 fewer than before.",
        ),
        (
            {"synthetic": Change(1000, 990, 984, 0, 6)},
            "Of 1,000 digits drawn by our program it reads 984, 6 fewer than before.",
        ),
        (
            {"letters": Change(1000, 20, 41, 21, 0)},
            "Of 1,000 letters and scribbles it is sure that 41 are digits, 21 more than before.",
        ),
    ],
)
def test_what_is_more_than_that_is_said(folder, changes, sentence):
    assert why_it_forgets(changed(**changes)) == (sentence,)
    write_teaching(changed(**changes), folder)
    assert why_it_forgets(load_teaching("mine", folder.parent))


def test_it_holds_no_stroke_and_no_pixel(folder):
    values = json.loads((folder / "teaching.json").read_text())
    said = asdict(TEACHING)
    del said["noun"], said["test_set"]  # of digits, that is not written
    assert values == json.loads(json.dumps(said))
    assert set(values["drawings"][0]) == {"id", "label", "held_out", "before", "after"}


LETTERS = replace(
    TEACHING,
    drawings=(
        TaughtDrawing("a1", "A", False, GivenAnswer("letters", "H", "sure", 0.98), GivenAnswer("mine", "A", "sure", 1)),
        TaughtDrawing("a2", 7, False, GivenAnswer("letters", 7, "sure", 0.98), GivenAnswer("mine", "T", "sure", 1)),
        TaughtDrawing("a3", "O", False, GivenAnswer("letters", "Q", "sure", 0.98), GivenAnswer("mine", 0, "sure", 1)),
    ),
    noun="character",
    test_set="emnist",
)


def test_a_teaching_of_characters_has_their_names_and_the_words_for_them(folder):
    lost = Change(4700, 4600, 4576, 0, 24)
    teaching = replace(
        LETTERS, mnist=Change(18_800, 16_000, 15_900, 0, 100), synthetic=lost, letters=Change(9, 0, 9, 9, 0)
    )
    write_teaching(teaching, folder)
    assert load_teaching("mine", folder.parent) == teaching
    assert [each.was_right for each in teaching.drawings] == [False, True, False]
    assert [each.is_right for each in teaching.drawings] == [True, False, True]  # the last taken for what looks like it
    assert why_it_forgets(teaching) == (
        "Of 18,800 EMNIST test characters it reads 15,900, 100 fewer than before.",
        "Of 4,700 characters drawn by our program it reads 4,576, 24 fewer than before.",
        "Of 9 signs and scribbles it is sure that 9 are characters, 9 more than before.",
    )


@pytest.mark.parametrize(
    ("sound", "damaged"),
    [(b'"character"', b'"dog"'), (b'"emnist"', b'"<b>"'), (b'"A"', b'" A"'), (b'"H"', b'"' + b"H" * 21 + b'"')],
)
def test_names_and_words_that_cannot_be_are_as_if_it_were_not_there(folder, sound, damaged):
    write_teaching(LETTERS, folder)
    content = (folder / "teaching.json").read_bytes()
    assert sound in content
    (folder / "teaching.json").write_bytes(content.replace(sound, damaged))
    assert load_teaching("mine", folder.parent) is None
