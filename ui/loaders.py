"""What the pages read from disk, kept in memory as long as the files stay the same."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
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


def ask(name: str, digit: Digit) -> tuple[Prediction | None, float]:
    """Return a model's answer and the seconds that it took, once the model is loaded; raises `ModelError`."""
    return _thread().submit(_timed_answer, answerer(name).model, digit).result()


def _timed_answer(model: Model, digit: Digit) -> tuple[Prediction | None, float]:
    start = perf_counter()
    return predict(model, digit), perf_counter() - start


@st.cache_resource(show_spinner=False)
def _thread() -> ThreadPoolExecutor:
    """One thread answers for all visitors: Streamlit runs each stroke in a new one, and torch's first work in a new
    thread costs 20 ms, the next 0.4 ms."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="answers")


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
    _thread().submit(predict, model, np.ones((28, 28), np.float32)).result()  # the first one takes long
    try:
        evaluation = load_evaluation(name, models_dir)
    except ModelError:
        evaluation = None
    return Answerer(model, evaluation)


def _stamp(folder: Path) -> Stamp:
    """Return what changes when a file in the folder, or in one of its folders, comes, goes or is replaced.

    This runs after every stroke, so it looks at the few folders and not at each file in them.
    """
    if not folder.is_dir():
        return ()
    folders = [folder, *(Path(entry.path) for entry in os.scandir(folder) if entry.is_dir())]
    return tuple((str(each), each.stat().st_mtime_ns, each.stat().st_ino) for each in folders)
