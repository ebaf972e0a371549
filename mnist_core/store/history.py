"""The history of a training: what it logs on its way, and reading that back.

`history.jsonl` holds one JSON object a line and is only ever appended to, so it can be read while it grows: a last
line without its end is one that is still being written, and is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from csv import DictWriter
from dataclasses import asdict, dataclass, fields
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mnist_core.errors import RunError, TrainingError
from mnist_core.files import Count, Share, read_bytes, why_unread
from mnist_core.store.layout import MAX_HISTORY

MAX_LINES = 5000  # a training logs up to 750 steps, and up to 1,000 epochs
POINTS = 300  # at least as many steps are logged of a training that has them
GUESSING = 1.3  # times an even share; one answer to every digit gets up to 0.1135 of MNIST's, and 0.1 of synthetic ones
FIRST_STEPS = 100  # after which a network may know nothing yet
MIN_FACTOR, MAX_FACTOR = 1e-4, 1e4  # of a learning rate
Seconds = Annotated[float, Meta(ge=0)]
Factor = Annotated[float, Meta(ge=MIN_FACTOR, le=MAX_FACTOR)]
_NICE = [nice * 10**power for power in range(6) for nice in (1, 2, 5)]


@dataclass(frozen=True, slots=True)
class Step:
    """What is logged at even distances. `loss` is the mean cross entropy a digit since the entry before.

    It is that of the true digits also where the recipe smooths the labels, so that runs can be compared by it.
    """

    step: Count  # steps done, all epochs together
    steps: Count  # of the whole training
    loss: float
    seconds: Seconds  # of training
    learning_rate: float | None = None  # None in the oldest histories, which did not log it


@dataclass(frozen=True, slots=True)
class Epoch:
    """What is logged after each pass over the training digits; accuracies are 0…1.

    Training figures are gathered on the way, with dropout on and digits augmented, so they can lie below those of the
    validation. Validation figures are None where there is no validation set.
    """

    epoch: Count  # passes done
    epochs: Count
    step: Count
    training_loss: float
    training_accuracy: Share
    validation_loss: float | None
    validation_accuracy: Share | None
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class RateChange:
    """What is logged where somebody has changed the learning rate of a training that runs.

    From the next step on it is `factor` times what the recipe's schedule says: `learning_rate`.
    """

    step: Count  # after which it counts
    factor: Factor
    learning_rate: float
    seconds: Seconds


Entry = Step | Epoch | RateChange
_KINDS: dict[str, type[Step] | type[Epoch] | type[RateChange]] = {"step": Step, "epoch": Epoch, "rate": RateChange}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class History:
    """All that a training has logged so far."""

    steps: tuple[Step, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    changes: tuple[RateChange, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it has trained."""
        return max(
            *(step.seconds for step in self.steps[-1:]), *(epoch.seconds for epoch in self.epochs[-1:]), 0.0, 0.0
        )

    @property
    def validation_accuracies(self) -> list[float]:
        """The validation accuracy after each epoch that has one."""
        return [epoch.validation_accuracy for epoch in self.epochs if epoch.validation_accuracy is not None]

    @property
    def last_accuracy(self) -> float | None:
        """The accuracy after the last epoch: of the validation set, or of the training digits where there is none."""
        if not self.epochs:
            return None
        last = self.epochs[-1]
        return last.training_accuracy if last.validation_accuracy is None else last.validation_accuracy

    def is_guessing(self, classes: int) -> bool:
        """Tell whether a network of so many classes ended its last epoch no better than one answer to everything.

        A training that is not over may still be at its first steps.
        """
        if self.last_accuracy is None or self.last_accuracy >= GUESSING / classes:
            return False
        last = self.epochs[-1]
        return last.step >= FIRST_STEPS or last.epoch == last.epochs


def smooth(values: Sequence[float], weight: float) -> list[float]:
    """Return the exponential moving average that forgets by `weight` a value, 0…1.

    The first values are not pulled towards zero: the bias is taken out as Adam does it (Kingma and Ba 2015).
    """
    smoothed, mean, share = [], 0.0, 0.0
    for value in values:
        mean = weight * mean + (1 - weight) * value
        share = weight * share + (1 - weight)
        smoothed.append(mean / share)
    return smoothed


def history_to_csv(history: History) -> str:
    """Return a history as a table, a row a logged point in the order of the steps; what one does not say is empty."""
    columns = list(dict.fromkeys(field.name for kind in _KINDS.values() for field in fields(kind)))
    text = StringIO()
    table = DictWriter(text, ["kind", *columns], lineterminator="\n")
    table.writeheader()
    entries: list[Entry] = [*history.steps, *history.epochs, *history.changes]
    for entry in sorted(entries, key=lambda entry: entry.step):
        values = {name: value + 0.0 if value == 0 else value for name, value in asdict(entry).items()}  # no -0.0
        table.writerow({"kind": _NAMES[type(entry)], **values})
    return text.getvalue()


def log_every(steps: int) -> int:
    """Return the distance between logged steps, a round number that gives 300 points or more, or every step."""
    return max((nice for nice in _NICE if nice * POINTS <= steps), default=1)


def entry_to_line(entry: Entry) -> str:
    """Return one line of `history.jsonl`."""
    return json.dumps({"kind": _NAMES[type(entry)], **asdict(entry)}) + "\n"


def read_history(path: Path) -> History:
    """Read a `history.jsonl`, also one that is being written; raises `RunError` with the line that cannot be used."""
    try:
        content = read_bytes(path, MAX_HISTORY)
    except FileNotFoundError:
        return History()
    except OSError as error:
        raise RunError(f"{path.name} {why_unread(error)}.") from error
    lines = content.count(b"\n")
    if lines > MAX_LINES:
        raise RunError(f"{path.name} has {lines:,} lines; a training logs {MAX_LINES:,} at most.")
    whole_lines = content[: content.rfind(b"\n") + 1].splitlines()
    entries = [_read_entry(path.name, number, line) for number, line in enumerate(whole_lines, 1)]
    return History(
        tuple(entry for entry in entries if isinstance(entry, Step)),
        tuple(entry for entry in entries if isinstance(entry, Epoch)),
        tuple(entry for entry in entries if isinstance(entry, RateChange)),
    )


def tensorboard_log(folder: Path) -> Callable[[Entry], None]:
    """Return what adds an entry to a TensorBoard log; raises `TrainingError` where tensorboard is not installed.

    The log begins with the first entry, so that one that goes on replaces what was logged after its checkpoint.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError("The TensorBoard log needs a package: pip install tensorboard.") from error
    writers: list[SummaryWriter] = []

    def add(entry: Entry) -> None:
        if not writers:
            writers.append(SummaryWriter(folder, purge_step=entry.step))
        for name, value in asdict(entry).items():
            if isinstance(value, float) and name != "seconds":
                tag = name if isinstance(entry, Step) else name.replace("_", "/")  # one group of charts for training
                writers[0].add_scalar(tag, value, entry.step)
        writers[0].flush()

    return add


def _is_beyond_its_end(entry: Entry) -> bool:
    if isinstance(entry, RateChange):
        return False
    done, whole = (entry.step, entry.steps) if isinstance(entry, Step) else (entry.epoch, entry.epochs)
    return done > whole


def _read_entry(file: str, number: int, line: bytes) -> Entry:
    try:
        values = msgspec.json.decode(line, type=dict[str, Any])  # which knows neither NaN nor Infinity
        kind = _KINDS[values.pop("kind")]
        entry = msgspec.convert(values, kind)
        if _is_beyond_its_end(entry) or values.keys() - kind.__annotations__:
            raise ValueError("found what no training logs")
        return entry
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunError(f"Line {number} of {file} is not an entry of a history.") from error
