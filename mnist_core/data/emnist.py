"""EMNIST, characters as MNIST has digits, in six parts: Cohen, Afshar, Tapson and van Schaik 2017.

In NIST's files the images lie transposed, and the labels of *letters* count from 1: what is loaded here is upright and
counts from 0, in the order of the part's classes. In *bymerge* and *balanced* c and C are one class, a and A two.
No SHA-256 of the files was published. They are taken for what they are by their headers, their sizes and their labels;
one that was altered within these is not found out. Only the zip in which all come is known by its MD5, when it is
fetched. `byclass` and `bymerge` have the same counts, and their images cannot be told apart.
"""

from __future__ import annotations

from pathlib import Path

from mnist_core.data.data_sets import EMNIST_PARTS, DataSet, header_size
from mnist_core.data.digits import SIDE, Digits, Split
from mnist_core.data.idx_files import check_labels, open_plain, read_idx
from mnist_core.data.loading import as_digits, load
from mnist_core.errors import DataError


def find_part(part: str) -> DataSet:
    """Return a part of EMNIST, such as "balanced"; raises `ValueError`."""
    if part not in EMNIST_PARTS:
        raise ValueError(f"part: found {part!r}, expected one of {', '.join(EMNIST_PARTS)}")
    return EMNIST_PARTS[part]


def load_emnist(
    split: Split, data_dir: Path | str | None = None, *, fetch: bool = True, part: str = "balanced"
) -> Digits:
    """Load one split of a part, fetching NIST's zip of 562 MB first where its files are not here.

    Of the zip the files of this part are kept. Raises `MissingData` and `DataError` as `loading.load` does, and
    `ValueError` for a part that EMNIST has not.
    """
    return load(find_part(part), split, data_dir, fetch=fetch)


def read_emnist_files(images: Path, labels: Path, part: str) -> Digits:
    """Read two files in EMNIST's format, packed or not, however many characters they hold, at most 697,932.

    Raises `DataError`, which names the file, what was found and what was expected, and `ValueError` for the part.
    """
    data_set, path = find_part(part), images
    try:
        with open_plain(images) as opened:
            pixels = read_idx(opened, path, (SIDE, SIDE))
        path = labels
        with open_plain(labels) as opened:
            classes = read_idx(opened, path, ())
        check_labels(classes[header_size(()) :], data_set, is_whole=False)
    except (DataError, OSError) as error:
        what = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else error
        raise DataError(
            f"{path.name} {what}. Give the images and the labels of one split of {data_set.name}, as NIST has them."
        ) from error
    digits = as_digits(data_set, pixels, classes)
    if len(digits.images) != len(digits.labels):
        raise DataError(
            f"{images.name} holds {len(digits.images):,} images, but {labels.name} {len(digits.labels):,} labels. "
            f"Give the images and the labels of one split of {data_set.name}, as NIST has them."
        )
    return digits
