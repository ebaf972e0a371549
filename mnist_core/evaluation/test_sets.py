"""What models are evaluated by: the digits, characters or pictures of a test set, which no training learns from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS
from mnist_core.data.data_sets import DATA_SETS, EMNIST, FASHION, MNIST, DataSet
from mnist_core.data.digits import Digits
from mnist_core.data.loading import is_here, load
from mnist_core.errors import DataError
from mnist_core.recipe import Recipe
from mnist_core.synthetic.character_styles import CHARACTER_STYLES, SIGN_STYLES
from mnist_core.synthetic.generate import UNSEEN, synthetic_characters


@dataclass(frozen=True, slots=True)
class TestSet:
    """Labelled digits, characters or pictures; `key` stands in `evaluation.json`, `title` in sentences."""

    __test__ = False  # pytest would take it for tests

    key: str
    title: str  # "MNIST test digits"
    data_set: DataSet | None = None  # None where our program writes it

    def is_here(self, data_dir: Path | str | None = None) -> bool:
        """Tell whether `load` needs no network."""
        return self.data_set is None or is_here(self.data_set, data_dir)

    def has(self, classes: tuple[str, ...]) -> bool:
        """Tell whether these are its classes, or where our program writes it, such as it can write."""
        if self.data_set:
            return classes == self.data_set.classes
        return {style.label for style in (*CHARACTER_STYLES, *SIGN_STYLES)}.issuperset(classes)

    def may_have(self, classes: tuple[str, ...], labels: NDArray[np.int64]) -> bool:
        """Tell whether labels `(N,)` may be its, as far as that is known without its images.

        Where no sum of them was published, it is known how many there are of each class.
        """
        if not self.has(classes) or len(labels) != self.count(classes):
            return False
        if self.data_set and self.data_set.test_labels_sha256:
            return hashlib.sha256(labels.astype(np.uint8).tobytes()).hexdigest() == self.data_set.test_labels_sha256
        return bool((np.bincount(labels, minlength=len(classes)) == len(labels) // len(classes)).all())

    def count(self, classes: tuple[str, ...]) -> int:
        """Return how many there are, where these are the classes."""
        return self.data_set.counts["test"] if self.data_set else OF_A_CLASS * len(classes)

    def load(
        self,
        classes: tuple[str, ...],
        data_dir: Path | str | None = None,
        *,
        fetch: bool = False,
        before_each: Callable[[], None] = lambda: None,
    ) -> Digits:
        """Load or write it, the same each time; `before_each` is called before each that is written.

        Labels are places among the classes. Raises `DataError`, also where it has others, and with `fetch=False`
        `MissingData` where the data set is not on this machine.
        """
        if not self.has(classes):
            raise DataError(f"The {self.title} are not of this model's classes.")
        if self.data_set:
            return load(self.data_set, "test", data_dir, fetch=fetch)
        return synthetic_characters(self.count(classes), UNSEEN, classes, before_each=before_each)


OF_A_CLASS = 70  # characters that are written of each
EDITION = 3  # counts up when our program writes the same characters in another way
MNIST_TEST = TestSet(MNIST.key, "MNIST test digits", MNIST)
EMNIST_TEST = TestSet(EMNIST.key, "EMNIST test characters", EMNIST)
FASHION_TEST = TestSet(FASHION.key, "Fashion-MNIST test pictures", FASHION)
WRITTEN_TEST = TestSet(f"written-{EDITION}", "unseen synthetic characters")
TEST_SETS = {each.key: each for each in (MNIST_TEST, EMNIST_TEST, FASHION_TEST, WRITTEN_TEST)}


def find_test_set(key: str) -> TestSet | None:
    """Return the test set of that key; None for one that is not ours, or of an earlier edition."""
    return TEST_SETS.get(key)


def choose_test_set(recipe: Recipe, data_dir: Path | str | None = None) -> TestSet:
    """Return what a model of that recipe is evaluated by: by people's hands where these are here.

    Who learnt from written digits is evaluated by MNIST's, whether these are here or not.
    """
    if recipe.classes == DIGITS:
        return MNIST_TEST
    if recipe.is_written:
        is_emnist = recipe.classes == EMNIST.classes and EMNIST_TEST.is_here(data_dir)
        return EMNIST_TEST if is_emnist else WRITTEN_TEST
    return TEST_SETS[DATA_SETS[recipe.data].key]
