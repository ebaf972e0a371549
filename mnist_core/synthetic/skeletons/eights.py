"""The ways to write a eight."""

from __future__ import annotations

from math import cos, pi, sin

from mnist_core.synthetic.handwriting import Hand, Points, arc


def _s_first(hand: Hand, start: float) -> Points:
    """An S from the upper right, and back up to the waist; the way from there to the start is still to be written."""
    waist = hand.between(0.4, 0.6)
    upper, lower = hand.between(0.28, 0.54), hand.between(0.28, 0.64)
    head = arc(0.3, waist / 2, upper, waist, start, -240 - start + hand.between(0, 12))
    belly = arc(0.3, (1 + waist) / 2, lower, 1 - waist, -58, hand.between(286, 300))
    return head + belly


def s_first_eight(hand: Hand) -> list[Points]:
    """From the upper right, an S and back."""
    eight = _s_first(hand, hand.between(-70, -20))
    return [[*eight, (eight[0][0] + hand.about(0.02, 0.03), eight[0][1] + hand.about(0.02, 0.04))]]


def open_eight(hand: Hand) -> list[Points]:
    """The same, with a gap or a tail at the upper right where the ends should meet."""
    eight = _s_first(hand, hand.between(-70, -30))
    return [[*eight, (eight[0][0] + hand.between(0.06, 0.2), eight[0][1] + hand.between(-0.12, 0.1))]]


def endless_eight(hand: Hand) -> list[Points]:
    """A figure of eight begun anywhere, in either direction."""
    start, sense = hand.between(0, 2 * pi), 1 if hand.happens(0.5) else -1
    width, waist, more = hand.between(0.26, 0.64), hand.between(-0.12, 0.12), hand.between(-0.02, 0.08)
    points = []
    for step in range(13):
        angle = start + sense * 2 * pi * (1 + more) * step / 12
        depth = cos(angle)
        points.append((width / 2 * sin(2 * angle) * (1 - 0.12 * depth), 0.5 - 0.5 * depth + waist * (1 - depth**2)))
    return [points]


def two_circles_eight(hand: Hand) -> list[Points]:
    """Two rings, one on the other."""
    waist, upper, lower = hand.between(0.42, 0.54), hand.between(0.38, 0.54), hand.between(0.44, 0.64)
    rings = [
        (hand.about(0, 0.03), waist / 2 + hand.about(0, 0.015), upper, waist, hand.between(-120, 120)),
        (hand.about(0, 0.03), (1 + waist) / 2 + hand.about(0, 0.015), lower, 1 - waist, hand.between(-120, -40)),
    ]
    return [arc(*ring, (1 if hand.happens(0.4) else -1) * hand.between(345, 390)) for ring in rings]


def ribbon_eight(hand: Hand) -> list[Points]:
    """Open at the top: down from the upper left, round the lower loop and up to the right, the ends bent inwards."""
    width, waist, lower = hand.between(0.36, 0.54), hand.between(0.42, 0.56), hand.between(0.4, 0.58)
    gap, high = width * hand.between(0.15, 0.4), hand.between(0, 0.04)
    loop = arc(0, (1 + waist) / 2, lower, 1 - waist, -20, 220)
    left = [(-gap, high), (-width / 2, waist * 0.38), (0.0, waist)]
    right = [(0.0, waist), (width / 2, waist * 0.38), (gap, hand.between(0, 0.04))]
    eight = [*left, *loop, *right]
    return [eight if hand.happens(0.6) else [(-x, y) for x, y in eight]]


def apart_eight(hand: Hand) -> list[Points]:
    """Two rings that do not meet, or stand beside each other's middle."""
    waist, upper, lower = hand.between(0.42, 0.54), hand.between(0.36, 0.54), hand.between(0.42, 0.64)
    gap, aside = hand.between(0, 0.06), hand.about(0, 0.06)
    rings = [
        (aside, waist / 2 - gap / 2, upper, waist - gap, hand.between(-120, 120)),
        (0.0, (1 + waist) / 2 + gap / 2, lower, 1 - waist - gap, hand.between(-120, -40)),
    ]
    return [arc(*ring, (1 if hand.happens(0.4) else -1) * hand.between(330, 380)) for ring in rings]


def left_begun_eight(hand: Hand) -> list[Points]:
    """A figure of eight begun at the lower left, up through the waist, that hardly comes back."""
    start, width, waist = pi + hand.between(0.3, 1.0), hand.between(0.36, 0.64), hand.between(-0.1, 0.1)
    sweep = 2 * pi * hand.between(0.93, 1.03)
    angles = [start - sweep * step / 12 for step in range(13)]
    points = [
        (width / 2 * sin(2 * angle) * (1 - 0.12 * cos(angle)), 0.5 - 0.5 * cos(angle) + waist * sin(angle) ** 2)
        for angle in angles
    ]
    return [points]
