"""The map of the test digits that is kept beside a model.

models/<name>/map.safetensors   "map" (N, 2) float32, the `projection.neighbour_map` of the test digits; its header says
                                of which weights. It takes half a minute, so that it is kept.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from mnist_core.errors import ModelError
from mnist_core.files import read_file, read_metadata, write_atomically
from mnist_core.model.card import Card
from mnist_core.rights import Right, require
from mnist_core.store.changes import changing
from mnist_core.store.layout import MAP
from mnist_core.store.models import find_models_dir


def save_map(positions: NDArray[np.float32], card: Card, models_dir: Path | str | None = None) -> None:
    """Keep a map `(N, 2)` beside the model that it was made with.

    Raises `NotAllowed`, and `ModelError` where it cannot be written.
    """
    require(Right.MAP)
    from safetensors.numpy import save

    content = save({"map": np.ascontiguousarray(positions, np.float32)}, {"weights_sha256": card.weights_sha256})
    folder = find_models_dir(models_dir) / card.name
    with changing(folder.parent, ModelError, f"The map of {card.name!r} cannot be written"):
        write_atomically(folder / MAP, content)


def load_map(card: Card, count: int, models_dir: Path | str | None = None) -> NDArray[np.float32] | None:
    """Return the map `(count, 2)` of a model; None where none was kept, or not for these weights, or it is damaged."""
    from safetensors.numpy import load

    try:
        content = read_file(find_models_dir(models_dir) / card.name, MAP)
        belongs = read_metadata(content).get("weights_sha256") == card.weights_sha256
        positions = load(content)["map"] if belongs else None
    except (ModelError, SafetensorError, KeyError):
        return None
    if positions is None or positions.shape != (count, 2) or positions.dtype != np.float32:
        return None
    return positions if np.isfinite(positions).all() else None
