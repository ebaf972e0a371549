"""A picture in coarser pixels, each of them a square block of its own, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def split_into_blocks(picture: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """`(H, W)` → `(H / factor, factor, W / factor, factor)`; the last rows and columns may be left out."""
    height, width = (side // factor for side in picture.shape)
    blocks: NDArray[np.float32] = picture[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return blocks


def mean_of_blocks(picture: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """`(H, W)` → `(H / factor, W / factor)`, the mean of each block."""
    mean: NDArray[np.float32] = split_into_blocks(picture, factor).mean((1, 3))
    return mean


def spread_over_blocks(coarse: NDArray[np.float32], factor: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Give each pixel of a picture of that shape what its block has; those left out have what the next block has."""
    rows, columns = (
        np.minimum(np.arange(side) // factor, count - 1) for side, count in zip(shape, coarse.shape, strict=True)
    )
    spread: NDArray[np.float32] = coarse[rows][:, columns]
    return spread
