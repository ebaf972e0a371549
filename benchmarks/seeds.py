"""How much less time do several seeds take as a group than as commands of their own?

    python benchmarks/seeds.py [--seeds 5] [--rounds 3] [--save benchmarks/results/seeds.json]

A round trains `quick` with each seed by a command of its own, then with all of them as a group, from nothing to the
last evaluated model. Both must make the same weights. What a group spares: imports, and reading the digits.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from mnist_core.settings import PROJECT_ROOT
from mnist_core.store.models import list_models


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the ratios, and save the seconds where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="of a group (default 5)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often both are done (default 3)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)
    rows = []
    for number in range(options.rounds):
        alone, weights = train_alone(options.seeds)
        together, same_weights = train_together(options.seeds)
        assert weights == same_weights, "a group made other weights than its commands"
        rows.append({"commands": alone, "group": together})
        print(f"round {number + 1}: {alone:.1f} s as commands, {together:.1f} s as a group, × {together / alone:.2f}")
    ratios = sorted(row["group"] / row["commands"] for row in rows)
    print(f"× {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    save_figures(options.save, seeds=options.seeds, rounds=rows)


def train_alone(seeds: int) -> tuple[float, list[str]]:
    """Train each seed by itself; returns the seconds and the checksums of the weights, by seed."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = sum(_run(folder, "--name", f"alone-{seed}", "--seed", str(seed)) for seed in range(seeds))
        return seconds, _read_weights(folder)


def train_together(seeds: int) -> tuple[float, list[str]]:
    """Train a group; returns the same."""
    with tempfile.TemporaryDirectory() as folder:
        return _run(folder, "--name", "group", "--seeds", str(seeds)), _read_weights(folder)


def _run(folder: str, *flags: str) -> float:
    begun = time.perf_counter()
    command = [sys.executable, "train.py", "--recipe", "quick", "--models-dir", folder, *flags]
    subprocess.run(command, cwd=PROJECT_ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _read_weights(folder: str) -> list[str]:
    return [card.weights_sha256 for card in sorted(list_models(folder), key=lambda card: card.recipe.seed)]


if __name__ == "__main__":
    main()
