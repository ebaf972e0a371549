"""From the bytes of a picture file to a picture that is safe to work on: checked, upright, 8 bits, and small.

Of the formats that Pillow knows, those are read whose decoder takes no more memory than the file's header tells. AVIF
is not: a small file that names a small size can hold a picture of any size, which is decoded before the two are
compared. HEIC would need a plugin whose decoder is mended often, and an iPhone hands a web page a JPEG anyway.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from mnist_core.errors import PictureError
from mnist_core.preprocessing.file_kinds import EXTENSIONS as EXTENSIONS
from mnist_core.preprocessing.file_kinds import FORMATS as FORMATS
from mnist_core.preprocessing.file_kinds import tell_kind

MAX_FILE_BYTES = 20_000_000  # bytes
MAX_PIXELS = 50_000_000  # pixels; a photo of 48 megapixels is read
MAX_SIDE = 20_000  # pixels
MAX_DECODED = 200_000_000  # bytes that a decoder holds at once: those of 50 million pixels in colour
MAX_PARTS = 200_000  # reads of a file; one of 20 MB in parts of 1 kB needs 80,000
MAX_SCANS = 50  # passes over a JPEG; ten are usual
MAX_NUMBERS = 50_000  # of one entry in a TIFF; a strip a row needs 20,000
MAX_NOTES = 1_000_000  # bytes of what a camera noted (EXIF)
SEGMENT = 65_535  # bytes; a JPEG has its notes in parts of this size
WORKING_SIDE = 512  # pixels; larger pictures are reduced to about this first
STRIP = 1_000_000  # pixels, about, that are converted and reduced at once
MIN_FILLED = 0.9  # of the box around what is opaque; a window has round corners
MIN_CONTRAST = 64  # of 255; the shades of ink alone differ by less

DAMAGED = "The picture is damaged or incomplete. Save it again and try once more."
PARTS = "The file has too many parts to be read. Save it as a PNG or JPEG picture."
READERS: dict[str, Callable[[BytesIO], ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WebP": WebPImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
}  # none but the one for what the file is tries to read it, as all would in `Image.open`

ORIENTATION = 274  # the entry of EXIF that tells how a camera was held
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # not by `exif_transpose`, which writes all notes anew: a gigabyte for 19 MB of them


def open_picture(content: bytes) -> Image.Image:
    """Open a picture file, evaluating it by its header before any pixel is decoded; raises `PictureError`.

    It comes upright, in grey, RGB or RGBA of 8 bits, and with at most about 512 pixels a side. Of an animation the
    first frame is read, of several pages the first. A file that ends too early is refused; of a JPEG that is damaged in
    its midst comes what could be decoded, as in a browser.
    """
    if len(content) > MAX_FILE_BYTES:
        raise PictureError(
            f"The file has {len(content) / 1e6:.1f} MB; at most {MAX_FILE_BYTES / 1e6:.0f} MB can be read. "
            "Crop it to the digit, or save it smaller."
        )
    kind = tell_kind(content)
    with _decoding():
        _check_notes(kind, content)
        image = READERS[kind](_Parts(content))
        _check_size(image, kind, content)
        image.draft(None, (2 * WORKING_SIDE, 2 * WORKING_SIDE))  # a JPEG is decoded no finer than is of use
        image.load()
        return make_plain(image)


class _Parts(BytesIO):
    """A file that is read in so many parts and no more: some of millions take minutes, and gigabytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._left = MAX_PARTS

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise PictureError(PARTS)
        return super().read(size)


@contextmanager
def _decoding() -> Iterator[None]:
    """Let no warning or error of a decoder out: what a damaged file makes it raise can be anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(f"The picture has too many pixels. {_limits()}") from error
    except Exception as error:
        raise PictureError(DAMAGED) from error


def _check_size(image: Image.Image, kind: str, content: bytes) -> None:
    """Refuse a picture by its header: one of too many pixels, or one that takes too much memory to decode."""
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise PictureError(f"The picture has {width:,} × {height:,} pixels. {_limits()}")
    held = _bytes_held(image, content)
    if held > MAX_DECODED:
        most = width * height / held * MAX_DECODED / 1e6
        raise PictureError(
            f"The picture has {width:,} × {height:,} pixels; of a {kind} file like this one at most {most:.0f} million "
            "can be read. Crop it to the digit, or save it smaller."
        )


def _limits() -> str:
    return (
        f"At most {MAX_PIXELS / 1e6:.0f} million can be read, and {MAX_SIDE:,} a side. "
        "Crop it to the digit, or save it smaller."
    )


def _bytes_held(image: Image.Image, content: bytes) -> float:
    """Return about how much memory a picture takes while it is decoded, as it was measured format by format."""
    if isinstance(image, JpegImageFile):
        return _jpeg_memory(image, content)
    if isinstance(image, TiffImageFile):
        return _tiff_memory(image)
    if isinstance(image, WebPImageFile):
        return 16 * image.width * image.height  # its decoder has two canvases, Pillow a copy and the picture
    return _picture_memory(image)


def _picture_memory(image: Image.Image) -> int:
    return {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}.get(image.mode, 4) * image.width * image.height


def _jpeg_memory(image: JpegImageFile, content: bytes) -> float:
    """Return the memory of a JPEG: the reduced picture, and all that is in the file where it comes in several scans."""
    assert image.fp is not None
    by = next(by for by in (8, 4, 2, 1) if by == 1 or min(image.size) >= by * 2 * WORKING_SIDE)
    reduced = _picture_memory(image) / by**2
    at, layers = image.fp.tell(), image.layers  # just behind the head of the first scan
    in_one_scan = content[at - 2 * layers - 6 : at - 2 * layers - 3] == bytes([0, 2 * layers + 6, layers])
    if in_one_scan and "progressive" not in image.info:
        return reduced
    if content.count(b"\xff\xda", at) > MAX_SCANS:
        raise PictureError(f"The picture comes in more than {MAX_SCANS} scans. Save it as an ordinary JPEG.")
    samples = [across * down for _, across, down, _ in image.layer]
    finest = max(across for _, across, _, _ in image.layer) * max(down for _, _, down, _ in image.layer)
    return reduced + 2 * image.width * image.height * sum(samples) / finest


def _tiff_memory(image: TiffImageFile) -> float:
    """Return the memory of a TIFF: the picture, and a strip of it or the picture turned."""
    tags = image.tag_v2
    if any(tag in tags for tag in (322, 323, 324, 325)):
        raise PictureError("This TIFF keeps its pixels in tiles, which are not read. Save it as a PNG or JPEG picture.")
    if tags.get(259, 1) not in (1, 2, 3, 4, 5, 7, 8, 32773, 32946):
        raise PictureError("This TIFF is compressed in a way that is not read. Save it as a PNG or JPEG picture.")
    if 50706 in tags or tags.get(254, 0) & 1:  # a DNG; a small picture that stands for a larger one
        raise PictureError("This is a raw photo. Save it as a JPEG with the camera's program.")
    rows = min(tags.get(278) or image.height, max(image.size))
    strip = image.width * rows * max(4.0, sum(tags.get(258, (1,))) / 8)
    whole = _picture_memory(image)
    notes = image.getexif()
    for directory in (34665, 34853, 40965):  # of the camera and the place, which Pillow would read with the pixels
        notes.pop(directory, None)
    turned = whole if notes.get(ORIENTATION, 1) != 1 else 0
    return float(whole + max(strip, turned))


def _check_notes(kind: str, content: bytes) -> None:
    """Refuse a file whose notes have millions of numbers, each of which would become one of Python's."""
    endless = kind == "JPEG" and content.count(b"Exif\0\0") > MAX_NOTES // SEGMENT
    if kind == "TIFF":
        order = "<" if content.startswith(b"II") else ">"
        (at,) = struct.unpack_from(order + "L", content, 4)
        (entries,) = struct.unpack_from(order + "H", content, at)
        for _, form, count, _ in struct.iter_unpack(order + "HHLL", content[at + 2 : at + 2 + 12 * entries]):
            endless |= count > MAX_NUMBERS and form not in (1, 2, 6, 7)  # bytes and text stay as they are
    if endless:
        raise PictureError(PARTS)


def make_plain(image: Image.Image) -> Image.Image:
    """Return any mode of picture as `open_picture` has them; what it returned already stays as it is.

    It is converted and reduced strip by strip: all of a picture of 50 million pixels as numbers takes 200 MB a copy.
    """
    factor = -(-max(image.size) // WORKING_SIDE)
    white = _white(image) if image.mode.startswith(("I", "F")) else None
    plain: Image.Image | None = None
    for top, strip in _in_strips(image, factor):
        strip = _convert(strip, white).reduce(factor)
        plain = plain or Image.new(strip.mode, (strip.width, -(-image.height // factor)))
        plain.paste(strip, (0, top // factor))
    assert plain is not None  # a picture has at least one row
    plain.info = dict(image.info)  # among it, how a camera was held
    upright = _upright(plain)
    upright.info = {}  # the rest was said of pixels that are no more: a colour that is transparent
    return crop_to_opaque(upright)


def crop_to_opaque(picture: Image.Image) -> Image.Image:
    """Cut away what is clear around a sheet or a window, its soft shadow too; ink on a clear ground stays as it is.

    Clear is what is less than half opaque. A sheet fills its corners and shows more than one shade.
    """
    if picture.mode != "RGBA":
        return picture
    opaque = np.asarray(picture.getchannel("A")) >= 128
    box = Image.fromarray(opaque).getbbox()
    if box is None or box == (0, 0, *picture.size):
        return picture
    left, top, right, bottom = box
    sheet = picture.crop(box)
    shades = np.asarray(sheet.convert("L"))[opaque[top:bottom, left:right]]
    is_ink = shades.size < MIN_FILLED * sheet.width * sheet.height or int(np.ptp(shades)) < MIN_CONTRAST
    return picture if is_ink else sheet


def _in_strips(image: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """Yield where each strip of a picture begins, and the strip; its rows are a multiple of the factor."""
    rows = factor * max(1, STRIP // (image.width * factor))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _convert(strip: Image.Image, white: float | None) -> Image.Image:
    if white:
        return Image.fromarray(np.clip(_numbers(strip) / white * 255, 0, 255).astype(np.uint8))
    if strip.mode == "La":
        strip = strip.convert("LA")  # Pillow converts it to nothing else
    if strip.has_transparency_data:
        return strip.convert("RGBA")
    return strip if strip.mode == "L" else strip.convert("RGB")


def _white(image: Image.Image) -> float:
    """Return what is white in a picture of numbers larger than bytes: the largest that so many bits can hold.

    A scanner of 12 bits writes no number over 4095 into its 16, and other programs none over 255.
    """
    largest = max(float(_numbers(strip).max()) for _, strip in _in_strips(image, 1))
    if image.mode.startswith("F"):
        return max(largest, 1e-6)
    return 2.0 ** max(8, int(max(largest, 0)).bit_length()) - 1


def _numbers(strip: Image.Image) -> NDArray[np.float32]:
    return np.nan_to_num(np.asarray(strip, dtype=np.float32), posinf=0, neginf=0)


def _upright(image: Image.Image) -> Image.Image:
    """Turn a photo as its camera was held; one whose notes (EXIF) are damaged or endless stays as it lies."""
    if len(image.info.get("exif", "")) > MAX_NOTES:
        return image
    try:
        turn = TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # Pillow reads them only now, and stumbles in many ways: TypeError, SyntaxError, struct.error
        return image
    return image if turn is None else image.transpose(turn)
