import csv
from io import StringIO

import numpy as np
import pytest

from mnist_core.evaluation.filters import Choice, Order, Which, answers_to_csv, choose
from mnist_core.evaluation.metrics import Answers


def answers(*cases):
    """Answers told as (label, answer, confidence); the next best digit has the half of what is left."""
    probabilities = np.zeros((len(cases), 10))
    for row, (_, given, confidence) in zip(probabilities, cases, strict=True):
        row[:] = (1 - confidence) / 2 / 8
        row[(given + 1) % 10] = (1 - confidence) / 2
        row[given] = confidence
    return Answers(probabilities, np.array([label for label, _, _ in cases]))


FIRST = answers((4, 9, 0.9), (4, 4, 0.8), (7, 2, 0.95), (4, 9, 0.6), (0, 0, 0.99))
SECOND = answers((4, 4, 0.9), (4, 9, 0.8), (7, 2, 0.95), (4, 4, 0.6), (0, 0, 0.99))


def chosen(choice=None, second=None, disputed=(), **kinds):
    return choose(FIRST, choice or Choice(**kinds), second=second, disputed=disputed).tolist()


def test_at_first_it_is_the_mistakes_the_surest_first():
    assert chosen() == [2, 0, 3]


def test_a_cell_of_the_confusion_matrix():
    assert chosen(label=4, given=9) == [0, 3]
    assert chosen(label=7) == [2]
    assert chosen(given=9) == [0, 3]
    assert chosen(which=Which.ALL, label=4, given=4) == [1]
    assert chosen(label=4, given=4) == []


def test_both_ends_of_the_confidence_are_included():
    assert chosen(confidence=(0.6, 0.9)) == [0, 3]
    assert chosen(confidence=(0.61, 0.89)) == []


def test_the_label_errors_that_are_known():
    assert chosen(which=Which.DISPUTED, disputed=[1, 2]) == [2, 1]


def test_right_ones_when_asked_least_sure_first():
    assert chosen(which=Which.CORRECT, order=Order.LEAST_SURE) == [1, 4]


@pytest.mark.parametrize(
    ("which", "indices"), [(Which.ONLY_FIRST, [0, 3]), (Which.ONLY_SECOND, [1]), (Which.BOTH, [2])]
)
def test_two_models_side_by_side(which, indices):
    assert chosen(which=which, second=SECOND) == indices
    with pytest.raises(ValueError, match="a second one"):
        chosen(which=which)


@pytest.mark.parametrize(
    ("order", "indices"),
    [
        (Order.SUREST, [4, 2, 0, 1, 3]),
        (Order.LEAST_SURE, [3, 1, 0, 2, 4]),
        (Order.LOSS, [2, 0, 3, 1, 4]),
        (Order.MARGIN, [3, 1, 0, 2, 4]),
        (Order.DIGIT, [4, 0, 1, 3, 2]),
        (Order.INDEX, [0, 1, 2, 3, 4]),
    ],
)
def test_each_order(order, indices):
    assert chosen(which=Which.ALL, order=order) == indices


def test_every_member_can_be_asked_for():
    for which in Which:
        for order in Order:
            assert set(chosen(which=which, order=order, second=SECOND)) <= set(range(5))


def test_the_table_says_what_was_answered_in_the_chosen_order():
    rows = list(csv.DictReader(StringIO(answers_to_csv(FIRST, np.array([2, 0]), disputed=[0]))))
    assert [(row["index"], row["true digit"], row["read as"]) for row in rows] == [("2", "7", "2"), ("0", "4", "9")]
    assert [row["label"] for row in rows] == ["", "disputed"]
    assert float(rows[0]["confidence"]) == 0.95
    assert float(rows[0]["loss"]) == pytest.approx(-np.log((1 - 0.95) / 2 / 8), abs=1e-6)
    assert sum(float(rows[0][str(digit)]) for digit in range(10)) == pytest.approx(1, abs=1e-5)


def test_the_table_never_says_a_certainty_that_is_not_there():
    row = np.full(10, 1e-12, np.float32)
    row[7] = 1  # rounded: the others leave less of it than 24 bits can tell
    bare = np.eye(10, dtype=np.float32)[3]
    table = answers_to_csv(Answers(np.array([row, row, bare]), np.array([7, 2, 3])), np.arange(3))
    sure, wrong, certain = csv.DictReader(StringIO(table))
    assert sure["confidence"] == sure["7"] == "0.99999999999100000"
    assert sure["margin"] == "0.99999999999000000"
    assert sure["loss"] == "9e-12"
    assert sure["0"] == "1e-12"
    assert float(wrong["loss"]) == pytest.approx(-np.log(1e-12), abs=1e-4)
    assert certain["confidence"].startswith("0.999999999999999")
    for each in (sure, wrong, certain):
        assert all(0 < float(each[name]) < 1 for name in ("confidence", "margin", *map(str, range(10))))
        assert float(each["loss"]) > 0


def test_a_share_that_is_not_near_1_has_six_digits():
    table = answers_to_csv(answers((4, 9, 0.6)), np.array([0]))
    (row,) = csv.DictReader(StringIO(table))
    assert (row["confidence"], row["0"], row["1"]) == ("0.600000", "0.2", "0.025")


def test_the_table_names_classes_and_none_of_them_is_a_formula():
    classes = ("=1+1", "Ankle boot", "+", "@SUM(A1)", "a,b", '"q"', "-2")
    shares = np.full((1, 7), 0.1, np.float32)
    shares[0, 4] = 0.4
    table = answers_to_csv(Answers(shares, np.array([0])), np.array([0]), classes=classes)
    head, row = csv.reader(StringIO(table))
    assert head[:6] == ["index", "true class", "read as", "label", "confidence", "margin"]
    assert head[7:] == ["'=1+1", "Ankle boot", "+", "'@SUM(A1)", "a,b", '"q"', "'-2"]
    assert row[:3] == ["0", "'=1+1", "a,b"]
    assert row[7 + 4] == row[4] == "0.4"
