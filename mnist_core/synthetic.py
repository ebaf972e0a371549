"""Digits as pen strokes, made by us, in styles that MNIST hardly has.

A style's skeleton is written by a hand that never writes it twice the same, and `digit_from_strokes` shows it as it
shows what a visitor draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mnist_core.data import SIDE, Digits
from mnist_core.handwriting import Hand, bend, smooth
from mnist_core.preprocessing import Strokes, digit_from_strokes
from mnist_core.styles import STYLES, Style

CANVAS = 280  # pixels, as on the Draw page; where and how large a digit stands plays no part
HEIGHT = 180  # pixels, of the box that skeletons are written in
PEN_WIDTH = 18  # pixels


def with_synthetic(digits: Digits, share: float, seed: int) -> Digits:
    """Put synthetic digits behind others, `share` times as many; the very same digits come back for a share of 0."""
    count = round(len(digits) * share)
    if not count:
        return digits
    more = synthetic_digits(count, seed)
    return Digits(np.concatenate([digits.images, more.images]), np.concatenate([digits.labels, more.labels]))


def synthetic_digits(count: int, seed: int, styles: Sequence[Style] | None = None) -> Digits:
    """Write `count` digits, the same ones for the same seed: as many of each digit, each style by its weight.

    `choose_styles`, asked with the same arguments, says in which style each is written.
    """
    generator = np.random.default_rng([seed, 1])
    chosen = choose_styles(count, seed, styles)
    images = np.zeros((count, SIDE, SIDE), np.uint8)
    for image, style in zip(images, chosen, strict=True):
        image[:] = np.rint(digit_from_strokes(draw_digit(style, generator), PEN_WIDTH) * 255)
    return Digits(images, np.array([style.digit for style in chosen], np.int64))


def choose_styles(count: int, seed: int, styles: Sequence[Style] | None = None) -> list[Style]:
    """Return the style of each of `synthetic_digits`, in its order."""
    generator = np.random.default_rng([seed, 0])
    offered = STYLES if styles is None else styles
    by_digit = [[style for style in offered if style.digit == digit] for digit in range(10)]
    by_digit = [group for group in by_digit if group]
    if not by_digit:
        raise ValueError("styles: found none, expected at least one")
    chosen = []
    for index in generator.permutation(count) % len(by_digit):
        weights = np.array([style.weight for style in by_digit[index]])
        chosen.append(by_digit[index][generator.choice(len(weights), p=weights / weights.sum())])
    return chosen


def draw_digit(style: Style, generator: np.random.Generator) -> Strokes:
    """Write one digit in a style: strokes of (x, y) in canvas pixels, as a visitor would draw them."""
    hand = Hand(generator)
    strokes = bend([smooth(points) for points in style.build(hand)], hand)
    points = np.concatenate(strokes)
    middle = (points.min(0) + points.max(0)) / 2
    return [(stroke - middle) * HEIGHT + CANVAS / 2 for stroke in strokes]
