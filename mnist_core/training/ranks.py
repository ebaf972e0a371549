"""Which of several processes this one is, as torchrun says: it starts as many as train one network together.

Each is told by the variables of its environment: its *rank*, 0 for the one that writes, and how many there are. Without
torchrun a process is alone. How they work together is in `distributed`, which needs torch.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from mnist_core.errors import TrainingError
from mnist_core.machine import count_processors
from mnist_core.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Place:
    """The rank of this process among all, and among those of its machine."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1


def find_place() -> Place:
    """Return which process this one is; raises `TrainingError` where its environment says nonsense."""
    rank, count = _read("RANK", 0), _read("WORLD_SIZE", 1)
    if not 0 <= rank < count:
        raise TrainingError(f"Found RANK={rank} and WORLD_SIZE={count}, expected a rank below the number of processes.")
    return Place(rank, count, _read("LOCAL_RANK", rank), _read("LOCAL_WORLD_SIZE", count))


def check_place(place: Place, recipe: Recipe, threads: int | None = None, *, is_lesson: bool = False) -> None:
    """Raise `TrainingError` where so many processes cannot train by a recipe, or have not a thread each."""
    if place.count == 1:
        return
    if is_lesson:
        raise TrainingError("A teaching takes seconds in one process. Start it without torchrun.")
    if recipe.teachers:
        raise TrainingError("The teachers lie on one machine. Start a distillation in one process, without torchrun.")
    if recipe.batch_size % place.count:
        raise TrainingError(
            f"Batches of {recipe.batch_size:,} cannot be shared equally by {place.count} processes. Take a multiple of "
            f"{place.count}, such as `--batch-size {-(-recipe.batch_size // place.count) * place.count}`."
        )
    found = threads or count_processors()
    if place.local_count > found:
        raise TrainingError(
            f"{place.local_count} processes on this machine have only {found} thread{'' if found == 1 else 's'}. Start "
            f"no more than that (`--nproc-per-node {found}`), or give them more with --threads."
        )


def _read(variable: str, default: int) -> int:
    found = os.environ.get(variable, str(default))
    if not found.isdecimal():
        raise TrainingError(f"Found {variable}={found!r}, expected a number, as torchrun sets it.")
    return int(found)
