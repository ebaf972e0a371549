"""Where the ink of a digit is in a picture, whatever it was written on.

A photo of a digit shows much that is no ink: light that falls off, a shadow, ruled lines or squares, the edge of the
sheet, what else was written there. Grey and ink are `(H, W)`, 0…1; the ink of one picture is 1.0 where it is full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.errors import PictureError
from mnist_core.preprocessing.blocks import mean_of_blocks, spread_over_blocks
from mnist_core.preprocessing.relief import PHOTO, WINDOW, Mask, Picture, Relief, darker_than_paper, edges_of
from mnist_core.preprocessing.sheets import measure_rectangle

SMOOTHING = 0.8  # pixels; against noise, where ink is looked for
MIN_DARKNESS = 0.3  # of the ink's darkness; fainter is what is left of shadows and lines
OPENINGS = (0, 2, 3, 5)  # pixels; the pen is parted from lines that are thinner
CONTRAST, CONTRAST_OF_OTHER = 1.3, 3.0  # times as dark as noise is ink; more, where it is not what stands out most
CONTRAST_OF_LINE = 2.5  # times; what lies beside an edge is straight, too
DISTINCT = 1.35  # times as dark as what it is parted from is another pen
THICKER = 1.5  # times as thick is, too
MAX_STROKES = 7  # times its length is the way of the pen; that of lines or a net is longer
THIN = 0.1  # as thick as long, or less, is a straight line
RUNS_ON = 0.2  # of its darkness
AMONG_LINES = 2  # times as long at least is a digit that is parted from lines: bits of them are not
AT_RIM = 0.25  # what a part that touches the rim weighs in the question what is ink and what is paper
RIM = 0.004  # of the longer side; what comes so near to the rim touches it
GAP = 0.01  # of the longer side; a pen that skips this much begins no new part
SOFT_EDGE = 0.04  # of the digit's longer side
SPECK = 0.05  # of the ink of the largest part
MIN_DIGIT_SIDE = 0.045  # of the longer side; a digit is not smaller
MAX_CONTACT = 0.5  # of a part's length may lie along the rim; more, and it is a strip, a corner or a shadow
BETTER = 1.05  # times as much stands out; less is no reason to take away more
STEEPEST = 1.4  # pixels from full to none; steeper is the edge of something that stands out more, beside it
MIN_BLUR = 5.0  # pixels; a thin line is never sharper
MAX_BLUR = 0.3  # of a part's length; what takes longer from full to none is a shadow
SHARP, SHARP_IF_THIN = 0.75, 0.65  # of the contour is as sharp as that
THIN_STROKE = 6  # pixels; noise makes the edges of thinner ones less sharp
NEAR = 0.35  # of the digit's length; a part further away is something else, if it is small
SOLID = 0.85  # of the smallest rectangle around it is filled by a sheet or a block; strokes leave gaps
BLOB = 0.16  # as thick as long, or more
MAX_SOLID_STROKE = 0.45  # as wide as long; a 1 of a thick pen is narrower
SMALL = 0.35  # of the digit's length: letters, labels, dust
TOUCHING = 0.04  # of the digit's length; a small part further away is something else
SAME = 0.6  # of the digit's darkness; fainter is another pen
MAX_ONE = 0.6  # as wide as high is a picture that was cut out close to a 1
STRAIGHT = 0.35  # as thick as long, or less
WHOLE = 0.85  # of the picture's width and height: it was cut out close to the digit
AS_HIGH = (0.45, 2.2)  # times as high as one digit is the next one in a row
IN_LINE = 0.45  # of the lower one's height: so much of it lies beside the other
BESIDE = 1.6  # heights; what is further away is of another row
AS_THICK = 2.2  # times as thick, or as thin, is another pen
HIGHEST = 0.8  # of a digit's darkness; it would fall apart above
OPEN_PEN, OPEN_SHARE = 3.0, 0.4  # times as thick as a stroke, of the shorter side of a digit, is no stroke but a shadow
HIDING = 0.25  # of what a digit stands out is what may have another one in it
CLOSE = 0.7  # of the picture's height: it was cut out close to the row, whose digits may touch the rim

NOTHING = "Nothing stands out in this picture. Use one with a single dark digit on light paper."


@dataclass(frozen=True, slots=True)
class Ink:
    """What is darker than the paper, or lighter, and what of it is the digit's; `(H, W)`, 0…1."""

    darkness: Picture
    ink: Picture
    is_free: bool  # of the rim
    row: Picture  # of the digit and of all others that stand beside it
    column: Picture | None = None  # of the digit and of those above and below, where none stands beside it


@dataclass(frozen=True, slots=True)
class _Digit:
    """Where a digit is, and how much it stands out: the sum of the edges along its contour."""

    weight: float
    mask: Mask
    is_free: bool = True  # of the rim
    lines: float = 0.0  # how dark the lines are that it was parted from
    opening: int = 0  # pixels; lines that are thinner had to go
    level: float = 0.0  # of darkness, above which it was found

    @property
    def is_blob(self) -> bool:
        """Whether it is thick for its length."""
        thickness = 2 * self.mask.sum() / max(int((self.mask & ~ndimage.binary_erosion(self.mask)).sum()), 1)
        return bool(thickness > BLOB * max(_extent(self.mask)))

    def is_rather_it_than(self, other: _Digit) -> bool:
        """Tell whether another is only what this one encloses, or stands out much less."""
        rows, columns = (np.flatnonzero(self.mask.any(axis)) for axis in (1, 0))
        inside = other.mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        is_around = inside.sum() > 0.95 * other.mask.sum()
        return bool(self.weight > (1 if is_around else 2) * other.weight)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Connected parts of a picture, one entry each, but for `numbers`: 0 where there is none, else from 1 on."""

    numbers: NDArray[np.int32]
    weights: NDArray[np.float64]  # how much they stand out: the sum of the edges along their contour
    boxes: NDArray[np.int64]  # (top, bottom, left, right)
    contacts: NDArray[np.float64]  # pixels along the rim

    @property
    def lengths(self) -> NDArray[np.int64]:
        boxes = self.boxes
        lengths: NDArray[np.int64] = np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2])
        return lengths

    def mask(self, chosen: NDArray[np.bool_]) -> Mask:
        """Return where the chosen parts are."""
        return np.concatenate([[False], chosen])[self.numbers]


def find_ink(grey: Picture, sheet: Mask | None = None, *, of_row: bool = False, is_text: bool = False) -> Ink:
    """Tell ink from paper, dark on light or light on dark; raises `PictureError` for a blank picture.

    Only what lies on the sheet is looked at, all of the picture where none is given. Without `of_row` the row is the
    digit. Characters in a row that nearly touch are no digit, unless `is_text` says that they may be.
    """
    sheet = np.ones(grey.shape, bool) if sheet is None else sheet
    smooth = ndimage.gaussian_filter(grey, SMOOTHING) if min(grey.shape) > PHOTO else grey
    dark, light = _weigh(smooth, sheet)
    ways = (1 - smooth, smooth) if light > dark else (smooth, 1 - smooth)
    found = _find_in(ways[0], sheet, CONTRAST, is_text)
    if found is None or found[1].is_blob or found[1].weight < min(dark, light) / 2:
        other = _find_in(ways[1], sheet, CONTRAST_OF_OTHER, is_text)
        found = other if other and (found is None or other[1].is_rather_it_than(found[1])) else found
    if found is None:
        raise PictureError(NOTHING)
    relief, digit = found
    darkness = relief.darkness
    ink = _finish(digit, darkness, digit.mask)
    row = column = None
    if of_row:
        flat = _without_shadows(relief, digit)
        row, column = _find_row(digit, flat)
        if is_text and row is None and column is None and not _is_text(_cropped(digit.mask)):
            raise PictureError(NOTHING)
    return Ink(
        np.clip(darkness / darkness.max(), 0, 1),
        ink,
        digit.is_free,
        ink if row is None else _finish(digit, flat.darkness, row),
        None if row is not None or column is None else _finish(digit, flat.darkness, column),
    )


def _find_in(grey: Picture, sheet: Mask, contrast: float, is_text: bool) -> tuple[Relief, _Digit] | None:
    relief = darker_than_paper(grey, sheet, contrast, is_text=is_text)
    digit = _find_digit(relief)
    return (relief, digit) if digit else None


def _weigh(grey: Picture, sheet: Mask) -> tuple[float, float]:
    """Return how much stands out from its surroundings by being darker, and by being lighter."""
    factor = max(1, round(min(grey.shape) / 48))
    small = mean_of_blocks(grey, factor)
    middle = ndimage.median_filter(small, int(WINDOW * min(small.shape)) | 1)
    away = np.where(sheet, grey - spread_over_blocks(middle, factor, grey.shape), 0)
    threshold = 3 * 1.4826 * float(np.median(abs(small - middle))) + 0.01  # three standard deviations of the most
    edges = edges_of(grey)
    rim = _rim(sheet)

    def weight(mask: Mask) -> float:
        parts = _parts(mask, 0, edges, rim)
        is_free = (parts.contacts == 0) | _are_whole(parts.boxes, np.array(_extent(sheet)))
        return float((parts.weights * np.where(is_free, 1, AT_RIM)).sum())

    return weight(away < -threshold), weight(away > threshold)


def _find_digit(relief: Relief) -> _Digit | None:
    """Return the digit that stands out most, or None where nothing does."""
    darkness, rim = relief.darkness, _rim(relief.sheet)
    size = np.array(_extent(relief.sheet))
    least = MIN_DIGIT_SIDE * size.max()
    is_photo = min(darkness.shape) > PHOTO
    gap = round(GAP * max(darkness.shape)) // 2 if is_photo else 0
    low = darkness > relief.threshold
    lowest = _parts(low, gap, relief.edges, rim)
    best: _Digit | None = None
    for steps, (opening, level, mask) in enumerate(_ladder(darkness, relief.threshold)):
        if opening and best is not None:
            break
        parts = _parts(mask, gap, relief.edges, rim) if steps else lowest
        free = (parts.contacts == 0) & (parts.lengths >= (AMONG_LINES if steps and not relief.is_text else 1) * least)
        for number in np.flatnonzero(free)[np.argsort(-parts.weights[free])][:3]:
            if best is not None and parts.weights[number] <= BETTER * best.weight:
                break
            digit = (
                _take_digit(mask, parts, number, relief)
                if not steps
                else _part_from_lines(mask, parts, number, relief, low, gap, rim, is_opened=opening > 0)
            )
            if digit and (best is None or digit.weight > BETTER * best.weight):
                best = digit if digit.lines else replace(digit, opening=opening, level=level)
        if not is_photo or (best is not None and not steps and not _has_lines(lowest, best.weight)):
            break
    return best or _cut_digit(lowest, low, relief, size)


def _ladder(darkness: Picture, threshold: float) -> Iterator[tuple[int, float, Mask]]:
    """Yield what is ink by higher and higher thresholds, with no lines gone, then with thicker and thicker."""
    for size in OPENINGS:
        opened = ndimage.grey_opening(darkness, size=(size, size)) if size else darkness
        is_ink = opened > threshold
        if not is_ink.any():
            return
        highest = float(np.quantile(opened[is_ink], 0.98))
        for level in np.geomspace(threshold, max(0.8 * highest, threshold), 4 if size else 6):
            yield size, float(level), opened > level


def _has_lines(parts: _Parts, weight: float) -> bool:
    """Tell whether what touches the rim, and does not lie along it, may hide a digit."""
    return bool(
        (parts.weights[(parts.contacts > 0) & (parts.contacts < MAX_CONTACT * parts.lengths)] > weight / 2).any()
    )


def _without_shadows(relief: Relief, digit: _Digit) -> Relief:
    """Return a relief in which what is wide for the strokes of a digit is paper."""
    _, thickness = _pen_of(digit.mask, relief)
    window = round(max(OPEN_PEN * thickness, OPEN_SHARE * min(_extent(digit.mask)))) | 1
    wide = ndimage.grey_opening(relief.darkness, size=(window, window))
    return replace(relief, darkness=relief.darkness - wide)


def _find_row(digit: _Digit, relief: Relief) -> tuple[Mask | None, Mask | None]:
    """Return a digit and all that stand beside it, and it and all above and below it; None where none does.

    A digit further on may touch a ruled line that this one does not, so each threshold is tried.
    """
    darkness, rim = relief.darkness, _rim(relief.sheet)
    gap = round(GAP * max(darkness.shape)) // 2 if min(darkness.shape) > PHOTO else 0
    if digit.opening:
        darkness = ndimage.grey_opening(darkness, size=(digit.opening, digit.opening))
    full = float(np.quantile(darkness[digit.mask], 0.75))
    best: list[Mask | None] = [None, None]
    most = [0.0, 0.0]
    lowest = max(digit.level, relief.threshold)
    for level in np.geomspace(lowest, max(HIGHEST * full, lowest), 6):
        mask = darkness > level
        parts = _parts(mask, gap, relief.edges, rim)
        at_digit = np.bincount(parts.numbers[digit.mask & mask], minlength=len(parts.weights) + 1)[1:]
        if not at_digit.any():
            break
        for axis in (0, 1):
            members = _members_of_row(int(at_digit.argmax()), mask, parts, relief, digit, axis)
            weight = float(parts.weights[members].sum())
            if len(members) > 1 and weight > BETTER * most[axis]:
                row = mask & np.isin(parts.numbers, np.array(members) + 1)
                for number in members:
                    row |= _belonging(row, mask, parts, number, relief, is_near=True)
                best[axis], most[axis] = row, weight
        is_joined = at_digit.max() < 0.7 * (parts.numbers == at_digit.argmax() + 1).sum()
        if not is_joined and not (parts.weights[parts.contacts > 0] > HIDING * digit.weight).any():
            break
    return best[0], best[1]


def _members_of_row(first: int, mask: Mask, parts: _Parts, relief: Relief, digit: _Digit, axis: int) -> list[int]:
    """Return the numbers of the parts that stand in a row with one, and are ink of the same pen."""
    tops, bottoms, lefts, rights = parts.boxes.T if axis == 0 else parts.boxes[:, [2, 3, 0, 1]].T
    heights = bottoms - tops
    extent = relief.sheet.shape[axis]
    may_touch = not digit.is_free or heights >= CLOSE * extent
    free = (parts.contacts == 0) | (may_touch & (parts.contacts < MAX_CONTACT * parts.lengths))
    candidates = free & (heights >= AS_HIGH[0] * heights[first]) & (heights <= AS_HIGH[1] * heights[first])
    members, waiting = [first], [first]
    candidates[first] = False
    if not candidates.any():
        return members
    full, thick = _pen_of(mask & (parts.numbers == first + 1), relief)
    while waiting:
        one = waiting.pop()
        shared = np.minimum(bottoms, bottoms[one]) - np.maximum(tops, tops[one])
        apart = np.maximum(lefts, lefts[one]) - np.minimum(rights, rights[one])
        beside = shared >= IN_LINE * np.minimum(heights, heights[one])
        for number in np.flatnonzero(candidates & beside & (apart < BESIDE * heights[first])):
            candidates[number] = False
            part = mask & (parts.numbers == number + 1)
            dark, wide = _pen_of(part, relief)
            is_same = SAME * full < dark < full / SAME and thick / AS_THICK < wide < thick * AS_THICK
            if is_same and _is_ink(part, relief, is_in_row=True):
                members.append(int(number))
                waiting.append(int(number))
    return members


def _pen_of(part: Mask, relief: Relief) -> tuple[float, float]:
    """Return how dark the ink of a part is, and how thick."""
    full = float(np.quantile(relief.darkness[part], 0.75))
    core = part & (relief.darkness > full / 2)
    return full, 2 * core.sum() / max(int((core & _contour(core)).sum()), 1)


def _is_ink(part: Mask, relief: Relief, *, is_in_row: bool = False) -> bool:
    """Tell whether a part may be a digit: with edges all around, which a shadow has not, and no net of lines."""
    rows, columns = (np.flatnonzero(part.any(axis)) for axis in (1, 0))
    length = max(np.ptp(rows), np.ptp(columns)) + 1
    around = (slice(max(rows[0] - 2, 0), rows[-1] + 3), slice(max(columns[0] - 2, 0), columns[-1] + 3))
    inside, darkness = part[around], relief.darkness[around]
    full = float(np.quantile(darkness[inside], 0.9))
    if not is_in_row and full < (CONTRAST_OF_LINE if _is_straight(part) else relief.contrast) * relief.threshold:
        return False
    core = inside & (darkness > full / 2)
    if not is_in_row and not _is_sharp(core, relief, around, full, int(length)):
        return False
    if int((inside & ~ndimage.binary_erosion(inside)).sum()) > 2 * MAX_STROKES * length:
        return False
    if core.sum() > core.size / 3:
        filled, width = measure_rectangle(core)
        if filled > SOLID and width > MAX_SOLID_STROKE:
            return False
    return (is_in_row or relief.is_text or not _is_text(core)) and not _runs_on(part, relief)


def _is_sharp(core: Mask, relief: Relief, around: tuple[slice, slice], full: float, length: int) -> bool:
    """Tell whether most of the contour of a part is as steep as that of a pen, and not as beside an edge."""
    contour = _contour(core) & relief.sheet[around]
    thickness = 2 * core.sum() / max(int((core & contour).sum()), 1)
    edges = relief.edges[around]
    if thickness > THIN_STROKE:
        edges = np.hypot(*np.gradient(ndimage.gaussian_filter(relief.grey[around], min(thickness / 5, 4))))
    blur = full * relief.brightness[around][contour] / np.maximum(edges[contour], 1e-6)  # pixels from full to none
    widest = max(MIN_BLUR, min(MAX_BLUR * length, 2 * thickness))
    share = SHARP if thickness > THIN_STROKE else SHARP_IF_THIN
    return bool(np.median(blur) >= STEEPEST and np.quantile(blur, share) <= widest)


def _is_text(part: Mask) -> bool:
    """Tell whether a part is letters in a row: at least three, each much lower than the row is long."""
    numbers, count = ndimage.label(part, np.ones((3, 3)))
    if count < 3:
        return False
    boxes = np.array([(rows.start, rows.stop) for rows, _ in ndimage.find_objects(numbers)])
    heights = boxes[:, 1] - boxes[:, 0]
    is_letter = heights > heights.max() / 2
    middles = boxes[is_letter].mean(1)
    return bool(is_letter.sum() >= 3 and heights.max() < part.shape[1] / 2 and np.ptp(middles) < heights.max())


def _runs_on(part: Mask, relief: Relief) -> bool:
    """Tell whether a part is a straight piece of a line that runs on, fainter, on both sides."""
    rows, columns = np.nonzero(part)
    middle = np.array([rows.mean(), columns.mean()])
    points = np.stack([rows, columns], 1) - middle
    variance, axes = np.linalg.eigh(points.T @ points / len(points))
    if variance[0] > THIN**2 * variance[1]:
        return False
    along, aside = axes[:, 1], axes[:, 0]
    reach, width = abs(points @ along).max(), np.sqrt(12 * variance[0]) + 2
    full = float(np.quantile(relief.darkness[part], 0.75))
    beyond = reach + np.arange(0.1 * reach, 0.4 * reach + 1)
    for sign in (-1, 1):
        at, left, right = (middle + sign * beyond[:, None] * along + off * width * aside for off in (0, -1.5, 1.5))
        dark, *others = (
            ndimage.map_coordinates(relief.darkness, place.T, order=1, mode="constant") for place in (at, left, right)
        )
        if dark.mean() - max(other.mean() for other in others) < RUNS_ON * full:
            return False
    return True


def _take_digit(mask: Mask, parts: _Parts, number: int, relief: Relief) -> _Digit | None:
    """Return a part with what belongs to it, or None where it cannot be a digit."""
    part = mask & (parts.numbers == number + 1)
    if not _is_ink(part, relief):
        return None
    return _Digit(float(parts.weights[number]), part | _belonging(part, mask, parts, number, relief))


def _part_from_lines(
    mask: Mask, parts: _Parts, number: int, relief: Relief, low: Mask, gap: int, rim: Mask, *, is_opened: bool
) -> _Digit | None:
    """Return the digit that a part is a piece of, where its pen is another than that of all it was parted from."""
    darkness = relief.darkness
    part = mask & (parts.numbers == number + 1)
    ridge = low & (darkness >= ndimage.maximum_filter(darkness, size=3))
    is_thin = ndimage.uniform_filter(darkness, 5) < 0.98 * darkness  # and no dark area
    seen, apart = ridge & _grown(part, 1), ridge & is_thin & ~_grown(part, 4)
    near = apart & _grown(part, 10)
    if not seen.any() or not apart.any():
        return None
    dark = float(np.median(darkness[seen]))
    lines = max(float(np.median(darkness[other])) for other in (apart, near) if other.any())
    if dark > DISTINCT * lines:
        level = (dark + lines) / 2
        mask = darkness > level
        parts = _parts(mask, gap, relief.edges, rim)
        weights = np.bincount(parts.numbers[part], minlength=len(parts.weights) + 1)[1:]
        number = int(weights.argmax()) if weights.size else 0
        if not weights.any() or parts.contacts[number]:
            return None
        digit = _take_digit(mask, parts, number, relief)
        return digit and replace(digit, lines=lines, level=level)
    if is_opened:
        depth = ndimage.distance_transform_edt(low)
        thick = float(np.median(depth[seen]))
        if thick > THICKER * max(float(np.median(depth[other])) for other in (apart, near) if other.any()):
            return _take_digit(mask, parts, number, relief)
    return None


def _belonging(part: Mask, mask: Mask, parts: _Parts, number: int, relief: Relief, *, is_near: bool = False) -> Mask:
    """Return what belongs to the largest part: free, as dark, no speck, and not far away, however large it is."""
    top, bottom, left, right = parts.boxes[number]
    apart = np.maximum(
        np.maximum(parts.boxes[:, 0] - bottom, top - parts.boxes[:, 1]),
        np.maximum(parts.boxes[:, 2] - right, left - parts.boxes[:, 3]),
    )
    chosen = (parts.contacts == 0) & (parts.weights >= SPECK * parts.weights[number])
    is_small = parts.lengths < SMALL * parts.lengths[number]
    chosen &= apart < np.where(is_small, TOUCHING, NEAR) * parts.lengths[number]
    if is_near:
        chosen &= is_small
    else:
        chosen |= (parts.contacts == 0) & (parts.weights > parts.weights[number] / 2)
    chosen[number] = False
    if not chosen.any():
        return np.zeros_like(mask)
    full = float(np.quantile(relief.darkness[part], 0.75))
    for other in np.flatnonzero(chosen):
        there = mask & (parts.numbers == other + 1)
        if np.quantile(relief.darkness[there], 0.75) < SAME * full or _is_text(
            _cropped(there & (relief.darkness > full / 2))
        ):
            chosen[other] = False
    return mask & parts.mask(chosen)


def _cut_digit(parts: _Parts, low: Mask, relief: Relief, size: NDArray[np.int64]) -> _Digit | None:
    """Return the digit that touches the rim, as where a picture was cut out close to it, or None."""
    is_photo = min(low.shape) > PHOTO
    for number in np.argsort(-parts.weights):
        if not parts.contacts[number]:
            continue
        part = low & (parts.numbers == number + 1)
        alike = (parts.contacts > 0) & (parts.weights > parts.weights[number] / 2)
        if alike.sum() > 1 and _is_straight(part):  # stripes
            continue
        box = parts.boxes[number]
        is_whole = bool(_are_whole(box, size))
        is_wide = size.min() > MAX_ONE * size.max()
        if is_photo and _is_upright_stroke(part, relief, is_whole=is_whole):
            return _Digit(float(parts.weights[number]), part, is_free=False)
        if is_photo and not is_whole and parts.contacts[number] > MAX_CONTACT * parts.lengths[number]:
            continue
        if is_photo and (not is_whole or is_wide) and _is_straight(part):
            continue
        if _is_ink(part, relief):
            return _Digit(float(parts.weights[number]), part, is_free=False)
    return None


def _are_whole(boxes: NDArray[np.int64], size: NDArray[np.int64]) -> Mask:
    """Tell which boxes `(…, 4)` are about as large as the picture."""
    return np.asarray((boxes[..., 1::2] - boxes[..., ::2] >= WHOLE * size).all(-1))


def _is_upright_stroke(part: Mask, relief: Relief, *, is_whole: bool) -> bool:
    """Tell whether a part is a stroke of a pen, thick and sharp, from top to bottom: a 1, and no fold or margin."""
    rows, columns = np.nonzero(part)
    along = np.polyfit(rows, columns, 1)[0] if np.ptp(rows) else np.inf
    length = np.ptp(rows) + 1
    full = float(np.quantile(relief.darkness[part], 0.9))
    core = part & (relief.darkness > full / 2)
    thickness = core.sum() / length
    contour = _contour(core)
    blur = full * relief.brightness[contour] / np.maximum(relief.edges[contour], 1e-6)
    away = abs(columns.mean() / part.shape[1] - 0.5)
    return bool(
        abs(along) < 0.7
        and away < 0.25
        and 0.018 * length < thickness < 0.2 * length
        and (np.median(blur) < max(3, 0.4 * thickness) or (is_whole and np.quantile(blur, SHARP) < thickness))
        and _is_straight(part)
    )


def _is_straight(part: Mask) -> bool:
    """Tell whether a part is a straight line, a fold or a strip."""
    rows, columns = np.nonzero(part)
    points = np.stack([rows, columns], 1) - [rows.mean(), columns.mean()]
    variance = np.linalg.eigvalsh(points.T @ points / len(points))
    return bool(variance[0] < STRAIGHT**2 * variance[1])


def _finish(digit: _Digit, darkness: Picture, mask: Mask) -> Picture:
    """Return the ink of a digit, or of a row with it, with its soft edges."""
    full = float(np.quantile(darkness[digit.mask], 0.97))
    chosen = mask & (darkness > MIN_DARKNESS * full)
    length = max(_extent(digit.mask & (darkness > MIN_DARKNESS * full)))
    near = _grown(chosen, max(1, round(SOFT_EDGE * length)))
    soft = (darkness - digit.lines) / (full - digit.lines)
    ink: Picture = np.where(near, np.where(chosen, darkness / full, soft).clip(0, 1), 0).astype(np.float32)
    return ink


def _parts(mask: Mask, gap: int, edges: Picture, rim: Mask) -> _Parts:
    """Return the connected parts of a mask; what is no more than a gap apart is one."""
    grown = _grown(mask, gap)
    numbers, count = ndimage.label(grown, np.ones((3, 3)))
    numbers = np.where(mask, numbers, 0)
    outside = ndimage.maximum_filter(numbers, size=3)
    contour = (outside > 0) & ~ndimage.binary_erosion(mask)
    weights = np.asarray(np.bincount(outside[contour], edges[contour], count + 1)[1:], np.float64)
    contacts = np.asarray(np.bincount(numbers[rim], minlength=count + 1)[1:] / _rim_width(mask.shape), np.float64)
    boxes = np.array(
        [(rows.start, rows.stop, columns.start, columns.stop) for rows, columns in ndimage.find_objects(numbers)],
        np.int64,
    ).reshape(count, 4)
    return _Parts(numbers, weights, boxes, contacts)


def _cropped(mask: Mask) -> Mask:
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _contour(mask: Mask) -> Mask:
    """Return the pixels on both sides of the border of a mask."""
    contour: Mask = _grown(mask, 1) & ~ndimage.binary_erosion(mask)
    return contour


def _rim(sheet: Mask) -> Mask:
    rim: Mask = sheet & ~ndimage.binary_erosion(sheet, np.ones((3, 3)), iterations=_rim_width(sheet.shape))
    return rim


def _rim_width(shape: tuple[int, ...]) -> int:
    return 1 + round(RIM * max(shape))


def _extent(sheet: Mask) -> tuple[int, int]:
    rows, columns = (np.flatnonzero(sheet.any(axis)) for axis in (1, 0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def _grown(mask: Mask, by: int) -> Mask:
    grown: Mask = ndimage.maximum_filter(mask, size=2 * by + 1) if by else mask
    return grown
