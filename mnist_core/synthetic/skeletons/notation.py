"""How a way to write a character is written down: the control points of its strokes, in hundredths of its height.

A stroke is a row of parts with spaces between them, and " / " stands between strokes:

    35,0            a point that the pen goes smoothly through, x and y
    35,0!           a corner
    @40,50,80,100,-45,-270   an arc around 40,50: width, height, where it begins and how far it sweeps, in degrees
    ?75,100         a part that half of the samples leave out; "/?" does so with a stroke

Every sample has points a little elsewhere, another width, and its middle elsewhere: a bar higher, a bowl smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sin

from mnist_core.preprocessing.raster import Point
from mnist_core.synthetic.handwriting import Hand, Points, arc, corner

LOOSE = (0.012, 0.045)  # how far points stray, in heights
WIDTHS = (0.65, 1.35)  # times the width that is written down
UNEVEN = 0.09  # how far what is in the middle strays, in heights
STARTS, SWEEPS = 9, 11  # degrees by which an arc strays
STOPS = 0.45  # share of a way's samples whose last stroke may end early or late
SHAPES = 4  # numbers of an arc that are lengths


@dataclass(frozen=True, slots=True)
class Part:
    """A point, a corner or an arc: its numbers, lengths in heights."""

    numbers: tuple[float, ...]
    turns: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A stroke as it is written down."""

    parts: tuple[Part, ...]
    optional: bool = False


def written(notation: str, widths: tuple[float, float] = WIDTHS) -> Callable[[Hand], list[Points]]:
    """Return what builds a skeleton by a notation, anew for each sample; raises `ValueError` for what is none."""
    lines = [_read_line(stroke) for stroke in notation.split(" /")]

    def build(hand: Hand) -> list[Points]:
        return _build(lines, widths, hand)

    return build


def _read_line(stroke: str) -> Line:
    optional = stroke.startswith("? ")
    return Line(tuple(map(_read_part, stroke[2:].split() if optional else stroke.split())), optional)


def _read_part(part: str) -> Part:
    numbers = tuple(map(float, part.strip("?@!").split(",")))
    if len(numbers) != (6 if "@" in part else 2):
        raise ValueError(f"found {part!r}, expected x,y or @x,y,width,height,start,sweep")
    lengths = tuple(number / 100 for number in numbers[:SHAPES])
    return Part(lengths + numbers[SHAPES:], part.endswith("!"), part.startswith("?"))


def _build(lines: list[Line], widths: tuple[float, float], hand: Hand) -> list[Points]:
    loose, width = hand.between(*LOOSE), hand.between(*widths)
    right, down = hand.about(0, UNEVEN / 2), hand.about(0, UNEVEN / 2)
    moved: dict[Point, Point] = {}  # a corner, and an end that is met, stay together

    def at(x: float, y: float) -> Point:
        x, y = x + right * sin(pi * min(max(x / 0.7, 0), 1)), y + down * sin(pi * min(max(y, 0), 1))
        return x * width, y

    def strayed(point: Point) -> Point:
        if point not in moved:
            x, y = at(*point)
            moved[point] = (x + hand.about(0, loose), y + hand.about(0, loose))
        return moved[point]

    strokes = []
    for line in lines:
        if line.optional and hand.happens(0.5):
            continue
        points: Points = []
        for part in line.parts:
            if part.optional and hand.happens(0.5):
                continue
            if len(part.numbers) > 2:
                x, y, wide, high, start, sweep = part.numbers
                wide, high = wide * (1 + hand.about(0, 2 * loose)), high * (1 + hand.about(0, loose))
                start, sweep = start + hand.about(0, STARTS), sweep + hand.about(0, SWEEPS)
                x, y = x + hand.about(0, loose), y + hand.about(0, loose)
                points += [at(*point) for point in arc(x, y, wide, high, start, sweep)]
            else:
                x, y = part.numbers
                points += (corner if part.turns else _point)(*strayed((x, y)))
        strokes.append(points)
    return strokes


def _point(x: float, y: float) -> Points:
    return [(x, y)]
