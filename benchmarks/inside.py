"""How long does each look inside a network take?

    python benchmarks/inside.py [--save benchmarks/results/inside.json]

Each method is asked about the same MNIST test digits, one at a time on one thread, as the Inside page does after each
stroke; the first one of each is not timed. The nearest of the 60,000 training digits are sought by the network's last
hidden layer; its features are computed once, before, and that is timed as well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import inside
from mnist_core.alphabets import DIGITS
from mnist_core.data.mnist import load_mnist
from mnist_core.explain.activations import follow, trace
from mnist_core.explain.attribution import METHODS
from mnist_core.explain.neighbours import Index, embed, embed_all
from mnist_core.explain.node_link import draw_diagram
from mnist_core.model.inference import Model
from mnist_core.model.prediction import predict
from mnist_core.preprocessing.raster import Digit
from mnist_core.settings import read_settings
from mnist_core.store.models import list_models, load_model

NEIGHBOURS = 8
Look = Callable[[Digit, int, int], object]  # a digit, the answer to it and its rival
TOGETHER = ("activations", "saliency", "neighbours")  # after every stroke, in at most 50 ms


@dataclass(frozen=True, slots=True)
class Row:
    """Milliseconds that one look takes at one digit: median, 5th and 95th percentile."""

    model: str
    look: str
    median: float
    low: float
    high: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models-dir", type=Path, default=read_settings().models_dir, metavar="DIR")
    parser.add_argument("--digits", type=int, default=100, help="how many test digits are looked at (default 100)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    torch.set_num_threads(1)
    digits, training = list(load_mnist("test").pixels[: options.digits + 1]), load_mnist("train")
    rows: list[Row] = []
    cards = list_models(options.models_dir, DIGITS)
    for card in cards:
        model = load_model(card.name, options.models_dir)
        start = perf_counter()
        index = Index(embed_all(model, training, halve=True))
        seconds = perf_counter() - start
        rows += measure(model, digits, index)
        rows.append(Row(card.name, "looking through 60,000 digits, once", *[seconds * 1000] * 3))
    found = [asdict(row) for row in rows]
    print(inside(found, [card.name for card in cards]))
    save_figures(options.save, rows=found)


def measure(model: Model, digits: Sequence[Digit], index: Index) -> list[Row]:
    """Time each look at each digit."""
    answers = [ranking(model, digit) for digit in digits]
    last = list(dict(model.network.named_children()))[-1]
    looks: dict[str, Look] = {
        "activations": lambda digit, *_: trace(model, digit),
        "diagram": lambda digit, *_: draw_diagram(model, trace(model, digit)),
        "one number": lambda digit, answer, _: follow(model, digit, last, (answer,)),
        "neighbours": lambda digit, *_: index.nearest(embed(model, digit[None])[0], NEIGHBOURS),
    }
    looks |= {name.lower(): partial(method, model) for name, method in METHODS.items()}
    times = {
        name: np.array([time(look, digit, *answer) for digit, answer in zip(digits, answers, strict=True)])[1:]
        for name, look in looks.items()
    }
    times["activations, saliency and neighbours"] = sum((times[name] for name in TOGETHER), np.zeros(1))
    return [
        Row(model.card.name, name, *(float(np.percentile(found, share)) for share in (50, 5, 95)))
        for name, found in times.items()
    ]


def ranking(model: Model, digit: Digit) -> tuple[int, int]:
    """Return the answer to a digit and the runner-up."""
    prediction = predict(model, digit)
    assert prediction is not None
    return prediction.ranking[0], prediction.ranking[1]


def time(look: Look, digit: Digit, answer: int, rival: int) -> float:
    """Return the milliseconds that a look takes."""
    start = perf_counter()
    look(digit, answer, rival)
    return (perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
