"""Digits as pen strokes, made by us, in styles that MNIST hardly has; and letters, scribbles and textures: no digits.

A skeleton is written by a hand that never writes it twice the same, and `digit_from_strokes` shows it as it shows
what a visitor draws. A texture is painted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mnist_core.alphabets import CHARACTERS, DIGITS, noun_of
from mnist_core.data.mnist import NOT_A_DIGIT, SIDE, Digits
from mnist_core.preprocessing.raster import Strokes, as_bytes
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.synthetic.character_styles import CHARACTER_STYLES, SIGN_STYLES
from mnist_core.synthetic.digit_styles import STYLES, Style
from mnist_core.synthetic.handwriting import Curve, Hand, bend, smooth, stretch, trace
from mnist_core.synthetic.non_characters import non_character_shapes
from mnist_core.synthetic.non_digits import NON_DIGITS, NonDigit
from mnist_core.synthetic.textures import TEXTURES, Texture

CANVAS = 280  # pixels, as on the Draw page; where and how large a digit stands plays no part
HEIGHT = 180  # pixels, of the box that skeletons are written in
WITHIN = 250  # pixels, for what is wider
PEN_WIDTH = 18  # pixels
UNSEEN = 10**9  # a seed that no training has
NARROWEST = 0.35  # of a character, its shorter side beside the longer; below, it is a line
IN_PLACE_OF_MNIST = 40_000  # digits


def _nothing() -> None:
    pass


def with_synthetic(
    digits: Digits,
    synthetic: float,
    ood_share: float,
    seed: int,
    classes: tuple[str, ...] = DIGITS,
    *,
    before_each: Callable[[], None] = _nothing,
    written_none: Callable[[], Digits | None] = _nothing,
) -> Digits:
    """Put synthetic digits, and what is none, behind digits, as shares of their number; with 0 and 0 as they are.

    With other classes they are characters, and what is none of them. `before_each` is called before each is written,
    here and below; what it raises ends the writing. `written_none` is called last and gives what is none where another
    process has written it, by `write_others`.
    """
    count, none = round(len(digits) * synthetic), round(len(digits) * ood_share)
    more = (
        write_classes(count, seed, classes, before_each=before_each) if count else digits[:0],
        written_none() or write_others(none, seed, classes, before_each=before_each),
    )
    added = [digits, *(part for part in more if len(part))]
    if len(added) == 1:
        return digits
    return Digits(np.concatenate([part.images for part in added]), np.concatenate([part.labels for part in added]))


def write_classes(
    count: int, seed: int, classes: tuple[str, ...], *, before_each: Callable[[], None] = _nothing
) -> Digits:
    """Write `count` of the classes, the digits in the styles that are theirs alone; raises `ValueError`."""
    if classes == DIGITS:
        return synthetic_digits(count, seed, before_each=before_each)
    return synthetic_characters(count, seed, classes, before_each=before_each)


def write_others(
    count: int, seed: int, classes: tuple[str, ...], *, before_each: Callable[[], None] = _nothing
) -> Digits:
    """Write `count` of what is none of the classes, labelled `NOT_A_DIGIT`; letters and digits are no clothes."""
    if classes == DIGITS or noun_of(classes) == "picture":
        return non_digits(count, seed, before_each=before_each)
    return non_characters(count, seed, classes, before_each=before_each)


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
    by_digit = _by_class(STYLES if styles is None else styles, DIGITS)
    by_digit = [group for group in by_digit if group]
    if not by_digit:
        raise ValueError("styles: found none, expected at least one")
    return _choose(by_digit, count, np.random.default_rng([seed, 0]))


def synthetic_characters(
    count: int, seed: int, classes: tuple[str, ...] = CHARACTERS, *, before_each: Callable[[], None] = _nothing
) -> Digits:
    """Write `count` characters, the same ones for the same seed: as many of each class, each style by its weight.

    A label is a class's place among `classes`. Raises `ValueError` for a class that there are no styles of.
    """
    by_class = _by_class((*CHARACTER_STYLES, *SIGN_STYLES), classes)
    if unknown := [name for name, group in zip(classes, by_class, strict=True) if not group]:
        raise ValueError(f"classes: found {', '.join(unknown)}, expected letters of EMNIST Balanced, digits and signs")
    chosen = _choose(by_class, count, np.random.default_rng([seed, 3]))
    images = _write(chosen, np.random.default_rng([seed, 4]), before_each)
    labels = {name: label for label, name in enumerate(classes)}
    return Digits(images, np.array([labels[style.label] for style in chosen], np.int64))


def non_characters(
    count: int, seed: int, classes: tuple[str, ...] = CHARACTERS, *, before_each: Callable[[], None] = _nothing
) -> Digits:
    """Write `count` things that are none of the classes, the same ones for the same seed, labelled `NOT_A_DIGIT`."""
    return non_digits(count, seed, non_character_shapes(classes), before_each=before_each)


def _by_class(styles: Sequence[Style], classes: Sequence[str]) -> list[list[Style]]:
    return [[style for style in styles if style.label == name] for name in classes]


def _choose(groups: Sequence[Sequence[Style]], count: int, generator: np.random.Generator) -> list[Style]:
    """Draw a style for each of `count`: as many of each group, each style by its weight."""
    chosen = []
    for index in generator.permutation(count) % len(groups):
        weights = np.array([style.weight for style in groups[index]])
        chosen.append(groups[index][generator.choice(len(weights), p=weights / weights.sum())])
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
    strokes = _written(what, hand)
    while isinstance(what, Style) and not what.legible(strokes):
        strokes = _written(what, hand)
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = min(HEIGHT, WITHIN / (high - low).max())
    return [(stroke - (low + high) / 2) * scale + CANVAS / 2 for stroke in strokes]


def _written(what: Style | NonDigit, hand: Hand) -> list[Curve]:
    skeleton = [smooth(points) for points in what.build(hand)]
    if not (isinstance(what, Style) and _is_a_line(what, skeleton)):
        skeleton = stretch(skeleton, hand)
    return trace(bend(skeleton, hand), hand)


def _is_a_line(style: Style, skeleton: Sequence[Curve]) -> bool:
    """Tell what must not be made far wider or taller: a wide 1 or I is a line that lies."""
    if style.label in DIGITS:
        return style.label == "1"
    width, height = np.ptp(np.concatenate(skeleton), axis=0)
    return bool(min(width, height) < NARROWEST * max(width, height))
