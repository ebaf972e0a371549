"""Loaded models, and the thread that answers for all visitors."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from mnist_core.errors import RunError
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.machine import let_threads_sleep
from mnist_core.model.card import Card
from mnist_core.model.inference import Model, model_of_arrays
from mnist_core.model.light import LightModel, predict_light
from mnist_core.model.number import Number, read_number, read_number_in_stages
from mnist_core.model.prediction import Prediction, predict
from mnist_core.preprocessing.pictures import PictureStages
from mnist_core.preprocessing.raster import Digit, Strokes
from mnist_core.settings import read_settings
from mnist_core.store.layout import CHECKPOINT
from mnist_core.store.models import load_light_model, load_model
from mnist_core.store.runs import Run
from ui.services import catalogue, training_runs
from ui.services.stamps import Stamp, stamp_folder

if TYPE_CHECKING:  # torch is imported where a page first looks into a network
    from mnist_core.model.summary import Layer

T = TypeVar("T")
MAX_LOADED = 20  # models at once; no more than these are asked about one drawing

let_threads_sleep()


@dataclass(frozen=True)
class LoadedModel:
    """A model that can answer, with its evaluation on the test digits where there is one.

    An unfinished one is what its run has saved last. A page resolves the model once in each run and passes it on, so
    that nothing on it comes from another checkpoint.
    """

    answers: Model | LightModel
    evaluation: Evaluation | None
    run: Run | None = None

    @cached_property
    def model(self) -> Model:
        """It as torch has it, made of the same numbers once a page looks into the network."""
        return self.answers if isinstance(self.answers, Model) else _with_torch(self.answers)

    @property
    def card(self) -> Card:
        """What the model says of itself."""
        return self.answers.card

    @property
    def name(self) -> str:
        """What the model, or its run, is called."""
        return self.card.name

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
    return list(list_alphabets())


def list_alphabets() -> dict[str, tuple[str, ...]]:
    """Return the classes of all that can answer, by what `list_labels` returns."""
    cards = {card.name: card.classes for card in catalogue.read().cards}
    return cards | {label: run.recipe.classes for label, run in training_runs.list_answering().items()}


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
    return answer_thread().submit(_time, _answer, loaded.answers, digit).result()


def ask_number(loaded: LoadedModel, strokes: Strokes, pen_width: float) -> tuple[Number, float]:
    """Return the digits that a model reads in strokes, from left to right, and the seconds that it took."""
    return answer_thread().submit(_time, read_number, loaded.answers, strokes, pen_width).result()


def ask_number_in_picture(loaded: LoadedModel, stages: PictureStages) -> tuple[Number, float]:
    """Return the digits that a model reads in a picture, from left to right, and the seconds that it took."""
    return answer_thread().submit(_time, read_number_in_stages, loaded.answers, stages).result()


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
def spare_collector(with_torch: bool = False) -> None:  # noqa: ARG001, is part of the key
    """Let the garbage collector never again look through all that is loaded by now: once, and once more with torch.

    With torch and Plotly that is 150 ms in which nobody is answered, once in some hundred strokes.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # or what is left at the end is taken for leaks


def _answer(model: Model | LightModel, digit: Digit) -> Prediction | None:
    return predict_light(model, digit) if isinstance(model, LightModel) else predict(model, digit)


def _time(task: Callable[..., T], *arguments: object) -> tuple[T, float]:
    start = perf_counter()
    return task(*arguments), perf_counter() - start


@st.cache_resource(max_entries=MAX_LOADED, show_spinner=False)
def _load(name: str, models_dir: str, stamp: Stamp) -> LoadedModel:  # noqa: ARG001, the stamp is part of the key
    return LoadedModel(
        load_light_model(name, models_dir) or load_model(name, models_dir), catalogue.read_evaluation(name)
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _load_unfinished(run: Run, mtime_ns: int) -> LoadedModel:  # noqa: ARG001
    from mnist_core.store.checkpoints import load_trained

    return LoadedModel(load_trained(run), None, run)


def _with_torch(model: LightModel) -> Model:
    made = model_of_arrays(model.tensors, model.card)
    spare_collector(with_torch=True)
    return made
