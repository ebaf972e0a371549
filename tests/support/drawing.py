"""Drawings and pictures as a page gets them without a browser, shared by the tests of the pages that take them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import PEN_WIDTH, path_object


def canvas_state(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the canvas says of itself with these objects on it."""
    return {"drawing": {"raw": {"objects": objects}, "data": None}, "backgroundFit": None}


def example(title: str) -> list[dict[str, Any]]:
    """Return the objects of an example, drawn with the usual pen."""
    return [path_object(stroke, PEN_WIDTH) for stroke in EXAMPLES[title]]


def seven_on_paper() -> bytes:
    """Return a seven in grey on light grey, as a PNG file."""
    sheet = Image.new("L", (400, 500), 230)
    ImageDraw.Draw(sheet).line([(100, 80), (300, 80), (170, 430)], fill=40, width=24, joint="curve")
    return as_file(sheet)


def seven_and_zero_on_paper() -> bytes:
    """Return a seven and, right of it, a zero, as a PNG file: the left half shows the one, the right half the other."""
    sheet = Image.new("L", (480, 300), 230)
    pen = ImageDraw.Draw(sheet)
    pen.line([(70, 70), (170, 70), (105, 230)], fill=40, width=16, joint="curve")
    pen.ellipse([310, 70, 410, 230], outline=40, width=16)
    return as_file(sheet)


def number_on_paper(text: str) -> bytes:
    """Return digits of the examples in a row, blue on white, as a PNG file."""
    sheet = Image.new("RGB", (60 + 130 * len(text), 260), "white")
    pen = ImageDraw.Draw(sheet)
    for place, title in enumerate(text):
        for stroke in EXAMPLES[title]:
            points = [(0.6 * x + 130 * place - 10, 0.6 * y + 45) for x, y in stroke]
            pen.line(points, fill=(20, 30, 120), width=9, joint="curve")
    return as_file(sheet)


def blank_paper() -> bytes:
    """Return a sheet on which nothing stands, as a PNG file."""
    return as_file(Image.new("L", (240, 300), 230))


def as_file(picture: Image.Image) -> bytes:
    """Return a picture as a PNG file."""
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
