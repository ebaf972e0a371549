"""The files of a data set on this machine: where they may lie, whether they are whole, and reading them.

A file counts whatever its wrapping: packed or not, with a dot or a dash in its name. One that is wrong is never used,
and never touched. However a header or an archive is forged, no more is unpacked than the data set has.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.data_sets import DATA_SETS, EMNIST_PARTS, IDX_UINT8, DataSet, IdxFile, header_size
from mnist_core.errors import DataError
from mnist_core.files import write_atomically

GZIP_MAGIC, MIN_GZIP_BYTES = b"\x1f\x8b", 18
MAX_RATIO = 1032  # bytes to one, which deflate cannot surpass
MAX_COUNT = max(part.counts["train"] for part in EMNIST_PARTS.values())  # images or labels that a header may announce


def raw_folder(data_set: DataSet, folder: Path) -> Path:
    """Return where the files of a data set belong: `MNIST/raw` in the data folder, or that itself."""
    return folder if folder.parts[-2:] == (data_set.folder, "raw") else folder / data_set.folder / "raw"


def list_places(data_set: DataSet, folder: Path, file: IdxFile) -> Iterator[Path]:
    """Yield every path at which a file may lie."""
    raw = raw_folder(data_set, folder)
    others = [folder] if data_set.may_lie_flat else [raw / "gzip"] if data_set.zip_size else []  # as the zip unpacks
    for place in dict.fromkeys((raw, *others)):
        for name in _names(file):
            yield from (place / name, place / f"{name}.gz")


def _names(file: IdxFile) -> tuple[str, str]:
    return file.name, file.name.replace("-idx", ".idx")


def find(data_set: DataSet, folder: Path, file: IdxFile) -> NDArray[np.uint8] | None:
    """Return the bytes of a file that is whole, or None; a packed one is unpacked beside itself."""
    for path in list_places(data_set, folder, file):
        with suppress(DataError, OSError):
            content = read(path, data_set, file)
            if path.stat().st_size != len(content):  # packed
                with suppress(OSError):  # a folder that cannot be written to will do
                    keep(path.parent, file, content)
            return content
    return None


def describe_faults(data_set: DataSet, folder: Path, file: IdxFile) -> list[str]:
    """Say of each file that lies there under one of the names what is wrong with it."""
    faults = []
    for path in list_places(data_set, folder, file):
        shown = path.relative_to(folder)
        try:
            read(path, data_set, file)
        except DataError as error:
            faults.append(f"{shown} {error}")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            place = shown.parent if is_open_to(folder, os.X_OK) else "the data folder"
            faults.append(f"{shown if os.path.lexists(path) else place} may not be read")
        except OSError as error:
            faults.append(f"{shown} cannot be read: {error.strerror}")
    return faults


def is_open_to(folder: Path, rights: int) -> bool:
    """Tell whether this process has those rights, such as `os.W_OK`, to a folder."""
    return os.access(folder, rights, effective_ids=os.access in os.supports_effective_ids)


def has_right_size(data_set: DataSet, folder: Path, file: IdxFile) -> bool:
    """Tell from names and sizes alone whether a file is here."""
    for path in list_places(data_set, folder, file):
        with suppress(DataError, OSError), open_plain(path) as opened:
            _is_packed(opened, file)
            return True
    return False


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file; raises `DataError` for anything else, without waiting for what a pipe may bring."""
    return open(path, "rb", opener=_open_plain)


def _open_plain(path: str, flags: int) -> int:
    opened = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise DataError("is no file")
    return opened


def _is_packed(opened: BinaryIO, file: IdxFile) -> bool:
    """Tell whether a file is packed, by its first bytes; raises `DataError` where its size says that it is another.

    A packed file says in its last four bytes how many it unpacks to.
    """
    size = os.fstat(opened.fileno()).st_size
    if size == file.size:
        return False
    if opened.read(2) != GZIP_MAGIC or not MIN_GZIP_BYTES <= size <= 2 * file.size:
        raise DataError(f"has {size:,} bytes, expected {file.size:,}, or fewer as a .gz")
    unpacked = _size_in_the_end(opened)
    if unpacked != file.size:
        raise DataError(f"is cut off or another file: it would unpack to {unpacked:,} bytes, expected {file.size:,}")
    return True


def _size_in_the_end(opened: BinaryIO) -> int:
    opened.seek(-4, os.SEEK_END)
    return int.from_bytes(opened.read(4), "little")


def read(path: Path, data_set: DataSet, file: IdxFile) -> NDArray[np.uint8]:
    """Read a file with its header, `(bytes,)`; raises `DataError` where it is not that file of that data set."""
    with open_plain(path) as opened:
        if file.sha256 is not None:
            return _read_known(opened, path, data_set, file)
        content = read_idx(opened, path, file.shape[1:], file.shape[0])
    if file.shape[1:] == ():
        check_labels(content[header_size(()) :], data_set, is_whole=True)
    return content


def _read_known(opened: BinaryIO, path: Path, data_set: DataSet, file: IdxFile) -> NDArray[np.uint8]:
    """Read a file of which the SHA-256 is known."""
    if _is_packed(opened, file):
        opened.seek(0)
        try:
            unpacked = gzip.GzipFile(str(path), "rb", fileobj=opened).read(file.size + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError("is damaged and cannot be unpacked") from error
        content = np.frombuffer(bytearray(unpacked), np.uint8)
    else:
        content = np.fromfile(opened, np.uint8, file.size)
    found = hashlib.sha256(content.data).hexdigest()
    if found != file.sha256:
        for other in DATA_SETS.values():
            if found in {each.sha256 for each in other.files}:
                raise DataError(
                    f"is a file of {other.name}, expected that of {data_set.name}, which has the same name and size: "
                    f"it belongs into {other.folder}/raw"
                )
        raise DataError("has the right size but other bytes: it is damaged, or of another data set such as KMNIST")
    return content


def read_idx(opened: BinaryIO, path: Path, sides: tuple[int, ...], count: int | None = None) -> NDArray[np.uint8]:
    """Read a file of images of those sides, or of labels where there are none, with its header: `(bytes,)`.

    What it holds is what its header says, `count` of them where that is given; raises `DataError` otherwise.
    """
    size = stored = os.fstat(opened.fileno()).st_size
    is_packed = size >= MIN_GZIP_BYTES and opened.read(2) == GZIP_MAGIC
    if is_packed:
        size = _size_in_the_end(opened)
    opened.seek(0)
    stream = gzip.GzipFile(str(path), "rb", fileobj=opened) if is_packed else opened
    try:
        expected = _size_in_the_header(stream.read(header_size(sides)), sides, count)
        if size != expected:
            would = "would unpack to" if is_packed else "has"
            raise DataError(f"is cut off or damaged: it {would} {size:,} bytes, by its header it should {expected:,}")
        if expected > MAX_RATIO * stored:
            raise DataError(f"is damaged: its {stored:,} bytes cannot unpack to the {expected:,} of its header")
        stream.seek(0)
        content = stream.read(expected + 1)  # for which the memory is taken before it is read
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError("is damaged and cannot be unpacked") from error
    if len(content) != expected:  # the size in an archive's end was forged
        raise DataError(f"is damaged: it unpacks to other than the {expected:,} bytes of its header")
    return np.frombuffer(content, np.uint8)


def _size_in_the_header(header: bytes, sides: tuple[int, ...], count: int | None) -> int:
    """Return the bytes that a file has by its header; raises `DataError` where it holds something else."""
    kinds = {IDX_UINT8 + b"\3": "images", IDX_UINT8 + b"\1": "labels"}
    wanted = IDX_UINT8 + bytes((1 + len(sides),))
    noun, magic = kinds[wanted], header[:4]
    if magic != wanted and magic in kinds:
        raise DataError(f"holds {kinds[magic]} where {noun} are expected: are the two files swapped?")
    if magic != wanted:
        raise DataError(f"holds no {noun}: it begins with {magic.hex() or 'nothing'}, expected {wanted.hex()}")
    if len(header) < header_size(sides):
        raise DataError(f"is cut off within its header: has {len(header)} bytes, expected {header_size(sides)}")
    found, *found_sides = (int.from_bytes(header[place : place + 4]) for place in range(4, len(header), 4))
    if tuple(found_sides) != sides:
        raise DataError(f"holds images of {' × '.join(map(str, found_sides))} pixels, expected 28 × 28")
    if count is not None and found != count:
        raise DataError(f"holds {found:,} {noun}, expected {count:,}: it is another file, of another part or split")
    if not 1 <= found <= MAX_COUNT:
        raise DataError(f"announces {found:,} {noun}, expected 1 to {MAX_COUNT:,}")
    return header_size(sides) + found * math.prod(sides)


def check_labels(labels: NDArray[np.uint8], data_set: DataSet, *, is_whole: bool) -> None:
    """Raise `DataError` where labels `(N,)` are not those of a data set's classes; a whole file has every class."""
    found = np.unique(labels)
    first, last = data_set.first_label, data_set.first_label + len(data_set.classes) - 1
    if len(strange := found[(found < first) | (found > last)]):
        raise DataError(
            f"holds the label {strange[0]}, expected {first} to {last}: it is damaged, or not of {data_set.name}"
        )
    if is_whole and len(found) < len(data_set.classes):
        raise DataError(
            f"holds {len(found)} different labels, expected {len(data_set.classes)}: it is damaged, "
            f"or not of {data_set.name}"
        )


def keep(place: Path, file: IdxFile, content: NDArray[np.uint8]) -> None:
    """Write a file under a name that is free: what lies there stays, even where it is wrong."""
    free = [path for name in _names(file) if not ((path := place / name).exists() or path.is_symlink())]
    if not free:
        raise FileExistsError(f"other files have the names {' and '.join(_names(file))} there")
    write_atomically(free[0], content.tobytes())
