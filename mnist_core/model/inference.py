"""A trained model, and passing many digits through its network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.mnist import SIDE
from mnist_core.model.card import Card

if TYPE_CHECKING:  # what names a `Model` need not wait for torch
    from torch import Tensor, nn

BATCH_SIZE = 250  # digits; with more, what convolutions make of them leaves the processor's cache, at half the speed


@dataclass(frozen=True, slots=True)
class Model:
    """A trained network, in evaluation mode, with the card that says how it came to be."""

    network: nn.Sequential
    card: Card


def make_model(tensors: Mapping[str, Tensor], card: Card) -> Model:
    """Make a model of the tensors of its network; raises what `load_network` raises."""
    return Model(load_network(card.recipe.network, tensors, len(card.classes)), card)


def model_of_arrays(arrays: Mapping[str, NDArray[Any]], card: Card) -> Model:
    """Make a model of the arrays of its network; raises what `load_network` raises."""
    import torch

    return make_model({name: torch.from_numpy(values) for name, values in arrays.items()}, card)


def as_arrays(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Return all that a network consists of by name; on the processor the arrays are the network's own memory."""
    return {name: value.cpu().numpy() for name, value in network.state_dict().items()}


def load_network(name: str, tensors: Mapping[str, Tensor], classes: int = 10) -> nn.Sequential:
    """Build the network of that name for so many classes with these tensors, in evaluation mode.

    Raises `RuntimeError` or `KeyError` where they do not fit, and `FloatingPointError` where they are not all numbers.
    """
    from mnist_core.model.networks import build_network, is_finite

    network = build_network(name, classes=classes)
    network.load_state_dict(tensors)
    if not is_finite(network):
        raise FloatingPointError("found infinite numbers or NaN, expected numbers")
    return network.eval()


def run_in_batches(network: nn.Module, digits: NDArray[np.float32], batch_size: int = BATCH_SIZE) -> Tensor:
    """`(N, 28, 28)` digits, ink 1.0 on 0.0 → `(N, …)`, what a network or the first layers of one make of them."""
    import torch

    if digits.ndim != 3 or digits.shape[1:] != (SIDE, SIDE) or not np.isfinite(digits).all():
        raise ValueError(f"found digits of shape {digits.shape}, expected (N, {SIDE}, {SIDE}) finite numbers")
    with torch.inference_mode():
        return torch.cat([network(batch) for batch in as_pixels(digits).split(batch_size)])


def as_pixels(digits: NDArray[np.float32]) -> Tensor:
    """`(N, 28, 28)` digits → `(N, 1, 28, 28)` pixels, as a network takes them."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(digits, dtype=np.float32)).unsqueeze(1)
