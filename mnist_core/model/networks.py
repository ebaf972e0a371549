"""The networks: ordered lists of named layers, `(N, 1, 28, 28)` pixels 0…1 → `(N, K)` logits of K classes."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn


def build_network(name: str, seed: int | None = None, dropout: float = 0.0, classes: int = 10) -> nn.Sequential:
    """Return the network of that name with fresh weights, the same ones for the same seed.

    `dropout` is the share silenced after the first layer that has any; it matters in training only. Weights lie with
    their channels last: convolutions answer in a fifth to a half less time so.
    """
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        return BUILDERS[name](dropout, classes).to(memory_format=torch.channels_last)


def count_parameters(network: nn.Module) -> int:
    """Count the numbers that training may change."""
    return sum(weights.numel() for weights in network.parameters())


def is_finite(network: nn.Module) -> bool:
    """Tell whether all that a network knows are numbers: neither infinite nor NaN."""
    return all(bool(torch.isfinite(values).all()) for values in network.state_dict().values())


def classic(dropout: float, classes: int) -> nn.Sequential:
    """The original perceptron: 784 → 512 → 256 → 128 → 60 → 10, 574,494 parameters.

    Dropout falls from layer to layer as in the original: 0.3, 0.2, 0.1, 0.05.
    """
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            hidden1=_hidden(784, 512, dropout),
            hidden2=_hidden(512, 256, dropout * 2 / 3),
            hidden3=_hidden(256, 128, dropout / 3),
            hidden4=_hidden(128, 60, dropout / 6),
            answer=nn.Linear(60, classes),
        )
    )


def mlp_plus(dropout: float, classes: int) -> nn.Sequential:
    """A perceptron with batch normalisation: 784 → 512 → 512 → 10, 670,730 parameters."""
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            hidden1=_normalised(784, 512, dropout),
            hidden2=_normalised(512, 512, dropout),
            answer=nn.Linear(512, classes),
        )
    )


def quick(dropout: float, classes: int) -> nn.Sequential:
    """A small convolutional network, 29,610 parameters.

    The first convolution goes in steps of two pixels: at full size it would take most of the time and read no better.
    """
    return nn.Sequential(
        OrderedDict(
            convolution1=_convolution(1, 16, kernel=6, stride=2),  # 28 → 12 pixels a side
            convolution2=_convolution(16, 32, kernel=3, pool=2),  # → 10 → 5
            convolution3=_convolution(32, 64, kernel=3),  # → 3
            flatten=nn.Flatten(),
            dropout=Dropout(dropout),
            answer=nn.Linear(64 * 3 * 3, classes),
        )
    )


def accurate(dropout: float, classes: int) -> nn.Sequential:
    """Five convolutions, 150,698 parameters.

    The first two keep the full size: with a single larger one and sooner pooling it read fewer digits.
    """
    return nn.Sequential(
        OrderedDict(
            convolution1=_convolution(1, 32, kernel=3),  # 28 → 26 pixels a side
            convolution2=_convolution(32, 32, kernel=3, pool=2),  # → 24 → 12
            convolution3=_convolution(32, 64, kernel=3),  # → 10
            convolution4=_convolution(64, 64, kernel=3),  # → 8
            convolution5=_convolution(64, 128, kernel=3, pool=2),  # → 6 → 3
            flatten=nn.Flatten(),
            dropout=Dropout(dropout),
            answer=nn.Linear(128 * 3 * 3, classes),
        )
    )


def best(dropout: float, classes: int) -> nn.Sequential:
    """Six convolutions, the later ones wide, 1,136,618 parameters: those of `accurate`, with more of everything.

    Most of the work is where the maps are small: at full size, wide ones would cost more than all else together.
    """
    return nn.Sequential(
        OrderedDict(
            convolution1=_convolution(1, 32, kernel=3),  # 28 → 26 pixels a side
            convolution2=_convolution(32, 64, kernel=3, pool=2),  # → 24 → 12
            convolution3=_convolution(64, 128, kernel=3),  # → 10
            convolution4=_convolution(128, 128, kernel=3),  # → 8
            convolution5=_convolution(128, 256, kernel=3),  # → 6
            convolution6=_convolution(256, 256, kernel=3, pool=2),  # → 4 → 2
            flatten=nn.Flatten(),
            dropout=Dropout(dropout),
            answer=nn.Linear(256 * 2 * 2, classes),
        )
    )


BUILDERS = {"classic": classic, "mlp-plus": mlp_plus, "quick": quick, "accurate": accurate, "best": best}


class Dropout(nn.Dropout):
    """Dropout that is drawn three times as fast: torch's own took a fifth of a step of `classic`.

    Where digits are a share of a batch, `among` says from which on, and of how many: numbers are drawn for all.
    """

    among: tuple[int, int] | None = None

    def forward(self, signal: Tensor) -> Tensor:
        """Silence a share of the numbers and raise the others so that their mean stays, in training only."""
        if not self.training or self.p == 0:
            return signal
        first, count = self.among or (0, len(signal))
        drawn = torch.rand((count, *signal.shape[1:]), device=signal.device)[first : first + len(signal)]
        kept = drawn.ge_(self.p).div_(1 - self.p)
        return signal * kept.to(signal.dtype)


def _hidden(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    share = round(dropout, 6)  # 0.3 * 2 / 3 is not quite 0.2
    return nn.Sequential(OrderedDict(linear=nn.Linear(inputs, outputs), relu=nn.ReLU(), dropout=Dropout(share)))


def _normalised(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            linear=nn.Linear(inputs, outputs, bias=False),  # the normalisation has one
            norm=nn.BatchNorm1d(outputs),
            relu=nn.ReLU(),
            dropout=Dropout(dropout),
        )
    )


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, pool: int = 1) -> nn.Sequential:
    modules = OrderedDict[str, nn.Module](conv=nn.Conv2d(inputs, outputs, kernel, stride, bias=False))
    if pool > 1:  # before the rest, which then has a quarter of the work
        modules["pool"] = nn.MaxPool2d(pool)
    modules["norm"] = nn.BatchNorm2d(outputs)  # this is the bias, too
    modules["relu"] = nn.ReLU()
    return nn.Sequential(modules)
