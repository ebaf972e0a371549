"""Maps of many digits: features `(N, D)` → positions `(N, 2)`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 50  # that t-SNE is given, as its authors did: van der Maaten and Hinton 2008


def principal_components(features: NDArray[np.float32], count: int = 2) -> NDArray[np.float32]:
    """Project features on the directions in which they differ most: `(N, D) → (N, count)`, at once.

    The largest part of each direction is positive: the map of the same features is never a mirror image.
    """
    centred = features - features.mean(0, dtype=np.float64)
    directions = np.linalg.eigh(centred.T @ centred)[1][:, : -count - 1 : -1]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(0)[None], 0)
    positions: NDArray[np.float32] = (centred @ (directions * np.sign(largest))).astype(np.float32)
    return positions


def neighbour_map(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay digits out so that those with like features are neighbours: `(N, D) → (N, 2)`, by t-SNE.

    Near means alike; how far apart two groups are, and how large, means little. 10,000 digits take half a minute.
    """
    from sklearn.manifold import TSNE

    method = TSNE(init="pca", random_state=0)
    positions: NDArray[np.float32] = method.fit_transform(principal_components(features, DIMENSIONS))
    return positions
