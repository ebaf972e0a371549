"""What the pages read from disk, kept in memory as long as the files stay the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core import lock
from mnist_core.cards import Card
from mnist_core.data import COUNTS, TEST_LABELS_SHA256, Digits, Split, find_data_dir, load_mnist, mnist_is_here
from mnist_core.errors import DataError, ModelError, NotJudged, RunError
from mnist_core.evaluation import Answers, Evaluation
from mnist_core.files import read_file
from mnist_core.history import History
from mnist_core.jobs import let_threads_sleep, processors
from mnist_core.prediction import Prediction, predict
from mnist_core.preprocessing import Digit
from mnist_core.recipe import Recipe
from mnist_core.registry import Damaged, survey_models
from mnist_core.robustness import Grid, Reading, read_grids
from mnist_core.runs import CHECKPOINT, Run, State, all_runs, unfinished_runs

if TYPE_CHECKING:  # torch is imported with the first model, so that the page is there before
    from torch import nn

    from mnist_core.activations import Activations, Sum
    from mnist_core.architecture import Stage
    from mnist_core.counterfactual import Change
    from mnist_core.diagram import Diagram
    from mnist_core.drawings import Drawings, DrawingScore
    from mnist_core.features import Index
    from mnist_core.networks import Model

let_threads_sleep()
MODELS_DIR = Path(__file__).resolve().parent.parent / "models"
UNFINISHED = " (unfinished)"
Stamp = tuple[tuple[str, int, int], ...]
MOST_CHANGES = 200  # that are kept of a model
_making_map = Lock()  # it takes all processors
_reading_drawings, _exporting = Lock(), Lock()  # one at a time leaves the other processor to those who draw
_found_changes: WeakKeyDictionary[nn.Module, dict[tuple[bytes, int], Changes]] = WeakKeyDictionary()


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


@dataclass(frozen=True, slots=True)
class Changes:
    """The smallest changes found to a digit that make a model answer another, where there are any."""

    counterfactual: Change | None
    adversarial: Change | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Training digits, the nearest first: images `(K, 28, 28)`, labels and distances `(K,)`."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    distances: NDArray[np.float32]

    @classmethod
    def among(cls, digits: Digits, indices: NDArray[np.int64], distances: NDArray[np.float32]) -> Neighbours:
        """Take these digits out of many."""
        return cls(digits.images[indices], digits.labels[indices], distances)


def shelf() -> Shelf:
    """Return what is on the shelf now."""
    return _shelf(str(MODELS_DIR), _stamp(MODELS_DIR))


def names() -> list[str]:
    """Return the names of all that can answer, as a model picker shows them."""
    return [*(card.name for card in shelf().cards), *learners()]


def best_model() -> str | None:
    """Return the name of the model that reads the most test digits; None where none has been judged."""
    accuracies = {card.name: judged.accuracy for card in shelf().cards if (judged := judgement(card.name))}
    return max(accuracies, key=accuracies.__getitem__, default=None)


def runs() -> list[Run | Damaged]:
    """Return every training, finished or not, the newest first."""
    unfinished = unfinished_runs(MODELS_DIR, running_now())  # before the shelf: one may finish meanwhile
    here = shelf()
    return all_runs(unfinished, [*here.cards, *here.damaged], MODELS_DIR)


def running_now() -> lock.Holder | None:
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
    path = run.folder / "history.jsonl"
    status = path.stat() if path.is_file() else None
    return _history(run, (status.st_mtime_ns, status.st_size, status.st_ino) if status else None)


def evaluation(run: Run) -> Evaluation | None:
    """Return a finished run's judgement on the test digits, where there is one."""
    return _evaluation(run.name, str(MODELS_DIR), _stamp(run.folder)) if run.card else None


def judgement(name: str) -> Evaluation | None:
    """Return a model's judgement on the test digits, where there is one."""
    return _evaluation(name, str(MODELS_DIR), _stamp(MODELS_DIR / name))


def is_backed(name: str) -> bool:
    """Tell whether a model's judgement can be checked by its answers to the MNIST test digits, which lie beside it."""
    try:
        judged(name)
    except ModelError:
        return False
    return True


def weights_bytes(name: str) -> int:
    """Return how large a model's weights are on disk; 0 where it has just gone."""
    file = MODELS_DIR / name / "weights.safetensors"
    return file.stat().st_size if file.is_file() else 0


def architecture(name: str) -> tuple[Stage, ...]:
    """Return what a model's network is made of; raises as `answerer` does."""
    from mnist_core.architecture import describe

    return describe(answerer(name).model.network)


def drawing_score(card: Card) -> DrawingScore | None:
    """Return how many drawings a model reads, where that is known already."""
    return _drawing_scores().get(card.to_json())


def read_drawings(card: Card) -> DrawingScore:
    """Let a model read drawings that no training has seen, which takes seconds; raises as `answerer` does."""
    from mnist_core.drawings import score_drawings

    model = answerer(card.name).model
    with _reading_drawings:
        known = drawing_score(card)  # another visitor may have asked just before
        if known is None:
            known = _drawing_scores()[card.to_json()] = score_drawings(model, _drawings())
    return known


def model_file(name: str, file: str) -> bytes:
    """Return one file of a model as it lies on disk; raises `ModelError`."""
    from mnist_core.registry import LARGEST_WEIGHTS

    return read_file(MODELS_DIR / name, file, LARGEST_WEIGHTS)


def packed(name: str) -> bytes:
    """Return a model's folder as a zip; raises `ModelError`."""
    from mnist_core.bundle import pack

    return pack(name, MODELS_DIR)


def program(name: str) -> bytes:
    """Return a model as an ONNX program, which takes some seconds the first time; raises `ModelError`."""
    return _program(name, str(MODELS_DIR), _stamp(MODELS_DIR / name))


def judged(name: str) -> Judged:
    """Return what a finished model answered to the test digits; raises `ModelError` where that is not to be had."""
    return _judged(name, str(MODELS_DIR), _stamp(MODELS_DIR / name))


def digits(split: Split) -> Digits | None:
    """Return the MNIST digits of a split, or None where they are not on this machine."""
    try:
        return _digits(split, str(find_data_dir())) if mnist_is_here() else None
    except DataError:  # of the right size, and damaged
        return None


def alike(name: str, digit: Digit, count: int) -> tuple[Neighbours, Neighbours]:
    """Return the training digits most like a digit, by the network's last hidden layer and pixel by pixel.

    Raises `DataError` without the MNIST digits, and as `answerer` does.
    """
    from mnist_core.features import last_hidden

    training = _digits("train", str(find_data_dir()))
    seen = last_hidden(answerer(name).model, digit[None])[0]
    by_network = _index_of(name).result().nearest(seen, count)
    indices, distances = _pixel_index(str(find_data_dir())).result().nearest(digit.reshape(-1) * 255, count)
    by_pixels = indices, distances / np.float32(255)  # ink is 0…1
    return Neighbours.among(training, *by_network), Neighbours.among(training, *by_pixels)


def can_tell_alike(name: str) -> bool:
    """Tell whether `alike` can answer at once; it begins to look through the training digits where it cannot.

    Raises as `alike` does.
    """
    return _index_of(name).done() and _pixel_index(str(find_data_dir())).done()


def components(name: str) -> NDArray[np.float32]:
    """Return the first two principal components of the test digits in the last hidden layer, `(10_000, 2)`."""
    return _components(name, str(MODELS_DIR), _stamp(MODELS_DIR / name))


def kept_map(name: str) -> NDArray[np.float32] | None:
    """Return the neighbour-preserving map of the test digits that lies beside the model, where there is one."""
    return _kept_map(name, str(MODELS_DIR), _stamp(MODELS_DIR / name))


def make_map(name: str) -> None:
    """Make that map and keep it beside the model, which takes half a minute. Raises `OSError`, or as `alike` does."""
    from mnist_core.projection import neighbour_map, save_map

    with _making_map:
        if kept_map(name) is None:  # another visitor may have asked for it just before
            save_map(neighbour_map(_features(name)), answerer(name).model.card, MODELS_DIR)


@st.cache_data(max_entries=100, ttl=300, show_spinner=False)
def seconds_to_train(recipe: Recipe) -> float:
    """Return how long a recipe would train here, as busy as this machine was some minutes ago at most."""
    return _thread().submit(_estimate, recipe).result()


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
    return _answerer(name, str(MODELS_DIR), _stamp(MODELS_DIR / name))


def ask(name: str, digit: Digit) -> tuple[Prediction | None, float]:
    """Return a model's answer and the seconds that it took, once the model is loaded; raises as `answerer` does."""
    return _thread().submit(_timed_answer, answerer(name).model, digit).result()


def look_inside(name: str, digit: Digit) -> tuple[tuple[Activations, ...], Diagram | None]:
    """Return what each stage of a model says of a digit, and the diagram where it is a perceptron.

    Raises `Untraceable`, and as `answerer` does.
    """
    from mnist_core.activations import trace
    from mnist_core.diagram import draw_diagram

    model = answerer(name).model
    return _thread().submit(lambda: (trace(model, digit), draw_diagram(model, digit))).result()


def follow(name: str, digit: Digit, stage: str, unit: tuple[int, ...]) -> Sum:
    """Return the sum behind one number; raises `Untraceable`, and as `answerer` does."""
    from mnist_core.activations import follow

    return _thread().submit(follow, answerer(name).model, digit, stage, unit).result()


def explain(name: str, digit: Digit, answer: int, rival: int | None) -> dict[str, tuple[str, NDArray[np.float32]]]:
    """Return which pixels matter by each method's name, with what a visitor reads of it; raises as `answerer` does."""
    from mnist_core.explanation import METHODS

    model = answerer(name).model
    answers = _explaining().submit(lambda: [method(model, digit, answer, rival) for method in METHODS.values()])
    words = ["\n\n".join((method.__doc__ or "").split("\n\n")[:2]) for method in METHODS.values()]
    return dict(zip(METHODS, zip(words, answers.result(), strict=True), strict=True))


def read(name: str, grids: Sequence[Grid], answer: int) -> list[Reading]:
    """Return what a model answers to all cells of these grids, asked at once; raises as `answerer` does."""
    return _thread().submit(read_grids, answerer(name).model, grids, answer).result()


def find_changes(name: str, digit: Digit, target: int) -> Generator[float, None, Changes]:
    """Seek the smallest changes that make a model answer the target, yielding the share that is done, 0…1.

    They are kept as long as the model is, and asked for again are there at once. The search has a thread of its own,
    one for all visitors: the one that answers goes on answering meanwhile. A search that nobody waits for any more
    still ends, after a second or two. Raises as `answerer` does, and `ValueError` as `counterfactual` does.
    """
    model = answerer(name).model
    known = _found_changes.get(model.network, {}).get((digit.tobytes(), target))
    if known:
        return known
    progress = [0.0]
    search = _searcher().submit(_search, model, digit, target, progress)
    while True:
        try:
            return search.result(timeout=0.1)
        except TimeoutError:
            yield progress[0]


def _search(model: Model, digit: Digit, target: int, progress: list[float]) -> Changes:
    from mnist_core.counterfactual import search_adversarial, search_counterfactual

    kept = _found_changes.setdefault(model.network, {})
    asked = (digit.tobytes(), target)
    if asked not in kept:
        found = []
        for done, search in ((0.0, search_counterfactual), (0.5, search_adversarial)):
            steps = search(model, digit, target)
            while True:
                try:
                    progress[0] = done + next(steps) / 2
                except StopIteration as end:
                    found.append(end.value)
                    break
        if len(kept) >= MOST_CHANGES:
            kept.pop(next(iter(kept)))
        kept[asked] = Changes(*found)
    return kept[asked]


def _timed_answer(model: Model, digit: Digit) -> tuple[Prediction | None, float]:
    start = perf_counter()
    return predict(model, digit), perf_counter() - start


@st.cache_resource(show_spinner=False)
def _thread() -> ThreadPoolExecutor:
    """One thread answers for all visitors: Streamlit runs each stroke in a new one, and torch's first work in a new
    thread costs 20 ms, the next 0.4 ms."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="answers")


@st.cache_resource(show_spinner=False)
def _explaining() -> ThreadPoolExecutor:
    """Another thread explains, for a tenth of a second is long for those who wait for an answer."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="explanations")


@st.cache_resource(show_spinner=False)
def _searcher() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="searches")


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

    from mnist_core.registry import load_model

    torch.set_num_threads(1)  # one digit is too little work to share, and the threads would fight over the cores
    model = load_model(name, models_dir)
    _thread().submit(predict, model, np.ones((28, 28), np.float32)).result()  # the first one takes long
    return Answerer(model, _evaluation(name, models_dir, stamp))


@st.cache_resource(max_entries=4, show_spinner=False)
def _learner(run: Run, mtime_ns: int) -> Answerer:  # noqa: ARG001
    from mnist_core.runs import load_learnt

    return Answerer(load_learnt(run), None, run)


@st.cache_resource(max_entries=100, show_spinner=False)
def _evaluation(name: str, models_dir: str, stamp: Stamp) -> Evaluation | None:  # noqa: ARG001
    from mnist_core.registry import load_evaluation

    try:
        return load_evaluation(name, models_dir)
    except ModelError:
        return None


@st.cache_resource(max_entries=20, show_spinner=False)
def _judged(name: str, models_dir: str, stamp: Stamp) -> Judged:  # noqa: ARG001
    from mnist_core.registry import load_answers, load_evaluation

    answers = load_answers(name, models_dir)
    if hashlib.sha256(answers.labels.astype(np.uint8).tobytes()).hexdigest() != TEST_LABELS_SHA256:
        raise NotJudged(f"{name!r} was judged on {len(answers):,} digits that are not the MNIST test digits.")
    return Judged(name, answers, load_evaluation(name, models_dir))


@st.cache_resource(max_entries=4, show_spinner="Reading the digits")
def _digits(split: Split, data_dir: str) -> Digits:
    return load_mnist(split, data_dir, fetch=False)


def _features(name: str) -> NDArray[np.float32]:
    """Return what the network's last hidden layer says of every test digit, `(10_000, D)`."""
    return _features_of(answerer(name).model, _digits("test", str(find_data_dir())), np.float32)


def _features_of(model: Model, digits: Digits, kind: type[np.floating]) -> NDArray[Any]:
    from mnist_core.features import last_hidden

    parts = (digits[start : start + 5000] for start in range(0, len(digits), 5000))  # all at once would take 200 MB
    return np.concatenate([last_hidden(model, part.pixels).astype(kind) for part in parts])


def _index_of(name: str) -> Future[Index]:
    model = answerer(name).model
    return _index(model.card.weights_sha256, str(find_data_dir()), model)


@st.cache_resource(max_entries=2, show_spinner=False)  # each takes up to 150 MB
def _index(weights: str, data_dir: str, _model: Model) -> Future[Index]:  # noqa: ARG001
    from mnist_core.features import Index

    digits = _digits("train", data_dir)
    return _background().submit(lambda: Index(_features_of(_model, digits, np.float16)))  # half the memory


@st.cache_resource(max_entries=1, show_spinner=False)
def _pixel_index(data_dir: str) -> Future[Index]:
    from mnist_core.features import Index

    images = _digits("train", data_dir).images
    return _background().submit(Index, images.reshape(len(images), -1))


@st.cache_resource(show_spinner=False)
def _background() -> ThreadPoolExecutor:
    """One thread does what takes seconds, so that a page need not wait for it."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")


@st.cache_resource(max_entries=20, show_spinner=False)
def _components(name: str, models_dir: str, stamp: Stamp) -> NDArray[np.float32]:  # noqa: ARG001
    from mnist_core.projection import principal_components

    return principal_components(_features(name))


@st.cache_resource(max_entries=20, show_spinner=False)
def _kept_map(name: str, models_dir: str, stamp: Stamp) -> NDArray[np.float32] | None:  # noqa: ARG001
    from mnist_core.projection import load_map

    card = next((card for card in shelf().cards if card.name == name), None)
    return load_map(card, COUNTS["test"], models_dir) if card else None


@st.cache_resource(show_spinner=False)
def _drawings() -> Drawings:
    from mnist_core.drawings import write_drawings

    return write_drawings()


@st.cache_resource(show_spinner=False)
def _drawing_scores() -> dict[str, DrawingScore]:
    """By what is on the card, since that decides the answers."""
    return {}


@st.cache_resource(max_entries=8, show_spinner=False)
def _program(name: str, models_dir: str, stamp: Stamp) -> bytes:  # noqa: ARG001
    from mnist_core.export import export_model

    with _exporting:
        return export_model(name, models_dir)


@st.cache_resource(max_entries=100, show_spinner=False)
def _history(run: Run, stamp: tuple[int, int, int] | None) -> History:  # noqa: ARG001
    return run.history()


@st.cache_resource(ttl=0.5, show_spinner=False)
def _running_now() -> lock.Holder | None:
    return lock.holder()


def _estimate(recipe: Recipe) -> float:
    from mnist_core.training import estimate_seconds

    return estimate_seconds(recipe, processors())


def _stamp(folder: Path) -> Stamp:
    """Return what changes when a file in the folder, or in one of its folders, comes, goes or is replaced.

    This runs after every stroke, so it looks at the few folders and not at each file in them.
    """
    if not folder.is_dir():
        return ()
    folders = [folder, *(Path(entry.path) for entry in os.scandir(folder) if entry.is_dir())]
    return tuple((str(each), each.stat().st_mtime_ns, each.stat().st_ino) for each in folders)
