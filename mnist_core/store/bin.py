"""The bin: what was deleted or replaced, kept for a week beside the models (see `layout`).

One rename takes a folder there and one brings it back, so that it is found whole, in the one place or the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mnist_core.errors import RunError
from mnist_core.files import reason, remove_folder
from mnist_core.rights import Right, require
from mnist_core.store.layout import BIN, RUNS

KEPT = timedelta(days=7)
_MOMENT = "%Y%m%dT%H%M%S.%fZ"
_ENTRY = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)-(model|run)-(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Binned:
    """A model, or an unfinished run, in the bin: its name, since when it is there, and its folder there."""

    name: str
    is_model: bool
    since: datetime
    folder: Path

    @property
    def is_there(self) -> bool:
        """Whether it is in the bin still."""
        return self.folder.is_dir()


def put_in_bin(folder: Path, place: Path | None = None) -> Binned:
    """Move the folder of a model or of an unfinished run to the bin; what has been there for too long goes now.

    `place` says where it used to be, if that is not where it is.
    """
    place = place or folder.parent
    is_model = place.name != RUNS
    models_dir = place if is_model else place.parent
    sweep_bin(models_dir)
    since = datetime.now(UTC)
    target = models_dir / BIN / f"{since:{_MOMENT}}-{'model' if is_model else 'run'}-{folder.name}"
    target.parent.mkdir(exist_ok=True)
    folder.rename(target)
    return Binned(folder.name, is_model, since, target)


def list_bin(models_dir: Path) -> list[Binned]:
    """Return what is in the bin, the newest first."""
    found = [_read_entry(folder) for folder in sorted((models_dir / BIN).glob("[!.]*"), reverse=True)]
    return [binned for binned in found if binned]


def count_bytes(binned: Iterable[Binned]) -> int:
    """Return how many bytes these take on disk."""
    total = 0
    for file in (file for each in binned for file in each.folder.rglob("*")):
        with suppress(OSError):  # it has just been brought back
            total += file.stat().st_size if file.is_file() else 0
    return total


def empty_bin(binned: Iterable[Binned]) -> None:
    """Delete these for good; one that is there no more has been brought back, or deleted by another visitor.

    Raises `NotAllowed`, and `RunError` where the disk refuses.
    """
    require(Right.DELETE)
    try:
        there = [each for each in binned if each.is_there]
        for each in there:
            require(Right.DELETE, each.folder)
    except OSError as error:
        raise RunError(f"The bin was not emptied: {reason(error)}. All is as it was before.") from error
    _delete(there)


def sweep_bin(models_dir: Path) -> None:
    """Delete what has been in the bin for longer than it is kept."""
    now = datetime.now(UTC)
    with suppress(OSError, RunError):  # what cannot be deleted now is tried again the next time
        _delete(each for each in list_bin(models_dir) if now - each.since > KEPT)


def _delete(binned: Iterable[Binned]) -> None:
    for each in binned:
        try:
            remove_folder(each.folder)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise RunError(f"{each.name!r} stays in the bin, for it cannot be deleted: {reason(error)}.") from error


def _read_entry(folder: Path) -> Binned | None:
    """Read from its name what a folder in the bin was; None where it was not put there by us."""
    parts = _ENTRY.fullmatch(folder.name)
    try:
        return parts and Binned(
            parts[3], parts[2] == "model", datetime.strptime(parts[1], _MOMENT).replace(tzinfo=UTC), folder
        )
    except ValueError:  # there is no such day
        return None
