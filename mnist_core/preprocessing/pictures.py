"""From a picture or photo of a digit to the digit as MNIST would show it, `(28, 28)`, ink 1.0 on 0.0."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from mnist_core.data.mnist import SIDE
from mnist_core.errors import PictureError
from mnist_core.preprocessing.raster import BOX, Digit, centre_by_mass

MIN_STROKE_WIDTH = 1.6  # pixels; their 5th percentile
MAX_FILE_BYTES = 5_000_000  # bytes
MAX_SIDE = 4096  # pixels
WORKING_SIDE = 512  # pixels; larger pictures are reduced to about this first
STRIP = 16  # rows of the reduced picture that are made at once
OUTLINE = 0.1  # of full ink; a digit begins and ends where there is more


def open_picture(content: bytes) -> Image.Image:
    """Open a PNG or JPEG file, evaluating it by its header before any pixel is decoded; raises `PictureError`.

    It comes upright, in grey, RGB or RGBA of 8 bits, and with at most about 512 pixels a side.
    """
    if len(content) > MAX_FILE_BYTES:
        raise PictureError(
            f"The file has {len(content) / 1e6:.1f} MB; at most {MAX_FILE_BYTES / 1e6:.0f} MB can be read."
        )
    try:
        image = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
        width, height = image.size
        if max(width, height) > MAX_SIDE:
            raise PictureError(
                f"The picture has {width} × {height} pixels; at most {MAX_SIDE:,} a side can be read. "
                "Crop it to the digit."
            )
        if getattr(image, "is_animated", False) and image.format != "MPO":  # MPO: a photo with its preview beside it
            raise PictureError("The picture is animated; a still one is needed.")
        image.draft(None, (2 * WORKING_SIDE, 2 * WORKING_SIDE))  # a JPEG is decoded no finer than is of use
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
    """Return any mode of picture as `open_picture` has them; what it returned already stays as it is.

    It is converted and reduced strip by strip: all of a picture of 4096 × 4096 pixels as numbers takes 64 MB a copy.
    """
    factor = -(-max(image.size) // WORKING_SIDE)
    span = _span(image)
    width, height = image.size
    plain: Image.Image | None = None
    for top in range(0, height, STRIP * factor):
        strip = _convert(image.crop((0, top, width, min(top + STRIP * factor, height))), span).reduce(factor)
        plain = plain or Image.new(strip.mode, (strip.width, -(-height // factor)))
        plain.paste(strip, (0, top // factor))
    assert plain is not None  # a picture has at least one row
    plain.info = dict(image.info)  # among it, how a camera was held
    upright = _upright(plain)
    upright.info = {}  # the rest was said of pixels that are no more: a colour that is transparent
    return upright


def _convert(strip: Image.Image, span: float | None) -> Image.Image:
    if span:
        values = np.nan_to_num(np.asarray(strip, dtype=np.float32), posinf=0, neginf=0)
        return Image.fromarray(np.clip(values / span * 255, 0, 255).astype(np.uint8))
    if strip.has_transparency_data:
        return strip.convert("RGBA")
    return strip if strip.mode == "L" else strip.convert("RGB")


def _span(image: Image.Image) -> float | None:
    """Return what is white in a picture whose pixels are larger numbers than bytes; None for any other."""
    if not image.mode.startswith(("I", "F")):
        return None
    if image.mode.startswith("I;16"):
        return 65535.0
    return max(float(np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0, neginf=0).max()), 1e-6)


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
    reach = round((MIN_STROKE_WIDTH * pixel - stroke_width) / 2)
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
