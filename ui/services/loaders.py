"""What the pages read from disk, kept in memory as long as the files stay the same."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnist_core.data.mnist import Digits, Split, find_data_dir, load_mnist, mnist_is_here
from mnist_core.errors import DataError, ModelError, NotJudged, RunError, TrainingError
from mnist_core.evaluation.metrics import Answers, Evaluation
from mnist_core.files import read_file
from mnist_core.machine import let_threads_sleep, processors
from mnist_core.model.card import Card
from mnist_core.model.prediction import Prediction, predict
from mnist_core.preprocessing.strokes import Digit
from mnist_core.recipe import Recipe
from mnist_core.store import training_lock
from mnist_core.store.history import History
from mnist_core.store.models import Damaged, survey_models
from mnist_core.store.runs import CHECKPOINT, Run, State, all_runs, unfinished_runs

if TYPE_CHECKING:  # torch is imported with the first model, so that the page is there before
    from mnist_core.evaluation.drawing_benchmark import Drawings, DrawingScore
    from mnist_core.model.inference import Model
    from mnist_core.model.summary import Stage

let_threads_sleep()
MODELS_DIR = Path(__file__).resolve().parents[2] / "models"
UNFINISHED = " (unfinished)"
Stamp = tuple[tuple[bytes, int, int], ...]  # a path, which may be no text, and what is known of it
_reading_drawings, _exporting = Lock(), Lock()  # one at a time leaves the other processor to those who draw


@dataclass(frozen=True, slots=True)
class Shelf:
    """The models on disk: those that can answer, and the folders that cannot be used."""

    cards: tuple[Card, ...]
    damaged: tuple[Damaged, ...]


@dataclass(frozen=True, slots=True)
class Answerer:
    """A loaded model, and its judgement on the test digits where there is one; or the network of an unfinished run."""

    model: Model
    evaluation: Evaluation | None
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A model's answers to the 10,000 test digits, and its judgement."""

    name: str
    answers: Answers
    evaluation: Evaluation


def shelf() -> Shelf:
    """Return what is on the shelf now."""
    return _shelf(str(MODELS_DIR), stamp_of(MODELS_DIR))


def names() -> list[str]:
    """Return the names of all that can answer, as a model picker shows them."""
    return [*(card.name for card in shelf().cards), *learners()]


def best_model() -> str | None:
    """Return the name of the model that reads the most test digits; None where none has been judged.

    What a model says of itself counts only where no judgement can be checked.
    """
    accuracies = {card.name: judged.accuracy for card in shelf().cards if (judged := judgement(card.name))}
    best_first = sorted(accuracies, key=accuracies.__getitem__, reverse=True)
    return next(filter(is_backed, best_first), best_first[0] if best_first else None)


def runs() -> list[Run | Damaged]:
    """Return every training, finished or not: the one that is running, then the newest."""
    unfinished = unfinished_runs(MODELS_DIR, running_now())  # before the shelf: one may finish meanwhile
    here = shelf()
    return all_runs(unfinished, [*here.cards, *here.damaged], MODELS_DIR)


def running_now() -> training_lock.Holder | None:
    """Return the training that is running on this machine, as it was half a second ago at most."""
    return _running_now()


def current_run() -> Run | None:
    """Return the training that is running, if it is one of ours."""
    unfinished = unfinished_runs(MODELS_DIR, running_now())
    return next((run for run in unfinished if isinstance(run, Run) and run.state is State.RUNNING), None)


def forget_running() -> None:
    """Look anew, for something has just been started or stopped."""
    _running_now.clear()


def learners() -> dict[str, Run]:
    """Return the unfinished runs whose networks can answer already, by the names that a model picker shows."""
    found = unfinished_runs(MODELS_DIR, running_now())
    return {f"{run.name}{UNFINISHED}": run for run in found if isinstance(run, Run) and run.has_learnt}


def history(run: Run) -> History:
    """Return what a run has logged; raises `RunError`."""
    status = _status(run.folder / "history.jsonl")
    return _history(run, (status.st_mtime_ns, status.st_size, status.st_ino) if status else None)


def evaluation(run: Run) -> Evaluation | None:
    """Return a finished run's judgement on the test digits, where there is one."""
    return judgement(run.name) if run.card else None


def judgement(name: str) -> Evaluation | None:
    """Return a model's judgement on the test digits, where there is one."""
    return _evaluation(name, str(MODELS_DIR), stamp_of(MODELS_DIR / name))


def is_backed(name: str) -> bool:
    """Tell whether a model's judgement can be checked by its answers to the MNIST test digits, which lie beside it."""
    return _is_backed(name, str(MODELS_DIR), stamp_of(MODELS_DIR / name))


def weights_bytes(name: str) -> int:
    """Return how large a model's weights are on disk; 0 where it has just gone."""
    status = _status(MODELS_DIR / name / "weights.safetensors")
    return status.st_size if status else 0


def architecture(name: str) -> tuple[Stage, ...]:
    """Return what a model's network is made of; raises as `answerer` does."""
    from mnist_core.model.summary import describe

    return describe(answerer(name).model.network)


def drawing_score(card: Card) -> DrawingScore | None:
    """Return how many drawings a model reads, where that is known already."""
    return _drawing_scores().get(card.to_json())


def read_drawings(card: Card) -> DrawingScore:
    """Let a model read drawings that no training has seen, which takes seconds; raises as `answerer` does."""
    from mnist_core.evaluation.drawing_benchmark import score_drawings

    model = answerer(card.name).model
    with _reading_drawings:
        known = drawing_score(card)  # another visitor may have asked just before
        if known is None:
            known = _drawing_scores()[card.to_json()] = score_drawings(model, _drawings())
    return known


def model_file(name: str, file: str) -> bytes:
    """Return one file of a model as it lies on disk; raises `ModelError`."""
    from mnist_core.store.models import LARGEST_WEIGHTS

    return read_file(MODELS_DIR / name, file, LARGEST_WEIGHTS)


def packed(name: str) -> bytes:
    """Return a model's folder as a zip; raises `ModelError`."""
    from mnist_core.store.zip_archive import pack

    return pack(name, MODELS_DIR)


def program(name: str) -> bytes:
    """Return a model as an ONNX program, which takes some seconds the first time; raises `ModelError`."""
    return _program(name, str(MODELS_DIR), stamp_of(MODELS_DIR / name))


def judged(name: str) -> Judged:
    """Return what a finished model answered to the test digits; raises `ModelError` where that is not to be had."""
    return _judged(name, str(MODELS_DIR), stamp_of(MODELS_DIR / name))


def load_digits(split: Split) -> Digits:
    """Return the MNIST digits of a split; raises `DataError` where they are not to be had."""
    return _digits(split, str(find_data_dir()))


def digits(split: Split) -> Digits | None:
    """Return the MNIST digits of a split, or None where they are not on this machine."""
    try:
        return load_digits(split) if mnist_is_here() else None
    except DataError:  # of the right size, and damaged
        return None


@st.cache_data(max_entries=100, ttl=300, show_spinner=False)
def seconds_to_train(recipe: Recipe) -> float:
    """Return how long a recipe would train here, as busy as this machine was some minutes ago at most."""
    return _estimating().submit(_estimate, recipe).result()


def data_is_here() -> bool:
    """Tell whether the MNIST digits are on this machine."""
    return mnist_is_here()


def data_folder() -> Path:
    """Return where the MNIST digits lie, or should."""
    return find_data_dir()


def answerer(name: str) -> Answerer:
    """Load a model, or the newest network of an unfinished run, once; raises `ModelError` or `RunError`."""
    if name.endswith(UNFINISHED):
        try:
            run = learners()[name]
            return _learner(run, (run.folder / CHECKPOINT).stat().st_mtime_ns)
        except (KeyError, FileNotFoundError):
            gone = name.removesuffix(UNFINISHED)
            raise RunError(f"The training {gone!r} is over, or gone. Choose another model.") from None
    return _answerer(name, str(MODELS_DIR), stamp_of(MODELS_DIR / name))


def ask(name: str, digit: Digit) -> tuple[Prediction | None, float]:
    """Return a model's answer and the seconds that it took, once the model is loaded; raises as `answerer` does."""
    return answers_thread().submit(_timed_answer, answerer(name).model, digit).result()


def _timed_answer(model: Model, digit: Digit) -> tuple[Prediction | None, float]:
    start = perf_counter()
    return predict(model, digit), perf_counter() - start


@st.cache_resource(show_spinner=False)
def answers_thread() -> ThreadPoolExecutor:
    """One thread answers for all visitors: Streamlit runs each stroke in a new one, and torch's first work in a new
    thread costs 20 ms, the next 0.4 ms."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="answers")


@st.cache_resource(show_spinner=False)
def _estimating() -> ThreadPoolExecutor:
    """Another thread times trainings, for seconds are long for those who wait for an answer."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="estimates")


@st.cache_resource(max_entries=4, show_spinner=False)
def _shelf(models_dir: str, stamp: Stamp) -> Shelf:  # noqa: ARG001, the stamp is part of the key
    found = survey_models(models_dir)
    return Shelf(
        tuple(each for each in found if isinstance(each, Card)),
        tuple(each for each in found if isinstance(each, Damaged)),
    )


@st.cache_resource(max_entries=20, show_spinner=False)  # all of them are asked about one drawing
def _answerer(name: str, models_dir: str, stamp: Stamp) -> Answerer:
    import torch

    from mnist_core.store.models import load_model

    torch.set_num_threads(1)  # one digit is too little work to share, and the threads would fight over the cores
    model = load_model(name, models_dir)
    answers_thread().submit(predict, model, np.ones((28, 28), np.float32)).result()  # the first one takes long
    return Answerer(model, _evaluation(name, models_dir, stamp))


@st.cache_resource(max_entries=4, show_spinner=False)
def _learner(run: Run, mtime_ns: int) -> Answerer:  # noqa: ARG001
    from mnist_core.store.runs import load_learnt

    return Answerer(load_learnt(run), None, run)


@st.cache_resource(max_entries=100, show_spinner=False)
def _evaluation(name: str, models_dir: str, stamp: Stamp) -> Evaluation | None:  # noqa: ARG001
    from mnist_core.store.models import load_evaluation

    try:
        return load_evaluation(name, models_dir)
    except ModelError:
        return None


@st.cache_resource(max_entries=20, show_spinner=False)
def _judged(name: str, models_dir: str, stamp: Stamp) -> Judged:  # noqa: ARG001
    from mnist_core.store.models import is_judged_on_mnist, load_answers, load_evaluation

    answers = load_answers(name, models_dir)
    if not is_judged_on_mnist(answers):
        raise NotJudged(f"{name!r} was judged on {len(answers):,} digits that are not the MNIST test digits.")
    return Judged(name, answers, load_evaluation(name, models_dir))


@st.cache_resource(max_entries=1000, show_spinner=False)  # asked after every stroke; what raises is not remembered
def _is_backed(name: str, models_dir: str, stamp: Stamp) -> bool:
    try:
        _judged(name, models_dir, stamp)
    except ModelError:
        return False
    return True


@st.cache_resource(max_entries=4, show_spinner="Reading the digits")
def _digits(split: Split, data_dir: str) -> Digits:
    return load_mnist(split, data_dir, fetch=False)


@st.cache_resource(show_spinner=False)
def _drawings() -> Drawings:
    from mnist_core.evaluation.drawing_benchmark import write_drawings

    return write_drawings()


@st.cache_resource(show_spinner=False)
def _drawing_scores() -> dict[str, DrawingScore]:
    """By what is on the card, since that decides the answers."""
    return {}


@st.cache_resource(max_entries=8, show_spinner=False)
def _program(name: str, models_dir: str, stamp: Stamp) -> bytes:  # noqa: ARG001
    from mnist_core.store.onnx_export import export_model

    with _exporting:
        return export_model(name, models_dir)


@st.cache_resource(max_entries=100, show_spinner=False)
def _history(run: Run, stamp: tuple[int, int, int] | None) -> History:  # noqa: ARG001
    return run.history()


@st.cache_resource(ttl=0.5, show_spinner=False)
def _running_now() -> training_lock.Holder | None:
    try:
        return training_lock.holder()
    except TrainingError:  # who begins one is told; those who draw need not know
        return None


def _estimate(recipe: Recipe) -> float:
    from mnist_core.training.loop import estimate_seconds

    return estimate_seconds(recipe, processors())


def stamp_of(folder: Path) -> Stamp:
    """Return what changes when a file in the folder, or in one of its folders, comes, goes or is replaced.

    This runs after every stroke, so it looks at the few folders and not at each file in them. Hidden ones come and go
    while a model is written, and what cannot be looked at counts as not there.
    """
    if not folder.is_dir():
        return ()
    try:
        names = [entry.name for entry in os.scandir(folder) if not entry.name.startswith(".") and _is_folder(entry)]
    except OSError:
        return ()
    statuses = [(path, _status(path)) for path in (folder, *(folder / name for name in names))]
    return tuple((os.fsencode(path), status.st_mtime_ns, status.st_ino) for path, status in statuses if status)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
