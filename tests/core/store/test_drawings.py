"""Kept drawings: a file of lines from which nothing is lost."""

import gzip
import json

import numpy as np
import pytest

from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import DrawingError, KeptDrawingsError, NotAllowed
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.rights import VARIABLE
from mnist_core.store import drawings as store
from mnist_core.store.drawings import (
    FILE,
    GivenAnswer,
    add_drawings,
    as_digits,
    delete_drawings,
    keep_pixels,
    keep_strokes,
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
    drawn = keep_strokes(SEVEN, 18, 7, ANSWER)
    picture = keep_pixels(digit_from_strokes(SEVEN, 18), NOT_A_DIGIT)
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
    kept = [keep_strokes(SEVEN, 18, digit) for digit in (1, 7, 2)]
    add_drawings(kept, tmp_path)
    (tmp_path / FILE).write_bytes(b"no drawing\n" + (tmp_path / FILE).read_bytes())
    assert relabel_drawings({kept[0].id: 7, "none of ours": 3}, tmp_path) == [kept[0]]
    gone = delete_drawings({kept[1].id, "none of ours"}, tmp_path)
    assert gone == [kept[1]]
    assert [drawing.label for drawing in read_drawings(tmp_path).kept] == [7, 2]
    add_drawings(gone, tmp_path)
    assert [drawing.label for drawing in read_drawings(tmp_path).kept] == [7, 2, 7]
    assert (tmp_path / FILE).read_bytes().startswith(b"no drawing\n")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"\xff\xfe", "is not JSON"),
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"5", "is no drawing"),
        (b"{}", "is no drawing"),
        (line(label="a"), "label 'a'"),
        (line(label=10), "label '10'"),
        (line(label=True), "is no drawing"),
        (line(label="\u0664"), "expected 0 to 9"),
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
    assert [drawing.label for drawing in found.kept] == [7, 3]
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
    assert (one.id, one.label, other.label) == ("a", 7, 3)
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
        add_drawings([keep_strokes(SEVEN, 18, 7) for _ in range(3)], tmp_path)


def test_a_packed_file_of_the_store_stays_readable_as_it_changes(tmp_path):
    (tmp_path / FILE).write_bytes(gzip.compress(b"\n".join(line(label=label, id=f"{label}") for label in range(9))))
    add_drawings([keep_strokes(SEVEN, 18, 9)], tmp_path)
    relabel_drawings({"3": 7}, tmp_path)
    assert [each.label for each in read_drawings(tmp_path).kept] == [0, 1, 2, 7, 4, 5, 6, 7, 8, 9]


def test_an_id_of_a_long_source_and_a_number_is_short_enough_to_be_read_again(tmp_path):
    given = parse_drawings(line(src="x" * 95, id=1234567)).kept
    add_drawings(given, tmp_path)
    assert read_drawings(tmp_path) == store.Drawings(given)


def test_what_cannot_be_drawn_is_not_kept():
    for strokes in ([], [[]], [[(float("nan"), 0)]]):
        with pytest.raises(DrawingError):
            keep_strokes(strokes, 18, 7)


def test_where_the_disk_refuses_all_is_as_it_was(tmp_path, monkeypatch):
    kept = keep_strokes(SEVEN, 18, 7)
    add_drawings([kept], tmp_path)

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_atomically", refuse)
    for change in (
        lambda: add_drawings([keep_strokes(SEVEN, 18, 7)], tmp_path),
        lambda: relabel_drawings({kept.id: 1}, tmp_path),
        lambda: delete_drawings({kept.id}, tmp_path),
    ):
        with pytest.raises(KeptDrawingsError, match="All is as it was before"):
            change()
    assert read_drawings(tmp_path).kept == (kept,)


def test_nothing_is_kept_of_a_classs_drawings(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "class")
    with pytest.raises(NotAllowed, match="own machine"):
        add_drawings([keep_strokes(SEVEN, 18, 7)], tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_drawing_without_an_id_can_be_changed_and_is_known_again(tmp_path):
    (tmp_path / FILE).write_bytes(line() + b"\n" + line(label=3))
    first, second = read_drawings(tmp_path).kept
    assert add_drawings([first, second], tmp_path) == []
    relabel_drawings({second.id: 5}, tmp_path)
    assert [(each.id, each.label) for each in read_drawings(tmp_path).kept] == [(first.id, 7), (second.id, 5)]


def test_of_two_drawings_with_one_id_one_is_deleted_and_comes_back(tmp_path):
    (tmp_path / FILE).write_bytes(line(id="a") + b"\n" + line(id="a", strokes=[[[5, 0], [0, 9]]], label=3))
    one, other = read_drawings(tmp_path).kept
    assert delete_drawings({one.id}, tmp_path) == [one]
    assert [drawing.strokes for drawing in read_drawings(tmp_path).kept] == [other.strokes]
    add_drawings([one], tmp_path)
    assert [drawing.label for drawing in read_drawings(tmp_path).kept] == [3, 7]


def test_different_drawings_of_one_id_are_both_kept(tmp_path):
    ann = parse_drawings(line(id=1)).kept
    ben = parse_drawings(line(id=1, strokes=[[[3, 3], [4, 9]]])).kept
    assert len(add_drawings(ann, tmp_path)) == 1
    assert len(add_drawings([*ben, *ann], tmp_path)) == 1
    assert add_drawings(ben, tmp_path) == []
    assert [drawing.strokes for drawing in read_drawings(tmp_path).kept] == [ann[0].strokes, ben[0].strokes]
