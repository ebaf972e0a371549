"""What a file is, told by its first bytes and never by its name: a picture that can be read, or what it is instead."""

from __future__ import annotations

import re

from mnist_core.errors import PictureError

EXTENSIONS: tuple[str, ...] = ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff")
FORMATS = "PNG, JPEG, WebP, GIF, BMP or TIFF"

PICTURES = {
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "JPEG": rb"\xff\xd8\xff",
    "WebP": rb"RIFF....WEBP",
    "GIF": rb"GIF8[79]a",
    "BMP": rb"BM.{4}\0{4}",
    "TIFF": rb"II\*\0(?!.{4}CR)|MM\0\*",  # CR: a raw photo
}  # a format → how its files begin

SAVE = "Save it as a PNG or JPEG picture."
OTHERS = (
    (rb"%PDF", "a PDF", "Save its page as a PNG or JPEG picture, or take a screenshot of it."),
    (
        rb".{4}ftyp(hei[cxms]|hev[cmxs]|mif1|msf1)",
        "an HEIC photo",
        "Save it as a JPEG, or choose it on the phone itself: an iPhone hands it over as a JPEG.",
    ),
    (rb".{4}ftypavi[fs]", "an AVIF picture", SAVE),
    (
        rb".{4}ftypcrx|II\*\0.{4}CR|FUJIFILM|II(RO|RS|U\0)|MMOR",
        "a raw photo",
        "Save it as a JPEG with the camera's program.",
    ),
    (
        rb".{4}ftyp|.{4}(moov|mdat|wide)|\x1aE\xdf\xa3|RIFF....AVI ",
        "a video",
        "Take a screenshot of it where the digit is seen.",
    ),
    (rb"(?i:\s*<(!doctype )?html)", "a web page", "Save the picture in it alone, or take a screenshot."),
    (rb"\s*<.*?\bsvg\b", "an SVG drawing", SAVE),
    (rb"8BPS", "a Photoshop document", SAVE),
    (rb"\0\0[\x01\x02]\0", "an icon", SAVE),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture", SAVE),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL picture", SAVE),
    (rb"II\+\0|MM\0\+", "a BigTIFF picture", SAVE),
    (rb"PK\x03\x04", "a ZIP archive or an office document", "Unpack the picture in it, or take a screenshot of it."),
    (rb"\xd0\xcf\x11\xe0", "an office document", "Take a screenshot of the digit in it."),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript drawing", SAVE),
)  # how a file begins, what it is then, what to do
HEAD = 4096  # bytes that are looked at


def tell_kind(content: bytes) -> str:
    """Return the name of a picture's format; raises `PictureError`, which says what it is instead, for any other."""
    if not content:
        raise PictureError(f"The file is empty; what can be read is {FORMATS}.")
    head = content[:HEAD]
    for kind, start in PICTURES.items():
        if re.match(start, head, re.DOTALL):
            return kind
    for start, name, advice in OTHERS:
        if re.match(start, head, re.DOTALL):
            raise PictureError(f"This is {name}; what can be read is {FORMATS}. {advice}")
    if _is_text(head):
        raise PictureError(f"This is a text; what can be read is {FORMATS}.")
    raise PictureError(f"The file is none of the pictures that can be read: {FORMATS}. {SAVE}")


def _is_text(head: bytes) -> bool:
    """Tell whether a file begins with letters and nothing else; the last one may be cut."""
    text = head.decode("utf-8", "ignore")
    return len(text.encode()) > len(head) - 4 and all(letter.isprintable() or letter in "\t\r\n\f" for letter in text)
