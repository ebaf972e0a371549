"""A hand that writes: control points become strokes, bent, slanted and trembling as chance has it.

Points are (x, y), y down, in a box of height 1. A point that stands twice in a row is a corner; elsewhere the pen goes
smoothly through all points. Angles of arcs are in degrees, 0 at the right, 90 at the bottom, growing clockwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, cos, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

from mnist_core.preprocessing.raster import Point

Points = list[Point]
Curve = NDArray[np.float64]  # (points, 2)


class Hand:
    """Where the chance of a sample comes from."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator

    def between(self, low: float, high: float) -> float:
        """Draw a number, uniformly."""
        return low + (high - low) * self.generator.random()

    def about(self, middle: float, spread: float) -> float:
        """Draw a number from a normal distribution, no farther from its middle than two and a half deviations."""
        return middle + spread * min(max(self.generator.standard_normal(), -2.5), 2.5)

    def happens(self, probability: float) -> bool:
        """Say yes with that probability."""
        return self.generator.random() < probability


# ------------------------------------------------------------------------------------------- from points to strokes

SLANT = 0.12  # pixels to the right for each pixel up, of most hands
STEPS = 6  # points of a curve from one control point to the next
_t = np.arange(STEPS)[:, None] / STEPS
HERMITE = np.hstack([2 * _t**3 - 3 * _t**2 + 1, 3 * _t**2 - 2 * _t**3, _t**3 - 2 * _t**2 + _t, _t**3 - _t**2])


def smooth(points: Sequence[Point]) -> Curve:
    """Run a centripetal Catmull-Rom spline through control points; at one that stands twice the pen stops and turns.

    Centripetal, because it does not overshoot where points stand unevenly (Yuksel, Schaefer and Keyser 2011).
    """
    through = np.asarray(points, dtype=np.float64)
    leap = np.diff(through, axis=0)
    time = np.sqrt(np.hypot(leap[:, 0], leap[:, 1]))[:, None]
    speed = leap / np.maximum(time, 1e-9)
    tangents = speed[[0, *range(len(speed))]]
    if len(through) > 2:
        tangents[1:-1] = (speed[:-1] * time[1:] + speed[1:] * time[:-1]) / np.maximum(time[:-1] + time[1:], 1e-9)
        tangents[0], tangents[-1] = 2 * speed[0] - tangents[1], 2 * speed[-1] - tangents[-2]
    frame = np.stack([through[:-1], through[1:], tangents[:-1] * time, tangents[1:] * time], axis=1)
    return np.concatenate([(HERMITE @ frame).reshape(-1, 2), through[-1:]])


def bend(strokes: Sequence[Curve], hand: Hand, slant: float = SLANT) -> list[Curve]:
    """Write clean strokes as a hand would: bent and slanted as a whole, each displaced, in a hurry, trembling."""
    matrix = random_matrix(hand, slant)
    wide = random_waves(hand, 3, 0.8, hand.between(0, 0.035))
    narrow = random_waves(hand, 4, 0.3, hand.between(0, 0.014))
    hurry, tremble, pace = hand.between(0, 0.12), hand.between(0, 0.006), hand.between(0.03, 0.07)
    written = []
    for stroke in strokes:
        bent = (stroke + waves_at(stroke, wide) + waves_at(stroke, narrow)) @ matrix
        bent += hand.generator.normal(0, 0.012, 2)  # the pen was lifted
        paced = cut_corners(walk(bent, pace), round(hurry / pace / 2))
        written.append(paced + hand.generator.normal(0, tremble, paced.shape))
    return written


def random_matrix(hand: Hand, slant: float = SLANT) -> NDArray[np.float64]:
    """Draw a turn, a slant about the given one and a stretch, to be multiplied from the right → `(2, 2)`."""
    angle, slant, stretch = hand.about(0, 0.07), hand.about(slant, 0.17), np.exp(hand.about(0, 0.14))
    turned = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])
    matrix: NDArray[np.float64] = np.array([[stretch, 0], [-slant, 1]]) @ turned
    return matrix


Waves = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def random_waves(hand: Hand, count: int, length: float, height: float) -> Waves:
    """Draw waves that push points to and fro: their frequencies `(2, count)`, phases and pushes `(count, 2)`."""
    draws = hand.generator.uniform(-1, 1, (5, count))
    return draws[:2] * (2 * pi / length), draws[2] * pi, draws[3:].T * (height * (6 / count) ** 0.5)


def waves_at(points: Curve, waves: Waves) -> Curve:
    """Return how far each point is pushed; neighbours go together."""
    frequencies, phases, pushes = waves
    push: Curve = np.sin(points @ frequencies + phases) @ pushes
    return push


def walk(curve: Curve, distance: float) -> Curve:
    """Return points along a curve, evenly spaced, `distance` apart or a little less."""
    leap = np.diff(curve, axis=0)
    way = np.concatenate([[0.0], np.hypot(leap[:, 0], leap[:, 1]).cumsum()])
    stops = np.linspace(0, way[-1], max(2, 1 + ceil(way[-1] / distance)))
    return np.stack([np.interp(stops, way, curve[:, 0]), np.interp(stops, way, curve[:, 1])], axis=1)


def cut_corners(curve: Curve, reach: int) -> Curve:
    """Average each point with `reach` neighbours on either side, as a hand in a hurry does; the ends stay."""
    reach = min(reach, (len(curve) - 1) // 2)
    if reach < 1:
        return curve
    before, after = 2 * curve[0] - curve[reach:0:-1], 2 * curve[-1] - curve[-2 : -reach - 2 : -1]
    sums = np.concatenate([np.zeros((1, 2)), before, curve, after]).cumsum(axis=0)
    width = 2 * reach + 1
    means: Curve = (sums[width:] - sums[:-width]) / width
    return means


# --------------------------------------------------------------------------------------------- what devices make of it

COARSE = 0.12  # share of what is written that comes from a coarse device, or an unsteady one
STRETCHED = 0.04  # share that is far wider or taller than usual
SLIMMEST, WIDEST = 0.4, 1.5  # of a stretched digit, its width beside its height; beyond, loops run full of ink


def stretch(strokes: list[Curve], hand: Hand) -> list[Curve]:
    """Make a few far wider or taller, up to three times, their longer side as long as before."""
    if not hand.happens(STRETCHED):
        return strokes
    width, height = np.ptp(np.concatenate(strokes), axis=0)
    slimness = min(max(width / height * 3 ** hand.between(-1, 1), SLIMMEST), WIDEST)
    sides = np.array([slimness, 1]) * max(width, height) / max(slimness, 1)
    return [stroke * (sides / (width, height)) for stroke in strokes]


def trace(strokes: list[Curve], hand: Hand) -> list[Curve]:
    """Let a few go through a coarse device, which does one of `DEVICES` to them."""
    if not hand.happens(COARSE):
        return strokes
    return DEVICES[int(hand.between(0, len(DEVICES)))](strokes, hand)


def report_seldom(strokes: list[Curve], hand: Hand) -> list[Curve]:
    """Keep few points, with straight lines between them."""
    apart = hand.between(0.1, 0.2)
    return [walk(walk(stroke, apart), 0.05) for stroke in strokes]


def round_off(strokes: list[Curve], hand: Hand) -> list[Curve]:
    """Move points to a coarse grid, so that slanting lines become stairs."""
    pitch = hand.between(0.04, 0.075)
    return [np.rint(walk(stroke, pitch) / pitch) * pitch for stroke in strokes]


def go_over_it(strokes: list[Curve], hand: Hand) -> list[Curve]:
    """Write a stroke again, or part of it, nearly in its place."""
    again = strokes[int(hand.between(0, len(strokes)))]
    first, last = int(hand.between(0, 0.4) * len(again)), int(hand.between(0.6, 1) * len(again))
    part = again[min(first, len(again) - 2) : max(last, first + 2)]
    return [*strokes, part + hand.generator.normal(0, 0.02, 2)]


def touch(strokes: list[Curve], hand: Hand) -> list[Curve]:
    """Leave a dot where the pen only touched."""
    points = np.concatenate(strokes)
    low, high = points.min(0) - 0.1, points.max(0) + 0.1
    dot = low + (high - low) * hand.generator.random(2)
    return [*strokes, np.stack([dot, dot + hand.generator.normal(0, 0.01, 2)])]


def lift(strokes: list[Curve], hand: Hand) -> list[Curve]:
    """Leave a gap in the longest stroke, where the pen was lifted and set down again."""
    longest = max(range(len(strokes)), key=lambda index: len(strokes[index]))
    fine = walk(strokes[longest], 0.02)
    gap, middle = hand.between(0.12, 0.2) / 0.02 / 2, hand.between(0.2, 0.8) * len(fine)
    before, after = fine[: max(int(middle - gap), 2)], fine[min(int(middle + gap), len(fine) - 2) :]
    return [*strokes[:longest], before, after, *strokes[longest + 1 :]]


DEVICES = (report_seldom, round_off, go_over_it, touch, lift)


# ------------------------------------------------------------------------------------------------- parts of digits


def arc(x: float, y: float, width: float, height: float, start: float, sweep: float, growth: float = 1) -> Points:
    """Return control points on an ellipse around (x, y), at most 45° apart; `growth` makes it a spiral."""
    count = max(2, ceil(abs(sweep) / 45))
    points = []
    for step in range(count + 1):
        angle, size = radians(start + sweep * step / count), (1 + (growth - 1) * step / count) / 2
        points.append((x + width * size * cos(angle), y + height * size * sin(angle)))
    return points


def corner(x: float, y: float) -> Points:
    """Return a point that the pen turns at."""
    return [(x, y), (x, y)]


def line(start: Point, end: Point, bow: float = 0) -> Points:
    """Return a stroke that may bow to the right of its way, by `bow` of its length."""
    (left, top), (right, bottom) = start, end
    middle = ((left + right) / 2 - bow * (bottom - top), (top + bottom) / 2 + bow * (right - left))
    return [start, middle, end]
