"""A page's side of a training: launch `train.py` in a process of its own, which outlives this one, and see it begin.

What happens in that process is in `worker`. A page watches it through the run's folder (`store.runs`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from mnist_core.data.data_sets import MNIST, DataSet
from mnist_core.data.loading import fetched_share, find_data_dir
from mnist_core.errors import DataError, NotAllowed, RunError, TrainingError, without_folders
from mnist_core.files import reason
from mnist_core.recipe import Recipe, training_flags
from mnist_core.rights import Right, check_limits, check_room, limits, require
from mnist_core.settings import PROJECT_ROOT
from mnist_core.store import training_lock
from mnist_core.store.drawings import FILE, KeptDrawing, read_drawings
from mnist_core.store.runs import State, check_free, find_resumable_run, find_run, output_file, run_folder
from mnist_core.training.lesson import check_lesson, find_start, teachable
from mnist_core.training.seeds import find_resumable_group, is_group, make_group

LOOK_EVERY = 0.2  # seconds
PATIENCE = 5.0  # seconds for which a fetch goes on though nobody looks how far it is: a page may run anew
END_LIMIT = 5.0  # seconds; a fetch that has not ended by then, though it was asked to, is killed
START_LIMIT = 30.0  # seconds; a training that has not taken the lock by then is given up


def launch_training(
    name: str,
    preset: str,
    recipe: Recipe,
    models_dir: Path,
    *,
    data_dir: Path | None = None,
    snapshots: bool = True,
    seeds: int | None = None,
) -> None:
    """Launch a new training, which keeps snapshots or not; with so many `seeds`, a group of them under that name.

    Visitors who share a machine have no groups. Raises `NotAllowed`, `RecipeError` for more than a visitor's training
    may take, `BadName` for a name in use, `Busy` where a training is running, and `TrainingError` with what the process
    said where it ended at once.
    """
    require(Right.START)
    check_limits(recipe)
    with _alone():
        check_room(models_dir)
        flags = training_flags(preset, recipe, name, snapshots=snapshots, seeds=seeds)
        if seeds is not None:
            _refuse_visitors()
            group = make_group(name, recipe, seeds, models_dir)
            _launch(name, flags, models_dir, data_dir, group.run_name(recipe.seed))
            return
        check_free(name, models_dir)
        _launch(name, [*flags, "--by-visitor"] if limits() else flags, models_dir, data_dir)


def launch_teaching(
    name: str,
    start: str,
    drawing_ids: Collection[str],
    models_dir: Path,
    drawings_dir: Path,
    *,
    data_dir: Path | None = None,
) -> None:
    """Launch a training that begins from a finished model and learns some of the kept drawings.

    Raises `NotAllowed`, `BadName` for a name in use, `Busy` where a training is running, `KeptDrawingsError`, and
    `TrainingError` where no drawing was chosen, one is there no more, or the model cannot be used, and with what the
    process said where it ended at once.
    """
    require(Right.START)
    require(Right.KEEP)  # only on one's own machine, where nothing limits a training
    with _alone():
        check_free(name, models_dir)
        drawings = _choose_drawings(drawing_ids, drawings_dir)
        card, _ = find_start(start, models_dir)
        check_lesson(teachable(drawings, card.classes))
        with tempfile.TemporaryDirectory() as folder:  # the run has a copy as soon as it has begun
            file = Path(folder) / FILE
            file.write_bytes(b"".join(drawing.to_line() for drawing in drawings))
            _launch(name, ["--from", start, "--drawings", str(file), "--name", name], models_dir, data_dir)


def _choose_drawings(ids: Collection[str], drawings_dir: Path) -> list[KeptDrawing]:
    wanted = set(ids)
    chosen = [drawing for drawing in read_drawings(drawings_dir).kept if drawing.id in wanted]
    missing = len(wanted) - len(chosen)
    if chosen and missing:
        raise TrainingError(
            f"{missing:,} of the drawings {'is' if missing == 1 else 'are'} not there any more. Choose again."
        )
    check_lesson(chosen)
    return chosen


def launch_resumed_training(name: str, models_dir: Path, *, data_dir: Path | None = None) -> None:
    """Launch the rest of an unfinished training or group; raises as `launch_training` does, and `RunError`."""
    require(Right.RESUME)
    with _alone():
        if is_group(name, models_dir):
            _refuse_visitors()
            _, first = find_resumable_group(name, models_dir)
            _launch(name, ["--resume", name], models_dir, data_dir, first)
            return
        require(Right.RESUME, find_resumable_run(name, models_dir).folder)
        _launch(name, ["--resume", name], models_dir, data_dir)


def launch_fetch(data_dir: Path | None = None, data_set: DataSet = MNIST) -> Iterator[float]:
    """Fetch a data set in a process, one for all who wait for it, yielding the share that is here, 0…1.

    It ends soon after the last of them has gone. Raises `NotAllowed`, and `DataError` with what it said as it failed.
    """
    require(Right.FETCH)
    fetch = _join_fetch(data_set, data_dir)
    while not fetch.is_over.wait(LOOK_EVERY):
        fetch.looked_at = time.monotonic()
        yield fetched_share(data_set, data_dir)
    if fetch.problem:
        raise DataError(fetch.problem)


def is_fetching(data_dir: Path | None = None, data_set: DataSet = MNIST) -> bool:
    """Tell whether this server is fetching a data set."""
    return (data_set.key, find_data_dir(data_dir).resolve()) in _fetches


@dataclass(slots=True)
class _Fetch:
    """A process that fetches: when somebody last looked how far it is, and how it ended."""

    looked_at: float = field(default_factory=time.monotonic)
    is_over: threading.Event = field(default_factory=threading.Event)
    problem: str = "Fetching the digits was ended before all were here. Try again."


_Place = tuple[str, Path]  # a data set's key, and the data folder
_fetches: dict[_Place, _Fetch] = {}
_fetching = threading.Lock()


def _join_fetch(data_set: DataSet, data_dir: Path | None) -> _Fetch:
    """Return the fetch into that folder, begun where there is none."""
    place = data_set.key, find_data_dir(data_dir).resolve()
    with _fetching:
        if place not in _fetches:
            _fetches[place] = _Fetch()
            threading.Thread(target=_carry_out_fetch, args=(place, _fetches[place]), daemon=True).start()
        _fetches[place].looked_at = time.monotonic()
        return _fetches[place]


def _carry_out_fetch(place: _Place, fetch: _Fetch) -> None:
    """Fetch, as long as somebody looks how far it is; nothing is left of the process afterwards."""
    key, folder = place
    which = [] if key == MNIST.key else ["--data", key]
    try:
        with tempfile.TemporaryFile() as output:
            process = _run_command(["--fetch-only", *which, "--data-dir", str(folder)], output)
            while process.poll() is None and _is_looked_at(place, fetch):
                time.sleep(LOOK_EVERY)
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_LIMIT)
            process.kill()
            if process.wait() == 0:
                fetch.problem = ""
            elif process.returncode == 1:  # a refusal of its own
                output.seek(0)
                fetch.problem = _last_words(output.read(), fetch.problem)
    except OSError as error:
        fetch.problem = f"Fetching the digits cannot be started: {reason(error)}."
    finally:
        with _fetching:
            _forget(place, fetch)
        fetch.is_over.set()


def _is_looked_at(place: _Place, fetch: _Fetch) -> bool:
    """Tell whether somebody still looks at a fetch; where nobody does, who comes now begins a new one."""
    with _fetching:
        if time.monotonic() - fetch.looked_at <= PATIENCE:
            return True
        _forget(place, fetch)
        return False


def _forget(place: _Place, fetch: _Fetch) -> None:
    if _fetches.get(place) is fetch:
        del _fetches[place]


def _refuse_visitors() -> None:
    if limits():
        raise NotAllowed("Where visitors share a server, each trains one seed at a time: others wait for their turn.")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one press of a button after the other start a training: who presses at the same time finds it running."""
    try:
        with FileLock(training_lock.lock_folder() / "starting.lock", timeout=2 * START_LIMIT):
            if training_lock.holder():
                raise training_lock.busy()
            yield
    except Timeout:
        raise training_lock.busy() from None
    except OSError as error:
        raise TrainingError(f"No training can be started: {reason(error)}.") from error


def _launch(name: str, flags: list[str], models_dir: Path, data_dir: Path | None, first: str | None = None) -> None:
    """Start the command, and wait until the training of that name, or the first of the group, has begun."""
    places = [*_place("--models-dir", models_dir), *_place("--data-dir", data_dir)]
    if bounds := limits():
        places += ["--minutes", str(bounds.minutes)]
    output = output_file(name, models_dir)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("wb") as file:
            process = _run_command([*flags, *places], file)
    except OSError as error:
        raise TrainingError(f"No training can be started in the folder of the models: {reason(error)}.") from error
    threading.Thread(target=process.wait, daemon=True).start()  # or it would stay as a zombie
    until = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < until:
        if _is_running(first or name, models_dir):
            return
        time.sleep(0.02)
    if process.poll() is None:
        process.kill()
    if process.poll() != 0:
        raise TrainingError(_last_words(output.read_bytes(), "The training ended before it began, without a word."))


def _is_running(name: str, models_dir: Path) -> bool:
    """Tell whether a run is in training, and says so: one that is resumed is still a stopped one for a moment."""
    if not run_folder(name, models_dir).is_dir():  # first: a look at the lock is in the way of who takes it
        return False
    with suppress(RunError):
        return find_run(name, models_dir).state is State.RUNNING
    return False


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


def _last_words(output: bytes, otherwise: str) -> str:
    """Return the last line that a command printed, without folders: its own refusals are sentences of one line."""
    lines = output.decode(errors="replace").strip().splitlines()
    return without_folders(lines[-1].removeprefix("train.py: ")) if lines else otherwise
