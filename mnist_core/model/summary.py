"""What a network is made of, layer by layer, as the network itself says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnist_core.data.mnist import SIDE

if TYPE_CHECKING:  # a page that shows layers need not wait for torch
    from torch import nn


@dataclass(frozen=True, slots=True)
class Layer:
    """One named layer: what its modules do, in order, the shape of its output, and how many parameters it has."""

    name: str
    modules: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int


def describe(network: nn.Sequential) -> tuple[Layer, ...]:
    """Describe a network in evaluation mode by sending a blank digit through it; the pixels come first."""
    import torch

    from mnist_core.model.networks import count_parameters

    layers = [Layer("pixels", (), (1, SIDE, SIDE), 0)]
    with torch.inference_mode():
        signal = torch.zeros(1, 1, SIDE, SIDE)
        for name, layer in network.named_children():
            signal = layer(signal)
            modules = tuple(filter(None, map(_describe_layer, layer.modules())))
            layers.append(Layer(name, modules, tuple(signal.shape[1:]), count_parameters(layer)))
    return tuple(layers)


def _describe_layer(module: nn.Module) -> str:
    """Say what one module does; empty for what only holds others, and for what plays no part once it is trained."""
    from torch import nn

    match module:
        case nn.Sequential() | nn.Dropout():
            return ""
        case nn.Conv2d(out_channels=filters, kernel_size=(high, wide), stride=(step, _)):
            return f"{filters} filters of {high} × {wide}" + (f", {step} pixels a step" if step > 1 else "")
        case nn.Linear(in_features=inputs, out_features=outputs):
            return f"{outputs} weighted sums of {inputs:,}"
        case nn.MaxPool2d(kernel_size=side):
            return f"the largest of each {side} × {side}"
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            return "normalised"
        case nn.ReLU():
            return "ReLU"
        case nn.Flatten():
            return "in one row"
    return type(module).__name__
