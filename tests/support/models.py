"""What several tests do with folders of models."""

from __future__ import annotations

from pathlib import Path

from mnist_core.model.card import Card
from mnist_core.store.models import Damaged, survey_models
from mnist_core.store.zip_archive import add_archive, open_archive


def list_damaged_models(models_dir: Path) -> list[Damaged]:
    """The folders that look like models but cannot be used, by name, with the reasons."""
    return [entry for entry in survey_models(models_dir) if isinstance(entry, Damaged)]


def add_zipped_model(content: bytes, models_dir: Path, name: str | None = None) -> Card:
    """Put a zipped model among the models, as a visitor does."""
    return add_archive(open_archive(content), models_dir, name)
