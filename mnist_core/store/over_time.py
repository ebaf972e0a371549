"""How a model answered at the moments of its training, as it lies beside the model.

models/<name>/over_time.safetensors   "validation" (M, 10, 10) int32, counts of digits by label and answer, and "test"
                                      (M, 10000) uint8, answers; each is there once it was asked for. Its header says
                                      after which steps that was, the model itself last, and with which weights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from mnist_core.data.mnist import COUNTS
from mnist_core.errors import ModelError
from mnist_core.files import read_file, read_metadata, write_atomically
from mnist_core.model.card import Card
from mnist_core.rights import Right, require
from mnist_core.store.changes import changing
from mnist_core.store.layout import OVER_TIME
from mnist_core.store.models import find_models_dir, load_model

KINDS = {"validation": ((10, 10), np.int32), "test": ((COUNTS["test"],), np.uint8)}


@dataclass(frozen=True, slots=True, eq=False)
class OverTime:
    """A model's answers after M of its training's steps, as far as they were asked for.

    `validation` is `(M, 10, 10)`, label by answer, and `test` `(M, 10_000)`.
    """

    steps: tuple[int, ...]
    validation: NDArray[np.int32] | None = None
    test: NDArray[np.uint8] | None = None


def load_over_time(card: Card, models_dir: Path | str | None = None) -> OverTime | None:
    """Return what was kept of a model; None where nothing was, or not for these weights, or it is damaged."""
    from safetensors.numpy import load

    try:
        content = read_file(find_models_dir(models_dir) / card.name, OVER_TIME)
        notes, tensors = read_metadata(content), load(content)
        steps = tuple(json.loads(notes["steps"]))
        if notes["weights_sha256"] != card.weights_sha256 or not all(type(step) is int for step in steps):
            return None
    except (ModelError, SafetensorError, KeyError, TypeError, ValueError, RecursionError):
        return None
    is_right = steps and all(
        name in KINDS
        and values.shape == (len(steps), *KINDS[name][0])
        and values.dtype == KINDS[name][1]
        and (values >= 0).all()
        and (values.sum((1, 2)).all() if name == "validation" else (values < 10).all())
        for name, values in tensors.items()
    )
    return OverTime(steps, **tensors) if is_right else None


def save_over_time(found: OverTime, card: Card, models_dir: Path | str | None = None) -> None:
    """Keep what was found of a model beside it, with what was kept before.

    Raises `NotAllowed`, and `ModelError` where it cannot be written, or the model was replaced meanwhile.
    """
    require(Right.EVALUATE)
    from safetensors.numpy import save

    folder = find_models_dir(models_dir) / card.name
    with changing(folder.parent, ModelError, f"What {card.name!r} answered cannot be kept"):
        if load_model(card.name, models_dir).card != card:
            raise ModelError(f"The model {card.name!r} was replaced while it was asked. Ask it again.")
        before = load_over_time(card, models_dir)
        kinds = {name: getattr(found, name) for name in KINDS}
        if before and before.steps == found.steps:
            kinds = {name: getattr(before, name) if values is None else values for name, values in kinds.items()}
        tensors = {name: values for name, values in kinds.items() if values is not None}
        notes = {"steps": json.dumps(found.steps), "weights_sha256": card.weights_sha256}
        write_atomically(folder / OVER_TIME, save(tensors, notes))
