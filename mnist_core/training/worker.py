"""The training's own process: carry a run out, from its digits to a model, or to a checkpoint where it is stopped.

`train.py` makes or reopens the run (`store.runs`), holds the lock that keeps other trainings away, and calls
`carry_out`; the rest of this module is read from there downwards. A page does none of this: it launches `train.py`.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mnist_core.data.loading import load
from mnist_core.data.mnist import NOT_A_DIGIT, Digits, checksum, split_training
from mnist_core.errors import (
    DamagedModel,
    Diverged,
    LostRank,
    MnistExplorerError,
    RunError,
    TrainingError,
    without_folders,
)
from mnist_core.evaluation.metrics import Answers
from mnist_core.evaluation.test_sets import choose_test_set
from mnist_core.files import read_bytes, read_file, reason, write_atomically
from mnist_core.model.card import Card
from mnist_core.model.inference import as_arrays
from mnist_core.store.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from mnist_core.store.history import Entry, entry_to_line
from mnist_core.store.layout import CARD, CHECKPOINT, HISTORY, MAX_CHECKPOINT, MAX_SNAPSHOTS, RUN, SNAPSHOTS, WEIGHTS
from mnist_core.store.progress import Phase, clear_progress, write_progress
from mnist_core.store.runs import (
    Run,
    State,
    asked_rate,
    end_run,
    find_run,
    finish_run,
    is_asked_to_stop,
    run_folder,
)
from mnist_core.store.snapshots import SnapshotRecorder
from mnist_core.store.teaching import write_teaching
from mnist_core.synthetic.beside import written_beside
from mnist_core.synthetic.generate import with_synthetic, write_others
from mnist_core.training.before_after import WRITTEN, compare_models, write_questions
from mnist_core.training.devices import choose_device, describe_device, explain_failure, measure_memory_of_training
from mnist_core.training.final_evaluation import answer_in_parts, write_evaluation
from mnist_core.training.lesson import (
    REPLAYED,
    Lesson,
    count_variants,
    count_written_replay,
    load_start,
    read_lesson,
    read_start_answers,
    write_lesson,
)
from mnist_core.training.material import (
    count_material,
    load_material,
    needed_data_set,
    with_mnist,
    write_material,
)
from mnist_core.training.ranks import Place
from mnist_core.training.teachers import load_teachers

if TYPE_CHECKING:
    from torch import nn

    from mnist_core.model.inference import Model
    from mnist_core.training.distributed import ProcessGroup
    from mnist_core.training.loop import Training

SAVE_EVERY = 2.0  # seconds, at least
MAX_RATE_CHANGES = 1000  # of a training; each is a line of its history
SAVE_SHARE = 0.05  # of the time, at most, goes into saving
TELL_EVERY = 0.5  # seconds between two words on how many digits are written, or evaluated


class _Stopped(Exception):
    """Somebody asked to stop before there was anything to save."""


def carry_out(
    run: Run,
    data_dir: Path | None,
    report: Callable[[Entry], None],
    *,
    minutes: float | None = None,
    processes: ProcessGroup | None = None,
) -> bool:
    """Train, evaluate once on the test digits, and move the model to its place; returns False where it was stopped.

    After so many minutes, if that is given, it is stopped. Of a group of processes this is the one that writes; the
    others `follow`.

    A model that has learnt from synthetic digits where MNIST is not at hand is not evaluated; `evaluate_again` does
    that later. However it ends, the run says so: a failure is noted with its reason and raised again.
    """
    end = None if minutes is None else time.monotonic() + minutes * 60

    def is_over() -> bool:
        return end is not None and time.monotonic() >= end

    asked = WRITTEN, run.recipe.classes
    try:
        with (
            _stop_signals() as signalled,
            # What a lesson's two models will be asked hangs on no network.
            written_beside(write_questions, *asked, processors=run.threads if run.started_from else 1) as questions,
        ):
            learnt = _train(run, data_dir, report, lambda: signalled() or is_asked_to_stop(run) or is_over(), processes)
            if learnt:
                _keep_model(run, *learnt, data_dir, lambda: questions() or write_questions(*asked))
        if not learnt and is_over():
            end_run(run, State.STOPPED, f"after its {minutes:g} minutes")
        return learnt is not None
    except _Stopped:
        # Where nobody asked, torchrun has stopped this one, perhaps because another has failed.
        fault = "" if not processes or is_over() or is_asked_to_stop(run) else processes.find_fault()
        if fault:
            end_run(run, State.FAILED, fault)
            raise LostRank(fault) from None
        before = "before it went on" if run.has_checkpoint else "before its first step"
        end_run(run, State.STOPPED, f"after its {minutes:g} minutes, {before}" if is_over() else before)
        return False
    except Diverged as error:
        end_run(run, State.DIVERGED, str(error))
        raise
    except OSError as error:
        told = f"The training could not be written: {reason(error)}."
        end_run(run, State.FAILED, told)
        raise TrainingError(f"{told} What was saved before is whole.") from error
    except MnistExplorerError as error:
        end_run(run, State.FAILED, str(error))
        raise
    except Exception as error:
        explained = explain_failure(error, run.recipe.batch_size)
        end_run(run, State.FAILED, _describe(explained or error))
        raise explained or error from (error if explained else error.__cause__)


def _describe(error: Exception) -> str:
    told = str(error) if isinstance(error, MnistExplorerError) else f"{type(error).__name__}: {error}"
    return without_folders(told)


def follow(place: Place, data_dir: Path | None) -> bool:
    """Train along with the process that writes; returns False where this one, or another, has failed.

    It is told which run that is, keeps what it needs of it in a temporary folder, and prints nothing: what makes it
    fail, the one that writes says.
    """
    from mnist_core.training.distributed import join

    with join(place) as processes, _stop_signals() as signalled, TemporaryDirectory() as folder:
        try:
            run = _receive(processes, Path(folder))
        except LostRank:  # it was refused, which that one has said
            return False
        try:
            _train(run, data_dir, lambda _: None, signalled, processes)
        except (_Stopped, LostRank) as error:
            processes.leave_word("")
            return isinstance(error, _Stopped)
        except Exception as error:
            explained = explain_failure(error, run.recipe.batch_size)
            processes.leave_word(_describe(explained or error))
            if explained or isinstance(error, MnistExplorerError):
                return False
            traceback.print_exc(file=sys.__stderr__)  # as nobody expected it
            raise
        processes.leave_word("")
    return True


def _send(run: Run, processes: ProcessGroup) -> None:
    """Give the other ranks the record of a run and its checkpoint: they may be on machines that share no folder."""
    processes.share(run.name.encode())
    for file in (RUN, CHECKPOINT):
        path = run.folder / file
        processes.share(read_bytes(path, MAX_CHECKPOINT) if path.exists() else b"")


def _receive(processes: ProcessGroup, models_dir: Path) -> Run:
    folder = run_folder(processes.share().decode(), models_dir)
    folder.mkdir(parents=True)
    for file in (RUN, CHECKPOINT):
        if content := processes.share():
            write_atomically(folder / file, content)
    return find_run(folder.name, models_dir)


def _train(
    run: Run,
    data_dir: Path | None,
    report: Callable[[Entry], None],
    is_stopped: Callable[[], bool],
    processes: ProcessGroup | None = None,
) -> tuple[Card, nn.Module, Digits] | None:
    """Return the network, with its card so far and the validation set; None where it was stopped, or only followed."""
    if processes:
        _begin_together(run, data_dir, is_stopped, processes)
    threading.Thread(target=import_module, args=("torch",)).start()  # meanwhile, the digits are read
    lesson = read_lesson(run)
    training_digits, validation, data_sha256 = _load_digits(run, lesson, data_dir, is_stopped)
    _meet(processes, "loaded", is_stopped)
    import torch

    from mnist_core.model.networks import build_network
    from mnist_core.training.loop import Training, choose_precision

    torch.set_num_threads(max(1, run.threads // processes.place.local_count) if processes else run.threads)
    recipe = run.recipe
    checkpoint = load_checkpoint(run)
    device = choose_device(run.device, began_on=checkpoint.card.device if checkpoint else "")
    if processes:
        processes.take_device(device)
    network = build_network(recipe.network, recipe.seed, recipe.dropout, len(recipe.classes))
    if lesson:
        network.load_state_dict(load_start(run).network.state_dict())
    precision = choose_precision(recipe.precision, device)
    if checkpoint:  # on another processor it would choose anew, and be another training
        precision = checkpoint.card.precision, checkpoint.card.precision_reason
    precision = processes.share_words(*precision) if processes else precision  # rank 0's, for the others' may be others
    teachers = load_teachers(recipe, run.models_dir)
    card = _begin_card(run, network, data_sha256, training_digits, precision, len(lesson.held_out) if lesson else 0)
    card = replace(
        card,
        device=describe_device(device, before=checkpoint.card.device if checkpoint else ""),
        peak_memory=checkpoint.card.peak_memory if checkpoint else 0,
        teachers_sha256=tuple(each.card.weights_sha256 for each in teachers),
    )
    if checkpoint:
        _check_same(checkpoint.card, card)
    kept = validation if len(validation) else None
    training = Training(
        recipe, network, training_digits, kept, card.precision, device=device, processes=processes, teachers=teachers
    )
    if checkpoint:
        training.restore(checkpoint.tensors, checkpoint.progress)
    if processes:
        card = replace(card, processes=processes.count)
        if processes.rank:
            _follow_along(training, is_stopped, processes)
            return None
    if not _learn(run, training, card, checkpoint.history_bytes if checkpoint else 0, report, is_stopped, processes):
        end_run(run, State.STOPPED, f"at step {training.progress.step:,} of {training.steps:,}")
        return None
    card = replace(
        card,
        seconds=_seconds(training),
        rate_changes=training.progress.rate_changes,
        peak_memory=_peak_memory(card, training),
    )
    return card, network, validation


def _check_same(began: Card, card: Card) -> None:
    """Raise `RunError` where a training would go on with other digits or teachers."""
    if began.data_sha256 != card.data_sha256:
        raise RunError("The training digits are not those it began with. Begin it anew.")
    if began.teachers_sha256 != card.teachers_sha256:
        raise RunError("The models that it is distilled from are not those it began with. Begin it anew.")


def _begin_together(run: Run, data_dir: Path | None, is_stopped: Callable[[], bool], processes: ProcessGroup) -> None:
    """Tell the others of the run, and let one process of each machine fetch what there is to fetch meanwhile."""
    if processes.rank == 0:
        _send(run, processes)
    data_set = needed_data_set(run.recipe)
    if data_set and processes.place.local_rank == 0:
        load(data_set, "train", data_dir)
    _meet(processes, "fetched", is_stopped)


def _meet(processes: ProcessGroup | None, where: str, is_stopped: Callable[[], bool]) -> None:
    """Wait for the other processes, if there are any; whoever waits so can be stopped, unlike in a step."""
    if processes and not processes.meet(where, is_stopped):
        raise _Stopped


def _load_digits(
    run: Run, lesson: Lesson | None, data_dir: Path | None, is_stopped: Callable[[], bool]
) -> tuple[Digits, Digits, str]:
    """Return the digits to learn from with what is mixed in, the validation set, and the checksum of what was given."""
    recipe = run.recipe
    given = None if recipe.is_written else load_material(recipe, data_dir)
    written = recipe.validation_size + count_written_replay(recipe.classes) if lesson else count_material(recipe)
    count = len(given) if given else written
    learnt = count - recipe.validation_size
    if lesson:
        learnt = min(learnt, REPLAYED[recipe.network])
    processors = run.threads if lesson else 1
    none = round(learnt * recipe.ood_share)
    added = round(learnt * recipe.synthetic) + (none if processors == 1 else 0)
    if lesson:
        added += len(lesson.learnt) * count_variants(len(lesson.learnt))
    writer = _Writer(_Teller(run, Phase.WRITING), added if given else count + added, is_stopped)
    with written_beside(write_others, none, recipe.seed, recipe.classes, processors=processors) as written_none:
        import_module("torch")  # waits for the thread: to write meanwhile would take both longer
        digits = given or write_material(recipe, count, writer.before_each)
        training, validation = split_training(digits, recipe.validation_size)
        validation = Digits(validation.images.copy(), validation.labels.copy())  # a view would keep all in memory
        if lesson:
            training = write_lesson(
                lesson.learnt, training, recipe, before_each=writer.before_each, written_none=written_none
            )
        else:
            training = with_synthetic(
                with_mnist(training, recipe, data_dir),
                recipe.synthetic,
                recipe.ood_share,
                recipe.seed,
                recipe.classes,
                before_each=writer.before_each,
            )
    clear_progress(run.folder)
    return training, validation, checksum(digits)


@dataclass(slots=True)
class _Teller:
    """Says now and then how far a phase is."""

    run: Run
    phase: Phase
    next_word: float = 0.0

    def tell(self, share: float) -> None:
        if time.monotonic() >= self.next_word:
            write_progress(self.run.folder, self.phase, share)
            self.next_word = time.monotonic() + TELL_EVERY


@dataclass(slots=True)
class _Writer:
    """Says how many of the synthetic digits are written, and ends their writing where somebody asks to stop."""

    teller: _Teller
    count: int
    is_stopped: Callable[[], bool]
    written: int = 0

    def before_each(self) -> None:
        if self.is_stopped():
            raise _Stopped
        self.teller.tell(min(1.0, self.written / self.count))
        self.written += 1


def _begin_card(
    run: Run,
    network: nn.Module,
    data_sha256: str,
    training_digits: Digits,
    precision: tuple[str, str],
    held_out: int,
) -> Card:
    """Return the card that the model would have; what is known only at the end is filled in then."""
    from mnist_core.model.networks import count_parameters

    numbers, reason = precision
    return Card(
        name=run.name,
        preset=run.preset,
        recipe=run.recipe,
        parameters=count_parameters(network),
        trained_on=int((training_digits.labels != NOT_A_DIGIT).sum()),
        data_sha256=data_sha256,
        weights_sha256="",  # until it is finished
        temperature=1.0,
        seconds=0.001,
        device="",  # until the network lies there
        threads=run.threads,
        versions={"python": platform.python_version()}
        | {package: version(package) for package in ("torch", "numpy", "safetensors")},
        created=run.created,
        precision=numbers,
        precision_reason=reason,
        group=run.group,
        started_from=run.started_from,
        drawings=run.drawings,
        held_out=held_out,
        classes=run.recipe.classes,
    )


def _learn(
    run: Run,
    training: Training,
    card: Card,
    history_bytes: int,
    report: Callable[[Entry], None],
    is_stopped: Callable[[], bool],
    processes: ProcessGroup | None,
) -> bool:
    """Go on until the training is over, logging and saving on the way; returns False where it was stopped before."""
    path = run.folder / HISTORY
    path.touch()
    # What was logged after the checkpoint will be logged again.
    os.truncate(path, min(history_bytes, path.stat().st_size))
    with path.open("ab") as history:
        saver = _Saver(run, card, history, is_stopped, report, _begin_recorder(run, training), processes)
        saver.record(training)
        for entry in training.run(after_step=saver.save_and_say_whether_to_stop):
            saver.log(entry)
    return not saver.is_to_stop


def _follow_along(training: Training, is_stopped: Callable[[], bool], processes: ProcessGroup) -> None:
    """Go on as long as rank 0 does, and do after each step what it says."""
    from mnist_core.training.distributed import Order

    def obey(training: Training) -> bool:
        order = processes.agree(Order(is_stopped(), saves=False, rate_factor=1.0))
        if order.rate_factor != training.progress.rate_factor:
            training.change_rate(order.rate_factor)
        if order.saves:
            training.collect()
        return order.stops

    for _ in training.run(after_step=obey):
        pass


def _begin_recorder(run: Run, training: Training) -> SnapshotRecorder | None:
    """Return what keeps snapshots, with those that were kept before; None where none are to be kept."""
    if not run.snapshots:
        return None
    tensors, step = as_arrays(training.learnt), training.progress.step
    if step == 0:
        return SnapshotRecorder.begin(training.steps, run.created, tensors)
    try:
        kept = read_file(run.folder, SNAPSHOTS, MAX_SNAPSHOTS)
        return SnapshotRecorder.resume(kept, step, training.steps, tensors)
    except DamagedModel:  # it is there to be looked at: a training does not end for it
        return None


@dataclass(slots=True)
class _Saver:
    """Saves a checkpoint now and then, and at once where the training stops or is over."""

    run: Run
    card: Card
    history: BinaryIO
    is_stopped: Callable[[], bool]
    report: Callable[[Entry], None]
    recorder: SnapshotRecorder | None
    processes: ProcessGroup | None = None
    next_save: float = 0.0
    is_to_stop: bool = False
    is_recorded: bool = True  # whether every snapshot is written

    def log(self, entry: Entry) -> None:
        self.history.write(entry_to_line(entry).encode())
        self.history.flush()
        self.report(entry)

    def save_and_say_whether_to_stop(self, training: Training) -> bool:
        self.record(training)
        self.is_to_stop = self.is_stopped()
        asked = asked_rate(self.run)
        is_changed = asked != training.progress.rate_factor and training.progress.rate_changes < MAX_RATE_CHANGES
        # One that was changed is saved at once, so that who resumes it goes the same way.
        saves = is_changed or self.is_to_stop or training.is_over or time.monotonic() >= self.next_save
        if self.processes:
            self.is_to_stop, saves = self._agree(saves, asked if is_changed else training.progress.rate_factor)
        if is_changed:
            self.log(training.change_rate(asked))
        if saves:
            start = time.monotonic()
            self._save(training)
            end = time.monotonic()
            self.next_save = end + max(SAVE_EVERY, (end - start) / SAVE_SHARE)
        return self.is_to_stop

    def _agree(self, saves: bool, rate_factor: float) -> tuple[bool, bool]:
        """Tell the other ranks what to do; returns whether to stop, which any may ask for, and whether to save."""
        from mnist_core.training.distributed import Order

        assert self.processes
        order = self.processes.agree(Order(self.is_to_stop, saves, rate_factor))
        return order.stops, order.saves

    def record(self, training: Training) -> None:
        """Keep the network as it is, where this is one of the moments."""
        if self.recorder and self.recorder.is_due(training.progress.step):
            self.recorder.record(training.progress.step, as_arrays(training.learnt))
            self.is_recorded = False

    def _save(self, training: Training) -> None:
        os.fsync(self.history.fileno())
        if self.recorder and not self.is_recorded:  # before the checkpoint, which goes on from there
            write_atomically(self.run.folder / SNAPSHOTS, self.recorder.content)
            self.is_recorded = True
        tensors, progress = training.state()
        card = replace(self.card, seconds=_seconds(training), peak_memory=_peak_memory(self.card, training))
        save_checkpoint(self.run, Checkpoint(tensors, progress, card, self.history.tell()))


def _keep_model(
    run: Run, card: Card, network: nn.Module, validation: Digits, data_dir: Path | None, questions: Callable[[], Digits]
) -> None:
    """Write what a model folder holds, evaluating the network as everybody will load it, and move it to its place."""
    from safetensors.torch import load, save

    from mnist_core.evaluation.calibration import calibrate
    from mnist_core.model.inference import Model
    from mnist_core.model.networks import build_network

    weights = save({name: value.cpu().contiguous() for name, value in network.state_dict().items()})
    saved = build_network(card.recipe.network, classes=len(card.classes))
    saved.load_state_dict(load(weights))
    saved.eval()
    write_progress(run.folder, Phase.CALIBRATING, 0.0)
    card = replace(
        card, weights_sha256=sha256(weights).hexdigest(), **asdict(calibrate(saved, validation, card.classes))
    )
    write_atomically(run.folder / WEIGHTS, weights)
    write_atomically(run.folder / CARD, card.to_json().encode())
    model = Model(saved, card)
    test_set = choose_test_set(card.recipe, data_dir)
    has_test = not card.recipe.is_written or test_set.is_here(data_dir)
    test = test_set.load(card.classes, data_dir, fetch=True) if has_test else None
    answers = _answer(run, model, test) if test else None
    if answers:
        write_evaluation(run.folder, answers.probabilities, answers.labels, test_set)
    if lesson := read_lesson(run):
        start = load_start(run)
        before = (read_start_answers(run) or _answer(run, start, test)) if test else None
        write_teaching(compare_models(start, model, lesson, questions(), before, answers, test_set), run.folder)
    clear_progress(run.folder)
    finish_run(run)


def _answer(run: Run, model: Model, test: Digits) -> Answers:
    """Ask a model for the test digits, saying how far that is."""
    teller = _Teller(run, Phase.EVALUATING)
    answers = []
    for share, part in answer_in_parts(model, test):
        answers.append(part)
        teller.tell(share)
    return Answers(np.concatenate(answers), test.labels)


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


def _peak_memory(card: Card, training: Training) -> int:
    return max(card.peak_memory, measure_memory_of_training(training.device))  # it may have gone on in another process


def _seconds(training: Training) -> float:
    return max(0.001, round(training.count_seconds(), 3))
