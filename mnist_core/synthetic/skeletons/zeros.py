"""The ways to write a zero."""

from __future__ import annotations

from math import cos, radians, sin

from mnist_core.synthetic.handwriting import Hand, Points, arc


def _ring(hand: Hand, width: float) -> Points:
    """A closed line from about the top, mostly counter-clockwise, whose ends meet well or badly."""
    start = hand.between(0, 360) if hand.happens(0.2) else -90 + hand.about(10, 25)
    sweep = hand.between(335, 400) * (1 if hand.happens(0.25) else -1)
    return arc(width / 2, 0.5, width, 1, start, sweep, hand.between(0.85, 1.1))


def plain_zero(hand: Hand) -> list[Points]:
    """A ring."""
    return [_ring(hand, hand.between(0.45, 0.95))]


def slashed_zero(hand: Hand) -> list[Points]:
    """A ring and a slash that stays inside, or goes beyond."""
    width = hand.between(0.5, 0.95)
    angle, reach = radians(hand.between(35, 58)), hand.between(0.75, 1.4)
    right, up = width / 2 * cos(angle) * reach * 1.2, 0.5 * sin(angle) * reach
    if hand.happens(0.1):
        right = -right
    slash = [(width / 2 - right, 0.5 + up), (width / 2 + right, 0.5 - up)]
    return [_ring(hand, width), slash if hand.happens(0.6) else slash[::-1]]


def dotted_zero(hand: Hand) -> list[Points]:
    """A ring and a dot, or a dash, in its middle."""
    width = hand.between(0.55, 0.95)
    x, y = width * hand.between(0.42, 0.58), hand.between(0.44, 0.56)
    return [_ring(hand, width), [(x, y), (x + hand.between(0, 0.08), y + hand.between(-0.03, 0.08))]]


def barred_zero(hand: Hand) -> list[Points]:
    """A ring and an upright or a level bar, as Φ and Θ have; it stays inside or goes a little beyond."""
    width, reach = hand.between(0.6, 1), hand.between(0.75, 1.3) / 2
    x, y, tilt = width * hand.between(0.42, 0.58), hand.between(0.42, 0.58), hand.about(0, 0.04)
    if hand.happens(0.5):
        bar = [(x + tilt, 0.5 - reach), (x - tilt, 0.5 + reach)]
    else:
        bar = [(width * (0.5 - reach), y + tilt), (width * (0.5 + reach), y - tilt)]
    return [_ring(hand, width), bar]


def struck_zero(hand: Hand) -> list[Points]:
    """A ring and a slash that goes far beyond it on both sides."""
    width, angle = hand.between(0.62, 1), radians(hand.between(38, 60))
    right, up = width / 2 * cos(angle) * 1.2, 0.5 * sin(angle)
    above, below = hand.between(1.25, 1.65), hand.between(1.25, 1.65)
    slash = [(width / 2 - right * below, 0.5 + up * below), (width / 2 + right * above, 0.5 - up * above)]
    return [_ring(hand, width), slash if hand.happens(0.6) else slash[::-1]]


def tailed_zero(hand: Hand) -> list[Points]:
    """A ring whose stroke begins outside, above it; were the way down as long as the ring, it would be a six."""
    width, up = hand.between(0.55, 0.95), hand.between(0.06, 0.26)
    ring = arc(width / 2, 0.5, width, 1, -95, -hand.between(345, 375))
    if hand.happens(0.4):  # from the left, over the top and on
        ring = arc(width / 2, 0.5, width, 1, -80, hand.between(345, 375))
        return [[(width * hand.between(-0.1, 0.25), -up * 0.7), *ring]]
    return [[(width * hand.between(0.75, 1.2), -up), *ring]]


def unclosed_zero(hand: Hand) -> list[Points]:
    """A ring with a gap, at its left or lower left above all."""
    width, gap = hand.between(0.55, 0.95), hand.between(20, 38)
    middle = hand.between(125, 205) if hand.happens(0.75) else hand.between(-110, -60)
    ring = arc(width / 2, 0.5, width, 1, middle + gap / 2, 360 - gap, hand.between(0.92, 1.08))
    return [ring if hand.happens(0.5) else ring[::-1]]
