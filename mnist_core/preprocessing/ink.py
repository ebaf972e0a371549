"""Where the ink is in a picture, whatever it was written on.

A photo of a digit shows much that is no ink: light that falls off, a shadow, ruled lines or squares, the edge of the
sheet, what else was written there. Grey and ink are `(H, W)`, 0…1; the ink of one picture is 1.0 where it is full.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.errors import PictureError

Picture = NDArray[np.float32]

WINDOW = 0.4  # of the shorter side; what is darker than all around it is ink if it is narrower, and paper if wider
MIN_PAPER = 0.05
MIN_CONTRAST = 0.1  # of the paper's brightness
MIN_DARKNESS = 0.3  # of the ink's darkness; fainter is what is left of shadows and lines
PHOTO = 100  # pixels a side; smaller pictures have no lines and no noise to take away
CALM_KEEPS = 0.97  # of the ink; a filter against dust and noise that keeps less would break thin lines
MIN_INK = 0.0005  # of the picture; specks of noise cover less
MAX_LINE_THICKNESS = 0.025  # of the longer side
MAX_LINE_SLOPE = 0.1  # pixels down for each to the right
LINE_COVERS = 0.7  # of its way through the picture; the rest may be faint, or covered by ink
LINE_END = 0.06  # of its way, at either end: a line is dark there, the bar of a 7 is not
MIN_LINE_DARKNESS = 0.03  # of the paper's brightness
GAP = 0.01  # of the longer side; a pen that skips this much begins no new part
SOFT_EDGE = 0.04  # of the digit's longer side
SPECK = 0.05  # of the ink of the largest part
MIN_DIGIT_SIDE = 0.12  # of the longer side; a digit is not smaller
AT_RIM = 0.25  # what a part that touches the rim weighs in the question what is ink and what is paper


def find_ink(grey: Picture) -> Picture:
    """Tell ink from paper, dark on light or light on dark: grey → ink; raises `PictureError` for a blank picture."""
    if _ink_is_light(grey):
        grey = 1 - grey
    ink = _darker_than_paper(grey)
    if min(ink.shape) > PHOTO:
        ink = _without_level_lines(_without_level_lines(ink).T).T
    darkness = _share_of_ink(ink, 0.99)
    if darkness < MIN_CONTRAST:
        raise PictureError("Nothing stands out in this picture. Use one with a single dark digit on light paper.")
    ink = _main_parts(ink, MIN_DARKNESS * darkness)
    full: Picture = np.minimum(ink / _share_of_ink(ink, 0.95), 1).astype(np.float32)
    return full


def _ink_is_light(grey: Picture) -> bool:
    """Tell whether more stands out from its surroundings by being lighter than by being darker."""
    factor = max(1, round(min(grey.shape) / 48))
    height, width = (side // factor * factor for side in grey.shape)
    small = grey[:height, :width].reshape(height // factor, factor, width // factor, factor).mean((1, 3))
    relief = small - ndimage.median_filter(small, int(WINDOW * min(small.shape)) | 1)
    threshold = 3 * _spread(relief - np.median(relief))

    def weight(relief: Picture) -> float:
        parts, count = _parts(relief > threshold)
        weights = ndimage.sum_labels(relief - threshold, parts, np.arange(1, count + 1))
        return float((weights * np.where(_touches_rim(parts, count, 1), AT_RIM, 1)).sum())

    return weight(relief) > weight(-relief)


def _darker_than_paper(grey: Picture) -> Picture:
    """Return how much darker each pixel is than the paper there, as a share of the paper's brightness.

    The paper is what a closing leaves: the lightest around, but no lighter than what goes on to the next shadow.
    """
    side = min(grey.shape)
    is_photo = side > PHOTO
    smooth = ndimage.gaussian_filter(grey, side / 400) if is_photo else grey
    paper = ndimage.grey_closing(smooth, size=max(3, int(WINDOW * side)))
    darkness = 1 - grey / np.maximum(paper, MIN_PAPER)
    darkness -= np.median(darkness)
    noise = _spread(darkness)
    ink = np.where(darkness > 4 * noise, darkness, 0)
    if not is_photo:
        return ink
    calm = ndimage.median_filter(darkness, 3)
    calm = np.where(calm > 4 * noise, calm, 0)
    is_thin = calm.sum() < CALM_KEEPS * ink.sum() and (ink > 0).mean() > MIN_INK
    return ink if is_thin else calm


def _without_level_lines(ink: Picture) -> Picture:
    """Take away lines that run through the whole picture from left to right, or nearly so, as on ruled paper.

    For each straight way through the picture, in steps of three pixels at its ends, the darkness that most of it
    reaches is that of a line, where both of its ends are as dark. What is much darker there is ink. A single line is
    left: it may be the bar of a 7 that was cut out closely.
    """
    height, width = ink.shape
    thin = ink - ndimage.grey_opening(ink, size=(round(MAX_LINE_THICKNESS * max(height, width)), 1))
    strip = 4  # pixels; a line is all but level in there
    count = width // strip
    strips = thin[:, : count * strip].reshape(height, count, strip).mean(2)
    strips = ndimage.maximum_filter1d(strips, 3, axis=0)  # no line is quite straight
    row, end = np.arange(height), max(1, round(LINE_END * count))
    of_strips, of_pixels = (np.arange(count) + 0.5) * strip - width / 2, np.arange(width) - width / 2
    lines = np.zeros_like(ink)
    for slope in np.arange(-MAX_LINE_SLOPE, MAX_LINE_SLOPE, 3 / width):
        rows = row[:, None] + np.rint(slope * of_strips).astype(int)
        is_inside = (rows >= 0) & (rows < height)
        along = np.where(is_inside, np.take_along_axis(strips, rows.clip(0, height - 1), 0), np.inf)
        inside = is_inside.sum(1)
        ends = np.minimum(along[:, :end].mean(1), along[:, -end:].mean(1))
        least = np.sort(along, axis=1)[row, (inside * (1 - LINE_COVERS)).astype(int)]
        darkness = np.where((inside > count / 2) & (ends > MIN_LINE_DARKNESS) & (least > MIN_LINE_DARKNESS), least, 0)
        if darkness.any():
            back = row[:, None] - np.rint(slope * of_pixels).astype(int)
            lines = np.maximum(lines, darkness[back.clip(0, height - 1)])
    if ndimage.label(lines[:, width // 2])[1] < 2:
        return ink
    is_ink = ink > (lines + _share_of_ink(ink, 0.995)) / 2
    return np.where((lines == 0) | is_ink, ink, 0)


def _main_parts(ink: Picture, faintest: float) -> Picture:
    """Keep what belongs to the digit: neither specks nor, where something stands free, what comes in from the rim.

    What is faint is kept as the soft edge of what is not.
    """
    side = max(ink.shape)
    gap = round(GAP * side)
    is_strong = ink > faintest
    parts, count = _parts(_grown(is_strong, gap))
    weights = ndimage.sum_labels(ink, parts, np.arange(1, count + 1))
    lengths = np.array([_length(box) for box in ndimage.find_objects(parts)])
    is_free = ~_touches_rim(np.where(is_strong, parts, 0), count, max(1, gap))
    keep = is_free if (is_free & (lengths >= MIN_DIGIT_SIDE * side)).any() else np.ones(count, bool)
    keep = keep & (weights >= SPECK * weights[keep].max())
    is_digit = is_strong & np.concatenate([[False], keep])[parts]
    (box,) = ndimage.find_objects(is_digit.astype(int))
    return np.where(_grown(is_digit, round(SOFT_EDGE * _length(box))), ink, 0)


def _grown(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    grown: NDArray[np.bool_] = ndimage.maximum_filter(mask, size=2 * by + 1)
    return grown


def _length(box: tuple[slice, slice]) -> int:
    return max(int(along.stop - along.start) for along in box)


def _parts(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Number the connected parts from 1 on, and say how many there are."""
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    return parts, count


def _touches_rim(parts: NDArray[np.int32], count: int, rim: int) -> NDArray[np.bool_]:
    """Tell `(count,)` which parts come within so many pixels of the rim."""
    touches = np.zeros(count + 1, bool)
    for edge in (parts[:rim], parts[-rim:], parts[:, :rim], parts[:, -rim:]):
        touches[np.unique(edge)] = True
    return touches[1:]


def _share_of_ink(ink: Picture, share: float) -> float:
    """Return the darkness that this share of the ink does not exceed, 0 where there is none."""
    return float(np.quantile(ink[ink > 0], share)) if ink.any() else 0.0


def _spread(values: Picture) -> float:
    """Estimate the standard deviation around 0 of the most, whatever the others do."""
    return 1.4826 * float(np.median(abs(values)))
