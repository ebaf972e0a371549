"""Counts, scores and tests, beside those of scikit-learn, SciPy and the textbook."""

import json
from dataclasses import astuple, replace

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support

from mnist_core.alphabets import DIGITS
from mnist_core.data.label_errors import DISPUTED_TEST_LABELS
from mnist_core.evaluation.metrics import (
    Answers,
    Bin,
    Comparison,
    DigitScore,
    answers_from_tensors,
    calibration_error,
    compare,
    evaluate,
    evaluation_from_json,
    mcnemar,
    reliability,
    score_by_digit,
    wilson_interval,
)
from mnist_core.store.models import list_models, load_answers, load_evaluation

SHIPPED = tuple(card.name for card in list_models(classes=DIGITS))


@pytest.fixture(scope="module", params=["made", *SHIPPED])
def answers(request):
    """What each shipped model answered to the test digits, and made answers that are right more often than not."""
    if request.param != "made":
        return load_answers(request.param)
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 10, 3000)
    logits = generator.normal(size=(3000, 10)) + 2 * np.eye(10)[labels]
    return Answers(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), labels)


def one_hot(answers, confidence=1.0):
    rest = (1 - confidence) / 9
    return np.where(np.eye(10)[answers] == 1, confidence, rest)


@pytest.mark.parametrize(
    ("correct", "seen", "interval"),
    [  # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0000, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_wilson_intervals_are_those_of_the_textbook(correct, seen, interval):
    assert wilson_interval(correct, seen) == pytest.approx(interval, abs=5e-5)


def test_the_interval_stays_within_0_and_1():
    assert wilson_interval(20, 20)[1] == 1.0
    assert wilson_interval(0, 20)[0] == 0.0


def test_counts_and_confusion_are_those_counted_by_hand():
    labels = np.array([0, 0, 1, 2, 2, 2])
    evaluation = evaluate(one_hot([0, 1, 1, 2, 2, 7]), labels)
    assert (evaluation.correct, evaluation.seen) == (4, 6)
    assert evaluation.accuracy == pytest.approx(4 / 6)
    assert evaluation.confusion[0][:3] == (1, 1, 0)
    assert evaluation.confusion[2][2] == 2
    assert evaluation.confusion[2][7] == 1
    assert sum(map(sum, evaluation.confusion)) == 6


def test_disputed_labels_are_left_out_of_the_second_score():
    evaluation = evaluate(one_hot([0, 1, 2, 3]), np.array([0, 1, 2, 9]), disputed=[3])
    assert evaluation.accuracy == 0.75
    assert evaluation.without_disputed.accuracy == 1.0
    assert evaluation.without_disputed.seen == 3


def test_the_loss_is_the_mean_of_minus_log():
    evaluation = evaluate(one_hot([3, 5], confidence=0.5), np.array([3, 5]))
    assert evaluation.loss == pytest.approx(np.log(2))


def test_certain_and_wrong_is_finite():
    assert np.isfinite(evaluate(one_hot([3]), np.array([4])).loss)


def test_calibration_error_of_a_textbook_case():
    # Of ten digits said with 0.9 seven are right, of ten said with 0.5 five: (0.2 × 10 + 0 × 10) / 20.
    confidences = np.array([0.9] * 10 + [0.5] * 10)
    right = np.array([True] * 7 + [False] * 3 + [True] * 5 + [False] * 5)
    assert calibration_error(confidences, right) == pytest.approx(0.1)
    assert calibration_error(np.ones(4), np.ones(4, bool)) == 0.0


@pytest.mark.parametrize("shape", [(3, 10), (4, 1), (4, 101), (4,)])
def test_shapes_that_do_not_belong_together_are_a_mistake_of_the_program(shape):
    with pytest.raises(ValueError, match="expected"):
        evaluate(np.zeros(shape), np.zeros(4, int))


def test_an_evaluation_survives_being_saved():
    evaluation = evaluate(one_hot([0, 1, 1], confidence=0.8), np.array([0, 1, 2]))
    assert evaluation_from_json(json.loads(json.dumps(evaluation.to_json()))) == evaluation


def test_counts_that_do_not_belong_together_are_refused():
    evaluation = evaluate(one_hot([0, 1, 1]), np.array([0, 1, 2]))
    with pytest.raises(ValueError, match="do not belong together"):
        evaluation_from_json(replace(evaluation, correct=3).to_json())
    with pytest.raises(ValueError, match="no evaluation"):
        evaluation_from_json({"accuracy": 1.0})


def test_fifteen_test_labels_are_disputed():
    assert len(set(DISPUTED_TEST_LABELS)) == 15
    assert sorted(DISPUTED_TEST_LABELS) == list(DISPUTED_TEST_LABELS)


def test_answers_are_those_read_by_hand():
    probabilities = np.zeros((3, 10), np.float32)
    probabilities[0, [4, 9]] = 0.75, 0.25
    probabilities[1, [1, 7]] = 0.5, 0.5  # the first of equals
    probabilities[2, [2, 3]] = 1, 0
    answers = Answers(probabilities, np.array([9, 1, 3]))
    assert len(answers) == 3
    assert answers.given.tolist() == [4, 1, 2]
    assert answers.right.tolist() == [False, True, False]
    assert answers.confidences.tolist() == [0.75, 0.5, 1]
    assert answers.margins.tolist() == [0.5, 0, 1]
    assert answers.losses == pytest.approx([np.log(4), np.log(2), -np.log(2.0**-126)])
    assert answers.confusion.sum() == answers.confusion[9, 4] + answers.confusion[1, 1] + answers.confusion[3, 2] == 3


def test_counts_and_losses_are_scikit_learns(answers):
    assert (answers.confusion == confusion_matrix(answers.labels, answers.given, labels=range(10))).all()
    evaluation = evaluate(answers.probabilities, answers.labels)
    assert evaluation.accuracy == pytest.approx(accuracy_score(answers.labels, answers.given), abs=1e-9)
    exact = answers.probabilities.astype(float)
    exact /= exact.sum(1, keepdims=True)  # which is 1 only to six places in float32, and is asked for here
    theirs = log_loss(answers.labels, exact, labels=range(10))
    assert Answers(exact, answers.labels).losses.mean() == pytest.approx(theirs, abs=1e-9)
    assert evaluation.loss == pytest.approx(theirs, abs=1e-6)


def test_the_scores_of_each_digit_are_scikit_learns(answers):
    theirs = precision_recall_fscore_support(answers.labels, answers.given, labels=range(10), zero_division=0)
    ours = [astuple(score) for score in score_by_digit(answers.confusion)]
    np.testing.assert_allclose(ours, np.transpose(theirs), atol=1e-9)


def test_a_digit_never_answered_or_never_there_scores_0():
    labels, given = [0, 0, 1, 2], [0, 1, 1, 3]
    scores = score_by_digit(evaluate(one_hot(given), np.array(labels)).confusion)
    assert scores[0] == DigitScore(1.0, 0.5, 2 / 3, 2)
    assert scores[2] == DigitScore(0.0, 0.0, 0.0, 1)
    assert scores[3] == scores[9] == DigitScore(0.0, 0.0, 0.0, 0)
    theirs = precision_recall_fscore_support(labels, given, labels=range(10), zero_division=0)
    np.testing.assert_allclose([astuple(score) for score in scores], np.transpose(theirs), atol=1e-9)


def test_reliability_is_scikit_learns_calibration_curve(answers):
    bins = reliability(answers.confidences, answers.right)
    achieved, claimed = calibration_curve(answers.right, answers.confidences, n_bins=15, strategy="uniform")
    filled = [each for each in bins if each.seen]
    np.testing.assert_allclose([each.accuracy for each in filled], achieved, atol=1e-9)
    np.testing.assert_allclose([each.confidence for each in filled], claimed, atol=1e-9)
    counts = [each.seen for each in bins]
    assert counts == np.histogram(answers.confidences, 15, (0, 1))[0].tolist()
    distance = np.abs(achieved - claimed) @ [each.seen for each in filled] / len(answers)
    assert calibration_error(answers.confidences, answers.right) == pytest.approx(distance, abs=1e-9)


def test_bins_are_equal_and_those_without_digits_say_so():
    bins = reliability(np.array([0.5, 0.52, 1.0]), np.array([True, False, True]))
    assert [each.low for each in bins] == pytest.approx([k / 15 for k in range(15)])
    assert [each.high for each in bins] == pytest.approx([k / 15 for k in range(1, 16)])
    assert bins[7] == Bin(bins[7].low, bins[7].high, 2, 0.51, 0.5)
    assert bins[14] == Bin(bins[14].low, 1.0, 1, 1.0, 1.0)
    assert {(each.seen, each.confidence, each.accuracy) for each in bins[:7] + bins[8:14]} == {(0, 0.0, 0.0)}


@pytest.mark.parametrize(("correct", "seen"), [(0, 1), (1, 1), (3, 7), (9832, 10_000), (9985, 9985)])
def test_wilson_intervals_are_scipys(correct, seen):
    theirs = binomtest(correct, seen).proportion_ci(method="wilson")
    assert wilson_interval(correct, seen) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_mcnemar_of_a_case_counted_by_hand():
    # Eleven coins, of which at most one or at least ten show heads: 2 × (1 + 11) of 2^11 ways.
    assert mcnemar(10, 1) == mcnemar(1, 10) == 24 / 2048
    assert mcnemar(0, 0) == mcnemar(1, 1) == mcnemar(500, 500) == 1.0


@pytest.mark.parametrize("fewer", [0, 1, 4, 29, 600, 4900])
@pytest.mark.parametrize("more", [1, 5, 31, 777, 5000])
def test_mcnemar_is_scipys_exact_test(fewer, more):
    theirs = binomtest(fewer, fewer + more, 0.5).pvalue
    assert mcnemar(fewer, more) == pytest.approx(theirs, rel=1e-9, abs=1e-300)


def test_two_models_are_compared_digit_by_digit():
    labels = np.array([0, 1, 2, 3, 4, 5])
    first, second = (Answers(one_hot(given), labels) for given in ([0, 1, 2, 9, 9, 9], [0, 9, 2, 3, 9, 5]))
    assert compare(first, second) == Comparison(2, 1, 1, 2, p_value=1.0)
    assert compare(second, first) == Comparison(1, 2, 1, 2, p_value=1.0)
    assert compare(first, first) == Comparison(0, 0, 3, 3, p_value=1.0)


def test_answers_to_other_digits_are_not_compared():
    first = Answers(one_hot([0, 1]), np.array([0, 1]))
    for labels in ([1, 0], [0, 1, 1]):
        with pytest.raises(ValueError, match="expected the same ones"):
            compare(first, Answers(one_hot(labels), np.array(labels)))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_evaluation_of_a_shipped_model_follows_from_its_answers(name):
    answers = load_answers(name)
    again, kept = evaluate(answers.probabilities, answers.labels, DISPUTED_TEST_LABELS), load_evaluation(name)
    assert again.calibration_error == pytest.approx(kept.calibration_error, abs=1e-12)
    assert again.loss == pytest.approx(kept.loss, abs=1e-12)
    assert replace(again, calibration_error=0, loss=0) == replace(kept, calibration_error=0, loss=0)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_labels_beside_the_answers_are_those_of_mnist(name, mnist_test):
    assert (load_answers(name).labels == mnist_test.labels).all()


def test_answers_survive_being_saved(answers):
    again = answers_from_tensors(answers.to_tensors())
    assert (again.probabilities == answers.probabilities.astype(np.float32)).all()
    assert (again.labels == answers.labels).all()


def test_infinite_counts_are_refused():
    values = evaluate(one_hot([0, 1, 1]), np.array([0, 1, 2])).to_json()
    for changes in ({"correct": float("inf")}, {"confusion": [[float("inf")] * 10] * 10}):
        with pytest.raises(ValueError, match="no evaluation"):
            evaluation_from_json(values | changes)


@pytest.mark.parametrize(
    "changes",
    [
        *({"calibration_error": value} for value in (-1, -1e-9, 1.5, float("nan"), float("inf"))),
        *({"loss": value} for value in (-0.1, float("nan"), float("inf"))),
    ],
)
def test_a_loss_and_a_calibration_error_that_cannot_be_are_refused(changes):
    values = evaluate(one_hot([0, 1, 1]), np.array([0, 1, 2])).to_json()
    with pytest.raises(ValueError, match="expected 0 or more and 0…1"):
        evaluation_from_json(values | changes)


def test_two_judgements_agree_but_for_their_rounding():
    evaluation = evaluate(one_hot([0, 1, 1], confidence=0.8), np.array([0, 1, 2]))
    assert evaluation.agrees_with(replace(evaluation, loss=evaluation.loss + 1e-9))
    assert not evaluation.agrees_with(replace(evaluation, loss=evaluation.loss + 1e-4))
    assert not evaluation.agrees_with(replace(evaluation, calibration_error=evaluation.calibration_error + 1e-4))
    assert not evaluation.agrees_with(evaluate(one_hot([0, 1, 1], confidence=0.8), np.array([0, 1, 2]), disputed=[2]))
    assert not evaluation.agrees_with(evaluate(one_hot([0, 1, 2], confidence=0.8), np.array([0, 1, 2])))
