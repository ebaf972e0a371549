"""Checkpoints: a training saved between two steps, so that it can be resumed bit for bit."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from mnist_core.errors import ModelError, RunError
from mnist_core.files import parse_json_object, read_bytes, read_metadata, write_atomically
from mnist_core.model.card import Card, card_from_json
from mnist_core.store.layout import CHECKPOINT, MAX_CHECKPOINT
from mnist_core.store.runs import Run

if TYPE_CHECKING:  # what lists runs need not wait for torch
    from torch import Tensor

    from mnist_core.model.inference import Model


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training saved between two steps: tensors by name, how far it is, its card so far, its history's size."""

    tensors: dict[str, Tensor]
    progress: dict[str, Any]
    card: Card
    history_bytes: int


def save_checkpoint(run: Run, checkpoint: Checkpoint) -> None:
    """Write a checkpoint whole, in the place of the one before."""
    from safetensors.torch import save

    notes = {
        "progress": json.dumps(checkpoint.progress),
        "card": checkpoint.card.to_json(),
        "history_bytes": str(checkpoint.history_bytes),
    }
    write_atomically(run.folder / CHECKPOINT, save(checkpoint.tensors, notes))


def load_checkpoint(run: Run) -> Checkpoint | None:
    """Read the checkpoint; None where none was saved yet. Raises `RunError` for one that is damaged."""
    from safetensors.torch import load

    try:
        # At once: `safe_open` opens it twice, and may find two checkpoints.
        content = read_bytes(run.folder / CHECKPOINT, MAX_CHECKPOINT)
        notes = read_metadata(content)
        return Checkpoint(
            load(content),
            parse_json_object(notes["progress"], "progress"),
            card_from_json(notes["card"]),
            int(notes["history_bytes"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, ModelError) as error:
        raise RunError(f"The checkpoint of {run.name!r} is damaged. Begin it anew, or delete it.") from error


def load_trained(run: Run) -> Model:
    """Load the network that a run has saved last, ready to answer; raises `RunError`."""
    from mnist_core.model.inference import Model, load_network

    checkpoint = load_checkpoint(run)
    if checkpoint is None:
        raise RunError(f"{run.name!r} has not saved a network yet. Wait a few seconds.")
    prefix = "average.module." if run.recipe.ema_decay else "network."
    weights = {
        name.removeprefix(prefix): value for name, value in checkpoint.tensors.items() if name.startswith(prefix)
    }
    try:
        network = load_network(run.recipe.network, weights, len(checkpoint.card.classes))
    except RuntimeError as error:
        raise RunError(f"The checkpoint of {run.name!r} does not fit its network.") from error
    except FloatingPointError:
        raise RunError(f"The network that {run.name!r} has saved holds what is no number.") from None
    return Model(network, replace(checkpoint.card, name=run.name))  # it may have been renamed since
