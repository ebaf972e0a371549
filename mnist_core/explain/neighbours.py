"""What a network sees in a digit before it answers, and which digits look most alike to it, or pixel by pixel.

Features are `(N, D)`, one row a digit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.mnist import Digits
from mnist_core.model.inference import BATCH_SIZE, run_in_batches

if TYPE_CHECKING:  # what compares features need not wait for torch
    from mnist_core.model.inference import Model

PART = 5000  # digits, whose pixels as floats are there at once; of 60,000 they would take 200 MB
COMPONENTS = 48  # of all directions; few enough to be looked through at once, enough to rule most rows out
ROWS = 256  # that are measured whole at once
SAMPLE = 10_000  # rows that the directions are taken from
ROUNDING = 1e-4  # of a squared distance


def embed(model: Model, digits: NDArray[np.float32], *, batch_size: int = BATCH_SIZE) -> NDArray[np.float32]:
    """`(N, 28, 28)` digits, ink 1.0 on 0.0 → `(N, D)` numbers that the last layer, the answer, is made from."""
    features: NDArray[np.float32] = run_in_batches(model.network[:-1], digits, batch_size).numpy()
    return features


def embed_all(model: Model, digits: Digits, *, halve: bool = False) -> NDArray[Any]:
    """Return the same of N digits, part by part → `(N, D)`.

    Where it is asked for and they fit, they are in half precision, which takes half the memory and finds the same.
    """
    found: list[NDArray[Any]] = []
    for start in range(0, len(digits), PART):
        part = embed(model, digits[start : start + PART].pixels)
        fits = halve and np.abs(part).max() < np.finfo(np.float16).max
        found.append(part.astype(np.float16) if fits else part)
    return np.concatenate(found)


class Index:
    """Many rows `(N, D)`, in which the nearest to a query are found without measuring all of them.

    Distances are Euclidean and exact. A distance within a few of all directions is never longer than the whole one, so
    once that is longer than the nearest found, no further row can be nearer. The directions are the principal ones, in
    which rows differ most. Whole numbers, such as pixels, may be given as they are.
    """

    def __init__(self, rows: NDArray[Any]) -> None:
        if rows.ndim != 2 or not len(rows):
            raise ValueError(f"found rows of shape {rows.shape}, expected (N, D) and at least one")
        self.rows = rows
        sample = rows[:: max(1, len(rows) // SAMPLE)].astype(np.float32)
        self.middle = sample.mean(0)
        _, directions = np.linalg.eigh(np.cov(sample - self.middle, rowvar=False, bias=True).reshape(rows.shape[1], -1))
        self.directions: NDArray[np.float32] = directions[:, -COMPONENTS:].astype(np.float32)
        self.short = np.concatenate([self._shorten(part) for part in np.array_split(rows, -(-len(rows) // SAMPLE))])

    def nearest(self, query: NDArray[Any], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the `count` rows that are nearest to the query `(D,)`: their indices and distances.

        The nearest comes first, and of equals the first.
        """
        if query.shape != self.rows.shape[1:]:
            raise ValueError(f"found a query {query.shape}, expected {self.rows.shape[1:]}")
        point = query.astype(np.float32)
        difference = self.short - self._shorten(point)
        least = np.einsum("nd,nd->n", difference, difference)
        order = np.argsort(least, kind="stable")
        squares = np.empty(0, np.float32)
        while len(squares) < len(order):
            if len(squares) >= count:
                farthest = np.partition(squares, count - 1)[count - 1]
                if least[order[len(squares)]] > farthest * (1 + ROUNDING):
                    break
            part = np.subtract(self.rows[order[len(squares) :][:ROWS]], point, dtype=np.float32)
            squares = np.append(squares, np.einsum("nd,nd->n", part, part))
        measured = order[: len(squares)]
        chosen = np.lexsort((measured, squares))[:count]
        return measured[chosen], np.sqrt(squares[chosen])

    def _shorten(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """`(…, D)` → their places along the few directions, `(…, COMPONENTS)`."""
        places: NDArray[np.float32] = (rows.astype(np.float32) - self.middle) @ self.directions
        return places
