"""What a finished model learns from where it is taught a person's drawings, and by which recipe.

A lesson is three things mixed: the drawings, each written again in many ways by the same hand; digits or characters of
the kind that the model knows, without which it would forget them (replay; Ratcliff 1990); and letters or signs and
scribbles, lest it become sure of everything. What was tried, and how much each brings, is in benchmarks/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from mnist_core.alphabets import DIGITS, noun_of, thing_of, with_article
from mnist_core.data.mnist import NOT_A_DIGIT, SIDE, Digits
from mnist_core.errors import KeptDrawingsError, ModelError, RunError, TrainingError
from mnist_core.evaluation.metrics import Answers, answers_from_tensors
from mnist_core.files import read_bytes, read_file
from mnist_core.model.card import Card, card_from_json
from mnist_core.preprocessing.raster import as_bytes
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.recipe import WRITTEN, Recipe
from mnist_core.store.drawings import MAX_BYTES, KeptDrawing, as_digits, find_class, parse_drawings
from mnist_core.store.layout import LESSON, MAX_WEIGHTS, START_ANSWERS, START_CARD, START_WEIGHTS
from mnist_core.store.models import is_evaluated_on_mnist, load_answers, read_model
from mnist_core.store.runs import Run
from mnist_core.synthetic.generate import with_synthetic
from mnist_core.synthetic.rewriting import rewrite
from mnist_core.training.material import IN_PLACE_OF

if TYPE_CHECKING:
    from mnist_core.model.inference import Model


# By network: a perceptron forgets sooner and needs longer, and each of its steps takes a fraction of the time.
EPOCHS: Mapping[str, int] = MappingProxyType({"classic": 3, "mlp-plus": 3, "quick": 2, "accurate": 2, "best": 2})
REPLAYED: Mapping[str, int] = MappingProxyType(  # digits of an epoch that the model knows
    {"classic": 12_000, "mlp-plus": 12_000, "quick": 6000, "accurate": 6000, "best": 6000}
)
SYNTHETIC, NO_DIGITS = 600, 2000  # of our program's digits, and of letters, scribbles and textures, beside them
VARIANTS = 50  # ways in which each drawing is written again
MAX_VARIANTS = 3000  # of all drawings; each is there once, however many there are
HELD_OUT_FROM, HELD_OUT_EVERY = 20, 5  # drawings: from so many on, one in so many
BENDING = {"affine": 0.8, "elastic": 1.0}  # of a drawing of which only the pixels are known
# Synthetic digits to replay and to calibrate by where MNIST is not at hand; more take longer to write than to learn.
WRITTEN_REPLAY, WRITTEN_VALIDATION = 2000, 1000
WRITTEN_CHARACTERS = 100  # the same to replay, of each class, where there are other classes
TEACHING: Mapping[str, Any] = MappingProxyType(  # what else changes of the start model's recipe
    {
        "batch_size": 128,
        "learning_rate": 0.001,
        "schedule": "one-cycle",
        "warmup": 0.2,
        "last_rate": 0.0,
        "affine": 0.0,
        "elastic": 0.0,
        "ema_decay": 0.95,
        "patience": 0,
    }
)


@dataclass(frozen=True, slots=True)
class Lesson:
    """Drawings to learn from, and those held out to see what was learnt; together in the order in which they came."""

    learnt: tuple[KeptDrawing, ...]
    held_out: tuple[KeptDrawing, ...]


def taught_name(start: str) -> str:
    """Return how a model is called that was taught from one of that name, unless that is in use."""
    return f"{re.sub('-mine(-[0-9]+)?$', '', start)[:59]}-mine"


def teaching_recipe(start: Recipe, *, has_data: bool) -> Recipe:
    """Return the recipe by which a model of that recipe is taught; without its data it replays what our program writes.

    Its shares of synthetic digits and of what is none are those of the replayed digits.
    """
    data = start.data if has_data else IN_PLACE_OF.get(start.data, start.data)
    size = min(start.validation_size, WRITTEN_VALIDATION) if data in WRITTEN else start.validation_size
    replayed, synthetic = REPLAYED[start.network], SYNTHETIC
    if data in WRITTEN and start.classes != DIGITS:  # what is replayed is our program's
        replayed, synthetic = min(replayed, count_written_replay(start.classes)), 0
    return replace(
        start,
        **TEACHING,
        epochs=EPOCHS[start.network],
        data=data,
        validation_size=size,
        synthetic=synthetic / replayed,
        mnist=0.0,
        teachers="",
        ood_share=NO_DIGITS / replayed,
    )


def count_written_replay(classes: tuple[str, ...]) -> int:
    """Return how many digits or characters are written to be replayed."""
    return WRITTEN_REPLAY if classes == DIGITS else WRITTEN_CHARACTERS * len(classes)


def pack_lesson(start: str, drawings: Sequence[KeptDrawing], models_dir: Path) -> tuple[Card, dict[str, bytes]]:
    """Return the card of the model to begin from, and the files that a run needs, whatever becomes of model and file.

    All drawings must be `teachable`. Raises `TrainingError` where there is nothing to learn from, or no such model that
    could learn it.
    """
    check_lesson(drawings)
    lines = b"".join(drawing.to_line() for drawing in drawings)
    if len(lines) > MAX_BYTES:
        raise TrainingError(f"The drawings take over {MAX_BYTES:,} bytes. Choose fewer of them.")
    card, weights = find_start(start, models_dir)
    files = {START_WEIGHTS: weights, START_CARD: card.to_json().encode(), LESSON: lines}
    with suppress(ModelError):  # it was not evaluated, or not on MNIST's digits: it will be asked again
        answers = load_answers(start, models_dir)
        if is_evaluated_on_mnist(answers):
            files[START_ANSWERS] = save(answers.to_tensors())
    return card, files


def find_start(start: str, models_dir: Path) -> tuple[Card, bytes]:
    """Return the card and the weights of a model to begin from; raises `TrainingError` where it cannot be used."""
    try:
        card, weights = read_model(start, models_dir)
    except ModelError as error:
        raise TrainingError(f"Nothing can be taught. {error}") from error
    if reason := why_unteachable(card):
        raise TrainingError(f"Nothing can be taught. {reason}")
    return card, weights


def why_unteachable(card: Card) -> str:
    """Say in a sentence why a model cannot be taught drawings; empty where it can."""
    if noun_of(card.classes) == "picture":
        return f"{card.name!r} reads pictures, and how it could learn drawings without forgetting them was not tried."
    if card.classes != card.recipe.classes:
        return f"The classes of {card.name!r} are not those of its recipe, so that there is nothing to replay."
    return ""


def teachable(drawings: Sequence[KeptDrawing], classes: tuple[str, ...]) -> list[KeptDrawing]:
    """Return the drawings of which it is known what a model of these classes should answer."""
    return [drawing for drawing in drawings if find_class(drawing.label, classes) is not None]


def read_lesson(run: Run) -> Lesson | None:
    """Return the drawings that a run was given to learn from; None where it is no teaching. Raises `RunError`."""
    if not run.started_from:
        return None
    try:
        found = parse_drawings(read_bytes(run.folder / LESSON, MAX_BYTES))
    except (OSError, KeptDrawingsError) as error:
        raise _damaged(run) from error
    if found.bad or len(found.kept) != run.drawings:
        raise _damaged(run)
    return split_lesson(found.kept, run.recipe.seed, run.recipe.classes)


def load_start(run: Run) -> Model:
    """Load the model that a run began from, as it was then; raises `RunError`."""
    from safetensors.torch import load as load_tensors

    from mnist_core.model.inference import make_model

    try:
        card = card_from_json(read_file(run.folder, START_CARD).decode(errors="replace"))
        weights = read_file(run.folder, START_WEIGHTS, MAX_WEIGHTS)
        if sha256(weights).hexdigest() != card.weights_sha256:
            raise _damaged(run)
        return make_model(load_tensors(weights), card)
    except (ModelError, SafetensorError, RuntimeError, KeyError, ValueError, FloatingPointError) as error:
        raise _damaged(run) from error


def read_start_answers(run: Run) -> Answers | None:
    """Return what the model that a run began from answered to the test digits; None where that is not known."""
    try:
        return answers_from_tensors(load(read_file(run.folder, START_ANSWERS)), len(run.recipe.classes))
    except (ModelError, SafetensorError, ValueError):
        return None


def check_lesson(drawings: Sequence[KeptDrawing]) -> None:
    """Raise `TrainingError` where there is nothing to learn from."""
    if not drawings:
        raise TrainingError("There are no drawings to learn from. Keep some first, each with what it is.")


def describe_risk(drawings: Sequence[KeptDrawing], classes: tuple[str, ...] = DIGITS) -> str:
    """Say what speaks against a lesson though it can be given; empty where nothing does.

    Drawings of one class alone are what somebody has who corrects one mistake. Replay keeps the other ones, so that
    this is no reason to refuse, and what it has cost is measured; but it is said.
    """
    labels = {find_class(drawing.label, classes) for drawing in drawings}
    label = labels.pop() if len(labels) == 1 else None
    if label is None:
        return ""
    what = f"no {thing_of(classes)}" if label == NOT_A_DIGIT else with_article(classes[label])
    return (
        f"Each of these drawings is {what}: the model may come to see that too often. Drawings of what it is mixed up "
        "with, correctly labelled, help against that."
    )


def split_lesson(drawings: Sequence[KeptDrawing], seed: int, classes: tuple[str, ...] = DIGITS) -> Lesson:
    """Hold out one drawing in five where there are at least 20, as many of each label as its share; never the only one.

    The same drawings are held out for the same seed.
    """
    held_out: set[int] = set()
    if len(drawings) >= HELD_OUT_FROM:
        labels = np.array([find_class(drawing.label, classes) for drawing in drawings], np.int64)
        order = np.random.default_rng([seed, 3]).permutation(len(drawings))
        order = order[np.argsort(labels[order], kind="stable")]  # label by label, as chance has it within each
        several = [index for index in order if (labels == labels[index]).sum() > 1]
        held_out = set(map(int, several[HELD_OUT_EVERY // 2 :: HELD_OUT_EVERY]))
    return Lesson(
        tuple(drawing for index, drawing in enumerate(drawings) if index not in held_out),
        tuple(drawing for index, drawing in enumerate(drawings) if index in held_out),
    )


def count_variants(drawings: int) -> int:
    """Return in how many ways each of so many drawings is written."""
    return max(1, min(VARIANTS, MAX_VARIANTS // max(1, drawings)))


def write_lesson(
    drawings: Sequence[KeptDrawing],
    known: Digits,
    recipe: Recipe,
    *,
    before_each: Callable[[], None] = lambda: None,
    written_none: Callable[[], Digits | None] = lambda: None,
) -> Digits:
    """Return what an epoch shows, for the recipe's seed always the same: what is replayed, then the drawings.

    `known` are the digits to replay some of. `before_each` is called before each is written; what it raises ends that.
    `written_none` is called last and gives what is no digit where another process has written it.
    """
    variants = write_variants(drawings, recipe.seed, recipe.classes, before_each=before_each)
    replay = write_replay(known, recipe, before_each=before_each, written_none=written_none)
    parts = (replay, variants)
    return Digits(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))


def write_replay(
    known: Digits,
    recipe: Recipe,
    *,
    before_each: Callable[[], None] = lambda: None,
    written_none: Callable[[], Digits | None] = lambda: None,
) -> Digits:
    """Return what keeps a model from forgetting: digits that it knows, our program's, and what is no digit.

    Of a model of characters, these in the place of the digits.
    """
    order = np.random.default_rng([recipe.seed, 4]).permutation(len(known))[: REPLAYED[recipe.network]]
    replayed = Digits(known.images[order], known.labels[order])
    return with_synthetic(
        replayed,
        recipe.synthetic,
        recipe.ood_share,
        recipe.seed,
        recipe.classes,
        before_each=before_each,
        written_none=written_none,
    )


def write_variants(
    drawings: Sequence[KeptDrawing],
    seed: int,
    classes: tuple[str, ...] = DIGITS,
    *,
    before_each: Callable[[], None] = lambda: None,
) -> Digits:
    """Write each drawing in many ways, the first of them as it is; the same ones for the same seed."""
    each = count_variants(len(drawings))
    generator = np.random.default_rng([seed, 5])
    known = as_digits(drawings, classes)
    images = np.repeat(known.images[:, None], each, axis=1)  # (drawings, variants, 28, 28)
    for drawing, variants in zip(drawings, images, strict=True):
        if not drawing.strokes:
            variants[1:] = _bend_pixels(variants[1:], int(generator.integers(2**31)))
            continue
        for variant in variants[1:]:
            before_each()
            variant[:] = as_bytes(
                digit_from_strokes(rewrite(drawing.strokes, drawing.pen_width, generator), drawing.pen_width)
            )
    return Digits(images.reshape(-1, SIDE, SIDE), known.labels.repeat(each))


def _damaged(run: Run) -> RunError:
    return RunError(f"What {run.name!r} began from is damaged. Begin it anew, or delete it.")


def _bend_pixels(images: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    import torch

    from mnist_core.data.augmentation import augment

    pixels = torch.from_numpy(images.astype(np.float32))[:, None] / 255
    bent = augment(pixels, **BENDING, generator=torch.Generator().manual_seed(seed))
    return as_bytes(bent[:, 0].numpy())
