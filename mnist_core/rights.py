"""Who may do what: the mode in which the app is served, and what its visitors may do in it.

`MNIST_EXPLORER` names the mode: `own`, `class` or `public`. Each function by which a page changes something, trains,
evaluates, fetches or exports asks for its right first, so that a message that no page of ours sent is refused, too;
pages ask the same to know what to offer. The command line is its user's own: it asks for no right.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mnist_core.errors import NotAllowed, RecipeError
from mnist_core.recipe import Recipe

VARIABLE = "MNIST_EXPLORER"
VISITORS = "made-by-a-visitor"  # an empty file in the folder of a run or model


class Mode(StrEnum):
    """Whom the app is for: one person, people who share a machine, or anybody."""

    OWN = "own"
    CLASS = "class"
    PUBLIC = "public"


class Right(StrEnum):
    """What a visitor may or may not do, as a part of a sentence."""

    START = "start trainings"
    RESUME = "resume trainings"
    STOP = "stop trainings"
    STEER = "change trainings that run"
    DELETE = "delete models or empty the bin"
    RENAME = "rename models"
    ADD = "add models"
    EVALUATE = "evaluate models"
    MAP = "draw maps of the test digits"
    FETCH = "fetch the digits"
    EXPORT = "make ONNX models"
    KEEP = "keep drawings"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a visitor's training may take, how many may wait, and how much visitors may make: models, runs, the bin."""

    epochs: int
    batch_size: int
    minutes: int
    waiting: int
    made: int


CLASS_LIMITS = Limits(epochs=50, batch_size=1000, minutes=10, waiting=30, made=100)


def read_mode() -> Mode:
    """Read the mode from the environment, `own` without a word; raises `ValueError` for a word that names none."""
    word = os.environ.get(VARIABLE) or Mode.OWN
    try:
        return Mode(word)
    except ValueError:
        raise ValueError(f"{VARIABLE} is {word[:80]!r}; expected one of {', '.join(Mode)}.") from None


def limits() -> Limits | None:
    """Return what limits the visitors' trainings; None where nothing does."""
    return None if read_mode() is Mode.OWN else CLASS_LIMITS


def why_not(right: Right, folder: Path | None = None) -> str:
    """Say why visitors may not do something, or not to what lies in this folder; empty where they may.

    A class does as it likes with what its visitors have made, and with nothing else.
    """
    mode = read_mode()
    if mode is Mode.PUBLIC:
        return f"Visitors of this server may draw, look and compare, but not {right}."
    if right is Right.KEEP and mode is Mode.CLASS:
        return "Drawings are kept only where the app runs on one's own machine."
    if mode is Mode.CLASS and folder and not (folder / VISITORS).exists():
        return f"{folder.name!r} was not made by visitors of this server, and stays as it is."
    return ""


def may(right: Right, folder: Path | None = None) -> bool:
    """Tell whether visitors may do something, or do it to what lies in this folder."""
    return not why_not(right, folder)


def require(right: Right, folder: Path | None = None) -> None:
    """Raise `NotAllowed` where visitors may not do something, or not to what lies in this folder."""
    if reason := why_not(right, folder):
        raise NotAllowed(reason)


def check_limits(recipe: Recipe) -> None:
    """Raise `RecipeError` for a recipe that is larger than a visitor's training may be."""
    bounds = limits()
    if bounds:
        for setting in ("epochs", "batch_size"):
            found, most = getattr(recipe, setting), getattr(bounds, setting)
            if found > most:
                raise RecipeError(setting, f"found {found:,}, expected at most {most:,} on this server")


def check_room(models_dir: Path) -> None:
    """Raise `NotAllowed` where visitors have made as much as they may: models, unfinished ones, what is in the bin.

    Raises `OSError` where that cannot be looked at.
    """
    bounds = limits()
    places = ("*", ".*/*") if bounds else ()
    made = [path for place in places for path in models_dir.glob(f"{place}/{VISITORS}")]
    if bounds and len(made) >= bounds.made:
        raise NotAllowed(
            f"Visitors of this server have made {bounds.made} models. Delete some of them and empty the bin first."
        )


def mark(folder: Path) -> None:
    """Note in a folder that a visitor has made what lies there."""
    (folder / VISITORS).touch()
