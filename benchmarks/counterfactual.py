"""How often is a change found that flips the answer, how large is it, and how long does that take?

    python benchmarks/counterfactual.py [--digits 100] [--save benchmarks/results/counterfactual.json]

Needs the MNIST digits. Random test digits, each with a random target that is not the model's answer, on one thread as
in the app; the same digits for every model. *Held* is how many of 100 small bends that the search did not use are
answered as the target, *transfer* how many of the other models answer the target, too: a trick on one network does
neither.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from mnist_core.alphabets import DIGITS
from mnist_core.data.augmentation import random_matrices, warp
from mnist_core.data.mnist import Digits, load_mnist
from mnist_core.explain.counterfactual import BENT, Change, adversarial, counterfactual
from mnist_core.model.inference import Model
from mnist_core.model.prediction import predict, probabilities
from mnist_core.preprocessing.raster import Digit
from mnist_core.store.models import list_models, load_model

SEED = 2026
BENDS = 100
METHODS = {"counterfactual": counterfactual, "adversarial": adversarial}


@dataclass(frozen=True, slots=True)
class Row:
    """One way to change digits, and one model; sizes are means over the changes found, ink in pixels' worth."""

    method: str
    model: str
    digits: int
    flipped: int
    seconds_median: float
    seconds_most: float
    distance: float
    added: float
    taken: float
    held: float
    transfer: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digits", type=int, default=100, metavar="N", help="random test digits (default 100)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    torch.set_num_threads(1)
    test = load_mnist("test")
    models = [load_model(card.name) for card in list_models(classes=DIGITS)]
    print("| method | model | flipped | median | longest | L2 | ink added | taken away | held | transfer |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    rows = []
    for method in METHODS:
        for model in models:
            row = measure(method, model, [other for other in models if other is not model], test, options.digits)
            print(
                f"| {row.method} | {row.model} | {row.flipped} of {row.digits} | {row.seconds_median:.2f} s | "
                f"{row.seconds_most:.2f} s | {row.distance:.2f} | {row.added:.1f} | {row.taken:.1f} | "
                f"{row.held:.0%} | {row.transfer:.0%} |",
                flush=True,
            )
            rows.append(row)
    save_figures(options.save, rows=[asdict(row) for row in rows])


def measure(method: str, model: Model, others: Sequence[Model], test: Digits, count: int) -> Row:
    """Change random digits of the test set, so that this model answers random targets."""
    seconds, found = [], []
    for _, digit, target in random_questions(model, test, count):
        start = perf_counter()
        change = METHODS[method](model, digit, target)
        seconds.append(perf_counter() - start)
        if change and _answers(model, change.digit, target):
            found.append((change, _held(model, change, target), _transfer(others, change, target)))
    sizes = np.array([(change.distance, change.added, change.taken, *shares) for change, *shares in found])
    means = [float(mean) for mean in sizes.mean(0)] if found else [nan] * 5
    return Row(method, model.card.name, count, len(found), float(np.median(seconds)), max(seconds), *means)


def random_questions(model: Model, test: Digits, count: int) -> Iterator[tuple[int, Digit, int]]:
    """Draw test digits and for each a target that is not the model's answer: index, `(28, 28)` digit and target."""
    generator = np.random.default_rng(SEED)
    for index in generator.permutation(len(test))[:count].tolist():
        digit = test.images[index] / np.float32(255)
        ahead = int(generator.integers(1, 10))
        prediction = predict(model, digit)
        assert prediction is not None
        yield index, digit, (prediction.digit + ahead) % 10


def _answers(model: Model, digit: Digit, target: int) -> bool:
    prediction = predict(model, digit)
    return prediction is not None and prediction.digit == target


def _held(model: Model, change: Change, target: int) -> float:
    bends = random_matrices(BENDS, BENT, torch.Generator().manual_seed(SEED))
    bent = warp(torch.from_numpy(change.digit).expand(BENDS, 1, -1, -1), bends)
    return float((probabilities(model, bent[:, 0].numpy()).argmax(1) == target).mean())


def _transfer(others: Sequence[Model], change: Change, target: int) -> float:
    if not others:
        return nan
    return sum(_answers(other, change.digit, target) for other in others) / len(others)


if __name__ == "__main__":
    main()
