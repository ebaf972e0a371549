"""What a recipe learns from, before anything is mixed in: a data set that was published, or what our program writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mnist_core.alphabets import DIGITS
from mnist_core.data.data_sets import DATA_SETS
from mnist_core.data.digits import Digits, split_training
from mnist_core.data.loading import is_here, load
from mnist_core.recipe import Recipe
from mnist_core.synthetic.generate import IN_PLACE_OF_MNIST, write_classes

OF_A_CLASS = 2000  # characters that are written of each, in place of a data set


def _nothing() -> None:
    pass


def is_at_hand(recipe: Recipe, data_dir: Path | None = None) -> bool:
    """Tell whether `load_material` needs no network."""
    return recipe.is_written or is_here(DATA_SETS[recipe.data], data_dir)


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


def load_validation(recipe: Recipe, size: int, data_dir: Path | None = None) -> Digits:
    """Return the last `size` of what a recipe learns from; raises `MissingData` where that is not on this machine."""
    return split_training(load_material(recipe, data_dir, fetch=False), size)[1]
