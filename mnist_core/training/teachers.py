"""Distillation: the trained models whose answers a smaller network learns (Hinton, Vinyals and Dean 2015)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.errors import TrainingError
from mnist_core.recipe import Recipe
from mnist_core.store.models import load_model, read_model

if TYPE_CHECKING:  # who only checks them need not wait for torch
    from mnist_core.model.inference import Model


def check_teachers(recipe: Recipe, models_dir: Path) -> None:
    """Raise `ModelError` where a teacher is missing or damaged, and `TrainingError` where it reads other classes."""
    for name in recipe.teacher_names:
        if read_model(name, models_dir)[0].classes != recipe.classes:
            raise TrainingError(f"{name!r} does not read what is to be learnt, and so cannot teach it.")


def load_teachers(recipe: Recipe, models_dir: Path) -> list[Model]:
    """Load the models that a recipe distils; raises as `check_teachers` does."""
    check_teachers(recipe, models_dir)
    return [load_model(name, models_dir) for name in recipe.teacher_names]
