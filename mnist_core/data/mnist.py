"""The MNIST digits: 60,000 to learn from, 10,000 to be evaluated by.

torchvision fetches and unpacks the files; what it does not check is checked here, by the SHA-256 of each unpacked
file. A file that differs by one bit is unpacked or fetched again, or refused; it is never used.
Images are uint8, `(N, 28, 28)`, ink 255 on 0; labels are int64, `(N,)`.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from mnist_core.errors import DataError, MissingData
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
ARCHIVES = {  # bytes of each .gz
    "train-images-idx3-ubyte": 9_912_422,
    "train-labels-idx1-ubyte": 28_881,
    "t10k-images-idx3-ubyte": 1_648_877,
    "t10k-labels-idx1-ubyte": 4_542,
}


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


def find_data_dir(data_dir: Path | str | None = None) -> Path:
    """Return the folder of the data set: the one given, else `MNIST_DATA`, else `data/` in the project."""
    return Path(data_dir) if data_dir else read_settings().data_dir


def load_mnist(split: Split, data_dir: Path | str | None = None, *, fetch: bool = True) -> Digits:
    """Load one split, fetching or unpacking its files first where that is needed.

    With `fetch=False` nothing leaves the machine: raises `MissingData` when the files are not there.
    Raises `DataError` when they are damaged and cannot be had anew.
    """
    if split not in get_args(Split):
        raise ValueError(f"split: found {split!r}, expected one of {', '.join(get_args(Split))}")
    folder = find_data_dir(data_dir)
    if not all(_is_genuine(folder, name) for name in FILES[split]):
        _provide(folder, fetch)
    return _parse(folder, split)


def mnist_is_here(data_dir: Path | str | None = None) -> bool:
    """Tell, from the files' sizes alone, whether `load_mnist` would find the digits without a network."""
    raw = _raw_folder(find_data_dir(data_dir))
    return all(_size(raw / name) == size or _size(raw / f"{name}.gz") == ARCHIVES[name] for name, size in SIZES.items())


def fetched_share(data_dir: Path | str | None = None) -> float:
    """Return how much of the archives is here, 0…1: the progress of a fetch."""
    raw = _raw_folder(find_data_dir(data_dir))
    here = sum(min(_size(raw / f"{name}.gz"), size) for name, size in ARCHIVES.items())
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
    return hashlib.sha256(digits.images.tobytes() + digits.labels.tobytes()).hexdigest()


def _raw_folder(folder: Path) -> Path:
    return folder / "MNIST" / "raw"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _is_genuine(folder: Path, name: str) -> bool:
    path = _raw_folder(folder) / name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == SHA256[name]


def _provide(folder: Path, fetch: bool) -> None:
    """Bring the four files into the folder, from the archives that lie there or else from a mirror."""
    from torchvision.datasets import MNIST
    from torchvision.datasets.utils import check_integrity

    raw = _raw_folder(folder)
    archives_are_here = all(check_integrity(raw / name, md5) for name, md5 in MNIST.resources)
    if not (archives_are_here or fetch):
        raise MissingData(
            f"The MNIST digits are not in {folder}, or damaged. Run `python train.py --fetch-only` once "
            f"to fetch them (11 MB), or put the four .gz files into {raw}."
        )
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "MNIST" / ".lock"):
            for name in SHA256:
                if not _is_genuine(folder, name):
                    (raw / name).unlink(missing_ok=True)
            _fetch_or_unpack(folder)
    except OSError as error:
        raise DataError(
            f"The MNIST digits cannot be written to {folder}: {error}. Choose another --data-dir."
        ) from error


def _fetch_or_unpack(folder: Path) -> None:
    """Try each mirror until all files are genuine. torchvision by itself gives up after a reset connection."""
    from torchvision.datasets import MNIST

    problems = []
    for mirror in MNIST.mirrors:
        # The name is part of torchvision's paths; its legacy format is a pickle that we do not check.
        source = type("MNIST", (MNIST,), {"mirrors": [mirror], "_check_legacy_exist": lambda _: False})
        try:
            source(folder, download=True)
        except (OSError, RuntimeError, HTTPException, EOFError, zlib.error) as error:
            cause = str(error).strip().splitlines() or [type(error).__name__]  # torchvision puts the cause last
            problems.append(f"{mirror}: {cause[-1][:200]}")
            continue
        if all(_is_genuine(folder, name) for name in SHA256):
            return
        problems.append(f"{mirror}: its files are not the MNIST that was published")
    raise DataError(
        "The MNIST digits could not be fetched. "
        + "; ".join(problems)
        + f". Check the connection and try again, or put the four .gz files into {_raw_folder(folder)}."
    )


def _parse(folder: Path, split: Split) -> Digits:
    """Read files that are known to be genuine. torchvision would too, but brings torch, which takes two seconds."""
    images, labels = (np.fromfile(_raw_folder(folder) / name, np.uint8) for name in FILES[split])
    return Digits(images[16:].reshape(-1, SIDE, SIDE), labels[8:].astype(np.int64))  # behind the headers
