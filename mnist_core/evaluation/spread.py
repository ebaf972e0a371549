"""What several trainings of one setting reach: their mean, how far they differ, and whether two settings do.

A standard deviation is that of a sample (n - 1); two settings are compared by Welch's t-test, which takes neither equal
spreads nor equal numbers for granted (Welch 1947).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from statistics import fmean, stdev

LIKELY = 0.05  # a difference that chance makes more often is not called one


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean, the standard deviation (NaN of one) and the number of some accuracies, 0…1."""

    mean: float
    deviation: float
    count: int

    def __str__(self) -> str:
        """Write it as "99.38 ± 0.06 %, n = 5"."""
        around = f" ± {self.deviation * 100:.2f}" if self.count > 1 else ""
        return f"{self.mean * 100:.2f}{around} %, n = {self.count}"


def summarise(values: Sequence[float]) -> Spread:
    """Return mean and standard deviation of one or more values."""
    return Spread(fmean(values), stdev(values) if len(values) > 1 else nan, len(values))


def band(lines: Sequence[Mapping[int, float]]) -> dict[int, Spread]:
    """Summarise lines point by point: value by place along each line → mean and deviation by place, in order."""
    places = sorted({place for line in lines for place in line})
    return {place: summarise([line[place] for line in lines if place in line]) for place in places}


def p_value(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Return how often chance alone would make two means differ so much or more, 0…1, by Welch's t-test.

    None where it cannot be told: of fewer than two values on a side, or where none of them differ.
    """
    if min(len(one), len(other)) < 2 or len({*one}) == len({*other}) == 1:
        return None
    from scipy.stats import ttest_ind  # half a second

    return float(ttest_ind(one, other, equal_var=False).pvalue)
