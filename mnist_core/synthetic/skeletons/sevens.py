"""The ways to write a seven."""

from __future__ import annotations

from mnist_core.synthetic.handwriting import Hand, Points, corner, line


def _seven(hand: Hand, head: Points) -> Points:
    """A head, which ends at the corner, and the stem below."""
    stem = line(head[-1], (hand.between(0.08, 0.4), 1), hand.about(-0.03, 0.04))
    return head + stem[hand.happens(0.25) :]  # some round the corner off


def _seven_head(hand: Hand) -> Points:
    right = (hand.between(0.48, 0.72), hand.about(0, 0.03))
    if hand.happens(0.3):
        return [(0.0, hand.between(0.04, 0.12)), (0.16, 0.0), (0.36, 0.05), right]
    return [(0.0, hand.between(0, 0.08)), right]


def _serif_head(hand: Hand) -> Points:
    drop = (hand.about(0, 0.025), hand.between(0.1, 0.22))
    return [drop, *corner(0.02, hand.between(-0.01, 0.04)), *_seven_head(hand)[-1:]]


def _bar(hand: Hand, stem: Points, lowest: float = 0.7) -> Points:
    """A bar across the middle of a seven's stem."""
    height = hand.between(0.4, lowest)
    (top_x, top_y), (bottom_x, bottom_y) = stem[-3], stem[-1]
    x = top_x + (bottom_x - top_x) * (height - top_y) / (bottom_y - top_y)
    rise = hand.about(0.02, 0.03)
    return [(x - hand.between(0.1, 0.32), height + rise), (x + hand.between(0.08, 0.4), height - rise)]


def plain_seven(hand: Hand) -> list[Points]:
    """A head and a stem."""
    return [_seven(hand, _seven_head(hand))]


def serif_seven(hand: Hand) -> list[Points]:
    """A little drop at the upper left."""
    return [_seven(hand, _serif_head(hand))]


def barred_seven(hand: Hand) -> list[Points]:
    """A bar across the stem."""
    seven = _seven(hand, _seven_head(hand))
    return [seven, _bar(hand, seven)]


def serif_barred_seven(hand: Hand) -> list[Points]:
    """A drop and a bar."""
    seven = _seven(hand, _serif_head(hand))
    return [seven, _bar(hand, seven)]


def curled_barred_seven(hand: Hand) -> list[Points]:
    """A stem that curls to the right at its foot, and a bar: without the bar it would be a two."""
    head = _seven_head(hand) if hand.happens(0.6) else _serif_head(hand)
    seven = head + line(head[-1], (hand.between(0.1, 0.32), 0.94), hand.about(-0.04, 0.03))
    foot, reach = seven[-1], hand.between(0.06, 0.17)
    return [[*seven, (foot[0] + 0.3 * reach, 1.0), (foot[0] + reach, hand.between(0.94, 1))], _bar(hand, seven)]


def ticked_seven(hand: Hand) -> list[Points]:
    """A stem that ends with a tick or a curl to the left, with a bar or none."""
    seven = _seven(hand, _seven_head(hand))
    x, back = seven[-1][0], hand.between(0.06, 0.15)
    tick = [(x - back, hand.between(0.93, 1.01))]
    turn = seven[-1:] if hand.happens(0.4) else []
    return [[*seven, *turn, *tick], *([_bar(hand, seven)] if hand.happens(0.6) else [])]


def drop_barred_seven(hand: Hand) -> list[Points]:
    """A bar that begins with a drop at its left."""
    head = _seven_head(hand) if hand.happens(0.7) else _serif_head(hand)
    seven = _seven(hand, head)
    left, right = _bar(hand, seven, lowest=0.58)
    begun = (left[0] + hand.between(-0.06, 0.04), left[1] + hand.between(0.07, 0.17))
    turn = corner(*left) if hand.happens(0.4) else [left]
    return [seven, [begun, *turn, right]]


def dropped_seven(hand: Hand) -> list[Points]:
    """A long drop at the left of its head."""
    drop = (hand.between(-0.08, 0.04), hand.between(0.18, 0.3))
    head = [
        drop,
        *corner(hand.between(0, 0.04), hand.between(-0.01, 0.04)),
        (hand.between(0.54, 0.74), hand.about(0, 0.03)),
    ]
    return [_seven(hand, head)]


def round_seven(hand: Hand) -> list[Points]:
    """A narrow seven whose head is a bow that goes over into the stem."""
    barred, low = hand.happens(0.45), hand.between(0.04, 0.14)
    width = hand.between(0.36 if barred else 0.44, 0.58)
    head = [(0.0, low), (width * 0.45, 0.0), (width * 0.92, hand.between(0.03, 0.08)), (width, 0.18)]
    stem = [(width * hand.between(0.6, 0.8), 0.55), (width * hand.between(0.2, 0.5), 1)]
    seven = head + stem
    return [seven, *([_bar(hand, [head[2], *stem])] if barred else [])]
