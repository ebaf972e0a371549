"""What models are evaluated by: the digits, characters or pictures of a test set, which no training learns from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TestSet:
    """Labelled digits, characters or pictures; `key` stands in `evaluation.json`, `name` in sentences."""

    __test__ = False  # pytest would take it for tests

    key: str
    name: str  # "MNIST test digits"


WRITTEN_EDITION = 1  # counts up when our program writes the same characters in another way
TEST_SETS = {
    each.key: each
    for each in (
        TestSet("mnist", "MNIST test digits"),
        TestSet("emnist", "EMNIST test characters"),
        TestSet("fashion", "Fashion-MNIST test pictures"),
        TestSet(f"written-{WRITTEN_EDITION}", "unseen synthetic characters"),
    )
}


def find_test_set(key: str) -> TestSet | None:
    """Return the test set of that key; None for one that is not ours, or of an earlier edition."""
    return TEST_SETS.get(key)
