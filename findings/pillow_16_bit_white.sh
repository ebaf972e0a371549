#!/usr/bin/env bash
# Pillow 13.0.0 inverts a TIFF in which 0 is white where it has 8 bits, and not where it has 16. Tried on 2026-11-27.
#
# One would guess: a TIFF says by its entry PhotometricInterpretation whether 0 is white or black, and Pillow heeds it
# whatever the bits: it does with 1, 2, 4 and 8.
# What happens: with 16 bits the numbers come as they lie in the file, in both cases the same; nothing in the picture's
# mode or info tells that it is a negative. No error or warning comes. Who reads scans looks at tag_v2[262] themselves.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0

"$folder/venv/bin/python" -W error - <<'PY'
import struct
from io import BytesIO

from PIL import Image


def tiff(pixels, bits, zero_is_black):
    """Two pixels in one strip, without compression."""
    data = struct.pack("<2H" if bits == 16 else "<2B", *pixels)
    entries = [(256, 2), (257, 1), (258, bits), (259, 1), (262, zero_is_black), (273, 8), (277, 1), (278, 1), (279, len(data))]
    directory = b"".join(struct.pack("<HHII", tag, 3, 1, value) for tag, value in entries)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(entries)) + directory + bytes(4)


def read(*arguments):
    image = Image.open(BytesIO(tiff(*arguments)))
    return [image.getpixel((0, 0)), image.getpixel((1, 0))]


found = {
    "8 bits, 0 is black": read((0, 255), 8, 1),
    "8 bits, 0 is white": read((0, 255), 8, 0),
    "16 bits, 0 is black": read((0, 65535), 16, 1),
    "16 bits, 0 is white": read((0, 65535), 16, 0),
}
for what, pixels in found.items():
    print(what, pixels)
assert found["8 bits, 0 is white"] == [255, 0], "8 bits are not inverted any more"
assert found["16 bits, 0 is white"] == [0, 65535], "16 bits are inverted now"
PY
