"""How good a model is: counts and what follows from them.

Figures come from probabilities `(N, 10)` and labels `(N,)`; accuracies are 0…1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15  # of the calibration, as in Guo et al. 2017
Z95 = 1.959963984540054  # the normal distribution's 97.5 % point


@dataclass(frozen=True, slots=True)
class Score:
    """How many were right, and the Wilson 95 % interval of the accuracy."""

    correct: int
    seen: int
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The judgement on one set of digits. `confusion[truth][answer]` counts digits."""

    correct: int
    seen: int
    accuracy: float
    interval: tuple[float, float]
    without_disputed: Score
    loss: float  # mean negative log-likelihood of the true digit
    calibration_error: float  # expected, over 15 equal bins of confidence
    confusion: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, object]:
        """Return what `evaluation.json` holds."""
        return asdict(self)


def evaluate(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], disputed: Sequence[int] = ()
) -> Evaluation:
    """Judge `(N, 10)` probabilities by `(N,)` labels; `disputed` are indices of labels known to be wrong."""
    if probabilities.shape != (len(labels), 10) or len(labels) == 0:
        raise ValueError(f"found probabilities {probabilities.shape} for {len(labels)} labels, expected (N, 10), N > 0")
    answers = probabilities.argmax(1)
    right = answers == labels
    overall = score(int(right.sum()), len(labels))
    kept = np.delete(right, list(disputed))
    confusion = np.zeros((10, 10), dtype=int)
    np.add.at(confusion, (labels, answers), 1)
    likelihood = probabilities[np.arange(len(labels)), labels].astype(float)
    return Evaluation(
        **asdict(overall),
        without_disputed=score(int(kept.sum()), len(kept)),
        loss=float(-np.log(np.maximum(likelihood, np.finfo(np.float32).tiny)).mean()),
        calibration_error=calibration_error(probabilities.max(1), right),
        confusion=tuple(tuple(map(int, row)) for row in confusion),
    )


def evaluation_from_json(values: dict[str, Any]) -> Evaluation:
    """Read back what `Evaluation.to_json` gave; raises `ValueError` where that is not what it is."""
    try:
        rest = values["without_disputed"]
        evaluation = Evaluation(
            **asdict(score(values["correct"], values["seen"])),
            without_disputed=score(rest["correct"], rest["seen"]),
            loss=float(values["loss"]),
            calibration_error=float(values["calibration_error"]),
            confusion=tuple(tuple(map(int, row)) for row in values["confusion"]),
        )
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise ValueError(f"found no evaluation, but {str(values)[:80]}") from error
    counts = np.array(evaluation.confusion)
    if counts.shape != (10, 10) or counts.trace() != evaluation.correct or counts.sum() != evaluation.seen:
        raise ValueError("found counts that do not belong together")
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


def calibration_error(confidences: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Return the mean distance between confidence and accuracy over equal bins, weighted by their digits."""
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    claimed = np.bincount(bins, weights=confidences, minlength=BINS)
    achieved = np.bincount(bins, weights=right, minlength=BINS)
    return float(np.abs(claimed - achieved).sum() / len(right))
