"""How many digits does each model read from a photo, whatever it shows beside the ink?

    python benchmarks/photos.py --strokes FILE.jsonl.gz [--strokes …] [--save benchmarks/results/photos.json]

The strokes (files as for drawings.py, by turns) are drawn as photos of each kind in `photo_kinds.py`. A blank photo is
read where nothing is found in it, a pattern where no model takes it for a digit. These are made photos: they show what
a picture may have beside the ink, not what people photograph.

With --numbers, photos of so many digits in a row are read as numbers instead. A number is right where all of it is;
`strokes` says how many are right where its strokes themselves are read. Of single digits, what is not counted right was
taken for several.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import process_time

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.drawings import Drawn, read_drawings
from benchmarks.photo_kinds import KINDS, NUMBER_KINDS, put_in_a_row, take_photo
from mnist_core.alphabets import DIGITS
from mnist_core.errors import PictureError
from mnist_core.evaluation.metrics import Score, score
from mnist_core.model.inference import Model
from mnist_core.model.number import read_number, read_number_in_image
from mnist_core.model.prediction import Verdict, predict_all
from mnist_core.preprocessing.pictures import digit_from_image, open_picture
from mnist_core.preprocessing.raster import Digit, Strokes
from mnist_core.settings import read_settings
from mnist_core.store.models import list_models, load_model

SIDEWAYS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)


@dataclass(frozen=True, slots=True)
class Row:
    """One model on the photos of one kind; a refused photo of a digit counts as misread."""

    kind: str
    model: str
    score: Score
    refused: int  # photos in which nothing was found
    sure_and_wrong: int
    milliseconds: list[float]  # of finding the digit, without the network: the median and the 95th percentile


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One model on numbers in the photos of one kind; of a refused photo nothing is right."""

    kind: str
    model: str
    digits: int  # of each number
    score: Score
    counted: Score  # read as so many digits
    strokes: Score  # right, read from the strokes
    refused: int
    milliseconds: list[float]  # of processor time, the network's included: the median and the 95th percentile


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=Path, action="append", required=True, metavar="FILE", help="may be repeated")
    parser.add_argument("--models-dir", type=Path, default=read_settings().models_dir, metavar="DIR")
    parser.add_argument("--photos", type=int, default=200, help="of each kind (default 200)")
    parser.add_argument("--kind", action="append", choices=KINDS, help="these kinds only; may be repeated")
    parser.add_argument(
        "--seed", type=int, default=0, help="decides which digits, and what the photos show (default 0)"
    )
    parser.add_argument(
        "--numbers", type=int, action="append", metavar="DIGITS", help="read numbers of so many digits; may be repeated"
    )
    parser.add_argument("--on-its-side", action="store_true", help="turn the photos of numbers by 90°, to either side")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    models = [load_model(card.name, options.models_dir) for card in list_models(options.models_dir, DIGITS)]
    sources = [read_drawings(file)[0] for file in options.strokes]
    if options.numbers:
        found = [
            row
            for digits in options.numbers
            for kind in options.kind or NUMBER_KINDS
            for row in measure_numbers(kind, digits, sources, models, options)
        ]
        save_figures(options.save, on_its_side=options.on_its_side, rows=[asdict(row) for row in found])
        return
    rows: list[Row] = []
    for kind in options.kind or KINDS:
        generator = np.random.default_rng([options.seed, list(KINDS).index(kind)])
        photos = []
        for number in range(options.photos):
            source = sources[number % len(sources)]
            drawn = source[generator.integers(len(source))]
            photos.append((drawn.label, take_photo(drawn.strokes, kind, generator)))
        rows += read_photos(kind, photos, models)
        print(table(rows[-len(models) :]), flush=True)
    save_figures(
        options.save, kinds={name: kind.description for name, kind in KINDS.items()}, rows=[asdict(row) for row in rows]
    )


def read_photos(kind: str, photos: Sequence[tuple[int, bytes]], models: Sequence[Model]) -> list[Row]:
    """Read labelled photos with every model, as the page does."""
    digits: list[Digit] = []
    labels: list[int] = []
    seconds: list[float] = []
    for label, photo in photos:
        start = process_time()
        with suppress(PictureError):
            digits.append(digit_from_image(open_picture(photo)))
            labels.append(label)
        seconds.append(process_time() - start)
    refused = len(photos) - len(digits)
    milliseconds = np.quantile(seconds, (0.5, 0.95)) * 1000
    rows = []
    for model in models:
        answers = predict_all(model, np.stack(digits)) if digits else []
        is_sure = [answer is not None and answer.verdict is Verdict.SURE for answer in answers]
        if KINDS[kind].has_digit:
            is_right = [
                answer is not None and answer.digit == label for answer, label in zip(answers, labels, strict=True)
            ]
            read = sum(is_right)
        else:
            is_right = [False] * len(answers)
            doubted = sum(answer is None or answer.is_refused for answer in answers)
            read = refused + (0 if KINDS[kind].is_blank else doubted)
        wrong = sum(sure and not right for sure, right in zip(is_sure, is_right, strict=True))
        rows.append(
            Row(kind, model.card.name, score(read, len(photos)), refused, wrong, milliseconds.round(1).tolist())
        )
    return rows


def measure_numbers(
    kind: str,
    digits: int,
    sources: Sequence[Sequence[Drawn]],
    models: Sequence[Model],
    options: argparse.Namespace,
) -> list[NumberRow]:
    """Make photos of numbers, read them with every model, and print what was found."""
    generator = np.random.default_rng([options.seed, list(KINDS).index(kind), digits])
    numbers = []
    for number in range(options.photos):
        source = sources[number % len(sources)]
        chosen = [source[int(generator.integers(len(source)))] for _ in range(digits)]
        strokes = put_in_a_row([drawn.strokes for drawn in chosen], generator) if digits > 1 else chosen[0].strokes
        picture = open_picture(take_photo(strokes, kind, generator))
        if options.on_its_side:
            picture = picture.transpose(SIDEWAYS[number % 2])
        numbers.append(("".join(str(drawn.label) for drawn in chosen), strokes, picture))
    rows = [read_numbers(kind, digits, numbers, model) for model in models]
    for row in rows:
        print(
            f"| {row.kind} | {row.digits} | {row.model} | {row.score.accuracy:.1%} | {row.counted.accuracy:.1%} | "
            f"{row.strokes.accuracy:.1%} | {row.refused} | {row.milliseconds[0]:.0f}, {row.milliseconds[1]:.0f} ms |",
            flush=True,
        )
    return rows


def read_numbers(
    kind: str, digits: int, numbers: Sequence[tuple[str, Strokes, Image.Image]], model: Model
) -> NumberRow:
    """Read pictures of numbers, and the strokes that they show."""
    seconds: list[float] = []
    right = counted = from_strokes = refused = 0
    for text, strokes, picture in numbers:
        start = process_time()
        try:
            found = read_number_in_image(model, picture).text
        except PictureError:
            found = ""
            refused += 1
        seconds.append(process_time() - start)
        right += found == text
        counted += len(found) == digits
        from_strokes += read_number(model, strokes).text == text
    milliseconds = (np.quantile(seconds, (0.5, 0.95)) * 1000).round(1).tolist()
    scores = [score(count, len(numbers)) for count in (right, counted, from_strokes)]
    return NumberRow(kind, model.card.name, digits, scores[0], scores[1], scores[2], refused, milliseconds)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as lines of a Markdown table."""
    return "\n".join(
        f"| {row.kind} | {row.model} | {row.score.accuracy:.1%} | {row.sure_and_wrong} | {row.refused} | "
        f"{row.milliseconds[0]:.0f}, {row.milliseconds[1]:.0f} ms |"
        for row in rows
    )


if __name__ == "__main__":
    main()
