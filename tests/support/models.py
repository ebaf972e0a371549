"""What several tests do with folders of models."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from mnist_core.model.card import Card
from mnist_core.model.inference import Model
from mnist_core.model.networks import build_network
from mnist_core.store.models import Damaged, list_models, load_model, survey_models
from mnist_core.store.zip_archive import add_archive, open_archive


def model_of(network: str) -> Model:
    """The shipped model of a network, or one that has learnt nothing where none is shipped."""
    if network in {card.name for card in list_models()}:
        return load_model(network)
    card = load_model("accurate").card
    return Model(build_network(network, seed=0).eval(), replace(card, recipe=replace(card.recipe, network=network)))


def list_damaged_models(models_dir: Path) -> list[Damaged]:
    """The folders that look like models but cannot be used, by name, with the reasons."""
    return [entry for entry in survey_models(models_dir) if isinstance(entry, Damaged)]


def add_zipped_model(content: bytes, models_dir: Path, name: str | None = None) -> Card:
    """Put a zipped model among the models, as a visitor does."""
    return add_archive(open_archive(content), models_dir, name)


def copy_hidden(folder: Path, models_dir: Path) -> Path:
    """Copy a model's folder to a hidden one among the models."""
    return Path(shutil.copytree(folder, tempfile.mkdtemp(prefix=".copy-", dir=models_dir), dirs_exist_ok=True))


def swap_in(work: Path, target: Path) -> None:
    """Put a folder in the place of another by two renames, between which there is none, as a training does."""
    with tempfile.TemporaryDirectory(prefix=".swap-", dir=target.parent) as aside:
        target.rename(Path(aside) / "former")
        work.rename(target)
