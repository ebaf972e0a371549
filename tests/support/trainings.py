"""Trainings that are not finished, and patience with those that run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from mnist_core.data.mnist import Digits
from mnist_core.model.networks import build_network
from mnist_core.recipe import preset
from mnist_core.store.checkpoints import Checkpoint, save_checkpoint
from mnist_core.store.history import Step, entry_to_line
from mnist_core.store.models import load_model
from mnist_core.store.runs import Run, create_run, find_run, run_folder
from mnist_core.training.loop import Training

MODEL = {  # the files of a finished training
    "card.json",
    "weights.safetensors",
    "history.jsonl",
    "evaluation.json",
    "probabilities.safetensors",
    "snapshots.safetensors",
}


def save_unfinished(shelf: Path, seed: int, step: int) -> Run:
    """Save a run of `half` that has saved a network, or let it go on to that step."""
    recipe = preset("classic", seed=seed)
    training = Training(recipe, build_network("classic", seed), Digits(np.zeros((64, 28, 28), np.uint8), np.arange(64)))
    there = run_folder("half", shelf).exists()
    run = find_run("half", shelf) if there else create_run("half", "classic", recipe, shelf, threads=1)
    card = replace(load_model("classic", shelf).card, name="half", recipe=recipe)
    save_checkpoint(run, Checkpoint(*training.state(), card, 0))
    with (run.folder / "history.jsonl").open("a") as history:
        history.write(entry_to_line(Step(step, 860, 2.0, 1.5, 0.001)))
    return run


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until it is so; fail where it takes longer."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not so after {seconds} seconds"
        time.sleep(0.05)
