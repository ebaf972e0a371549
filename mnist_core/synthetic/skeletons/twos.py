"""The ways to write a two."""

from __future__ import annotations

from mnist_core.synthetic.handwriting import Hand, Points, arc, corner


def _swan(hand: Hand) -> Points:
    """The head and neck of a two, down to where its base begins."""
    start, width, height = hand.between(165, 225), hand.between(0.48, 0.64), hand.between(0.4, 0.62)
    end = hand.between(370, 400)
    head = arc(width / 2 + 0.02, height / 2, width, height, start, end - start)
    return [*head, (hand.between(0.25, 0.36), hand.between(0.66, 0.76))]


def plain_two(hand: Hand) -> list[Points]:
    """A head, a corner and a flat base."""
    base = hand.between(0.95, 1)
    foot = [*corner(hand.between(-0.04, 0.06), base), (hand.between(0.5, 0.75), base + hand.about(0, 0.04))]
    return [_swan(hand) + foot]


def wavy_two(hand: Hand) -> list[Points]:
    """A base that swings."""
    wave = hand.between(0.03, 0.09)
    base = [(0.2, 0.97 - wave), (0.45, 0.97), (hand.between(0.6, 0.8), 0.97 - wave * hand.between(0.3, 2))]
    return [_swan(hand) + corner(hand.between(-0.02, 0.06), 0.97) + base]


def looped_two(hand: Hand) -> list[Points]:
    """A loop between neck and base."""
    width, height = hand.between(0.16, 0.32), hand.between(0.12, 0.24)
    loop = arc(0.02 + width / 2, 0.97 - height / 2, width, height, 60, 250)
    base = [(hand.between(0.4, 0.5), 0.96), (hand.between(0.6, 0.8), hand.between(0.88, 1.02))]
    return [_swan(hand)[:-1] + loop + base]


def angular_two(hand: Hand) -> list[Points]:
    """Three straight lines, the first a little arched."""
    head = [(0.0, hand.between(0.06, 0.18)), (0.3, 0.0), (hand.between(0.48, 0.6), hand.between(0.04, 0.12))]
    turn = head[-1:] if hand.happens(0.5) else []
    foot = [*corner(hand.between(-0.03, 0.08), 1), (hand.between(0.55, 0.7), hand.between(0.94, 1.03))]
    return [head + turn + foot]


def _base(hand: Hand, shortest: float, longest: float) -> Points:
    """A corner at the lower left, and a base that is level, rises or falls a little."""
    return [*corner(hand.between(-0.04, 0.06), 0.98), (hand.between(shortest, longest), 0.98 + hand.about(-0.02, 0.05))]


def _curled_head(hand: Hand, earliest: float, latest: float) -> Points:
    """The head and neck of a two that begins inside its head, at the bottom of it, and goes round it."""
    start, width, height = hand.between(earliest, latest), hand.between(0.42, 0.62), hand.between(0.36, 0.54)
    head = arc(width / 2 + 0.04, height / 2, width, height, start, hand.between(375, 400) - start)
    return [*head, (hand.between(0.22, 0.34), hand.between(0.68, 0.78))]


def closed_two(hand: Hand) -> list[Points]:
    """A head that is a loop, closed or nearly, on a base that a nine has not."""
    return [_curled_head(hand, 30, 100) + _base(hand, 0.56, 0.9)]


def hooked_two(hand: Hand) -> list[Points]:
    """A head that begins with a large hook."""
    return [_curled_head(hand, 100, 160) + _base(hand, 0.42, 0.8)]


def small_looped_two(hand: Hand) -> list[Points]:
    """A little loop at the lower left, and a base that may rise."""
    width, height = hand.between(0.1, 0.2), hand.between(0.07, 0.14)
    loop = arc(0.02 + width / 2, 0.97 - height / 2, width, height, 60, 250)
    base = [(hand.between(0.35, 0.5), 0.97), (hand.between(0.6, 0.8), hand.between(0.82, 1))]
    head = _swan(hand) if hand.happens(0.6) else _curled_head(hand, 100, 160)
    return [head[:-1] + loop + base]


def short_based_two(hand: Hand) -> list[Points]:
    """A round head and hardly a base; without any it would be a seven."""
    return [_curled_head(hand, 130, 180) + _base(hand, 0.3, 0.44)]
