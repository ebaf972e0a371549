"""How long does the server need from strokes to probabilities?

    python benchmarks/latency.py [--save benchmarks/results/latency.json]
    python benchmarks/latency.py --while-training [--save benchmarks/results/latency_while_training.json]

Spirals of 30, 200 and 1,000 points (a quick digit has some 30 to 200) are fitted, drawn, centred and answered, one
at a time on one thread, as the Draw page does after each stroke. With --while-training, twenty a second, in turn with
nothing else on the machine and beside a training that a page has started.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import latency, while_training
from mnist_core.alphabets import DIGITS
from mnist_core.model.inference import Model
from mnist_core.model.prediction import predict
from mnist_core.preprocessing.raster import Strokes
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.recipe import preset
from mnist_core.settings import read_settings
from mnist_core.store import training_lock
from mnist_core.store.models import list_models, load_model
from mnist_core.store.runs import ask_to_stop, find_run
from mnist_core.training import launcher

WARM_UP = 50
PEN = 18  # pixels
STROKES = 200  # a round
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """Milliseconds for one drawing and one model."""

    model: str
    points: int
    preprocessing_median: float
    network_median: float
    together_median: float
    together_95th: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models-dir", type=Path, default=read_settings().models_dir, metavar="DIR")
    parser.add_argument("--repeats", type=int, default=1000, help="answers to each drawing (default 1000)")
    parser.add_argument("--while-training", action="store_true", help="compare with and without a training beside it")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    torch.set_num_threads(1)
    if options.while_training:
        compare_while_training(options.models_dir, options.save)
        return
    rows = [
        asdict(measure(load_model(card.name, options.models_dir), points, options.repeats))
        for card in list_models(options.models_dir, DIGITS)
        for points in (30, 200, 1000)
    ]
    print(latency(rows))
    save_figures(options.save, rows=rows)


def compare_while_training(models_dir: Path, save: Path | None) -> None:
    """Answer the drawing of 200 points without and with a training beside it, in turn, and print both."""
    model = load_model(list_models(models_dir, DIGITS)[0].name, models_dir)
    rounds: list[dict[str, Any]] = []
    for number in range(ROUNDS):
        without = answer_now_and_then(model)
        with tempfile.TemporaryDirectory() as folder:
            launcher.launch_training("beside", "classic", preset("classic", epochs=1000), Path(folder))
            run = find_run("beside", Path(folder))
            while not run.history().steps:
                sleep(0.1)
            beside = answer_now_and_then(model)
            ask_to_stop(run)
            while training_lock.holder():
                sleep(0.1)
        rounds.append({"round": number, "alone": without, "training": beside, "ratio_95th": beside[1] / without[1]})
    print(while_training(rounds))
    save_figures(save, model=model.card.name, rounds=rounds)


def answer_now_and_then(model: Model) -> tuple[float, float]:
    """Answer a drawing twenty times a second for a while; returns the median and the 95th percentile in ms."""
    drawing = spiral(200)
    times = []
    for _ in range(STROKES):
        sleep(0.05)
        start = perf_counter()
        predict(model, digit_from_strokes(drawing, PEN))
        times.append((perf_counter() - start) * 1000)
    return float(np.median(times)), float(np.percentile(times, 95))


def measure(model: Model, points: int, repeats: int) -> Row:
    """Answer one drawing many times; the first answers only warm up."""
    drawing = spiral(points)
    times = []
    for _ in range(WARM_UP + repeats):
        start = perf_counter()
        digit = digit_from_strokes(drawing, PEN)
        drawn = perf_counter()
        predict(model, digit)
        times.append((drawn - start, perf_counter() - drawn))
    milliseconds = np.array(times[WARM_UP:]) * 1000
    together = milliseconds.sum(1)
    preprocessing, network = np.median(milliseconds, 0)
    return Row(
        model.card.name,
        points,
        float(preprocessing),
        float(network),
        float(np.median(together)),
        float(np.percentile(together, 95)),
    )


def spiral(points: int) -> Strokes:
    """One stroke of two turns, some 200 canvas pixels across."""
    turns = np.linspace(0, 4 * np.pi, points)
    reach = np.linspace(20, 100, points)
    return [list(zip(140 + reach * np.cos(turns), 140 + reach * np.sin(turns), strict=True))]


if __name__ == "__main__":
    main()
