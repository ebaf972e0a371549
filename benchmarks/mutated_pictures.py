"""Thousands of mutated picture files of each format: what reading them does, takes and holds.

    python benchmarks/mutated_pictures.py [--number 5000] [--save benchmarks/results/mutated_pictures.json]

Each format that can be opened is written in its variants. A few bytes of each copy are changed, those of the header
before others, and the checksums of a PNG mended; some copies are cut, or repeat a part of themselves. They are opened
in processes with a limit on memory and time: where one ends, that is counted, and the next goes on with the next file.
Linux only.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import mutated_pictures
from mnist_core.errors import PictureError
from mnist_core.preprocessing.picture_files import READERS, open_picture

MAX_MEMORY = 2_000_000_000  # bytes of address space; a process that asks for more gets none
MAX_SECONDS = 20  # then the process is ended
HEADER = 200  # bytes
STATUS = Path("/proc/self/status")

Row = dict[str, Any]


def main() -> None:
    """Open the mutated files of each format, print what happened and save it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=5_000, help="mutated files of each format")
    parser.add_argument("--save", type=Path, help="where the figures are kept")
    parser.add_argument("--work", nargs=2, metavar=("FORMAT", "FIRST"), help=argparse.SUPPRESS)  # a process of this one
    options = parser.parse_args()
    if options.work:
        work(options.work[0], int(options.work[1]), options.number)
        return
    rows = [watch(kind, options.number) for kind in READERS]
    print(mutated_pictures(rows))
    save_figures(options.save, rows=rows)


def watch(kind: str, number: int) -> Row:
    """Let processes open the mutated files of a format, and return what they told and how often one ended."""
    told: list[Row] = []
    ended = 0
    while len(told) + ended < number:
        command = [sys.executable, __file__, "--number", str(number), "--work", kind, str(len(told) + ended)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        told += [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode:
            print(f"{kind} {len(told) + ended}: ended with {done.returncode}")
            ended += 1
    outcomes = [each["outcome"] for each in told]
    for each in told:
        if each["outcome"] not in ("read", "refused"):
            print(kind, each)
    return {
        "format": kind,
        "variants": len(variants(kind)),
        "files": number,
        "read": outcomes.count("read"),
        "refused": outcomes.count("refused"),
        "errors": len(told) - outcomes.count("read") - outcomes.count("refused"),
        "ended": ended,
        "slowest": round(max(each["seconds"] for each in told), 3),
        "peak": round(max(each["kilobytes"] for each in told) / 1000, 1),
    }


def work(kind: str, first: int, number: int) -> None:
    """Open mutated files one after the other, and tell of each in a line what came of it."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    originals = variants(kind)
    for original in originals:
        open_picture(original)  # what is loaded at the first time is not a picture's
    for each in range(first, number):
        content = mutate(originals, kind, each)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
        before, start = _kilobytes("VmRSS"), perf_counter()
        signal.alarm(MAX_SECONDS)
        try:
            open_picture(content)
            outcome = "read"
        except PictureError:
            outcome = "refused"
        except Exception as error:
            outcome = type(error).__name__
        signal.alarm(0)
        row = {"outcome": outcome, "seconds": perf_counter() - start, "kilobytes": _kilobytes("VmHWM") - before}
        print(json.dumps(row), flush=True)


def _kilobytes(entry: str) -> int:
    found = re.search(rf"{entry}:\s+(\d+) kB", STATUS.read_text())
    assert found
    return int(found[1])


# ---------------------------------------------------------------------------------------------------------- originals


def seven(side: int = 96) -> Image.Image:
    """Return a grey seven on paper that is a little noisy."""
    sheet = Image.fromarray(np.random.default_rng(7).integers(215, 235, (side, side), np.uint8))
    points = [(side * x // 8, side * y // 8) for x, y in ((2, 2), (6, 2), (4, 7))]
    ImageDraw.Draw(sheet).line(points, fill=40, width=side // 10, joint="curve")
    return sheet


def variants(kind: str) -> list[bytes]:
    """Return a seven in each way that a format can have it."""
    return list({"PNG": _png, "JPEG": _jpeg, "WebP": _webp, "GIF": _gif, "BMP": _bmp, "TIFF": _tiff}[kind]())


def _file(picture: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 -- what Pillow's writers take
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _notes() -> Image.Exif:
    notes = Image.Exif()
    notes[0x0112], notes[0x010F] = 6, "a camera"
    return notes


def _png() -> Iterator[bytes]:
    grey = seven()
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        yield _file(grey.convert(mode), "PNG")
    yield _file(Image.fromarray(np.asarray(grey, np.uint16) * 257), "PNG")
    yield _file(grey.convert("P"), "PNG", bits=4, transparency=bytes(range(16)))
    yield _file(grey.convert("RGB"), "PNG", transparency=(40, 40, 40), exif=_notes(), dpi=(300, 300))
    yield _file(grey, "PNG", save_all=True, append_images=[grey.rotate(20), grey.rotate(40)])
    yield _interlaced(grey)


def _interlaced(grey: Image.Image) -> bytes:
    """Return a PNG in Adam7's seven passes, which Pillow reads and does not write."""
    levels = np.asarray(grey)
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(
        b"\0" + row.tobytes() for top, left, down, right in passes for row in levels[top::down, left::right]
    )
    head = struct.pack(">IIBBBBB", *grey.size, 8, 0, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, data) for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _jpeg() -> Iterator[bytes]:
    grey = seven()
    for mode in ("L", "RGB", "CMYK"):
        for progressive in (False, True):
            yield _file(grey.convert(mode), "JPEG", progressive=progressive)
    yield _file(grey.convert("RGB"), "JPEG", subsampling=0, exif=_notes(), restart_marker_rows=1, comment="a comment")
    yield _file(seven(1200), "JPEG")  # decoded at half its size
    yield _file(grey.convert("RGB"), "MPO", save_all=True, append_images=[grey.convert("RGB").resize((40, 40))])


def _webp() -> Iterator[bytes]:
    grey = seven().convert("RGB")
    clear = grey.convert("RGBA")
    clear.putalpha(seven())
    for lossless in (False, True):
        for picture in (grey, clear):
            yield _file(picture, "WEBP", lossless=lossless)
        yield _file(grey, "WEBP", lossless=lossless, save_all=True, append_images=[grey.rotate(20), clear])
    yield _file(grey, "WEBP", exif=_notes())


def _gif() -> Iterator[bytes]:
    grey = seven()
    for mode in ("1", "L", "P"):
        yield _file(grey.convert(mode), "GIF")
    yield _file(grey, "GIF", interlace=0)
    yield _file(grey.convert("P"), "GIF", transparency=0, comment=b"a comment")
    frames = [grey.rotate(angle).convert("RGB").quantize(8 + angle) for angle in (20, 40)]  # palettes of their own
    for disposal in (0, 1, 2, 3):
        yield _file(grey, "GIF", save_all=True, append_images=frames, disposal=disposal, duration=50)


def _bmp() -> Iterator[bytes]:
    grey = seven()
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield _file(grey.convert(mode), "BMP")
    yield _bitmap(
        grey, 4, 0, b"".join(bytes((a & 240) | (b >> 4) for a, b in row.reshape(-1, 2)) for row in _rows(grey))
    )
    yield _bitmap(grey, 8, 1, b"".join(bytes(n for level in row for n in (1, level)) + b"\0\0" for row in _rows(grey)))
    yield _bitmap(grey, 4, 2, b"".join(bytes(n for level in row for n in (1, level)) + b"\0\0" for row in _rows(grey)))


def _rows(grey: Image.Image) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(grey)[::-1]


def _bitmap(grey: Image.Image, bits: int, compression: int, data: bytes) -> bytes:
    """Return a BMP of 4 bits or with run lengths, which Pillow reads and does not write."""
    colours = b"".join(bytes((level, level, 255 - level, 0)) for level in range(0, 256, 256 >> bits))
    head = struct.pack("<IiiHHIIiiII", 40, *grey.size, 1, bits, compression, len(data), 0, 0, 1 << bits, 0)
    start = 14 + len(head) + len(colours)
    return struct.pack("<2sIII", b"BM", start + len(data), 0, start) + head + colours + data


def _tiff() -> Iterator[bytes]:
    grey = seven()
    for compression in ("raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate"):
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"):
            yield _file(grey.convert("RGB").convert(mode), "TIFF", compression=compression)
    for compression in ("tiff_ccitt", "group3", "group4"):
        yield _file(grey.convert("1"), "TIFF", compression=compression)
    for mode in ("L", "RGB"):
        yield _file(grey.convert(mode), "TIFF", compression="jpeg", quality=80)
    for wide in (np.asarray(grey, np.uint16) * 16, np.asarray(grey, np.int32), np.asarray(grey, np.float32)):
        for compression in ("raw", "tiff_lzw"):
            yield _file(Image.fromarray(wide), "TIFF", compression=compression)
    yield _file(grey, "TIFF", save_all=True, append_images=[grey.rotate(20)], exif=_notes())


# ---------------------------------------------------------------------------------------------------------- mutations


def mutate(originals: list[bytes], kind: str, number: int) -> bytes:
    """Return one of some files with bytes of it changed: always the same for the same number."""
    chance = Random(f"{kind} {number}")
    content = bytearray(chance.choice(originals))
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        _change(content, chance)
    if chance.random() < 0.1:  # a part again
        at, to = sorted(chance.randrange(len(content)) for _ in range(2))
        content[at:at] = content[at:to]
    if chance.random() < 0.15:
        del content[chance.randrange(len(content)) :]
    if kind == "PNG":
        _mend_checksums(content)
    return bytes(content)


def _change(content: bytearray, chance: Random) -> None:
    """Change one byte, or a number of two or four; the first eight bytes seldom."""
    if chance.random() < 0.2:  # where a TIFF has its directory
        first, last = max(0, len(content) - HEADER), len(content)
    elif chance.random() < 0.6:
        first, last = 8, min(HEADER, len(content))
    else:
        first, last = 0, len(content)
    at, size = chance.randrange(first, last), chance.choice([1, 1, 1, 2, 4])
    value = chance.choice([0, 1, 255, 127, 128, 65535, 2**31 - 1, 2**32 - 1, chance.randrange(2**32)])
    order: Literal["big", "little"] = "big" if chance.random() < 0.5 else "little"
    content[at : at + size] = (value % 256**size).to_bytes(size, order)


def _mend_checksums(content: bytearray) -> None:
    """Make the checksum of each chunk of a PNG right, as far as its chunks can be told."""
    at = 8
    while at + 12 <= len(content):
        end = at + 8 + int.from_bytes(content[at : at + 4], "big")
        if end + 4 > len(content):
            return
        content[end : end + 4] = zlib.crc32(content[at + 4 : end]).to_bytes(4, "big")
        at = end + 4


if __name__ == "__main__":
    main()
