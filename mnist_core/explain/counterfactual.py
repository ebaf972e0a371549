"""The smallest change to a digit that makes a model answer another: one that people can see, and one for it alone.

A digit is float32 `(28, 28)`, ink 1.0 on 0.0; inside, pixels are `(N, 1, 28, 28)` tensors. Nothing is random: the same
question gets the same change. Gradients are taken of the pixels only and a network is never changed, so that many may
ask it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from math import cos, pi
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mnist_core.alphabets import DIGITS, find_twins
from mnist_core.data.augmentation import random_matrices, warp
from mnist_core.data.mnist import SIDE
from mnist_core.model.inference import Model, as_pixels
from mnist_core.model.prediction import Prediction, predict
from mnist_core.preprocessing.raster import Digit
from mnist_core.synthetic.character_styles import CHARACTER_STYLES, SIGN_STYLES
from mnist_core.synthetic.digit_styles import STYLES, Style
from mnist_core.synthetic.generate import synthetic_characters, synthetic_digits

Found = TypeVar("Found")
Alike = Tensor  # (K,) bool: the target and its twins
BELIEVED = 0.75  # a counterfactual's target gets more than this, and on average too while it is bent a little
HALVINGS = 10  # when a change is made as small as it can be
MAX_FADES = 20

# The adversarial change: Rony et al., "Decoupling Direction and Norm", 2019.
ATTACK_STEPS = 150
FIRST_LENGTH, SHORTENING = 1.0, 0.05  # of the change; and by which share it gets shorter or longer a step

# The counterfactual. What was tried to come to these is in docs/log.md.
WRITTEN = 200  # synthetic digits of the target, each upright and bent twice, with a thin, a middle and a wide pen
LIKENESS = 1.0  # pixels; how much digits are blurred before they are compared
REACH = 2  # pixels; how far a written digit is moved to lie on the given one
LOOKED_AT, TRIED = 500, 3  # of the most alike: how many are asked about at most, and how many are used
MASK_STEPS = 60
MASK_RATE = 0.1
SMOOTHNESS = 1.4  # pixels; of the field that says where the written digit shows
SHARPNESS = (4.0, 12.0)  # of its edge, at first and at last
COST_OF_INK, COST_OF_EDGE = 0.04, 0.03
MARGIN = 3.0  # by how much the target should be ahead, in logits, while the mask is sought
BENT = 0.6  # of the range of an augmentation
BENDS = 8


@dataclass(frozen=True, slots=True)
class Change:
    """A changed digit `(28, 28)`, what was added to the given one, −1…1, and what the model answers to it now."""

    digit: Digit
    difference: NDArray[np.float32]
    prediction: Prediction

    @property
    def distance(self) -> float:
        """The length of the difference, as a vector of 784 numbers."""
        return float(np.linalg.norm(self.difference))

    @property
    def added(self) -> float:
        """How much ink was added, in pixels' worth."""
        return float(self.difference.clip(0).sum())

    @property
    def taken(self) -> float:
        """How much ink was taken away, in pixels' worth."""
        return float(-self.difference.clip(None, 0).sum())


def adversarial(model: Model, digit: Digit, target: int) -> Change | None:
    """Change any pixels, as little as is enough for the network to answer the other digit.

    People hardly see the change and would not change their answer. It shows how little it takes to mislead a network,
    not what the network looks for.

    It is the shortest change that was found, as the length of the difference; a shorter one may be there.
    What looks like the target, as 0 does like O, counts as the target. `(28, 28)` → a change, or None where the search
    did not find one. Raises `ValueError` for what is no digit, a blank one, and a target that is no class, or the
    model's answer already, or looks like it.
    """
    return finish(search_adversarial(model, digit, target))


def counterfactual(model: Model, digit: Digit, target: int) -> Change | None:
    """Replace parts of the digit by parts of one that a program drew, as little as is enough to convince the network.

    It has to stay convinced while the digit is shifted, turned and stretched a little, so the changes are strokes and
    gaps that matter to it. There may be smaller changes, and you may not be convinced yourself.

    The target then gets more than three quarters, as the digit is and on average while it is bent.
    `(28, 28)` → a change, or None where even a whole written digit is not believed. Raises `ValueError` as
    `adversarial` does, and for a target that no program of ours writes: see `styles_of`.
    """
    return finish(search_counterfactual(model, digit, target))


def styles_of(name: str) -> tuple[Style, ...]:
    """Return the ways in which our program writes a class of that name; none of what it cannot write, as clothes."""
    return tuple(style for style in (*CHARACTER_STYLES, *SIGN_STYLES) if style.label == name)


def search_adversarial(model: Model, digit: Digit, target: int) -> Generator[float, None, Change | None]:
    """Do what `adversarial` does, yielding the share that is done, 0…1."""
    alike = _check(model, digit, target)
    pixels = as_pixels(digit[None])
    change, length = torch.zeros_like(pixels), FIRST_LENGTH
    least: Tensor | None = None
    for step in range(ATTACK_STEPS):
        if step % 10 == 0:
            yield step / ATTACK_STEPS
        changed = (pixels + change).requires_grad_()
        ahead = _ahead(_logits(model, changed), alike)
        (slope,) = torch.autograd.grad(ahead.sum(), changed)
        if ahead.item() > 0:
            length = min(length, float(change.norm())) * (1 - SHORTENING)
            if least is None or change.norm() < least.norm():
                least = change
        else:
            length *= 1 + SHORTENING
        stride = (1 + cos(pi * step / ATTACK_STEPS)) / 2 * 0.99 + 0.01
        change = change + stride * functional.normalize(slope.flatten(), dim=0).view_as(slope)
        change = change * (length / change.norm().clamp_min(1e-12))
        change = (pixels + change).clamp(0, 1) - pixels
    yield 1.0
    if least is None:
        return None
    return _fade(model, digit, _array(pixels + least), lambda faded: _answers(model, faded, alike))


def search_counterfactual(model: Model, digit: Digit, target: int) -> Generator[float, None, Change | None]:
    """Do what `counterfactual` does, yielding the share that is done, 0…1.

    A smooth field says where a written digit shows instead of the given one; it is sought for the written digits that
    are most alike, at once. Raising its threshold then shrinks the parts from their edges, and the last is to let what
    is left fade a little.
    """
    alike = _check(model, digit, target)
    name = model.card.classes[target]
    if not styles_of(name):
        raise ValueError(f"target: found {name!r}, expected a digit, a letter of EMNIST Balanced or a sign")
    pixels = as_pixels(digit[None])
    yield 0.0
    most_alike = _most_alike(model, pixels, name, alike)
    if not most_alike:
        return None
    written = torch.cat(most_alike)
    field = torch.full_like(written, 0.6)
    descent, blur = _Descent(MASK_RATE), _blur(SMOOTHNESS)
    generator = torch.Generator().manual_seed(0)
    for step in range(MASK_STEPS):
        if step % 5 == 0:
            yield 0.1 + 0.7 * step / MASK_STEPS
        field.requires_grad_()
        sharpness = SHARPNESS[0] + (SHARPNESS[1] - SHARPNESS[0]) * step / MASK_STEPS
        mask = torch.sigmoid(blur @ field @ blur.T * sharpness)
        changed = pixels + mask * (written - pixels)
        bent = warp(changed, random_matrices(len(changed), BENT, generator))
        ahead = _ahead(_logits(model, torch.cat([changed, bent])), alike)
        cost = COST_OF_INK * (changed - pixels).abs().sum() + COST_OF_EDGE * _edges(mask)
        (slope,) = torch.autograd.grad((MARGIN - ahead).clamp_min(0).sum() / 2 + cost, field)
        field = descent.step(field.detach(), slope)
    heights = blur @ field @ blur.T
    found = []
    for index, (height, whole) in enumerate(zip(heights, written, strict=True)):
        yield 0.8 + 0.15 * index / len(written)
        shrunk = _shrink(model, pixels, whole[None], height[None], alike)
        if shrunk is not None:
            found.append(shrunk)
    if not found:
        return None
    least = min(found, key=lambda each: float((each - pixels).abs().sum()))
    yield 0.95
    change = _fade(model, digit, _array(least), lambda faded: _is_believed(model, as_pixels(faded[None]), alike))
    yield 1.0
    return change


def _shrink(model: Model, pixels: Tensor, written: Tensor, height: Tensor, alike: Alike) -> Tensor | None:
    """Raise the threshold of a field until the target is only just believed; None where it never is."""
    low, high = float(height.min()) - 1, float(height.max()) + 1

    def shown(threshold: float) -> Tensor:
        return pixels + torch.sigmoid((height - threshold) * SHARPNESS[1]) * (written - pixels)

    if not _is_believed(model, shown(low), alike):
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _is_believed(model, shown(middle), alike) else (low, middle)
    return shown(low)


def _fade(model: Model, digit: Digit, changed: Digit, holds: Callable[[Digit], bool]) -> Change | None:
    """Make a change weaker all over as far as it still holds, and until nine tenths of it would not."""
    if not holds(changed):
        return None
    for _ in range(MAX_FADES):
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if holds(_between(digit, changed, middle)) else (middle, high)
        changed = _between(digit, changed, high)
        weaker = _between(digit, changed, 0.9)
        if not holds(weaker):
            break
        changed = weaker  # what holds need not be one stretch from here to the whole change
    prediction = predict(model, changed)
    return Change(changed, changed - digit, prediction) if prediction else None


def _between(digit: Digit, changed: Digit, share: float) -> Digit:
    """Return the digit with a share of the change."""
    between: Digit = (digit + np.float32(share) * (changed - digit)).clip(0, 1)
    return changed if share == 1 else between


def _answers(model: Model, digit: Digit, alike: Alike) -> bool:
    prediction = predict(model, digit)
    return prediction is not None and bool(alike[prediction.digit])


def _is_believed(model: Model, pixels: Tensor, alike: Alike) -> bool:
    """Tell whether the target gets enough, for the digit as it is and on average while it is bent a little."""
    with torch.inference_mode():
        if _logits(model, pixels).softmax(1)[0, alike].sum() <= BELIEVED:
            return False
        bent = warp(pixels.expand(BENDS, -1, -1, -1), _bends())
        return bool(_logits(model, bent).softmax(1)[:, alike].sum(1).mean() > BELIEVED)


def _most_alike(model: Model, pixels: Tensor, name: str, alike: Alike) -> list[Tensor]:
    """Return the written digits of that class that are most like `(1, 1, 28, 28)` pixels and read as what they are."""
    generator = torch.Generator().manual_seed(1)
    upright = _written(name)
    bent = [warp(upright, random_matrices(len(upright), 1.0, generator)) for _ in range(2)]
    thin = torch.cat([upright, *bent])
    written = torch.cat([thin, _widen(thin, 2), _widen(thin, 3)])
    blur = _blur(LIKENESS)
    given, others = blur @ pixels @ blur.T, (blur @ written @ blur.T).flatten(1)
    shifts = [(down, right) for down in range(-REACH, REACH + 1) for right in range(-REACH, REACH + 1)]
    shifted = torch.cat([_shift(given, -down, -right) for down, right in shifts]).flatten(1)
    distances = torch.cdist(others, shifted)
    nearest, best = distances.min(1)
    order = nearest.argsort(stable=True)[:LOOKED_AT]
    nearby = (_shift(written[i : i + 1], *shifts[int(best[i])]) for i in order.tolist())
    convincing = (each for each in nearby if _is_believed(model, each, alike))
    return list(islice(convincing, TRIED))


@lru_cache(maxsize=20)
def _written(name: str) -> Tensor:
    if name in DIGITS:
        written = synthetic_digits(WRITTEN, 0, [style for style in STYLES if style.label == name])
    else:
        written = synthetic_characters(WRITTEN, 0, (name,))
    return torch.from_numpy(written.pixels).unsqueeze(1)


def _widen(digits: Tensor, reach: int) -> Tensor:
    """Let each pixel have the most ink of the `reach` × `reach` around it."""
    before, after = (reach - 1) // 2, reach // 2
    return functional.max_pool2d(functional.pad(digits, (before, after, before, after)), reach, 1)


def _shift(digits: Tensor, down: int, right: int) -> Tensor:
    """Shift digits by whole pixels; there is no ink beyond the border."""
    return functional.pad(digits, (right, -right, down, -down))


@cache
def _bends() -> Tensor:
    """The same few bends for every digit → `(8, 2, 3)`."""
    return random_matrices(BENDS, BENT, torch.Generator().manual_seed(3))


@cache
def _blur(sigma: float) -> Tensor:
    """A Gaussian blur along one axis → `(28, 28)`, rows with sum 1."""
    axis = torch.arange(SIDE, dtype=torch.float32)
    weights = torch.exp(-((axis[:, None] - axis) ** 2) / (2 * sigma**2))
    return weights / weights.sum(1, keepdim=True)


def _edges(masks: Tensor) -> Tensor:
    """Add up how much neighbouring pixels of masks differ."""
    return masks.diff(dim=-1).abs().sum() + masks.diff(dim=-2).abs().sum()


class _Descent:
    """Adam (Kingma and Ba, 2015) for a single tensor; torch's own takes 1.5 s to import, after a visitor's press."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.steps = 0
        self.mean: Tensor | float = 0.0
        self.square: Tensor | float = 0.0

    def step(self, tensor: Tensor, slope: Tensor) -> Tensor:
        """Return the tensor a step further down."""
        self.steps += 1
        self.mean = 0.9 * self.mean + 0.1 * slope
        self.square = 0.99 * self.square + 0.01 * slope**2
        mean, square = self.mean / (1 - 0.9**self.steps), self.square / (1 - 0.99**self.steps)
        return tensor - self.rate * mean / (square.sqrt() + 1e-8)


def _logits(model: Model, pixels: Tensor) -> Tensor:
    logits: Tensor = model.network(pixels) / model.card.temperature
    return logits


def _ahead(logits: Tensor, alike: Alike) -> Tensor:
    """`(N, K)` logits → `(N,)`, by how much the target, or what looks like it, is ahead of the best other digit."""
    return logits[:, alike].amax(1) - logits[:, ~alike].amax(1)


def _array(pixels: Tensor) -> Digit:
    digit: Digit = pixels[0, 0].numpy().clip(0, 1)
    return digit


def _check(model: Model, digit: Digit, target: int) -> Alike:
    """Tell of each class whether it is the target or looks like it, `(K,)`; raises `ValueError`."""
    if digit.shape != (SIDE, SIDE) or not np.isfinite(digit).all() or digit.min() < 0 or digit.max() > 1:
        raise ValueError(f"found a digit of shape {digit.shape}, expected ({SIDE}, {SIDE}) finite numbers from 0 to 1")
    if target not in range(len(model.card.classes)):
        raise ValueError(f"target: found {target!r}, expected a class from 0 to {len(model.card.classes) - 1}")
    prediction = predict(model, digit)
    if prediction is None:
        raise ValueError("found a blank digit, expected one with ink")
    alike = find_twins(model.card.classes)[target]
    if alike[prediction.digit]:
        is_answer = "is" if prediction.digit == target else "looks like"
        raise ValueError(f"target: found {target}, which {is_answer} the answer already; expected another digit")
    return torch.from_numpy(alike.copy())


def finish(search: Generator[float, None, Found]) -> Found:
    """Run a search to its end and return what it found."""
    while True:
        try:
            next(search)
        except StopIteration as end:
            found: Found = end.value
            return found
