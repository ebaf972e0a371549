"""What people draw that is not a digit: letters, signs and scribbles.

A letter's skeleton is a few strokes of control points in a box of height 1; `handwriting` does the rest, as it does
for digits. The `TWINS` of digits are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import cos, pi, sin

from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.handwriting import Hand, Points, arc, corner

Skeleton = list[Points]

TWINS = frozenset("OoIliSsZzBbqg")  # letters that cannot be told from a digit


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


# Each letter in the ways it is mostly written: strokes of control points.
LETTERS: dict[str, tuple[Skeleton, ...]] = {
    "A": (
        [_straight((0, 1), (0.35, 0), (0.7, 1)), _straight((0.12, 0.65), (0.58, 0.65))],
        [[(0, 1), (0.1, 0.4), (0.35, 0), (0.6, 0.4), (0.7, 1)], _straight((0.05, 0.6), (0.65, 0.6))],
        [_straight((0, 1), (0.25, 0), (0.5, 1)), _straight((0.1, 0.6), (0.42, 0.6))],
        [[*corner(0, 1), *corner(0.3, 0), *corner(0.6, 1), (0.3, 0.6), (0.1, 0.65)]],
    ),
    "a": (
        [arc(0.3, 0.5, 0.6, 0.9, -50, -330), [(0.6, 0.02), (0.6, 0.8), (0.75, 1)]],
        [[(0.1, 0.2), (0.35, 0), (0.6, 0.25), *corner(0.62, 1)], arc(0.32, 0.7, 0.6, 0.55, -40, -320)],
        [[*arc(0.3, 0.5, 0.6, 0.9, -40, -330), *corner(0.62, 0.05), *corner(0.6, 1)]],
        [
            [
                (0.6, 0.15),
                (0.3, 0.02),
                (0, 0.5),
                (0.2, 0.95),
                (0.5, 0.6),
                *corner(0.6, 0.1),
                (0.58, 0.8),
                (0.7, 1),
                (0.9, 0.85),
            ]
        ],
    ),
    "C": ([arc(0.4, 0.5, 0.8, 1, -45, -270)], [arc(0.4, 0.5, 0.7, 1, -80, -200)]),
    "D": (
        [_straight((0, 0), (0, 1)), [(0, 0), (0.45, 0.08), (0.68, 0.5), (0.45, 0.92), (0, 1)]],
        [[*_straight((0.08, 0.02), (0.05, 0.98)), (0.5, 0.9), (0.7, 0.45), (0.4, 0.04), (-0.1, 0.02)]],
        [_straight((0.1, 0), (0.1, 1)), [(-0.1, 0.05), (0.4, 0), (0.7, 0.4), (0.5, 0.9), (-0.05, 1)]],
    ),
    "d": (
        [arc(0.3, 0.7, 0.55, 0.6, -50, -320), _straight((0.6, 0), (0.6, 1))],
        [[*arc(0.3, 0.7, 0.55, 0.6, -50, -300), *corner(0.62, 0), (0.6, 0.8), (0.72, 1)]],
        [[(0.5, 0.55), (0.25, 0.4), (0, 0.7), (0.25, 1), (0.5, 0.8), (0.55, 0.3), (0.3, 0), (0.05, 0.1)]],
        [
            [
                (0.5, 0.5),
                (0.2, 0.42),
                (0, 0.75),
                (0.2, 1),
                (0.5, 0.7),
                (0.65, 0.1),
                (0.55, 0),
                (0.48, 0.3),
                (0.5, 0.9),
                (0.8, 0.9),
            ]
        ],
    ),
    "E": (
        [_straight((0.6, 0), (0, 0), (0, 1), (0.6, 1)), _straight((0, 0.5), (0.5, 0.5))],
        [[(0.6, 0.1), (0.25, 0), (0.1, 0.22), *corner(0.35, 0.48), (0, 0.75), (0.25, 1), (0.65, 0.9)]],
    ),
    "e": (
        [[(0.05, 0.55), (0.65, 0.5), (0.5, 0.05), (0.15, 0.1), (0, 0.5), (0.15, 0.92), (0.45, 1), (0.7, 0.85)]],
        [[(0, 0.7), (0.5, 0.45), (0.5, 0.08), (0.25, 0), (0.08, 0.5), (0.25, 0.97), (0.75, 0.8)]],
    ),
    "F": (
        [_straight((0.6, 0), (0, 0), (0, 1)), _straight((0, 0.48), (0.5, 0.48))],
        [_straight((0, 0), (0, 1)), _straight((0, 0), (0.65, 0)), _straight((0, 0.45), (0.45, 0.45))],
    ),
    "f": (
        [[(0.55, 0.1), (0.4, 0), (0.25, 0.15), (0.22, 0.6), *corner(0.22, 1)], _straight((0, 0.42), (0.5, 0.42))],
        [[(0.5, 0.08), (0.35, 0), (0.25, 0.25), (0.25, 0.8), (0.05, 1)], _straight((0.05, 0.4), (0.5, 0.38))],
        [[(0.4, 0.06), (0.28, 0), (0.2, 0.2), *corner(0.18, 1)], _straight((0.05, 0.5), (0.34, 0.48))],
        [[(0, 0.6), (0.3, 0.2), (0.22, 0), (0.1, 0.3), (0.1, 0.95), (0.2, 0.9), (0.12, 0.6), (0.45, 0.5)]],
    ),
    "G": (
        [arc(0.4, 0.5, 0.8, 1, -45, -260), _straight((0.45, 0.55), (0.8, 0.55), (0.8, 1))],
        [[*arc(0.4, 0.5, 0.75, 1, -50, -270), *corner(0.72, 0.55), *corner(0.4, 0.55)]],
        [[*arc(0.4, 0.5, 0.8, 1, -60, -280), *corner(0.75, 0.5), *corner(0.45, 0.55)]],
        [arc(0.4, 0.5, 0.8, 1, -50, -300), [(0.4, 0.6), *corner(0.8, 0.58), (0.78, 1.05)]],
        [[(0.6, 0.15), (0.4, 0), (0.05, 0.5), (0.35, 0.95), *corner(0.65, 0.6), *corner(0.65, 1.2)]],
    ),
    "H": ([_straight((0, 0), (0, 1)), _straight((0.65, 0), (0.65, 1)), _straight((0, 0.5), (0.65, 0.5))],),
    "h": (
        [_straight((0, 0), (0, 1)), [(0, 0.65), (0.25, 0.45), (0.5, 0.6), *corner(0.5, 1)]],
        [[*_straight((0, 0), (0, 1)), (0.05, 0.65), (0.3, 0.48), (0.5, 0.65), (0.52, 0.95), (0.65, 1)]],
        [[*_straight((0, 0), (0, 1)), (0.05, 0.7), (0.25, 0.5), (0.45, 0.7), (0.35, 1)]],
        [
            [
                (0.1, 0.4),
                (0.3, 0.1),
                (0.2, 0),
                (0.08, 0.3),
                *corner(0.05, 1),
                (0.15, 0.65),
                (0.35, 0.6),
                (0.38, 0.95),
                (0.6, 0.9),
            ]
        ],
    ),
    "J": (
        [[*corner(0.5, 0), (0.5, 0.75), (0.3, 1), (0, 0.8)]],
        [[*corner(0.5, 0), (0.5, 0.75), (0.3, 1), (0, 0.8)], _straight((0.2, 0), (0.8, 0))],
    ),
    "j": ([[*corner(0.35, 0.25), (0.36, 0.8), (0.2, 1), (0, 0.9)], [(0.36, 0), (0.37, 0.02)]],),
    "K": (
        [_straight((0, 0), (0, 1)), _straight((0.6, 0), (0.02, 0.5), (0.65, 1))],
        [_straight((0, 0), (0, 1)), _straight((0.45, 0.35), (0.05, 0.65), (0.5, 1))],
    ),
    "L": ([_straight((0, 0), (0, 1), (0.6, 1))], [[(0.3, 0), (0.15, 0.3), *corner(0.1, 0.95), (0.6, 0.95)]]),
    "M": (
        [_straight((0, 1), (0.05, 0), (0.4, 0.6), (0.75, 0), (0.8, 1))],
        [_straight((0, 1), (0, 0), (0.45, 0.95), (0.9, 0), (0.9, 1))],
    ),
    "m": (
        [
            [*_straight((0, 0.1), (0, 1)), (0.05, 0.4), (0.25, 0.1), *corner(0.45, 1)],
            [*corner(0.45, 1), (0.5, 0.4), (0.7, 0.1), (0.9, 0.4), *corner(0.9, 1)],
        ],
    ),
    "N": ([_straight((0, 1), (0, 0), (0.6, 1), (0.6, 0))],),
    "n": (
        [_straight((0, 0), (0, 1)), [(0, 0.4), (0.3, 0.02), (0.6, 0.3), *corner(0.62, 1)]],
        [[*_straight((0, 0), (0, 1)), (0.1, 0.3), (0.4, 0.02), (0.65, 0.4), (0.65, 0.9), (0.8, 1)]],
    ),
    "P": (
        [_straight((0, 0), (0, 1)), [(0, 0.02), (0.4, 0.05), (0.52, 0.28), (0.35, 0.5), (0, 0.52)]],
        [[*_straight((0, 0.3), (0, 1), (0, 0.2)), (0.25, 0), (0.5, 0.2), (0.35, 0.5), (0.02, 0.5)]],
    ),
    "Q": ([arc(0.4, 0.5, 0.8, 0.95, -90, -370), _straight((0.5, 0.7), (0.85, 1.05))],),
    "R": (
        [
            _straight((0, 0), (0, 1)),
            [(0, 0.02), (0.45, 0.06), (0.5, 0.35), (0.3, 0.5), *corner(0.05, 0.5), *corner(0.6, 1)],
        ],
    ),
    "r": ([[*_straight((0, 0), (0, 1)), (0.02, 0.4), (0.2, 0.08), (0.5, 0.1)]],),
    "T": (
        [_straight((0, 0), (0.75, 0)), _straight((0.38, 0), (0.38, 1))],
        [_straight((0, 0.05), (0.75, 0)), [*corner(0.4, 0), (0.36, 0.6), (0.4, 1)]],
    ),
    "t": (
        [[*corner(0.25, 0), (0.25, 0.75), (0.4, 1), (0.6, 0.85)], _straight((0, 0.32), (0.55, 0.32))],
        [_straight((0.25, 0), (0.25, 1)), _straight((0, 0.3), (0.55, 0.3))],
    ),
    "U": (
        [[*corner(0, 0), (0.02, 0.7), (0.35, 1), (0.66, 0.7), *corner(0.68, 0)]],
        [[*corner(0, 0), (0.05, 0.8), (0.3, 1), (0.6, 0.7), *corner(0.65, 0), *corner(0.66, 0.9), (0.8, 1)]],
        [[*corner(0, 0), (0.02, 0.8), (0.3, 0.98), (0.55, 0.75)], _straight((0.6, 0), (0.6, 1))],
        [
            [
                (-0.2, 0.2),
                *corner(0, 0),
                (0, 0.6),
                (0.2, 0.95),
                (0.45, 0.8),
                *corner(0.55, 0),
                (0.52, 0.7),
                (0.62, 0.98),
                (0.8, 0.8),
            ]
        ],
    ),
    "V": (
        [_straight((0, 0), (0.35, 1), (0.7, 0))],
        [[(0, 0), (0.25, 0.6), *corner(0.35, 1), (0.55, 0.4), (0.75, 0.05)]],
    ),
    "W": (
        [_straight((0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0))],
        [[(0, 0), (0.1, 0.9), (0.4, 0.8), *corner(0.5, 0.2), (0.6, 0.9), (0.9, 0.8), (1, 0)]],
    ),
    "X": (
        [_straight((0, 0), (0.65, 1)), _straight((0.65, 0), (0, 1))],
        [arc(0, 0.5, 0.6, 0.95, -80, 160), arc(0.6, 0.5, 0.6, 0.95, -100, -160)],
    ),
    "Y": (
        [_straight((0, 0), (0.35, 0.5)), _straight((0.7, 0), (0.35, 0.5), (0.35, 1))],
        [_straight((0, 0), (0.35, 0.5)), _straight((0.7, 0), (0.1, 1))],
        [_straight((0, 0), (0.3, 0.45), (0.6, 0)), _straight((0.3, 0.45), (0.28, 1))],
    ),
    "y": (
        [[(0, 0), (0.05, 0.35), (0.3, 0.5), (0.5, 0.3)], [*corner(0.55, 0), (0.55, 0.75), (0.35, 1), (0.02, 0.88)]],
        [_straight((0, 0), (0.3, 0.55)), [*corner(0.6, 0), (0.3, 0.65), (0, 1)]],
    ),
    # signs
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
    """Build a letter in one of its ways, every control point a little elsewhere."""

    def build(hand: Hand) -> Skeleton:
        way = ways[int(hand.between(0, len(ways)))]
        width, looseness = hand.between(0.7, 1.3), hand.between(0.02, 0.06)
        moved: dict[tuple[float, float], tuple[float, float]] = {}  # a corner, and an end that is met, stay together
        for stroke in way:
            for x, y in stroke:
                moved.setdefault((x, y), (x * width + hand.about(0, looseness), y + hand.about(0, looseness)))
        return [[moved[point] for point in stroke] for stroke in way]

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
    *(
        NonDigit(name, 1 if name.isalpha() and len(name) == 1 else 0.4, _loosely(ways))
        for name, ways in LETTERS.items()
    ),
    NonDigit("scribble", 6, scribble),
    NonDigit("strokes at random", 4, strokes_at_random),
    NonDigit("digits overlaid", 4, digits_overlaid),
    NonDigit("digit lying down", 3, digit_lying_down),
    NonDigit("eight lying down", 0.8, eight_lying_down),
)
