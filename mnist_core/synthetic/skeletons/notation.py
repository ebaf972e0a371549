"""How a way to write a character is written down: the control points of its strokes, in hundredths of its height.

A stroke is a row of parts with spaces between them, and " / " stands between strokes:

    35,0            a point that the pen goes smoothly through, x and y
    35,0!           a corner
    @40,50,80,100,-45,-270   an arc around 40,50: width, height, where it begins and how far it sweeps, in degrees
    ?75,100         a part that half of the samples leave out; "/?" does so with a stroke
    < and >         before a stroke and behind it: where script may lead in from the left, and out to the right

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
JOINED = 0.4  # share of the strokes that may be led into, or out of, that are
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
    leads_in: bool = False
    leads_out: bool = False


def written(notation: str, widths: tuple[float, float] = WIDTHS) -> Callable[[Hand], list[Points]]:
    """Return what builds a skeleton by a notation, anew for each sample; raises `ValueError` for what is none."""
    lines = [_read_line(stroke) for stroke in notation.split(" /")]

    def build(hand: Hand) -> list[Points]:
        return _build(lines, widths, hand)

    return build


def _read_line(stroke: str) -> Line:
    words = stroke.split()
    marks = {"?", "<", ">"} & set(words)
    return Line(tuple(_read_part(word) for word in words if word not in marks), *(mark in marks for mark in "?<>"))


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
        if line.leads_in and hand.happens(JOINED):
            points = [*_lead_in(points[0], hand), *points]
        if line.leads_out and hand.happens(JOINED):
            points = [*points, *_lead_out(points[-1], hand)]
        strokes.append(points)
    return strokes


def _lead_in(to: Point, hand: Hand) -> Points:
    """A stroke that comes from the left, mostly from below, and sags; most turn where it arrives."""
    x, y = to
    back, below, sag = hand.between(0.08, 0.45), hand.between(-0.05, 1.05 - y), hand.between(0, 0.12)
    turn = [to] if hand.happens(0.75) else []
    return [(x - back, y + below), (x - 0.4 * back + sag / 2, y + 0.5 * below + sag), *turn]


def _lead_out(of: Point, hand: Hand) -> Points:
    """A stroke that goes on to the right and rises, as if another letter followed."""
    x, y = of
    on, rise, sag = hand.between(0.12, 0.5), hand.between(-0.05, 0.35), hand.between(0, 0.08)
    return [(x + 0.45 * on, y - 0.3 * rise + sag), (x + on, y - rise)]


def _point(x: float, y: float) -> Points:
    return [(x, y)]
