"""The ways to write a one."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, cos, degrees, hypot, radians, sin

import numpy as np
from numpy.typing import NDArray

from mnist_core.synthetic.handwriting import Curve, Hand, Points, corner, line

SHORT = 0.2  # of the height of a digit; of a flag that is no longer, how flat it lies does not matter
FLATTEST = 28  # degrees that a longer one rises, as it is seen; most that lie flatter are taken for the head of a seven
CLOSE = 0.17  # of that height; most hooks that reach out further close a four or a nine, which a pen does not fill


def is_no_seven(strokes: Sequence[Curve]) -> bool:
    """Tell whether the up-stroke that a written one begins with is short, or steep."""
    turn, stem, height = _up_stroke(strokes)
    along, down = stem[0] - turn
    return hypot(along, down) < SHORT * height or degrees(atan2(-down, along)) >= FLATTEST


def is_no_four(strokes: Sequence[Curve]) -> bool:
    """Tell whether the hook that the up-stroke of a written one begins with lies close to the stem."""
    turn, stem, height = _up_stroke(strokes)
    return float(np.hypot(*(stem - turn).T).min()) < CLOSE * height


def _up_stroke(strokes: Sequence[Curve]) -> tuple[NDArray[np.float64], Curve, float]:
    """Return the leftmost point before the first stroke's top, the stroke from the top on, and the height of all."""
    first, height = strokes[0], float(np.ptp(np.concatenate(strokes)[:, 1]))
    top = first[:, 1].argmin()
    return first[first[: top + 1, 0].argmin()], first[top:], height


def _stem(hand: Hand, lean: float = 0.0) -> Points:
    """A line down from (0, 0) that leans to the right: its lower end lies to the left."""
    return line((0.0, 0.0), (-lean, 1.0), hand.about(0, 0.025))


def _flagged_stem(hand: Hand, length: float, lean: float, least_rise: float = 28) -> Points:
    """An up-stroke, which rises by so many degrees at least, and a stem; the angle between them is acute."""
    opening = radians(hand.between(22, 52))
    angle = max(atan2(1, lean) - opening, radians(least_rise))
    flag = line((-length * cos(angle), length * sin(angle)), (0.0, 0.0), hand.about(0.02, 0.05))
    return flag + _stem(hand, lean)


def _foot(hand: Hand) -> Points:
    left, right, height = hand.between(0.14, 0.42), hand.between(0.12, 0.42), hand.between(0.95, 1.03)
    return [(-left, height + hand.about(0, 0.02)), (right, height + hand.about(0, 0.02))]


def plain_one(hand: Hand) -> list[Points]:
    """A stem."""
    return [_stem(hand)]


def flagged_one(hand: Hand) -> list[Points]:
    """A stem with a short up-stroke."""
    return [_flagged_stem(hand, hand.between(0.14, 0.42), hand.between(-0.05, 0.25))]


def long_flagged_one(hand: Hand) -> list[Points]:
    """A stem with an up-stroke nearly as long as itself; were it as flat as a short one may be, it would be a seven."""
    return [_flagged_stem(hand, hand.between(0.4, 0.85), hand.between(-0.05, 0.25), least_rise=43)]


def footed_one(hand: Hand) -> list[Points]:
    """A stem with a foot."""
    return [_stem(hand), _foot(hand)]


def flagged_footed_one(hand: Hand) -> list[Points]:
    """A stem with an up-stroke and a foot."""
    return [_flagged_stem(hand, hand.between(0.14, 0.45), 0.0), _foot(hand)]


def long_footed_one(hand: Hand) -> list[Points]:
    """A stem, with an up-stroke or none, on a foot that is long or slants."""
    left, right, slant = hand.between(0.22, 0.5), hand.between(0.22, 0.5), hand.about(0, 0.05)
    height = hand.between(0.96, 1.03)
    foot = [(-left, height + slant), (right, height - slant)]
    stem = _flagged_stem(hand, hand.between(0.18, 0.5), hand.between(-0.03, 0.06)) if hand.happens(0.7) else _stem(hand)
    return [stem, foot if hand.happens(0.7) else foot[::-1]]


def unlifted_footed_one(hand: Hand) -> list[Points]:
    """An up-stroke, a stem and a foot without lifting the pen: to the left, and back to the right."""
    left, right, slant = hand.between(0.12, 0.35), hand.between(0.18, 0.45), hand.about(0, 0.03)
    foot = [*corner(0, 0.99), *corner(-left, 1 + slant), (right, 1 - slant)]
    return [[*_flagged_stem(hand, hand.between(0.14, 0.42), 0.0)[:-1], *foot]]


def flat_flagged_one(hand: Hand) -> list[Points]:
    """A flag that is nearly level: with a foot it is no seven."""
    rise, length = radians(hand.between(14, 30)), hand.between(0.16, 0.32)
    flag = line((-length * cos(rise), length * sin(rise)), (0.0, 0.0), hand.about(0, 0.05))
    return [flag + _stem(hand, 0.0), _foot(hand)]


def low_flagged_one(hand: Hand) -> list[Points]:
    """A stem that an up-stroke meets below its top."""
    low, length, rise = hand.between(0.04, 0.16), hand.between(0.16, 0.38), radians(hand.between(38, 62))
    flag = [(-length * cos(rise), low + length * sin(rise)), (hand.between(-0.02, 0.01), low)]
    return [flag, _stem(hand, hand.between(0, 0.06)), *([_foot(hand)] if hand.happens(0.3) else [])]


def peaked_one(hand: Hand) -> list[Points]:
    """An up-stroke as tall as the stem, or nearly, close beside it."""
    apart, down = hand.between(0.2, 0.34), hand.between(0.55, 0.95)
    up = line((-apart * (0.5 + 0.5 * down), down), (0.0, 0.0), hand.about(0, 0.03))
    return [up + _stem(hand, hand.between(-0.14, 0.02))]


def ticked_one(hand: Hand) -> list[Points]:
    """An up-stroke that begins with a tick at its lower left."""
    flag = _flagged_stem(hand, hand.between(0.22, 0.4), hand.between(-0.05, 0.08), 50)
    (left, low), back = flag[0], hand.between(0.04, 0.1)
    return [[(left - back, low - hand.between(-0.03, 0.06)), *corner(left, low), *flag[1:]]]


def turned_in_one(hand: Hand) -> list[Points]:
    """An up-stroke that begins with a small hook on the side of the stem."""
    length, opening, lean = hand.between(0.28, 0.65), radians(hand.between(10, 20)), hand.between(-0.05, 0.2)
    angle = atan2(1, lean) - opening
    left, low = -length * cos(angle), length * sin(angle)
    gap = length * sin(opening)  # from the foot of the up-stroke to the stem
    begun = (left + gap * hand.between(0.15, 0.4), low + hand.between(-0.04, 0.04))
    turn = corner(left, low) if hand.happens(0.4) else [(left, low)]
    flag = [begun, *turn, (left * 0.5 - hand.between(0, 0.03), low * 0.5)]
    return [flag + corner(0.0, 0.0) + _stem(hand, lean)[1:]]


def hooked_one(hand: Hand) -> list[Points]:
    """A stem, with an up-stroke or none, that ends with a small hook to the right or the left."""
    way, reach = (1, hand.between(0.07, 0.17)) if hand.happens(0.7) else (-1, hand.between(0.05, 0.1))
    hook = [(0.0, 0.82), (way * 0.25 * reach, 0.97), (way * reach, hand.between(0.92, 1))]
    stem = _flagged_stem(hand, hand.between(0.14, 0.3), 0.0, 36) if hand.happens(0.6) else _stem(hand)
    return [[*stem[:-1], *hook]]
