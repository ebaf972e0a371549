"""Loading a published data set from the data folder, fetching it first where it is not there.

What is said here may be read by visitors of the app, so it names no absolute path: files are named as they lie in the
data folder. Who runs the command is told by it which folder that is.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from mnist_core.data import fetching
from mnist_core.data.data_sets import MNIST, DataSet, header_size
from mnist_core.data.digits import SIDE, Digits, Split
from mnist_core.data.idx_files import find, has_right_size, list_places
from mnist_core.errors import MissingData
from mnist_core.settings import read_settings


def find_data_dir(data_dir: Path | str | None = None) -> Path:
    """Return the folder of the data sets: the one given, else `MNIST_DATA`, else `data/` in the project."""
    return Path(data_dir) if data_dir else read_settings().data_dir


def load(data_set: DataSet, split: Split, data_dir: Path | str | None = None, *, fetch: bool = True) -> Digits:
    """Load one split, upright and with labels from 0, fetching its files first where they are not here.

    With `fetch=False` nothing leaves the machine: raises `MissingData` when the files are not there.
    Raises `DataError` when they are damaged and cannot be had anew. Both say which file is wrong, and how.
    """
    if split not in get_args(Split):
        raise ValueError(f"split: found {split!r}, expected one of {', '.join(get_args(Split))}")
    folder = find_data_dir(data_dir)
    files = [find(data_set, folder, file) for file in data_set.of(split)]
    if any(file is None for file in files) and fetch:
        fetching.fetch(data_set, folder)
        files = [find(data_set, folder, file) for file in data_set.of(split)]
    images, labels = files
    if images is None or labels is None:
        command = "python train.py --fetch-only" + ("" if data_set.key == MNIST.key else f" --data {data_set.key}")
        raise MissingData(
            f"{fetching.describe_missing(data_set, fetching.list_faults(data_set, folder))} Run `{command}` once to "
            f"fetch them ({data_set.download_size // 10**6} MB), or {fetching.by_hand(data_set)}."
        )
    return as_digits(data_set, images, labels)


def as_digits(data_set: DataSet, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Digits:
    """Make digits of the bytes of two files, each with its header; transposed images become upright, labels from 0."""
    pixels = images[header_size((SIDE, SIDE)) :].reshape(-1, SIDE, SIDE)
    if data_set.is_transposed:
        pixels = np.ascontiguousarray(pixels.transpose(0, 2, 1))
    return Digits(pixels, labels[header_size(()) :].astype(np.int64) - data_set.first_label)


def is_here(data_set: DataSet, data_dir: Path | str | None = None) -> bool:
    """Tell, from the files' names and sizes alone, whether `load` would find a data set without a network."""
    folder = find_data_dir(data_dir)
    return all(has_right_size(data_set, folder, file) for file in data_set.files)


def find_faults(data_set: DataSet, data_dir: Path | str | None = None) -> list[str]:
    """Say what is wrong with each file that lies there, and what is missing beside it; nothing of an empty folder."""
    return fetching.list_faults(data_set, find_data_dir(data_dir))


def list_candidates(data_set: DataSet, data_dir: Path | str | None = None) -> list[Path]:
    """Return every path at which a file of a data set may lie."""
    folder = find_data_dir(data_dir)
    return [path for file in data_set.files for path in list_places(data_set, folder, file)]


def find_obstacle(data_set: DataSet, data_dir: Path | str | None = None) -> str | None:
    """Say why nothing can be fetched into the data folder; None where nothing is in the way."""
    return fetching.obstacle_to(data_set, find_data_dir(data_dir))


def fetched_share(data_set: DataSet, data_dir: Path | str | None = None) -> float:
    """Return how much of what is to be received is here, 0…1: the progress of a fetch."""
    return fetching.received_share(data_set, find_data_dir(data_dir))
