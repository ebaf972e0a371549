"""How sure a model may be: its temperature, and the answers that it should not give as a digit's.

Both come from the validation set, as it is and bent: with MNIST's tidy digits alone a network would be too sure of
drawings.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.data.augmentation import augment
from mnist_core.data.mnist import Digits
from mnist_core.model.inference import run_in_batches
from mnist_core.model.prediction import ACCEPTED_SHARE, sum_top_two

BENDING = {"affine": 1.0, "elastic": 1.0}
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0  # ours are from 0.4 to 1.7, and one beyond these mends no network
MIN_VALIDATION_DIGITS = 500  # digits; of fewer, what 99.8 % have or more is only what the oddest one of them has


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a card says of how sure its model may be."""

    temperature: float
    top_two_threshold: float


def calibrate(network: nn.Module, validation: Digits) -> Calibration:
    """Fit the temperature of a network to digits that it has not learnt from, and the least sum of its two best.

    With fewer than `MIN_VALIDATION_DIGITS` neither is: answers stay as they are, and everything is taken for a digit.
    """
    if len(validation) < MIN_VALIDATION_DIGITS:
        return Calibration(temperature=1.0, top_two_threshold=0.0)
    bent = augment(torch.from_numpy(validation.pixels)[:, None], **BENDING, generator=torch.Generator().manual_seed(0))
    tidy = run_in_batches(network, validation.pixels)
    logits = torch.cat([tidy, run_in_batches(network, bent[:, 0].numpy())])
    temperature = fit_temperature(logits, torch.from_numpy(validation.labels).repeat(2))
    sums = sum_top_two((tidy.double() / temperature).softmax(1).numpy())
    return Calibration(temperature, float(torch.from_numpy(sums).quantile(1 - ACCEPTED_SHARE)))


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return what to divide `(N, 10)` logits by so that the mean log-likelihood of `(N,)` labels is highest.

    One number cannot change an answer, only how sure it is (Guo et al. 2017). It is kept within `MIN_TEMPERATURE` and
    `MAX_TEMPERATURE`: where every answer is right the likelihood grows without end as it falls, and it is huge for a
    network that learnt with far too large steps. The loss is convex in its inverse, so that of the allowed ones the
    nearest is the best.
    """
    logits = logits.double()
    logarithm = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logarithm], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = functional.cross_entropy(logits / logarithm.exp(), labels)
        value.backward()
        return value

    optimizer.step(loss)
    return min(max(float(logarithm.detach().exp()), MIN_TEMPERATURE), MAX_TEMPERATURE)
