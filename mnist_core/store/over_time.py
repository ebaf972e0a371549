"""How a model answered at the moments of its training, as it lies beside the model.

models/<name>/validation_over_time.safetensors   "values" (M, K, K) int32, counts of digits by label and answer
models/<name>/test_over_time.safetensors         "values" (M, N) uint8, answers

Each is there once it was asked for. The header says after which steps that was, the model itself last, and with which
weights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from mnist_core.errors import ModelError
from mnist_core.files import read_file, read_metadata, write_atomically
from mnist_core.model.card import Card
from mnist_core.rights import Right, require
from mnist_core.store.changes import changing
from mnist_core.store.layout import TEST_OVER_TIME, VALIDATION_OVER_TIME
from mnist_core.store.models import find_models_dir, read_model

Kind = Literal["validation", "test"]
FILES: dict[Kind, str] = {"validation": VALIDATION_OVER_TIME, "test": TEST_OVER_TIME}
TYPES: dict[Kind, type[np.integer[Any]]] = {"validation": np.int32, "test": np.uint8}


@dataclass(frozen=True, slots=True, eq=False)
class OverTime:
    """What a model answered after M of its training's steps: counts `(M, K, K)` or answers `(M, N)`."""

    steps: tuple[int, ...]
    values: NDArray[np.integer]


def load_over_time(kind: Kind, card: Card, models_dir: Path | str | None = None) -> OverTime | None:
    """Return what was kept of a model; None where nothing was, or not for these weights, or it is damaged."""
    from safetensors.numpy import load

    try:
        content = read_file(find_models_dir(models_dir) / card.name, FILES[kind])
        notes, values = read_metadata(content), load(content)["values"]
        steps = tuple(json.loads(notes["steps"]))
        belongs = notes["weights_sha256"] == card.weights_sha256
    except (ModelError, SafetensorError, KeyError, TypeError, ValueError, RecursionError):
        return None
    classes = len(card.classes)
    shape = (classes, classes) if kind == "validation" else values.shape[1:2]
    is_right = (
        belongs
        and len(steps) > 0
        and all(type(step) is int for step in steps)
        and values.shape == (len(steps), *shape)
        and values.size > 0
        and values.dtype == TYPES[kind]
        and values.min() >= 0
        and (values.max() < classes if kind == "test" else values.sum((1, 2)).all())
    )
    return OverTime(steps, values) if is_right else None


def save_over_time(kind: Kind, found: OverTime, card: Card, models_dir: Path | str | None = None) -> None:
    """Keep what was found of a model beside it.

    Raises `NotAllowed`, and `ModelError` where it cannot be written, or the model was replaced meanwhile.
    """
    require(Right.EVALUATE)
    from safetensors.numpy import save

    folder = find_models_dir(models_dir) / card.name
    notes = {"steps": json.dumps(found.steps), "weights_sha256": card.weights_sha256}
    with changing(folder.parent, ModelError, f"What {card.name!r} answered cannot be kept"):
        if read_model(card.name, models_dir)[0] != card:
            raise ModelError(f"The model {card.name!r} was replaced while it was asked. Ask it again.")
        write_atomically(folder / FILES[kind], save({"values": found.values}, notes))
