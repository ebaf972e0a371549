"""The ways to write a five."""

from __future__ import annotations

from mnist_core.synthetic.handwriting import Hand, Points, arc, corner


def _neck_and_bowl(hand: Hand) -> Points:
    """From the upper left of a five down its neck and round its bowl."""
    shoulder = hand.between(0.38, 0.5)
    top = (hand.between(0.08, 0.2), 0)
    height = 1 - shoulder + hand.between(0.03, 0.08)
    bowl = arc(0.28, 1 - height / 2, hand.between(0.5, 0.68), height, hand.between(215, 240), hand.between(260, 300))
    neck = corner(hand.between(0.04, 0.1), shoulder) if hand.happens(0.6) else [(0.05, shoulder)]
    return [top, *neck, *bowl]


def unlifted_five(hand: Hand) -> list[Points]:
    """The bar first, from its right end, and on without lifting the pen."""
    body = _neck_and_bowl(hand)
    return [[(hand.between(0.45, 0.7), hand.about(0, 0.04)), body[0], *body]]


def capped_five(hand: Hand) -> list[Points]:
    """Neck and bowl first, then the bar, which may miss the corner."""
    body = _neck_and_bowl(hand)
    left, height = body[0][0] + hand.between(-0.06, 0.18), hand.about(-0.02, 0.045)
    return [body, [(left, height), (left + hand.between(0.32, 0.55), height + hand.about(-0.02, 0.04))]]


def s_like_five(hand: Hand) -> list[Points]:
    """One smooth stroke without corners, flat at the top."""
    height = hand.between(0.52, 0.64)
    head = [(hand.between(0.5, 0.66), hand.between(0, 0.05)), (0.32, 0.0), (0.12, 0.04), (0.06, 0.22), (0.08, 0.4)]
    bowl = arc(0.28, 1 - height / 2, hand.between(0.5, 0.62), height, -90, hand.between(205, 240))
    return [head + bowl]


def crossed_five(hand: Hand) -> list[Points]:
    """A bar that crosses the neck near its top."""
    body = _neck_and_bowl(hand)
    left, height = body[0][0] - hand.between(0.1, 0.22), hand.between(0.02, 0.1)
    return [body, [(left, height + hand.about(0.01, 0.03)), (body[0][0] + hand.between(0.3, 0.52), height)]]


def detached_five(hand: Hand) -> list[Points]:
    """A bar, written last, that lies above the neck or to the right of it."""
    body = _neck_and_bowl(hand)
    if hand.happens(0.5):
        left, height = body[0][0] + hand.between(-0.05, 0.1), -hand.between(0.07, 0.2)
    else:
        left, height = body[0][0] + hand.between(0.12, 0.3), hand.about(-0.01, 0.05)
    return [body, [(left, height), (left + hand.between(0.3, 0.5), height + hand.about(-0.03, 0.04))]]


def looped_five(hand: Hand) -> list[Points]:
    """A loop at the corner between bar and neck."""
    body = _neck_and_bowl(hand)
    x, size = body[0][0], hand.between(0.1, 0.22)
    loop = arc(x - size * 0.1, size * 0.4, size * hand.between(0.9, 1.4), size, -70, -250)
    return [[(hand.between(0.48, 0.7), hand.about(0, 0.04)), *loop, *body[1:]]]
