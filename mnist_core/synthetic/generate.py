"""Digits as pen strokes, made by us, in styles that MNIST hardly has; and letters, scribbles and textures: no digits.

A skeleton is written by a hand that never writes it twice the same, and `digit_from_strokes` shows it as it shows
what a visitor draws. A texture is painted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.mnist import NOT_A_DIGIT, SIDE, Digits
from mnist_core.preprocessing.raster import Strokes, as_bytes
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.synthetic.digit_styles import STYLES, Style
from mnist_core.synthetic.handwriting import Hand, bend, smooth, stretch, trace
from mnist_core.synthetic.non_digits import NON_DIGITS, NonDigit
from mnist_core.synthetic.textures import TEXTURES, Texture

CANVAS = 280  # pixels, as on the Draw page; where and how large a digit stands plays no part
HEIGHT = 180  # pixels, of the box that skeletons are written in
WITHIN = 250  # pixels, for what is wider
PEN_WIDTH = 18  # pixels
UNSEEN = 10**9  # a seed that no training has
IN_PLACE_OF_MNIST = 40_000  # digits


def _nothing() -> None:
    pass


def with_synthetic(
    digits: Digits,
    synthetic: float,
    ood_share: float,
    seed: int,
    *,
    before_each: Callable[[], None] = _nothing,
    written_none: Callable[[], Digits | None] = _nothing,
) -> Digits:
    """Put synthetic digits, and what is none, behind digits, as shares of their number; with 0 and 0 as they are.

    `before_each` is called before each is written, here and below; what it raises ends the writing. `written_none`
    is called last and gives what is no digit where another process has written it, by `non_digits`.
    """
    more = (
        synthetic_digits(round(len(digits) * synthetic), seed, before_each=before_each),
        written_none() or non_digits(round(len(digits) * ood_share), seed, before_each=before_each),
    )
    added = [digits, *(part for part in more if len(part))]
    if len(added) == 1:
        return digits
    return Digits(np.concatenate([part.images for part in added]), np.concatenate([part.labels for part in added]))


def synthetic_digits(
    count: int, seed: int, styles: Sequence[Style] | None = None, *, before_each: Callable[[], None] = _nothing
) -> Digits:
    """Write `count` digits, the same ones for the same seed: as many of each digit, each style by its weight.

    `choose_styles`, asked with the same arguments, says in which style each is written.
    """
    chosen = choose_styles(count, seed, styles)
    images = _write(chosen, np.random.default_rng([seed, 1]), before_each)
    return Digits(images, np.array([style.digit for style in chosen], np.int64))


def non_digits(
    count: int,
    seed: int,
    shapes: Sequence[NonDigit | Texture] = (*NON_DIGITS, *TEXTURES),
    *,
    before_each: Callable[[], None] = _nothing,
) -> Digits:
    """Write `count` letters, scribbles and textures, the same ones for the same seed, labelled `NOT_A_DIGIT`."""
    generator = np.random.default_rng([seed, 2])
    weights = np.array([shape.weight for shape in shapes])
    chosen = generator.choice(len(shapes), count, p=weights / weights.sum())
    images = _write([shapes[index] for index in chosen], generator, before_each)
    return Digits(images, np.full(count, NOT_A_DIGIT, np.int64))


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


def _write(
    what: Sequence[Style | NonDigit | Texture], generator: np.random.Generator, before_each: Callable[[], None]
) -> NDArray[np.uint8]:
    images = np.zeros((len(what), SIDE, SIDE), np.uint8)
    for image, one in zip(images, what, strict=True):
        before_each()
        if isinstance(one, Texture):
            image[:] = as_bytes(one.paint(Hand(generator)))
        else:
            image[:] = as_bytes(digit_from_strokes(draw(one, generator), PEN_WIDTH))
    return images


def draw(what: Style | NonDigit, generator: np.random.Generator) -> Strokes:
    """Write one digit in a style, or something else: strokes of (x, y) in canvas pixels, as a visitor draws them."""
    hand = Hand(generator)
    skeleton = [smooth(points) for points in what.build(hand)]
    if not (isinstance(what, Style) and what.digit == 1):  # a wide one is a line that lies
        skeleton = stretch(skeleton, hand)
    strokes = trace(bend(skeleton, hand), hand)
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = min(HEIGHT, WITHIN / (high - low).max())
    return [(stroke - (low + high) / 2) * scale + CANVAS / 2 for stroke in strokes]
