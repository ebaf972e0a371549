"""What a model answers to a digit, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS, find_twins, noun_of
from mnist_core.model.inference import BATCH_SIZE, Model, run_in_batches
from mnist_core.preprocessing.raster import INKED

MIN_INK = 15.0  # pixels' worth; none of MNIST's 70,000 digits has less than 19.9
MAX_INKED = 360  # pixels of 784; the most inked of MNIST's 70,000 digits has 339, the next one 305
SURE = 0.98  # so that of the validation digits above it 99.9 % are right, and few letters are there; see docs/log.md
ACCEPTED_SHARE = 0.998  # of the validation set, as it is and bent: then 99 of 100 drawings are, too; see docs/log.md
LEAD = 3.0  # times the next digit's share; of the validation digits with less, a quarter to a third are the next one
BLANK_COLUMN = 0.6  # pixels' worth of ink: a gap between two digits, blurred by fitting both into 20 pixels
LESSER_PART = 0.25  # of the ink; with these two, 6 of MNIST's 60,000 training digits look like two
WORTH_NAMING = 0.05  # of the probability: a twin of the answer that has less is not meant


class Verdict(StrEnum):
    """How far an answer can be relied on, in words."""

    SURE = "sure"
    UNSURE = "unsure"
    NOT_A_DIGIT = "not a digit"
    TWO_DIGITS = "two digits"
    TOO_LITTLE_INK = "too little ink"
    TOO_MUCH_INK = "too much ink"


REFUSALS = (Verdict.NOT_A_DIGIT, Verdict.TWO_DIGITS, Verdict.TOO_LITTLE_INK, Verdict.TOO_MUCH_INK)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One model's answer to one digit: `(K,)` probabilities that sum to 1, and what follows from them.

    Digits, characters and what else there is are numbers here, in the order of `classes`, which names them.
    """

    probabilities: NDArray[np.float64]
    verdict: Verdict
    label: int | None = None  # the digit's, where it is known
    classes: tuple[str, ...] = DIGITS

    @property
    def ranking(self) -> tuple[int, ...]:
        """All classes, the most probable one first."""
        return tuple(int(digit) for digit in np.argsort(-self.probabilities, kind="stable"))

    @property
    def digit(self) -> int:
        """The answer."""
        return self.ranking[0]

    @property
    def name(self) -> str:
        """The name of the answer."""
        return self.classes[self.digit]

    @property
    def noun(self) -> str:
        """What the model reads: a digit, a character or a picture."""
        return noun_of(self.classes)

    @property
    def twins(self) -> tuple[int, ...]:
        """The answer, and behind it what looks like it and is worth naming: O and 0, the more probable one first."""
        answer, alike = self.digit, find_twins(self.classes)[self.digit]
        others = (number for number in self.ranking if alike[number] and number != answer)
        return (answer, *(number for number in others if self.probabilities[number] >= WORTH_NAMING))

    @property
    def confidence(self) -> float:
        """The probability of the answer, 0…1."""
        return float(self.probabilities[self.digit])

    @property
    def shared_confidence(self) -> float:
        """The probability of the answer and all that looks like it, 0…1; of a digit, its own."""
        return float(self.probabilities[find_twins(self.classes)[self.digit]].sum())

    @property
    def runner_up(self) -> int:
        """The most probable class that does not look like the answer; where all do, the next one."""
        alike = find_twins(self.classes)[self.digit]
        return next((number for number in self.ranking if not alike[number]), self.ranking[1])

    @property
    def top_two(self) -> float:
        """What the two most probable classes have together, 0…1; see `sum_top_two`."""
        return float(sum_top_two(self.probabilities[None], self.classes)[0])

    @property
    def is_right(self) -> bool | None:
        """Whether the answer is the label; None where that is not known."""
        return None if self.label is None else self.digit == self.label

    @property
    def is_refused(self) -> bool:
        """Whether it is not taken for one digit, so that `digit` is only the closest guess."""
        return self.verdict in REFUSALS

    @property
    def is_probable(self) -> bool:
        """Whether the answer is *probably* its digit rather than *this one or the next*: a clear lead, sure or not.

        It must get more than half, and at least `LEAD` times what the next digit gets. Of the unsure validation digits
        with such a lead 78 to 93 % are right, by model; of the others 65 to 75 %, and 90 to 100 % are one of the two.
        What looks like the answer counts with it.
        """
        first, second = self.shared_confidence, float(self.probabilities[self.runner_up])
        return first > 0.5 and first >= LEAD * second

    def with_label(self, label: int | None) -> Prediction:
        """Return the same answer to a digit whose label is known."""
        return replace(self, label=label)


def predict(model: Model, digit: NDArray[np.float32]) -> Prediction | None:
    """Ask a model for its answer to one digit, `(28, 28)`, ink 1.0 on 0.0; None where nothing is drawn."""
    return predict_all(model, digit[None])[0]


def predict_all(model: Model, digits: NDArray[np.float32]) -> list[Prediction | None]:
    """Ask a model for its answers to `(N, 28, 28)` digits, ink 1.0 on 0.0; None where nothing is drawn."""
    return [
        prediction_from(answer, digit, model.card.top_two_threshold, model.card.classes) if digit.any() else None
        for digit, answer in zip(digits, probabilities(model, digits), strict=True)
    ]


def prediction_from(
    answer: NDArray[np.floating],
    digit: NDArray[np.float32] | None,
    top_two_threshold: float,
    classes: tuple[str, ...] = DIGITS,
) -> Prediction:
    """Return what follows from probabilities `(K,)`; without their digit `(28, 28)` nothing is known of its ink."""
    shares = answer.astype(np.float64)
    return Prediction(shares, _verdict(digit, shares, top_two_threshold, classes), classes=classes)


def probabilities(model: Model, digits: NDArray[np.float32], *, batch_size: int = BATCH_SIZE) -> NDArray[np.float64]:
    """`(N, 28, 28)` digits, ink 1.0 on 0.0 → `(N, K)` probabilities; each row sums to 1."""
    logits = run_in_batches(model.network, digits, batch_size)
    answers: NDArray[np.float64] = (logits.double() / model.card.temperature).softmax(1).numpy()
    return answers


def sum_top_two(probabilities: NDArray[np.float64], classes: tuple[str, ...] = DIGITS) -> NDArray[np.float64]:
    """`(N, K)` probabilities → `(N,)`, what the two most probable classes have together, twins counted as one.

    It is low where the network cannot say what it sees, but not where it hesitates between two.
    """
    alike = find_twins(classes)[probabilities.argmax(1)]
    sums: NDArray[np.float64] = (probabilities * alike).sum(1) + np.where(alike, 0, probabilities).max(1)
    return sums


def _verdict(
    digit: NDArray[np.float32] | None, answer: NDArray[np.float64], top_two_threshold: float, classes: tuple[str, ...]
) -> Verdict:
    is_sure = answer[find_twins(classes)[answer.argmax()]].sum() >= SURE
    if digit is not None and noun_of(classes) != "picture":  # which has as much ink, and as many parts, as it likes
        if digit.sum() < MIN_INK:
            return Verdict.TOO_LITTLE_INK
        if np.count_nonzero(digit >= INKED) > MAX_INKED:
            return Verdict.TOO_MUCH_INK
        if _has_two_parts(digit) and not (is_sure and classes != DIGITS):  # some letters, and many signs, have a gap
            return Verdict.TWO_DIGITS
    if sum_top_two(answer[None], classes)[0] < top_two_threshold:
        return Verdict.NOT_A_DIGIT
    return Verdict.SURE if is_sure else Verdict.UNSURE


def _has_two_parts(digit: NDArray[np.float32]) -> bool:
    """Tell whether an upright gap leaves a good part of the ink on either side."""
    columns = digit.sum(0)
    left_of = columns.cumsum() / columns.sum()
    gap = (columns <= BLANK_COLUMN) & (left_of >= LESSER_PART) & (left_of <= 1 - LESSER_PART)
    return bool(gap.any())
