"""Trainings of one recipe with several seeds, one after another: a group, each run in a folder of its own.

A group has no record of its own. Each of its runs, finished or not, says to which group it belongs, and so which seeds
are left; each is what the same command with its seed alone would have made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mnist_core.errors import BadName, RecipeError, RunError
from mnist_core.recipe import MAX_SEEDS, Recipe, SeedGroup
from mnist_core.rights import Right, require
from mnist_core.store.bin import Binned
from mnist_core.store.layout import SNAPSHOTS
from mnist_core.store.models import check_name
from mnist_core.store.runs import (
    Run,
    State,
    create_run,
    delete_run,
    is_in_use,
    list_runs,
    names_in_use,
    output_file,
    reopen_run,
    run_folder,
    why_kept,
)
from mnist_core.store.training_lock import announce

DONE = (State.FINISHED, State.DIVERGED)


def make_group(name: str, recipe: Recipe, count: int, models_dir: Path) -> SeedGroup:
    """Return a group that begins with the recipe's seed.

    Raises `RecipeError` for seeds that there are not, and `BadName` for a name that a group, a model or a run has.
    """
    if not 1 <= count <= MAX_SEEDS:
        raise RecipeError("seeds", f"found {count:,}, expected a whole number from 1 to {MAX_SEEDS}")
    group = SeedGroup(name, recipe.seed, count)
    replace(recipe, seed=group.seeds[-1])  # raises where it is no seed
    check_name(group.run_name(group.seeds[-1]))
    taken = [each for each in (name, *map(group.run_name, group.seeds)) if is_in_use(each, models_dir)]
    if taken or name in group_names(list_runs(models_dir)):
        raise BadName(
            f"There is a training or a model called {(taken or [name])[0]!r} already. Choose another name, such as "
            f"{free_group_name(name, models_dir)!r}."
        )
    return group


def free_group_name(wish: str, models_dir: Path) -> str:
    """Return the wish, or the wish with the first number after which no training, model or group is called."""
    taken = names_in_use(models_dir) | group_names(list_runs(models_dir))
    names = (wish, *(f"{wish[:50]}{number}" for number in range(2, len(taken) + 3)))  # "-2" would be a seed's
    return next(name for name in names if not any(f"{each}-".startswith(f"{name}-") for each in taken))


def group_names(runs: Iterable[object]) -> set[str]:
    """Return the names of the groups that these runs belong to."""
    return {run.group.name for run in runs if isinstance(run, Run) and run.group}


def is_group(name: str, models_dir: Path) -> bool:
    """Tell whether a name is that of a group, and of no unfinished run."""
    return not run_folder(name, models_dir).is_dir() and bool(find_members(name, models_dir))


def find_members(name: str, models_dir: Path) -> dict[int, Run]:
    """Return the runs of a group by their seeds, finished or not; of two with one seed the newer."""
    runs = [run for run in list_runs(models_dir) if isinstance(run, Run) and run.group and run.group.name == name]
    return {run.recipe.seed: run for run in reversed(runs)}


def list_left(group: SeedGroup, members: Mapping[int, Run]) -> list[tuple[int, str]]:
    """Return the seeds of a group that are not done, in order, with the names of their runs, given those by seed."""
    return [
        (seed, members[seed].name if seed in members else group.run_name(seed))
        for seed in group.seeds
        if seed not in members or members[seed].state not in DONE
    ]


def begin_runs(group: SeedGroup, models_dir: Path, begin: Callable[[int, str], Run]) -> Iterator[Run]:
    """Yield the runs of a group that are left, in the order of their seeds; each is made when its turn has come.

    `begin` makes the run of a seed, under a name; who holds the lock is said to train it.
    """
    for seed, name in list_left(group, find_members(group.name, models_dir)):
        announce(name, models_dir)
        yield reopen_run(name, models_dir) if run_folder(name, models_dir).is_dir() else begin(seed, name)


def resume_group(name: str, models_dir: Path) -> Iterator[Run]:
    """Return the runs of a group that are left, as its other runs were begun; raises `RunError` where none is."""
    like, _ = find_resumable_group(name, models_dir)
    assert like.group
    return begin_runs(like.group, models_dir, lambda seed, name: begin_like(like, seed, name, models_dir))


def find_resumable_group(name: str, models_dir: Path) -> tuple[Run, str]:
    """Return a run of a group, as which the others are begun, and the name of the next; raises `RunError`."""
    members = find_members(name, models_dir)
    like = max(members.values(), key=lambda run: run.state not in DONE, default=None)
    if like is None or like.group is None:
        raise RunError(f"There is no group of trainings called {name!r}.")
    left = list_left(like.group, members)
    if not left:
        raise RunError(f"All {like.group.count} trainings of {name!r} are over.")
    return like, left[0][1]


def delete_group(name: str, models_dir: Path) -> list[Binned]:
    """Move all runs of a group to the bin, or none where one has to be kept; raises as `delete_run` does."""
    require(Right.DELETE)
    members = find_members(name, models_dir).values()
    for run in members:
        if reason := why_kept(run, models_dir):
            raise RunError(reason)
    gone = [delete_run(run, models_dir) for run in members]
    with suppress(OSError):
        output_file(name, models_dir).unlink(missing_ok=True)
    return gone


def begin_like(like: Run, seed: int, name: str, models_dir: Path) -> Run:
    """Make a run that differs from another one in its seed alone."""
    return create_run(
        name,
        like.preset,
        replace(like.recipe, seed=seed),
        models_dir,
        threads=like.threads,
        snapshots=like.snapshots or (like.folder / SNAPSHOTS).is_file(),
        group=like.group,
        device=like.device,
    )
