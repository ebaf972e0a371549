"""Evaluating a finished model on its test set: once at the end of its training, or anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.label_errors import DISPUTED_TEST_LABELS
from mnist_core.data.mnist import Digits
from mnist_core.errors import ModelError
from mnist_core.evaluation.metrics import Answers, evaluate
from mnist_core.evaluation.test_sets import MNIST_TEST, TestSet, choose_test_set
from mnist_core.files import write_atomically, write_json
from mnist_core.model.inference import Model
from mnist_core.rights import Right, require
from mnist_core.store.changes import changing
from mnist_core.store.layout import EVALUATION, PROBABILITIES
from mnist_core.store.models import find_models_dir, load_model

PART = 1000  # digits between two reports of the progress


def write_evaluation(
    folder: Path, probabilities: NDArray[np.floating], labels: NDArray[np.int64], test_set: TestSet = MNIST_TEST
) -> None:
    """Write what a model answered to a test set, and how good that is, computed from what is written."""
    from safetensors.numpy import save

    answers = Answers(probabilities.astype(np.float32), labels)
    disputed = DISPUTED_TEST_LABELS if test_set is MNIST_TEST else ()
    evaluation = evaluate(answers.probabilities, labels, disputed, test_set.key)
    write_atomically(folder / PROBABILITIES, save(answers.to_tensors()))
    write_json(folder / EVALUATION, evaluation.to_json())


def answer_in_parts(model: Model, digits: Digits) -> Iterator[tuple[float, NDArray[np.float64]]]:
    """Ask a model part by part: yields the share that is answered, 0…1, and the part's `(≤ 1000, K)` probabilities."""
    from mnist_core.model.prediction import probabilities

    for start in range(0, len(digits), PART):
        part = digits[start : start + PART]
        yield (start + len(part)) / len(digits), probabilities(model, part.pixels)


def evaluate_again(name: str, models_dir: Path | str | None = None, data_dir: Path | None = None) -> Iterator[float]:
    """Evaluate a model anew on its test set, yielding the share that is done, 0…1; it is written last, and whole.

    For models that were not evaluated, or whose evaluation is damaged. Raises `NotAllowed`, `MissingData` where the
    digits are not here, `DataError` where they are not of its classes, and `ModelError` where the model cannot be used,
    was replaced meanwhile, or cannot be written.
    """
    require(Right.EVALUATE)
    model = load_model(name, models_dir)
    test_set = choose_test_set(model.card.recipe, data_dir)
    answers: list[NDArray[np.float64]] = []
    yield 0.0
    test = test_set.load(model.card.classes, data_dir)
    for share, part in answer_in_parts(model, test):
        answers.append(part)
        yield share
    folder = find_models_dir(models_dir) / name
    with changing(folder.parent, ModelError, f"The evaluation of {name!r} cannot be written"):
        if load_model(name, models_dir).card != model.card:
            raise ModelError(f"The model {name!r} was replaced while it was evaluated. Evaluate it again.")
        write_evaluation(folder, np.concatenate(answers), test.labels, test_set)
