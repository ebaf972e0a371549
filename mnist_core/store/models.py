"""Models on disk: one folder a model, which says everything about itself (see `layout`).

A folder that is damaged, incomplete or not ours is listed with the reason, is never used and hides no other.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from safetensors import SafetensorError

from mnist_core.alphabets import DIGITS
from mnist_core.data.label_errors import DISPUTED_TEST_LABELS
from mnist_core.errors import BadName, DamagedModel, ModelError, ModelNotFound, NotEvaluated
from mnist_core.evaluation.metrics import Answers, Evaluation, answers_from_tensors, evaluate, evaluation_from_json
from mnist_core.evaluation.test_sets import MNIST_TEST
from mnist_core.files import is_folder, parse_json_object, read_bytes, read_file, reason, write_atomically
from mnist_core.model.card import Card, card_from_json
from mnist_core.settings import read_settings
from mnist_core.store.changes import GONE, NEW, exchange, temporary_folder
from mnist_core.store.layout import CARD, EVALUATION, MAX_WEIGHTS, PROBABILITIES, SHIPPED, WEIGHTS

if TYPE_CHECKING:  # what reads cards alone need not wait for torch
    from mnist_core.model.inference import Model
    from mnist_core.model.light import LightModel

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Windows has devices of these names, in every folder ("Naming Files, Paths, and Namespaces", Microsoft).
DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Damaged:
    """A folder among the models that cannot be used, and why."""

    name: str  # as text, which that of the folder need not be
    reason: str
    folder: Path


def damaged(folder: Path, error: Exception) -> Damaged:
    """Say of a folder that it cannot be used, and why; what is no text in its name is shown as ?."""
    name, why = (text.encode(errors="replace").decode() for text in (folder.name, str(error)))
    return Damaged(name, why, folder)


def find_models_dir(models_dir: Path | str | None = None) -> Path:
    """Return the folder of the models: the one given, else `MNIST_MODELS`, else `models/` in the project."""
    return Path(models_dir) if models_dir else read_settings().models_dir


def check_name(name: str) -> str:
    """Return the name if a new model may have it; raises `BadName`."""
    if DEVICE.fullmatch(name):
        raise BadName(f"{name!r} cannot be a model's name: on Windows it is a device, and no folder can have it.")
    return check_form(name)


def check_form(name: str) -> str:
    """Return the name if a model that is there may have it, which may be older than a rule; raises `BadName`."""
    if not NAME.fullmatch(name):
        raise BadName(
            f"{name[:80]!r} cannot be a model's name: use 1 to 64 of a–z, 0–9, _ and -, the first a letter or digit."
        )
    return name


def survey_models(models_dir: Path | str | None = None) -> list[Card | Damaged]:
    """Look at every folder among the models, by name: the card of one that can be used, the reason for another."""
    models_dir = find_models_dir(models_dir)
    folders = sorted(path for path in models_dir.glob("[!.]*") if is_folder(path)) if is_folder(models_dir) else []
    return [found for folder in folders if (found := _look_at(folder))]


def list_models(models_dir: Path | str | None = None, classes: tuple[str, ...] | None = None) -> list[Card]:
    """Return the cards of the models that can be used, by name; where classes are given, of those that have these."""
    cards = [entry for entry in survey_models(models_dir) if isinstance(entry, Card)]
    return cards if classes is None else [card for card in cards if card.classes == classes]


def load_model(name: str, models_dir: Path | str | None = None) -> Model:
    """Load a model, ready to answer. Raises `BadName`, `ModelNotFound` or `DamagedModel`."""
    from safetensors.torch import load

    from mnist_core.model.inference import make_model

    folder = _find(name, find_models_dir(models_dir))
    card, weights = _read_settled(folder, _read)
    with _telling_damage(name):
        return make_model(load(weights), card)


def read_model(name: str, models_dir: Path | str | None = None) -> tuple[Card, bytes]:
    """Return a model's card and the content of its weights' file, which fit together; raises as `load_model` does."""
    return _read_settled(_find(name, find_models_dir(models_dir)), _read)


def load_light_model(name: str, models_dir: Path | str | None = None) -> LightModel | None:
    """Load a model that answers without torch, where its network can. Raises what `load_model` raises."""
    from safetensors.numpy import load

    from mnist_core.model.light import STEPS, make_light

    folder = _find(name, find_models_dir(models_dir))
    card, weights = _read_settled(folder, _read)
    if card.recipe.network not in STEPS:
        return None
    with _telling_damage(name):
        return make_light(load(weights), card)


@contextmanager
def _telling_damage(name: str) -> Iterator[None]:
    """Say of weights that cannot be used why: they do not fit, or are not all numbers."""
    try:
        yield
    except FloatingPointError:
        raise DamagedModel(f"The model {name!r} is damaged: its weights hold what is no number.") from None
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        raise DamagedModel(f"The model {name!r} is damaged: its weights do not fit its network.") from error


def load_evaluation(name: str, models_dir: Path | str | None = None) -> Evaluation:
    """Return a model's evaluation on the test digits.

    Raises `NotEvaluated`, or `DamagedModel` where it cannot be read.
    """
    return _read_settled(_find(name, find_models_dir(models_dir)), _read_evaluation)


def load_answers(name: str, models_dir: Path | str | None = None) -> Answers:
    """Return what a model answered to the test digits, which need not be on this machine.

    Raises `NotEvaluated` where that was not kept, and `DamagedModel` where it is not what its evaluation was made from.
    """
    return _read_settled(_find(name, find_models_dir(models_dir)), _read_answers)


def is_evaluated_on_mnist(answers: Answers) -> bool:
    """Tell whether the digits that were answered are the MNIST test digits, by their labels."""
    return MNIST_TEST.may_have(DIGITS, answers.labels)


def rename_model(old: str, new: str, models_dir: Path) -> None:
    """Give a model another name, in its card too; called within a change that is under way (`changing`).

    Raises `BadName`, also for a name in use, `DamagedModel`, and `OSError` where the disk refuses.
    """
    folder, target = _find(old, models_dir), models_dir / check_name(new)
    if target.exists():
        raise BadName(f"There is a model called {new!r} already. Choose another name, or delete that one first.")
    _read(folder)
    with temporary_folder(models_dir) as temporary:
        work = temporary / NEW / new
        shutil.copytree(folder, work, symlinks=True)
        name_card(work, new)
        former = exchange(work, target, folder, temporary)
        with suppress(OSError):  # it then goes to the bin
            former.rename(temporary / GONE)


def name_card(folder: Path, name: str) -> None:
    """Let the card in a folder bear that name; raises `DamagedModel` where it cannot be read."""
    _change_card(folder, name=name)


def note_in_card(folder: Path, note: str) -> None:
    """Let the card in a folder bear a person's note; raises as `name_card` does, and `OSError`."""
    _change_card(folder, note=note)


def is_shipped(card: Card, models_dir: Path) -> bool:
    """Tell whether a model came with the project: the list of those in its folder has its name and its weights.

    Raises `OSError` where that list cannot be read.
    """
    try:
        shipped = read_bytes(models_dir / SHIPPED).decode(errors="replace").splitlines()
    except FileNotFoundError:
        return False
    return f"{card.weights_sha256}  {card.name}/{WEIGHTS}" in shipped


def _change_card(folder: Path, **entries: str) -> None:
    card = card_from_json(read_file(folder, CARD).decode(errors="replace"))
    if (changed := replace(card, **entries)) != card:  # type: ignore[arg-type]  # names and notes are texts
        write_atomically(folder / CARD, changed.to_json().encode())


def _look_at(folder: Path) -> Card | Damaged | None:
    """Return what is in a folder; None where it is gone by now."""
    try:
        check_form(folder.name)
        return _read_settled(folder, _read)[0]
    except ModelError as error:
        return damaged(folder, error) if is_folder(folder) else None


def _find(name: str, models_dir: Path) -> Path:
    folder = models_dir / check_form(name)
    try:
        is_there = folder.is_dir()
    except OSError as error:
        raise ModelError(f"The model {name!r} cannot be looked at: {reason(error)}.") from error
    if not is_there:
        available = ", ".join(card.name for card in list_models(models_dir)) or "none"
        raise ModelNotFound(f"There is no model called {name!r}. Available: {available}.")
    return folder


def _read_settled(folder: Path, read: Callable[[Path], Content]) -> Content:
    """Read files of a model, and again where another took its place meanwhile: half of each would be neither."""
    for _ in range(4):
        before = _identity(folder)
        try:
            return read(folder)
        except ModelError:
            if before and _identity(folder) == before:
                raise
    return read(folder)


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another one of its name; None in the instant in which there is none."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns  # the number of one that is gone is soon used again


def _read(folder: Path) -> tuple[Card, bytes]:
    """Read a model's card and its weights, each checked against the other."""
    card = card_from_json(read_file(folder, CARD).decode(errors="replace"))
    if card.name != folder.name:
        raise DamagedModel(f"The card in {folder.name} belongs to a model called {card.name[:64]!r}.")
    weights = read_file(folder, WEIGHTS, MAX_WEIGHTS)
    if hashlib.sha256(weights).hexdigest() != card.weights_sha256:
        raise DamagedModel(f"The weights in {folder.name} are not those its card was written for.")
    return card, weights


def _read_evaluation(folder: Path) -> Evaluation:
    _require_judgement(folder, EVALUATION)
    classes = len(card_from_json(read_file(folder, CARD).decode(errors="replace")).classes)
    text = read_file(folder, EVALUATION).decode(errors="replace")
    try:
        return evaluation_from_json(parse_json_object(text, EVALUATION), classes)
    except ValueError as error:
        raise DamagedModel(f"evaluation.json of {folder.name!r} cannot be used: {error}.") from error


def _read_answers(folder: Path) -> Answers:
    """Read the probabilities and their labels, and check that every figure of the evaluation follows from them."""
    from safetensors.numpy import load

    evaluation = _read_evaluation(folder)
    _require_judgement(folder, PROBABILITIES)
    try:
        tensors = load(read_file(folder, PROBABILITIES))
        if tensors.keys() == {"test"}:
            raise NotEvaluated(f"The answers of {folder.name!r} were kept without their labels. Evaluate it anew.")
        answers = answers_from_tensors(tensors, len(evaluation.confusion))
    except (SafetensorError, KeyError, ValueError) as error:
        raise DamagedModel(f"probabilities.safetensors of {folder.name!r} cannot be used: {error}.") from error
    disputed = DISPUTED_TEST_LABELS if is_evaluated_on_mnist(answers) else ()
    found = evaluate(answers.probabilities, answers.labels, disputed, evaluation.test_set)
    if not evaluation.agrees_with(found):
        raise DamagedModel(f"The answers of {folder.name!r} are not those its evaluation was made from.")
    return answers


def _require_judgement(folder: Path, file: str) -> None:
    if not (folder / file).exists():
        raise NotEvaluated(f"The model {folder.name!r} has no {file}. Evaluate it anew.")
