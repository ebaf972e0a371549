"""What a teaching changed: the model it began from and the one it made, asked the same."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.mnist import Digits
from mnist_core.evaluation.drawing_benchmark import write_drawings
from mnist_core.evaluation.metrics import Answers
from mnist_core.model.inference import Model
from mnist_core.model.prediction import Prediction, Verdict, prediction_from, probabilities
from mnist_core.store.drawings import KeptDrawing, as_digits, given_answer
from mnist_core.store.teaching import TaughtDrawing, Teaching, count_change
from mnist_core.training.lesson import Lesson

WRITTEN = 1000  # drawings by our program of each kind: digits, and letters and scribbles


def compare_models(
    before: Model,
    after: Model,
    lesson: Lesson,
    written: Digits,
    test_before: Answers | None,
    test_after: Answers | None,
) -> Teaching:
    """Ask both models what the drawings of a lesson are, and what our program has drawn: see `write_questions`.

    What they answered to MNIST's test digits is given, where these are at hand.
    """
    digits, letters = written[: len(written) // 2], written[len(written) // 2 :]
    answers = [probabilities(model, digits.pixels).argmax(1) for model in (before, after)]
    return Teaching(
        start=before.card.name,
        drawings=(
            *compare_drawings(before, after, lesson.learnt, held_out=False),
            *compare_drawings(before, after, lesson.held_out, held_out=True),
        ),
        mnist=count_change(test_before.right, test_after.right) if test_before and test_after else None,
        synthetic=count_change(*(given == digits.labels for given in answers)),
        letters=count_change(*(find_sure(model, letters) for model in (before, after))),
    )


def write_questions(count: int) -> Digits:
    """Draw so many digits, and behind them as many letters and scribbles; the same each time, and for no training."""
    drawings = write_drawings(count, count)
    parts = (drawings.digits, drawings.others)
    return Digits(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))


def compare_drawings(
    before: Model, after: Model, drawings: Iterable[KeptDrawing], *, held_out: bool
) -> list[TaughtDrawing]:
    """Ask both models what each drawing is."""
    asked = list(drawings)
    answers = [
        [given_answer(model.card.name, each) for each in predict_each(model, as_digits(asked))]
        for model in (before, after)
    ]
    return [
        TaughtDrawing(drawing.id, drawing.label, held_out, first, second)
        for drawing, first, second in zip(asked, *answers, strict=True)
    ]


def find_sure(model: Model, digits: Digits) -> NDArray[np.bool_]:
    """Tell which pictures a model is sure of → `(N,)`."""
    return np.array([each.verdict is Verdict.SURE for each in predict_each(model, digits)])


def predict_each(model: Model, digits: Digits) -> list[Prediction]:
    """Return the whole answer to each picture, also where nothing is to be seen in it."""
    if not len(digits):
        return []
    pixels = digits.pixels
    return [
        prediction_from(answer, digit, model.card.top_two_threshold, model.card.classes)
        for digit, answer in zip(pixels, probabilities(model, pixels), strict=True)
    ]
