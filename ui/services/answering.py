"""Loaded models, and the thread that answers for all visitors."""

from __future__ import annotations

import atexit
import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnist_core.errors import RunError
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.machine import let_threads_sleep
from mnist_core.model.inference import Model
from mnist_core.model.prediction import Prediction, predict
from mnist_core.preprocessing.raster import Digit
from mnist_core.settings import read_settings
from mnist_core.store.layout import CHECKPOINT
from mnist_core.store.runs import Run
from ui.services import catalogue, training_runs
from ui.services.stamps import Stamp, stamp_folder

if TYPE_CHECKING:  # torch is imported with the first model, so that the page is there before
    from mnist_core.model.summary import Layer

MAX_LOADED = 20  # models at once; no more than these are asked about one drawing

let_threads_sleep()


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that can answer, with its evaluation on the test digits where there is one.

    An unfinished one is what its run has saved last. A page resolves the model once in each run and passes it on, so
    that nothing on it comes from another checkpoint.
    """

    model: Model
    evaluation: Evaluation | None
    run: Run | None = None

    @property
    def name(self) -> str:
        """What the model, or its run, is called."""
        return self.model.card.name

    @property
    def label(self) -> str:
        """How the model picker shows it."""
        return training_runs.label_of(self.name) if self.run else self.name

    @property
    def is_unfinished(self) -> bool:
        """Whether its training is not over."""
        return self.run is not None


def list_labels() -> list[str]:
    """Return all that can answer, as the model picker shows them."""
    return [*(card.name for card in catalogue.read().cards), *training_runs.list_answering()]


def load(label: str) -> LoadedModel:
    """Load a model, or the newest network of an unfinished run, once; raises `ModelError` or `RunError`.

    `label` is what the model picker shows: a model's name, or an unfinished run's with a note behind it.
    """
    if training_runs.is_unfinished(label):
        try:
            run = training_runs.list_answering()[label]
            return _load_unfinished(run, (run.folder / CHECKPOINT).stat().st_mtime_ns)
        except (KeyError, FileNotFoundError):
            name = training_runs.name_of(label)
            raise RunError(f"The training {name!r} is over, or gone. Choose another model.") from None
    models_dir = read_settings().models_dir
    return _load(label, str(models_dir), stamp_folder(models_dir / label))


def ask(loaded: LoadedModel, digit: Digit) -> tuple[Prediction | None, float]:
    """Return a model's answer to a digit `(28, 28)`, and the seconds that it took."""
    return answer_thread().submit(_time_answer, loaded.model, digit).result()


def summarize(loaded: LoadedModel) -> tuple[Layer, ...]:
    """Return what a model's network is made of."""
    from mnist_core.model.summary import describe

    return describe(loaded.model.network)


@st.cache_resource(show_spinner=False)
def answer_thread() -> ThreadPoolExecutor:
    """Return the one thread that answers for all visitors.

    Streamlit runs each stroke in a new one, and torch's first work in a new thread costs 20 ms, the next 0.4 ms.
    """
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="answers")


@st.cache_resource(show_spinner=False)
def spare_collector() -> None:
    """Let the garbage collector never again look through all that is loaded by now, once in the life of the server.

    With torch and Plotly that is 150 ms in which nobody is answered, once in some hundred strokes.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # or what is left at the end is taken for leaks


def _time_answer(model: Model, digit: Digit) -> tuple[Prediction | None, float]:
    start = perf_counter()
    return predict(model, digit), perf_counter() - start


@st.cache_resource(max_entries=MAX_LOADED, show_spinner=False)
def _load(name: str, models_dir: str, stamp: Stamp) -> LoadedModel:  # noqa: ARG001, the stamp is part of the key
    import torch

    from mnist_core.store.models import load_model

    torch.set_num_threads(1)  # one digit is too little work to share, and the threads would fight over the cores
    model = load_model(name, models_dir)
    answer_thread().submit(predict, model, np.ones((28, 28), np.float32)).result()  # the first one takes long
    return LoadedModel(model, catalogue.read_evaluation(name))


@st.cache_resource(max_entries=4, show_spinner=False)
def _load_unfinished(run: Run, mtime_ns: int) -> LoadedModel:  # noqa: ARG001
    from mnist_core.store.checkpoints import load_trained

    return LoadedModel(load_trained(run), None, run)
