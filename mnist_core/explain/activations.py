"""What happens inside a network: what each layer makes of one digit, and the sum behind any one number.

A layer's values are `(C, H, W)` for C feature maps or `(D,)` for D neurons. A unit is the place of one number among
them: `(c, h, w)` or `(d,)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mnist_core.errors import Untraceable
from mnist_core.model.inference import Model, as_pixels
from mnist_core.model.networks import count_parameters
from mnist_core.preprocessing.raster import Digit

PIXELS = "pixels"  # the name of what goes into the first layer
Unit = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Activations:
    """What one layer of a network says of a digit, how many weights it has and how long it took."""

    name: str
    values: NDArray[np.float32]
    parameters: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """What one module within a layer made of a number. A norm multiplies by `scale` and adds `shift`."""

    operation: str  # "sum", "pool", "norm" or "relu"
    value: float
    scale: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Sum:
    """How one number came to be: inputs times weights, added up with the bias, and what the modules after it did.

    Inputs and weights have the same shape: `(C, H, W)` where the unit looks at maps or pixels, else `(D,)`. `corner` is
    the place in those maps, row and column, of what it looks at; a neuron looks at everything.
    """

    unit: Unit
    inputs: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: float
    steps: tuple[Step, ...]
    corner: tuple[int, int] = (0, 0)

    @property
    def products(self) -> NDArray[np.float32]:
        """What each input adds to the sum."""
        return self.inputs * self.weights

    @property
    def value(self) -> float:
        """The number itself."""
        return self.steps[-1].value


def trace(model: Model, digit: Digit) -> tuple[Activations, ...]:
    """Run a network on one digit, layer by layer, and keep what each says, in order; the pixels come first.

    The last layer's values are the network's answer, one logit a class, so `trace` and a plain call cannot disagree.
    Raises `Untraceable` for a network that is no list of layers.
    """
    signal = as_pixels(digit[None])
    said = [Activations(PIXELS, signal[0].numpy(), 0, 0.0)]
    for name, layer in _layers(model).items():
        start = perf_counter()
        signal = _run(layer, signal)
        said.append(Activations(name, signal[0].numpy(), count_parameters(layer), perf_counter() - start))
    return tuple(said)


def follow(model: Model, digit: Digit, layer: str, unit: Unit) -> Sum:
    """Return the sum behind one number of a layer with weights: its inputs, weights, and the modules that followed.

    Of a pooled number it is the sum of the largest, the one that was kept. Raises `Untraceable` as `trace` does, and
    `ValueError` where there is no such layer or unit.
    """
    layers = _layers(model)
    if layer not in layers or not count_parameters(layers[layer]):
        raise ValueError(f"found the layer {layer!r}, expected one of those with weights: {', '.join(layers)}")
    signal, shape = as_pixels(digit[None]), torch.Size()
    for name, each in layers.items():
        if signal.ndim == 4:
            shape = signal.shape[1:]
        if name == layer:
            return _sum(each, signal, shape, unit)
        signal = _run(each, signal)
    raise AssertionError("unreachable")


def _sum(layer: nn.Module, signal: Tensor, shape: torch.Size, unit: Unit) -> Sum:
    """Follow one unit through the modules of a layer; `shape` is that of the maps that its input is made from."""
    modules = [module for module in layer.children() if not isinstance(module, nn.Dropout)] or [layer]
    outputs = [signal]
    for module in modules:
        outputs.append(_run(module, outputs[-1]))
    size = outputs[-1].shape[1:]
    if len(unit) != len(size) or not all(0 <= place < count for place, count in zip(unit, size, strict=True)):
        raise ValueError(f"found the unit {unit}, expected one of {tuple(size)}")
    first = modules[0]
    if isinstance(first, nn.Conv2d):
        where = _before_pooling(modules, outputs, unit)
        row, column = (place * step for place, step in zip(where[1:], first.stride, strict=True))
        height, width = first.kernel_size
        inputs, corner = signal[0, :, row : row + height, column : column + width], (row, column)
    elif isinstance(first, nn.Linear):
        where, corner = unit, (0, 0)
        inputs = signal[0].view(shape) if signal[0].numel() == prod(shape) else signal[0]
    else:
        raise Untraceable(f"A layer begins with {type(first).__name__}, whose sums cannot be shown.")
    weights = first.weight.detach()[unit[0]].view(inputs.shape)
    bias = 0.0 if first.bias is None else first.bias[unit[0]].item()
    steps = [Step("sum", float(outputs[1][(0, *where)]))]
    for module, output in zip(modules[1:], outputs[2:], strict=True):
        if isinstance(module, nn.MaxPool2d):
            where = unit
        steps.append(_step(module, float(output[(0, *where)]), unit[0]))
    return Sum(unit, inputs.numpy(), weights.numpy(), bias, tuple(steps), corner)


def _before_pooling(modules: list[nn.Module], outputs: list[Tensor], unit: Unit) -> Unit:
    """Return where the number that pooling kept for this unit stood before; without pooling, where it stands."""
    for module, before in zip(modules, outputs, strict=False):
        if isinstance(module, nn.MaxPool2d):
            channel, row, column = unit
            side = module.kernel_size
            assert isinstance(side, int)
            window = before[0, channel, row * side : (row + 1) * side, column * side : (column + 1) * side]
            down, right = divmod(int(window.argmax()), side)
            return channel, row * side + down, column * side + right
    return unit


def _step(module: nn.Module, value: float, channel: int) -> Step:
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        assert module.running_mean is not None
        scale = scale_of(module)[channel].item()
        return Step("norm", value, scale, (module.bias[channel] - module.running_mean[channel] * scale).item())
    if isinstance(module, nn.MaxPool2d):
        return Step("pool", value)
    if isinstance(module, nn.ReLU):
        return Step("relu", value)
    raise Untraceable(f"A layer holds {type(module).__name__}, whose sums cannot be shown.")


def scale_of(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> Tensor:
    """Return what a trained norm multiplies each of its D neurons or C maps by, `(D,)` or `(C,)`."""
    assert norm.running_var is not None
    scale: Tensor = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
    return scale


def _layers(model: Model) -> dict[str, nn.Module]:
    if not isinstance(model.network, nn.Sequential):
        raise Untraceable(f"The network of {model.card.name!r} is no list of layers, so its inside cannot be shown.")
    return dict(model.network.named_children())


def _run(layer: nn.Module, signal: Tensor) -> Tensor:
    with torch.inference_mode():
        output: Tensor = layer(signal)
        return output
