"""What do the snapshots of a training cost, and how near to the network are they?

    python benchmarks/snapshots.py [--recipes quick classic] [--save benchmarks/results/snapshots.json]

Each recipe is trained on MNIST as `train.py` does it, recording its moments. Then the network as it was and as it is
read back are asked for the 5,000 validation digits at every moment.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import snapshots
from mnist_core.data.mnist import Digits, load_mnist, split_training
from mnist_core.files import write_atomically
from mnist_core.model.inference import load_network, run_in_batches
from mnist_core.model.networks import build_network
from mnist_core.recipe import preset
from mnist_core.store.layout import SNAPSHOTS
from mnist_core.store.snapshots import SnapshotRecorder, Tensors, read_snapshots
from mnist_core.training.loop import Training


@dataclass(frozen=True, slots=True)
class Row:
    """The moments of one training; shares are 0…1, means and the worst over the moments."""

    recipe: str
    moments: int
    rank: int
    size: int  # bytes
    cost: float  # of the time of the training
    same_answer: float
    same_answer_worst: float
    accuracy_off: float  # absolute difference of the validation accuracy
    accuracy_off_worst: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", nargs="+", default=["quick", "classic"], metavar="NAME")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)
    training, validation = split_training(load_mnist("train"), preset("quick").validation_size)
    rows = [asdict(measure(name, training, validation)) for name in options.recipes]
    print(snapshots(rows))
    save_figures(options.save, rows=rows)


def measure(name: str, digits: Digits, validation: Digits) -> Row:
    """Train a recipe, recording its moments, and compare what is read back with what was."""
    recipe = preset(name)
    training = Training(recipe, build_network(recipe.network, recipe.seed, recipe.dropout), digits, validation)
    recorder = SnapshotRecorder.begin(training.steps, "", _copy(training))
    moments: list[Tensors] = []
    recording = 0.0
    with TemporaryDirectory() as place:
        folder = Path(place)

        def record(training: Training) -> bool:
            nonlocal recording
            if recorder.is_due(training.progress.step):
                moments.append(_copy(training))
                start = perf_counter()
                recorder.record(training.progress.step, moments[-1])
                write_atomically(folder / SNAPSHOTS, recorder.content)
                recording += perf_counter() - start
            return False

        start = perf_counter()
        record(training)
        for _ in training.run(after_step=record):
            pass
        seconds = perf_counter() - start
        kept = read_snapshots(folder, moments[0])
        size = (folder / SNAPSHOTS).stat().st_size
    pairs = [
        (answer(recipe.network, then, validation), answer(recipe.network, read, validation))
        for then, read in zip(moments, kept.tensors, strict=True)
    ]
    same = [float((one == other).mean()) for one, other in pairs]
    off = [abs(float((one == validation.labels).mean() - (other == validation.labels).mean())) for one, other in pairs]
    cost = recording / (seconds - recording)
    return Row(name, len(pairs), recorder.rank, size, cost, _mean(same), min(same), _mean(off), max(off))


def answer(network: str, tensors: Tensors, digits: Digits) -> NDArray[np.int64]:
    """Return the answers `(N,)` of a network with these tensors."""
    loaded = load_network(network, {name: torch.from_numpy(values) for name, values in tensors.items()})
    given: NDArray[np.int64] = run_in_batches(loaded, digits.pixels).argmax(1).numpy()
    return given


def _copy(training: Training) -> Tensors:
    return {name: value.numpy().copy() for name, value in training.learnt.state_dict().items()}


def _mean(figures: Sequence[float]) -> float:
    return sum(figures) / len(figures)


if __name__ == "__main__":
    main()
