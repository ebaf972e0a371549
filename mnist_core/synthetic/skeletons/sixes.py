"""The ways to write a six."""

from __future__ import annotations

from mnist_core.synthetic.handwriting import Hand, Points, arc


def _six_loop(hand: Hand, top: float, width: float) -> Points:
    """Down the left side, round and back to it, or on into the loop."""
    height = 1 - top
    return arc(width / 2, 1 - height / 2, width, height, 170, -hand.between(310, 400), hand.between(0.75, 1))


def curved_six(hand: Hand) -> list[Points]:
    """A stem that curves into the loop."""
    top = hand.between(0.3, 0.62)
    start = (hand.between(0.34, 0.62), hand.between(0, 0.06))
    return [[start, (start[0] * 0.42, 0.4 * top + 0.06), *_six_loop(hand, top, hand.between(0.42, 0.68))]]


def straight_six(hand: Hand) -> list[Points]:
    """A straight stem, leaning or upright as in b."""
    top = hand.between(0.4, 0.64)
    loop = _six_loop(hand, top, hand.between(0.38, 0.62))
    return [[(hand.between(0.02, 0.34), 0), *loop]]


def small_six(hand: Hand) -> list[Points]:
    """A long stem with a small loop at its end, which may cross it."""
    size = hand.between(0.2, 0.36)
    loop = arc(size * 0.45, 1 - size / 2, size * hand.between(0.8, 1.3), size, 170, -hand.between(300, 350))
    tail = [(-hand.between(0.02, 0.2), 1 - size * hand.between(0.4, 0.9))] if hand.happens(0.5) else []
    return [[(hand.between(0.1, 0.5), 0), (hand.between(0.02, 0.16), 0.45), *loop, *tail]]


def curled_six(hand: Hand) -> list[Points]:
    """A stem that begins with a hook to the right, over a loop."""
    top = hand.between(0.34, 0.56)
    hook = [(hand.between(0.45, 0.6), hand.between(0.08, 0.18)), (0.34, 0.0), (0.14, 0.16)]
    return [[*hook, *_six_loop(hand, top, hand.between(0.44, 0.64))]]


def tiny_looped_six(hand: Hand) -> list[Points]:
    """A long bow whose loop is tiny, or crosses it."""
    size = hand.between(0.21, 0.28)
    loop = arc(size * 0.5, 1 - size / 2, size * hand.between(1.1, 1.7), size, 165, -hand.between(300, 350))
    tail = [(-hand.between(0.06, 0.18), 1 - size * hand.between(0.5, 1))] if hand.happens(0.6) else []
    return [[(hand.between(0.25, 0.55), 0), (hand.between(0.06, 0.2), 0.35), (-0.02, 0.7), *loop, *tail]]


def unclosed_six(hand: Hand) -> list[Points]:
    """A wide loop that does not come back to its stem."""
    top, width = hand.between(0.4, 0.58), hand.between(0.5, 0.7)
    height = 1 - top
    loop = arc(width / 2, 1 - height / 2, width, height, 170, -hand.between(235, 305), hand.between(0.7, 0.95))
    start = (hand.between(0.2, 0.55), hand.between(0, 0.05))
    return [[start, (start[0] * 0.4, 0.4 * top + 0.06), *loop]]
