"""How far a training is in what the history does not log: before its first step, and after its last."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from mnist_core.files import Share, read_bytes, write_json
from mnist_core.store.layout import PROGRESS

MAX_PROGRESS = 1000  # bytes


class Phase(StrEnum):
    """What a training does when it takes no steps."""

    WRITING = "writing"  # synthetic digits, letters and scribbles
    CALIBRATING = "calibrating"
    EVALUATING = "evaluating"


@dataclass(frozen=True, slots=True)
class Progress:
    """The share of a phase that is done."""

    phase: Phase
    share: Share


def write_progress(folder: Path, phase: Phase, share: float) -> None:
    """Say in a run's folder how far a phase is."""
    write_json(folder / PROGRESS, asdict(Progress(phase, share)))


def clear_progress(folder: Path) -> None:
    """Say in a run's folder that it takes steps, or is done."""
    (folder / PROGRESS).unlink(missing_ok=True)


def read_progress(folder: Path) -> Progress | None:
    """Return how far a run is in a phase; None where it takes steps, or what is there cannot be read."""
    try:
        return msgspec.json.decode(read_bytes(folder / PROGRESS, MAX_PROGRESS), type=Progress)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
