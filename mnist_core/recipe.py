"""Recipes: all that decides how a network is trained, and the named presets.

A `Recipe` is saved with the model it made. Its hyperparameters carry their ranges and their help, and the flags of
`train.py` are made from them, so the command line, a form and a saved file obey the same rules.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Annotated, Any

from msgspec import Meta

from mnist_core.alphabets import ALPHABETS, CHARACTERS, CLOTHES, DIGITS, noun_of
from mnist_core.docstrings import paragraphs
from mnist_core.errors import RecipeError

NETWORKS = ("classic", "mlp-plus", "quick", "accurate", "best")
NEED_TWO = ("mlp-plus",)  # digits a step: it normalises each unit over them, and a single number has no spread
DATA = {  # what there is to learn from, and the classes in it
    "mnist": DIGITS,
    "emnist": CHARACTERS,
    "fashion": CLOTHES,
    "synthetic": DIGITS,  # these and those below are written by our program
    "characters": CHARACTERS,
    "signs": ALPHABETS["signs"],
    "everything": ALPHABETS["everything"],
}
WRITTEN = ("synthetic", "characters", "signs", "everything")
SCHEDULES = ("constant", "one-cycle")
MAX_TEACHERS = 9
TEACHERS = re.compile(rf"(?:[a-z0-9][a-z0-9_-]{{0,63}}(?:,(?!$)|$)){{0,{MAX_TEACHERS}}}")  # names of models
MAX_SEEDS = 100  # of a group
PRECISIONS = ("auto", "float32", "bfloat16")


def _hyperparameter(default: Any, help: str, *, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"help": help, "low": low, "high": high})


def _choice(default: str, help: str, choices: tuple[str, ...]) -> Any:
    return field(default=default, metadata={"help": help, "choices": choices})


def _models(help: str) -> Any:
    return field(default="", metadata={"help": help, "models": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What decides a training. Two trainings of one recipe on one machine give the same weights.

    The defaults are those of `classic`, and a hyperparameter that is added later defaults to what was done before it
    was there, so that older saved recipes keep their meaning. Raises `RecipeError`, which names the hyperparameter, for
    a value outside its range, or one that does not go with the others.
    """

    network: str = _choice("classic", "the network to train", NETWORKS)
    data: str = _choice(
        "mnist",
        "what to learn from: the digits of mnist, the letters and digits of emnist, the clothes of fashion; or what a "
        "program writes: synthetic digits, characters (letters and digits), signs, or everything",
        tuple(DATA),
    )
    epochs: int = _hyperparameter(10, "passes over the training digits", low=1, high=1000)
    batch_size: int = _hyperparameter(64, "digits a step", low=1, high=10_000)
    learning_rate: float = _hyperparameter(
        0.001, "step size of AdamW; under the one-cycle schedule its highest value", low=1e-6, high=1.0
    )
    schedule: str = _choice(
        "constant", "how the learning rate goes: the same all along, or up to its highest value and down", SCHEDULES
    )
    warmup: float = _hyperparameter(
        0.25, "share of the steps in which a one-cycle learning rate rises", low=0.0, high=0.9
    )
    last_rate: float = _hyperparameter(
        0.0, "what a one-cycle learning rate falls to, as a share of its highest value", low=0.0, high=1.0
    )
    weight_decay: float = _hyperparameter(0.0, "how strongly AdamW pulls the weights towards zero", low=0.0, high=1.0)
    label_smoothing: float = _hyperparameter(
        0.0, "share of the certainty that is taken from the true class and spread over all", low=0.0, high=0.5
    )
    dropout: float = _hyperparameter(
        0.3, "share of the first hidden layer that is silenced at each step; later layers less", low=0.0, high=0.9
    )
    affine: float = _hyperparameter(
        0.0, "how strongly training digits are turned, stretched, slanted and moved; 1 suits them", low=0.0, high=2.0
    )
    elastic: float = _hyperparameter(0.0, "how far training digits are bent out of shape, in pixels", low=0.0, high=4.0)
    unbent: float = _hyperparameter(
        0.0, "share of each batch that is neither turned nor bent, and so stays as sharp as it is", low=0.0, high=1.0
    )
    synthetic: float = _hyperparameter(
        0.0, "synthetic pen digits mixed into the training digits, as a share of their number", low=0.0, high=2.0
    )
    mnist: float = _hyperparameter(
        0.0,
        "MNIST's digits mixed into characters that a program writes, as a share of their number; elsewhere nothing",
        low=0.0,
        high=1.0,
    )
    ood_share: float = _hyperparameter(
        0.0,
        "letters, scribbles and textures mixed in, as a share of the training digits; the network learns to prefer "
        "none of its classes for them",
        low=0.0,
        high=2.0,
    )
    teachers: str = _models(
        "finished models to distil, networks that read better: it learns what they answer to each digit, bent as it is"
    )
    distillation: float = _hyperparameter(
        0.7, "share of each label that is the teachers' mean answer, where there are any", low=0.0, high=1.0
    )
    ema_decay: float = _hyperparameter(
        0.0, "decay a step of the EMA of the weights, which is what is kept; 0 keeps the last", low=0, high=1
    )
    patience: int = _hyperparameter(
        0, "epochs without a better validation accuracy after which the training ends; 0 never", low=0, high=1000
    )
    precision: str = _choice(
        "float32", "numbers to multiply in: auto takes bfloat16 where the processor is fast at it", PRECISIONS
    )
    validation_size: int = _hyperparameter(
        5000,
        "training digits, the last ones, kept aside to choose by; 0 trains on all 60,000; with fewer than 500 the "
        "model stays as sure as the training left it, and takes everything for a digit",
        low=0,
        high=30_000,
    )
    seed: int = _hyperparameter(
        0,
        "decides the first weights, the order of the digits, their augmentation and the dropout",
        low=0,
        high=2**32 - 1,
    )

    def __post_init__(self) -> None:
        for hyperparameter in fields(self):
            _check(
                hyperparameter.name,
                getattr(self, hyperparameter.name),
                type(hyperparameter.default),
                hyperparameter.metadata,
            )
        if self.patience and not self.validation_size:
            raise RecipeError(
                "patience", "needs a validation set to evaluate by; set validation_size, or leave patience at 0"
            )
        if self.batch_size == 1 and self.network in NEED_TWO:
            raise RecipeError(
                "batch_size", f"found 1, expected 2 or more; {self.network} normalises over the digits of a batch"
            )
        if self.synthetic and noun_of(self.classes) == "picture":
            raise RecipeError(
                "synthetic", f"found {self.synthetic:g}, expected 0: no program of ours draws {self.data}"
            )

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes that it tells apart, in order."""
        return DATA[self.data]

    @property
    def teacher_names(self) -> tuple[str, ...]:
        """The names of the models that are distilled."""
        return tuple(filter(None, self.teachers.split(",")))

    @property
    def is_written(self) -> bool:
        """Whether it is validated by what our program writes, and learns from little else."""
        return self.data in WRITTEN

    @property
    def mixes_mnist(self) -> bool:
        """Whether MNIST's digits are mixed into what our program writes."""
        return self.mnist > 0 and self.is_written and self.classes != DIGITS and set(DIGITS) <= set(self.classes)


@dataclass(frozen=True, slots=True)
class SeedGroup:
    """Trainings that were asked for together and differ in their seed alone: the first one, and how many follow."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
    first_seed: Annotated[int, Meta(ge=0, lt=2**32)]
    count: Annotated[int, Meta(ge=1, le=MAX_SEEDS)]

    @property
    def seeds(self) -> range:
        """The seeds, in the order in which they are trained."""
        return range(self.first_seed, self.first_seed + self.count)

    def run_name(self, seed: int) -> str:
        """Return how the training with that seed is called."""
        return f"{self.name}-{seed}"


def expected(kind: type, metadata: Any) -> str:
    """Say in words what a hyperparameter accepts: "a whole number from 1 to 1000"."""
    if choices := metadata.get("choices"):
        return "one of " + ", ".join(choices)
    if metadata.get("models"):
        return "names of models with commas between them, or nothing"
    noun = "a whole number" if kind is int else "a number"
    return f"{noun} from {metadata['low']:,} to {metadata['high']:,}"


def _check(name: str, value: object, kind: type, metadata: Any) -> None:
    right_type = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
    if choices := metadata.get("choices"):
        right = right_type and value in choices
    elif metadata.get("models"):
        right = isinstance(value, str) and TEACHERS.fullmatch(value) is not None
    else:
        right = right_type and metadata["low"] <= value <= metadata["high"]
    if not right:
        raise RecipeError(name, f"found {value!r}, expected {expected(kind, metadata)}")


FORMER_NAMES = {
    "held_out": "validation_size",
    "outliers": "ood_share",
    "digits": "data",
}  # in saved recipes, and as flags


def recipe_from_json(values: object) -> Recipe:
    """Read a recipe back from `recipe_to_json`'s dictionary, checking all of it; what is missing has its default."""
    if not isinstance(values, dict):
        raise RecipeError("recipe", f"found {type(values).__name__}, expected an object")
    values = {FORMER_NAMES.get(str(name), str(name)): value for name, value in values.items()}
    if unknown := set(values) - {hyperparameter.name for hyperparameter in fields(Recipe)}:
        raise RecipeError("recipe", f"unknown hyperparameters: {', '.join(sorted(map(str, unknown)))}")
    return Recipe(**values)


def recipe_to_json(recipe: Recipe) -> dict[str, object]:
    """Return the hyperparameters as a dictionary that JSON can hold."""
    return asdict(recipe)


def classic() -> Recipe:
    """The original recipe: a five-layer perceptron, Adam, 10 epochs; published at 98.20 % on the test digits."""
    return Recipe()


def quick() -> Recipe:
    """A small convolutional network: 99.4 % of the test digits (5 seeds: 99.25 to 99.42 %), 5 s on two idle cores.

    A learning rate that is soon at its highest and the EMA of the weights: 99 % after three quarters of an epoch.
    """
    return Recipe(
        network="quick",
        epochs=2,
        batch_size=256,
        learning_rate=0.02,
        schedule="one-cycle",
        warmup=0.2,
        weight_decay=0.01,
        label_smoothing=0.1,
        dropout=0.0,
        ema_decay=0.95,
        precision="auto",
    )


def mlp_plus() -> Recipe:
    """The best perceptron: 99.4 % of the test digits (3 seeds: 99.43 to 99.46 %), a minute on two idle cores.

    It sees every digit bent in a new way each time, and keeps the EMA of its weights.
    """
    return Recipe(
        network="mlp-plus",
        epochs=40,
        batch_size=256,
        learning_rate=0.005,
        schedule="one-cycle",
        weight_decay=0.01,
        label_smoothing=0.05,
        dropout=0.0,
        affine=0.8,
        elastic=1.0,
        ema_decay=0.999,
        precision="auto",
    )


def accurate() -> Recipe:
    """The best network: 99.6 % of the test digits (4 trainings: 99.59 to 99.68 %), 15 min on two idle cores.

    It sees every digit bent in a new way each time, digits written in ways that MNIST hardly has, and letters and
    scribbles, so that it knows what is none.
    """
    return Recipe(
        network="accurate",
        epochs=24,
        batch_size=256,
        learning_rate=0.01,
        schedule="one-cycle",
        last_rate=0.3,
        weight_decay=0.01,
        label_smoothing=0.05,
        dropout=0.3,
        affine=0.3,
        elastic=0.5,
        synthetic=0.6,
        ood_share=0.25,
        ema_decay=0.999,
        precision="auto",
    )


def best() -> Recipe:
    """The widest network: 99.65 % of the test digits (1 training), 54 min on one core that was busy otherwise, too.

    It learns what `accurate` does, from digits bent more and fewer synthetic ones, and can teach smaller networks.
    """
    return replace(
        accurate(),
        network="best",
        epochs=12,
        batch_size=128,
        learning_rate=0.005,
        label_smoothing=0.0,
        affine=0.8,
        elastic=1.0,
        synthetic=0.18,
        ood_share=0.15,
    )


def characters() -> Recipe:
    """Reads letters and digits: EMNIST's 47 classes, learnt from what our program writes, some minutes on two cores.

    It sees each character bent in a new way each time, and scribbles, signs and other scripts, so that it knows what
    is none.
    """
    return replace(
        accurate(),
        data="characters",
        epochs=8,
        last_rate=0.05,
        affine=0.8,
        elastic=1.0,
        unbent=0.5,
        synthetic=0.0,
        mnist=0.056,
        ood_share=0.17,
    )


PRESETS = {
    "quick": quick,
    "accurate": accurate,
    "best": best,
    "mlp-plus": mlp_plus,
    "classic": classic,
    "characters": characters,
}


FOR_CLOTHES = 3  # times the epochs of a preset: clothes look more alike than digits do


def preset(name: str, **changes: Any) -> Recipe:
    """Return the named preset with some hyperparameters changed.

    For clothes it has more epochs and no synthetic digits, unless these are changed, too.
    """
    if name not in PRESETS:
        raise RecipeError("recipe", f"there is no recipe called {name!r}; available: {', '.join(PRESETS)}")
    recipe = PRESETS[name]()
    if changes.get("data") == "fashion":
        recipe = replace(recipe, epochs=FOR_CLOTHES * recipe.epochs, synthetic=0.0)
    return replace(recipe, **changes)


def preset_claim(name: str) -> str:
    """Return what a preset says of itself: the first paragraph of its docstring."""
    return paragraphs(PRESETS[name])[0]


def changed_hyperparameters(name: str, recipe: Recipe) -> dict[str, object]:
    """Return what makes a recipe of the preset of that name, as `preset` takes it."""
    data = {} if recipe.data == preset(name).data else {"data": recipe.data}
    usual = preset(name, **data)
    return data | {
        hyperparameter: values[1] for hyperparameter, values in differing_hyperparameters(usual, recipe).items()
    }


def differing_hyperparameters(one: Recipe, other: Recipe) -> dict[str, tuple[object, object]]:
    """Return the hyperparameters in which two recipes differ, with both values."""
    left, right = recipe_to_json(one), recipe_to_json(other)
    return {
        hyperparameter: (left[hyperparameter], right[hyperparameter])
        for hyperparameter in left
        if left[hyperparameter] != right[hyperparameter]
    }


def training_command(
    name_of_preset: str, recipe: Recipe, model: str, *, snapshots: bool = True, seeds: int | None = None
) -> str:
    """Return the line that trains a model of that name, or a group of so many seeds, keeping snapshots or not."""
    flags = training_flags(name_of_preset, recipe, model, snapshots=snapshots, seeds=seeds)
    return shlex.join(["python", "train.py", *flags])


def teaching_command(start: str, model: str, drawings: str = "drawings/drawings.jsonl") -> str:
    """Return the line that teaches a model of that name, from another one, the drawings of a file."""
    return shlex.join(["python", "train.py", "--from", start, "--drawings", drawings, "--name", model])


def training_flags(
    name_of_preset: str, recipe: Recipe, model: str, *, snapshots: bool = True, seeds: int | None = None
) -> list[str]:
    """Return the flags of `train.py` for this recipe: the preset, the name, and the hyperparameters that differ."""
    changed = changed_hyperparameters(name_of_preset, recipe).items()
    flags = [part for name, value in changed for part in (f"--{name.replace('_', '-')}", str(value))]
    flags += ["--seeds", str(seeds)] if seeds else []
    return ["--recipe", name_of_preset, "--name", model, *flags, *([] if snapshots else ["--no-snapshots"])]
