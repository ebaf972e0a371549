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
    sheet, file = Image.new("L", (400, 500), 230), BytesIO()
    ImageDraw.Draw(sheet).line([(100, 80), (300, 80), (170, 430)], fill=40, width=24, joint="curve")
    sheet.save(file, "PNG")
    return file.getvalue()
