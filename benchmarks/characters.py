"""How many of people's letters and digits does each model of characters read, and what does it say to what is none?

    python benchmarks/characters.py --strokes FILE.jsonl.gz [--strokes …] [--save benchmarks/results/characters.json]

The files are those of benchmarks/drawings.py, and are placed on the canvas as there. A letter counts as its class: c as
C, for EMNIST Balanced merges what looks alike. Right is an answer that is the label or its twin, O for 0; *best two*
counts where the label, or its twin, is among the answer's two best, twins together. MNIST's test digits, where they are
at hand, are asked beside the files; signs, other scripts and scribbles that our program writes should be refused.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.drawings import SCRIBBLES, ask, make_parser, place
from benchmarks.figures import characters_read, none_of_the_characters
from mnist_core.alphabets import MERGED, find_twins, noun_of
from mnist_core.data.mnist import load_mnist, mnist_is_here
from mnist_core.evaluation.metrics import Score, score
from mnist_core.model.inference import Model
from mnist_core.model.prediction import Verdict, probabilities
from mnist_core.preprocessing.raster import Digit
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.store.models import list_models, load_model
from mnist_core.synthetic.generate import PEN_WIDTH, UNSEEN, non_characters


@dataclass(frozen=True, slots=True)
class Row:
    """One model on the characters of one source."""

    source: str
    model: str
    score: Score  # twins counted as one
    strict: float  # share whose very label is answered
    best_two: float
    sure: float
    sure_and_wrong: float
    refused: float
    worst: tuple[tuple[str, float], ...]  # the labels that are read least, with their accuracies


@dataclass(frozen=True, slots=True)
class Others:
    """One model on what is none of its classes."""

    model: str
    sure: Score
    refused: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and save them where asked to."""
    options = make_parser(__doc__).parse_args(arguments)
    cards = [card for card in list_models(options.models_dir) if noun_of(card.classes) == "character"]
    rows, others = [], []
    for model in [load_model(card.name, options.models_dir) for card in cards]:
        for file in options.strokes:
            labels, images = read_characters(file, np.random.default_rng(options.seed))
            rows.append(evaluate(file.name.split(".")[0], model, labels, images))
        if mnist_is_here():
            test = load_mnist("test", fetch=False)
            rows.append(evaluate("MNIST test", model, [str(label) for label in test.labels], test.pixels))
        none = ask(model, list(non_characters(SCRIBBLES, UNSEEN, model.card.classes).pixels))
        sure, refused = (
            sum(answer.verdict is which for answer in none) for which in (Verdict.SURE, Verdict.NOT_A_DIGIT)
        )
        others.append(Others(model.card.name, score(sure, len(none)), refused / len(none)))
    found = {"rows": [asdict(row) for row in rows], "others": [asdict(row) for row in others]}
    print(characters_read(found["rows"]), none_of_the_characters(found["others"]), sep="\n\n")
    save_figures(options.save, **found)


def read_characters(file: Path, generator: np.random.Generator) -> tuple[list[str], NDArray[np.float32]]:
    """Read the characters of a file, each by its name, as a network sees them: `(N, 28, 28)`."""
    labels: list[str] = []
    images: list[Digit] = []
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
        for drawing in map(json.loads, lines):
            if drawing.get("strokes") and len(label := str(drawing["label"])) == 1:
                labels.append(label)
                images.append(digit_from_strokes(place(drawing["strokes"], generator), PEN_WIDTH))
    return labels, np.stack(images)


def evaluate(source: str, model: Model, labels: Sequence[str], images: NDArray[np.float32]) -> Row:
    """Count what a model reads of characters, those that are none of its classes left out."""
    classes = model.card.classes
    merged = [MERGED.get(label, label) for label in labels]
    known = [index for index, name in enumerate(merged) if name in classes]
    truth = np.array([classes.index(merged[index]) for index in known])
    shares = probabilities(model, images[known])
    twins = find_twins(classes)
    together = shares @ twins  # of each class and its twins
    given = shares.argmax(1)
    right = twins[truth, given]
    ahead = np.array([_count_ahead(row, twins, label) for row, label in zip(together, truth, strict=True)])
    answers = ask(model, list(images[known]))
    sure = np.array([answer.verdict is Verdict.SURE for answer in answers])
    names = np.array([labels[index] for index in known])
    by_label = sorted((float(right[names == name].mean()), name) for name in set(names.tolist()))
    return Row(
        source,
        model.card.name,
        score(int(right.sum()), len(right)),
        float((given == truth).mean()),
        float((ahead < 2).mean()),
        float(sure.mean()),
        float((sure & ~right).mean()),
        sum(answer.verdict is Verdict.NOT_A_DIGIT for answer in answers) / len(answers),
        tuple((name, accuracy) for accuracy, name in by_label[:5]),
    )


def _count_ahead(together: NDArray[np.float64], twins: NDArray[np.bool_], label: int) -> int:
    """Count the groups of twins that are more probable than the label's."""
    better = together > together[label] * (1 + 1e-9)
    return len(np.unique(twins[better & ~twins[label]], axis=0))


if __name__ == "__main__":
    main()
