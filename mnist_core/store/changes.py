"""Changing what lies among the models: one process after the other, all of it or nothing, and nothing left lying.

What a change needs for a while lies in one hidden folder beside its target, `.tmp-change-…`:

    new/<name>               what is not finished yet
    gone/                    what is to be deleted
    kept/<successor>/<name>  what made way for its successor; it goes back where that did not get to its place

`settle` brings it to its end: as soon as the change is over or has failed or, after a `kill -9`, in the next sweep.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mnist_core.errors import MnistExplorerError, TrainingError
from mnist_core.files import TEMPORARY, reason, remove, remove_temporary_files
from mnist_core.store import training_lock
from mnist_core.store.bin import put_in_bin
from mnist_core.store.layout import (
    BIN,
    CARD,
    CHECKPOINT,
    LESSON,
    PROGRESS,
    RATE,
    RUN,
    RUNS,
    START_ANSWERS,
    START_CARD,
    START_WEIGHTS,
    STOP,
    WEIGHTS,
)

PATIENCE = 30.0  # seconds; a change takes a fraction of one
SWEEP_PATIENCE = 1.0  # seconds; where others are at work, the next sweep will do
CHANGE = f"{TEMPORARY}change-"
NEW, GONE, KEPT = "new", "gone", "kept"
LEFTOVERS = (RUN, CHECKPOINT, STOP, PROGRESS, RATE, START_WEIGHTS, START_CARD, START_ANSWERS, LESSON)
OUTPUT_KEPT = 3600.0  # seconds; by then a process that a page started has made its run's folder, or has ended


class StillAside(OSError):
    """A change has failed, and what had made way for it could not be put back either; it is whole, and hidden."""


@contextmanager
def changing(models_dir: Path, kind: type[MnistExplorerError], failed: str) -> Iterator[None]:
    """Change what lies among the models while nobody else does; where the disk refuses, say so in a sentence.

    `failed` says what then did not happen: "'half' was not renamed".
    """
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with _alone(models_dir, PATIENCE):
            yield
    except StillAside as error:
        raise kind(f"{failed}: {error}.") from error
    except OSError as error:
        raise kind(f"{failed}: {reason(error)}. All is as it was before.") from error


@contextmanager
def temporary_folder(beside: Path) -> Iterator[Path]:
    """Give a hidden folder for the time of a change, and settle it then; raises `StillAside`."""
    folder = Path(tempfile.mkdtemp(prefix=CHANGE, dir=beside))
    try:
        (folder / NEW).mkdir()
        yield folder
    except BaseException as error:
        if left := settle(folder):
            why = reason(error) if isinstance(error, OSError) else str(error).rstrip(".")
            raise StillAside(
                f"{why}. What was there is whole, in {left.relative_to(beside.parent)}, and is put back when the app "
                "or a training starts next"
            ) from error
        raise
    settle(folder)


def exchange(work: Path, target: Path, former: Path, temporary: Path) -> Path:
    """Move one folder aside and a finished one to its place; returns where the former one is now."""
    kept = temporary / KEPT / target.name / former.name
    kept.parent.mkdir(parents=True)
    former.rename(kept)
    work.rename(target)
    return kept


def settle(temporary: Path) -> Path | None:
    """Bring a change to its end: what made way goes back, or to the bin where its successor is there; the rest goes.

    Returns what could not be put back; it stays where it is.
    """
    place, kept = temporary.parent, temporary / KEPT
    left = None
    try:
        successors = _list(kept)
        for former in [former for successor in successors for former in _list(successor)]:
            left = former
            if (place / former.parent.name).exists():
                put_in_bin(former, place)
            else:
                former.rename(place / former.name)
    except OSError:
        return left or kept
    for folder in (temporary / NEW, temporary / GONE):
        remove(folder)
    for folder in (*successors, kept, temporary):  # which does not delete what is not empty
        with suppress(OSError):
            folder.rmdir()
    return None


def sweep_models(models_dir: Path) -> None:
    """Clear away what processes have left that were killed, and put back what they had moved aside.

    Called as a server or a training starts. What a living process is at is left alone, and what cannot be cleared away
    waits for the next sweep.
    """
    with suppress(OSError), _alone(models_dir, SWEEP_PATIENCE) as is_alone:
        if is_alone:
            for place in (models_dir, models_dir / RUNS, models_dir / BIN):
                _sweep_place(place)
            for folder in (*models_dir.glob("[!.]*"), *(models_dir / BIN).glob("[!.]*")):
                _sweep_folder(folder)
            with suppress(TrainingError), training_lock.idle() as is_idle:
                if is_idle:
                    _sweep_runs(models_dir / RUNS)


def remove_leftovers(model: Path) -> None:
    """Delete what a finished model needs no more of what its training had beside it."""
    for name in LEFTOVERS:
        with suppress(OSError):
            (model / name).unlink(missing_ok=True)


# ------------------------------------------------------------------------------------------------------ inside


def _sweep_place(place: Path) -> None:
    for temporary in place.glob(f"{TEMPORARY}*"):
        if temporary.name.startswith(CHANGE):
            settle(temporary)
        else:
            remove(temporary)


def _sweep_folder(folder: Path) -> None:
    with suppress(OSError):
        remove_temporary_files(folder)
        if folder.parent.name != BIN and (folder / CARD).exists() and (folder / WEIGHTS).exists():
            remove_leftovers(folder)


def _sweep_runs(runs: Path) -> None:
    for run in runs.glob("[!.]*"):
        with suppress(OSError):
            if run.is_dir():
                remove_temporary_files(run)
            elif _is_old_output(run):
                run.unlink()


def _is_old_output(file: Path) -> bool:
    """Tell whether a file is what a process printed whose run has gone."""
    is_output = file.suffix == ".txt" and not file.with_suffix("").exists()
    return is_output and time.time() - file.stat().st_mtime > OUTPUT_KEPT


def _list(folder: Path) -> list[Path]:
    """Return what is in a folder, nothing where there is none; `Path.glob` is silent also where it may not look."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


if sys.platform == "win32":  # it locks no folders
    from hashlib import sha256

    from filelock import FileLock, Timeout

    @contextmanager
    def _alone(models_dir: Path, patience: float) -> Iterator[bool]:
        name = sha256(str(models_dir.resolve()).encode()).hexdigest()[:16]
        try:
            with FileLock(training_lock.lock_folder() / f"models-{name}.lock").acquire(timeout=patience):
                yield True
        except Timeout as error:
            raise TimeoutError(None, "another process is changing the models") from error

else:
    import fcntl

    @contextmanager
    def _alone(models_dir: Path, patience: float) -> Iterator[bool]:
        """Let one after the other change a folder; yields whether that is sure: some file systems know no locks.

        The lock is the operating system's, on the folder itself, so all who share it see it, and it leaves no file.
        """
        end = time.monotonic() + patience
        folder = os.open(models_dir, os.O_RDONLY)
        try:
            while (is_taken := _take(folder)) is None:
                if time.monotonic() > end:
                    raise TimeoutError(None, "another process is changing the models")
                time.sleep(0.01)
            yield is_taken
        finally:
            os.close(folder)

    def _take(folder: int) -> bool | None:
        """Try to lock a folder; None where another holds it, False where its file system cannot lock."""
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        except OSError:
            return False
        return True
