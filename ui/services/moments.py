"""A model, or an unfinished run, as it was at the moments of its training that were kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnist_core.data.mnist import SIDE
from mnist_core.errors import DamagedModel
from mnist_core.evaluation.learnt import Learnt, when_learnt
from mnist_core.model.inference import as_arrays
from mnist_core.model.light import LightModel, make_light
from mnist_core.settings import read_settings
from mnist_core.store.layout import HISTORY, SNAPSHOTS
from mnist_core.store.over_time import Kind, OverTime, load_over_time
from mnist_core.store.runs import Run
from mnist_core.store.snapshots import has_snapshots, read_snapshots
from mnist_core.training.moments import moments_in
from ui.services import answering, training_runs
from ui.services.catalogue import EvaluatedModel
from ui.services.stamps import Stamp, stamp_folder, status_of


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """A network after some steps of its training; the last is what it is now.

    Those of `is_same` False are of another training by the same recipe.
    """

    steps: tuple[int, ...]
    models: tuple[LightModel, ...]
    is_same: bool


def are_kept(run: Run) -> bool:
    """Tell whether there are moments to look at, and a network now."""
    return has_snapshots(run.folder) and (run.card is not None or run.has_checkpoint)


def read(run: Run) -> Moments:
    """Return the moments of a run; raises `ModelError` or `RunError` where they, or its network, cannot be read."""
    statuses = [status_of(run.folder / file) for file in (SNAPSHOTS, HISTORY)]
    return _read(run, tuple(status and (status.st_mtime_ns, status.st_size, status.st_ino) for status in statuses))


def read_over_time(kind: Kind, name: str) -> OverTime | None:
    """Return how a model answered at those moments, where that was asked."""
    models_dir = read_settings().models_dir
    return _read_over_time(kind, name, str(models_dir), stamp_folder(models_dir / name))


def read_learnt(evaluated: EvaluatedModel) -> Learnt | None:
    """Return when a model learnt each of the test digits, where that was computed."""
    found = read_over_time("test", evaluated.name)
    labels = evaluated.answers.labels
    if found is None or found.values.shape[1:] != labels.shape:  # it was evaluated by others since
        return None
    return when_learnt(found.values, found.steps, labels)


@st.cache_resource(max_entries=2, show_spinner=False)
def _read(run: Run, stamp: object) -> Moments:  # noqa: ARG001, the stamp is part of the key
    label = run.name if run.card else training_runs.label_of(run.name)
    now = answering.load(label).answers
    if not isinstance(now, LightModel):
        now = make_light(as_arrays(now.network), now.card)
    kept = read_snapshots(run.folder, now.tensors)
    with np.errstate(all="ignore"):  # of what a stranger's file may make
        then = tuple(
            make_light({name: np.asarray(tensor) for name, tensor in each.items()}, now.card) for each in kept.tensors
        )
        if not all(np.isfinite(model.logits(np.ones((SIDE, SIDE), np.float32))).all() for model in then):
            raise DamagedModel(
                f"{SNAPSHOTS} of {run.name!r} is damaged: a network in it answers with what is no number."
            )
    return Moments(moments_in(run.folder, kept), (*then, now), is_same=kept.created in ("", run.created))


@st.cache_resource(max_entries=20, show_spinner=False)
def _read_over_time(kind: Kind, name: str, models_dir: str, stamp: Stamp) -> OverTime | None:  # noqa: ARG001
    return load_over_time(kind, answering.load(name).card, models_dir)
