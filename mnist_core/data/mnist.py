"""The MNIST digits: 60,000 to learn from, 10,000 to be evaluated by.

A file counts by the SHA-256 of its unpacked bytes, whatever its wrapping: packed or not, with a dot or a dash in its
name, in `MNIST/raw` or in the data folder itself. One that differs by a bit is never used, and never touched.
Images are uint8, `(N, 28, 28)`, ink 255 on 0; labels are int64, `(N,)`.

What is said here may be read by visitors of the app, so it names no absolute path: files are named as they lie in the
data folder. Who runs the command is told by it which folder that is.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import shutil
import stat
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, get_args
from urllib.parse import urlsplit

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from mnist_core.data.download import receive
from mnist_core.errors import DataError, MissingData
from mnist_core.files import write_atomically
from mnist_core.settings import read_settings

Split = Literal["train", "test"]

SIDE = 28  # pixels
NOT_A_DIGIT = -1  # the label of what is none of the ten; MNIST has none
COUNTS: dict[Split, int] = {"train": 60_000, "test": 10_000}

FILES: dict[Split, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}

# SHA-256 of the unpacked files, as LeCun, Cortes and Burges published them.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

TEST_LABELS_SHA256 = "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"  # of one byte a label

SIZES = {  # bytes
    "train-images-idx3-ubyte": 47_040_016,
    "train-labels-idx1-ubyte": 60_008,
    "t10k-images-idx3-ubyte": 7_840_016,
    "t10k-labels-idx1-ubyte": 10_008,
}
ARCHIVES = {  # bytes of each .gz, as published
    "train-images-idx3-ubyte": 9_912_422,
    "train-labels-idx1-ubyte": 28_881,
    "t10k-images-idx3-ubyte": 1_648_877,
    "t10k-labels-idx1-ubyte": 4_542,
}
ROOM = sum(SIZES.values()) + max(ARCHIVES.values())  # bytes: all files, and the largest archive while it arrives
GZIP_MAGIC, MIN_GZIP_BYTES = b"\x1f\x8b", 18
ELSEWHERE = "Mend that, or choose another folder (`MNIST_DATA`)."
FETCH_LIMIT = 600.0  # seconds for all four files, from every mirror
BY_HAND = "put the four .gz files into MNIST/raw in the data folder (`MNIST_DATA`, else data/); unpacked ones will do"


@dataclass(frozen=True, slots=True)
class Digits:
    """Images uint8 `(N, 28, 28)`, ink 255 on 0, with their labels int64 `(N,)`."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def pixels(self) -> NDArray[np.float32]:
        """The images as float32 `(N, 28, 28)`, ink 1.0 on 0.0."""
        return self.images.astype(np.float32) / np.float32(255)

    def __getitem__(self, index: slice) -> Digits:
        return Digits(self.images[index], self.labels[index])


def a_digit(label: int) -> str:
    """Say a digit with its article: "a 4", "an 8"."""
    return f"an {label}" if label == 8 else f"a {label}"


def find_data_dir(data_dir: Path | str | None = None) -> Path:
    """Return the folder of the data set: the one given, else `MNIST_DATA`, else `data/` in the project."""
    return Path(data_dir) if data_dir else read_settings().data_dir


def load_mnist(split: Split, data_dir: Path | str | None = None, *, fetch: bool = True) -> Digits:
    """Load one split, fetching its files first where they are not here.

    With `fetch=False` nothing leaves the machine: raises `MissingData` when the files are not there.
    Raises `DataError` when they are damaged and cannot be had anew. Both say which file is wrong, and how.
    """
    if split not in get_args(Split):
        raise ValueError(f"split: found {split!r}, expected one of {', '.join(get_args(Split))}")
    folder = find_data_dir(data_dir)
    files = [_find(folder, name) for name in FILES[split]]
    if any(file is None for file in files) and fetch:
        _fetch(folder)
        files = [_find(folder, name) for name in FILES[split]]
    images, labels = files
    if images is None or labels is None:
        raise MissingData(
            f"{_describe_missing(find_faults(folder))} Run `python train.py --fetch-only` once to fetch them (11 MB), "
            f"or {BY_HAND}."
        )
    return Digits(images[16:].reshape(-1, SIDE, SIDE), labels[8:].astype(np.int64))  # behind the headers


def mnist_is_here(data_dir: Path | str | None = None) -> bool:
    """Tell, from the files' names and sizes alone, whether `load_mnist` would find the digits without a network."""
    folder = find_data_dir(data_dir)
    return all(_has_right_size(folder, name) for name in SIZES)


def find_faults(data_dir: Path | str | None = None) -> list[str]:
    """Say what is wrong with each file that lies there, and what is missing beside it; nothing of an empty folder."""
    folder = find_data_dir(data_dir)
    faults, missing = [], []
    for name in SIZES:
        if _find(folder, name) is None:
            found = _find_faults(folder, name)
            faults += found
            missing += [] if found else [name]
    if missing and len(missing) < len(SIZES):
        faults.append(f"missing: {', '.join(missing)}")
    return list(dict.fromkeys(faults))  # of a folder that may not be opened, each file says the same


def list_candidates(data_dir: Path | str | None = None) -> list[Path]:
    """Return every path at which a file of MNIST may lie."""
    folder = find_data_dir(data_dir)
    return [path for name in SIZES for path in _candidates(folder, name)]


def find_obstacle(data_dir: Path | str | None = None) -> str | None:
    """Say why nothing can be fetched into the data folder; None where nothing is in the way."""
    raw = _raw_folder(find_data_dir(data_dir))
    for place in (raw, raw.parent):  # the digits; the lock and what is half fetched
        there = next(folder for folder in (place, *place.absolute().parents) if os.path.lexists(folder))
        if not there.is_dir():
            return f"The data folder is none, for a file has its place, or that of a folder in it. {ELSEWHERE}"
        if not _is_open_to(there, os.W_OK | os.X_OK):
            return f"The data folder may not be written to, so nothing can be fetched into it. {ELSEWHERE}"
    return None


def fetched_share(data_dir: Path | str | None = None) -> float:
    """Return how much of the archives is here, 0…1: the progress of a fetch."""
    folder = find_data_dir(data_dir)
    here = sum(
        size if _has_right_size(folder, name) else min(_size(_archive(folder, name)), size)
        for name, size in ARCHIVES.items()
    )
    return here / sum(ARCHIVES.values())


def split_training(digits: Digits, validation_size: int) -> tuple[Digits, Digits]:
    """Split digits into those to learn from and the last `validation_size`, to choose by."""
    border = len(digits) - validation_size
    if validation_size < 0 or border <= 0:
        raise ValueError(
            f"validation_size: found {validation_size} of {len(digits)} digits, expected to leave some to learn from"
        )
    return digits[:border], digits[border:]


def checksum(digits: Digits) -> str:
    """Return the SHA-256 of the pixels followed by the labels: the data set's name on a model's card."""
    found = hashlib.sha256(digits.images.ravel().data)  # a copy of the training digits would be 47 MB
    found.update(digits.labels.ravel().data)
    return found.hexdigest()


# ------------------------------------------------------------------------------------------ what lies in the folder


def _raw_folder(folder: Path) -> Path:
    return folder if folder.parts[-2:] == ("MNIST", "raw") else folder / "MNIST" / "raw"


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    """Yield every path at which a file of MNIST may lie."""
    for place in dict.fromkeys((_raw_folder(folder), folder)):
        for file in _names(name):
            yield from (place / file, place / f"{file}.gz")


def _names(name: str) -> tuple[str, str]:
    return name, name.replace("-idx", ".idx")


def _find(folder: Path, name: str) -> NDArray[np.uint8] | None:
    """Return the bytes of a file that is MNIST's bit for bit, or None; a packed one is unpacked beside itself."""
    for path in _candidates(folder, name):
        with suppress(DataError, OSError):
            content = _read(path, name)
            if path.stat().st_size != len(content):  # packed
                with suppress(OSError):  # a folder that cannot be written to will do
                    _keep(path.parent, name, content)
            return content
    return None


def _find_faults(folder: Path, name: str) -> list[str]:
    """Say of each file that lies there under one of the names what is wrong with it."""
    faults = []
    for path in _candidates(folder, name):
        file = path.relative_to(folder)
        try:
            _read(path, name)
        except DataError as error:
            faults.append(f"{file} {error}")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            place = file.parent if _is_open_to(folder, os.X_OK) else "the data folder"
            faults.append(f"{file if os.path.lexists(path) else place} may not be read")
        except OSError as error:
            faults.append(f"{file} cannot be read: {error.strerror}")
    return faults


def _is_open_to(folder: Path, rights: int) -> bool:
    return os.access(folder, rights, effective_ids=os.access in os.supports_effective_ids)


def _describe_missing(faults: list[str]) -> str:
    if not faults:
        return "The MNIST digits are not in the data folder."
    return f"The MNIST digits in the data folder are not all there, not all readable, or damaged: {'; '.join(faults)}."


def _has_right_size(folder: Path, name: str) -> bool:
    for path in _candidates(folder, name):
        with suppress(DataError, OSError), _open(path) as file:
            _is_packed(file, name)
            return True
    return False


def _open(path: Path) -> BinaryIO:
    """Open a plain file; raises `DataError` for anything else, without waiting for what a pipe may bring."""
    return open(path, "rb", opener=_open_plain)


def _open_plain(path: str, flags: int) -> int:
    opened = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise DataError("is no file")
    return opened


def _is_packed(file: BinaryIO, name: str) -> bool:
    """Tell whether a file is packed, by its first bytes; raises `DataError` where its size says that it is not MNIST's.

    A packed file says in its last four bytes how many it unpacks to.
    """
    expected = SIZES[name]
    size = os.fstat(file.fileno()).st_size
    if size == expected:
        return False
    if file.read(2) != GZIP_MAGIC or not MIN_GZIP_BYTES <= size <= 2 * expected:
        raise DataError(f"has {size:,} bytes, expected {expected:,}, or fewer as a .gz")
    file.seek(-4, os.SEEK_END)
    unpacked = int.from_bytes(file.read(4), "little")
    if unpacked != expected:
        raise DataError(f"is cut off or another file: it would unpack to {unpacked:,} bytes, expected {expected:,}")
    return True


def _read(path: Path, name: str) -> NDArray[np.uint8]:
    """Read a file, unpacking no more than MNIST's has; raises `DataError` where it is not that file bit for bit."""
    with _open(path) as file:
        if _is_packed(file, name):
            file.seek(0)
            try:
                unpacked = gzip.GzipFile(str(path), "rb", fileobj=file).read(SIZES[name] + 1)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise DataError("is damaged and cannot be unpacked") from error
            content = np.frombuffer(bytearray(unpacked), np.uint8)
        else:
            content = np.fromfile(file, np.uint8, SIZES[name])
    if hashlib.sha256(content.data).hexdigest() != SHA256[name]:
        raise DataError(
            "has the right size but other bytes: it is damaged, or of another data set such as Fashion-MNIST"
        )
    return content


def _keep(place: Path, name: str, content: NDArray[np.uint8]) -> None:
    """Write a file of MNIST under a name that is free: what lies there stays, even where it is wrong."""
    free = [path for file in _names(name) if not ((path := place / file).exists() or path.is_symlink())]
    if not free:
        raise FileExistsError(f"other files have the names {' and '.join(_names(name))} there")
    write_atomically(free[0], content.tobytes())


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


# --------------------------------------------------------------------------------------------------------- fetching


def _download_folder(folder: Path) -> Path:
    return _raw_folder(folder).parent / ".fetched"


def _archive(folder: Path, name: str) -> Path:
    """Return where a file is kept while it arrives."""
    return _download_folder(folder) / f"{name}.gz"


def _fetch(folder: Path) -> None:
    """Bring the files that are not here into the folder, one process at a time; raises `DataError`."""
    from torchvision.datasets import MNIST

    if obstacle := find_obstacle(folder):
        raise DataError(obstacle)
    raw, downloads = _raw_folder(folder), _download_folder(folder)
    mirrors = list(MNIST.mirrors)
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with FileLock(raw.parent / ".lock", timeout=FETCH_LIMIT):
            shutil.rmtree(downloads, ignore_errors=True)  # of a fetch that was killed
            downloads.mkdir()
            until = time.monotonic() + FETCH_LIMIT
            try:
                for name in SIZES:
                    if _find(folder, name) is None:
                        _keep(raw, name, _download(folder, name, mirrors, until))
                        _archive(folder, name).unlink()
            finally:
                shutil.rmtree(downloads, ignore_errors=True)
    except Timeout as error:
        raise DataError("Another program has been fetching the MNIST digits for too long. Try again later.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                "The disk of the data folder is full: to fetch the MNIST digits, "
                f"{ROOM / 1e6:.0f} MB must be free there. {ELSEWHERE}"
            ) from error
        raise DataError(
            f"The MNIST digits cannot be written to the data folder: {error.strerror or error}. {ELSEWHERE}"
        ) from error


def _download(folder: Path, name: str, mirrors: list[str], until: float) -> NDArray[np.uint8]:
    """Try each mirror until one gives the file as it was published; who fails is asked last from then on."""
    archive, problems = _archive(folder, name), []
    for mirror in list(mirrors):
        try:
            with archive.open("wb") as file:
                for part in receive(f"{mirror}{name}.gz", ARCHIVES[name], until):
                    file.write(part)
                    file.flush()  # the file's size is the progress that all see
            with suppress(DataError):
                return _read(archive, name)
            raise DataError("sent a file that is not MNIST's")
        except DataError as error:
            problems.append(f"{urlsplit(mirror).hostname} {error}")
            mirrors.append(mirrors.pop(0))
    faults = find_faults(folder)
    raise DataError(
        f"The MNIST digits could not be fetched. {f'{_describe_missing(faults)} ' if faults else ''}"
        f"Tried for {name}: {'; '.join(problems)}. Check the connection and try again, or {BY_HAND}."
    )
