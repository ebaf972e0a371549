"""Which pixels matter to an answer: three ways to ask, each a pure function.

All speak about the same number, the *evidence* for an answer: its logit or, where a rival is named, how far that is
ahead of the rival's. Each returns `(28, 28)`, one number a pixel, positive where ink speaks for the answer. Every
docstring's first two paragraphs are what a visitor reads: what the method does, and what it can and cannot say.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnist_core.data.mnist import SIDE
from mnist_core.model.inference import BATCH_SIZE, Model, as_pixels
from mnist_core.preprocessing.raster import Digit

WINDOW = 4  # pixels a side: wider than a stroke, so that a piece of one disappears
STRIDE = 2  # pixels from one window to the next
POINTS = 64  # on the way from a blank digit


def evidence(model: Model, digits: NDArray[np.float32], answer: int, rival: int | None = None) -> NDArray[np.float32]:
    """Return how strongly digits `(N, 28, 28)` speak for the answer, or for it rather than for a rival → `(N,)`."""
    with torch.inference_mode():
        parts = as_pixels(digits).split(BATCH_SIZE)
        return np.concatenate([_evidence(model, part, answer, rival).numpy() for part in parts])


def saliency(model: Model, digit: Digit, answer: int, rival: int | None = None) -> NDArray[np.float32]:
    """Ask how the evidence would change if a pixel became a little brighter: its slope (gradient).

    It is exact, but only for very small changes: a pixel that matters and is already bright can have no slope at all,
    and neighbouring pixels often disagree. Look at where strong colours gather, not at single pixels.

    Simonyan, Vedaldi and Zisserman 2013, with its sign kept.
    """
    return _slopes(model, as_pixels(digit[None]), answer, rival)[0].numpy()


def integrated_gradients(
    model: Model, digit: Digit, answer: int, rival: int | None = None, *, points: int = POINTS
) -> NDArray[np.float32]:
    """Share the evidence out among the ink: all shares add up to the digit's evidence minus that of an empty square.

    Because they add up, shares can be compared. But it speaks only of the ink that is there: a gap that was left open
    can decide an answer, and no empty pixel ever gets a share.

    Sundararajan, Taly and Yan 2017, along the straight way from a blank digit, its slopes taken at the middles of
    `points` equal pieces.
    """
    shares = (torch.arange(points) + 0.5) / points
    way = as_pixels(digit[None]) * shares[:, None, None, None]
    slopes = torch.cat([_slopes(model, part, answer, rival) for part in way.split(BATCH_SIZE)])
    mean: NDArray[np.float32] = slopes.mean(0).numpy()
    return mean * digit


def occlusion(
    model: Model,
    digit: Digit,
    answer: int,
    rival: int | None = None,
    *,
    window: int = WINDOW,
    stride: int = STRIDE,
) -> NDArray[np.float32]:
    """Cover a small square with black, everywhere in turn, and see how much evidence is lost.

    This is what would really happen if that piece of ink were missing. But a piece can seem unimportant because
    another one is evidence for the same answer, and the network has rarely seen digits with holes.

    Zeiler and Fergus 2014. A pixel gets the mean of the windows that cover it; one that hides no ink changes nothing.
    """
    places = range(0, SIDE - window + 1, stride)
    corners = [(row, column) for row in places for column in places]
    corners = [(row, column) for row, column in corners if digit[row : row + window, column : column + window].any()]
    covered = np.repeat(digit[None], len(corners) + 1, axis=0)
    for image, (row, column) in zip(covered, corners, strict=False):  # the last one is the digit itself
        image[row : row + window, column : column + window] = 0
    found = evidence(model, covered, answer, rival)
    covers = np.zeros(SIDE, np.float32)
    for place in places:
        covers[place : place + window] += 1
    lost = np.zeros((SIDE, SIDE), np.float32)
    for (row, column), loss in zip(corners, found[-1] - found[:-1], strict=True):
        lost[row : row + window, column : column + window] += loss
    return (lost / np.maximum(np.outer(covers, covers), 1)).astype(np.float32)


METHODS = {"Saliency": saliency, "Integrated gradients": integrated_gradients, "Occlusion": occlusion}


def _slopes(model: Model, pixels: Tensor, answer: int, rival: int | None) -> Tensor:
    """Return the gradient of the evidence at each of `(N, 1, 28, 28)` digits → `(N, 28, 28)`."""
    pixels = pixels.clone().requires_grad_()
    with torch.enable_grad():
        (slopes,) = torch.autograd.grad(_evidence(model, pixels, answer, rival).sum(), pixels)
    return slopes[:, 0]


def _evidence(model: Model, pixels: Tensor, answer: int, rival: int | None) -> Tensor:
    logits: Tensor = model.network(pixels)
    return logits[:, answer] - (0 if rival is None else logits[:, rival])
