"""Runs: every training on disk, finished or not (see `layout`)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from mnist_core.errors import BadName, ModelError, RecipeError, RunError, TrainingError, without_folders
from mnist_core.files import (
    Count,
    UnfitFile,
    is_folder,
    parse_json_object,
    read_bytes,
    read_file,
    reason,
    write_atomically,
    write_json,
)
from mnist_core.machine import Device, count_processors
from mnist_core.model.card import MAX_TEXT_LENGTH, Card
from mnist_core.recipe import PRESETS, Recipe, SeedGroup, recipe_from_json, recipe_to_json
from mnist_core.rights import Right, mark, require, why_not
from mnist_core.store.bin import Binned, put_in_bin
from mnist_core.store.changes import NEW, changing, exchange, remove_leftovers, temporary_folder
from mnist_core.store.history import MAX_FACTOR, MIN_FACTOR, Factor, History, read_history
from mnist_core.store.layout import (
    CARD,
    CHECKPOINT,
    HISTORY,
    MAX_OUTPUT,
    MAX_RATE,
    OUTPUT,
    RATE,
    RUN,
    RUNS,
    SHIPPED,
    STOP,
)
from mnist_core.store.models import (
    Damaged,
    check_form,
    check_name,
    damaged,
    is_shipped,
    name_card,
    note_in_card,
    rename_model,
    survey_models,
)
from mnist_core.store.training_lock import Holder, holder

NO_FILE = (UnfitFile, FileNotFoundError, IsADirectoryError)  # what is wrong then is no fault of the disk
_NOT_WRITTEN = {"name", "folder", "card"}  # a run is called as its folder is, so that one rename is a rename
_LATER: dict[str, Any] = {
    "started_from": "",
    "drawings": 0,
    "snapshots": False,
    "group": None,
    "note": "",
    "device": "cpu",
}  # which older records do not have


class State(StrEnum):
    """How a run stands. A stopped, interrupted or failed one can be resumed; a diverged one cannot."""

    OPEN = "open"  # as it is stored until it ends; read, it is in training or interrupted
    RUNNING = "in training"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"  # its process is gone and said nothing: killed, or the machine went off
    FAILED = "failed"
    DIVERGED = "diverged"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training. `reason` says why it ended where that needs saying; a finished one has a card."""

    name: str
    preset: str
    recipe: Recipe
    threads: Count
    created: str  # ISO 8601, UTC
    state: State
    reason: str = ""
    started_from: str = ""  # the model that it is taught from, where it is: see `teaching`
    drawings: int = 0
    snapshots: bool = False  # whether it keeps its network at some moments: see `snapshots`
    group: SeedGroup | None = None  # that it is trained in
    note: str = ""  # what a person adds; that of a finished run stands in its card, too
    device: Device = "auto"  # that was asked for; on which it is, its checkpoint's card says
    folder: Path
    card: Card | None = None

    @property
    def is_resumable(self) -> bool:
        """Whether it can go on from where it is."""
        return self.state in (State.STOPPED, State.INTERRUPTED, State.FAILED)

    @property
    def has_checkpoint(self) -> bool:
        """Whether it has saved a network that can answer."""
        return self.state is not State.DIVERGED and (self.folder / CHECKPOINT).is_file()

    @property
    def models_dir(self) -> Path:
        """The folder of models that it belongs to."""
        return self.folder.parent if self.state is State.FINISHED else self.folder.parent.parent

    def history(self) -> History:
        """Read what it has logged; raises `RunError` where that cannot be read."""
        return read_history(self.folder / HISTORY)


def run_folder(name: str, models_dir: Path) -> Path:
    """Return where a run of that name is kept until it is finished."""
    return models_dir / RUNS / check_form(name)


def list_runs(models_dir: Path) -> list[Run | Damaged]:
    """Return every run, the one in training, then the newest; last those that cannot be read, with the reason."""
    unfinished = list_unfinished_runs(models_dir, holder())  # first: one that finishes meanwhile is then not missed
    return merge_runs(unfinished, survey_models(models_dir), models_dir)


def merge_runs(
    unfinished: Iterable[Run | Damaged], models: Iterable[Card | Damaged], models_dir: Path
) -> list[Run | Damaged]:
    """Bring what was found of unfinished runs and, after it, of models together, without naming any run twice.

    The one in training comes first, whatever the clock said when it began. Another machine's clock may have been
    ahead: what says that it will begin began, at the latest, when its record was written here.
    """
    finished = [finished_run(each, models_dir) if isinstance(each, Card) else each for each in models]
    moved = {(run.name, run.created) for run in finished if isinstance(run, Run)}
    left = [run for run in unfinished if isinstance(run, Damaged) or (run.name, run.created) not in moved]
    found = [*finished, *left]
    readable = [run for run in found if isinstance(run, Run)]
    readable.sort(key=lambda run: (run.state is State.RUNNING, _begun(run)), reverse=True)
    return [*readable, *(run for run in found if isinstance(run, Damaged))]


def finished_run(card: Card, models_dir: Path) -> Run:
    """Return the run that made a model."""
    return Run(
        name=card.name,
        preset=card.preset,
        recipe=card.recipe,
        threads=card.threads,
        created=card.created,
        state=State.FINISHED,
        started_from=card.started_from,
        drawings=card.drawings,
        group=card.group,
        note=card.note,
        folder=models_dir / card.name,
        card=card,
    )


def list_unfinished_runs(models_dir: Path, running: Holder | None) -> list[Run | Damaged]:
    """Return the runs that are not finished, given which training is running now."""
    found: list[Run | Damaged] = []
    for folder in sorted(path for path in (models_dir / RUNS).glob("[!.]*") if is_folder(path)):
        try:
            found.append(_read_run(folder, running))
        except (RunError, BadName) as error:
            if is_folder(folder):  # or it has just finished, and moved
                found.append(damaged(folder, error))
    return found


def find_run(name: str, models_dir: Path) -> Run:
    """Return the unfinished run of that name; raises `RunError` where there is none, or it cannot be read."""
    folder = run_folder(name, models_dir)
    if not folder.is_dir():
        names = ", ".join(run.name for run in list_unfinished_runs(models_dir, None)) or "none"
        raise RunError(f"There is no unfinished training called {name!r}. Unfinished: {names}.")
    return _read_run(folder, holder())


def create_run(
    name: str,
    preset: str,
    recipe: Recipe,
    models_dir: Path,
    *,
    threads: int | None = None,
    created: str | None = None,
    restart: bool = False,
    replace_model: bool = False,
    by_visitor: bool = False,
    started_from: str = "",
    drawings: int = 0,
    snapshots: bool = True,
    group: SeedGroup | None = None,
    device: Device = "auto",
    files: Mapping[str, bytes] = MappingProxyType({}),
) -> Run:
    """Make the folder of a new run, which says so where it is a visitor's, with further files that it needs.

    A finished model of its name is in its way unless it is to replace that one. So is a run that could be resumed,
    unless it is to restart. Raises `RunError`, also where nothing can be written.
    """
    folder = run_folder(check_name(name), models_dir)
    run = Run(
        name=name,
        preset=preset,
        recipe=recipe,
        threads=threads or count_processors(),
        created=created or datetime.now(UTC).isoformat(timespec="seconds"),
        state=State.OPEN,
        started_from=started_from,
        drawings=drawings,
        snapshots=snapshots,
        group=group,
        device=device,
        folder=folder,
    )
    with changing(models_dir, RunError, f"The training {name!r} was not begun"):
        if not replace_model and (models_dir / name).exists():
            raise RunError(
                f"There is a finished model called {name!r} already. Take another name, such as "
                f"`--name {free_name(name, models_dir)}`, or add --replace: the model that is there then goes to the "
                "bin, once the new one is finished."
            )
        if folder.exists():
            _check_way(name, models_dir, restart)
        folder.parent.mkdir(exist_ok=True)
        with temporary_folder(folder.parent) as temporary:
            work = temporary / NEW / name
            work.mkdir()
            _write_run(replace(run, folder=work))
            for file, content in files.items():
                write_atomically(work / file, content)
            if by_visitor:
                mark(work)
            _put_in_place(work, folder)
    return run


def find_resumable_run(name: str, models_dir: Path, *, replace_model: bool = False) -> Run:
    """Return the unfinished run of that name.

    Raises `RunError` where there is none, or it cannot go on: it has diverged, or a finished model has its name, which
    it is not to replace.
    """
    run = find_run(name, models_dir)
    if run.state is State.DIVERGED:
        raise RunError(f"{name!r} has diverged and cannot go on: {run.reason} Begin it anew with other settings.")
    if not replace_model and (models_dir / name).exists():
        raise RunError(
            f"There is a finished model called {name!r}, too. Rename one of the two on the Train page, or go on with "
            f"`{resume_command(name, models_dir)}`: the model then goes to the bin, once the training is finished."
        )
    return run


def resume_command(name: str, models_dir: Path) -> str:
    """Return the line that goes on with a run."""
    return f"python train.py --resume {name}" + (" --replace" if (models_dir / name).exists() else "")


def reopen_run(name: str, models_dir: Path, *, replace_model: bool = False, device: Device | None = None) -> Run:
    """Forget how a run ended, for it goes on, on the device where it began or on another one.

    Raises as `find_resumable_run` does, or where nothing can be written.
    """
    with changing(models_dir, RunError, f"{name!r} does not go on"):
        run = find_resumable_run(name, models_dir, replace_model=replace_model)
        run = replace(run, state=State.OPEN, reason="", device=device or run.device)
        (run.folder / STOP).unlink(missing_ok=True)
        _write_run(run)
    return run


def end_run(run: Run, state: State, reason: str = "") -> None:
    """Note how a run ended. Where not even that can be written, it will be found interrupted."""
    with suppress(OSError):
        _write_run(replace(run, state=state, reason=reason))


def finish_run(run: Run) -> None:
    """Move a run whose model is complete to its place among the models; one that was there goes to the bin.

    Raises `RunError` where the disk refuses; the run and the model before it are then where they were.
    """
    models_dir = run.models_dir
    target = models_dir / run.name
    with changing(models_dir, RunError, f"The finished model {run.name!r} was not moved to its place"):
        for half_written in run.folder.glob(".*"):  # by a session that was killed
            half_written.unlink(missing_ok=True)
        if run.note:
            note_in_card(run.folder, run.note)
        _put_in_place(run.folder, target)
    remove_leftovers(target)
    with suppress(OSError):  # a process that goes on printing prints there
        output_file(run.name, models_dir).replace(target / OUTPUT)


def why_kept(found: Run | Damaged, models_dir: Path) -> str:
    """Say why a run can be neither renamed nor deleted now; empty where it can."""
    if _is_running(found.folder.name, models_dir):
        return str(_in_training(found))
    try:
        if isinstance(found, Run) and found.card and is_shipped(found.card, models_dir):
            return f"{found.name!r} came with the project and stays as it is."
    except OSError as error:
        return f"Whether {found.name!r} came with the project cannot be read from {SHIPPED}: {reason(error)}."
    return why_not(Right.DELETE, found.folder)


def delete_run(found: Run | Damaged, models_dir: Path) -> Binned:
    """Move an unfinished run or a model, readable or not, to the bin: this very folder, and no other of its name.

    Raises `RunError` where it has to be kept (`why_kept`), is gone already, or the disk refuses.
    """
    require(Right.DELETE)
    with changing(models_dir, RunError, f"{found.name!r} was not deleted"):
        require(Right.DELETE, found.folder if found.folder.is_dir() else None)
        _refuse_kept(found, models_dir)
        if not found.folder.is_dir():
            raise _gone(found)
        binned = put_in_bin(found.folder)
        try:
            has_begun = _is_running(binned.name, models_dir)  # to train, between the look and the move
        except TrainingError:
            has_begun = False
        if has_begun:
            with suppress(OSError):  # where it cannot be put back, it is deleted
                binned.folder.rename(found.folder)
                raise _in_training(found)
        with suppress(OSError):
            found.folder.with_name(f"{binned.name}.txt").unlink(missing_ok=True)
    return binned


def bring_back(binned: Binned, models_dir: Path) -> str:
    """Move a run or a model back from the bin; returns its name, which has a number where the old one is taken by now.

    Raises `RunError` where it is in the bin no more, or the disk refuses.
    """
    require(Right.DELETE)
    with changing(models_dir, RunError, f"{binned.name!r} was not brought back"):
        require(Right.DELETE, binned.folder if binned.is_there else None)
        if not binned.is_there:
            raise RunError(f"{binned.name!r} is in the bin no more.")
        name = free_name(binned.name, models_dir)
        target = models_dir / name if binned.is_model else models_dir / RUNS / name
        if binned.is_model:
            try:
                name_card(binned.folder, name)
            except ModelError as error:  # a damaged one is brought back as it is
                if isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, NO_FILE):
                    raise error.__cause__ from None
        else:
            target.parent.mkdir(exist_ok=True)
        binned.folder.rename(target)
    return name


def rename_run(found: Run | Damaged, new: str, models_dir: Path) -> None:
    """Give an unfinished run or a model another name: this very folder, and no other of its name.

    Raises `BadName` for a name in use, and `RunError` where it has to be kept (`why_kept`), is gone already, or the
    disk refuses; and as `rename_model` does.
    """
    require(Right.RENAME)
    folder = found.folder
    with changing(models_dir, RunError, f"{found.name!r} was not renamed"):
        require(Right.RENAME, folder if folder.is_dir() else None)
        _refuse_kept(found, models_dir)
        check_free(new, models_dir)
        if not folder.is_dir():
            raise _gone(found)
        if folder.parent.name == RUNS:
            _read_run(folder, None)  # an unreadable one can only be deleted
            folder.rename(run_folder(new, models_dir))
            with suppress(OSError):
                output_file(folder.name, models_dir).replace(output_file(new, models_dir))
        else:
            rename_model(folder.name, new, models_dir)


def write_note(found: Run, note: str, models_dir: Path) -> str:
    """Let a run or a model bear a person's note, and return it: on one line, with single spaces. Empty takes it away.

    Raises `RunError` for one that is too long or holds what cannot be printed, where the run has to be kept as it is
    (`why_kept`), is gone already, or the disk refuses.
    """
    require(Right.RENAME)
    note = " ".join(note.split())
    if not _is_note(note):
        raise RunError(f"A note has up to {MAX_TEXT_LENGTH} printable letters; this one has {len(note):,}.")
    with changing(models_dir, RunError, f"The note on {found.name!r} was not kept"):
        require(Right.RENAME, found.folder if found.folder.is_dir() else None)
        _refuse_kept(found, models_dir)
        if not found.folder.is_dir():
            raise _gone(found)
        if found.folder.parent.name == RUNS:
            _write_run(replace(_read_run(found.folder, None), note=note))
        else:
            note_in_card(found.folder, note)
    return note


def check_free(name: str, models_dir: Path) -> None:
    """Raise `BadName` for a name that no model may have, or that a model or a training has."""
    if is_in_use(check_name(name), models_dir):
        raise BadName(
            f"There is a training or a model called {name!r} already. Choose another name, such as "
            f"{free_name(name, models_dir)!r}."
        )


def names_in_use(models_dir: Path) -> set[str]:
    """Return the names of all models and unfinished runs, damaged ones included."""
    models = {path.name for path in models_dir.glob("[!.]*")}
    return models | {path.name for path in (models_dir / RUNS).glob("[!.]*") if path.is_dir()}


def is_in_use(name: str, models_dir: Path) -> bool:
    """Tell whether a model or an unfinished run has that name; raises `OSError` where that cannot be looked at."""
    return (models_dir / name).exists() or (models_dir / RUNS / name).is_dir()


def free_name(wish: str, models_dir: Path, promised: Iterable[str] = ()) -> str:
    """Return the wish, or the wish with the first number that makes it unused and not promised to another."""
    taken = names_in_use(models_dir) | set(promised)
    numbered = (f"{wish[:58]}-{number}" for number in range(2, len(taken) + 3))  # at most 64 letters
    return next(name for name in (wish, *numbered) if name not in taken and not is_in_use(name, models_dir))


def ask_to_stop(run: Run) -> None:
    """Ask a running training to save and end; it looks after every step.

    Raises `NotAllowed`, and `RunError` where the disk refuses.
    """
    require(Right.STOP)
    try:
        require(Right.STOP, run.folder if run.folder.is_dir() else None)
        with suppress(FileNotFoundError):  # it has just finished
            (run.folder / STOP).touch()
    except OSError as error:
        raise RunError(f"{run.name!r} was not asked to stop: {reason(error)}.") from error


def is_asked_to_stop(run: Run) -> bool:
    """Tell whether somebody asked."""
    return (run.folder / STOP).exists()


def ask_for_rate(run: Run, factor: float) -> None:
    """Ask a running training to multiply its scheduled learning rate by a factor; it looks after every step.

    Raises `NotAllowed`, and `RunError` for a factor out of range or where the disk refuses.
    """
    require(Right.STEER)
    if not MIN_FACTOR <= factor <= MAX_FACTOR:
        raise RunError(f"The learning rate can be {MIN_FACTOR:g} to {MAX_FACTOR:g} times the recipe's, not {factor:g}.")
    try:
        require(Right.STEER, run.folder if run.folder.is_dir() else None)
        with suppress(FileNotFoundError):  # it has just finished
            write_json(run.folder / RATE, {"factor": factor})
    except OSError as error:
        raise RunError(f"The learning rate of {run.name!r} was not changed: {reason(error)}.") from error


def asked_rate(run: Run) -> float:
    """Return by what somebody has asked the learning rate to be multiplied; 1 where nobody has."""
    try:
        found = msgspec.json.decode(read_bytes(run.folder / RATE, MAX_RATE), type=_Rate).factor
    except (OSError, msgspec.DecodeError):
        return 1.0
    return found


def output_file(name: str, models_dir: Path) -> Path:
    """Return where the output of a run's process goes, if a page started it."""
    return models_dir / RUNS / f"{check_form(name)}.txt"


def read_output(run: Run) -> str:
    """Return the last of what a run's process printed, without folders; empty where no page started it."""
    is_unfinished = run.folder.parent.name == RUNS
    file = output_file(run.folder.name, run.models_dir) if is_unfinished else run.folder / OUTPUT
    if run.group and not file.is_file():  # one process trains the whole group
        file = output_file(run.group.name, run.models_dir)
    if not file.is_file():
        return ""
    try:
        with file.open("rb") as output:
            output.seek(max(0, file.stat().st_size - MAX_OUTPUT))
            printed = output.read(MAX_OUTPUT)
    except OSError:
        return ""
    lines = printed.decode(errors="replace").strip().splitlines()
    is_cut = len(printed) == MAX_OUTPUT
    return "\n".join(without_folders(line) for line in lines[is_cut:])


# ------------------------------------------------------------------------------------------------------ inside


class _Rate(msgspec.Struct):
    factor: Factor


def _check_way(name: str, models_dir: Path, restart: bool) -> None:
    try:  # whatever holds the lock now, this one is not in training: it is the new one that asks
        there = _read_run(run_folder(name, models_dir), None)
    except RunError:
        there = None
    if there and there.has_checkpoint and not restart:
        raise RunError(
            f"There is an unfinished training called {name!r}, {there.state}. "
            f"Go on with `{resume_command(name, models_dir)}`, or begin anew with --restart."
        )


def _put_in_place(work: Path, target: Path) -> None:
    """Move a finished folder to its place; what was there goes to the bin."""
    if target.exists():
        with temporary_folder(target.parent) as temporary:
            exchange(work, target, target, temporary)
    else:
        work.rename(target)


def _is_note(text: str) -> bool:
    return len(text) <= MAX_TEXT_LENGTH and text.isprintable()


def _begun(run: Run) -> float:
    """Return when a run began, in seconds since 1970."""
    created = _moment(run.created)
    with suppress(OSError):  # it has just been moved
        return min(created, (run.folder / (CARD if run.card else RUN)).stat().st_mtime)
    return min(created, time.time())


def _moment(text: str) -> float:
    """Return the seconds since 1970 of an ISO 8601 text, in UTC where it does not say; raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _refuse_kept(found: Run | Damaged, models_dir: Path) -> None:
    if reason := why_kept(found, models_dir):
        raise RunError(reason)


def _in_training(found: Run | Damaged) -> RunError:
    return RunError(f"{found.name!r} is in training. Stop it first.")


def _gone(found: Run | Damaged) -> RunError:
    return RunError(f"{found.name!r} is gone already.")


def _is_running(name: str, models_dir: Path) -> bool:
    running = holder()
    return running is not None and running.trains(name, models_dir)


def _write_run(run: Run) -> None:
    left_out = _NOT_WRITTEN if run.note else _NOT_WRITTEN | {"note"}  # so that older readers know all that is there
    values = {name: value for name, value in asdict(run).items() if name not in left_out}
    write_json(run.folder / RUN, values | {"recipe": recipe_to_json(run.recipe)})


def _read_run(folder: Path, running: Holder | None) -> Run:
    """Read a run, trusting nothing; one that says it is open is running or interrupted. Raises `RunError`."""
    try:
        values = parse_json_object(read_file(folder, RUN).decode(errors="replace"), RUN)
        expected = {field.name for field in fields(Run)} - _NOT_WRITTEN
        values = _LATER | values
        if set(values) != expected or values["preset"] not in PRESETS:
            raise RunError(f"run.json of {folder.name} is not the record of this training.")
        state = State(values["state"])
        if state in (State.OPEN, State.INTERRUPTED):  # stored as interrupted before there was a word for it
            is_running = running and running.trains(folder.name, folder.parent.parent)
            state = State.RUNNING if is_running else State.INTERRUPTED
        recipe = recipe_from_json(values["recipe"])
        here = {"name": check_form(folder.name), "recipe": recipe, "state": state, "folder": folder}
        run = msgspec.convert(values | here, Run)
        if not _is_note(run.note):
            raise ValueError("its note is too long, or cannot be printed")
        _moment(run.created)
        return run
    except msgspec.ValidationError as error:
        raise RunError(f"run.json of {folder.name} cannot be read: it has a value of the wrong kind.") from error
    except (ModelError, RecipeError, ValueError, TypeError) as error:
        raise RunError(f"run.json of {folder.name} cannot be read: {error}") from error
