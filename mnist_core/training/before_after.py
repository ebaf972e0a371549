"""What a teaching changed: the model it began from and the one it made, asked the same."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS, noun_of
from mnist_core.data.mnist import NOT_A_DIGIT, Digits
from mnist_core.evaluation.drawing_benchmark import write_drawings
from mnist_core.evaluation.metrics import Answers
from mnist_core.evaluation.test_sets import MNIST_TEST, TestSet
from mnist_core.model.inference import Model
from mnist_core.model.prediction import Prediction, Verdict, prediction_from, probabilities
from mnist_core.store.drawings import KeptDrawing, as_digits, given_answer, name_in_file
from mnist_core.store.teaching import TaughtDrawing, Teaching, count_change
from mnist_core.synthetic.generate import UNSEEN, non_characters, synthetic_characters
from mnist_core.training.lesson import Lesson

WRITTEN = 1000  # drawings by our program of each kind: digits or characters, and what is none


def compare_models(
    before: Model,
    after: Model,
    lesson: Lesson,
    written: Digits,
    test_before: Answers | None,
    test_after: Answers | None,
    test_set: TestSet = MNIST_TEST,
) -> Teaching:
    """Ask both models what the drawings of a lesson are, and what our program has drawn: see `write_questions`.

    What they answered to the test set is given, where that is at hand. One that our program writes, too, is in the
    place of what it has drawn.
    """
    digits, letters = written[: len(written) // 2], written[len(written) // 2 :]
    test = count_change(test_before.right, test_after.right) if test_before and test_after else None
    if test and test_set.data_set is None:
        synthetic, test = test, None
    else:
        synthetic = count_change(
            *(probabilities(model, digits.pixels).argmax(1) == digits.labels for model in (before, after))
        )
    return Teaching(
        start=before.card.name,
        drawings=(
            *compare_drawings(before, after, lesson.learnt, held_out=False),
            *compare_drawings(before, after, lesson.held_out, held_out=True),
        ),
        mnist=test,
        synthetic=synthetic,
        letters=count_change(*(find_sure(model, letters) for model in (before, after))),
        noun=noun_of(after.card.classes),
        test_set=test_set.key,
    )


def write_questions(count: int, classes: tuple[str, ...] = DIGITS) -> Digits:
    """Draw so many digits, and behind them as many letters and scribbles; the same each time, and for no training.

    With other classes they are characters, and signs and scribbles.
    """
    if classes == DIGITS:
        drawings = write_drawings(count, count)
        parts = (drawings.digits, drawings.others)
    else:
        parts = (synthetic_characters(count, UNSEEN, classes), non_characters(count, UNSEEN, classes))
    return Digits(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))


def compare_drawings(
    before: Model, after: Model, drawings: Iterable[KeptDrawing], *, held_out: bool
) -> list[TaughtDrawing]:
    """Ask both models what each drawing is."""
    asked = list(drawings)
    classes = after.card.classes
    digits = as_digits(asked, classes)
    answers = [
        [given_answer(model.card.name, each) for each in predict_each(model, digits)] for model in (before, after)
    ]
    labels = [number if number == NOT_A_DIGIT else name_in_file(classes[number]) for number in digits.labels.tolist()]
    return [
        TaughtDrawing(drawing.id, label, held_out, first, second)
        for drawing, label, first, second in zip(asked, labels, *answers, strict=True)
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
