"""What stands in a picture without a digit: fields, stripes, grids, noise, soft edges.

A texture is painted, not written: `(28, 28)`, ink 1.0 on 0.0, either over the whole picture, as a picture of 28 × 28
pixels may be, or in a part of it that is 20 pixels long. All is centred by mass, as digits are. Nothing here may be
taken for a digit: no stripe is alone, and no cell of a grid as large as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.mnist import SIDE
from mnist_core.preprocessing.raster import BOX, Digit, centre_by_mass
from mnist_core.synthetic.handwriting import Hand

Plane = NDArray[np.float64]  # (28, 28)

_y, _x = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2


@dataclass(frozen=True, slots=True)
class Texture:
    """One way to fill a picture; `weight` is how often it is painted beside the others."""

    name: str
    weight: float
    paint: Callable[[Hand], Digit]

    def __str__(self) -> str:
        return self.name


class Brush(Hand):
    """A hand that paints: `x` and `y` are where each pixel lies from the middle, level at first."""

    x, y = _x, _y

    def turn(self) -> None:
        """Turn its axes anyhow, or not at all, and bend them a little."""
        turn = radians(90 * int(self.between(0, 4)) if self.happens(0.5) else self.between(0, 360))
        bend = self.about(0, 0.012) if self.happens(0.4) else 0.0
        x, y = _x * cos(turn) + _y * sin(turn), _y * cos(turn) - _x * sin(turn)
        self.x, self.y = x + bend * y**2, y + bend * x**2


Pattern = Callable[[Brush], Plane]  # ink 0…1


def field(brush: Brush) -> Plane:
    """The same everywhere."""
    return np.ones_like(brush.x)


def gradient(brush: Brush) -> Plane:
    """Light that falls off, to one side or all around."""
    around = np.hypot(brush.x, brush.y) / brush.between(10, 20)
    ramp = (around if brush.happens(0.3) else 0.5 + brush.x / brush.between(14, 32)).clip(0, 1)
    light: Plane = (1 - ramp if brush.happens(0.5) else ramp) ** brush.between(0.5, 2)
    return light


def edge(brush: Brush) -> Plane:
    """Dark on one side of a line, sharp or soft, as a shadow or the table is."""
    return _rise(brush.x - brush.between(-5, 4), brush.between(0.2, 4))


def rim(brush: Brush) -> Plane:
    """Dark along two to four sides of the whole picture."""
    sides = (-brush.x, -brush.y, brush.x, brush.y)[: int(brush.between(2, 5))]
    return _rise(np.maximum.reduce([side - SIDE / 2 + brush.between(1, 8) for side in sides]), brush.between(0.2, 2))


def stripes(brush: Brush) -> Plane:
    """Stripes, sharp or soft, thin or thick."""
    return _stripes(brush, brush.x, brush.between(2, 7))


def grid(brush: Brush) -> Plane:
    """Stripes across stripes, as on squared paper."""
    return np.maximum(_stripes(brush, brush.x, brush.between(2, 7)), _stripes(brush, brush.y, brush.between(2, 7)))


def checkers(brush: Brush) -> Plane:
    """Squares in turn."""
    pitch = brush.between(2, 16)
    return _rise(_wave(brush, brush.x, pitch) * _wave(brush, brush.y, pitch), brush.between(0.01, 0.3))


def ripples(brush: Brush) -> Plane:
    """Rings around a point anywhere."""
    far = np.hypot(brush.x - brush.between(-10, 10), brush.y - brush.between(-10, 10))
    return _stripes(brush, far, brush.between(2.5, 5.5))


def noise(brush: Brush) -> Plane:
    """Noise of any grain, as grey or as black and white."""
    grains = _blurred(brush.generator.standard_normal(brush.x.shape), brush.between(0, 2))
    return _rise(grains / grains.std() - brush.between(-1, 1.3), brush.between(0.01, 0.8))


def speckles(brush: Brush) -> Plane:
    """Dots here and there."""
    dots = (brush.generator.random(brush.x.shape) < brush.between(0.02, 0.3)).astype(np.float64)
    return (_blurred(dots, brush.between(0, 0.8)) * brush.between(1, 4)).clip(0, 1)


def blob(brush: Brush) -> Plane:
    """A spot or several, as large as a digit, with a soft edge."""
    spots = []
    for _ in range(int(brush.between(1, 4))):
        right, down, flat = brush.about(0, 3), brush.about(0, 3), brush.between(1, 1.6)
        far = np.hypot(brush.x - right, (brush.y - down) * flat)
        spots.append(_rise(brush.between(5, 10) - far, brush.between(0.3, 3)))
    together: Plane = np.maximum.reduce(spots)
    return together


def _rise(distance: Plane, softness: float) -> Plane:
    """Go from 0 to 1 where a distance goes from negative to positive."""
    return 1 / (1 + np.exp(-np.clip(distance / softness, -30, 30)))


def _wave(hand: Hand, across: Plane, pitch: float) -> Plane:
    wave: Plane = np.sin(across * (2 * pi / pitch) + hand.between(0, 2 * pi))
    return wave


def _stripes(hand: Hand, across: Plane, pitch: float) -> Plane:
    return _rise(_wave(hand, across, pitch) - hand.between(-0.8, 0.9), hand.between(0.02, 0.5))


def _blurred(ink: Plane, sigma: float) -> Plane:
    if sigma < 0.2:
        return ink
    axis = np.arange(SIDE)
    blur = np.exp(-((axis[:, None] - axis) ** 2) / (2 * sigma**2))
    blur /= blur.sum(1, keepdims=True)
    blurred: Plane = blur @ ink @ blur.T
    return blurred


def _everywhere(pattern: Pattern) -> Callable[[Hand], Digit]:
    """Paint a pattern over the whole picture, level."""

    def paint(hand: Hand) -> Digit:
        return _exposed(hand, pattern(Brush(hand.generator)))

    return paint


def _anywhere(pattern: Pattern) -> Callable[[Hand], Digit]:
    """Paint a pattern, turned and bent, over the whole picture or a part of it."""

    def paint(hand: Hand) -> Digit:
        brush = Brush(hand.generator)
        brush.turn()
        ink = _exposed(hand, pattern(brush))
        return centre_by_mass(ink if hand.happens(0.4) else ink * _part(hand))

    return paint


def _part(hand: Hand) -> Digit:
    """Return 1 within a rectangle or an oval that is 20 pixels long, upright or level, and 0 elsewhere."""
    long, short = BOX / 2, hand.between(12, BOX) / 2
    half_width, half_height = (long, short) if hand.happens(0.5) else (short, long)
    power = 2 if hand.happens(0.2) else 50  # of a superellipse
    inside = abs(_x / half_width) ** power + abs(_y / half_height) ** power <= 1
    part: Digit = inside.astype(np.float32)
    return part


def _exposed(hand: Hand, ink: Plane) -> Digit:
    """Show a pattern strong or faint, on a ground that may be grey, sometimes out of focus or with noise."""
    if hand.happens(0.3):
        ink = _blurred(ink, hand.between(0.3, 1.5))
    ground = hand.between(0, 0.6) if hand.happens(0.3) else 0.0
    full = 1.0 if hand.happens(0.4) else hand.between(0.25, 1)
    ink = ground + (full - ground) * ink
    if hand.happens(0.3):
        ink = ink + hand.generator.normal(0, hand.between(0.02, 0.15), ink.shape)
    exposed: Digit = (np.rint(ink.clip(0, 1) * 255) / 255).astype(np.float32)  # faint tails are no ink to centre by
    return exposed


TEXTURES: tuple[Texture, ...] = (
    Texture("field", 0.5, _anywhere(field)),
    Texture("gradient", 0.5, _anywhere(gradient)),
    Texture("edge", 0.5, _anywhere(edge)),
    Texture("rim", 0.5, _everywhere(rim)),
    Texture("stripes", 1, _anywhere(stripes)),
    Texture("grid", 1, _anywhere(grid)),
    Texture("checkers", 0.5, _anywhere(checkers)),
    Texture("ripples", 0.3, _anywhere(ripples)),
    Texture("noise", 1, _anywhere(noise)),
    Texture("speckles", 0.5, _anywhere(speckles)),
    Texture("blob", 0.5, _anywhere(blob)),
)
