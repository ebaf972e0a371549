"""Does a model learn a person's hand from 30 drawings, and what does it forget for that?

    python benchmarks/teaching.py --strokes FILE.jsonl.gz --letters FILE.jsonl.gz [--models classic quick]
        [--writers N] [--save benchmarks/results/teaching.json]

The files are as those of `drawings.py`; of the first, each digit says of whose hand it is ("writer"). Each model is
taught 30 digits of a writer, chosen by the seed, as the app teaches: a few of the 30 are held out there, and not learnt
from here either. Then it is asked for the rest of that writer's digits, for a sample of the other writers', for MNIST's
test digits, and for letters that no digit looks like, of which a good model is not sure. That is done for each writer
anew. No shipped model has learnt from these files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.drawings import place, read_drawings
from benchmarks.figures import teaching
from mnist_core import machine
from mnist_core.data.mnist import Digits, load_mnist, split_training
from mnist_core.evaluation.calibration import calibrate
from mnist_core.model.inference import Model
from mnist_core.model.networks import build_network
from mnist_core.model.prediction import probabilities
from mnist_core.preprocessing.raster import as_bytes
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.settings import read_settings
from mnist_core.store.drawings import KeptDrawing, as_digits, read_drawings_file
from mnist_core.store.models import load_model
from mnist_core.synthetic.generate import PEN_WIDTH
from mnist_core.training.before_after import find_sure
from mnist_core.training.lesson import split_lesson, teaching_recipe, write_replay, write_variants
from mnist_core.training.loop import Training

TAUGHT = 30  # drawings of a writer
OTHERS = 1000  # digits of other writers
LETTERS = 800


@dataclass(frozen=True, slots=True)
class Shares:
    """What a model gets wrong, and what it is sure of though it is none; shares, 0…1."""

    rest: float  # wrong, of the writer's other digits
    others: float  # wrong, of other writers' digits
    mnist: float  # wrong, of the test digits
    letters: float  # sure


@dataclass(frozen=True, slots=True)
class Row:
    """One model and one writer: before and after it was taught some of the writer's digits."""

    model: str
    writer: str
    learnt: int  # drawings
    rest: int  # digits
    before: Shares
    after: Shares
    seconds: float  # of the steps alone


@dataclass(frozen=True, slots=True)
class Material:
    """What every model is asked: all writers' digits and whose they are, the test digits, and letters."""

    drawings: tuple[KeptDrawing, ...]
    digits: Digits
    writers: NDArray[np.str_]
    training: Digits
    test: Digits
    letters: Digits


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=Path, required=True, metavar="FILE")
    parser.add_argument("--letters", type=Path, required=True, metavar="FILE")
    parser.add_argument("--models", nargs="+", default=["classic", "quick"], metavar="NAME")
    parser.add_argument("--models-dir", type=Path, default=read_settings().models_dir, metavar="DIR")
    parser.add_argument("--writers", type=int, metavar="N", help="only the first N (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="decides which digits are taught (default 0)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    material = read_material(options.strokes, options.letters)
    rows: list[Row] = []
    for name in options.models:
        rows += teach_each_writer(load_model(name, options.models_dir), material, options.writers, options.seed)
    found = [asdict(row) for row in rows]
    print(teaching(found))
    save_figures(options.save, rows=found)


def read_material(strokes: Path, letters: Path) -> Material:
    """Read the files; letters are placed and drawn as `drawings.py` does it."""
    drawings = read_drawings_file(strokes).kept
    generator = np.random.default_rng(0)
    _, found = read_drawings(letters)
    chosen = generator.choice(len(found), min(LETTERS, len(found)), replace=False)
    placed = [digit_from_strokes(place(found[index], generator), PEN_WIDTH) for index in chosen]
    images = np.stack([as_bytes(image) for image in placed])
    training, test = load_mnist("train"), load_mnist("test")
    writers = np.array([drawing.writer for drawing in drawings])
    none = Digits(images, np.full(len(images), -1))
    return Material(drawings, as_digits(drawings), writers, training, test, none)


def teach_each_writer(model: Model, material: Material, count: int | None, seed: int) -> list[Row]:
    """Teach a model each writer's digits, from the same beginning each time."""
    recipe = teaching_recipe(model.card.recipe, has_data=True)
    known, validation = split_training(material.training, recipe.validation_size)
    replay = write_replay(known, recipe)
    rows = []
    for number, writer in enumerate(sorted(set(material.writers))[:count]):
        generator = np.random.default_rng([seed, number])
        own = generator.permutation(np.flatnonzero(material.writers == writer))
        others = generator.choice(np.flatnonzero(material.writers != writer), OTHERS, replace=False)
        lesson = split_lesson([material.drawings[index] for index in own[:TAUGHT]], recipe.seed)
        start = perf_counter()
        network = build_network(recipe.network, recipe.seed, recipe.dropout)
        network.load_state_dict(model.network.state_dict())
        varied = write_variants(lesson.learnt, recipe.seed)
        digits = Digits(np.concatenate([replay.images, varied.images]), np.concatenate([replay.labels, varied.labels]))
        list(Training(recipe, network, digits).run())
        seconds = perf_counter() - start
        taught = Model(network, replace(model.card, **asdict(calibrate(network, validation))))
        before, after = (ask(each, material, own[TAUGHT:], others) for each in (model, taught))
        row = Row(model.card.name, str(writer), len(lesson.learnt), len(own) - TAUGHT, before, after, seconds)
        print(f"{row.model} {writer}: {before.rest:.1%} → {after.rest:.1%}", file=sys.stderr, flush=True)
        rows.append(row)
    return rows


def ask(model: Model, material: Material, rest: NDArray[np.int64], others: NDArray[np.int64]) -> Shares:
    """Ask a model all that it is to be asked after a lesson."""

    def wrong(digits: Digits) -> float:
        return float((probabilities(model, digits.pixels).argmax(1) != digits.labels).mean())

    own, foreign = (Digits(material.digits.images[few], material.digits.labels[few]) for few in (rest, others))
    return Shares(wrong(own), wrong(foreign), wrong(material.test), float(find_sure(model, material.letters).mean()))


if __name__ == "__main__":
    machine.keep_freed_memory()
    main()
