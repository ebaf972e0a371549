"""Asking a model for its digits once more, as it was at each moment of its training that was kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mnist_core.data.mnist import load_mnist, split_training
from mnist_core.evaluation.metrics import count_confusion
from mnist_core.model.inference import as_arrays, model_of_arrays
from mnist_core.rights import Right, require
from mnist_core.store.history import read_history
from mnist_core.store.layout import HISTORY
from mnist_core.store.models import find_models_dir, load_model
from mnist_core.store.over_time import TYPES, Kind, OverTime, save_over_time
from mnist_core.store.snapshots import Snapshots, read_snapshots
from mnist_core.training.final_evaluation import answer_in_parts

VALIDATED = 5000  # of MNIST's training digits, the last ones, where a recipe has kept none aside


def moments_in(folder: Path, kept: Snapshots) -> tuple[int, ...]:
    """Return after which steps there is a network: the snapshots in a folder, and last what is there now.

    Raises `RunError` where its history cannot be read.
    """
    logged = [entry.step for entry in read_history(folder / HISTORY).steps]
    return (*kept.steps, max([*logged[-1:], kept.steps[-1] + 1]))


def answer_over_time(
    name: str, kind: Kind, models_dir: Path | str | None = None, data_dir: Path | None = None
) -> Iterator[float]:
    """Ask a model for the digits of one kind at each moment, yielding the share that is done, 0…1; then it is kept.

    Of a model that was validated by other digits, or by none, the last of MNIST's training digits are asked. Raises
    `NotAllowed`, `MissingData` where the digits are not here, `RunError` where its history cannot be read, and
    `ModelError` where no moments were kept, or as `save_over_time` does.
    """
    require(Right.EVALUATE)
    model = load_model(name, models_dir)
    folder = find_models_dir(models_dir) / name
    kept = read_snapshots(folder, as_arrays(model.network))
    steps = moments_in(folder, kept)
    if kind == "test":
        digits = load_mnist("test", data_dir, fetch=False)
    else:
        validation_size = model.card.recipe.validation_size or VALIDATED
        digits = split_training(load_mnist("train", data_dir, fetch=False), validation_size)[1]
    answers = np.empty((len(steps), len(digits)), np.uint8)
    yield 0.0
    for moment, then in enumerate([*(model_of_arrays(tensors, model.card) for tensors in kept.tensors), model]):
        parts = []
        for share, part in answer_in_parts(then, digits):
            parts.append(part.argmax(1))
            yield (moment + share) / len(steps)
        answers[moment] = np.concatenate(parts)
    values = (
        answers
        if kind == "test"
        else np.stack([count_confusion(digits.labels, given, len(model.card.classes)) for given in answers])
    )
    save_over_time(kind, OverTime(steps, values.astype(TYPES[kind])), model.card, models_dir)
