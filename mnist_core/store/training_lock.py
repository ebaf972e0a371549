"""One training at a time on a machine: the lock that says so, and who holds it.

The lock is the operating system's, so it is gone when its holder is, however that ended. It lies in the folder for
temporary files, one for each user, and is shared by the command line and by every server. What the holder says of
itself lies beside it.
"""

from __future__ import annotations

import getpass
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mnist_core.errors import Busy, TrainingError
from mnist_core.files import write_json

PATIENCE = 1.0  # seconds; a look at the lock holds it for less than a millisecond
GLANCE = 0.05  # seconds; who finds the lock held for so long has not met another who only looked
_looking = threading.Lock()  # within one server, visitors look one after the other


@dataclass(frozen=True, slots=True)
class Holder:
    """The training that is running on this machine."""

    name: str
    models_dir: str  # absolute
    pid: int

    def trains(self, name: str, models_dir: Path) -> bool:
        """Tell whether it is the run of that name in that folder."""
        return self.name == name and self.models_dir == str(models_dir.resolve())


@contextmanager
def hold(name: str, models_dir: Path) -> Iterator[None]:
    """Keep every other training off this machine; raises `Busy`, naming the one that is running."""
    lock = FileLock(lock_folder() / "training.lock")
    try:
        lock.acquire(timeout=PATIENCE, poll_interval=0.02)
    except Timeout:
        raise busy() from None
    except OSError as error:
        raise TrainingError(f"The lock {lock.lock_file} cannot be taken: {error.strerror}.") from error
    note = lock_folder() / "training.json"
    try:
        try:
            write_json(note, asdict(Holder(name, str(models_dir.resolve()), os.getpid())))
        except OSError as error:
            raise TrainingError(f"The lock of the trainings cannot be written: {note}: {error.strerror}.") from error
        yield
    finally:
        with suppress(OSError):  # where it could not be written either
            note.unlink(missing_ok=True)
        lock.release()


def holder() -> Holder | None:
    """Return the training that is running, or None; raises `TrainingError` where that cannot be told."""
    lock = FileLock(lock_folder() / "training.lock")
    with _looking:
        try:
            with lock.acquire(timeout=GLANCE, poll_interval=0.01):
                (lock_folder() / "training.json").unlink(missing_ok=True)  # a killed training leaves its note behind
        except Timeout:
            return _read_note()
        except OSError as error:
            raise TrainingError(f"The lock {lock.lock_file} cannot be looked at: {error.strerror}.") from error
        return None


def busy() -> Busy:
    """Return the refusal, naming the training that is running."""
    found = _read_note()
    name = f"the training of {found.name!r}" if found else "another training"
    return Busy(f"{name[0].upper()}{name[1:]} is running on this machine. Wait for it, or stop it first.")


def lock_folder() -> Path:
    """Return the folder of the locks, made where it is missing."""
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    folder = Path(tempfile.gettempdir()) / f"mnist-explorer-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"The lock of the trainings cannot be made in {folder}: {error.strerror}.") from error
    return folder


def _read_note() -> Holder | None:
    """Return what the holder wrote; None in the instant before it does."""
    try:
        return Holder(**json.loads((lock_folder() / "training.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
