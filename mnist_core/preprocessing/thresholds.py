"""Where to part the values of a picture in two: paper and ink, sheet and table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 64


class Parting(NamedTuple):
    """A threshold, and the means of the values below and above it."""

    threshold: float
    low: float
    high: float


def part_in_two(values: NDArray[np.float32]) -> Parting:
    """Part values into two groups with the least variance within them (Otsu 1979)."""
    counts, bounds = np.histogram(values.astype(np.float64), BINS)
    centres = (bounds[1:] + bounds[:-1]) / 2
    below, sums = counts.cumsum(), (counts * centres).cumsum()
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = sums / below, (sums[-1] - sums) / above
        best = int(np.nan_to_num(below * above * (high - low) ** 2).argmax())
    return Parting(float(bounds[best + 1]), float(low[best]), float(high[best]))
