"""Finished models on disk: which there are, how good each is, and their files."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
import streamlit as st

from mnist_core.alphabets import DIGITS, noun_of
from mnist_core.data.label_errors import DISPUTED_TEST_LABELS
from mnist_core.errors import ModelError, NotEvaluated
from mnist_core.evaluation.metrics import Answers, Evaluation
from mnist_core.evaluation.test_sets import MNIST_TEST, TestSet, find_test_set
from mnist_core.files import read_file as read_whole_file
from mnist_core.model.card import Card
from mnist_core.settings import read_settings
from mnist_core.store.layout import MAX_WEIGHTS, WEIGHTS
from mnist_core.store.models import Damaged, survey_models
from mnist_core.store.teaching import Teaching, load_teaching, why_it_forgets
from ui.services.stamps import Stamp, stamp_folder, status_of

_exporting = Lock()  # one at a time leaves the other processor to those who draw


@dataclass(frozen=True, slots=True)
class ModelCatalogue:
    """The models on disk: those that can answer, and the folders that cannot be used."""

    cards: tuple[Card, ...]
    damaged: tuple[Damaged, ...]

    @property
    def names(self) -> list[str]:
        """Those that can answer, by name."""
        return [card.name for card in self.cards]

    def find(self, name: str | None) -> Card | None:
        """Return the card of that name, where there is one."""
        return next((card for card in self.cards if card.name == name), None)


@dataclass(frozen=True, slots=True)
class EvaluatedModel:
    """A model's answers to a test set, and its evaluation; labels and answers are places among its classes."""

    name: str
    answers: Answers
    evaluation: Evaluation
    test_set: TestSet
    classes: tuple[str, ...] = DIGITS

    @property
    def disputed(self) -> tuple[int, ...]:
        """The indices of the labels that people dispute; nobody has looked for them but in MNIST."""
        return DISPUTED_TEST_LABELS if self.test_set is MNIST_TEST else ()

    def is_comparable(self, other: EvaluatedModel) -> bool:
        """Tell whether another model has answered the same digits, and tells the same classes apart."""
        is_same_kind = (self.test_set, self.classes) == (other.test_set, other.classes)
        return is_same_kind and np.array_equal(self.answers.labels, other.answers.labels)


def read() -> ModelCatalogue:
    """Return which models are there now."""
    models_dir = read_settings().models_dir
    return _read(str(models_dir), stamp_folder(models_dir))


def find_best() -> str | None:
    """Return the name of the model that reads the most test digits; None where none has been evaluated.

    One that reads something else is chosen only where none was evaluated on digits. What a model says of itself counts
    only where no evaluation can be checked. One that was taught, and forgot more than it may, is not chosen where there
    is another.
    """
    evaluated = [(card, found) for card in read().cards if (found := read_evaluation(card.name))]
    of_digits = [
        (card, found) for card, found in evaluated if (card.classes, found.test_set) == (DIGITS, MNIST_TEST.key)
    ]
    accuracies = {card.name: found.accuracy for card, found in of_digits or evaluated}
    accuracies = {name: accuracies[name] for name in accuracies if not forgets(name)} or accuracies
    best_first = sorted(accuracies, key=accuracies.__getitem__, reverse=True)
    return next(filter(has_checked_evaluation, best_first), best_first[0] if best_first else None)


def read_evaluation(name: str) -> Evaluation | None:
    """Return a model's evaluation on its test set, where there is one."""
    return _read_evaluation(*_key(name))


def forgets(name: str) -> bool:
    """Tell whether a model was taught, and forgot more for it than it may."""
    teaching = read_teaching(name)
    return teaching is not None and bool(why_it_forgets(teaching))


def read_teaching(name: str) -> Teaching | None:
    """Return what a model was taught; None where it was not, or where that cannot be read."""
    return _read_teaching(*_key(name))


def has_checked_evaluation(name: str) -> bool:
    """Tell whether a model's evaluation agrees with its answers to a test set of ours, which lie beside it."""
    return _has_checked_evaluation(*_key(name))


def read_evaluated(name: str) -> EvaluatedModel:
    """Return what a finished model answered to its test set; raises `ModelError` where that is not to be had."""
    return _read_evaluated(*_key(name))


def measure_weights(name: str) -> int:
    """Return how large a model's weights are on disk, in bytes; 0 where it has just gone."""
    status = status_of(read_settings().models_dir / name / WEIGHTS)
    return status.st_size if status else 0


def read_file(name: str, file: str) -> bytes:
    """Return one file of a model as it lies on disk; raises `ModelError`."""
    return read_whole_file(read_settings().models_dir / name, file, MAX_WEIGHTS)


def zip_model(name: str) -> bytes:
    """Return a model's folder as a zip; raises `ModelError`."""
    from mnist_core.store.zip_archive import zip_model

    return zip_model(name, read_settings().models_dir)


def export_onnx(name: str) -> bytes:
    """Return a model as an ONNX program, which takes some seconds the first time; raises `ModelError`."""
    return _export_onnx(*_key(name))


def _key(name: str) -> tuple[str, str, Stamp]:
    """Return what a model's files are kept under: its name, where it lies, and what changes when they do."""
    models_dir = read_settings().models_dir
    return name, str(models_dir), stamp_folder(models_dir / name)


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(models_dir: str, stamp: Stamp) -> ModelCatalogue:  # noqa: ARG001, the stamp is part of the key
    found = survey_models(models_dir)
    return ModelCatalogue(
        tuple(each for each in found if isinstance(each, Card)),
        tuple(each for each in found if isinstance(each, Damaged)),
    )


@st.cache_resource(max_entries=100, show_spinner=False)
def _read_evaluation(name: str, models_dir: str, stamp: Stamp) -> Evaluation | None:  # noqa: ARG001
    from mnist_core.store.models import load_evaluation

    try:
        return load_evaluation(name, models_dir)
    except ModelError:
        return None


@st.cache_resource(max_entries=100, show_spinner=False)
def _read_teaching(name: str, models_dir: str, stamp: Stamp) -> Teaching | None:  # noqa: ARG001
    return load_teaching(name, models_dir)


@st.cache_resource(max_entries=20, show_spinner=False)
def _read_evaluated(name: str, models_dir: str, stamp: Stamp) -> EvaluatedModel:  # noqa: ARG001
    from mnist_core.store.models import load_answers, load_evaluation, read_model

    answers, evaluation = load_answers(name, models_dir), load_evaluation(name, models_dir)
    classes, test_set = read_model(name, models_dir)[0].classes, find_test_set(evaluation.test_set)
    if test_set is None:
        raise NotEvaluated(
            f"{name!r} was evaluated on {evaluation.test_set!r}, which is no test set of ours, or one that is not used "
            "any more."
        )
    if not test_set.may_have(classes, answers.labels):
        things = f"{noun_of(classes)}s"
        raise NotEvaluated(f"{name!r} was evaluated on {len(answers):,} {things} that are not the {test_set.title}.")
    return EvaluatedModel(name, answers, evaluation, test_set, classes)


@st.cache_resource(max_entries=1000, show_spinner=False)  # asked after every stroke; what raises is not remembered
def _has_checked_evaluation(name: str, models_dir: str, stamp: Stamp) -> bool:
    try:
        _read_evaluated(name, models_dir, stamp)
    except ModelError:
        return False
    return True


@st.cache_resource(max_entries=8, show_spinner=False)
def _export_onnx(name: str, models_dir: str, stamp: Stamp) -> bytes:  # noqa: ARG001
    from mnist_core.store.onnx_export import export_model

    with _exporting:
        return export_model(name, models_dir)
