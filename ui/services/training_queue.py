"""The trainings that wait for their turn, where visitors share a machine (see `mnist_core.rights`).

They wait in this server alone, and are forgotten when it ends; the one in training is not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, Thread

from mnist_core.errors import Busy, MnistExplorerError, NotAllowed
from mnist_core.recipe import Recipe
from mnist_core.rights import Right, check_limits, limits, require
from mnist_core.settings import read_settings
from mnist_core.store.models import check_name
from mnist_core.store.runs import find_resumable_run, free_name, names_in_use
from mnist_core.training import launcher

LOOK = 0.5  # seconds between two tries of the first in the queue


@dataclass(frozen=True, slots=True)
class Waiting:
    """A training that waits, the visitor, one tab of a browser, whose it is, and what begins it."""

    name: str
    visitor: object
    begin: Callable[[], None]


@dataclass(slots=True)
class _Queue:
    lock: Lock = field(default_factory=Lock)
    waiting: list[Waiting] = field(default_factory=list)
    refused: dict[object, str] = field(default_factory=dict)  # visitor → why the training could not begin
    thread: Thread | None = None


_queue = _Queue()  # not among what Streamlit caches: that can be cleared


def is_used() -> bool:
    """Tell whether trainings wait for their turn here; a person alone sees one at a time."""
    return limits() is not None


def join(name: str, preset: str, recipe: Recipe, visitor: object, *, snapshots: bool = True) -> str:
    """Let a training begin as soon as those before it are over; returns its name, numbered where that is in use.

    Raises `NotAllowed` where the visitor has one waiting already or the queue is full, and as `launch_training` does.
    """
    require(Right.START)
    check_limits(recipe)
    check_name(name)
    wish = preset if re.fullmatch(rf"{preset}-\d+", name) else name  # numbered by a page that did not know the others
    queue, models_dir = _queue, read_settings().models_dir
    with queue.lock:
        promised = [each.name for each in queue.waiting]
        if name in promised or name in names_in_use(models_dir):
            name = free_name(wish, models_dir, promised)
        begin = partial(launcher.launch_training, name, preset, recipe, models_dir, snapshots=snapshots)
        _wait(queue, Waiting(name, visitor, begin))
    return name


def join_to_resume(name: str, visitor: object) -> None:
    """Let an unfinished training go on as soon as those before it are over; raises as `join` does."""
    require(Right.RESUME)
    queue, models_dir = _queue, read_settings().models_dir
    require(Right.RESUME, find_resumable_run(name, models_dir).folder)
    with queue.lock:
        _wait(queue, Waiting(name, visitor, partial(launcher.launch_resumed_training, name, models_dir)))


def leave(visitor: object) -> None:
    """Take what a visitor has waiting out of the queue."""
    queue = _queue
    with queue.lock:
        queue.waiting = [each for each in queue.waiting if each.visitor != visitor]


def list_waiting() -> Sequence[Waiting]:
    """Return the trainings that wait, the next one first."""
    return tuple(_queue.waiting)


def take_refusal(visitor: object) -> str:
    """Return once why a visitor's training could not begin when its turn came; empty where nothing is to be said."""
    return _queue.refused.pop(visitor, "")


def _wait(queue: _Queue, waiting: Waiting) -> None:
    """Put a training at the end of a queue, whose lock is held; raises `NotAllowed`."""
    bounds = limits()
    if any(each.visitor == waiting.visitor for each in queue.waiting):
        raise NotAllowed("A training of yours is waiting already. Take it out of the queue first.")
    if bounds and len(queue.waiting) >= bounds.waiting:
        raise NotAllowed(f"The queue is full: {bounds.waiting} are waiting. Try again later.")
    if queue.thread is None:
        thread = Thread(target=_start_in_turn, args=(queue,), name="training queue", daemon=True)
        thread.start()  # which waits for the lock
        queue.thread = thread
    queue.waiting.append(waiting)
    queue.refused.pop(waiting.visitor, None)


def _start_in_turn(queue: _Queue) -> None:
    """Start the first training in the queue whenever none is running, until none waits."""
    while True:
        with queue.lock:
            if not queue.waiting:
                queue.thread = None
                return
            first = queue.waiting[0]
        reason = ""
        try:
            first.begin()
        except Busy:
            time.sleep(LOOK)
            continue
        except MnistExplorerError as error:
            reason = str(error)
        except Exception as error:  # or nobody's turn would ever come
            reason = f"It could not begin: {type(error).__name__}."
        with queue.lock:
            if first in queue.waiting:
                queue.waiting.remove(first)
            if reason:
                queue.refused[first.visitor] = reason
