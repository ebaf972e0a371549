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
UNEVEN = 0.045  # how far what is in the middle strays, in heights
MIDDLE = 0.35  # of most characters, from the left
STARTS, SWEEPS = 9, 11  # degrees by which an arc strays
JOINED = 0.4  # share that is led into, or out of, of the strokes that may be
LENGTHS = 4  # numbers of an arc that are lengths; the others are angles


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
    optional: bool
    leads_in: bool
    leads_out: bool


def written(notation: str, widths: tuple[float, float] = WIDTHS) -> Callable[[Hand], list[Points]]:
    """Return what builds a skeleton by a notation, anew for each sample; raises `ValueError` for what is none."""
    lines = [_read_line(stroke) for stroke in notation.split(" /")]

    def build(hand: Hand) -> list[Points]:
        sample = Sample(hand, widths)
        return [sample.write(line) for line in lines if not (line.optional and hand.happens(0.5))]

    return build


def _read_line(stroke: str) -> Line:
    words = stroke.split()
    marks = {"?", "<", ">"} & set(words)
    return Line(tuple(_read_part(word) for word in words if word not in marks), *(mark in marks for mark in "?<>"))


def _read_part(part: str) -> Part:
    numbers = tuple(map(float, part.strip("?@!").split(",")))
    if len(numbers) != (6 if "@" in part else 2):
        raise ValueError(f"found {part!r}, expected x,y or @x,y,width,height,start,sweep")
    lengths = tuple(number / 100 for number in numbers[:LENGTHS])
    return Part(lengths + numbers[LENGTHS:], part.endswith("!"), part.startswith("?"))


class Sample:
    """One sample of a way: how wide it is, how loosely it is written, and where its points have strayed to."""

    def __init__(self, hand: Hand, widths: tuple[float, float]) -> None:
        self.hand = hand
        self.loose, self.width = hand.between(*LOOSE), hand.between(*widths)
        self.right, self.down = hand.about(0, UNEVEN), hand.about(0, UNEVEN)
        self.strayed: dict[Point, Point] = {}  # a corner, and an end that is met, stay together

    def write(self, line: Line) -> Points:
        """Return the control points of a stroke."""
        points: Points = []
        for part in line.parts:
            if part.optional and self.hand.happens(0.5):
                continue
            if len(part.numbers) > LENGTHS:
                points += self._arc(*part.numbers)
            else:
                point = self._point(*part.numbers)
                points += corner(*point) if part.turns else [point]
        if line.leads_in and self.hand.happens(JOINED):
            points = _lead_in(points[0], self.hand) + points
        if line.leads_out and self.hand.happens(JOINED):
            points = points + _lead_out(points[-1], self.hand)
        return points

    def _point(self, x: float, y: float) -> Point:
        if (x, y) not in self.strayed:
            right, down = self._place(x, y)
            self.strayed[x, y] = right + self.hand.about(0, self.loose), down + self.hand.about(0, self.loose)
        return self.strayed[x, y]

    def _arc(self, x: float, y: float, width: float, height: float, start: float, sweep: float) -> Points:
        about, loose = self.hand.about, self.loose
        middle, sides = (about(x, loose), about(y, loose)), (width * about(1, 2 * loose), height * about(1, loose))
        points = arc(*middle, *sides, about(start, STARTS), about(sweep, SWEEPS))
        return [self._place(*point) for point in points]

    def _place(self, x: float, y: float) -> Point:
        """Move what is in the middle, and less what is near the edges; then widen it."""
        return (x + self.right * _inwards(x / 2 / MIDDLE)) * self.width, y + self.down * _inwards(y)


def _inwards(share: float) -> float:
    return sin(pi * min(max(share, 0), 1))


def _lead_in(to: Point, hand: Hand) -> Points:
    """Come from the left, mostly from below, and sag; most turn where they arrive."""
    x, y = to
    back, sag = hand.between(0.08, 0.45), hand.between(0, 0.12)
    below = hand.between(-0.05, 0.3) if hand.happens(0.35) else hand.between(0.4, 1) * max(1 - y, 0)
    turn = [to] if hand.happens(0.75) else []
    return [(x - back, y + below), (x - 0.4 * back + sag / 2, y + 0.5 * below + sag), *turn]


def _lead_out(of: Point, hand: Hand) -> Points:
    """Go on to the right and rise, as if another letter followed."""
    x, y = of
    on, rise, sag = hand.between(0.12, 0.5), hand.between(-0.05, 0.35), hand.between(0, 0.08)
    return [(x + 0.45 * on, y - 0.3 * rise + sag), (x + on, y - rise)]
