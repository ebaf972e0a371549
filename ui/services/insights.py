"""What the pages learn about networks from asking them more than a question, kept where it took long."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS
from mnist_core.data.data_sets import DATA_SETS, MNIST, DataSet
from mnist_core.data.digits import Digits
from mnist_core.data.loading import is_here, load
from mnist_core.errors import DataError
from mnist_core.explain.robustness import Grid, Reading, read_grids
from mnist_core.model.card import Card
from mnist_core.preprocessing.raster import Digit
from mnist_core.rights import Right, require
from mnist_core.settings import read_settings
from ui.services import answering, catalogue, mnist_digits, stamps
from ui.services.answering import LoadedModel

if TYPE_CHECKING:  # torch is imported with the first model, so that the page is there before
    from torch import nn

    from mnist_core.explain.activations import Activations, Sum
    from mnist_core.explain.counterfactual import Change
    from mnist_core.explain.neighbours import Index
    from mnist_core.explain.node_link import Diagram
    from mnist_core.model.inference import Model

MAX_CHANGES = 200  # that are kept of a model
MAX_INDICES = 3  # that are kept; each takes up to 150 MB
_making_map = Lock()  # it takes all processors
_making_index = Lock()
_found_changes: WeakKeyDictionary[nn.Module, dict[tuple[bytes, int], Changes]] = WeakKeyDictionary()


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


def training_set_of(card: Card) -> DataSet | None:
    """Return the published data set that a model has learnt from, MNIST for all that read digits.

    It is None for one that has learnt from what our program writes, which is not kept, or tells other classes apart.
    """
    data_set = MNIST if card.classes == DIGITS else DATA_SETS.get(card.recipe.data)
    return data_set if data_set and data_set.classes == card.classes else None


def find_training(data_set: DataSet) -> Digits | None:
    """Return what a data set has to learn from, or None where it is not on this machine."""
    if data_set is MNIST:
        return mnist_digits.find("train")
    try:
        return _load_training_set(data_set) if is_here(data_set) else None
    except DataError:
        return None


def find_similar(loaded: LoadedModel, digit: Digit, count: int) -> tuple[Neighbours, Neighbours]:
    """Return the training digits most like a digit, by the network's last hidden layer and pixel by pixel.

    Raises `DataError` without the data set, or where there is none.
    """
    from mnist_core.explain.neighbours import embed

    data_set, training = _training_of(loaded)
    seen = embed(loaded.model, digit[None])[0]
    by_network = _index_of(loaded).result().nearest(seen, count)
    indices, distances = (
        _pixel_index(data_set.key, str(read_settings().data_dir)).result().nearest(digit.reshape(-1) * 255, count)
    )
    by_pixels = indices, distances / np.float32(255)  # ink is 0…1
    return Neighbours.among(training, *by_network), Neighbours.among(training, *by_pixels)


def has_index(loaded: LoadedModel) -> bool:
    """Tell whether `find_similar` can answer at once; it begins to look through the training digits where it cannot.

    Raises as `find_similar` does.
    """
    data_set, _ = _training_of(loaded)
    return _index_of(loaded).done() and _pixel_index(data_set.key, str(read_settings().data_dir)).done()


def project_on_components(loaded: LoadedModel, digits: Digits, test_set: str) -> NDArray[np.float32]:
    """Return the first two principal components of N test digits in the last hidden layer, `(N, 2)`."""
    key = loaded.card.weights_sha256, test_set, str(read_settings().data_dir)
    return _components(loaded.model, digits, key)


def read_map(name: str, count: int) -> NDArray[np.float32] | None:
    """Return the neighbour-preserving map of the test digits, so many, that lies beside the model, where there is one.

    That of a model that was evaluated on another test set since has another count.
    """
    models_dir = read_settings().models_dir
    return _kept_map(name, count, str(models_dir), stamps.stamp_folder(models_dir / name))


def make_map(loaded: LoadedModel, digits: Digits) -> None:
    """Make that map of N test digits and keep it beside the model, which takes half a minute.

    Raises `NotAllowed`, `OSError`, or as `find_similar` does.
    """
    require(Right.MAP)
    from mnist_core.explain.projection import neighbour_map
    from mnist_core.store.maps import save_map

    with _making_map:
        if read_map(loaded.name, len(digits)) is None:  # another visitor may have asked for it just before
            save_map(neighbour_map(_features(loaded.model, digits)), loaded.card, read_settings().models_dir)


def look_inside(loaded: LoadedModel, digit: Digit) -> tuple[tuple[Activations, ...], Diagram | None]:
    """Return what each layer of a model says of a digit, and the diagram where it is a perceptron.

    Raises `Untraceable`.
    """
    from mnist_core.explain.activations import trace
    from mnist_core.explain.node_link import draw_diagram

    model = loaded.model

    def look() -> tuple[tuple[Activations, ...], Diagram | None]:
        traced = trace(model, digit)
        return traced, draw_diagram(model, traced)

    return answering.answer_thread().submit(look).result()


def follow(loaded: LoadedModel, digit: Digit, layer: str, unit: tuple[int, ...]) -> Sum:
    """Return the sum behind one number; raises `Untraceable`."""
    from mnist_core.explain.activations import follow

    return answering.answer_thread().submit(follow, loaded.model, digit, layer, unit).result()


def explain(loaded: LoadedModel, digit: Digit, answer: int, rival: int | None) -> dict[str, NDArray[np.float32]]:
    """Return which pixels matter by each method's name."""
    from mnist_core.explain.attribution import METHODS

    model = loaded.model

    def ask() -> dict[str, NDArray[np.float32]]:
        return {name: method(model, digit, answer, rival) for name, method in METHODS.items()}

    return _explaining().submit(ask).result()


def read(loaded: LoadedModel, grids: Sequence[Grid], answer: int) -> list[Reading]:
    """Return what a model answers to all cells of these grids, asked at once."""
    return answering.answer_thread().submit(read_grids, loaded.model, grids, answer).result()


def find_changes(loaded: LoadedModel, digit: Digit, target: int) -> Generator[float, None, Changes]:
    """Seek the smallest changes that make a model answer the target, yielding the share that is done, 0…1.

    They are kept as long as the model is, and asked for again are there at once. The search has a thread of its own,
    one for all visitors: the one that answers goes on answering meanwhile. A search that nobody waits for any more
    still ends, after a second or two. Raises `ValueError` as `counterfactual` does.
    """
    model = loaded.model
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
    from mnist_core.explain.counterfactual import search_adversarial, search_counterfactual, styles_of

    kept = _found_changes.setdefault(model.network, {})
    asked = (digit.tobytes(), target)
    if asked not in kept:
        found: list[Change | None] = []
        for done, search in ((0.0, search_counterfactual), (0.5, search_adversarial)):
            if search is search_counterfactual and not styles_of(model.card.classes[target]):
                found.append(None)  # no program of ours draws it
                continue
            steps = search(model, digit, target)
            while True:
                try:
                    progress[0] = done + next(steps) / 2
                except StopIteration as end:
                    found.append(end.value)
                    break
        if len(kept) >= MAX_CHANGES:
            kept.pop(next(iter(kept)))
        kept[asked] = Changes(*found)
    return kept[asked]


@st.cache_resource(show_spinner=False)
def _explaining() -> ThreadPoolExecutor:
    """Another thread explains, for a tenth of a second is long for those who wait for an answer."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="explanations")


@st.cache_resource(show_spinner=False)
def _searcher() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="searches")


def _features(model: Model, digits: Digits) -> NDArray[np.float32]:
    """Return what the network's last hidden layer says of each of N digits, `(N, D)`."""
    from mnist_core.explain.neighbours import embed_all

    return embed_all(model, digits)


def _index_of(loaded: LoadedModel) -> Future[Index]:
    """Return the index of a model, or the work on it; one that is being made is never begun again."""
    from mnist_core.explain.neighbours import Index, embed_all

    model, (_, digits) = loaded.model, _training_of(loaded)
    with _making_index:
        indices = _indices()
        key = model.card.weights_sha256, str(read_settings().data_dir)
        if key not in indices:
            finished = [other for other, index in indices.items() if index.done()]
            for oldest in finished[: max(0, len(finished) - MAX_INDICES + 1)]:
                del indices[oldest]
            indices[key] = _background().submit(lambda: Index(embed_all(model, digits, halve=True)))
        return indices[key]


@st.cache_resource(show_spinner=False)
def _indices() -> dict[tuple[str, str], Future[Index]]:
    return {}


def _training_of(loaded: LoadedModel) -> tuple[DataSet, Digits]:
    """Return the data set that a model has learnt from, and what there is in it to learn from; raises `DataError`."""
    data_set = training_set_of(loaded.card)
    if data_set is None:
        raise DataError(f"What {loaded.name!r} has learnt from is not kept.")
    return data_set, _load_training_set(data_set)


def _load_training_set(data_set: DataSet) -> Digits:
    if data_set is MNIST:
        return mnist_digits.load("train")
    return _load_published(data_set.key, str(read_settings().data_dir))


@st.cache_resource(max_entries=1, show_spinner="Reading the training set")
def _load_published(key: str, data_dir: str) -> Digits:
    return load(DATA_SETS[key], "train", data_dir, fetch=False)


@st.cache_resource(max_entries=2, show_spinner=False)
def _pixel_index(key: str, data_dir: str) -> Future[Index]:  # noqa: ARG001, it is part of the key
    from mnist_core.explain.neighbours import Index

    images = _load_training_set(DATA_SETS[key]).images
    return _background().submit(Index, images.reshape(len(images), -1))


@st.cache_resource(show_spinner=False)
def _background() -> ThreadPoolExecutor:
    """One thread does what takes seconds, so that a page need not wait for it."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")


@st.cache_resource(max_entries=20, show_spinner=False)
def _components(_model: Model, _digits: Digits, key: tuple[str, ...]) -> NDArray[np.float32]:  # noqa: ARG001
    from mnist_core.explain.projection import principal_components

    return principal_components(_features(_model, _digits))


@st.cache_resource(max_entries=20, show_spinner=False)
def _kept_map(name: str, count: int, models_dir: str, stamp: stamps.Stamp) -> NDArray[np.float32] | None:  # noqa: ARG001
    from mnist_core.store.maps import load_map

    card = catalogue.read().find(name)
    return load_map(card, count, models_dir) if card else None
