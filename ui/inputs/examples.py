"""Digits and other characters to try without a pen: our own strokes, in canvas pixels, in ways that people write."""

from __future__ import annotations

from mnist_core.alphabets import DIGITS
from mnist_core.preprocessing.raster import Point

Strokes = list[list[Point]]


def _points(stroke: str) -> list[Point]:
    """Read a stroke as it is written below, "x,y x,y …"; a corner has two points, for a stroke is smoothed."""
    return [(int(x), int(y)) for x, y in (point.split(",") for point in stroke.split())]


def _strokes(written: dict[str, list[str]]) -> dict[str, Strokes]:
    return {title: [_points(stroke) for stroke in strokes] for title, strokes in written.items()}


EXAMPLES = _strokes(
    {
        "0": ["140,48 104,58 82,104 82,164 104,218 142,232 180,212 198,160 196,104 172,58 140,48 130,50"],
        "1": ["154,50 148,140 138,230"],
        "2": ["92,104 98,70 138,50 180,68 182,108 150,152 112,192 84,222 84,224 130,222 196,222"],
        "3": ["94,74 122,52 164,56 182,88 162,124 128,134 128,134 172,140 194,176 176,216 132,232 90,212"],
        "4": ["112,54 102,96 86,150 86,152 140,152 200,148", "170,88 164,160 156,232"],
        "5": ["186,56 140,58 110,60 108,60 102,124 102,126 140,112 182,132 192,180 166,222 122,232 88,212"],
        "6": ["172,50 128,84 98,142 92,198 124,232 166,222 182,186 158,154 120,160 96,192"],
        "7": ["86,66 140,62 196,60 196,62 168,124 146,180 132,232"],
        "8": ["176,84 150,52 110,66 108,104 146,134 180,166 176,214 134,230 100,206 108,164 148,132 178,100 174,80"],
        "9": ["182,84 154,54 114,64 98,104 122,138 162,126 182,84 182,82 180,150 168,234"],
        "barred 7": ["88,64 140,64 192,62 192,64 172,112 150,170 136,228", "112,148 150,144 190,142"],
        "tiny 4": ["222,24 214,38 204,52 204,52 222,53 246,52", "234,34 233,52 231,76"],
    }
)
CHARACTERS = _strokes(  # none that looks like another: of those there are examples enough
    {
        "A": ["86,230 112,150 138,58 138,58 142,58 142,58 168,150 194,230", "104,168 140,168 178,166"],
        "B": [
            "98,58 96,144 96,230",
            "98,58 148,56 178,84 158,124 100,138 100,138 164,144 190,184 166,222 98,230",
        ],
        "E": ["180,58 96,60 96,60 94,146 94,226 94,226 184,224", "96,142 128,142 162,140"],
        "H": ["92,56 90,144 88,230", "190,56 190,144 192,230", "92,144 140,143 190,142"],
        "K": ["96,56 96,144 94,230", "188,58 142,106 98,146 98,146 144,184 194,230"],
        "M": ["76,230 86,60 86,60 140,170 140,170 194,60 194,60 204,230"],
        "R": ["98,230 98,144 98,56", "98,58 156,58 184,92 158,132 100,142 100,142 146,184 192,230"],
        "a": ["178,112 134,92 92,124 92,190 132,224 176,190 178,112 178,112 178,190 198,226"],
        "e": ["94,166 188,160 188,160 180,108 136,90 92,126 90,184 128,226 188,208"],
        "h": ["100,54 98,140 96,228 96,228 98,170 122,128 160,126 178,158 180,228"],
        "t": ["136,60 134,140 140,208 166,226 188,214", "98,112 138,110 182,108"],
        "+": ["140,80 140,140 140,200", "80,140 140,140 200,140"],
        "=": ["80,114 140,114 200,112", "80,166 140,166 200,166"],
        "?": ["98,96 116,62 158,56 184,90 166,128 142,152 140,182", "139,224 142,226 139,228"],
        "→": ["66,140 140,140 214,140", "168,96 214,140 214,140 168,184"],
    }
)


def examples_for(classes: tuple[str, ...]) -> dict[str, Strokes]:
    """Return what a model of these classes can be tried with; nothing where they are no characters."""
    if classes == DIGITS:
        return EXAMPLES
    some = CHARACTERS | {title: EXAMPLES[title] for title in ("4", "7")}
    fitting = {title: strokes for title, strokes in some.items() if title in classes}
    return fitting or {title: strokes for title, strokes in EXAMPLES.items() if title in classes}
