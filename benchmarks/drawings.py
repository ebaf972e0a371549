"""How many drawings does each model read, and what does it say to what is no digit?

    python benchmarks/drawings.py --strokes FILE.jsonl.gz [--strokes …] [--save benchmarks/results/drawings.json]

Each line of a file, packed by gzip or not, is a JSON object with a "label" and "strokes", lists of [x, y], y down, in
any unit; one without strokes, a picture among the drawings of the Mine page, is left out. Everything is placed on a
280 × 280 canvas at a random size (its ink 35 to 85 % of the canvas) and position, drawn with the page's own pen, and
read in three ways: the canvas resized straight to 28 × 28 (plain), fitted into 20 × 20 pixels and redrawn (fitted), and
this centred by mass as well (full). Where the label is a letter or "not a digit", a good model is not sure; letters
that cannot be told from a digit are left out. Of whose hand a digit is ("writer"), where the file says so, the worst
read are given. Scribbles, textures, synthetic digits of every style, and MNIST's test digits where they are at hand,
are evaluated beside the files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import drawings_read, each_digit, letters_and_scribbles, styles
from mnist_core.alphabets import DIGITS
from mnist_core.data.mnist import Digits, load_mnist, mnist_is_here
from mnist_core.evaluation.metrics import Score, score
from mnist_core.model.inference import Model
from mnist_core.model.prediction import Prediction, Verdict, predict, probabilities
from mnist_core.preprocessing.raster import PEN, Digit, Strokes, draw
from mnist_core.preprocessing.strokes import digit_from_strokes, fit_to_box, plain_resize_strokes
from mnist_core.settings import read_settings
from mnist_core.store.models import list_models, load_model
from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.generate import CANVAS, PEN_WIDTH, UNSEEN, non_digits, synthetic_digits
from mnist_core.synthetic.non_digits import NON_DIGITS, TWINS
from mnist_core.synthetic.textures import TEXTURES

SIZES = (0.35, 0.85)  # of the canvas, the longer side of the ink
READINGS: dict[str, Callable[[Strokes], Digit]] = {
    "plain": lambda strokes: plain_resize_strokes(strokes, PEN_WIDTH, CANVAS),
    "fitted": lambda strokes: draw(fit_to_box(strokes, PEN_WIDTH), PEN),
    "full": lambda strokes: digit_from_strokes(strokes, PEN_WIDTH),
}
FULL = "full"
OF_A_STYLE = 300
SCRIBBLES = 1000
CONFIDENT = 0.9


@dataclass(frozen=True, slots=True)
class Row:
    """One model on the digits of one source, read in one way."""

    source: str
    model: str
    reading: str
    score: Score
    by_digit: tuple[float, ...]  # accuracies of 0…9
    refused: float | None  # share that is called not a digit; only asked of the full reading, as the next two
    sure_and_wrong: float | None = None  # share that is called sure and is another digit
    by_writer: tuple[float, ...] | None = None  # accuracies, the lowest first; where the writers are known


class Drawn(NamedTuple):
    """A digit that somebody drew."""

    label: int
    strokes: Strokes
    writer: str | None


@dataclass(frozen=True, slots=True)
class Others:
    """One model on what is no digit: how much of it is answered as one, and how much is refused."""

    source: str
    model: str
    sure: Score  # called sure
    confident: float  # share that gets 90 % or more, whatever it is called
    refused: float


@dataclass(frozen=True, slots=True)
class Hardest:
    """One model on synthetic digits that it has not seen: the way of writing that it reads worst."""

    model: str
    score: Score  # over all styles
    style: str
    accuracy: float  # in that style


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and save them where asked to."""
    options = make_parser(__doc__).parse_args(arguments)
    models = [load_model(card.name, options.models_dir) for card in list_models(options.models_dir, DIGITS)]
    rows: list[Row] = []
    others: list[Others] = []
    for file in options.strokes:
        digits, letters = read_drawings(file)
        source = file.name.split(".")[0]
        generator = np.random.default_rng(options.seed)
        placed_digits = [drawn._replace(strokes=place(drawn.strokes, generator)) for drawn in digits]
        rows += read_digits(source, placed_digits, models)
        placed = [digit_from_strokes(place(strokes, generator), PEN_WIDTH) for strokes in letters]
        others += read_others(source, placed, models)
    if mnist_is_here():
        test = load_mnist("test", fetch=False)
        rows += [evaluate("MNIST test", model, FULL, test) for model in models]
    scribbles = non_digits(SCRIBBLES, UNSEEN, [shape for shape in NON_DIGITS if shape.name == "scribble"])
    others += read_others("scribbles", list(scribbles.pixels), models)
    others += read_others("textures", list(non_digits(SCRIBBLES, UNSEEN, TEXTURES).pixels), models)
    by_style = {str(style): synthetic_digits(OF_A_STYLE, UNSEEN, [style]) for style in STYLES}
    hardest = [find_hardest(model, by_style) for model in models]

    found = {
        "rows": [asdict(row) for row in rows],
        "others": [asdict(row) for row in others],
        "styles": [asdict(row) for row in hardest],
    }
    tables = drawings_read(found["rows"]), each_digit(found["rows"])
    print("\n\n".join([*tables, letters_and_scribbles(found["others"]), styles(found["styles"])]))
    save_figures(options.save, **found)


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """Describe the flags of a benchmark that reads files of strokes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=Path, action="append", required=True, metavar="FILE", help="may be repeated")
    parser.add_argument("--models-dir", type=Path, default=read_settings().models_dir, metavar="DIR")
    parser.add_argument("--seed", type=int, default=0, help="decides sizes and positions (default 0)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    return parser


# -------------------------------------------------------------------------------------------------------- measuring


def read_digits(source: str, drawings: Sequence[Drawn], models: Sequence[Model]) -> Iterator[Row]:
    """Read placed drawings of digits with every model, in every way."""
    if not drawings:
        return
    labels = np.array([drawn.label for drawn in drawings])
    writers = [drawn.writer for drawn in drawings if drawn.writer is not None]
    for reading, read in READINGS.items():
        images = np.stack([np.rint(read(drawn.strokes) * 255).astype(np.uint8) for drawn in drawings])
        for model in models:
            yield evaluate(source, model, reading, Digits(images, labels), writers)


def evaluate(source: str, model: Model, reading: str, digits: Digits, writers: Sequence[str] = ()) -> Row:
    """Count what a model reads of labelled digits, and of each writer where all are known."""
    right: NDArray[np.bool_] = probabilities(model, digits.pixels).argmax(1) == digits.labels
    row = Row(
        source,
        model.card.name,
        reading,
        score(int(right.sum()), len(right)),
        tuple(
            float(right[digits.labels == digit].sum() / max((digits.labels == digit).sum(), 1)) for digit in range(10)
        ),
        None,
    )
    if reading != FULL:
        return row
    answers = ask(model, digits.pixels)
    sure = np.array([answer.verdict is Verdict.SURE for answer in answers])
    by_writer = None
    if len(writers) == len(right):
        hands = np.array(writers)
        by_writer = tuple(sorted(float(right[hands == writer].mean()) for writer in set(writers)))
    return replace(row, refused=refused(answers), sure_and_wrong=float((sure & ~right).mean()), by_writer=by_writer)


def read_others(source: str, images: Sequence[Digit], models: Sequence[Model]) -> Iterator[Others]:
    """Count what every model says to what is no digit."""
    for model in models if images else ():
        answers = ask(model, images)
        sure = sum(answer.verdict is Verdict.SURE for answer in answers)
        confident = sum(answer.confidence >= CONFIDENT for answer in answers) / len(answers)
        yield Others(source, model.card.name, score(sure, len(answers)), confident, refused(answers))


def find_hardest(model: Model, by_style: Mapping[str, Digits]) -> Hardest:
    """Read synthetic digits that no training has seen, as many of each style."""
    correct = {
        style: int((probabilities(model, digits.pixels).argmax(1) == digits.labels).sum())
        for style, digits in by_style.items()
    }
    worst = min(correct, key=lambda style: correct[style])
    seen = sum(map(len, by_style.values()))
    return Hardest(model.card.name, score(sum(correct.values()), seen), worst, correct[worst] / len(by_style[worst]))


def ask(model: Model, images: Sequence[Digit] | NDArray[np.float32]) -> list[Prediction]:
    """Ask for the whole answer to each, as the Draw page does."""
    return [answer for image in images if (answer := predict(model, image))]


def refused(answers: Sequence[Prediction]) -> float:
    """Return the share that is called not a digit."""
    return sum(answer.verdict is Verdict.NOT_A_DIGIT for answer in answers) / len(answers)


def read_drawings(file: Path) -> tuple[list[Drawn], list[Strokes]]:
    """Read a file of drawings: the digits with their labels, and the letters that are no digit's twins."""
    digits: list[Drawn] = []
    letters: list[Strokes] = []
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
        for drawing in map(json.loads, lines):
            label = str(drawing["label"])
            if not drawing.get("strokes"):
                continue
            if label.isdecimal():
                digits.append(Drawn(int(label), drawing["strokes"], drawing.get("writer")))
            elif label not in TWINS:
                letters.append(drawing["strokes"])
    return digits, letters


def place(strokes: Strokes, generator: np.random.Generator) -> Strokes:
    """Bring strokes of any unit to a random size and position on the canvas, all of the ink inside."""
    arrays = [np.asarray(stroke, dtype=np.float64) for stroke in strokes]
    points = np.concatenate(arrays)
    low, span = points.min(0), np.ptp(points, axis=0)
    size = generator.uniform(*SIZES) * CANVAS - PEN_WIDTH
    scale = size / max(span.max(), 1e-9)
    corner = PEN_WIDTH / 2 + generator.uniform(size=2) * (CANVAS - PEN_WIDTH - span * scale)
    return [((stroke - low) * scale + corner).tolist() for stroke in arrays]


if __name__ == "__main__":
    main()
