"""What people draw that is not a digit: letters, signs and scribbles.

A skeleton is a few strokes of control points in a box of height 1; `handwriting` does the rest, as it does for digits.
The `TWINS` of digits are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np

from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.handwriting import Hand, Points, arc, corner
from mnist_core.synthetic.skeletons.capitals import CAPITALS, Way
from mnist_core.synthetic.skeletons.notation import written
from mnist_core.synthetic.skeletons.small_letters import SMALL_LETTERS

Skeleton = list[Points]

TWINS = frozenset("OoIliSsZzBbqg")  # letters that cannot be told from a digit
LETTERS = {letter: ways for letter, ways in (CAPITALS | SMALL_LETTERS).items() if letter not in TWINS}


@dataclass(frozen=True, slots=True)
class NonDigit:
    """One thing that is not a digit; `weight` is how often it is drawn beside the others."""

    name: str
    weight: float
    build: Callable[[Hand], Skeleton]

    def __str__(self) -> str:
        return self.name


def _straight(*points: tuple[float, float]) -> Points:
    """A stroke of straight lines."""
    return [twice for point in points for twice in corner(*point)]


# Signs and figures: strokes of control points, of some in more than one way.
SIGNS: dict[str, tuple[Skeleton, ...]] = {
    "+": ([_straight((0, 0.5), (0.9, 0.5)), _straight((0.45, 0.05), (0.45, 0.95))],),
    "=": ([_straight((0, 0.3), (0.9, 0.3)), _straight((0, 0.7), (0.9, 0.7))],),
    "#": (
        [
            _straight((0.3, 0), (0.2, 1)),
            _straight((0.7, 0), (0.6, 1)),
            _straight((0, 0.33), (0.9, 0.33)),
            _straight((0, 0.66), (0.9, 0.66)),
        ],
    ),
    "?": ([[(0, 0.2), (0.25, 0), (0.5, 0.2), (0.28, 0.45), *corner(0.25, 0.7)], [(0.25, 0.97), (0.26, 1)]],),
    "@": ([arc(0.5, 0.55, 0.35, 0.35, 0, -340) + arc(0.5, 0.5, 1, 1, 20, -330)],),
    "&": ([[(0.8, 1), (0.2, 0.3), (0.35, 0), (0.5, 0.2), (0.05, 0.7), (0.3, 1), (0.75, 0.55)]],),
    "*": ([_straight((0.45, 0), (0.45, 1)), _straight((0, 0.25), (0.9, 0.75)), _straight((0.9, 0.25), (0, 0.75))],),
    "tick": ([_straight((0, 0.55), (0.3, 1), (1, 0))],),
    "arrow": ([_straight((0, 0.5), (1, 0.5)), _straight((0.7, 0.2), (1, 0.5), (0.7, 0.8))],),
    "up": ([_straight((0.4, 1), (0.4, 0)), _straight((0.1, 0.3), (0.4, 0), (0.7, 0.3))],),
    "square": ([_straight((0, 0), (0.9, 0), (0.9, 0.95), (0, 0.95), (0, 0))],),
    "triangle": ([_straight((0.5, 0), (1, 0.95), (0, 0.95), (0.5, 0))],),
    "heart": ([[*corner(0.5, 0.25), (0.25, 0), (0, 0.3), *corner(0.5, 1), (1, 0.3), (0.75, 0), *corner(0.5, 0.25)]],),
    "star": ([_straight((0.2, 1), (0.5, 0), (0.8, 1), (0, 0.38), (1, 0.38), (0.2, 1))],),
    "wave": ([[(0, 0.5), (0.2, 0.25), (0.45, 0.5), (0.7, 0.75), (0.95, 0.5), (1.2, 0.25)]],),
    "spiral": ([arc(0.5, 0.5, 0.15, 0.15, 0, 900, 6.5)],),
    "face": (
        [
            arc(0.5, 0.5, 1, 1, -90, 370),
            [(0.33, 0.35), (0.34, 0.38)],
            [(0.66, 0.35), (0.67, 0.38)],
            arc(0.5, 0.55, 0.5, 0.5, 20, 140),
        ],
    ),
    "zigzag": ([_straight((0, 0.3), (0.2, 0.8), (0.4, 0.2), (0.6, 0.8), (0.8, 0.2), (1, 0.7))],),
}


def _loosely(ways: tuple[Skeleton, ...]) -> Callable[[Hand], Skeleton]:
    """Build a sign in one of its ways, every control point a little elsewhere."""

    def build(hand: Hand) -> Skeleton:
        way = ways[int(hand.between(0, len(ways)))]
        width, looseness = hand.between(0.7, 1.3), hand.between(0.02, 0.06)
        moved: dict[tuple[float, float], tuple[float, float]] = {}  # a corner, and an end that is met, stay together
        for stroke in way:
            for x, y in stroke:
                moved.setdefault((x, y), (x * width + hand.about(0, looseness), y + hand.about(0, looseness)))
        return [[moved[point] for point in stroke] for stroke in way]

    return build


def _in_any_way(ways: Sequence[Way]) -> Callable[[Hand], Skeleton]:
    """Build a letter in one of its ways, each as often as it is common."""
    builds, weights = [written(way.strokes) for way in ways], np.array([way.weight for way in ways])

    def build(hand: Hand) -> Skeleton:
        return builds[hand.generator.choice(len(builds), p=weights / weights.sum())](hand)

    return build


def scribble(hand: Hand) -> Skeleton:
    """A few strokes from anywhere to anywhere, round or jagged."""
    strokes = []
    for _ in range(int(hand.between(1, 4))):
        points = [(hand.between(0, 1), hand.between(0, 1)) for _ in range(int(hand.between(5, 12)))]
        strokes.append(_straight(*points) if hand.happens(0.3) else points)
    return strokes


def strokes_at_random(hand: Hand) -> Skeleton:
    """Lines and bows that have nothing to do with each other."""
    strokes = []
    for _ in range(int(hand.between(3, 7))):
        x, y = hand.between(0, 1), hand.between(0, 1)
        if hand.happens(0.5):
            strokes.append(_straight((x, y), (hand.between(0, 1), hand.between(0, 1))))
        else:
            width, height = hand.between(0.2, 0.8), hand.between(0.2, 0.8)
            strokes.append(arc(x, y, width, height, hand.between(0, 360), hand.between(-270, 270)))
    return strokes


def _digit(hand: Hand, digits: Collection[int]) -> Skeleton:
    styles = [style for style in STYLES if style.digit in digits]
    return styles[int(hand.between(0, len(styles)))].build(hand)


def digits_overlaid(hand: Hand) -> Skeleton:
    """Two different digits, one over the other."""
    one = int(hand.between(0, 10))
    other = (one + int(hand.between(1, 10))) % 10
    right, down, size = hand.between(-0.3, 0.3), hand.between(-0.3, 0.3), hand.between(0.7, 1.2)
    moved = [[(x * size + right, y * size + down) for x, y in stroke] for stroke in _digit(hand, [other])]
    return _digit(hand, [one]) + moved


def digit_lying_down(hand: Hand) -> Skeleton:
    """A digit on its side, of those that are nothing then."""
    to_the_left = hand.happens(0.5)
    lying = _digit(hand, [2, 3, 4, 5, 7])
    return [[(y, -x) if to_the_left else (-y, x) for x, y in stroke] for stroke in lying]


def eight_lying_down(hand: Hand) -> Skeleton:
    """An eight on its side, ∞, which is none."""
    start, height, more = hand.between(0, 2 * pi), hand.between(0.34, 0.56), hand.between(-0.06, 0.08)
    angles = [start + 2 * pi * (1 + more) * step / 12 for step in range(13)]
    return [[(0.5 - 0.5 * cos(angle), 0.5 + height / 2 * sin(2 * angle)) for angle in angles]]


NON_DIGITS: tuple[NonDigit, ...] = (
    *(NonDigit(letter, 1, _in_any_way(ways)) for letter, ways in LETTERS.items()),
    *(NonDigit(name, 0.4, _loosely(ways)) for name, ways in SIGNS.items()),
    NonDigit("scribble", 6, scribble),
    NonDigit("strokes at random", 4, strokes_at_random),
    NonDigit("digits overlaid", 4, digits_overlaid),
    NonDigit("digit lying down", 3, digit_lying_down),
    NonDigit("eight lying down", 0.8, eight_lying_down),
)
