"""How much sooner does it learn than the usual way?

    python benchmarks/training.py [--seeds 5] [--rounds 5] [--save benchmarks/results/training.json]

The usual way is what most tutorials do: torchvision's data set with `ToTensor`, a `DataLoader` of 64 digits a batch,
plain Adam. It trains the network of `classic` for 10 epochs. Beside it stand the same training by our loop, an epoch of
each in turn, and `quick`, once a seed: in the same process, evaluated after each epoch as the usual way is, with the
clock stopped; and as the command, from nothing to an evaluated model.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import command, epochs_compared, spread, times_sooner, training_compared
from mnist_core.data.mnist import Digits, find_data_dir, load_mnist, split_training
from mnist_core.model.networks import build_network
from mnist_core.recipe import preset
from mnist_core.settings import PROJECT_ROOT
from mnist_core.store.history import Epoch
from mnist_core.store.models import list_models, load_evaluation
from mnist_core.training.loop import Training, choose_precision, to_pixels

EPOCHS = 10  # of the usual way


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and save them where asked to; returns 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="trainings of quick (default 5)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="epochs of classic, in turn (default 5)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    usual = train_the_usual_way()
    pairs = compare_epochs(options.rounds)
    quick = [train_quick(seed) for seed in range(options.seeds)]
    commands = [run_quick(seed) for seed in range(options.seeds)]

    found = {"usual": usual, "quick": quick, "commands": commands, "epochs_of_classic": pairs}
    sooner = times_sooner(found)
    print(training_compared(found))
    print(f"quick as a command {command(commands)}")
    print(f"that is sooner: {spread(sooner)} times")
    print(f"one epoch of classic, the usual way and ours: {epochs_compared(pairs)}")
    for pair in pairs:
        print(f"  usual {pair['usual']:.2f} s, ours {pair['ours']:.2f} s")
    save_figures(options.save, **found)
    accurate = min(run[-1]["accuracy"] for run in quick) >= 0.99
    kept = accurate and min(sooner) >= 15 and np.median([pair["usual"] / pair["ours"] for pair in pairs]) >= 2
    print("All promises are kept." if kept else "A promise is not kept: 99 %, 15 times sooner, 2 times an epoch.")
    return 0 if kept else 1


def train_the_usual_way() -> list[dict[str, float]]:
    """Train classic for 10 epochs; returns the seconds of training and the test accuracy after each."""
    test = load_mnist("test")
    found = []
    seconds = 0.0
    network, epochs = usual_epochs()
    for _ in range(EPOCHS):
        seconds += next(epochs)
        found.append({"seconds": seconds, "accuracy": accuracy(network, test)})
        print(f"  the usual way: {seconds:.1f} s, {found[-1]['accuracy']:.2%}", file=sys.stderr)
    return found


def compare_epochs(rounds: int) -> list[dict[str, float]]:
    """Time an epoch of classic on 60,000 digits, the usual way and ours, in turn."""
    digits = load_mnist("train")
    recipe = preset("classic", validation_size=0, epochs=rounds)
    _, usual = usual_epochs()
    ours = Training(recipe, build_network("classic", 0, recipe.dropout), digits)
    steps = ours.advance()
    pairs = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(ours.steps_an_epoch + 1):  # and the entry of the epoch
            next(steps)
        pairs.append({"ours": time.perf_counter() - start, "usual": next(usual)})
    return pairs


def usual_epochs() -> tuple[nn.Module, Iterator[float]]:
    """Return the network, and what trains it an epoch at a time, giving the seconds."""
    data = MNIST(find_data_dir(), train=True, download=True, transform=ToTensor())
    loader = DataLoader(data, batch_size=64, shuffle=True)
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Flatten(),
        *(nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.3)),
        *(nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.2)),
        *(nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.1)),
        *(nn.Linear(128, 60), nn.ReLU(), nn.Dropout(0.05)),
        nn.Linear(60, 10),
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)

    def epochs() -> Iterator[float]:
        while True:
            start = time.perf_counter()
            network.train()
            for images, labels in loader:
                optimizer.zero_grad()
                functional.cross_entropy(network(images), labels).backward()
                optimizer.step()
            yield time.perf_counter() - start

    return network, epochs()


@torch.inference_mode()
def accuracy(network: nn.Module, digits: Digits) -> float:
    """Return the share of digits that are read correctly."""
    logits = network.eval()(to_pixels(torch.from_numpy(digits.images)))
    return float((logits.argmax(1) == torch.from_numpy(digits.labels)).float().mean())


def train_quick(seed: int) -> list[dict[str, float]]:
    """Train quick; returns the seconds of training and the test accuracy after each epoch."""
    training, _ = split_training(load_mnist("train"), preset("quick").validation_size)
    test = load_mnist("test")
    recipe = preset("quick", seed=seed)
    found = []
    start = time.perf_counter()
    network = build_network("quick", seed, recipe.dropout)
    process = Training(recipe, network, training, None, choose_precision(recipe.precision)[0])
    seconds = 0.0
    for entry in process.advance():
        if isinstance(entry, Epoch):
            seconds += time.perf_counter() - start
            found.append({"seconds": seconds, "accuracy": accuracy(network, test)})
            start = time.perf_counter()
    told = ", ".join(f"{epoch['seconds']:.2f} s {epoch['accuracy']:.2%}" for epoch in found)
    print(f"  quick, seed {seed}: {told}", file=sys.stderr)
    return found


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
