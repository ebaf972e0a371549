"""A page's side of a training: launch `train.py` in a process of its own, which outlives this one, and see it begin.

What happens in that process is in `worker`. A page watches it through the run's folder (`store.runs`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from filelock import FileLock

from mnist_core.data.mnist import fetched_share
from mnist_core.errors import DataError, TrainingError
from mnist_core.recipe import Recipe, training_flags
from mnist_core.rights import Right, check_limits, check_room, limits, require
from mnist_core.settings import PROJECT_ROOT
from mnist_core.store import training_lock
from mnist_core.store.runs import check_free, find_resumable_run, output_file, run_folder

START_LIMIT = 30.0  # seconds; a training that has not taken the lock by then is given up


def launch_training(name: str, preset: str, recipe: Recipe, models_dir: Path, *, data_dir: Path | None = None) -> None:
    """Launch a new training.

    Raises `NotAllowed`, `RecipeError` for more than a visitor's training may take, `BadName` for a name in use, `Busy`
    where a training is running, and `TrainingError` with what the process said where it ended at once.
    """
    require(Right.START)
    check_limits(recipe)
    check_room(models_dir)
    with _alone():
        check_free(name, models_dir)
        _launch(name, training_flags(preset, recipe, name), models_dir, data_dir)


def launch_resumed_training(name: str, models_dir: Path, *, data_dir: Path | None = None) -> None:
    """Launch the rest of an unfinished training; raises as `launch_training` does, and `RunError`."""
    require(Right.RESUME, run_folder(name, models_dir))
    with _alone():
        find_resumable_run(name, models_dir)
        _launch(name, ["--resume", name], models_dir, data_dir)


def launch_fetch(data_dir: Path | None = None) -> Iterator[float]:
    """Fetch the digits in a process of its own, yielding the share that is here, 0…1.

    Raises `NotAllowed` and `DataError`.
    """
    require(Right.FETCH)
    with tempfile.TemporaryFile() as output:
        process = _run_command(["--fetch-only", *_place("--data-dir", data_dir)], output)
        while process.poll() is None:
            yield fetched_share(data_dir)
            time.sleep(0.2)
        output.seek(0)
        if process.returncode:
            raise DataError(_last_words(output.read()))


@contextmanager
def _alone() -> Iterator[None]:
    """Let one press of a button after the other start a training: who presses at the same time finds it running."""
    with FileLock(training_lock.lock_folder() / "starting.lock"):
        if training_lock.holder():
            raise training_lock.busy()
        yield


def _launch(name: str, flags: list[str], models_dir: Path, data_dir: Path | None) -> None:
    places = [*_place("--models-dir", models_dir), *_place("--data-dir", data_dir)]
    if bounds := limits():
        places += ["--minutes", str(bounds.minutes)]
    output = output_file(name, models_dir)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("wb") as file:
            process = _run_command([*flags, *places], file)
    except OSError as error:
        raise TrainingError(f"No training can be started in {models_dir}: {error.strerror}.") from error
    threading.Thread(target=process.wait, daemon=True).start()  # or it would stay as a zombie
    until = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < until:
        running = training_lock.holder()
        if running and running.trains(name, models_dir) and run_folder(name, models_dir).is_dir():
            return
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
    if process.poll() != 0:
        raise TrainingError(_last_words(output.read_bytes()))


def _run_command(flags: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(PROJECT_ROOT / "train.py"), *flags],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # it must not end with this process
        cwd=PROJECT_ROOT,
    )


def _place(flag: str, folder: Path | None) -> list[str]:
    return [flag, str(folder.resolve())] if folder else []


def _last_words(output: bytes) -> str:
    """Return the last line that a command printed: its own refusals are sentences of one line."""
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("train.py: ") if lines else "The training ended before it began, without a word."
