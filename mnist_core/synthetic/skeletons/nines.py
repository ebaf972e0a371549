"""The ways to write a nine."""

from __future__ import annotations

from mnist_core.synthetic.handwriting import Hand, Points, arc, corner, line


def _nine(hand: Hand, stem: Points) -> Points:
    """A loop from its upper right, counter-clockwise, closing at the top of a stem that begins at (0, 0)."""
    height = hand.between(0.25, 0.6)
    width = height * hand.between(0.75, 1.3)
    start, rise = hand.between(-75, -20), hand.between(0, 0.12)
    loop = arc(-width / 2, height / 2, width, height, start, -335 - start + hand.between(-15, 20))
    return [*loop, *corner(hand.between(-0.01, 0.02), rise), *stem]


def straight_nine(hand: Hand) -> list[Points]:
    """A straight stem."""
    return [_nine(hand, [(hand.between(-0.3, 0.04), 1)])]


def hooked_nine(hand: Hand) -> list[Points]:
    """A stem that bends to the left at its end, along the line or up a little."""
    belly, end = hand.between(0, 0.24), -hand.between(0.3, 0.72)
    stem = [(belly * 0.6, 0.45), (belly, 0.76), (belly - 0.14, 0.97), (end * 0.5, 1), (end, hand.between(0.84, 1))]
    return [_nine(hand, stem)]


def curled_nine(hand: Hand) -> list[Points]:
    """A stem that curls up again, as in g."""
    belly, end = hand.between(-0.02, 0.16), -hand.between(0.36, 0.64)
    stem = [(belly, 0.62), (belly - 0.07, 0.88), (end * 0.5, 1), (end, 0.92), (end, hand.between(0.74, 0.86))]
    return [_nine(hand, stem)]


def open_nine(hand: Hand) -> list[Points]:
    """A loop that does not close, or closes beyond the stem."""
    width, height = hand.between(0.42, 0.6), hand.between(0.4, 0.54)
    start = hand.between(-95, -60)
    loop = arc(-width / 2, height / 2, width, height, start, -345 - start)
    top = (hand.between(-0.02, 0.06), hand.between(-0.06, 0.06))
    stem = line(top, (hand.about(-0.04, 0.04), 1), hand.about(0, 0.04))
    return [loop + stem[:1] + stem]


def ring_and_stem_nine(hand: Hand) -> list[Points]:
    """A ring, and a stem beside it."""
    width, height = hand.between(0.42, 0.6), hand.between(0.4, 0.56)
    ring = arc(-width / 2, height / 2, width, height, hand.between(-90, 0), -hand.between(345, 385))
    top = (hand.about(-0.01, 0.02), hand.between(-0.05, height * 0.4))
    return [ring, line(top, (hand.about(-0.03, 0.05), 1), hand.about(0, 0.04))]


def small_headed_nine(hand: Hand) -> list[Points]:
    """A tiny head on a long stem."""
    height = hand.between(0.22, 0.28)
    width = height * hand.between(1.1, 1.6)
    start = hand.between(-70, -20)
    loop = arc(-width / 2, height / 2, width, height, start, -335 - start + hand.between(-15, 20))
    return [[*loop, *corner(0, hand.between(0, 0.06)), (hand.between(-0.16, 0.06), 1)]]


def flat_headed_nine(hand: Hand) -> list[Points]:
    """A head that is low and wide, and a stem that slants or bends away below it."""
    width, height = hand.between(0.36, 0.52), hand.between(0.2, 0.27)
    start = hand.between(-60, 20)
    loop = arc(-width / 2, height / 2, width, height, start, -345 - start)
    end = -hand.between(0.1, 0.5)
    stem = [(end * 0.35 + hand.between(-0.02, 0.06), 0.55), (end, 1)]
    return [[*loop, *corner(hand.between(-0.01, 0.03), hand.between(0, 0.06)), *stem]]


def hook_headed_nine(hand: Hand) -> list[Points]:
    """A head that begins at its own bottom, goes round to the left and over into the stem."""
    width, height = hand.between(0.34, 0.5), hand.between(0.34, 0.48)
    head = arc(-width / 2, height / 2, width, height, hand.between(50, 102), hand.between(238, 270))
    stem = [(hand.between(-0.02, 0.03), height), (hand.between(-0.2, 0.02), 1)]
    return [[*head, *stem]]


def swept_nine(hand: Hand) -> list[Points]:
    """A stem that ends in a long curl to the left."""
    belly, end = hand.between(0.02, 0.16), -hand.between(0.55, 0.9)
    stem = [(belly, 0.55), (belly - 0.04, 0.8), (end * 0.35, 0.99), (end * 0.75, 0.98), (end, hand.between(0.8, 0.94))]
    return [_nine(hand, stem)]
