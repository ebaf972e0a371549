"""One training at a time on a machine: the lock that says so, and who holds it.

The lock is the operating system's, so it is gone when its holder is, however that ended. It lies in the user's own
folder for caches and is shared by the command line and by every server. What the holder says of itself lies beside it.
"""

from __future__ import annotations

import errno
import getpass
import os
import platform
import re
import stat
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from filelock import FileLock, Timeout
from msgspec import Meta

from mnist_core.errors import Busy, TrainingError
from mnist_core.files import read_bytes, reason, remove_temporary_files, write_json

PATIENCE = 1.0  # seconds; a look at the lock holds it for less than a millisecond
GLANCE = 0.05  # seconds; who finds the lock held for so long has not met another who only looked
_FOR_GOOD = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST}
NOTE = "training.json"  # beside the lock: what its holder trains
MAX_NOTE = 10_000  # bytes
_looking = threading.Lock()  # within one server, visitors look one after the other


@dataclass(frozen=True, slots=True)
class Holder:
    """The training that is running on this machine."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,64}\Z")]
    models_dir: str  # absolute
    pid: Annotated[int, Meta(ge=1, lt=2**32)]

    def trains(self, name: str, models_dir: Path) -> bool:
        """Tell whether it is the run of that name in that folder."""
        return self.name == name and self.models_dir == str(models_dir.resolve())


@contextmanager
def hold(name: str, models_dir: Path) -> Iterator[None]:
    """Keep every other training off this machine; raises `Busy`, naming the one that is running."""
    folder = lock_folder()
    lock = FileLock(folder / "training.lock")
    try:
        lock.acquire(timeout=PATIENCE, poll_interval=0.02)
    except Timeout:
        raise busy() from None
    except OSError as error:
        raise TrainingError(f"The lock of the trainings cannot be taken: {reason(error)}.") from error
    try:
        with suppress(OSError):  # where it cannot be written either
            remove_temporary_files(folder)
        announce(name, models_dir)
        yield
    finally:
        with suppress(OSError):
            (folder / NOTE).unlink(missing_ok=True)
        lock.release()


def announce(name: str, models_dir: Path) -> None:
    """Note that this process, which holds the lock, trains that run now; raises `TrainingError`."""
    try:
        write_json(lock_folder() / NOTE, asdict(Holder(name, str(models_dir.resolve()), os.getpid())))
    except OSError as error:
        raise TrainingError(f"The lock of the trainings cannot be written: {reason(error)}.") from error


def holder() -> Holder | None:
    """Return the training that is running, or None; raises `TrainingError` where that cannot be told."""
    with _looking, idle() as is_idle:
        return None if is_idle else _read_note()


@contextmanager
def idle() -> Iterator[bool]:
    """Keep trainings from beginning for a moment, if none is running; raises `TrainingError` where that is unknown."""
    folder = lock_folder()
    lock = FileLock(folder / "training.lock")
    try:
        lock.acquire(timeout=GLANCE, poll_interval=0.01)
    except Timeout:
        yield False
        return
    except OSError as error:
        raise TrainingError(f"The lock of the trainings cannot be looked at: {reason(error)}.") from error
    try:
        try:
            (folder / NOTE).unlink(missing_ok=True)  # a killed training leaves its note behind
        except OSError as error:
            raise TrainingError(f"The lock of the trainings cannot be looked at: {reason(error)}.") from error
        yield True
    finally:
        lock.release()


def busy() -> Busy:
    """Return the refusal, naming the training that is running."""
    found = _read_note()
    name = f"the training of {found.name!r}" if found else "another training"
    return Busy(f"{name[0].upper()}{name[1:]} is running on this machine. Wait for it, or stop it first.")


def lock_folder() -> Path:
    """Return the folder of the locks, made where it is missing: the user's own on this machine.

    It lies among the caches, not in `XDG_RUNTIME_DIR`: that one goes when the user logs out, and a training may go on;
    and a service of the same user has none. Where there is no home, as in some containers, or none that can be written
    to, it lies among the temporary files, if it is not somebody else's there. Raises `TrainingError`.
    """
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    temporary = Path(tempfile.gettempdir()) / f"mnist-explorer-{user}"
    why = ""
    for folder in filter(None, (_cache_folder(), temporary)):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_own(folder):
                return folder
            why = "it is somebody else's"
        except OSError as error:
            why = reason(error)
            if error.errno not in _FOR_GOOD:  # a moment later it could be taken there, and two would train
                break
    raise TrainingError(
        "The lock of the trainings cannot be made, neither among this user's caches nor among the temporary files: "
        f"{why}. Set XDG_CACHE_HOME to a folder that can be written to."
    )


def _cache_folder() -> Path | None:
    """Return where the locks of this user on this machine belong; None where the user has no folder for caches.

    A home may be shared by several machines, and each may train.
    """
    places = {"darwin": "~/Library/Caches", "win32": os.environ.get("LOCALAPPDATA") or "~/AppData/Local"}
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "")  # which is to be ignored where it is relative, it is specified
    try:
        cache = cache if cache.is_absolute() else Path(places.get(sys.platform, "~/.cache")).expanduser()
    except RuntimeError:  # neither HOME nor an entry in the list of users
        return None
    machine = re.sub(r"[^\w.-]", "-", platform.node())
    return cache / "mnist-explorer" / f"locks-{machine}" if cache.is_absolute() else None


def _is_own(folder: Path) -> bool:
    """Tell whether a folder is this user's, who can write to it, and no link to elsewhere."""
    status = folder.lstat()
    is_ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return stat.S_ISDIR(status.st_mode) and is_ours and os.access(folder, os.W_OK | os.X_OK)


def _read_note() -> Holder | None:
    """Return what the holder wrote; None in the instant before it does, and where it is not what a holder writes."""
    try:
        return msgspec.json.decode(read_bytes(lock_folder() / NOTE, MAX_NOTE), type=Holder)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
