"""Kept drawings: a file of lines from which nothing is lost."""

import gzip
import json
from dataclasses import asdict

import numpy as np
import pytest

from mnist_core.alphabets import ALPHABETS, CHARACTERS, CLOTHES, DIGITS
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import DrawingError, KeptDrawingsError, NotAllowed
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.rights import VARIABLE
from mnist_core.store import drawings as store
from mnist_core.store.drawings import (
    FILE,
    NO_DIGIT,
    GivenAnswer,
    add_drawings,
    as_digits,
    delete_drawings,
    describe_left_out,
    find_class,
    given_answer,
    keep_pixels,
    keep_strokes,
    label_at,
    parse_drawings,
    read_drawings,
    read_drawings_file,
    relabel_drawings,
)

SEVEN = [[(60.0, 60.0), (200.0, 60.0), (120.0, 230.0)]]
ANSWER = GivenAnswer("quick", 1, "unsure", 0.61)


def line(**changes):
    return json.dumps({"label": "7", "strokes": [[[0, 0], [10, 20]]]} | changes).encode()


def test_what_was_kept_is_read_as_it_was(tmp_path):
    drawn = keep_strokes(SEVEN, 18, "7", ANSWER)
    picture = keep_pixels(digit_from_strokes(SEVEN, 18), NO_DIGIT)
    assert add_drawings([drawn, picture, drawn], tmp_path / "mine") == [drawn, picture]
    assert add_drawings([picture], tmp_path / "mine") == []
    assert read_drawings(tmp_path / "mine") == store.Drawings((drawn, picture))
    digits = as_digits([drawn, picture])
    assert digits.labels.tolist() == [7, NOT_A_DIGIT]
    assert np.array_equal(digits.images[0], digits.images[1])


def test_nothing_is_kept_before_something_is(tmp_path):
    assert read_drawings(tmp_path / "none") == store.Drawings()
    assert not (tmp_path / "none").exists()


def test_labels_change_and_drawings_go_and_come_back(tmp_path):
    kept = [keep_strokes(SEVEN, 18, digit) for digit in "172"]
    add_drawings(kept, tmp_path)
    (tmp_path / FILE).write_bytes(b"no drawing\n" + (tmp_path / FILE).read_bytes())
    assert relabel_drawings({kept[0].id: "7", "none of ours": "3"}, tmp_path) == [kept[0]]
    gone = delete_drawings({kept[1].id, "none of ours"}, tmp_path)
    assert gone == [kept[1]]
    assert [drawing.label for drawing in read_drawings(tmp_path).kept] == ["7", "2"]
    add_drawings(gone, tmp_path)
    assert [drawing.label for drawing in read_drawings(tmp_path).kept] == ["7", "2", "7"]
    assert (tmp_path / FILE).read_bytes().startswith(b"no drawing\n")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"\xff\xfe", "is not JSON"),
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"5", "is no drawing"),
        (b"{}", "is no drawing"),
        (line(label="a" * 21), "label 'aaa"),
        (line(label=" a"), "no space around it"),
        (line(label=""), "expected 1 to 20 printable characters"),
        (line(label="a\u200b"), "printable"),
        (line(label=10), "label '10'"),
        (line(label=True), "is no drawing"),
        (line(label=-1), "expected 0 to 9"),
        (line(strokes=[]), "neither strokes nor the pixels"),
        (line(strokes=[[]]), "neither strokes nor the pixels"),
        (line(strokes=[[[1, 2, 3]]]), "is no drawing"),
        (line(strokes=[[[1e9, 2]]]), "far outside"),
        (line(strokes=[[[0, 0]] * 20_001]), "20,001 points"),
        (line(pen_width=-1), "pen width"),
        (line(strokes=[], pixels="AAAA"), "neither strokes nor the pixels"),
        (line(writer="x" * 101), "more than 100"),
        (line(more="x" * 2_000_000), "over 2,000,000 bytes"),
        (line(id="a\nb"), "printable"),
        (line(answer={"model": "quick", "digit": 12, "verdict": "sure", "confidence": 1}), "no model gives"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_line_that_is_no_drawing_is_counted_and_hides_no_other(bad, reason):
    found = parse_drawings(line() + b"\n\n" + bad + b"\n" + line(label=3))
    assert [drawing.label for drawing in found.kept] == ["7", "3"]
    assert [told.number for told in found.bad] == [3]
    assert reason in found.bad[0].reason


def test_strokes_of_any_unit_and_without_a_pen_are_the_same_digit():
    small, large = (
        parse_drawings(line(strokes=[[[x * size, y * size] for x, y in stroke] for stroke in SEVEN])).kept[0]
        for size in (0.5, 40)
    )
    assert np.array_equal(small.digit, large.digit)


def test_drawings_of_one_id_in_a_file_are_both_there():
    one, other = parse_drawings(line(id="a") + b"\n" + line(id="a", label=3)).kept
    assert (one.id, one.label, other.label) == ("a", "7", "3")
    assert other.id != "a"


def test_a_file_may_be_packed_and_damaged_or_too_large_is_said(tmp_path, monkeypatch):
    file = tmp_path / "given.jsonl.gz"
    file.write_bytes(gzip.compress(line()))
    assert len(read_drawings_file(file).kept) == 1
    file.write_bytes(gzip.compress(line())[:-9])
    with pytest.raises(KeptDrawingsError, match="damaged"):
        read_drawings_file(file)
    monkeypatch.setattr(store, "MAX_BYTES", 1000)
    file.write_bytes(gzip.compress(b" " * 2000))
    with pytest.raises(KeptDrawingsError, match="over 1,000 bytes once"):
        read_drawings_file(file)
    file.write_bytes(b" " * 2000)
    with pytest.raises(KeptDrawingsError, match=r"given\.jsonl\.gz is over 1,000 bytes"):
        read_drawings_file(file)
    with pytest.raises(KeptDrawingsError, match="more than 100,000 lines"):
        parse_drawings(b"x\n" * 100_001)
    monkeypatch.setattr(store, "MAX_DRAWINGS", 2)
    with pytest.raises(KeptDrawingsError, match="more than 2"):
        parse_drawings(b"\n".join([line()] * 3))
    with pytest.raises(KeptDrawingsError, match="At most 2"):
        add_drawings([keep_strokes(SEVEN, 18, "7") for _ in range(3)], tmp_path)


def test_a_packed_file_of_the_store_stays_readable_as_it_changes(tmp_path):
    (tmp_path / FILE).write_bytes(gzip.compress(b"\n".join(line(label=label, id=f"{label}") for label in range(9))))
    add_drawings([keep_strokes(SEVEN, 18, "9")], tmp_path)
    relabel_drawings({"3": "7"}, tmp_path)
    assert [each.label for each in read_drawings(tmp_path).kept] == [*"0127456789"]


def test_an_id_of_a_long_source_and_a_number_is_short_enough_to_be_read_again(tmp_path):
    given = parse_drawings(line(src="x" * 95, id=1234567)).kept
    add_drawings(given, tmp_path)
    assert read_drawings(tmp_path) == store.Drawings(given)


def test_what_cannot_be_drawn_is_not_kept():
    for strokes in ([], [[]], [[(float("nan"), 0)]]):
        with pytest.raises(DrawingError):
            keep_strokes(strokes, 18, 7)


def test_where_the_disk_refuses_all_is_as_it_was(tmp_path, monkeypatch):
    kept = keep_strokes(SEVEN, 18, "7")
    add_drawings([kept], tmp_path)

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_atomically", refuse)
    for change in (
        lambda: add_drawings([keep_strokes(SEVEN, 18, "7")], tmp_path),
        lambda: relabel_drawings({kept.id: "1"}, tmp_path),
        lambda: delete_drawings({kept.id}, tmp_path),
    ):
        with pytest.raises(KeptDrawingsError, match="All is as it was before"):
            change()
    assert read_drawings(tmp_path).kept == (kept,)


def test_nothing_is_kept_of_a_classs_drawings(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "class")
    with pytest.raises(NotAllowed, match="own machine"):
        add_drawings([keep_strokes(SEVEN, 18, "7")], tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_drawing_without_an_id_can_be_changed_and_is_known_again(tmp_path):
    (tmp_path / FILE).write_bytes(line() + b"\n" + line(label=3))
    first, second = read_drawings(tmp_path).kept
    assert add_drawings([first, second], tmp_path) == []
    relabel_drawings({second.id: "5"}, tmp_path)
    assert [(each.id, each.label) for each in read_drawings(tmp_path).kept] == [(first.id, "7"), (second.id, "5")]


def test_of_two_drawings_with_one_id_one_is_deleted_and_comes_back(tmp_path):
    (tmp_path / FILE).write_bytes(line(id="a") + b"\n" + line(id="a", strokes=[[[5, 0], [0, 9]]], label=3))
    one, other = read_drawings(tmp_path).kept
    assert delete_drawings({one.id}, tmp_path) == [one]
    assert [drawing.strokes for drawing in read_drawings(tmp_path).kept] == [other.strokes]
    add_drawings([one], tmp_path)
    assert [drawing.label for drawing in read_drawings(tmp_path).kept] == ["3", "7"]


def test_different_drawings_of_one_id_are_both_kept(tmp_path):
    ann = parse_drawings(line(id=1)).kept
    ben = parse_drawings(line(id=1, strokes=[[[3, 3], [4, 9]]])).kept
    assert len(add_drawings(ann, tmp_path)) == 1
    assert len(add_drawings([*ben, *ann], tmp_path)) == 1
    assert add_drawings(ben, tmp_path) == []
    assert [drawing.strokes for drawing in read_drawings(tmp_path).kept] == [ann[0].strokes, ben[0].strokes]


# ------------------------------------------------------------------------------------------------- other alphabets


def test_letters_and_other_classes_are_kept_by_their_names_and_digits_as_they_always_were(tmp_path):
    answered = Prediction(np.eye(47)[10], Verdict.SURE, classes=CHARACTERS)
    letter = keep_strokes(SEVEN, 18, "A", given_answer("letters", answered))
    digit = keep_strokes(
        SEVEN, 18, "7", given_answer("letters", Prediction(np.eye(47)[7], Verdict.SURE, classes=CHARACTERS))
    )
    shoe = keep_strokes(SEVEN, 18, "Ankle boot")
    add_drawings([letter, digit, shoe], tmp_path)
    assert read_drawings(tmp_path).kept == (letter, digit, shoe)
    first, second, third = map(json.loads, (tmp_path / FILE).read_bytes().splitlines())
    assert (first["label"], first["answer"]["digit"], first["answer"]["model"]) == ("A", "A", "letters")
    assert (second["label"], second["answer"]["digit"]) == ("7", 7)
    assert third["label"] == "Ankle boot"
    assert (letter.answer.name, digit.answer.name) == ("A", "7")


def test_lines_of_before_there_were_letters_are_written_again_as_they_were():
    old = line(id="a", label="7", src="mine", pen_width=1.0, created="", answer=asdict(ANSWER))
    kept = parse_drawings(old).kept
    assert (kept[0].label, kept[0].answer) == ("7", ANSWER)
    assert json.loads(kept[0].to_line()) == json.loads(old)


@pytest.mark.parametrize("name", ["", " x", "x" * 21, "a\n", 10, -1])
def test_what_cannot_be_the_name_of_a_class_is_no_answer(name):
    answer = {"model": "quick", "digit": name, "verdict": "sure", "confidence": 1}
    (bad,) = parse_drawings(line(answer=answer)).bad
    assert bad.reason == "has an answer that no model gives"


@pytest.mark.parametrize(
    ("label", "digits", "characters", "clothes"),
    [
        ("7", 7, 7, NOT_A_DIGIT),
        ("A", NOT_A_DIGIT, 10, NOT_A_DIGIT),
        ("a", NOT_A_DIGIT, CHARACTERS.index("a"), NOT_A_DIGIT),
        ("c", NOT_A_DIGIT, CHARACTERS.index("C"), NOT_A_DIGIT),  # which EMNIST counts as one
        ("O", None, CHARACTERS.index("O"), NOT_A_DIGIT),  # it looks like a 0
        ("l", None, CHARACTERS.index("L"), NOT_A_DIGIT),  # and this like a 1
        ("Bag", NOT_A_DIGIT, NOT_A_DIGIT, 8),
        ("+", NOT_A_DIGIT, NOT_A_DIGIT, NOT_A_DIGIT),
        ("not a digit", NOT_A_DIGIT, None, None),
        ("not a character", NOT_A_DIGIT, NOT_A_DIGIT, None),
        ("not a piece of clothing", None, None, NOT_A_DIGIT),
    ],
)
def test_a_label_is_a_class_of_a_model_or_none_of_them_or_left_open(label, digits, characters, clothes):
    assert find_class(label, DIGITS) == digits
    assert find_class(label, CHARACTERS) == characters
    assert find_class(label, CLOTHES) == clothes


def test_what_a_person_may_say_a_drawing_is_not_can_be_read_again():
    for classes in (*ALPHABETS.values(), ("cat", "dog")):
        label = label_at(NOT_A_DIGIT, classes)
        assert parse_drawings(line(label=label)).kept[0].label == label
        assert find_class(label, classes) == NOT_A_DIGIT


def test_drawings_that_are_left_out_are_counted_with_their_labels():
    kept = [keep_strokes(SEVEN, 18, label) for label in ("7", "O", "l", "l", "A")]
    assert describe_left_out(kept, DIGITS) == "3 drawings are left out: what is labelled O, l may be a digit or not."
    assert describe_left_out(kept, CHARACTERS) == ""
    many = [keep_strokes(SEVEN, 18, label) for label in ("not a digit",)]
    assert "1 drawing is left out: what is labelled “not a digit” may be a character" in describe_left_out(
        many, CHARACTERS
    )
