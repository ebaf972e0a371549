"""Are several digits in a line read as the number that they are, and one digit as one?

    python benchmarks/number_lines.py --strokes FILE.jsonl.gz [--numbers 1000] [--save FILE.json]

Each line of a file is a JSON object with a "label", a "writer" and "strokes", lists of [x, y], y down, in any unit.
Numbers are made of one writer's digits: 85 to 110 % of 100 pixels high, up to 10 of them up or down, with a pen of 10,
and −10 to 60 pixels between the ink of two neighbours. The time is that of the whole of `read_number`, on one thread.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.drawings import Drawn, read_drawings
from benchmarks.figures import number_lines
from mnist_core.alphabets import DIGITS
from mnist_core.evaluation.metrics import Score, score
from mnist_core.model.light import LightModel
from mnist_core.model.number import read_number
from mnist_core.preprocessing.raster import Strokes
from mnist_core.settings import read_settings
from mnist_core.store.models import list_models, load_light_model

LENGTHS = (2, 4, 6)
HEIGHT, PEN_WIDTH = 100.0, 10.0  # pixels
SIZES, JITTER, GAPS = (0.85, 1.1), (-0.1, 0.1), (-0.1, 0.6)  # of that height
NARROW = 0.6  # what is wider than high by more is made so wide, and less high


@dataclass(frozen=True, slots=True)
class Row:
    """One model on the numbers of one length that are made of one source's digits; of single digits, on their count."""

    source: str
    model: str
    length: int
    read: Score  # the whole number
    counted: Score  # the number of digits
    milliseconds: tuple[float, float]  # median and 95th percentile


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=Path, action="append", required=True, metavar="FILE", help="may be repeated")
    parser.add_argument("--numbers", type=int, default=1000, help="of each length (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="decides which digits, and where they stand (default 0)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    models = [load_light_model(card.name, read_settings().models_dir) for card in list_models(classes=DIGITS)]
    rows = []
    for file in options.strokes:
        digits = by_writer(read_drawings(file)[0])
        source = file.name.split(".")[0]
        singles = [(str(drawn.label), drawn.strokes) for of_one in digits.values() for drawn in of_one]
        for length in (1, *LENGTHS):
            numbers = singles if length == 1 else make_numbers(digits, length, options.numbers, options.seed)
            rows += [measure(source, model, length, numbers) for model in models if model]
    found = [asdict(row) for row in rows]
    print(number_lines(found))
    save_figures(options.save, rows=found)


def by_writer(digits: Sequence[Drawn]) -> dict[str | None, list[Drawn]]:
    """Return the digits of each writer."""
    found = defaultdict(list)
    for drawn in digits:
        found[drawn.writer].append(drawn)
    return dict(found)


def make_numbers(
    digits: Mapping[str | None, Sequence[Drawn]], length: int, count: int, seed: int
) -> list[tuple[str, Strokes]]:
    """Make numbers of so many digits, each of one writer: what they are, and their strokes."""
    generator = np.random.default_rng([seed, length])
    writers, numbers = list(digits), []
    for _ in range(count):
        of_one = digits[writers[generator.integers(len(writers))]]
        chosen = [of_one[place] for place in generator.integers(len(of_one), size=length)]
        text = "".join(str(drawn.label) for drawn in chosen)
        numbers.append((text, line_up([drawn.strokes for drawn in chosen], generator)))
    return numbers


def line_up(digits: Sequence[Strokes], generator: np.random.Generator) -> Strokes:
    """Write digits, in any unit, beside each other: strokes in pixels."""
    line, x = [], 0.0
    for number, digit in enumerate(digits):
        strokes = [np.asarray(stroke, dtype=np.float64) for stroke in digit]
        points = np.concatenate(strokes)
        low, (width, height) = points.min(0), np.ptp(points, axis=0)
        scale = (HEIGHT * generator.uniform(*SIZES) - PEN_WIDTH) / max(height, NARROW * width, 1e-9)
        x += HEIGHT * generator.uniform(*GAPS) if number else 0.0
        y = HEIGHT * generator.uniform(*JITTER)
        corner = np.array([x + PEN_WIDTH / 2, y - height * scale])
        line += [((stroke - low) * scale + corner).tolist() for stroke in strokes]
        x += width * scale + PEN_WIDTH
    return line


def measure(source: str, model: LightModel, length: int, numbers: Sequence[tuple[str, Strokes]]) -> Row:
    """Read numbers, and count those that are right; of single digits, in their own unit, those that are one."""
    read, counted, times = 0, 0, []
    for text, strokes in numbers:
        start = perf_counter()
        number = read_number(model, strokes, None if length == 1 else PEN_WIDTH)
        times.append(1000 * (perf_counter() - start))
        read += number.text == text
        counted += len(number.parts) == length
    median, late = np.quantile(times, (0.5, 0.95))
    seen = len(numbers)
    return Row(source, model.card.name, length, score(read, seen), score(counted, seen), (float(median), float(late)))


if __name__ == "__main__":
    main()
