"""How sure a model may be: its temperature, and the answers that it should not give as a digit's.

Both come from the validation set, as it is and bent: with MNIST's tidy digits alone a network would be too sure of
drawings, and what it refuses would hang on the ten oddest of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose

import torch
from torch import Tensor, nn

from mnist_core.alphabets import DIGITS
from mnist_core.data.augmentation import augment
from mnist_core.data.mnist import Digits
from mnist_core.model.inference import run_in_batches
from mnist_core.model.prediction import ACCEPTED_SHARE, sum_top_two

BENDING = {"affine": 1.0, "elastic": 1.0}
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0  # ours are from 0.4 to 1.7, and one beyond these mends no network
PRECISION, MAX_STEPS = 1e-9, 100  # Newton's steps are seven or so
MIN_VALIDATION_DIGITS = 500  # digits; of fewer, what 99.8 % have or more is only what the oddest one of them has


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a card says of how sure its model may be."""

    temperature: float
    top_two_threshold: float


def calibrate(network: nn.Module, validation: Digits, classes: tuple[str, ...] = DIGITS) -> Calibration:
    """Fit the temperature of a network to digits that it has not learnt from, and the least sum of its two best.

    With fewer than `MIN_VALIDATION_DIGITS` neither is: answers stay as they are, and everything is taken for a digit.
    """
    if len(validation) < MIN_VALIDATION_DIGITS:
        return Calibration(temperature=1.0, top_two_threshold=0.0)
    bent = augment(torch.from_numpy(validation.pixels)[:, None], **BENDING, generator=torch.Generator().manual_seed(0))
    logits = torch.cat([run_in_batches(network, digits) for digits in (validation.pixels, bent[:, 0].numpy())])
    temperature = fit_temperature(logits, torch.from_numpy(validation.labels).repeat(2))
    sums = sum_top_two((logits.double() / temperature).softmax(1).numpy(), classes)
    return Calibration(temperature, float(torch.from_numpy(sums).quantile(1 - ACCEPTED_SHARE)))


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return what to divide `(N, K)` logits by so that the mean log-likelihood of `(N,)` labels is highest.

    One number cannot change an answer, only how sure it is (Guo et al. 2017). It is kept within `MIN_TEMPERATURE` and
    `MAX_TEMPERATURE`: where every answer is right the likelihood grows without end as it falls, and it is huge for a
    network that learnt with far too large steps. The loss is convex in its inverse: Newton's steps find the best one,
    and where one leads too far, half of what is left is taken. An optimizer of `torch.optim` would import torch's
    compiler, for a second.
    """
    logits = logits.double()
    leads = logits - logits.gather(1, labels[:, None])  # of each digit over the label's

    def derivatives(inverse: float) -> tuple[float, float]:
        """Return the slope of the loss there and how it changes."""
        shares = (leads * inverse).softmax(1)
        means = (shares * leads).sum(1)
        return float(means.mean()), float(((shares * leads**2).sum(1) - means**2).mean())

    low, high, inverse = 1 / MAX_TEMPERATURE, 1 / MIN_TEMPERATURE, 1.0
    if not derivatives(low)[0] < 0:
        return MAX_TEMPERATURE
    if not derivatives(high)[0] > 0:
        return MIN_TEMPERATURE
    for _ in range(MAX_STEPS):
        slope, change = derivatives(inverse)
        low, high = (inverse, high) if slope < 0 else (low, inverse)
        before, inverse = inverse, inverse - slope / change if change > 0 else 0.0
        if not low <= inverse <= high:
            inverse = (low + high) / 2
        if isclose(inverse, before, rel_tol=PRECISION):
            break
    return 1 / inverse
