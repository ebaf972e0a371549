"""How many drawings a model reads: digits as pen strokes, by our own program, that no training has seen.

Letters and scribbles beside them show how often it is sure of what is no digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnist_core.data.mnist import Digits
from mnist_core.evaluation.metrics import Score, score
from mnist_core.model.prediction import Verdict, predict_all
from mnist_core.synthetic.generate import UNSEEN, non_digits, synthetic_digits
from mnist_core.synthetic.non_digits import NON_DIGITS

if TYPE_CHECKING:  # a page that shows scores need not wait for torch
    from mnist_core.model.inference import Model

DIGITS, OTHERS = 2000, 1000  # drawings; they take a second to write


@dataclass(frozen=True, slots=True)
class Drawings:
    """Drawn digits, and letters and scribbles, fitted and centred as what a visitor draws."""

    digits: Digits
    others: Digits


@dataclass(frozen=True, slots=True)
class DrawingScore:
    """How many drawn digits a model reads, and of how many letters and scribbles it is sure."""

    read: Score
    sure_of_ood: Score


def write_drawings(digits: int = DIGITS, others: int = OTHERS) -> Drawings:
    """Write drawings, the same ones each time."""
    return Drawings(synthetic_digits(digits, UNSEEN), non_digits(others, UNSEEN, NON_DIGITS))


def score_drawings(model: Model, drawings: Drawings) -> DrawingScore:
    """Count what a model reads, and what it is sure of though it is no digit."""
    answers = predict_all(model, drawings.digits.pixels)
    right = [
        answer is not None and answer.digit == int(label)
        for answer, label in zip(answers, drawings.digits.labels, strict=True)
    ]
    sure = [
        answer is not None and answer.verdict is Verdict.SURE for answer in predict_all(model, drawings.others.pixels)
    ]
    return DrawingScore(score(sum(right), len(right)), score(sum(sure), len(sure)))
