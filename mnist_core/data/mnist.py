"""The MNIST digits: 60,000 to learn from, 10,000 to be evaluated by.

A file counts by the SHA-256 of its unpacked bytes, whatever its wrapping: packed or not, with a dot or a dash in its
name, in `MNIST/raw` or in the data folder itself. One that differs by a bit is never used, and never touched.
Images are uint8, `(N, 28, 28)`, ink 255 on 0; labels are int64, `(N,)`. `data_sets` has others, which `loading` loads.
"""

from __future__ import annotations

from pathlib import Path

from mnist_core.data import loading
from mnist_core.data.data_sets import MNIST
from mnist_core.data.digits import NOT_A_DIGIT as NOT_A_DIGIT
from mnist_core.data.digits import SIDE as SIDE
from mnist_core.data.digits import Digits as Digits
from mnist_core.data.digits import Split as Split
from mnist_core.data.digits import checksum as checksum
from mnist_core.data.digits import split_training as split_training
from mnist_core.data.loading import find_data_dir as find_data_dir

COUNTS: dict[Split, int] = MNIST.counts
FILES: dict[Split, tuple[str, str]] = {
    "train": (MNIST.files[0].name, MNIST.files[1].name),
    "test": (MNIST.files[2].name, MNIST.files[3].name),
}
SIZES = {file.name: file.size for file in MNIST.files}  # bytes
ARCHIVES = {file.name: file.archive for file in MNIST.files}  # bytes of each .gz, as published
TEST_LABELS_SHA256 = MNIST.test_labels_sha256  # of one byte a label


def load_mnist(split: Split, data_dir: Path | str | None = None, *, fetch: bool = True) -> Digits:
    """Load one split, fetching its files first where they are not here.

    With `fetch=False` nothing leaves the machine: raises `MissingData` when the files are not there.
    Raises `DataError` when they are damaged and cannot be had anew. Both say which file is wrong, and how.
    """
    return loading.load(MNIST, split, data_dir, fetch=fetch)


def mnist_is_here(data_dir: Path | str | None = None) -> bool:
    """Tell, from the files' names and sizes alone, whether `load_mnist` would find the digits without a network."""
    return loading.is_here(MNIST, data_dir)


def find_faults(data_dir: Path | str | None = None) -> list[str]:
    """Say what is wrong with each file that lies there, and what is missing beside it; nothing of an empty folder."""
    return loading.find_faults(MNIST, data_dir)


def list_candidates(data_dir: Path | str | None = None) -> list[Path]:
    """Return every path at which a file of MNIST may lie."""
    return loading.list_candidates(MNIST, data_dir)


def find_obstacle(data_dir: Path | str | None = None) -> str | None:
    """Say why nothing can be fetched into the data folder; None where nothing is in the way."""
    return loading.find_obstacle(MNIST, data_dir)


def fetched_share(data_dir: Path | str | None = None) -> float:
    """Return how much of the archives is here, 0…1: the progress of a fetch."""
    return loading.fetched_share(MNIST, data_dir)
