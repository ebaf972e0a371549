"""What changes when files change: the key under which something read from them is kept."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

Stamp = tuple[tuple[bytes, int, int], ...]  # a path, which may be no text, and what is known of it
FilesStamp = tuple[tuple[int, int, int] | None, ...]  # what is known of each file


def stamp_folder(folder: Path) -> Stamp:
    """Return what changes when a file in the folder, or in one of its folders, comes, goes or is replaced.

    This runs after every stroke, so it looks at the few folders and not at each file in them. Hidden ones come and go
    while a model is written, and what cannot be looked at counts as not there.
    """
    if not folder.is_dir():
        return ()
    try:
        names = [entry.name for entry in os.scandir(folder) if not entry.name.startswith(".") and _is_folder(entry)]
    except OSError:
        return ()
    statuses = [(path, status_of(path)) for path in (folder, *(folder / name for name in names))]
    return tuple((os.fsencode(path), status.st_mtime_ns, status.st_ino) for path, status in statuses if status)


def stamp_files(paths: Iterable[Path]) -> FilesStamp:
    """Return what changes when one of these files comes, goes, is written or gets other rights."""
    statuses = map(status_of, paths)
    return tuple(status and (status.st_ctime_ns, status.st_ino, status.st_size) for status in statuses)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def status_of(path: Path) -> os.stat_result | None:
    """Return what is known of a file; None where it cannot be looked at."""
    try:
        return path.stat()
    except OSError:
        return None
