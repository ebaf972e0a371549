"""When a network learnt each digit, and which it forgot again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEVER = -1


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """When N digits were learnt, and how often each was forgotten (Toneva et al. 2019), as far as the moments tell.

    `step` is `(N,)`: from which on a digit was always read correctly; `NEVER` where the last answer is wrong.
    `forgotten` is `(N,)`: how often a right answer was followed by a wrong one at the next moment.
    """

    step: NDArray[np.int64]
    forgotten: NDArray[np.int64]


def when_learnt(answers: NDArray[np.integer], steps: Sequence[int], labels: NDArray[np.integer]) -> Learnt:
    """Return when each of N digits was learnt, from the answers `(M, N)` after M steps and the labels `(N,)`."""
    wrong = answers != labels
    after_last_wrong = np.where(wrong.any(0), len(wrong) - wrong[::-1].argmax(0), 0)
    return Learnt(np.array([*steps, NEVER])[after_last_wrong], (~wrong[:-1] & wrong[1:]).sum(0))
