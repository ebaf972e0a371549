"""How much sooner does it learn than the usual way, and than PyTorch's own example?

    python benchmarks/training.py [--seeds 5] [--rounds 5] [--save benchmarks/results/training.json]

The usual way is what most tutorials do: torchvision's data set with `ToTensor`, a `DataLoader` of 64 digits a batch,
plain Adam, the network of `classic`. The example is that of pytorch/examples, mnist/main.py: digits standardised, two
convolutions, Adadelta. Both are trained until they have passed their mark. `quick`, the usual way and the example take
turns, one seed after the other, and each is evaluated on the test digits after every quarter of an epoch, with the
clock stopped. Before that come an epoch of `classic`, the usual way and by our loop, in turn, and `quick` as the
command, from nothing to an evaluated model.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as in a training of ours, for all alike; before torch is there

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, ToTensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import (
    EXAMPLE_MARK,
    USUAL_MARK,
    by_processor,
    command,
    epochs_compared,
    median_and_range,
    times_sooner,
    training_compared,
)
from mnist_core import machine
from mnist_core.data.mnist import Digits, find_data_dir, load_mnist, split_training
from mnist_core.model.networks import build_network
from mnist_core.recipe import preset
from mnist_core.settings import PROJECT_ROOT
from mnist_core.store.models import list_models, load_evaluation
from mnist_core.training.loop import Training, to_pixels

EPOCHS = 10  # at most, of the usual way and of the example
STANDARDISED = Normalize(0.1307, 0.3081)  # by the mean and the deviation of all pixels, as the example does it

Points = list[dict[str, float]]  # the times of training and the test accuracy after each quarter of an epoch


class Watch:
    """A stopwatch for the seconds that pass, and for those of the processors that this process takes of them."""

    def __init__(self) -> None:
        self.spent = {"seconds": 0.0, "processor": 0.0}
        self.start()

    def start(self) -> None:
        """Go on counting."""
        self._begun = time.perf_counter(), time.process_time()

    def stop(self) -> dict[str, float]:
        """Stand still, and return what was counted since the beginning."""
        now = time.perf_counter(), time.process_time()
        for name, begun, ended in zip(self.spent, self._begun, now, strict=True):
            self.spent[name] += ended - begun
        return dict(self.spent)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and save them where asked to; returns 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="trainings of each (default 5)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="epochs of classic, in turn (default 5)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    pairs = compare_epochs(options.rounds)
    commands = [run_quick(seed) for seed in range(options.seeds)]
    quick: list[Points] = []
    usual: list[Points] = []
    example: list[Points] = []
    found = {"quick": quick, "usual": usual, "example": example, "commands": commands, "epochs_of_classic": pairs}
    for seed in range(options.seeds):
        quick.append(train_quick(seed))
        usual.append(evaluate_quarters(f"the usual way, seed {seed}", *usual_training(seed), until=USUAL_MARK))
        example.append(
            evaluate_quarters(f"the example, seed {seed}", *example_training(seed), STANDARDISED, until=EXAMPLE_MARK)
        )
        save_figures(options.save, **found)  # it takes long; what there is, is kept

    sooner, than_example = times_sooner(found, "usual", USUAL_MARK), times_sooner(found, "example", EXAMPLE_MARK)
    print(training_compared(found))
    print(f"quick is at {USUAL_MARK:.1%} so many times sooner than the usual way: {median_and_range(sooner)}")
    print(f"and at {EXAMPLE_MARK:.0%} than the example: {median_and_range(than_example)}")
    print(f"by the processors' time: {by_processor(found)}")
    print(f"quick as a command {command(commands)}")
    print(f"one epoch of classic, the usual way and ours: {epochs_compared(pairs)}")
    accurate = min(run[-1]["accuracy"] for run in quick) >= 0.99
    twice = np.median([pair["usual"] / pair["ours"] for pair in pairs]) >= 2
    kept = accurate and twice and min(sooner) >= 60 and min(than_example) >= 25
    promises = "99 %, 60 times sooner than the usual way, 25 times than the example, 2 times an epoch of classic"
    print("All promises are kept." if kept else f"A promise is not kept: {promises}.")
    return 0 if kept else 1


# --------------------------------------------------------------------------------------------------- the usual ways


def usual_training(seed: int) -> tuple[nn.Module, Iterator[dict[str, float]]]:
    """Return the network of `classic`, and what trains it a quarter of an epoch at a time, giving the times."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Flatten(),
        *(nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.3)),
        *(nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.2)),
        *(nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.1)),
        *(nn.Linear(128, 60), nn.ReLU(), nn.Dropout(0.05)),
        nn.Linear(60, 10),
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    return network, train_quarters(network, usual_batches(ToTensor()), optimizer)


def example_training(seed: int) -> tuple[nn.Module, Iterator[dict[str, float]]]:
    """Return the network of PyTorch's example, and what trains it a quarter of an epoch at a time."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU()),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)),
        nn.Flatten(),
        *(nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(128, 10),
    )
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = StepLR(optimizer, step_size=1, gamma=0.7)
    batches = usual_batches(Compose([ToTensor(), STANDARDISED]))
    return network, train_quarters(network, batches, optimizer, schedule.step)


def usual_batches(transform: Callable[..., Tensor]) -> DataLoader[tuple[Tensor, Tensor]]:
    """Return what brings batches of 64 of the 60,000 training digits, transformed one at a time."""
    return DataLoader(MNIST(find_data_dir(), train=True, download=True, transform=transform), 64, shuffle=True)


def train_quarters(
    network: nn.Module,
    batches: DataLoader[tuple[Tensor, Tensor]],
    optimizer: torch.optim.Optimizer,
    after_epoch: Callable[[], None] = lambda: None,
) -> Iterator[dict[str, float]]:
    """Train epoch after epoch, giving after each quarter of one the times since the beginning."""
    ends = quarters(len(batches))
    watch = Watch()
    while True:
        for step, (images, labels) in enumerate(batches, 1):
            optimizer.zero_grad()
            functional.cross_entropy(network(images), labels).backward()
            optimizer.step()
            if step in ends:
                yield watch.stop()
                network.train()
                watch.start()
        after_epoch()


def quarters(steps: int) -> list[int]:
    """Return the steps that end the quarters of an epoch of so many."""
    return [round(steps * quarter / 4) for quarter in (1, 2, 3, 4)]


def evaluate_quarters(
    name: str,
    network: nn.Module,
    training: Iterable[dict[str, float]],
    prepare: Callable[[Tensor], Tensor] = lambda pixels: pixels,
    *,
    until: float,
) -> Points:
    """Train until so much of the test digits is read, or for 10 epochs."""
    test = load_mnist("test")
    points: Points = []
    for spent in islice(training, 4 * EPOCHS):
        points.append(spent | {"accuracy": accuracy(network, test, prepare)})
        if points[-1]["accuracy"] >= until:
            break
    tell(name, points[-1:])
    return points


@torch.inference_mode()
def accuracy(network: nn.Module, digits: Digits, prepare: Callable[[Tensor], Tensor] = lambda pixels: pixels) -> float:
    """Return the share of digits that are read correctly; the network is left in evaluation mode."""
    network.eval()
    answers = [network(prepare(to_pixels(images))).argmax(1) for images in torch.from_numpy(digits.images).split(500)]
    return int((torch.cat(answers) == torch.from_numpy(digits.labels)).sum()) / len(digits)


def tell(name: str, points: Points) -> None:
    """Say how far a training has come, beside the figures."""
    told = ", ".join(f"{point['seconds']:.2f} s {point['accuracy']:.2%}" for point in points)
    print(f"  {name}: {told}", file=sys.stderr)


# -------------------------------------------------------------------------------------------------------------- ours


def train_quick(seed: int) -> Points:
    """Train quick to its end, as the command does."""
    machine.keep_freed_memory()
    recipe = preset("quick", seed=seed)
    training, _ = split_training(load_mnist("train"), recipe.validation_size)
    test = load_mnist("test")
    points: Points = []
    watch = Watch()
    process = Training(recipe, build_network("quick", seed, recipe.dropout), training)
    ends = {
        epoch * process.steps_an_epoch + end
        for epoch in range(recipe.epochs)
        for end in quarters(process.steps_an_epoch)
    }
    for _ in process.advance():
        if process.progress.step in ends:
            ends.remove(process.progress.step)
            points.append(watch.stop() | {"accuracy": accuracy(process.learnt, test)})
            process.network.train()
            watch.start()
    tell(f"quick, seed {seed}", points)
    return points


def compare_epochs(rounds: int) -> list[dict[str, float]]:
    """Time an epoch of classic on 60,000 digits, the usual way and ours, in turn."""
    recipe = preset("classic", validation_size=0, epochs=rounds)
    _, usual = usual_training(0)
    ours = Training(recipe, build_network("classic", 0, recipe.dropout), load_mnist("train"))
    steps = ours.advance()
    pairs = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(ours.steps_an_epoch + 1):  # and the entry of the epoch
            next(steps)
        ended = time.perf_counter()
        for _ in islice(usual, 4):  # quarters
            pass
        pairs.append({"ours": ended - start, "usual": time.perf_counter() - ended})
    return pairs


def run_quick(seed: int) -> dict[str, float]:
    """Run the command once; returns its seconds of training, those from start to end, and the test accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--recipe", "quick", "--seed", str(seed), "--models-dir", folder]
        start = time.perf_counter()
        subprocess.run([sys.executable, PROJECT_ROOT / "train.py", *flags], check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - start
        (card,) = list_models(folder)
        return {"seconds": card.seconds, "wall": wall, "accuracy": load_evaluation("quick", folder).accuracy}


if __name__ == "__main__":
    sys.exit(main())
