"""The ways to write a three."""

from __future__ import annotations

from mnist_core.synthetic.handwriting import Hand, Points, arc, corner


def _upper_bowl(hand: Hand, waist: float, earliest: float = 170) -> Points:
    """A bowl open to the left, from its upper left, or with a curl from `earliest`, clockwise to the waist."""
    start, width = hand.between(earliest, 240), hand.between(0.42, 0.56)
    return arc(width / 2 + 0.03, waist / 2, width, waist, start, hand.between(425, 440) - start)


def _lower_bowl(hand: Hand, top: float, start: float = -85) -> Points:
    """A bowl open to the left, from `start` clockwise to the lower left."""
    width, height = hand.between(0.5, 0.68), 1 - top
    return arc(hand.between(0.24, 0.32), top + height / 2, width, height, start, hand.between(130, 165) - start)


def round_three(hand: Hand) -> list[Points]:
    """Two bowls that meet in a corner."""
    waist = hand.between(0.4, 0.52)
    return [_upper_bowl(hand, waist) + corner(hand.between(0.14, 0.26), waist + 0.01) + _lower_bowl(hand, waist)]


def swept_three(hand: Hand) -> list[Points]:
    """Two bowls joined by a curve, the upper one the larger or the lower."""
    waist = hand.between(0.36, 0.56)
    turn = (hand.between(0.24, 0.42), waist)
    return [[*_upper_bowl(hand, waist)[:-1], turn, *_lower_bowl(hand, waist, -60)]]


def looped_three(hand: Hand) -> list[Points]:
    """Two bowls with a loop between them."""
    waist = hand.between(0.42, 0.52)
    width, height = hand.between(0.14, 0.24), hand.between(0.07, 0.15)
    loop = arc(hand.between(0.12, 0.22), waist, width, height, 70, 230)
    return [_upper_bowl(hand, waist, 205) + loop + _lower_bowl(hand, waist, -65)]


def flat_topped_three(hand: Hand) -> list[Points]:
    """A bar, a slanting line and a bowl, as in ʒ."""
    waist = hand.between(0.34, 0.46)
    bar = [(hand.between(-0.02, 0.08), hand.between(-0.02, 0.06)), *corner(hand.between(0.46, 0.6), 0)]
    return [bar + corner(hand.between(0.14, 0.26), waist) + _lower_bowl(hand, waist)]


def narrow_three(hand: Hand) -> list[Points]:
    """Two flat bowls and hardly a waist."""
    waist, dent, width = hand.between(0.4, 0.54), hand.between(0.07, 0.22), hand.between(0.3, 0.44)
    upper = arc(width / 2, waist / 2, width, waist, hand.between(190, 235), 0)[:1]
    upper += [(width * 0.5, 0.0), (width * hand.between(0.9, 1), waist * 0.5), (width - dent, waist)]
    lower = [(width * hand.between(0.95, 1.15), waist + 0.26), (width * 0.55, 0.98), (0.0, hand.between(0.86, 0.97))]
    return [upper + ([upper[-1]] if hand.happens(0.4) else []) + lower]


def hook_topped_three(hand: Hand) -> list[Points]:
    """A level top that begins with a drop, or is hooked, over two bowls or a slanting line."""
    waist = hand.between(0.38, 0.48)
    right = hand.between(0.42, 0.56)
    drop = [(hand.between(-0.04, 0.06), hand.between(0.1, 0.2)), *corner(0.02, hand.between(-0.01, 0.05))]
    shoulder = corner(right, 0) if hand.happens(0.5) else [(right * 0.8, 0.0), (right, waist * 0.35)]
    return [drop + shoulder + corner(hand.between(0.14, 0.28), waist) + _lower_bowl(hand, waist)]


def closed_three(hand: Hand) -> list[Points]:
    """An upper bowl that curls in until it is nearly closed, a loop at the waist or none, and an open lower bowl."""
    waist = hand.between(0.42, 0.52)
    upper = _upper_bowl(hand, waist, 150)
    if hand.happens(0.6):
        width, height = hand.between(0.12, 0.22), hand.between(0.06, 0.13)
        turn = arc(hand.between(0.14, 0.22), waist, width, height, 70, 230)
    else:
        turn = corner(hand.between(0.16, 0.24), waist + 0.01)
    return [upper + turn + _lower_bowl(hand, waist, -65)]
