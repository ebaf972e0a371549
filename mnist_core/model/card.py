"""The card of a model: what it is and how it was made."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import datetime
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta

from mnist_core.alphabets import DIGITS, check_classes
from mnist_core.errors import DamagedModel, RecipeError
from mnist_core.files import Count, Share, parse_json_object
from mnist_core.recipe import (
    MAX_TEACHERS,
    PRESETS,
    Recipe,
    SeedGroup,
    recipe_from_json,
    recipe_to_json,
    teaching_command,
    training_command,
)

FORMAT = 1  # of the model folder; a reader refuses a newer one
MAX_TEXT_LENGTH = 500  # characters of whatever a card says

Whole = Annotated[int, Meta(ge=0)]
Bytes = Annotated[int, Meta(ge=0, lt=2**53)]
Amount = Annotated[float, Meta(gt=0, lt=1e9)]
# Calibration keeps within 0.05 and 20, and older ones went a little beyond; further out all answers are alike.
Temperature = Annotated[float, Meta(ge=0.01, le=100)]
Checksums = Annotated[tuple[Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")], ...], Meta(max_length=MAX_TEACHERS)]
ALWAYS_WRITTEN = ("top_two_threshold", "precision", "precision_reason", "format")  # of what has a default
FORMER_NAMES = {"least_two_best": "top_two_threshold"}  # in saved cards


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a model says of itself. `preset` and `recipe` are what it was trained by, `trained_on` counts digits.

    A model that was taught a person's drawings says from which model, how many drawings it was given, and how many of
    these were held out.
    """

    name: str
    preset: str
    recipe: Recipe
    parameters: Count
    trained_on: Count
    data_sha256: str
    weights_sha256: str
    temperature: Temperature  # the logits are divided by it before the softmax
    seconds: Amount  # of training, without the evaluation
    device: str
    threads: Count
    versions: dict[str, str]
    created: str  # ISO 8601, UTC
    classes: tuple[str, ...] = DIGITS  # their names, in the order of the logits
    top_two_threshold: Share = 0.0  # two best digits that have less together are not believed to be one; 0 believes all
    precision: str = "float32"  # of the products in training; answers are always given in float32
    precision_reason: str = "the recipe asks for it"
    note: str = ""  # what a person adds: how it was chosen, for instance
    teachers_sha256: Checksums = ()  # of the weights of the models that it was distilled from
    group: SeedGroup | None = None  # that it was trained in
    started_from: str = ""  # the model that it was taught from
    drawings: Whole = 0
    held_out: Whole = 0  # of the drawings
    rate_changes: Whole = 0  # how often somebody changed its learning rate meanwhile, which no command does again
    peak_memory: Bytes = 0  # that the process had at most, or the CUDA device; 0 where that is not known
    processes: Count = 1  # that trained it together; `threads` are those of each machine
    format: int = FORMAT

    def to_json(self) -> str:
        """Return the card as the text of `card.json`; what has its default is left out, for older readers."""
        entries = asdict(self) | {"recipe": recipe_to_json(self.recipe)}
        for field in fields(self):
            if field.name not in ALWAYS_WRITTEN and getattr(self, field.name) == field.default:
                del entries[field.name]
        return json.dumps(entries, indent=2) + "\n"

    def command(self, name: str) -> str:
        """Return the line that makes such a model anew under that name; one that was taught needs the drawings, too."""
        if self.started_from:
            return teaching_command(self.started_from, name)
        return training_command(self.preset, self.recipe, name)


_ANNOTATIONS = get_type_hints(Card, include_extras=True)


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
        values["recipe"] = recipe_from_json(values["recipe"])
    except RecipeError as error:
        raise DamagedModel(f"card.json has a recipe that cannot be: {error}.") from error
    values = {name: _read_entry(name, value) for name, value in values.items()}
    if values.get("held_out", 0) > values.get("drawings", 0):
        raise DamagedModel("card.json says that more drawings were held out than there were.")
    return Card(**values)


def _read_entry(name: str, value: object) -> Any:  # noqa: ANN401, an entry may be of any kind
    try:
        entry = msgspec.convert(value, _ANNOTATIONS[name])
        if name == "created":
            datetime.fromisoformat(entry)
        if name == "preset" and entry not in PRESETS:
            raise ValueError(f"expected one of {', '.join(PRESETS)}")
    except ValueError as error:
        raise DamagedModel(f"card.json says {name} = {str(value)[:80]!r}, which cannot be.") from error
    if name == "classes":
        try:
            check_classes(entry)
        except ValueError as error:
            raise DamagedModel(f"card.json has classes that cannot be: {error}.") from error
    return entry


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
