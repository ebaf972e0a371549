"""Trainings on disk, finished or not, and the one that is running now."""

from __future__ import annotations

import time
from concurrent.futures import Future
from threading import Thread

import streamlit as st

from mnist_core.data.data_sets import MNIST
from mnist_core.errors import RunError, TrainingError
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.test_sets import choose_test_set
from mnist_core.recipe import Recipe
from mnist_core.settings import read_settings
from mnist_core.store import bin as runs_bin
from mnist_core.store import progress, training_lock
from mnist_core.store.bin import Binned
from mnist_core.store.history import History
from mnist_core.store.layout import HISTORY, RUN
from mnist_core.store.models import Damaged
from mnist_core.store.progress import Progress
from mnist_core.store.runs import Run, State, list_unfinished_runs, merge_runs
from mnist_core.training import speed
from mnist_core.training.material import is_at_hand, needed_data_set
from mnist_core.training.speed import Estimate, Speed
from ui.services import catalogue, mnist_digits, test_digits
from ui.services.stamps import status_of

_NOTE = " (unfinished)"  # behind a run's name in the model picker


def list_runs() -> list[Run | Damaged]:
    """Return every training, finished or not: the one that is running, then the newest."""
    unfinished = list_unfinished()  # before the finished ones: one may finish meanwhile
    here = catalogue.read()
    return merge_runs(unfinished, [*here.cards, *here.damaged], read_settings().models_dir)


def newest_of_each_name(runs: list[Run | Damaged]) -> list[Run]:
    """Leave out what cannot be read, and a model that a newer run of its name is about to replace."""
    newest: dict[str, Run] = {}
    for run in runs:
        if isinstance(run, Run):
            newest.setdefault(run.name, run)  # the newest come first
    return list(newest.values())


def list_unfinished() -> list[Run | Damaged]:
    """Return the trainings that are not finished."""
    return list_unfinished_runs(read_settings().models_dir, find_holder())


def find_current() -> Run | None:
    """Return the training that is running, if it is one of ours."""
    return next((run for run in list_unfinished() if isinstance(run, Run) and run.state is State.RUNNING), None)


def find_holder() -> training_lock.Holder | None:
    """Return the training that is running on this machine, as it was half a second ago at most."""
    return _find_holder()


def forget_holder() -> None:
    """Look anew, for something has just been started or stopped."""
    _find_holder.clear()


def list_bin() -> list[Binned]:
    """Return what is in the bin, the newest first; what has been there for too long goes now."""
    models_dir = read_settings().models_dir
    runs_bin.sweep_bin(models_dir)
    return runs_bin.list_bin(models_dir)


def list_answering() -> dict[str, Run]:
    """Return the unfinished runs whose networks can answer already, by the labels that a model picker shows."""
    return {label_of(run.name): run for run in list_unfinished() if isinstance(run, Run) and run.has_checkpoint}


def label_of(name: str) -> str:
    """Return how the model picker shows an unfinished run of that name."""
    return f"{name}{_NOTE}"


def is_unfinished(label: str) -> bool:
    """Tell whether a label of the model picker is an unfinished run's."""
    return label.endswith(_NOTE)


def name_of(label: str) -> str:
    """Return the name of the model or run that a label of the model picker shows."""
    return label.removesuffix(_NOTE)


def read_history(run: Run) -> History:
    """Return what a run has logged; raises `RunError`."""
    status = status_of(run.folder / HISTORY)
    return _read_history(run, (status.st_mtime_ns, status.st_size, status.st_ino) if status else None)


def last_validation(run: Run) -> float | None:
    """Return the last validation accuracy that a run has logged, 0…1, where it has and that can be read."""
    try:
        return next(reversed(read_history(run).validation_accuracies), None)
    except RunError:
        return None


def read_progress(run: Run) -> Progress | None:
    """Return how far a run is before its first step or after its last; None while it takes steps."""
    return progress.read_progress(run.folder)


def seconds_since_start(run: Run) -> float:
    """Return how long ago an unfinished run began, or was resumed last."""
    status = status_of(run.folder / RUN)
    return max(0.0, time.time() - status.st_mtime) if status else 0.0


def read_evaluation(run: Run) -> Evaluation | None:
    """Return a finished run's evaluation on the test digits, where there is one."""
    return catalogue.read_evaluation(run.name) if run.card else None


def has_material(recipe: Recipe) -> bool:
    """Tell whether what a recipe learns from is on this machine, or written by our program."""
    return mnist_digits.are_here() if needed_data_set(recipe) is MNIST else is_at_hand(recipe)


def is_measuring() -> bool:
    """Tell whether it is still being measured how fast this machine trains."""
    return not _measurement().done()


def estimate(recipe: Recipe) -> Estimate | None:
    """Return how long a recipe takes here, as busy as this machine was minutes ago at most; None until that is known.

    Nobody waits for it, and whatever recipes are asked for, one measurement tells of them all.
    """
    measured = _measurement()
    if not measured.done() or measured.exception() or not (found := measured.result()):
        return None
    is_evaluated = not recipe.is_written or test_digits.are_here(choose_test_set(recipe))
    return speed.estimate(recipe, found, is_evaluated=is_evaluated)


def _measurement() -> Future[Speed | None]:
    """Return what is measured; where a training has begun meanwhile, it is anew once that is over."""
    measured = _speed()
    if measured.done() and not measured.exception() and not measured.result() and not find_holder():
        _speed.clear()
        measured = _speed()
    return measured


@st.cache_resource(max_entries=1, ttl=180, show_spinner=False)
def _speed() -> Future[Speed | None]:
    """Begin to measure this machine, in a thread that does not keep the server from ending."""
    measured: Future[Speed | None] = Future()

    def measure() -> None:
        try:
            measured.set_result(speed.measure_speed())
        except Exception as error:  # the page then says nothing of the time
            measured.set_exception(error)

    Thread(target=measure, name="speed", daemon=True).start()
    return measured


@st.cache_resource(max_entries=100, show_spinner=False)
def _read_history(run: Run, stamp: tuple[int, int, int] | None) -> History:  # noqa: ARG001
    return run.history()


@st.cache_resource(ttl=0.5, show_spinner=False)
def _find_holder() -> training_lock.Holder | None:
    try:
        return training_lock.holder()
    except TrainingError:  # who begins one is told; those who draw need not know
        return None
