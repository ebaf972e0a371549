"""The ways to write a four."""

from __future__ import annotations

from mnist_core.synthetic.handwriting import Hand, Points, corner, line


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


def lightning_four(hand: Hand) -> list[Points]:
    """One stroke like a flash of lightning: down to the left, across, and down again."""
    bar, right = hand.between(0.46, 0.62), hand.between(0.45, 0.64)
    start = (hand.between(0.04, 0.2), 0.0)
    above = bar - hand.between(0, 0.09)
    return [[start, *corner(0, bar), *corner(right, above), (right - hand.between(0, 0.14), 1)]]


def apart_four(hand: Hand) -> list[Points]:
    """A corner, and a stem beside it that its bar does not reach."""
    bar, end = hand.between(0.46, 0.62), hand.between(0.3, 0.44)
    left = line((hand.between(0.02, 0.2), 0), (0, bar), hand.about(0, 0.04))
    stem = _four_stem(hand, end + hand.between(0.06, 0.2), hand.between(0, 0.28))
    return [[*left, (0, bar), (end, bar + hand.about(0, 0.03))], stem]


def wide_four(hand: Hand) -> list[Points]:
    """A low four with a long bar."""
    width, bar = hand.between(0.95, 1.35), hand.between(0.5, 0.7)
    stem = width * hand.between(0.45, 0.72)
    top = (
        (stem + hand.about(0, 0.03), hand.about(0, 0.03)) if hand.happens(0.4) else (width * hand.between(0.08, 0.3), 0)
    )
    return [
        [top, *corner(0, bar), (width, bar + hand.about(0, 0.03))],
        _four_stem(hand, stem, hand.between(-0.04, 0.1)),
    ]
