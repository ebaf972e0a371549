"""What a network is made of, stage by stage, as the network itself says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnist_core.data.mnist import SIDE

if TYPE_CHECKING:  # a page that shows stages need not wait for torch
    from torch import nn


@dataclass(frozen=True, slots=True)
class Stage:
    """One named stage: what its layers do, in order, the shape it gives of each digit, and what training may change."""

    name: str
    layers: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int


def describe(network: nn.Sequential) -> tuple[Stage, ...]:
    """Describe a network in evaluation mode by sending a blank digit through it; the pixels come first."""
    import torch

    from mnist_core.model.networks import count_parameters

    stages = [Stage("pixels", (), (1, SIDE, SIDE), 0)]
    with torch.inference_mode():
        signal = torch.zeros(1, 1, SIDE, SIDE)
        for name, stage in network.named_children():
            signal = stage(signal)
            layers = tuple(filter(None, map(_in_words, stage.modules())))
            stages.append(Stage(name, layers, tuple(signal.shape[1:]), count_parameters(stage)))
    return tuple(stages)


def _in_words(layer: nn.Module) -> str:
    """Say what one layer does; empty for what only holds others, and for what plays no part once it is trained."""
    from torch import nn

    match layer:
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
    return type(layer).__name__
