"""How many real pen strokes does each model read, placed anywhere on the canvas?

    python benchmarks/drawings.py --strokes pendigits_tra.jsonl.gz [--strokes …] [--save results.json]

Each line of a file is a JSON object with a "label" 0…9 and "strokes", lists of [x, y], y down, in any unit. Every
digit is placed on a 280 × 280 canvas at a random size (its ink 35 to 85 % of the canvas) and position, drawn with
the page's own pen, and read in two ways: the canvas resized straight to 28 × 28, and `digit_from_strokes`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from mnist_core.evaluation import Score, score
from mnist_core.prediction import probabilities
from mnist_core.preprocessing import Digit, Strokes, digit_from_strokes, plain_resize_strokes
from mnist_core.registry import MODELS_DIR, list_models, load_model

CANVAS = 280  # pixels
PEN = 18  # pixels; the Draw page's default
SIZES = (0.35, 0.85)  # of the canvas, the longer side of the ink


@dataclass(frozen=True, slots=True)
class Row:
    """One model on one source, read in one way."""

    source: str
    model: str
    reading: str
    score: Score


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=Path, action="append", required=True, metavar="FILE", help="may be repeated")
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR, metavar="DIR")
    parser.add_argument("--seed", type=int, default=0, help="decides sizes and positions (default 0)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    rows = [row for file in options.strokes for row in measure(file, options.models_dir, options.seed)]
    print(table(rows))
    save_figures(options.save, rows=[asdict(row) for row in rows])


def measure(file: Path, models_dir: Path, seed: int) -> Iterator[Row]:
    """Read every digit of a file with every model, in both ways."""
    drawings = list(read_drawings(file))
    labels = np.array([label for label, _ in drawings])
    generator = np.random.default_rng(seed)
    placed = [place(strokes, generator) for _, strokes in drawings]
    readings: dict[str, list[Digit]] = {
        "plain resize": [plain_resize_strokes(strokes, PEN, CANVAS) for strokes in placed],
        "fitted and centred": [digit_from_strokes(strokes, PEN) for strokes in placed],
    }
    for card in list_models(models_dir):
        model = load_model(card.name, models_dir)
        for reading, digits in readings.items():
            answers = probabilities(model, np.stack(digits)).argmax(1)
            yield Row(
                file.name.split(".")[0],
                card.name,
                reading,
                score(int((answers == labels).sum()), len(labels)),
            )


def read_drawings(file: Path) -> Iterator[tuple[int, Strokes]]:
    """Yield the label and the strokes of each line of a `.jsonl.gz` file."""
    with gzip.open(file, "rt") as lines:
        for line in lines:
            drawing = json.loads(line)
            yield int(drawing["label"]), drawing["strokes"]


def place(strokes: Strokes, generator: np.random.Generator) -> Strokes:
    """Bring strokes of any unit to a random size and position on the canvas, all of the ink inside."""
    arrays = [np.asarray(stroke, dtype=np.float64) for stroke in strokes]
    points = np.concatenate(arrays)
    low, span = points.min(0), np.ptp(points, axis=0)
    size = generator.uniform(*SIZES) * CANVAS - PEN
    scale = size / max(span.max(), 1e-9)
    corner = PEN / 2 + generator.uniform(size=2) * (CANVAS - PEN - span * scale)
    return [((stroke - low) * scale + corner).tolist() for stroke in arrays]


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, percent with the 95 % interval."""
    lines = ["| source | digits | model | reading | read correctly |", "|---|---:|---|---|---:|"]
    for row in rows:
        low, high = row.score.interval
        share = f"{row.score.accuracy:.2%} ({low:.1%} to {high:.1%})"
        lines.append(f"| {row.source} | {row.score.seen:,} | {row.model} | {row.reading} | {share} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
