"""Fetching the files of a data set: from mirrors, in bounded time, one process at a time.

torchvision knows the addresses. Its own download is not used: it has no time limit, and unpacks 1.8 GB of EMNIST.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zipfile import ZipFile

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from mnist_core.data.data_sets import DataSet, IdxFile
from mnist_core.data.download import receive
from mnist_core.data.idx_files import describe_faults, find, has_right_size, is_open_to, keep, raw_folder, read
from mnist_core.errors import DataError

ELSEWHERE = "Mend that, or choose another folder (`MNIST_DATA`)."
FETCH_LIMIT = 600.0  # seconds for all four files, from every mirror
ZIP_FETCH_LIMIT = 3600.0  # seconds for a zip of half a gigabyte

Checked = TypeVar("Checked")


def by_hand(data_set: DataSet) -> str:
    """Say how to put the files of a data set in place without a network of this machine's."""
    which = f", {data_set.files[0].name.partition('train')[0]}… of NIST's gzip.zip," if data_set.zip_size else ""
    return (
        f"put the four .gz files{which} into {data_set.folder}/raw in the data folder (`MNIST_DATA`, else data/); "
        "unpacked ones will do"
    )


def list_faults(data_set: DataSet, folder: Path) -> list[str]:
    """Say what is wrong with each file that lies there, and what is missing beside it; nothing of an empty folder."""
    faults, missing = [], []
    for file in data_set.files:
        if find(data_set, folder, file) is None:
            found = describe_faults(data_set, folder, file)
            faults += found
            missing += [] if found else [file.name]
    if missing and len(missing) < len(data_set.files):
        faults.append(f"missing: {', '.join(missing)}")
    return list(dict.fromkeys(faults))  # of a folder that may not be opened, each file says the same


def describe_missing(data_set: DataSet, faults: list[str]) -> str:
    """Say that the files are not there, or what is wrong with those that are."""
    if not faults:
        return f"The {data_set.things} are not in the data folder."
    return (
        f"The {data_set.things} in the data folder are not all there, not all readable, or damaged: "
        f"{'; '.join(faults)}."
    )


def obstacle_to(data_set: DataSet, folder: Path) -> str | None:
    """Say why nothing can be fetched into the data folder; None where nothing is in the way."""
    raw = raw_folder(data_set, folder)
    for place in (raw, raw.parent):  # the files; the lock and what is half fetched
        there = next(folder for folder in (place, *place.absolute().parents) if os.path.lexists(folder))
        if not there.is_dir():
            return f"The data folder is none, for a file has its place, or that of a folder in it. {ELSEWHERE}"
        if not is_open_to(there, os.W_OK | os.X_OK):
            return f"The data folder may not be written to, so nothing can be fetched into it. {ELSEWHERE}"
    return None


def received_share(data_set: DataSet, folder: Path) -> float:
    """Return how much of what is to be received is here, 0…1."""
    if data_set.zip_size:
        if all(has_right_size(data_set, folder, file) for file in data_set.files):
            return 1.0
        return min(_size(_zip_path(data_set, folder)) / data_set.zip_size, 1.0)
    here = sum(
        file.archive
        if has_right_size(data_set, folder, file)
        else min(_size(archive_path(data_set, folder, file)), file.archive)
        for file in data_set.files
    )
    return here / data_set.download_size


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _download_folder(data_set: DataSet, folder: Path) -> Path:
    return raw_folder(data_set, folder).parent / ".fetched"


def archive_path(data_set: DataSet, folder: Path, file: IdxFile) -> Path:
    """Return where a file is kept while it arrives."""
    return _download_folder(data_set, folder) / f"{file.name}.gz"


def _zip_path(data_set: DataSet, folder: Path) -> Path:
    return _download_folder(data_set, folder) / "gzip.zip"


def fetch(data_set: DataSet, folder: Path) -> None:
    """Bring the files that are not here into the folder, one process at a time; raises `DataError`."""
    if obstacle := obstacle_to(data_set, folder):
        raise DataError(obstacle)
    raw, downloads = raw_folder(data_set, folder), _download_folder(data_set, folder)
    limit = ZIP_FETCH_LIMIT if data_set.zip_size else FETCH_LIMIT
    bring = _bring_from_zip if data_set.zip_size else _bring
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with FileLock(raw.parent / ".lock", timeout=limit):
            shutil.rmtree(downloads, ignore_errors=True)  # of a fetch that was killed
            downloads.mkdir()
            try:
                bring(data_set, folder, time.monotonic() + limit)
            finally:
                shutil.rmtree(downloads, ignore_errors=True)
    except Timeout as error:
        raise DataError(
            f"Another program has been fetching the {data_set.things} for too long. Try again later."
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"The disk of the data folder is full: to fetch the {data_set.things}, "
                f"{data_set.room / 1e6:.0f} MB must be free there. {ELSEWHERE}"
            ) from error
        raise DataError(
            f"The {data_set.things} cannot be written to the data folder: {error.strerror or error}. {ELSEWHERE}"
        ) from error


def _bring(data_set: DataSet, folder: Path, until: float) -> None:
    """Receive the .gz of each file that is not here."""
    from torchvision import datasets

    mirrors = list(getattr(datasets, data_set.folder).mirrors)
    for file in data_set.files:
        if find(data_set, folder, file) is None:
            archive = archive_path(data_set, folder, file)
            try:
                content = _receive(
                    f"{file.name}.gz", archive, file.archive, mirrors, until, partial(_read_archive, data_set, file)
                )
            except DataError as error:
                raise _failure(data_set, folder, f"Tried for {file.name}: {error}.") from error
            keep(raw_folder(data_set, folder), file, content)
            archive.unlink()


def _read_archive(data_set: DataSet, file: IdxFile, archive: Path) -> NDArray[np.uint8]:
    with suppress(DataError):
        return read(archive, data_set, file)
    raise DataError(f"sent a file that is not {data_set.name}'s")


def _bring_from_zip(data_set: DataSet, folder: Path, until: float) -> None:
    """Receive the zip of all files, and keep those of this data set that are not here.

    Of the files in it no SHA-256 was published; that the zip is NIST's is known by the MD5 that torchvision has.
    """
    from torchvision.datasets import EMNIST

    missing = [file for file in data_set.files if find(data_set, folder, file) is None]
    if not missing:
        return
    zip_path = _zip_path(data_set, folder)
    if shutil.disk_usage(zip_path.parent).free < data_set.room:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    mirror, _, name = EMNIST.url.rpartition("/")
    try:
        _receive(name, zip_path, data_set.zip_size, [f"{mirror}/"], until, partial(_check_md5, EMNIST.md5))
    except DataError as error:
        raise _failure(data_set, folder, f"Tried for {name}: {error}.") from error
    with ZipFile(zip_path) as members:
        for file in missing:
            archive = archive_path(data_set, folder, file)
            try:
                with members.open(f"gzip/{archive.name}") as packed, archive.open("wb") as opened:
                    shutil.copyfileobj(packed, opened)
                keep(raw_folder(data_set, folder), file, read(archive, data_set, file))
            except KeyError as error:
                raise _failure(data_set, folder, f"There is no {archive.name} in {name}.") from error
            except DataError as error:
                raise _failure(data_set, folder, f"In {name}, {archive.name} {error}.") from error
            archive.unlink()


def _check_md5(expected: str, path: Path) -> None:
    with path.open("rb") as opened:
        if hashlib.file_digest(opened, "md5").hexdigest() != expected:
            raise DataError("sent a file that is not the one published")


def _receive(
    name: str, archive: Path, size: int, mirrors: list[str], until: float, check: Callable[[Path], Checked]
) -> Checked:
    """Try each mirror until one gives the file as it was published; who fails is asked last from then on."""
    problems = []
    for mirror in list(mirrors):
        try:
            with archive.open("wb") as opened:
                for part in receive(f"{mirror}{name}", size, until):
                    opened.write(part)
                    opened.flush()  # the file's size is the progress that all see
            return check(archive)
        except DataError as error:
            problems.append(f"{urlsplit(mirror).hostname} {error}")
            mirrors.append(mirrors.pop(0))
    raise DataError("; ".join(problems))


def _failure(data_set: DataSet, folder: Path, tried: str) -> DataError:
    faults = list_faults(data_set, folder)
    return DataError(
        f"The {data_set.things} could not be fetched. "
        f"{f'{describe_missing(data_set, faults)} ' if faults else ''}"
        f"{tried} Check the connection and try again, or {by_hand(data_set)}."
    )
