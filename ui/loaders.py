"""What the pages read from disk, kept in memory as long as the files stay the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnist_core.cards import Card
from mnist_core.errors import ModelError
from mnist_core.evaluation import Evaluation
from mnist_core.prediction import Prediction, predict
from mnist_core.preprocessing import Digit

if TYPE_CHECKING:  # torch is imported with the first model, so that the page is there before
    from mnist_core.networks import Model
    from mnist_core.registry import Damaged

MODELS_DIR = Path(__file__).resolve().parent.parent / "models"
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The models on disk: those that can answer, and the folders that cannot be used."""

    cards: tuple[Card, ...]
    damaged: tuple[Damaged, ...]


@dataclass(frozen=True, slots=True)
class Answerer:
    """A loaded model, and its judgement on the test digits where there is one."""

    model: Model
    evaluation: Evaluation | None


def shelf() -> Shelf:
    """Return what is on the shelf now."""
    return _shelf(str(MODELS_DIR), _stamp(MODELS_DIR))


def answerer(name: str) -> Answerer:
    """Load a model, once; raises `ModelError`."""
    return _answerer(name, str(MODELS_DIR), _stamp(MODELS_DIR / name))


def ask(name: str, digit: Digit) -> Prediction | None:
    """Return a model's answer to a digit; raises `ModelError`."""
    return predict(answerer(name).model, digit)


@st.cache_resource(max_entries=4, show_spinner=False)
def _shelf(models_dir: str, stamp: Stamp) -> Shelf:  # noqa: ARG001, the stamp is part of the key
    from mnist_core.registry import list_damaged_models, list_models

    return Shelf(tuple(list_models(models_dir)), tuple(list_damaged_models(models_dir)))


@st.cache_resource(max_entries=4, show_spinner=False)
def _answerer(name: str, models_dir: str, stamp: Stamp) -> Answerer:  # noqa: ARG001
    import torch

    from mnist_core.registry import load_evaluation, load_model

    torch.set_num_threads(1)  # one digit is too little work to share, and the threads would fight over the cores
    model = load_model(name, models_dir)
    predict(model, np.ones((28, 28), np.float32))  # the first answer takes ten times as long as the next
    try:
        evaluation = load_evaluation(name, models_dir)
    except ModelError:
        evaluation = None
    return Answerer(model, evaluation)


def _stamp(folder: Path) -> Stamp:
    """Return what changes when a file in the folder, or one level below it, does."""
    paths = sorted([*folder.glob("*"), *folder.glob("*/*")]) if folder.is_dir() else []
    stats = [(path, path.stat()) for path in paths if path.is_file() and not path.name.startswith(".")]
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in stats)
