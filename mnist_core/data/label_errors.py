"""Labels of MNIST's test digits that are known to be wrong, and how five people voted (Northcutt et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Votes:
    """How five people read a test digit: as its label, as the digit that a network guessed, or as neither."""

    label: int
    guess: int
    for_label: int
    for_guess: int
    for_neither: int


# Every test label that fewer than three of five people confirmed, by its index. Northcutt, Athalye and Mueller,
# "Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks", 2021; the votes are published in
# github.com/cleanlab/label-errors, mturk/mnist_mturk.json.
DISPUTED_VOTES = {
    947: Votes(8, 9, 0, 5, 0),
    1621: Votes(0, 6, 2, 3, 0),
    1901: Votes(9, 4, 2, 3, 0),
    2130: Votes(4, 9, 2, 2, 1),
    2462: Votes(2, 0, 0, 4, 1),
    2597: Votes(5, 3, 0, 4, 1),
    2654: Votes(6, 1, 0, 2, 3),
    3520: Votes(6, 4, 2, 0, 3),
    3558: Votes(5, 0, 1, 4, 0),
    5937: Votes(5, 3, 1, 3, 1),
    6651: Votes(0, 6, 0, 5, 0),
    6783: Votes(1, 6, 2, 3, 0),
    8527: Votes(4, 9, 2, 2, 1),
    9679: Votes(6, 3, 2, 0, 3),
    9729: Votes(5, 6, 2, 3, 0),
}
DISPUTED_TEST_LABELS = tuple(DISPUTED_VOTES)
