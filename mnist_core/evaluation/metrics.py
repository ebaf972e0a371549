"""How good a model is: counts and what follows from them.

Figures come from `Answers`: probabilities `(N, K)` of K classes and labels `(N,)`; accuracies are 0…1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf, isclose, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnist_core.alphabets import MAX_CLASSES

BINS = 15  # of the calibration, as in Guo et al. 2017
Z95 = 1.959963984540054  # the normal distribution's 97.5 % point
TEST_SET = re.compile(r"[a-z0-9-]{1,40}")
MIN_PROBABILITY = float(np.finfo(np.float32).tiny)  # certain and wrong would be infinitely bad


def count_confusion(labels: NDArray[np.integer], given: NDArray[np.integer], classes: int = 10) -> NDArray[np.int64]:
    """Count the digits of each label and answer, both `(N,)`, of K classes: `(K, K)`, [label, answer]."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, given), 1)
    return counts


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model answered to N labelled digits: `(N, K)` probabilities beside `(N,)` labels; N > 0."""

    probabilities: NDArray[np.floating]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        shape, seen = self.probabilities.shape, len(self.labels)
        if len(shape) != 2 or shape[0] != seen or seen == 0 or not 2 <= shape[1] <= MAX_CLASSES:
            raise ValueError(f"found probabilities {shape} for {seen} labels, expected (N, K), N > 0")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def given(self) -> NDArray[np.int64]:
        """The answered digits `(N,)`."""
        digits: NDArray[np.int64] = self.probabilities.argmax(1)
        return digits

    @property
    def confidences(self) -> NDArray[np.float64]:
        """The probabilities of the answers `(N,)`."""
        highest: NDArray[np.float64] = self.probabilities.max(1).astype(np.float64)
        return highest

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which answers are those of the labels `(N,)`."""
        return np.equal(self.given, self.labels)

    @property
    def losses(self) -> NDArray[np.float64]:
        """Minus the logarithm of each true digit's probability `(N,)`."""
        likelihoods = self.probabilities[np.arange(len(self)), self.labels].astype(np.float64)
        return -np.log(np.maximum(likelihoods, MIN_PROBABILITY))

    @property
    def margins(self) -> NDArray[np.float64]:
        """How much more probable each answer is than the next best digit `(N,)`."""
        ranked = np.sort(self.probabilities.astype(np.float64), 1)
        return ranked[:, -1] - ranked[:, -2]

    @property
    def confusion(self) -> NDArray[np.int64]:
        """The digits of each label and answer, counted: `(K, K)`, [label, answer]."""
        return count_confusion(self.labels, self.given, self.probabilities.shape[1])

    def to_tensors(self) -> dict[str, NDArray[Any]]:
        """Return what `probabilities.safetensors` holds."""
        return {
            "test": np.ascontiguousarray(self.probabilities, np.float32),
            "labels": np.ascontiguousarray(self.labels, np.uint8),
        }


@dataclass(frozen=True, slots=True)
class Score:
    """How many were right, and the Wilson 95 % interval of the accuracy."""

    correct: int
    seen: int
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The evaluation on one set of digits. `confusion[truth][answer]` counts digits."""

    correct: int
    seen: int
    accuracy: float
    interval: tuple[float, float]
    without_disputed: Score
    loss: float  # mean negative log-likelihood of the true digit
    calibration_error: float  # expected, over 15 equal bins of confidence
    confusion: tuple[tuple[int, ...], ...]
    test_set: str = "mnist"  # by which it was evaluated: the key of a `TestSet`

    def to_json(self) -> dict[str, object]:
        """Return what `evaluation.json` holds."""
        return asdict(self)

    def agrees_with(self, other: Evaluation) -> bool:
        """Tell whether every figure is the same; where it is no count, but for the rounding of another machine."""
        return (
            (self.confusion, self.without_disputed, self.test_set)
            == (other.confusion, other.without_disputed, other.test_set)
            and isclose(self.loss, other.loss, abs_tol=1e-6)
            and isclose(self.calibration_error, other.calibration_error, abs_tol=1e-6)
        )


def evaluate(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    disputed: Sequence[int] = (),
    test_set: str = "mnist",
) -> Evaluation:
    """Evaluate `(N, K)` probabilities by `(N,)` labels; `disputed` are indices of labels known to be wrong."""
    answers = Answers(probabilities, labels.astype(np.int64))
    right = answers.right
    kept = np.delete(right, list(disputed))
    return Evaluation(
        **asdict(score(int(right.sum()), len(right))),
        without_disputed=score(int(kept.sum()), len(kept)),
        loss=float(answers.losses.mean()),
        calibration_error=calibration_error(answers.confidences, right),
        confusion=tuple(map(tuple, answers.confusion.tolist())),
        test_set=test_set,
    )


def answers_from_tensors(tensors: Mapping[str, NDArray[Any]], classes: int = 10) -> Answers:
    """Read back what `Answers.to_tensors` gave, of so many classes; raises `ValueError` where it is not that."""
    if tensors.keys() != {"test", "labels"}:
        raise ValueError(f"found {', '.join(sorted(tensors)) or 'nothing'}, expected labels, test")
    test, labels = tensors["test"], tensors["labels"]
    if test.dtype != np.float32 or labels.dtype != np.uint8 or labels.ndim != 1:
        raise ValueError(f"found {test.dtype} and {labels.dtype} {labels.shape}, expected float32 and uint8 (N,)")
    answers = Answers(test, labels.astype(np.int64))
    if test.shape[1] != classes:
        raise ValueError(f"found probabilities {test.shape}, expected those of {classes} classes")
    if not ((test >= 0).all() and (np.abs(test.sum(1, dtype=np.float64) - 1) < 1e-3).all()):  # nor is NaN ≥ 0
        raise ValueError("found numbers that are no probabilities")
    if labels.max() >= classes:
        raise ValueError(f"found the label {labels.max()}, expected 0…{classes - 1}")
    return answers


def evaluation_from_json(values: dict[str, Any], classes: int = 10) -> Evaluation:
    """Read back what `Evaluation.to_json` gave, of so many classes; raises `ValueError` where it is not that."""
    try:
        rest = values["without_disputed"]
        evaluation = Evaluation(
            **asdict(score(values["correct"], values["seen"])),
            without_disputed=score(rest["correct"], rest["seen"]),
            loss=float(values["loss"]),
            calibration_error=float(values["calibration_error"]),
            confusion=tuple(tuple(map(int, row)) for row in values["confusion"]),
            test_set=values.get("test_set", "mnist"),
        )
        counts = np.array(evaluation.confusion)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(f"found no evaluation, but {str(values)[:80]}") from error
    if counts.shape != (classes, classes) or counts.trace() != evaluation.correct or counts.sum() != evaluation.seen:
        raise ValueError("found counts that do not belong together")
    if not isinstance(evaluation.test_set, str) or not TEST_SET.fullmatch(evaluation.test_set):
        raise ValueError(f"found the test set {str(evaluation.test_set)[:40]!r}, expected its key")
    if not (0 <= evaluation.calibration_error <= 1 and 0 <= evaluation.loss < inf):
        raise ValueError(
            f"found the loss {evaluation.loss} and the calibration error {evaluation.calibration_error}, "
            "expected 0 or more and 0…1"
        )
    return evaluation


def score(correct: int, seen: int) -> Score:
    """Return the accuracy of a count with its interval."""
    return Score(correct, seen, correct / seen, wilson_interval(correct, seen))


def wilson_interval(correct: int, seen: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion (Wilson 1927), which stays within 0…1 also near its ends."""
    share = correct / seen
    centre = share + Z95**2 / (2 * seen)
    reach = Z95 * sqrt(share * (1 - share) / seen + Z95**2 / (4 * seen**2))
    scale = 1 + Z95**2 / seen
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


@dataclass(frozen=True, slots=True)
class Bin:
    """The digits whose confidence is in `low`…`high`, the last bin's end included; all 0 where there are none."""

    low: float
    high: float
    seen: int
    confidence: float  # mean
    accuracy: float


def reliability(confidences: NDArray[np.floating], right: NDArray[np.bool_]) -> tuple[Bin, ...]:
    """Sort `(N,)` answers into equal bins of confidence, to compare what was claimed with what was achieved."""
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    seen = np.bincount(bins, minlength=BINS)
    claimed = np.bincount(bins, weights=confidences, minlength=BINS) / np.maximum(seen, 1)
    achieved = np.bincount(bins, weights=right, minlength=BINS) / np.maximum(seen, 1)
    edges = np.linspace(0, 1, BINS + 1)
    return tuple(
        Bin(float(low), float(high), int(count), float(confidence), float(accuracy))
        for low, high, count, confidence, accuracy in zip(edges, edges[1:], seen, claimed, achieved, strict=False)
    )


def calibration_error(confidences: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Return the mean distance between confidence and accuracy over equal bins, weighted by their digits."""
    bins = reliability(confidences, right)
    return sum(each.seen * abs(each.confidence - each.accuracy) for each in bins) / len(right)


@dataclass(frozen=True, slots=True)
class DigitScore:
    """How well one class is read, 0…1; 0 where it was never answered or never there."""

    precision: float  # of the answers that say this digit, how many are right
    recall: float  # of the digits that are this one, how many are found
    f1: float  # their harmonic mean
    support: int  # how many digits are this one


def score_by_digit(confusion: ArrayLike) -> tuple[DigitScore, ...]:
    """Return the score of each class from `(K, K)` counts, [label, answer]."""
    counts = np.asarray(confusion)
    found, said, there = counts.diagonal(), counts.sum(0), counts.sum(1)
    precision, recall, f1 = (
        part / np.maximum(whole, 1) for part, whole in ((found, said), (found, there), (2 * found, said + there))
    )
    return tuple(
        DigitScore(float(precision[digit]), float(recall[digit]), float(f1[digit]), int(there[digit]))
        for digit in range(len(counts))
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many of the same digits two models get wrong, and how surprising that is if they read equally well."""

    only_first: int  # wrong
    only_second: int
    both_wrong: int
    both_right: int
    p_value: float  # exact two-sided McNemar test


def compare(first: Answers, second: Answers) -> Comparison:
    """Compare the answers of two models to the same digits."""
    if not np.array_equal(first.labels, second.labels):
        raise ValueError(f"found {len(first)} and {len(second)} labels, expected the same ones for both models")
    only_first = int((~first.right & second.right).sum())
    only_second = int((first.right & ~second.right).sum())
    both_right = int((first.right & second.right).sum())
    both_wrong = len(first) - only_first - only_second - both_right
    return Comparison(only_first, only_second, both_wrong, both_right, mcnemar(only_first, only_second))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value: how often fair coins fall at least as unevenly (McNemar 1947).

    Whole numbers throughout, and one division: nothing is rounded however many digits there are.
    """
    tossed, fewer = only_first + only_second, min(only_first, only_second)
    outcomes: int = 2**tossed
    ways = ways_so_far = 1
    for heads in range(fewer):
        ways = ways * (tossed - heads) // (heads + 1)
        ways_so_far += ways
    return min(1.0, 2 * ways_so_far / outcomes)
