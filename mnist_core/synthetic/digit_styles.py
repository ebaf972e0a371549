"""The ways the world writes its digits: those that MNIST hardly has, and the plain ones beside them.

A `Style` is one way to write one digit, a one with a foot or an open four. Its skeleton is a few strokes of control
points in a box of height 1, in proportions that are drawn anew for every sample; `handwriting` does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import atan2, cos, pi, radians, sin

from mnist_core.synthetic.handwriting import Hand, Points, arc, corner, line


@dataclass(frozen=True, slots=True)
class Style:
    """One way to write a digit; `weight` is how common it is beside the others of its digit."""

    digit: int
    name: str
    weight: float
    build: Callable[[Hand], list[Points]]

    def __str__(self) -> str:
        return f"{self.digit} {self.name}"


# ------------------------------------------------------------------------------------------------------------ zero


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


# ------------------------------------------------------------------------------------------------------------- one


def _stem(hand: Hand, lean: float = 0.0) -> Points:
    """A line down from (0, 0) that leans to the right: its lower end lies to the left."""
    return line((0.0, 0.0), (-lean, 1.0), hand.about(0, 0.025))


def _flagged_stem(hand: Hand, length: float, lean: float, least_rise: float = 28) -> Points:
    """An up-stroke, which rises by so many degrees at least, and a stem; the angle between them is acute."""
    opening = radians(hand.between(22, 52))
    angle = max(atan2(1, lean) - opening, radians(least_rise))
    flag = line((-length * cos(angle), length * sin(angle)), (0.0, 0.0), hand.about(0.02, 0.06))
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
    return [_flagged_stem(hand, hand.between(0.4, 0.9), hand.between(-0.05, 0.25), least_rise=40)]


def footed_one(hand: Hand) -> list[Points]:
    """A stem with a foot."""
    return [_stem(hand), _foot(hand)]


def flagged_footed_one(hand: Hand) -> list[Points]:
    """A stem with an up-stroke and a foot."""
    return [_flagged_stem(hand, hand.between(0.14, 0.45), 0.0), _foot(hand)]


# ------------------------------------------------------------------------------------------------------------- two


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


# ----------------------------------------------------------------------------------------------------------- three


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


# ------------------------------------------------------------------------------------------------------------ four


def _four_stem(hand: Hand, x: float, top: float) -> Points:
    return line((x, top), (x + hand.about(-0.03, 0.03), 1), hand.about(0, 0.02))


def open_four(hand: Hand) -> list[Points]:
    """A corner, and a stem through its bar."""
    bar, stem = hand.between(0.46, 0.64), hand.between(0.34, 0.52)
    left = line((hand.between(0.02, 0.2), 0), (0, bar), hand.about(0, 0.04))
    end = (stem + hand.between(0.04, 0.3), bar + hand.about(0, 0.03))
    return [[*left, (0, bar), end], _four_stem(hand, stem, hand.between(-0.05, 0.3))]


def tall_four(hand: Hand) -> list[Points]:
    """A low corner with a stem that rises high above it."""
    bar, stem = hand.between(0.55, 0.68), hand.between(0.26, 0.42)
    left = (hand.between(0.04, 0.2), bar - hand.between(0.25, 0.42))
    end = (stem + hand.between(0.08, 0.3), bar + hand.about(0, 0.03))
    return [[left, *corner(0, bar), end], _four_stem(hand, stem, 0)]


def low_four(hand: Hand) -> list[Points]:
    """A tall left side, and a short stem that hangs from the bar or barely rises above it."""
    bar, stem = hand.between(0.56, 0.82), hand.between(0.22, 0.42)
    left = line((hand.between(0.05, 0.25), 0), (0, bar), hand.about(0, 0.04))
    end = (stem + hand.between(-0.08, 0.26), bar + hand.about(0, 0.03))
    knee = [(0.0, bar)] if hand.happens(0.5) else [(0.05, bar + 0.03)]
    top, bottom = bar - hand.between(0.12, 0.36), bar + hand.between(0.2, 0.34)
    return [[*left, *knee, end], line((stem, top), (stem + hand.about(-0.03, 0.04), bottom), hand.about(0, 0.04))]


def cupped_four(hand: Hand) -> list[Points]:
    """A round cup instead of the corner."""
    bar, stem, rise = hand.between(0.42, 0.56), hand.between(0.42, 0.58), hand.between(0, 0.06)
    side = [(0.0, hand.between(-0.03, 0.1)), (0.01, bar * 0.65)]
    cup = [(stem * 0.3, bar), (stem * 0.75, bar - rise), (stem + hand.between(0, 0.1), bar - 2 * rise - 0.01)]
    return [side + cup, _four_stem(hand, stem, hand.between(-0.08, 0.1))]


def closed_four(hand: Hand) -> list[Points]:
    """A triangle on a stem, a sailboat."""
    bar, stem = hand.between(0.55, 0.72), hand.between(0.36, 0.52)
    top = (stem + hand.about(0, 0.03), hand.about(0.01, 0.03))
    end = (stem + hand.between(0.06, 0.3), bar + hand.about(0, 0.03))
    return [[top, *corner(0, bar), end], _four_stem(hand, stem, 0)]


def unlifted_four(hand: Hand) -> list[Points]:
    """An open four in one stroke: down, across, up to the top of the stem and back."""
    bar, stem = hand.between(0.44, 0.6), hand.between(0.4, 0.56)
    side = [(hand.between(0.02, 0.16), 0), (0.0, bar * 0.8)]
    turn = corner(0.02, bar) if hand.happens(0.5) else [(0.08, bar)]
    top = corner(stem + hand.between(0.0, 0.08), hand.between(-0.02, 0.2))
    return [[*side, *turn, (stem * 0.7, bar - hand.between(0, 0.05)), *top, (stem - hand.between(0, 0.06), 1)]]


def backward_four(hand: Hand) -> list[Points]:
    """A closed four in one stroke, the bar first, from its right end."""
    bar, stem = hand.between(0.56, 0.7), hand.between(0.38, 0.5)
    start, end = (stem + hand.between(0.12, 0.28), bar), (stem - hand.between(0, 0.06), 1.0)
    return [[start, *corner(0, bar), *corner(stem, 0), end]]


# ------------------------------------------------------------------------------------------------------------ five


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


# ------------------------------------------------------------------------------------------------------------- six


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


# ----------------------------------------------------------------------------------------------------------- seven


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


def _bar(hand: Hand, stem: Points) -> Points:
    """A bar across the middle of a seven's stem."""
    height = hand.between(0.4, 0.7)
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


# ----------------------------------------------------------------------------------------------------------- eight


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


# ------------------------------------------------------------------------------------------------------------ nine


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


# ---------------------------------------------------------------------------------------------------------- styles

STYLES = (
    Style(0, "plain", 7, plain_zero),
    Style(0, "slashed", 3, slashed_zero),
    Style(0, "dotted", 0.5, dotted_zero),
    Style(1, "plain", 3, plain_one),
    Style(1, "flagged", 3, flagged_one),
    Style(1, "long-flagged", 2, long_flagged_one),
    Style(1, "footed", 1, footed_one),
    Style(1, "flagged and footed", 2, flagged_footed_one),
    Style(2, "plain", 4, plain_two),
    Style(2, "wavy", 2, wavy_two),
    Style(2, "looped", 2, looped_two),
    Style(2, "angular", 1.5, angular_two),
    Style(3, "round", 5, round_three),
    Style(3, "swept", 1, swept_three),
    Style(3, "looped", 2, looped_three),
    Style(3, "flat-topped", 2, flat_topped_three),
    Style(4, "open", 3, open_four),
    Style(4, "tall", 2, tall_four),
    Style(4, "low", 2, low_four),
    Style(4, "cupped", 2, cupped_four),
    Style(4, "closed", 2.5, closed_four),
    Style(4, "unlifted", 2, unlifted_four),
    Style(4, "backward", 0.5, backward_four),
    Style(5, "unlifted", 4, unlifted_five),
    Style(5, "capped", 4, capped_five),
    Style(5, "s-like", 2, s_like_five),
    Style(6, "curved", 5, curved_six),
    Style(6, "straight", 3, straight_six),
    Style(6, "small", 1, small_six),
    Style(6, "curled", 1, curled_six),
    Style(7, "plain", 4, plain_seven),
    Style(7, "serif", 1.5, serif_seven),
    Style(7, "barred", 3, barred_seven),
    Style(7, "serif and barred", 1.5, serif_barred_seven),
    Style(8, "s-first", 4, s_first_eight),
    Style(8, "open", 2, open_eight),
    Style(8, "endless", 2, endless_eight),
    Style(8, "two circles", 2, two_circles_eight),
    Style(9, "straight", 4, straight_nine),
    Style(9, "hooked", 3, hooked_nine),
    Style(9, "curled", 1.5, curled_nine),
    Style(9, "open", 1, open_nine),
    Style(9, "ring and stem", 1.5, ring_and_stem_nine),
)
