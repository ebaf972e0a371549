"""The networks: ordered lists of named stages, `(N, 1, 28, 28)` pixels 0…1 → `(N, 10)` logits."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn

from mnist_core.cards import Card


@dataclass(frozen=True, slots=True)
class Model:
    """A trained network, in evaluation mode, with the card that says how it came to be."""

    network: nn.Sequential
    card: Card


def build_network(name: str, seed: int | None = None) -> nn.Sequential:
    """Return the network of that name with fresh weights, the same ones for the same seed."""
    if seed is None:
        return BUILDERS[name]()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return BUILDERS[name]()


def count_parameters(network: nn.Module) -> int:
    """Count the numbers that training may change."""
    return sum(weights.numel() for weights in network.parameters())


def classic() -> nn.Sequential:
    """The original perceptron: 784 → 512 → 256 → 128 → 60 → 10, 574,494 parameters."""
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            hidden1=_hidden(784, 512, dropout=0.3),
            hidden2=_hidden(512, 256, dropout=0.2),
            hidden3=_hidden(256, 128, dropout=0.1),
            hidden4=_hidden(128, 60, dropout=0.05),
            answer=nn.Linear(60, 10),
        )
    )


BUILDERS = {"classic": classic}


def _hidden(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(OrderedDict(linear=nn.Linear(inputs, outputs), relu=nn.ReLU(), dropout=nn.Dropout(dropout)))
