"""Models on disk: one folder a model, which says everything about itself.

    models/<name>/weights.safetensors         the numbers, no code (never a pickle)
    models/<name>/card.json                   what it is and how it was made: `Card`
    models/<name>/history.jsonl               one line a logged point of its training
    models/<name>/evaluation.json             the judgement on the test digits: `Evaluation`
    models/<name>/probabilities.safetensors   "test", (10,000, 10) float32: what that judgement was made from

A folder that is damaged, incomplete or not ours is listed with the reason, is never used and hides no other.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError

from mnist_core.cards import Card, card_from_json, json_object
from mnist_core.data import ROOT
from mnist_core.errors import BadName, DamagedModel, ModelError, ModelNotFound
from mnist_core.evaluation import Evaluation, evaluation_from_json

if TYPE_CHECKING:  # what reads cards alone need not wait for torch
    from mnist_core.networks import Model

MODELS_DIR = ROOT / "models"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
LARGEST_WEIGHTS = 200_000_000  # bytes
LARGEST_TEXT = 10_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Damaged:
    """A folder among the models that cannot be used, and why."""

    name: str
    reason: str


def check_name(name: str) -> str:
    """Return the name if a model may have it; raises `BadName`."""
    if not NAME.fullmatch(name):
        raise BadName(
            f"{name[:80]!r} cannot be a model's name: use 1 to 64 of a–z, 0–9, _ and -, the first a letter or digit."
        )
    return name


def list_models(models_dir: Path | str = MODELS_DIR) -> list[Card]:
    """Return the cards of the models that can be used, by name."""
    return [entry for entry in _survey(Path(models_dir)) if isinstance(entry, Card)]


def list_damaged_models(models_dir: Path | str = MODELS_DIR) -> list[Damaged]:
    """Return the folders that look like models but cannot be used, by name, with the reasons."""
    return [entry for entry in _survey(Path(models_dir)) if isinstance(entry, Damaged)]


def load_model(name: str, models_dir: Path | str = MODELS_DIR) -> Model:
    """Load a model, ready to answer. Raises `BadName`, `ModelNotFound` or `DamagedModel`."""
    from safetensors.torch import load

    from mnist_core.networks import Model, build_network

    folder = _find(name, Path(models_dir))
    card, weights = _read(folder)
    try:
        network = build_network(card.recipe.network)
        network.load_state_dict(load(weights))
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        reason = "its weights do not fit its network"
        raise DamagedModel(f"The model {name!r} is damaged: {reason}.") from error
    return Model(network.eval(), card)


def load_evaluation(name: str, models_dir: Path | str = MODELS_DIR) -> Evaluation:
    """Return a model's judgement on the test digits; raises `DamagedModel` where it cannot be read."""
    text = _read_file(_find(name, Path(models_dir)), "evaluation.json", LARGEST_TEXT).decode(errors="replace")
    try:
        return evaluation_from_json(json_object(text, "evaluation.json"))
    except ValueError as error:
        raise DamagedModel(f"evaluation.json of {name!r} cannot be used: {error}.") from error


@contextmanager
def new_model_folder(name: str, models_dir: Path | str = MODELS_DIR) -> Iterator[Path]:
    """Give a folder to write a model into; on leaving without an error it takes its place, whole, under its name.

    A model that had the name is replaced only then. Raises `ModelError` where the folder cannot be made.
    """
    target = Path(models_dir) / check_name(name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
    except OSError as error:
        raise ModelError(f"No model can be written to {target.parent}: {error.strerror}.") from error
    try:
        yield work
        work.chmod(0o755)  # mkdtemp's own is private
        _take_place(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds all of it or the one before: beside the target, flushed, renamed."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def write_json(path: Path, values: object) -> None:
    """Write a JSON file whole."""
    write_whole(path, (json.dumps(values, indent=2) + "\n").encode())


def _take_place(work: Path, target: Path) -> None:
    if target.exists():
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as attic:
            target.replace(Path(attic) / target.name)
            work.replace(target)
    else:
        work.replace(target)


def _survey(models_dir: Path) -> Iterator[Card | Damaged]:
    folders = sorted(path for path in models_dir.glob("[!.]*") if path.is_dir()) if models_dir.is_dir() else []
    for folder in folders:
        try:
            check_name(folder.name)
            yield _read(folder)[0]
        except ModelError as error:
            yield Damaged(folder.name, str(error))


def _find(name: str, models_dir: Path) -> Path:
    folder = models_dir / check_name(name)
    if not folder.is_dir():
        available = ", ".join(card.name for card in list_models(models_dir)) or "none"
        raise ModelNotFound(f"There is no model called {name!r}. Available: {available}.")
    return folder


def _read(folder: Path) -> tuple[Card, bytes]:
    """Read a model's card and its weights, each checked against the other."""
    card = card_from_json(_read_file(folder, "card.json", LARGEST_TEXT).decode(errors="replace"))
    if card.name != folder.name:
        raise DamagedModel(f"The card in {folder.name} belongs to a model called {card.name[:64]!r}.")
    weights = _read_file(folder, "weights.safetensors", LARGEST_WEIGHTS)
    if hashlib.sha256(weights).hexdigest() != card.weights_sha256:
        raise DamagedModel(f"The weights in {folder.name} are not those its card was written for.")
    return card, weights


def _read_file(folder: Path, name: str, limit: int) -> bytes:
    path = folder / name
    try:
        if path.stat().st_size > limit:
            raise DamagedModel(f"{name} in {folder.name} is over {limit:,} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise DamagedModel(f"{name} in {folder.name} cannot be read: {error.strerror}.") from error
