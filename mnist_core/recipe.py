"""Recipes: all that decides how a network is trained, and the named presets.

A `Recipe` is saved with the model it made. Its dials carry their ranges and their help, and the flags of
`train.py` are made from them, so the command line, a form and a saved file obey the same rules.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from mnist_core.errors import RecipeError

NETWORKS = ("classic",)


def _dial(default: Any, help: str, *, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"help": help, "low": low, "high": high})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What decides a training. Two trainings of one recipe on one machine give the same weights.

    Raises `RecipeError`, which names the dial, for a value outside its range.
    """

    network: str = field(default="classic", metadata={"help": "the network to train", "choices": NETWORKS})
    epochs: int = _dial(10, "passes over the training digits", low=1, high=1000)
    batch_size: int = _dial(64, "digits a step", low=1, high=10_000)
    learning_rate: float = _dial(0.001, "step size of Adam", low=1e-6, high=1.0)
    held_out: int = _dial(
        5000,
        "training digits, the last ones, kept aside to choose by; 0 trains on all 60,000",
        low=0,
        high=30_000,
    )
    seed: int = _dial(0, "decides the first weights, the order of the digits and the dropout", low=0, high=2**32 - 1)

    def __post_init__(self) -> None:
        for dial in fields(self):
            _check(dial.name, getattr(self, dial.name), type(dial.default), dial.metadata)


def expected(kind: type, metadata: Any) -> str:
    """Say in words what a dial accepts: "a whole number from 1 to 1000"."""
    if choices := metadata.get("choices"):
        return "one of " + ", ".join(choices)
    noun = "a whole number" if kind is int else "a number"
    return f"{noun} from {metadata['low']:,} to {metadata['high']:,}"


def _check(name: str, value: object, kind: type, metadata: Any) -> None:
    right_type = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
    if choices := metadata.get("choices"):
        right = right_type and value in choices
    else:
        right = right_type and metadata["low"] <= value <= metadata["high"]
    if not right:
        raise RecipeError(name, f"found {value!r}, expected {expected(kind, metadata)}")


def recipe_from_json(values: object) -> Recipe:
    """Read a recipe back from `recipe_to_json`'s dictionary, checking every dial."""
    if not isinstance(values, dict):
        raise RecipeError("recipe", f"found {type(values).__name__}, expected an object")
    known = {dial.name for dial in fields(Recipe)}
    if set(values) != known:
        odd = ", ".join(sorted(map(str, set(values) ^ known)))
        raise RecipeError("recipe", f"unknown or missing dials: {odd}")
    return Recipe(**values)


def recipe_to_json(recipe: Recipe) -> dict[str, object]:
    """Return the dials as a dictionary that JSON can hold."""
    return asdict(recipe)


def classic() -> Recipe:
    """The original recipe: a five-layer perceptron, Adam, 10 epochs; published at 98.20 % on the test digits."""
    return Recipe()


PRESETS = {"classic": classic}


def preset(name: str, **changes: Any) -> Recipe:
    """Return the named preset with some dials changed."""
    if name not in PRESETS:
        raise RecipeError("recipe", f"there is no recipe called {name!r}; available: {', '.join(PRESETS)}")
    return replace(PRESETS[name](), **changes)


def changed_dials(name: str, recipe: Recipe) -> dict[str, object]:
    """Return the dials in which a recipe differs from the preset of that name."""
    original = recipe_to_json(preset(name))
    return {dial: value for dial, value in recipe_to_json(recipe).items() if value != original[dial]}
