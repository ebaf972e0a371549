"""A trained network in NumPy, for answers without torch, which takes a second and half a gigabyte to import.

It does what `networks.py` does in evaluation mode; the tests compare them. A network that is not in `STEPS` is torch's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mnist_core.model.card import Card
from mnist_core.model.prediction import Prediction, prediction_from

Signal = NDArray[np.float32]

EPSILON = np.float32(1e-5)  # added to a variance, as torch does
COUNTER = "num_batches_tracked"  # kept in a normalisation, and used in training alone


@dataclass(frozen=True, slots=True)
class Step:
    """A layer's weights, how many pixels a convolution goes on at a time, and the side of the squares it pools."""

    shape: tuple[int, ...]  # (outputs, channels, kernel, kernel) or (outputs, inputs)
    stride: int = 1
    pool: int = 1


ANSWER = "answer"  # the last layer, which has as many outputs as there are classes
STEPS: dict[str, dict[str, Step]] = {
    "classic": {
        "hidden1": Step((512, 784)),
        "hidden2": Step((256, 512)),
        "hidden3": Step((128, 256)),
        "hidden4": Step((60, 128)),
        ANSWER: Step((10, 60)),
    },
    "mlp-plus": {"hidden1": Step((512, 784)), "hidden2": Step((512, 512)), ANSWER: Step((10, 512))},
    "quick": {
        "convolution1": Step((16, 1, 6, 6), stride=2),
        "convolution2": Step((32, 16, 3, 3), pool=2),
        "convolution3": Step((64, 32, 3, 3)),
        ANSWER: Step((10, 64 * 3 * 3)),
    },
    "accurate": {
        "convolution1": Step((32, 1, 3, 3)),
        "convolution2": Step((32, 32, 3, 3), pool=2),
        "convolution3": Step((64, 32, 3, 3)),
        "convolution4": Step((64, 64, 3, 3)),
        "convolution5": Step((128, 64, 3, 3), pool=2),
        ANSWER: Step((10, 128 * 3 * 3)),
    },
    "best": {
        "convolution1": Step((32, 1, 3, 3)),
        "convolution2": Step((64, 32, 3, 3), pool=2),
        "convolution3": Step((128, 64, 3, 3)),
        "convolution4": Step((128, 128, 3, 3)),
        "convolution5": Step((256, 128, 3, 3)),
        "convolution6": Step((256, 256, 3, 3), pool=2),
        ANSWER: Step((10, 256 * 2 * 2)),
    },
}


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A convolution or a weighted sum of everything; then the largest of each square, a scale and a shift, and ReLU."""

    weights: Signal  # of the shape that the step says
    scale: Signal  # (outputs,)
    shift: Signal
    step: Step
    has_relu: bool

    def __call__(self, signal: Signal) -> Signal:
        """`(channels, side, side)` or any shape of as many numbers → `(outputs, …)`."""
        if self.weights.ndim == 4:
            signal = _pool(_convolve(signal, self.weights, self.step.stride), self.step.pool)
        else:
            signal = self.weights @ signal.ravel()
        along = (-1, *(1 for _ in signal.shape[1:]))
        signal = signal * self.scale.reshape(along) + self.shift.reshape(along)
        return np.maximum(signal, 0) if self.has_relu else signal


@dataclass(frozen=True, slots=True, eq=False)
class LightModel:
    """A trained network, layer by layer, the tensors that it was made of, and the card that says how it came to be."""

    layers: Sequence[Layer]
    tensors: Mapping[str, Signal]
    card: Card

    def logits(self, digit: NDArray[np.float32]) -> Signal:
        """`(28, 28)`, ink 1.0 on 0.0 → `(K,)`, of K classes."""
        signal = np.ascontiguousarray(digit, dtype=np.float32)[None]
        for layer in self.layers:
            signal = layer(signal)
        return signal


def make_light(tensors: Mapping[str, Signal], card: Card) -> LightModel:
    """Make a model of the tensors of a network in `STEPS`.

    Raises `KeyError` or `ValueError` where they do not fit, and `FloatingPointError` where they are not all numbers.
    """
    if not all(np.isfinite(values).all() for values in tensors.values()):
        raise FloatingPointError("found infinite numbers or NaN, expected numbers")
    left = dict(tensors)
    steps = dict(STEPS[card.recipe.network])
    steps[ANSWER] = replace(steps[ANSWER], shape=(len(card.classes), *steps[ANSWER].shape[1:]))
    layers = [_take_layer(name, step, left) for name, step in steps.items()]
    if left:
        raise ValueError(f"found {', '.join(left)}, expected no more tensors")
    return LightModel(layers, tensors, card)


def predict_light(model: LightModel, digit: NDArray[np.float32]) -> Prediction | None:
    """Ask a model for its answer to one digit, `(28, 28)`, ink 1.0 on 0.0; None where nothing is drawn."""
    if not digit.any():
        return None
    logits = model.logits(digit).astype(np.float64) / model.card.temperature
    shares = np.exp(logits - logits.max())
    card = model.card
    return prediction_from(shares / shares.sum(), digit, card.top_two_threshold, card.classes)


def _take_layer(name: str, step: Step, tensors: dict[str, Signal]) -> Layer:
    """Make a layer of its tensors, which are taken from all; a normalisation becomes a scale and a shift."""
    kind = "" if name == ANSWER else ".conv" if len(step.shape) == 4 else ".linear"
    weights = _take(f"{name}{kind}.weight", step.shape, tensors)
    outputs = step.shape[:1]
    if f"{name}.norm.{COUNTER}" in tensors:
        _take(f"{name}.norm.{COUNTER}", (), tensors)
        steep, bias, mean, variance = (
            _take(f"{name}.norm.{what}", outputs, tensors) for what in ("weight", "bias", "running_mean", "running_var")
        )
        scale = steep / np.sqrt(variance + EPSILON)
        return Layer(weights, scale, bias - mean * scale, step, has_relu=True)
    bias = _take(f"{name}{kind}.bias", outputs, tensors)
    return Layer(weights, np.ones_like(bias), bias, step, has_relu=name != ANSWER)


def _take(name: str, shape: tuple[int, ...], tensors: dict[str, Signal]) -> Signal:
    found = tensors.pop(name)
    if found.shape != shape:
        raise ValueError(f"found {name} of shape {found.shape}, expected {shape}")
    return found


def _convolve(signal: Signal, weights: Signal, stride: int) -> Signal:
    outputs, _, side, _ = weights.shape
    windows = sliding_window_view(signal, (side, side), axis=(1, 2))[:, ::stride, ::stride]
    high, wide = windows.shape[1:3]
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(-1, high * wide)
    return (weights.reshape(outputs, -1) @ columns).reshape(outputs, high, wide)


def _pool(signal: Signal, side: int) -> Signal:
    if side == 1:
        return signal
    channels, high, wide = (length // part for length, part in zip(signal.shape, (1, side, side), strict=True))
    squares = signal[:, : high * side, : wide * side].reshape(channels, high, side, wide, side)
    largest: Signal = np.maximum.reduce([squares[:, :, y, :, x] for y in range(side) for x in range(side)])
    return largest
