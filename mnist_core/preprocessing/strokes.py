"""From what a person drew, or photographed, to a digit as MNIST has them.

MNIST's own digits were fitted into 20 × 20 pixels, keeping their aspect, and then placed so that the centre of mass
is in the middle of 28 × 28 (LeCun et al. 1998). A drawing at its natural size and place must go the same way, or
most of it is misread. Coordinates are (x, y), y down; a digit is float32 `(28, 28)`, ink 1.0 on 0.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps, UnidentifiedImageError

from mnist_core.data.mnist import SIDE
from mnist_core.errors import DrawingError, PictureError

Digit = NDArray[np.float32]
Point = tuple[float, float]
Stroke = Sequence[Point]
Strokes = Sequence[Stroke]

BOX = 20  # pixels; the longer side of MNIST's ink
PEN = 2.5  # pixels; the median width of MNIST's strokes
THINNEST = 1.6  # pixels; their 5th percentile
OVERSAMPLING = 16  # antialiasing averages 16 × 16 dots a pixel
SHEET = (SIDE * OVERSAMPLING, SIDE * OVERSAMPLING)  # dots
FINENESS = 4  # dots a pixel has where there are no strokes to draw; one more on either side is half a pixel
MOST_POINTS = 20_000
FARTHEST = 1e6  # canvas pixels
WIDEST = 1000  # canvas pixels; a round joint takes as long as it is high

LARGEST_FILE = 5_000_000  # bytes
LARGEST_SIDE = 4096  # pixels
WORKING_SIDE = 512  # pixels; larger pictures are reduced to about this first
OUTLINE = 0.1  # of full ink; a digit begins and ends where there is more


@dataclass(frozen=True, slots=True)
class Mark:
    """One stroke of a pen, or of an eraser, and how wide it is."""

    points: Stroke
    width: float
    erases: bool = False


def as_bytes(digit: Digit) -> NDArray[np.uint8]:
    """Return a digit with ink 255 on 0, as MNIST's files have it."""
    return np.rint(digit * 255).astype(np.uint8)


# ---------------------------------------------------------------------------------------------------- drawings


def digit_from_strokes(strokes: Strokes, pen_width: float) -> Digit:
    """Draw strokes, in canvas pixels, as MNIST would show them: fitted, redrawn and centred → `(28, 28)`.

    No strokes give an empty digit. Raises `DrawingError` for what cannot be read.
    """
    return centre_by_mass(draw(fit_to_box(strokes, pen_width), PEN))


def plain_resize_strokes(strokes: Strokes, pen_width: float, canvas_side: float) -> Digit:
    """Resize a square canvas straight to `(28, 28)`, as most demos do: what the pipeline is compared with."""
    scale = SIDE / canvas_side
    return draw([points * scale for points in read_strokes(strokes, pen_width)], pen_width * scale)


def digit_with_marks(digit: Digit, marks: Sequence[Mark], canvas_side: float) -> Digit:
    """Draw and erase on a digit that is spread over a square canvas, in the order given → `(28, 28)`.

    Nothing is fitted or moved: without marks the digit is returned as it is. Otherwise each pixel is as light as what
    the canvas shows there, on average, to 1/255. Raises `DrawingError` for what cannot be read.
    """
    marks = [mark for mark in marks if len(mark.points)]
    if not marks:
        return digit
    for mark in marks:
        _check_width(mark.width)
    strokes = _read_points([mark.points for mark in marks])
    scale = SIDE / canvas_side
    sheet = Image.fromarray(as_bytes(digit)).resize(SHEET, Image.Resampling.NEAREST)
    for mark, points in zip(marks, strokes, strict=True):
        _draw_stroke(sheet, points * scale, mark.width * scale, 0 if mark.erases else 255)
    return reduce_sheet(sheet)


def read_strokes(strokes: Strokes, pen_width: float) -> list[NDArray[np.float64]]:
    """Return the strokes that have points as `(points, 2)` arrays; raises `DrawingError` for what cannot be read."""
    _check_width(pen_width)
    return _read_points(strokes)


def fit_to_box(strokes: Strokes, pen_width: float) -> list[NDArray[np.float64]]:
    """Scale and move strokes so that their ink, pen included, spans 20 pixels in the middle of 28 × 28.

    The pen is MNIST's own, 2.5 pixels, whatever the canvas was drawn with, so that the answer does not hang on the
    visitor's pen; what following it would give is in docs/log.md. Ink no longer than its pen is wide is a dot, and
    stays one.
    """
    arrays = read_strokes(strokes, pen_width)
    if not arrays:
        return []
    span, middle = extent(arrays)
    scale = (BOX - PEN) / max(span, pen_width)
    return [(stroke - middle) * scale + SIDE / 2 for stroke in arrays]


def extent(strokes: Sequence[NDArray[np.float64]]) -> tuple[float, NDArray[np.float64]]:
    """Return how far the points of strokes reach on the longer side, the pen not counted, and their middle (x, y)."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    return float((high - low).max()), (low + high) / 2


def draw(strokes: Sequence[NDArray[np.float64]], pen: float) -> Digit:
    """Draw strokes with round caps and joints at `(28, 28)`; a pixel is as light as the part of it that is ink."""
    return reduce_sheet(draw_sheet(strokes, pen))


def draw_sheet(strokes: Sequence[NDArray[np.float64]], pen: float) -> Image.Image:
    """Draw strokes, in pixels of a digit, on a sheet that is 16 times as fine."""
    sheet = Image.new("L", SHEET)
    for stroke in strokes:
        _draw_stroke(sheet, stroke, pen, 255)
    return sheet


def reduce_sheet(sheet: Image.Image) -> Digit:
    """Reduce a square sheet, grey 0…255 and a whole number of times as fine as a digit, to `(28, 28)` by area."""
    return np.asarray(sheet.reduce(sheet.width // SIDE), dtype=np.float32) / np.float32(255)


def fine_sheet(digit: Digit) -> Image.Image:
    """Lay a digit `(28, 28)` on a sheet that is 4 times as fine; raises `ValueError` for what is none."""
    if digit.shape != (SIDE, SIDE) or not np.isfinite(digit).all():
        raise ValueError(f"found a digit of shape {digit.shape}, expected ({SIDE}, {SIDE}) finite numbers")
    pixels = Image.fromarray(as_bytes(digit))
    return pixels.resize((SIDE * FINENESS, SIDE * FINENESS), Image.Resampling.NEAREST)


def widen_sheet(sheet: Image.Image, pixels: float) -> Image.Image:
    """Make strokes wider by so many pixels, in halves, or thinner where it is negative."""
    neighbours = ImageFilter.MaxFilter(3) if pixels > 0 else ImageFilter.MinFilter(3)
    for _ in range(round(abs(pixels) * FINENESS / 2)):
        sheet = sheet.filter(neighbours)
    return sheet


def transform_sheet(sheet: Image.Image, *, tilt: float = 0, size: float = 1, shift: float = 0) -> Digit:
    """Tilt and size a sheet about its middle, then shift it → `(28, 28)`. Without any change not a bit is changed."""
    middle = sheet.width / 2
    across, down = cos(radians(tilt)) / size, sin(radians(tilt)) / size
    x, y = middle + shift * sheet.width / SIDE, middle  # where the middle comes to lie
    back = (across, down, middle - across * x - down * y, -down, across, middle + down * x - across * y)
    return reduce_sheet(sheet.transform(sheet.size, Image.Transform.AFFINE, back, Image.Resampling.NEAREST))


def centre_by_mass(digit: Digit) -> Digit:
    """Shift by whole pixels so that the centre of mass is nearest to pixel (14, 14), cutting off no ink.

    MNIST's own test digits do not move.
    """
    ink = digit.sum()
    if ink == 0:
        return digit
    shifts = []
    for axis in (0, 1):
        profile = digit.sum(axis=1 - axis, dtype=np.float64)
        (inked,) = profile.nonzero()
        mass_at = profile @ np.arange(SIDE) / profile.sum()
        wanted = int(np.rint(SIDE / 2 - mass_at))
        shifts.append(int(np.clip(wanted, -inked[0], SIDE - 1 - inked[-1])))
    return np.roll(digit, shifts, axis=(0, 1))


def _check_width(width: float) -> None:
    if not 0 < width <= WIDEST:
        raise DrawingError(f"The pen width is {width}, expected a positive number of at most {WIDEST:,} pixels.")


def _read_points(strokes: Strokes) -> list[NDArray[np.float64]]:
    count = sum(len(stroke) for stroke in strokes)
    if count > MOST_POINTS:
        raise DrawingError(
            f"The drawing has {count:,} points; at most {MOST_POINTS:,} can be read. Clear it and draw again."
        )
    try:
        arrays = [np.asarray(stroke, dtype=np.float64).reshape(len(stroke), 2) for stroke in strokes if len(stroke)]
    except (ValueError, TypeError) as error:
        raise DrawingError("The drawing has a stroke that is not a list of (x, y) points.") from error
    if not all((np.abs(points) <= FARTHEST).all() for points in arrays):
        raise DrawingError("The drawing has a point that is not a number, or lies far outside the canvas.")
    return arrays


def _draw_stroke(sheet: Image.Image, stroke: NDArray[np.float64], pen: float, shade: int) -> None:
    """Draw a stroke, in pixels of a digit, on a sheet that is 16 times as fine."""
    brush = ImageDraw.Draw(sheet)
    width = max(1, round(pen * OVERSAMPLING))
    reach = width / 2
    dots = [(x, y) for x, y in (stroke * OVERSAMPLING).tolist()]
    brush.line(dots, fill=shade, width=width)
    for x, y in dots:
        brush.ellipse((x - reach, y - reach, x + reach, y + reach), fill=shade)


# ---------------------------------------------------------------------------------------------------- pictures


def open_picture(content: bytes) -> Image.Image:
    """Open a PNG or JPEG file, judging it by its header before any pixel is decoded; raises `PictureError`.

    It comes upright, in grey, RGB or RGBA of 8 bits, and with at most about 512 pixels a side.
    """
    if len(content) > LARGEST_FILE:
        raise PictureError(
            f"The file has {len(content) / 1e6:.1f} MB; at most {LARGEST_FILE / 1e6:.0f} MB can be read."
        )
    try:
        image = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
        width, height = image.size
        if max(width, height) > LARGEST_SIDE:
            raise PictureError(
                f"The picture has {width} × {height} pixels; at most {LARGEST_SIDE:,} a side can be read. "
                "Crop it to the digit."
            )
        if getattr(image, "is_animated", False) and image.format != "MPO":  # MPO: a photo with its preview beside it
            raise PictureError("The picture is animated; a still one is needed.")
        image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PictureError("The file is not a PNG or JPEG picture.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise PictureError("The picture is damaged or incomplete. Save it again and try once more.") from error
    return _made_plain(image)


def digit_from_image(image: Image.Image) -> Digit:
    """Find the digit in a picture, dark on light or light on dark, and show it as MNIST would → `(28, 28)`.

    Raises `PictureError` where nothing stands out from the paper.
    """
    from mnist_core.preprocessing.ink import find_ink  # scipy takes a while to import, and a drawing does not need it

    ink = find_ink(_to_grey(image))
    return centre_by_mass(_shrink(_thicken(_crop(ink))))


def plain_resize_image(image: Image.Image) -> Digit:
    """Resize a picture straight to `(28, 28)`, as most demos do: what the pipeline is compared with."""
    return np.asarray(image.convert("L").resize((SIDE, SIDE)), dtype=np.float32) / np.float32(255)


def _made_plain(image: Image.Image) -> Image.Image:
    """Return any mode of picture as `open_picture` has them; what it returned already stays as it is."""
    image = _upright(image)
    if image.mode.startswith(("I", "F")):
        values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0, neginf=0)
        span = 65535.0 if image.mode.startswith("I;16") else max(float(values.max()), 1e-6)
        image = Image.fromarray(np.clip(values / span * 255, 0, 255).astype(np.uint8))
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode != "L":
        image = image.convert("RGB")
    factor = -(-max(image.size) // WORKING_SIDE)
    return image.reduce(factor) if factor > 1 else image


def _upright(image: Image.Image) -> Image.Image:
    """Turn a photo as its camera was held; one whose notes (EXIF) are damaged stays as it lies."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # Pillow reads them only now, and stumbles in many ways: TypeError, SyntaxError, struct.error
        return image


def _to_grey(image: Image.Image) -> NDArray[np.float32]:
    """Return any mode of picture, upright, as `(H, W)` grey 0…1 of at most about 512 pixels a side."""
    image = _made_plain(image)
    if image.mode == "RGBA":
        image = _undo_alpha(image)
    return np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255)


def _undo_alpha(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on paper that contrasts with what is on it."""
    opacity = np.asarray(image.getchannel("A"), dtype=np.float64)
    shade = np.asarray(image.convert("L"), dtype=np.float64)
    mean = (shade * opacity).sum() / max(opacity.sum(), 1)
    paper = Image.new("RGBA", image.size, "white" if mean < 128 else "black")
    return Image.alpha_composite(paper, image)


def _crop(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = (np.flatnonzero((ink > OUTLINE).any(axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _thicken(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Widen strokes that would come out thinner than MNIST has them: a pen on paper is finer than its digits' pen."""
    pixel = max(ink.shape) / BOX  # of the digit, in pixels of the picture
    edge = np.hypot(*np.gradient(np.pad(ink, 1))).sum()
    stroke_width = 2 * ink.sum() / max(edge, 1e-6)
    reach = round((THINNEST * pixel - stroke_width) / 2)
    if pixel <= 1 or reach < 1:
        return ink
    wider = Image.fromarray((ink * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(2 * reach + 1))
    return np.asarray(wider, dtype=np.float32) / np.float32(255)


def _shrink(ink: NDArray[np.float32]) -> Digit:
    """Resize by area to 20 pixels on the longer side, in the middle of 28 × 28."""
    height, width = ink.shape
    scale = BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(
        Image.fromarray(ink).resize(size, Image.Resampling.BOX if scale <= 1 else Image.Resampling.BILINEAR)
    )
    digit = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    digit[top : top + size[1], left : left + size[0]] = small
    return np.clip(digit, 0, 1)
