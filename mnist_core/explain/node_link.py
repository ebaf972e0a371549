"""A perceptron as a picture of nodes and links: one node stands for about twenty neurons, each answer for itself.

Of more answers than there is room for, the best have a node each and all others one together.

A node's level is the mean activation of its neurons. A link's contribution is what the neurons of one node add,
together, to the sums of those of another that fire.
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
MOST_ANSWERS = 11  # nodes in the last layer; one more, and they are too close to be aimed at with a finger


@dataclass(frozen=True, slots=True)
class NodeLayer:
    """The nodes of a layer: which each neuron belongs to, their means, and the most active neuron of each.

    Of the answers, what all that have no node of their own are in is the last node.
    """

    activations: Activations
    groups: NDArray[np.int64]  # (neurons,)
    levels: NDArray[np.float32]  # (nodes,)
    loudest: NDArray[np.int64]  # (nodes,), a neuron of each


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a node of one layer, counted from the pixels, to a node of the next."""

    layer: int
    source: int
    target: int
    contribution: float


@dataclass(frozen=True, slots=True)
class Diagram:
    """The layers, the pixels first, and the strongest links between each and the next."""

    layers: tuple[NodeLayer, ...]
    links: tuple[Link, ...]


def draw_diagram(model: Model, traced: Sequence[Activations]) -> Diagram | None:
    """Draw a perceptron at work on the digit that was traced; None for a network of another kind."""
    activations = {each.name: each for each in traced}
    weighted = [(name, layer) for name, layer in model.network.named_children() if activations[name].parameters]
    layers = [_layer(activations[PIXELS], _patches())]
    links: list[Link] = []
    before, groups = activations[PIXELS].values.reshape(-1), _patches()
    for name, each in weighted:
        weights = _weights(each)
        if weights is None or weights.shape[1] != len(before):
            return None
        values = activations[name].values
        is_answer = name == weighted[-1][0]
        there = _group_answers(values) if is_answer else np.arange(len(values)) // NEURONS_A_NODE
        fires = np.ones(len(values), bool) if is_answer else values > 0
        contributions = _sum_by(_sum_by(weights * fires[:, None] * before, there).T, groups)
        if is_answer and len(values) > MOST_ANSWERS:
            contributions[:, -1] = 0  # what so many have in common would outdo what leads to any one
        links += _strongest(contributions, len(layers) - 1)
        layers.append(_layer(activations[name], there))
        before, groups = values, there
    return Diagram(tuple(layers), tuple(links))


def _patches() -> NDArray[np.int64]:
    """Return which patch each of the 784 pixels is in."""
    place = np.arange(SIDE) // PATCH
    patches: NDArray[np.int64] = (place[:, None] * (SIDE // PATCH) + place).reshape(-1)
    return patches


def _group_answers(logits: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the node of each answer: its own in the order of the classes, or, of many, by rank among the best."""
    if len(logits) <= MOST_ANSWERS:
        return np.arange(len(logits))
    ranks = np.argsort(np.argsort(-logits, kind="stable"))
    return np.minimum(ranks, MOST_ANSWERS - 1)


def _layer(activations: Activations, groups: NDArray[np.int64]) -> NodeLayer:
    values = activations.values.reshape(-1)
    sizes = np.bincount(groups)
    loudest = [int(np.flatnonzero(groups == node)[values[groups == node].argmax()]) for node in range(len(sizes))]
    levels = (_sum_by(values[:, None], groups)[:, 0] / sizes).astype(np.float32)
    return NodeLayer(activations, groups, levels, np.array(loudest))


def _weights(layer: nn.Module) -> NDArray[np.float32] | None:
    """Return what a fully connected layer multiplies its inputs by, `(D, inputs)`, its norm included."""
    modules = list(layer.children()) or [layer]
    if not isinstance(modules[0], nn.Linear):
        return None
    weights = modules[0].weight.detach()
    for module in modules:
        if isinstance(module, nn.BatchNorm1d):
            weights = weights * scale_of(module)[:, None]
    found: NDArray[np.float32] = weights.numpy()
    return found


def _sum_by(rows: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.float32]:
    """Add up the rows of each group, `(N, D)` → `(groups, D)`."""
    sums = np.zeros((int(groups.max()) + 1, rows.shape[1]), np.float32)
    np.add.at(sums, groups, rows)
    return sums


def _strongest(contributions: NDArray[np.float32], layer: int) -> list[Link]:
    """Return the strongest of all links, `contributions[source, target]`, the weakest of them first."""
    order = np.argsort(-np.abs(contributions), axis=None, kind="stable")[:LINKS][::-1]
    links = []
    for place in order:
        source, target = (int(where) for where in np.unravel_index(place, contributions.shape))
        if contributions[source, target]:
            links.append(Link(layer, source, target, float(contributions[source, target])))
    return links
