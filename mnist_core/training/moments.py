"""Asking a model for its digits once more, as it was at each moment of its training that was kept."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from mnist_core.data.digits import Digits, split_training
from mnist_core.errors import NotEvaluated
from mnist_core.evaluation.metrics import count_confusion
from mnist_core.evaluation.test_sets import TestSet, find_test_set
from mnist_core.model.inference import as_arrays, model_of_arrays
from mnist_core.recipe import Recipe
from mnist_core.rights import Right, require
from mnist_core.store.history import read_history
from mnist_core.store.layout import HISTORY
from mnist_core.store.models import find_models_dir, load_evaluation, load_model
from mnist_core.store.over_time import TYPES, Kind, OverTime, save_over_time
from mnist_core.store.snapshots import Snapshots, read_snapshots
from mnist_core.training.final_evaluation import answer_in_parts
from mnist_core.training.material import count_material, load_material

VALIDATED = 5000  # of the training digits, the last ones, where a recipe has kept none aside
WRITING = 0.8  # of the time, where our program writes the training digits again
LOOK_EVERY = 0.1  # seconds between two looks at how many are written


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

    Those of kind "test" are what it was evaluated on; those of kind "validation" the last of what its recipe learns
    from, written again where our program writes it; a recipe that has kept none aside has learnt from them. Raises
    `NotAllowed`, `MissingData` where they are not here, `RunError` where its history cannot be read, and `ModelError`
    where no moments were kept, or as `save_over_time` does.
    """
    require(Right.EVALUATE)
    model = load_model(name, models_dir)
    folder = find_models_dir(models_dir) / name
    kept = read_snapshots(folder, as_arrays(model.network))
    steps = moments_in(folder, kept)
    begun = 0.0
    if kind == "test":
        digits = _find_test_set(name, models_dir).load(model.card.classes, data_dir)
    else:
        recipe = model.card.recipe
        begun = WRITING if recipe.is_written else 0.0
        digits = yield from _load_validation(recipe, data_dir)
    answers = np.empty((len(steps), len(digits)), np.uint8)
    yield begun
    for moment, then in enumerate([*(model_of_arrays(tensors, model.card) for tensors in kept.tensors), model]):
        parts = []
        for share, part in answer_in_parts(then, digits):
            parts.append(part.argmax(1))
            yield begun + (1 - begun) * (moment + share) / len(steps)
        answers[moment] = np.concatenate(parts)
    values = (
        answers
        if kind == "test"
        else np.stack([count_confusion(digits.labels, given, len(model.card.classes)) for given in answers])
    )
    save_over_time(kind, OverTime(steps, values.astype(TYPES[kind])), model.card, models_dir)


def _find_test_set(name: str, models_dir: Path | str | None) -> TestSet:
    """Return what a model was evaluated on."""
    key = load_evaluation(name, models_dir).test_set
    test_set = find_test_set(key)
    if test_set is None:
        raise NotEvaluated(f"{name!r} was evaluated on {key!r}, which is not used any more. Evaluate it anew.")
    return test_set


def _load_validation(recipe: Recipe, data_dir: Path | None) -> Generator[float, None, Digits]:
    """Load or write the validation set of a recipe, yielding the share of all work that is done.

    A thread writes; whoever no longer waits ends it.
    """
    count, written, is_left = count_material(recipe), 0, False

    def count_one() -> None:
        nonlocal written
        written += 1
        if is_left:
            raise InterruptedError

    with ThreadPoolExecutor(max_workers=1) as thread:
        loading = thread.submit(load_material, recipe, data_dir, fetch=False, before_each=count_one)
        try:
            while True:
                try:
                    material = loading.result(timeout=LOOK_EVERY)
                    break
                except TimeoutError:
                    yield WRITING * min(1, written / count) if recipe.is_written else 0.0
        finally:
            is_left = True
    return split_training(material, recipe.validation_size or VALIDATED)[1]
