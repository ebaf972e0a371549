"""Training as a program of its own: carrying it out, and starting it from a page.

`begin` or `resume` a run, under the lock that keeps other trainings away, then `carry_out`: the command does that, and
a page does nothing else than start the command. A training goes on until it is finished, asked to stop, or fails; what
it has learnt until then is in its checkpoint. A finished model can be judged anew, which takes a second: `judge`.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, BinaryIO

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from mnist_core.data.mnist import (
    DISPUTED_TEST_LABELS,
    NOT_A_DIGIT,
    ROOT,
    Digits,
    checksum,
    fetched_share,
    load_mnist,
    mnist_is_here,
    split_training,
)
from mnist_core.errors import BadName, DataError, Diverged, MnistExplorerError, ModelError, RunError, TrainingError
from mnist_core.evaluation.metrics import Answers, evaluate
from mnist_core.files import write_json, write_whole
from mnist_core.machine import processor_name, processors
from mnist_core.model.card import Card
from mnist_core.recipe import Recipe, training_flags
from mnist_core.store import training_lock
from mnist_core.store.history import Entry, entry_to_line
from mnist_core.store.models import MODELS_DIR, check_name, load_model
from mnist_core.store.runs import (
    Checkpoint,
    Run,
    State,
    end_run,
    find_run,
    finish_run,
    is_asked_to_stop,
    load_checkpoint,
    names_in_use,
    new_run,
    output_file,
    reopen_run,
    run_folder,
    save_checkpoint,
)
from mnist_core.synthetic.generate import IN_PLACE_OF_MNIST, synthetic_digits, with_synthetic

if TYPE_CHECKING:
    from mnist_core.training.loop import Training

SAVE_EVERY = 2.0  # seconds, at least
SAVE_SHARE = 0.05  # of the time, at most, goes into saving
START_LIMIT = 30.0  # seconds; a training that has not taken the lock by then is given up
JUDGED_AT_ONCE = 1000  # digits


# ------------------------------------------------------------------------------------- in the training's process


def begin(
    name: str, preset: str, recipe: Recipe, models_dir: Path, *, threads: int | None = None, restart: bool = False
) -> Run:
    """Make a new run; raises `RunError` where one that could be resumed is in its way, or nothing can be written."""
    return new_run(name, preset, recipe, threads or processors(), _now(), models_dir, restart=restart)


def resume(name: str, models_dir: Path) -> Run:
    """Take up the unfinished run of that name; raises `RunError` where it cannot go on."""
    return reopen_run(_resumable(name, models_dir))


def _resumable(name: str, models_dir: Path) -> Run:
    run = find_run(name, models_dir)
    if run.state is State.DIVERGED:
        raise RunError(f"{name!r} has diverged and cannot go on: {run.reason} Begin it anew with other dials.")
    return run


def carry_out(run: Run, data_dir: Path | None, tell: Callable[[Entry], None]) -> bool:
    """Train, judge once on the test digits, and put the model in its place; returns False where it was stopped before.

    A model that has learnt from synthetic digits where MNIST is not at hand is not judged; `judge` does that later.
    However it ends, the run says so: a failure is noted with its reason and raised again.
    """
    try:
        with _stop_signals() as signalled:
            return _carry_out(run, data_dir, tell, lambda: signalled() or is_asked_to_stop(run))
    except _Stopped:
        end_run(run, State.STOPPED, "before it went on" if run.has_learnt else "before its first step")
        return False
    except Diverged as error:
        end_run(run, State.DIVERGED, str(error))
        raise
    except OSError as error:
        reason = f"The training could not be written: {error.strerror or error}."
        end_run(run, State.FAILED, reason)
        raise TrainingError(f"{reason} What was saved before is whole.") from error
    except MnistExplorerError as error:
        end_run(run, State.FAILED, str(error))
        raise
    except Exception as error:
        end_run(run, State.FAILED, f"{type(error).__name__}: {error}")
        raise


class _Stopped(Exception):
    """Somebody asked to stop before there was a training to put down."""


def _carry_out(run: Run, data_dir: Path | None, tell: Callable[[Entry], None], is_stopped: Callable[[], bool]) -> bool:
    import torch

    from mnist_core.model.networks import build_network, count_parameters
    from mnist_core.training.loop import Training, choose_precision

    torch.set_num_threads(run.threads)
    recipe = run.recipe
    from_mnist = recipe.digits == "mnist"

    def stop_if_asked() -> None:
        if is_stopped():
            raise _Stopped

    if from_mnist:
        digits = load_mnist("train", data_dir)
    else:
        digits = synthetic_digits(IN_PLACE_OF_MNIST, recipe.seed, before_each=stop_if_asked)
    training_digits, held_out = split_training(digits, recipe.held_out)
    training_digits = with_synthetic(
        training_digits, recipe.synthetic, recipe.outliers, recipe.seed, before_each=stop_if_asked
    )
    checkpoint = load_checkpoint(run)
    network = build_network(recipe.network, recipe.seed, recipe.dropout)
    precision, reason = choose_precision(recipe.precision)
    if checkpoint:  # on another processor it would choose anew, and be another training
        precision, reason = checkpoint.card.precision, checkpoint.card.precision_reason
    card = Card(
        name=run.name,
        preset=run.preset,
        recipe=recipe,
        parameters=count_parameters(network),
        trained_on=int((training_digits.labels != NOT_A_DIGIT).sum()),
        data_sha256=checksum(digits),
        weights_sha256="",  # until it is finished
        temperature=1.0,
        seconds=0.001,
        device=f"cpu: {processor_name()}",
        threads=run.threads,
        versions={"python": platform.python_version()}
        | {package: version(package) for package in ("torch", "numpy", "safetensors")},
        created=run.created,
        precision=precision,
        precision_reason=reason,
    )
    training = Training(recipe, network, training_digits, held_out if len(held_out) else None, precision)
    if checkpoint:
        if checkpoint.card.data_sha256 != card.data_sha256:
            raise RunError("The training digits are not those it began with. Begin it anew.")
        training.restore(checkpoint.tensors, checkpoint.progress)
    if not _learn(run, training, card, checkpoint.history_bytes if checkpoint else 0, tell, is_stopped):
        end_run(run, State.STOPPED, _how_far(training))
        return False
    _judge_and_keep(run, training, card, held_out, data_dir)
    return True


def _learn(
    run: Run,
    training: Training,
    card: Card,
    history_bytes: int,
    tell: Callable[[Entry], None],
    is_stopped: Callable[[], bool],
) -> bool:
    """Go on until the training is over, saving it now and then; returns False where it was stopped before."""
    path = run.folder / "history.jsonl"
    path.touch()
    # What was logged after the checkpoint will be logged again.
    os.truncate(path, min(history_bytes, path.stat().st_size))
    next_save = 0.0
    with path.open("ab") as history:
        for entry in training.advance():
            if entry:
                history.write(entry_to_line(entry).encode())
                history.flush()
                tell(entry)
            stopped = is_stopped()
            if stopped or time.monotonic() >= next_save:
                start = time.monotonic()
                _save(run, training, card, history)
                end = time.monotonic()
                next_save = end + max(SAVE_EVERY, (end - start) / SAVE_SHARE)
            if stopped:
                return False
        _save(run, training, card, history)
    return True


def _save(run: Run, training: Training, card: Card, history: BinaryIO) -> None:
    os.fsync(history.fileno())
    tensors, progress = training.state()
    so_far = replace(card, seconds=_seconds(training))
    save_checkpoint(run, Checkpoint(tensors, progress, so_far, history.tell()))


def _judge_and_keep(run: Run, training: Training, card: Card, held_out: Digits, data_dir: Path | None) -> None:
    """Write what a model folder holds, judging the network as everybody will load it."""
    from safetensors.torch import load, save

    from mnist_core.evaluation.calibration import calibrate
    from mnist_core.model.inference import Model
    from mnist_core.model.networks import build_network
    from mnist_core.model.prediction import probabilities

    weights = save({name: value.contiguous() for name, value in training.learnt.state_dict().items()})
    card = replace(card, weights_sha256=sha256(weights).hexdigest(), seconds=_seconds(training))
    network = build_network(card.recipe.network)
    network.load_state_dict(load(weights))
    network.eval()
    card = replace(card, **asdict(calibrate(network, held_out)))
    write_whole(run.folder / "weights.safetensors", weights)
    write_whole(run.folder / "card.json", card.to_json().encode())

    if card.recipe.digits == "mnist" or mnist_is_here(data_dir):
        test = load_mnist("test", data_dir)
        _keep_judgement(run.folder, probabilities(Model(network, card), test.pixels), test.labels)
    finish_run(run)


def _keep_judgement(folder: Path, probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> None:
    """Write what a model answered to the test digits, and how good that is, made from what is written."""
    from safetensors.numpy import save

    answers = Answers(probabilities.astype(np.float32), labels)
    judgement = evaluate(answers.probabilities, labels, DISPUTED_TEST_LABELS)
    write_whole(folder / "probabilities.safetensors", save(answers.to_tensors()))
    write_json(folder / "evaluation.json", judgement.to_json())


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Give what tells whether Ctrl-C or SIGTERM has asked to stop; a second Ctrl-C ends at once, unsaved."""
    received: list[int] = []

    def receive(number: int, _: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # there Python takes no signals
        yield lambda: False
        return
    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _seconds(training: Training) -> float:
    return max(0.001, round(training.count_seconds(), 3))


def _how_far(training: Training) -> str:
    return f"at step {training.progress.step:,} of {training.steps:,}"


# --------------------------------------------------------------------------------------------- a finished model


def judge(name: str, models_dir: Path = MODELS_DIR, data_dir: Path | None = None) -> Iterator[float]:
    """Judge a model anew on the test digits, yielding the share that is done, 0…1; it is written last, and whole.

    For models that were not judged, or whose judgement is damaged. Raises `MissingData` where the digits are not here,
    and `ModelError` where the model cannot be used, was replaced meanwhile, or cannot be written to.
    """
    from mnist_core.model.prediction import probabilities

    model = load_model(name, models_dir)
    test = load_mnist("test", data_dir, fetch=False)
    answers: list[NDArray[np.float64]] = []
    for start in range(0, len(test), JUDGED_AT_ONCE):
        yield start / len(test)
        answers.append(probabilities(model, test[start : start + JUDGED_AT_ONCE].pixels))
    yield 1.0
    if load_model(name, models_dir).card != model.card:
        raise ModelError(f"The model {name!r} was replaced while it was judged. Judge it again.")
    try:
        _keep_judgement(models_dir / name, np.concatenate(answers), test.labels)
    except OSError as error:
        raise ModelError(f"The judgement of {name!r} cannot be written: {error.strerror or error}.") from error


# ------------------------------------------------------------------------------------------------- from a page


def start(name: str, preset: str, recipe: Recipe, models_dir: Path, *, data_dir: Path | None = None) -> None:
    """Start a new training in a process of its own, which outlives this one.

    Raises `BadName` for a name in use, `Busy` where a training is running, and `TrainingError` with what the process
    said where it ended at once.
    """
    with _alone():
        if check_name(name) in names_in_use(models_dir):
            raise BadName(f"There is a training or a model called {name!r} already. Choose another name, or delete it.")
        _launch(name, training_flags(preset, recipe, name), models_dir, data_dir)


def start_again(name: str, models_dir: Path, *, data_dir: Path | None = None) -> None:
    """Resume an unfinished training in a process of its own; raises as `start` does."""
    with _alone():
        _resumable(name, models_dir)
        _launch(name, ["--resume", name], models_dir, data_dir)


def fetch_mnist(data_dir: Path | None = None) -> Iterator[float]:
    """Fetch the digits in a process of its own, yielding the share that is here, 0…1; raises `DataError`."""
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
        [sys.executable, str(ROOT / "train.py"), *flags],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # it must not end with this process
        cwd=ROOT,
    )


def _place(flag: str, folder: Path | None) -> list[str]:
    return [flag, str(folder.resolve())] if folder else []


def _last_words(output: bytes) -> str:
    """Return the last line that a command printed: its own refusals are sentences of one line."""
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("train.py: ") if lines else "The training ended before it began, without a word."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
