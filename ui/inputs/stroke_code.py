"""A drawing as a few letters that can stand in an address, and back.

Points are rounded to a quarter of a canvas pixel, and those go that lie close to the line between the rest: as many as
can without the digit being another. After a checksum of two bytes, each stroke is its pen width, its number of points,
and the way from each point to the next, as numbers of seven bits a byte, in base64url.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mnist_core.errors import DrawingError
from mnist_core.preprocessing.strokes import MAX_COORDINATE, MAX_PEN_WIDTH, Mark, digit_from_strokes
from ui.inputs.fabric import Drawing

MAX_LETTERS = 4000  # what browsers, proxies and chats let through in an address
UNIT = 0.25  # canvas pixels
TOLERANCES = (0.5, 0.25, 0.0)  # canvas pixels between a stroke and its simplified line
SAME = 0.3  # of 1.0 in any pixel of the digit; centring moves it by whole pixels, and a hair can decide by how many
_MAX_NUMBER = 2**28


def encode_strokes(drawing: Drawing) -> str:
    """Return pen strokes as letters that give the same digit; empty where they would be more than `MAX_LETTERS`."""
    digit = digit_from_strokes(drawing.strokes, drawing.pen_width)
    letters = ""
    for tolerance in TOLERANCES:
        finer = _encode(drawing.marks, tolerance)
        if len(finer) > MAX_LETTERS:
            break
        letters = finer
        again = decode_strokes(letters)
        if np.abs(digit_from_strokes(again.strokes, again.pen_width) - digit).max() <= SAME:
            break
    return letters


def decode_strokes(letters: str) -> Drawing:
    """Read what `encode_strokes` has written; raises `DrawingError` for anything else."""
    try:
        if len(letters) > MAX_LETTERS or not letters.isascii():
            raise ValueError(f"found {len(letters)} letters")
        content = urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
        if _checksum(content[2:]) != content[:2]:
            raise ValueError("found another checksum")
        return Drawing(list(_read_strokes(_numbers(content[2:]))))
    except ValueError as error:  # among them what is not base64
        raise DrawingError(
            "The drawing in this link cannot be read, so the canvas is empty. Was the link copied whole?"
        ) from error


def _encode(marks: Sequence[Mark], tolerance: float) -> str:
    numbers: list[int] = []
    for mark in marks:
        points = _simplify(np.asarray(mark.points, np.float64) / UNIT, tolerance / UNIT)
        numbers += [round(mark.width), len(points)]
        numbers += [_fold(int(step)) for step in np.diff(points, axis=0, prepend=np.zeros((1, 2))).ravel()]
    content = bytes(byte for number in numbers for byte in _seven_bits_a_byte(number))
    return urlsafe_b64encode(_checksum(content) + content).decode().rstrip("=")


def _simplify(points: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """Round points and leave out those close to the line between the rest (Douglas and Peucker 1973).

    What was simplified before stays as it is.
    """
    dots = np.rint(points)
    stays = np.zeros(len(dots), bool)
    stays[[0, -1]] = True
    spans = [(0, len(dots) - 1)]
    while spans:
        first, last = spans.pop()
        between = dots[first + 1 : last] - dots[first]
        if not len(between):
            continue
        line = dots[last] - dots[first]
        along = np.clip(between @ line / max(1.0, line @ line), 0, 1)
        distances = np.hypot(*(between - along[:, None] * line).T)
        farthest = int(distances.argmax())
        if distances[farthest] > tolerance:
            middle = first + 1 + farthest
            stays[middle] = True
            spans += [(first, middle), (middle, last)]
    return dots[stays].astype(np.int64)


def _read_strokes(numbers: Iterator[int]) -> Iterator[Mark]:
    for width in numbers:
        if not 0 < width <= MAX_PEN_WIDTH:
            raise ValueError(f"found a pen width of {width}")
        x = y = 0
        points = []
        for _ in range(next(numbers, 0)):
            x, y = x + _unfold(next(numbers, _MAX_NUMBER)), y + _unfold(next(numbers, _MAX_NUMBER))
            if max(abs(x), abs(y)) * UNIT > MAX_COORDINATE:
                raise ValueError(f"found a point at ({x}, {y})")
            points.append((x * UNIT, y * UNIT))
        if not points:
            raise ValueError("found a stroke without points")
        yield Mark(points, width)


def _numbers(content: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in content:
        number |= (byte & 127) << shift
        if number > _MAX_NUMBER:
            raise ValueError("found a number that is too large")
        if byte & 128:
            shift += 7
        else:
            yield number
            number = shift = 0


def _seven_bits_a_byte(number: int) -> Iterator[int]:
    while number > 127:
        yield number & 127 | 128
        number >>= 7
    yield number


def _fold(number: int) -> int:
    """Return a number that is not negative: 0, −1, 1, −2 → 0, 1, 2, 3."""
    return 2 * number if number >= 0 else -2 * number - 1


def _unfold(number: int) -> int:
    return -(number + 1) // 2 if number % 2 else number // 2


def _checksum(content: bytes) -> bytes:
    return (crc32(content) & 0xFFFF).to_bytes(2)
