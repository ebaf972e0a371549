"""How fast this machine trains, as busy as it is now, and how long a recipe takes at that speed.

It is measured in a process that is started as a training's is, with its low priority and its processors, so that
what else runs here slows down both alike. What a visitor enters plays no part in it: every network takes a few steps
of two sizes, and a recipe's time is computed from these.

    python -m mnist_core.training.speed
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from mnist_core import machine
from mnist_core.data.mnist import SIDE, Digits
from mnist_core.errors import TrainingError
from mnist_core.evaluation.test_sets import choose_test_set
from mnist_core.recipe import NETWORKS, Recipe, preset
from mnist_core.settings import PROJECT_ROOT
from mnist_core.store import training_lock
from mnist_core.synthetic.generate import non_digits, synthetic_digits
from mnist_core.training.devices import choose_device
from mnist_core.training.material import count_material

if TYPE_CHECKING:
    from torch import Tensor

FEW, MANY = 64, 256  # digits a step; what steps of other sizes take lies on the line through these
WRITTEN = 60  # digits, and as many letters and scribbles
EVALUATED = 250  # digits
ENOUGH = 0.3  # seconds, and ENOUGH_TIMES: either ends a measurement, whose first time does not count
ENOUGH_TIMES = 6
PATIENCE = 90.0  # seconds; a machine that takes longer is too busy to tell
LOOK_EVERY = 0.1  # seconds between two looks at whether a training has begun
TRAINING_BEGAN = 3  # the exit code where one has
ACCELERATED = 4  # the exit code where a training would take an accelerator: what processors take then says nothing
SAVING = 0.05  # of the steps' time goes into checkpoints, at most; see `worker`
BUSY_SHARE = 0.25  # of the processors: a load above it is that of others
WAITING = 1.25  # times as long as its own computing takes a process that waits for others


@dataclass(frozen=True, slots=True)
class NetworkSpeed:
    """The seconds that a network takes for a step, for each digit of that step, and to evaluate a digit."""

    step: float
    digit: float
    evaluation: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long a training takes; at least so long where others use the machine, too."""

    seconds: float
    is_least: bool


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast this machine trains now, in seconds; `is_shared` where other processes use it, too."""

    start: float  # of a process, until all is imported
    writing: float  # of one synthetic digit, letter or scribble
    augmentation: float  # of one digit
    networks: dict[str, NetworkSpeed]
    is_shared: bool


def measure_speed() -> Speed | None:
    """Measure this machine in a process of its own, some four seconds of its computing.

    Raises `TrainingError`, also where a training takes an accelerator, for only processors are measured. Returns None
    where a training has begun meanwhile, in whose way it would have been.
    """
    begun = time.perf_counter()
    command = [sys.executable, "-m", "mnist_core.training.speed"]
    try:
        done = subprocess.run(
            command, cwd=PROJECT_ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=True
        )
        speed = msgspec.json.decode(done.stdout, type=Speed)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
        if isinstance(error, subprocess.CalledProcessError) and error.returncode == TRAINING_BEGAN:
            return None
        raise TrainingError("How fast this machine trains could not be measured.") from error
    return replace(speed, start=time.perf_counter() - begun - speed.start)


def estimate(recipe: Recipe, speed: Speed, *, is_evaluated: bool = True) -> Estimate:
    """Return how long a recipe takes, from the start of its process to the evaluation on the test digits."""
    network = speed.networks[recipe.network]
    given = count_material(recipe)
    learnt = round((given - recipe.validation_size) * (1 + recipe.mnist * recipe.mixes_mnist))
    added = round(learnt * (recipe.synthetic + recipe.ood_share))
    written = given + added if recipe.is_written else added
    digits = learnt + added
    steps = -(-digits // recipe.batch_size)
    digit = network.digit + (speed.augmentation if recipe.affine or recipe.elastic else 0)
    learning = (steps * network.step + digits * digit) * (1 + SAVING)
    calibrating = recipe.validation_size * (2 * network.evaluation + speed.augmentation)  # the digits as they are, bent
    test_set = choose_test_set(recipe)
    evaluating = test_set.count(recipe.classes) * network.evaluation if is_evaluated else 0
    if is_evaluated and test_set.data_set is None:
        written += test_set.count(recipe.classes)
    seconds = (
        speed.start
        + written * speed.writing
        + recipe.epochs * (learning + recipe.validation_size * network.evaluation)
        + calibrating
        + evaluating
    )
    return Estimate(seconds, speed.is_shared)


def main() -> None:
    """Measure in this process and print the result; in `start` are the seconds that measuring took."""
    machine.let_others_go_first()
    if training_lock.holder() is None:
        threading.Thread(target=_end_when_a_training_begins, daemon=True).start()
    import torch

    from mnist_core.data.augmentation import augment
    from mnist_core.evaluation import calibration  # noqa: F401, a training imports it, and the next
    from mnist_core.training import worker  # noqa: F401

    if choose_device("auto") != "cpu":
        sys.exit(ACCELERATED)
    torch.set_num_threads(machine.count_processors())
    begun, is_shared = time.perf_counter(), _is_shared()
    pixels = torch.rand(MANY, 1, SIDE, SIDE)
    computed = time.process_time()
    writing = _seconds(lambda: (synthetic_digits(WRITTEN, 0), non_digits(WRITTEN, 0)), 1) / (2 * WRITTEN)
    waited = time.perf_counter() - begun > WAITING * (time.process_time() - computed)
    speed = Speed(
        start=0.0,
        writing=writing,
        augmentation=_seconds(lambda: augment(pixels, affine=1.0, elastic=1.0)) / MANY,
        networks={name: _measure_network(name, pixels) for name in NETWORKS},
        is_shared=is_shared or waited,
    )
    speed = replace(speed, start=time.perf_counter() - begun)
    sys.stdout.buffer.write(msgspec.json.encode(speed))


def _end_when_a_training_begins() -> None:
    while training_lock.holder() is None:
        time.sleep(LOOK_EVERY)
    os._exit(TRAINING_BEGAN)


def _measure_network(name: str, pixels: Tensor) -> NetworkSpeed:
    import torch

    from mnist_core.model.inference import run_in_batches
    from mnist_core.model.networks import build_network
    from mnist_core.training.loop import Training

    images = (pixels[:, 0] * 255).byte().repeat(2 + ENOUGH_TIMES, 1, 1).numpy()
    labels = (torch.arange(len(images)) % 10).numpy()
    seconds = {}
    for count in (FEW, MANY):
        recipe = replace(preset(name), batch_size=count, affine=0.0, elastic=0.0)
        network = build_network(name, recipe.seed, recipe.dropout)
        steps = Training(recipe, network, Digits(images, labels)[: count * (2 + ENOUGH_TIMES)]).advance()
        seconds[count] = _seconds(lambda: next(steps))  # noqa: B023, called at once
    digit = max(0.0, seconds[MANY] - seconds[FEW]) / (MANY - FEW)
    network.eval()
    shown = (images[:EVALUATED] / 255).astype("float32")
    evaluation = _seconds(lambda: run_in_batches(network, shown)) / EVALUATED
    return NetworkSpeed(max(0.0, seconds[MANY] - MANY * digit), digit, evaluation)


def _seconds(work: Callable[[], object], times: int = ENOUGH_TIMES) -> float:
    """Return how long the work takes on average, after a first time that takes longer."""
    work()
    done, begun = 0, time.perf_counter()
    while done < times and (not done or time.perf_counter() - begun < ENOUGH):
        work()
        done += 1
    return (time.perf_counter() - begun) / done


def _is_shared() -> bool:
    """Tell from the load of the last minute whether others use the processors."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > BUSY_SHARE * machine.count_processors()


if __name__ == "__main__":
    machine.collect_garbage_rarely()
    machine.keep_freed_memory()
    main()
    sys.stdout.flush()
    os._exit(0)  # as a training ends
