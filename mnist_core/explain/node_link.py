"""A perceptron as a picture of nodes and links: one node stands for about twenty neurons, each answer for itself.

A node's level is the mean of what its neurons say. A link's push is what the neurons of one node add, together, to the
sums of those of another that fire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mnist_core.data.mnist import SIDE
from mnist_core.explain.activations import PIXELS, Activations, scale_of
from mnist_core.model.inference import Model

NEURONS_A_NODE = 20
PATCH = 4  # pixels a side: the pixels' own nodes are patches of the digit
LINKS = 40  # drawn between two layers


@dataclass(frozen=True, slots=True)
class Layer:
    """The nodes of a stage: which each neuron belongs to, their means, and the neuron of each that says most."""

    stage: Activations
    groups: NDArray[np.int64]  # (neurons,)
    levels: NDArray[np.float32]  # (nodes,)
    loudest: NDArray[np.int64]  # (nodes,), a neuron of each


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a node of one layer, counted from the pixels, to a node of the next."""

    layer: int
    source: int
    target: int
    push: float


@dataclass(frozen=True, slots=True)
class Diagram:
    """The layers, the pixels first, and the strongest links between each and the next."""

    layers: tuple[Layer, ...]
    links: tuple[Link, ...]


def draw_diagram(model: Model, traced: Sequence[Activations]) -> Diagram | None:
    """Draw a perceptron at work on the digit that was traced; None for a network of another kind."""
    stages = {stage.name: stage for stage in traced}
    weighted = [(name, layer) for name, layer in model.network.named_children() if stages[name].parameters]
    layers = [_layer(stages[PIXELS], _patches())]
    links: list[Link] = []
    before, groups = stages[PIXELS].values.reshape(-1), _patches()
    for name, each in weighted:
        weights = _weights(each)
        if weights is None or weights.shape[1] != len(before):
            return None
        values = stages[name].values
        is_answer = name == weighted[-1][0]
        there = np.arange(len(values)) if is_answer else np.arange(len(values)) // NEURONS_A_NODE
        fires = np.ones(len(values), bool) if is_answer else values > 0
        pushes = _sum_by(_sum_by(weights * fires[:, None] * before, there).T, groups)
        links += _strongest(pushes, len(layers) - 1)
        layers.append(_layer(stages[name], there))
        before, groups = values, there
    return Diagram(tuple(layers), tuple(links))


def _patches() -> NDArray[np.int64]:
    """Return which patch each of the 784 pixels is in."""
    place = np.arange(SIDE) // PATCH
    patches: NDArray[np.int64] = (place[:, None] * (SIDE // PATCH) + place).reshape(-1)
    return patches


def _layer(stage: Activations, groups: NDArray[np.int64]) -> Layer:
    values = stage.values.reshape(-1)
    sizes = np.bincount(groups)
    loudest = [int(np.flatnonzero(groups == node)[values[groups == node].argmax()]) for node in range(len(sizes))]
    levels = (_sum_by(values[:, None], groups)[:, 0] / sizes).astype(np.float32)
    return Layer(stage, groups, levels, np.array(loudest))


def _weights(stage: nn.Module) -> NDArray[np.float32] | None:
    """Return what a fully connected stage multiplies its inputs by, `(D, inputs)`, its norm included."""
    layers = list(stage.children()) or [stage]
    if not isinstance(layers[0], nn.Linear):
        return None
    weights = layers[0].weight.detach()
    for layer in layers:
        if isinstance(layer, nn.BatchNorm1d):
            weights = weights * scale_of(layer)[:, None]
    found: NDArray[np.float32] = weights.numpy()
    return found


def _sum_by(rows: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.float32]:
    """Add up the rows of each group, `(N, D)` → `(groups, D)`."""
    sums = np.zeros((int(groups.max()) + 1, rows.shape[1]), np.float32)
    np.add.at(sums, groups, rows)
    return sums


def _strongest(pushes: NDArray[np.float32], layer: int) -> list[Link]:
    """Return the strongest of all links, `pushes[source, target]`, the weakest of them first."""
    order = np.argsort(-np.abs(pushes), axis=None, kind="stable")[:LINKS][::-1]
    links = []
    for place in order:
        source, target = (int(where) for where in np.unravel_index(place, pushes.shape))
        if pushes[source, target]:
            links.append(Link(layer, source, target, float(pushes[source, target])))
    return links
