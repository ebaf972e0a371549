"""How much darker than the paper each pixel of a picture is, whatever light fell on it.

Grey and darkness are `(H, W)`, 0…1; so is what shows light ink, once its grey is turned over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.preprocessing.blocks import mean_of_blocks
from mnist_core.preprocessing.thresholds import part_in_two

Picture = NDArray[np.float32]
Mask = NDArray[np.bool_]

WINDOW = 0.4  # of the shorter side; what is darker than all around it is ink if it is narrower, and paper if wider
MIN_PAPER = 0.05
MIN_CONTRAST = 0.02  # of the paper's brightness
PHOTO = 100  # pixels a side; smaller pictures have no lines and no noise to take away
NOISES = 8.0  # ink is so many times as dark as the noise of the paper
APART = 3.3  # times the spread of the paper; ink is so much darker where the two are plainly apart


@dataclass(frozen=True, slots=True)
class Relief:
    """How much darker than the paper each pixel is, a share of its brightness, and how steep the grey is."""

    darkness: Picture
    edges: Picture  # how steep the grey is, a pixel
    grey: Picture
    brightness: Picture  # of the paper
    threshold: float  # less is noise
    contrast: float  # times that is the least darkness of ink
    sheet: Mask
    is_text: bool = False  # letters in a row may be the ink


def darker_than_paper(grey: Picture, sheet: Mask, contrast: float, *, is_text: bool = False) -> Relief:
    """Return how much darker each pixel is than the paper there, as a share of its brightness.

    The paper is what a closing leaves: the lightest around, but no lighter than what goes on to the next shadow.
    """
    side = min(grey.shape)
    is_photo = side > PHOTO
    edges = edges_of(grey)
    light = _light(grey) if is_photo else np.float32(1)
    paper = ndimage.grey_closing(grey / light, size=max(3, int(WINDOW * side)))
    brightness = light * np.maximum(paper, MIN_PAPER)
    darkness = 1 - grey / brightness
    darkness -= np.median(darkness)
    noise = _noise(darkness) if is_photo else 0.0
    threshold = max(min(NOISES * noise, _level_between(darkness)), MIN_CONTRAST)
    darkness = np.where(sheet, darkness, 0).astype(np.float32)
    return Relief(darkness, edges, grey, brightness, threshold, contrast, sheet, is_text)


def _level_between(darkness: Picture) -> float:
    """Return the level midway between paper and ink where the two are plainly apart, else infinity."""
    if np.ptp(darkness) < MIN_CONTRAST:
        return np.inf
    parting = part_in_two(darkness)
    spread = float(darkness[darkness <= parting.threshold].std())
    return (parting.low + parting.high) / 2 if parting.high - parting.low > APART * spread else np.inf


def edges_of(grey: Picture) -> Picture:
    """Return how steep the grey is, a pixel, beyond what noise makes of it."""
    edges = np.hypot(*np.gradient(grey)).astype(np.float32)
    beyond: Picture = np.maximum(edges - 2.5 * np.quantile(edges, 0.25), 0)
    return beyond


def _noise(darkness: Picture) -> float:
    """Estimate the standard deviation of the noise where paper is: where it is calm, by what is lighter than most."""
    rows, columns = (np.array_split(np.arange(side), 6) for side in darkness.shape)
    tiles = [darkness[row[0] : row[-1] + 1, column[0] : column[-1] + 1] for row in rows for column in columns]
    levels = [np.quantile(tile, (0.05, 0.25)) for tile in tiles]
    return float(np.quantile([(middle - light) / 0.97 for light, middle in levels], 0.25))


def _light(grey: Picture) -> Picture:
    """Estimate how the light falls, about 1: a smooth surface through most of the picture."""
    factor = max(1, round(min(grey.shape) / 32))
    small = np.log(np.maximum(mean_of_blocks(grey, factor), MIN_PAPER))

    def terms(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        y, x = rows[:, None], columns[None, :]
        one = np.ones((len(rows), len(columns)))
        return [one, one * y, one * x, one * y * y, y * x, one * x * x]

    basis = np.stack(
        [term.ravel() for term in terms(np.linspace(-1, 1, small.shape[0]), np.linspace(-1, 1, small.shape[1]))], 1
    )
    values = small.ravel()
    weights = np.ones(len(values))
    for _ in range(8):
        scaled = basis * weights[:, None]
        surface = np.linalg.lstsq(scaled.T @ basis, scaled.T @ values, rcond=None)[0]
        away = abs(values - basis @ surface)
        weights = 1 / np.maximum(away, max(0.01, float(np.median(away)) / 2))
    surface[0] = 0
    full = terms(np.linspace(-1, 1, grey.shape[0]), np.linspace(-1, 1, grey.shape[1]))
    light = sum(factor * term for factor, term in zip(surface[1:], full[1:], strict=True))
    even: Picture = np.exp(light - np.mean(light)).astype(np.float32)
    return even
