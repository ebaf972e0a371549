import json
from dataclasses import replace

import numpy as np
import pytest

from mnist_core.data import DISPUTED_TEST_LABELS
from mnist_core.evaluation import calibration_error, evaluate, evaluation_from_json, wilson_interval


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
    judgement = evaluate(one_hot([0, 1, 1, 2, 2, 7]), labels)
    assert (judgement.correct, judgement.seen) == (4, 6)
    assert judgement.accuracy == pytest.approx(4 / 6)
    assert judgement.confusion[0][:3] == (1, 1, 0)
    assert judgement.confusion[2][2] == 2
    assert judgement.confusion[2][7] == 1
    assert sum(map(sum, judgement.confusion)) == 6


def test_disputed_labels_are_left_out_of_the_second_score():
    judgement = evaluate(one_hot([0, 1, 2, 3]), np.array([0, 1, 2, 9]), disputed=[3])
    assert judgement.accuracy == 0.75
    assert judgement.without_disputed.accuracy == 1.0
    assert judgement.without_disputed.seen == 3


def test_the_loss_is_the_mean_of_minus_log():
    judgement = evaluate(one_hot([3, 5], confidence=0.5), np.array([3, 5]))
    assert judgement.loss == pytest.approx(np.log(2))


def test_certain_and_wrong_is_finite():
    assert np.isfinite(evaluate(one_hot([3]), np.array([4])).loss)


def test_calibration_error_of_a_textbook_case():
    # Of ten digits said with 0.9 seven are right, of ten said with 0.5 five: (0.2 × 10 + 0 × 10) / 20.
    confidences = np.array([0.9] * 10 + [0.5] * 10)
    right = np.array([True] * 7 + [False] * 3 + [True] * 5 + [False] * 5)
    assert calibration_error(confidences, right) == pytest.approx(0.1)
    assert calibration_error(np.ones(4), np.ones(4, bool)) == 0.0


@pytest.mark.parametrize("shape", [(3, 10), (4, 9), (4,)])
def test_shapes_that_do_not_belong_together_are_a_mistake_of_the_program(shape):
    with pytest.raises(ValueError, match="expected"):
        evaluate(np.zeros(shape), np.zeros(4, int))


def test_an_evaluation_survives_being_saved():
    judgement = evaluate(one_hot([0, 1, 1], confidence=0.8), np.array([0, 1, 2]))
    assert evaluation_from_json(json.loads(json.dumps(judgement.to_json()))) == judgement


def test_counts_that_do_not_belong_together_are_refused():
    judgement = evaluate(one_hot([0, 1, 1]), np.array([0, 1, 2]))
    with pytest.raises(ValueError, match="do not belong together"):
        evaluation_from_json(replace(judgement, correct=3).to_json())
    with pytest.raises(ValueError, match="no evaluation"):
        evaluation_from_json({"accuracy": 1.0})


def test_fifteen_test_labels_are_disputed():
    assert len(set(DISPUTED_TEST_LABELS)) == 15
    assert sorted(DISPUTED_TEST_LABELS) == list(DISPUTED_TEST_LABELS)
