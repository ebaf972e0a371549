"""How much sooner, or later, do two processes of one thread train than one process of two threads?

    python benchmarks/processes.py [--rounds 3] [--save benchmarks/results/processes.json]

Both train by the same recipe with the same batches, in turn, for so many minutes; what counts is how many digits a
second they learn from between the first and the last step that they log. On a machine that others use, too, only the
ratio of two neighbours says something.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from mnist_core.recipe import preset
from mnist_core.settings import PROJECT_ROOT
from mnist_core.store.runs import find_run

MINUTES = 0.5  # of each training, its start included
RECIPES = {"quick": ["--epochs", "100"], "accurate": ["--synthetic", "0", "--ood-share", "0"]}


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    rows = []
    for recipe in RECIPES:
        rates: dict[int, list[float]] = {1: [], 2: []}
        loads = []
        for _ in range(options.rounds):
            for processes, found in rates.items():
                found.append(measure_rate(recipe, processes))
            loads.append(os.getloadavg()[0])
        ratios = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
        rows.append({"recipe": recipe, "one": rates[1], "two": rates[2], "ratios": ratios, "loads": loads})
        print(f"{recipe}: {median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f}), loads {loads}")
    save_figures(options.save, minutes=MINUTES, rows=rows)


def measure_rate(recipe: str, processes: int) -> float:
    """Train for `MINUTES` with two threads in all; returns the digits a second."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    flags = ["train.py", "--recipe", recipe, "--name", "one", "--threads", "2", "--minutes", str(MINUTES)]
    with tempfile.TemporaryDirectory() as models_dir:
        command = [sys.executable, *(launcher if processes > 1 else ()), *flags, *RECIPES[recipe]]
        subprocess.run([*command, "--models-dir", models_dir], cwd=PROJECT_ROOT, capture_output=True, check=False)
        first, *_, last = find_run("one", Path(models_dir)).history().steps
    return (last.step - first.step) * preset(recipe).batch_size / (last.seconds - first.seconds)


if __name__ == "__main__":
    main()
