"""Where a line of digits may be cut: pieces from left to right, and the groups of them that may be one digit each.

Nothing is decided here. A piece is what no cut goes through: a stroke, with the ticks, bars and dots on it. Lengths are
in the unit of the strokes, gaps in heights of the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float64]  # (points, 2)

MAX_PIECES = 24  # of a line; more is a text or a scribble, and would take long
MAX_IN_DIGIT = 5  # pieces that one digit is written in
MAX_GAP = 0.4  # in a digit beside others, in heights of the line: between a stem and what stands beside it
MAX_WIDTH = 1.5  # of a digit beside others, in heights of the line
SMALL = 0.35  # of the line's height; a bar, a tick or a dot is not higher
SHARED = 0.5  # of the narrower one's width: so much stands under or over the stroke that a small one belongs to


class Box(NamedTuple):
    """A rectangle around ink."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Strokes that belong together, and the box around them; a piece of a picture has no strokes."""

    strokes: tuple[Stroke, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring pieces, from number `first` to the one before `end`, that may be one digit."""

    first: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Pieces from left to right, the groups of them that may be digits, and the gap before each piece but the first."""

    pieces: tuple[Piece, ...]
    groups: tuple[Group, ...]
    gaps: tuple[float, ...]  # in heights of the line; below 0 they overlap
    height: float

    def strokes_of(self, group: Group) -> list[Stroke]:
        """Return the strokes of a group."""
        return [stroke for piece in self.pieces[group.first : group.end] for stroke in piece.strokes]


def line_from_strokes(strokes: Sequence[Stroke], pen_width: float) -> Line:
    """Find the pieces of strokes, one at least, that were written in a line, and the groups that may be a digit."""
    boxes = [bounding_box([stroke]) for stroke in strokes]
    height = max(box.height for box in boxes) + pen_width
    pieces = _join_small(strokes, boxes, height, pen_width)
    pieces.sort(key=lambda piece: piece.box.left + piece.box.right)
    gaps = ((gaps_between([piece.box for piece in pieces]) - pen_width) / height).tolist()
    return make_line(pieces, gaps, height)


def make_line(pieces: Sequence[Piece], gaps: Sequence[float], height: float) -> Line:
    """Find the groups of pieces, one at least and from left to right, that may be a digit."""
    return Line(tuple(pieces), tuple(_list_groups(pieces, gaps, height)), tuple(gaps), height)


def gaps_between(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Return how wide the gap before each box is but the first, from left to right; below 0 they overlap."""
    ends = np.maximum.accumulate([box.right for box in boxes])
    starts = np.minimum.accumulate([box.left for box in boxes][::-1])[::-1]
    gaps: NDArray[np.float64] = starts[1:] - ends[:-1]
    return gaps


def _list_groups(pieces: Sequence[Piece], gaps: Sequence[float], height: float) -> list[Group]:
    count = len(pieces)
    everything = Group(0, count, box_around([piece.box for piece in pieces]))
    groups = [everything]
    for first in range(count if count <= MAX_PIECES else 0):
        for end in range(first + 1, min(first + MAX_IN_DIGIT, count) + 1):
            box = box_around([piece.box for piece in pieces[first:end]])
            is_apart = max(gaps[first : end - 1], default=0.0) > MAX_GAP
            if end > first + 1 and (is_apart or box.width > MAX_WIDTH * height):
                break
            if end - first < count:
                groups.append(Group(first, end, box))
    return groups


def _join_small(strokes: Sequence[Stroke], boxes: Sequence[Box], height: float, pen_width: float) -> list[Piece]:
    """Give each bar, tick or dot to the stroke that it shares most of its width with, if there is one."""
    owners: dict[int, list[int]] = {}
    small = [box.height + pen_width < SMALL * height for box in boxes]
    for number, is_small in enumerate(small):
        owner = find_owner(number, boxes, small, pen_width) if is_small else None
        owners.setdefault(number if owner is None else owner, []).append(number)
    return [
        Piece(tuple(strokes[number] for number in together), bounding_box([strokes[number] for number in together]))
        for together in owners.values()
    ]


def find_owner(number: int, boxes: Sequence[Box], small: Sequence[bool], pen_width: float = 0.0) -> int | None:
    """Return which larger part a small one stands on: it shares most of its width with it; None where with none."""
    box = boxes[number]
    shares = [
        0.0 if small[other] else (min(box.right, of.right) - max(box.left, of.left) + pen_width)
        for other, of in enumerate(boxes)
    ]
    owner = int(np.argmax(shares))
    narrower = min(box.width, boxes[owner].width) + pen_width
    return owner if shares[owner] >= SHARED * narrower else None


def box_around(boxes: Sequence[Box]) -> Box:
    """Return the box around boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def bounding_box(strokes: Sequence[Stroke]) -> Box:
    """Return the box around strokes, the pen not counted."""
    points = np.concatenate(strokes)
    return Box(*points.min(0).tolist(), *points.max(0).tolist())
