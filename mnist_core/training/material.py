"""What a recipe learns from, before anything is mixed in: a data set that was published, or what our program writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mnist_core.alphabets import DIGITS
from mnist_core.data.data_sets import DATA_SETS, MNIST, DataSet
from mnist_core.data.digits import Digits
from mnist_core.data.loading import is_here, load
from mnist_core.recipe import Recipe
from mnist_core.synthetic.generate import IN_PLACE_OF_MNIST, write_classes

OF_A_CLASS = 2000  # characters that are written of each, in place of a data set
IN_PLACE_OF = {"mnist": "synthetic", "emnist": "characters"}  # data: what our program writes of the same classes


def _nothing() -> None:
    pass


def needed_data_set(recipe: Recipe) -> DataSet | None:
    """Return the data set without which a recipe cannot be learnt; None where our program writes all of it."""
    return MNIST if recipe.mixes_mnist else DATA_SETS.get(recipe.data)


def is_at_hand(recipe: Recipe, data_dir: Path | None = None) -> bool:
    """Tell whether a recipe can be learnt without a network."""
    data_set = needed_data_set(recipe)
    return data_set is None or is_here(data_set, data_dir)


def count_material(recipe: Recipe) -> int:
    """Return how many there are to learn from, those kept aside for validation among them."""
    if not recipe.is_written:
        return DATA_SETS[recipe.data].counts["train"]
    return IN_PLACE_OF_MNIST if recipe.classes == DIGITS else OF_A_CLASS * len(recipe.classes)


def load_material(
    recipe: Recipe, data_dir: Path | None = None, *, fetch: bool = True, before_each: Callable[[], None] = _nothing
) -> Digits:
    """Load or write what a recipe learns from, the same each time.

    `before_each` is called before each is written; what it raises ends the writing. Raises `DataError`, and with
    `fetch=False` `MissingData` where the data set is not on this machine.
    """
    if not recipe.is_written:
        return load(DATA_SETS[recipe.data], "train", data_dir, fetch=fetch)
    return write_material(recipe, count_material(recipe), before_each)


def write_material(recipe: Recipe, count: int, before_each: Callable[[], None] = _nothing) -> Digits:
    """Write so many of what a recipe learns from."""
    return write_classes(count, recipe.seed, recipe.classes, before_each=before_each)


def with_mnist(training: Digits, recipe: Recipe, data_dir: Path | None = None) -> Digits:
    """Put MNIST's first training digits behind characters, where a recipe mixes them in; raises `DataError`."""
    if not recipe.mixes_mnist:
        return training
    digits = load(MNIST, "train", data_dir)[: round(recipe.mnist * len(training))]
    places = np.array([recipe.classes.index(name) for name in MNIST.classes])
    images, labels = (training.images, digits.images), (training.labels, places[digits.labels])
    return Digits(np.concatenate(images), np.concatenate(labels))
