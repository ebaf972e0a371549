"""A sheet, window, canvas or box that lies wholly inside a picture: on a table, on a page, around a digit.

Grey is `(H, W)`, 0…1; a sheet is a mask of the same shape.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.preprocessing.blocks import mean_of_blocks, split_into_blocks, spread_over_blocks
from mnist_core.preprocessing.thresholds import part_in_two

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

SMALL_SIDE = 128  # pixels of the longer side; sheets are looked for at this size
SHEET = (
    0.015,
    0.84,
)  # of the picture, and of the smallest rectangle around it, is a sheet; an oval fills 0.785 of that
BOX = (0.04, 0.89)  # what lines enclose may be paper between ruled lines and a pen
MIN_STANDING_OUT = 0.06  # of full brightness, from what lies along the rim
BORDERS = (1, 3)  # pixels at that size, that may be the edge of a sheet, or the line around it
MAX_SHEETS = 4


def find_sheets(grey: Grey) -> list[Mask]:
    """Return the areas inside a picture that may be a sheet, the largest first, each less two widths of an edge."""
    factor = max(1, round(max(grey.shape) / SMALL_SIDE))
    if min(grey.shape) < 16 * factor:
        return []
    small = mean_of_blocks(grey, factor)
    rim = np.concatenate([small[:2].ravel(), small[-2:].ravel(), small[:, :2].ravel(), small[:, -2:].ravel()])
    away = abs(small - np.median(rim))
    middle = ndimage.median_filter(small, 9)
    line = split_into_blocks(abs(grey - spread_over_blocks(middle, factor, grey.shape)), factor).max((1, 3))
    found: list[tuple[int, Mask]] = []
    tried = ((away, 1.0, SHEET), (away, 0.5, SHEET), (line, 0.7, BOX), (line, 0.3, BOX))
    for values, share, (least, least_filled) in tried:
        filled = ndimage.binary_fill_holes(values > max(share * part_in_two(values).threshold, MIN_STANDING_OUT))
        numbers, count = ndimage.label(ndimage.binary_opening(filled, np.ones((5, 5))))
        touching = {*numbers[0], *numbers[-1], *numbers[:, 0], *numbers[:, -1]}
        areas = np.bincount(numbers.ravel(), minlength=count + 1)
        for number in np.argsort(-areas[1:])[:MAX_SHEETS] + 1:
            blob = numbers == number
            is_inside = number not in touching and areas[number] >= least * blob.size
            is_known = any((blob & other).sum() > 0.8 * max(areas[number], area) for area, other in found)
            if is_inside and not is_known and measure_rectangle(blob)[0] >= least_filled:
                found.append((int(areas[number]), blob))
    largest = sorted(found, key=lambda each: -each[0])[:MAX_SHEETS]
    return [_without_edge(blob, border, factor, grey.shape) for _, blob in largest for border in BORDERS]


def measure_rectangle(blob: Mask) -> tuple[float, float]:
    """Return how much of the smallest rectangle around a blob it fills, 0…1, and how wide that is for its length."""
    rows, columns = np.nonzero(blob & ~ndimage.binary_erosion(blob))
    angles = np.radians(np.arange(0, 90, 3))
    down = np.outer(np.cos(angles), rows) - np.outer(np.sin(angles), columns)
    right = np.outer(np.sin(angles), rows) + np.outer(np.cos(angles), columns)
    sides = np.stack([np.ptp(down, axis=1) + 1, np.ptp(right, axis=1) + 1])
    shorter, longer = np.sort(sides[:, sides.prod(0).argmin()])
    return float(blob.sum() / (shorter * longer)), float(shorter / longer)


def _without_edge(blob: Mask, border: int, factor: int, shape: tuple[int, ...]) -> Mask:
    return spread_over_blocks(ndimage.binary_erosion(blob, np.ones((3, 3)), iterations=border), factor, shape) > 0
