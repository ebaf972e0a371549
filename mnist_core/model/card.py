"""The card of a model: what it is, how it was made, and how to make it again."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import datetime
from typing import Any

from mnist_core.errors import DamagedModel, RecipeError
from mnist_core.files import parse_json_object
from mnist_core.recipe import PRESETS, Recipe, recipe_from_json, recipe_to_json, training_command

FORMAT = 1  # of the model folder; a reader refuses a newer one
MAX_TEXT_LENGTH = 500  # characters of whatever a card says

FORMER_NAMES = {"least_two_best": "top_two_threshold"}  # in saved cards


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a model says of itself. `preset` and `recipe` are what it was trained by, `trained_on` counts digits."""

    name: str
    preset: str
    recipe: Recipe
    parameters: int
    trained_on: int
    data_sha256: str
    weights_sha256: str
    temperature: float  # the logits are divided by it before the softmax
    seconds: float  # of training, without the evaluation
    device: str
    threads: int
    versions: dict[str, str]
    created: str  # ISO 8601, UTC
    top_two_threshold: float = 0.0  # two best digits that have less together are not believed to be one; 0 believes all
    precision: str = "float32"  # of the products in training; answers are always given in float32
    precision_reason: str = "the recipe asks for it"
    format: int = FORMAT

    @property
    def command(self) -> str:
        """The line that trains this model again."""
        return training_command(self.preset, self.recipe, self.name)

    def to_json(self) -> str:
        """Return the card as the text of `card.json`."""
        return json.dumps(asdict(self) | {"recipe": recipe_to_json(self.recipe)}, indent=2) + "\n"


def card_from_json(text: str) -> Card:
    """Read a card, trusting nothing; raises `DamagedModel` with the reason."""
    values = parse_json_object(text, "card.json")
    for found in _texts(values):  # before anything repeats one of them
        if not found.isprintable() or len(found) > MAX_TEXT_LENGTH:
            raise DamagedModel(f"card.json says {found[:80]!r}; expected up to {MAX_TEXT_LENGTH} printable letters.")
    if values.get("format") != FORMAT:
        raise DamagedModel(f"card.json has format {values.get('format')!r}, expected {FORMAT}.")
    values = {FORMER_NAMES.get(name, name): value for name, value in values.items()}
    needed = {field.name for field in fields(Card) if field.default is MISSING}
    odd = needed - set(values) | set(values) - {field.name for field in fields(Card)}
    if odd:
        raise DamagedModel(f"card.json has unknown or missing entries: {', '.join(sorted(odd))}.")
    try:
        recipe = recipe_from_json(values["recipe"])
    except RecipeError as error:
        raise DamagedModel(f"card.json has a recipe that cannot be: {error}.") from error
    card = Card(**values | {"recipe": recipe})
    for name in (
        "name",
        "preset",
        "data_sha256",
        "weights_sha256",
        "device",
        "created",
        "precision",
        "precision_reason",
    ):
        _require(isinstance(getattr(card, name), str), name, values)
    _require(_is_moment(card.created), "created", values)
    for name in ("parameters", "trained_on", "threads"):
        _require(isinstance(getattr(card, name), int) and getattr(card, name) > 0, name, values)
    for name in ("temperature", "seconds"):
        _require(isinstance(getattr(card, name), int | float) and 0 < getattr(card, name) < 1e9, name, values)
    _require(
        isinstance(card.versions, dict) and all(isinstance(v, str) for v in card.versions.values()), "versions", values
    )
    _require(
        isinstance(card.top_two_threshold, int | float) and 0 <= card.top_two_threshold <= 1,
        "top_two_threshold",
        values,
    )
    _require(card.preset in PRESETS, "preset", values)
    return card


def _texts(values: object) -> list[str]:
    """Return every text among the values of a JSON file, names of entries too."""
    texts: list[str] = []
    left = [values]
    while left:
        value = left.pop()
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value
    return texts


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _require(fine: bool, name: str, values: dict[str, Any]) -> None:
    if not fine:
        raise DamagedModel(f"card.json says {name} = {str(values[name])[:80]!r}, which cannot be.")
