"""Between the canvas's own language, Fabric.js objects, and strokes as lists of points.

A visitor can send anything in the canvas's name, so what arrives is counted and checked before it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, cos, dist, isfinite, radians, sin
from statistics import median
from typing import Any

from mnist_core.errors import DrawingError
from mnist_core.preprocessing.raster import Point, Stroke
from mnist_core.preprocessing.strokes import MAX_POINTS, Mark

CANVAS_SIDE = 280  # pixels of the canvas; fits a phone, and ten for each of a digit's
WIDE = 560  # pixels of the canvas's width where a number is written
PEN_WIDTH = 18  # pixels, unless the visitor chooses another
INK, PAPER = "#ffffff", "#000000"
MAX_OBJECTS = 1000
MAX_NUMBERS = 4  # of a path command
READ = ("path", "left", "top", "width", "height", "scaleX", "scaleY", "angle", "flipX", "flipY", "strokeWidth")
LOOK = {"originX": "center", "originY": "center", "fill": None, "strokeLineCap": "round", "strokeLineJoin": "round"}
BEND = 3.0  # pixels; a curve is followed in steps of about this length
MAX_STEPS = 280  # a curve


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was drawn on the canvas, in canvas pixels and in this order, and how many objects were no strokes."""

    marks: list[Mark]
    ignored: int = 0

    @property
    def strokes(self) -> list[Stroke]:
        """The strokes, whatever they were drawn with."""
        return [mark.points for mark in self.marks]

    @property
    def pen_width(self) -> float:
        """One pen width for all."""
        return median(mark.width for mark in self.marks) if self.marks else PEN_WIDTH


def in_square(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Move strokes on a wide canvas to the left, by whole pixels, until the square one holds them."""
    if not strokes:
        return []
    middle = sum(edge(x for stroke in strokes for x, _ in stroke) for edge in (min, max)) / 2
    far = max(0, round(middle - CANVAS_SIDE / 2)) if middle > CANVAS_SIDE else 0
    return [[(x - far, y) for x, y in stroke] for stroke in strokes]


def objects_from_json(json_data: object) -> list[Any]:
    """Return the objects of a canvas, of each stroke only what is read and of others nothing.

    Raises `DrawingError` where it is no canvas's state.
    """
    objects = json_data.get("objects") if isinstance(json_data, dict) else None
    if not isinstance(objects, list) or len(objects) > MAX_OBJECTS:
        raise DrawingError(
            f"The canvas sent something that is no drawing of at most {MAX_OBJECTS:,} strokes. Clear it."
        )
    return [_what_is_read(each) if _is_stroke(each) else {} for each in objects]


def drawing_from_objects(objects: list[Any]) -> Drawing:
    """Read the strokes among Fabric.js objects; raises `DrawingError`, ignores and counts what is no stroke."""
    paths = [each for each in objects if _is_stroke(each)]
    points = sum(len(path["path"]) for path in paths if isinstance(path.get("path"), list))
    if points > MAX_POINTS:
        raise _too_long(f"{points:,}")
    marks: list[Mark] = []
    left = MAX_POINTS
    try:
        for path in paths:
            marks.append(_mark(path, left))
            left -= len(marks[-1].points)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise DrawingError("The drawing has a stroke that cannot be read. Undo it, or clear the canvas.") from error
    return Drawing(marks, len(objects) - len(paths))


def path_object(stroke: Sequence[Point], pen_width: float) -> dict[str, Any]:
    """Return a stroke as the Fabric.js object that the canvas makes of one: smooth through the points' middles."""
    return _object(_smooth_path(stroke), pen_width)


def smooth(points: Sequence[Point]) -> list[Point]:
    """Return the points of the stroke that the canvas makes of where a pen has been.

    Raises `DrawingError` where they are too many.
    """
    return _follow(_smooth_path(points))


def polyline_object(stroke: Stroke, pen_width: float) -> dict[str, Any]:
    """Return a stroke as the Fabric.js object that goes straight from point to point."""
    first, *rest = stroke
    return _object([["M", *first], *(["L", *point] for point in rest or [first])], pen_width)


def _smooth_path(points: Sequence[Point]) -> list[list[Any]]:
    path: list[list[Any]] = [["M", *points[0]]]
    for point, following in pairwise(points[1:]):
        path.append(["Q", *point, (point[0] + following[0]) / 2, (point[1] + following[1]) / 2])
    return [*path, ["L", *points[-1]]]


def _object(path: list[list[Any]], pen_width: float) -> dict[str, Any]:
    left, top, right, bottom = _bounds(_follow(path))
    return {
        "type": "Path",
        "path": path,
        "left": (left + right) / 2,
        "top": (top + bottom) / 2,
        "width": right - left,
        "height": bottom - top,
        "stroke": INK,
        "strokeWidth": pen_width,
    } | LOOK


def _is_stroke(item: object) -> bool:
    return isinstance(item, dict) and item.get("type") in ("Path", "path")


def _what_is_read(path: dict[str, Any]) -> dict[str, Any]:
    read = {field: path[field] for field in READ if field in path}
    return {"type": "Path", "stroke": PAPER if path.get("stroke") == PAPER else INK} | read | LOOK


def _mark(path: dict[str, Any], most: int) -> Mark:
    """Read one stroke: an eraser's has the colour of the paper, any other is ink."""
    points = _place(path, _follow(path["path"], most))
    return Mark(points, _number(path.get("strokeWidth", PEN_WIDTH)), erases=path.get("stroke") == PAPER)


def _follow(path: Sequence[Sequence[Any]], most: int = MAX_POINTS) -> list[Point]:
    """Turn the commands M, L and Q (a quadratic curve) into points; raises `DrawingError` once they are too many."""
    points: list[Point] = []
    for command, *numbers in path:
        if len(numbers) > MAX_NUMBERS:
            raise ValueError(f"found {len(numbers)} numbers, expected at most {MAX_NUMBERS}")
        values = [_number(value) for value in numbers]
        if command in ("M", "L"):
            x, y = values
            points.append((x, y))
        elif command == "Q":
            x, y, end_x, end_y = values
            start_x, start_y = points[-1]
            length = dist((start_x, start_y), (x, y)) + dist((x, y), (end_x, end_y))
            steps = min(max(1, ceil(length / BEND)), MAX_STEPS)
            for step in range(1, steps + 1):
                t = step / steps
                a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
                points.append((a * start_x + b * x + c * end_x, a * start_y + b * y + c * end_y))
        else:
            raise ValueError(f"found the path command {command!r}, expected M, L or Q")
        if len(points) > most:
            raise _too_long(f"over {MAX_POINTS:,}")
    return points


def _place(path: dict[str, Any], points: list[Point]) -> list[Point]:
    """Apply what the toolbar's Edit tool did to a stroke: it changes the object's frame, never its points."""
    left, top, right, bottom = _bounds(points)
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    scale_x = _number(path.get("scaleX", 1)) * (-1 if path.get("flipX") else 1)
    scale_y = _number(path.get("scaleY", 1)) * (-1 if path.get("flipY") else 1)
    turn = radians(_number(path.get("angle", 0)))
    to_x, to_y = _number(path.get("left", middle_x)), _number(path.get("top", middle_y))
    placed = []
    for x, y in points:
        dx, dy = (x - middle_x) * scale_x, (y - middle_y) * scale_y
        placed.append((to_x + dx * cos(turn) - dy * sin(turn), to_y + dx * sin(turn) + dy * cos(turn)))
    return placed


def _bounds(points: Sequence[Point]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _number(value: float | str) -> float:
    number = float(value)
    if not isfinite(number) or isinstance(value, str):
        raise ValueError(f"found {value!r}, expected a number")
    return number


def _too_long(points: str) -> DrawingError:
    return DrawingError(
        f"The drawing has {points} points; at most {MAX_POINTS:,} can be read. Clear it and draw again."
    )
