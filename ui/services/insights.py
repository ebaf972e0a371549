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

from mnist_core.data.mnist import COUNTS, Digits
from mnist_core.explain.robustness import Grid, Reading, read_grids
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


def find_similar(loaded: LoadedModel, digit: Digit, count: int) -> tuple[Neighbours, Neighbours]:
    """Return the training digits most like a digit, by the network's last hidden layer and pixel by pixel.

    Raises `DataError` without the MNIST digits.
    """
    from mnist_core.explain.neighbours import embed

    training = mnist_digits.load("train")
    seen = embed(loaded.model, digit[None])[0]
    by_network = _index_of(loaded).result().nearest(seen, count)
    indices, distances = _pixel_index(str(read_settings().data_dir)).result().nearest(digit.reshape(-1) * 255, count)
    by_pixels = indices, distances / np.float32(255)  # ink is 0…1
    return Neighbours.among(training, *by_network), Neighbours.among(training, *by_pixels)


def has_index(loaded: LoadedModel) -> bool:
    """Tell whether `find_similar` can answer at once; it begins to look through the training digits where it cannot.

    Raises as `find_similar` does.
    """
    return _index_of(loaded).done() and _pixel_index(str(read_settings().data_dir)).done()


def project_on_components(loaded: LoadedModel) -> NDArray[np.float32]:
    """Return the first two principal components of the test digits in the last hidden layer, `(10_000, 2)`."""
    return _components(loaded.model, loaded.card.weights_sha256, str(read_settings().data_dir))


def read_map(name: str) -> NDArray[np.float32] | None:
    """Return the neighbour-preserving map of the test digits that lies beside the model, where there is one."""
    return _kept_map(name, str(read_settings().models_dir), stamps.stamp_folder(read_settings().models_dir / name))


def make_map(loaded: LoadedModel) -> None:
    """Make that map and keep it beside the model, which takes half a minute.

    Raises `NotAllowed`, `OSError`, or as `find_similar` does.
    """
    require(Right.MAP)
    from mnist_core.explain.projection import neighbour_map
    from mnist_core.store.maps import save_map

    with _making_map:
        if read_map(loaded.name) is None:  # another visitor may have asked for it just before
            save_map(neighbour_map(_features(loaded.model)), loaded.card, read_settings().models_dir)


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
    from mnist_core.explain.counterfactual import search_adversarial, search_counterfactual

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


def _features(model: Model) -> NDArray[np.float32]:
    """Return what the network's last hidden layer says of every test digit, `(10_000, D)`."""
    from mnist_core.explain.neighbours import embed_all

    return embed_all(model, mnist_digits.load("test"))


def _index_of(loaded: LoadedModel) -> Future[Index]:
    """Return the index of a model, or the work on it; one that is being made is never begun again."""
    from mnist_core.explain.neighbours import Index, embed_all

    model, digits = loaded.model, mnist_digits.load("train")
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


@st.cache_resource(max_entries=1, show_spinner=False)
def _pixel_index(data_dir: str) -> Future[Index]:  # noqa: ARG001, it is part of the key
    from mnist_core.explain.neighbours import Index

    images = mnist_digits.load("train").images
    return _background().submit(Index, images.reshape(len(images), -1))


@st.cache_resource(show_spinner=False)
def _background() -> ThreadPoolExecutor:
    """One thread does what takes seconds, so that a page need not wait for it."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")


@st.cache_resource(max_entries=20, show_spinner=False)
def _components(_model: Model, weights_sha256: str, data_dir: str) -> NDArray[np.float32]:  # noqa: ARG001, the key
    from mnist_core.explain.projection import principal_components

    return principal_components(_features(_model))


@st.cache_resource(max_entries=20, show_spinner=False)
def _kept_map(name: str, models_dir: str, stamp: stamps.Stamp) -> NDArray[np.float32] | None:  # noqa: ARG001
    from mnist_core.store.maps import load_map

    card = next((card for card in catalogue.read().cards if card.name == name), None)
    return load_map(card, COUNTS["test"], models_dir) if card else None
