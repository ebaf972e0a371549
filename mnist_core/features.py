"""What a network sees in a digit before it answers, and which digits look most alike to it, or pixel by pixel.

Features are `(N, D)`, one row a digit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.prediction import run_in_batches

if TYPE_CHECKING:  # what compares features need not wait for torch
    from mnist_core.networks import Model

ROWS = 500  # at once: a float copy of that many stays in the processor's cache


def last_hidden(model: Model, digits: NDArray[np.float32], *, batch_size: int = 1000) -> NDArray[np.float32]:
    """`(N, 28, 28)` digits, ink 1.0 on 0.0 → `(N, D)` numbers that the last stage, the answer, is made from."""
    features: NDArray[np.float32] = run_in_batches(model.network[:-1], digits, batch_size).numpy()
    return features


def nearest(features: NDArray[Any], query: NDArray[Any], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Find the `count` rows of `(N, D)` features that are nearest to the query `(D,)`: their indices and distances.

    Distances are Euclidean, the nearest first, and of equals the first. Whole numbers, such as pixels, may be given
    as they are.
    """
    if features.ndim != 2 or query.shape != features.shape[1:]:
        raise ValueError(f"found features {features.shape} and a query {query.shape}, expected (N, D) and (D,)")
    point = query.astype(np.float32)
    squares = np.empty(len(features), np.float32)
    for start in range(0, len(features), ROWS):
        difference = np.subtract(features[start : start + ROWS], point, dtype=np.float32)
        squares[start : start + ROWS] = np.einsum("nd,nd->n", difference, difference)
    indices = np.argsort(squares, kind="stable")[:count]
    return indices, np.sqrt(squares[indices])
