"""The ink of a row of digits in a picture, in pieces: its connected parts, and what is left of two that touch.

Ink is `(H, W)`, 0…1; `owners` is of the same shape and says which piece a pixel is of: 1 for the first from the left, 0
for none. Lengths are in pixels of the ink.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.preprocessing.pictures import digit_from_ink
from mnist_core.preprocessing.raster import Digit
from mnist_core.preprocessing.segmentation import SMALL, Box, Line, Piece, find_owner, gaps_between, make_line

Ink = NDArray[np.float32]
Owners = NDArray[np.int32]

INKED = 0.4  # of full ink; what is connected by less is apart
CRUMB = 0.22  # of the line's height; a smaller part belongs to the nearest one
WIDE = 1.0  # heights of the line; what is wider may be two digits that touch
LEAST_PART = 0.2  # heights of the line; a cut leaves more on either side
CUTS = 2  # for each height that a part is wide, at most
THROUGH = 0.15  # heights; a cut through ink costs as one where parts overlap by its thickness, and up to this more
SURELY = 1.6  # heights; what is so wide is no single digit, and to cut it costs nothing more


def line_from_ink(ink: Ink) -> tuple[Line, Owners]:
    """Find the pieces of ink, and the groups of them that may be a digit."""
    numbers, count = ndimage.label(ink > INKED, np.ones((3, 3)))
    numbers = _join_small(numbers.astype(np.int32), count)
    boxes = _boxes(numbers)
    height = max(box.height for box in boxes)
    columns = np.arange(ink.shape[1])
    pieces: list[tuple[Box, float]] = []  # and how deep the cut before it is
    owners = np.zeros_like(numbers)
    for number, box in enumerate(boxes, 1):
        part = numbers == number
        cuts = _cuts(part, box, height)
        starts = np.array([at for at, _ in cuts])
        which = np.searchsorted(starts, columns, side="right")
        owners = np.where(part, len(pieces) + 1 + which, owners)
        pieces += zip(_boxes(np.where(part, 1 + which, 0)), [0.0, *(depth for _, depth in cuts)], strict=True)
    order = np.argsort([box.left + box.right for box, _ in pieces], kind="stable")
    rank = np.zeros(len(pieces) + 1, np.int32)
    rank[order + 1] = np.arange(1, len(pieces) + 1)
    in_line = [pieces[index] for index in order]
    gaps = (gaps_between([box for box, _ in in_line]) - [depth for _, depth in in_line[1:]]) / height
    line = make_line([Piece((), box) for box, _ in in_line], gaps.tolist(), height)
    everything, *others = line.groups
    if others and everything.box.width > SURELY * height:
        line = replace(line, groups=tuple(others))
    return line, _spread(rank[owners], ink)


def digits_of(line: Line, ink: Ink, owners: Owners) -> list[Digit]:
    """Return each group of a line as MNIST would show it, `(28, 28)`."""
    return [
        digit_from_ink(np.where((owners > group.first) & (owners <= group.end), ink, np.float32(0)))
        for group in line.groups
    ]


def _boxes(numbers: Owners) -> list[Box]:
    return [
        Box(float(columns.start), float(rows.start), float(columns.stop), float(rows.stop))
        for rows, columns in ndimage.find_objects(numbers)
    ]


def _join_small(numbers: Owners, count: int) -> Owners:
    """Give each crumb, bar, tick or dot to the part that it shares most of its width with, or is next to."""
    boxes = _boxes(numbers)
    height = max(box.height for box in boxes)
    owner = np.arange(count + 1)
    is_small = [box.height < SMALL * height for box in boxes]
    for number, box in enumerate(boxes):
        if not is_small[number]:
            continue
        best = find_owner(number, boxes, is_small)
        if best is not None:
            owner[number + 1] = best + 1
        elif max(box.width, box.height) < CRUMB * height:
            away = [
                np.inf
                if is_small[other]
                else np.hypot(
                    max(of.left - box.right, box.left - of.right, 0), max(of.top - box.bottom, box.top - of.bottom, 0)
                )
                for other, of in enumerate(boxes)
            ]
            owner[number + 1] = int(np.argmin(away)) + 1
    _, renumbered = np.unique(owner, return_inverse=True)  # 0 stays 0
    return renumbered.astype(np.int32)[numbers]


def _cuts(part: NDArray[np.bool_], box: Box, height: float) -> list[tuple[int, float]]:
    """Return where a wide part may be cut, from left to right, and how deep that is; mostly nowhere."""
    if box.width <= WIDE * height:
        return []
    left, right = int(box.left), int(box.right)
    thickness = part[:, left:right].sum(0).astype(np.float64)
    smooth = ndimage.uniform_filter1d(thickness, max(1, round(0.04 * height)))
    room = round(LEAST_PART * height)
    chosen: list[int] = []
    for at in np.argsort(smooth, kind="stable"):
        is_apart = all(thickness[min(at, other) : max(at, other)].any() and abs(at - other) >= room for other in chosen)
        if room <= at <= len(smooth) - room and is_apart:
            chosen.append(int(at))
        if len(chosen) >= CUTS * box.width / height:
            break
    more = THROUGH * height * min(max((SURELY - box.width / height) / (SURELY - WIDE), 0.0), 1.0)
    return [(left + at, float(thickness[at]) + more) for at in sorted(chosen)]


def _spread(owners: Owners, ink: Ink) -> Owners:
    """Let soft edges be of the piece next to them."""
    nearest = ndimage.distance_transform_edt(owners == 0, return_distances=False, return_indices=True)
    spread: Owners = np.where(ink > 0, owners[tuple(nearest)], 0)
    return spread
