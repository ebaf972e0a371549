"""How many drawings each model reads, kept in memory once it is known."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.model.card import Card
from ui.services import answering

if TYPE_CHECKING:
    from mnist_core.evaluation.drawing_benchmark import Drawings, DrawingScore

_measuring = Lock()  # one at a time leaves the other processor to those who draw


def find(card: Card) -> DrawingScore | None:
    """Return how many drawings a model reads, where that is known already."""
    return _scores().get(card.to_json())


def measure(card: Card) -> DrawingScore:
    """Let a model read drawings that no training has seen, which takes seconds; raises as `answering.load` does."""
    from mnist_core.evaluation.drawing_benchmark import score_drawings

    model = answering.load(card.name).model
    with _measuring:
        known = find(card)  # another visitor may have asked just before
        if known is None:
            known = _scores()[card.to_json()] = score_drawings(model, _drawings())
    return known


@st.cache_resource(show_spinner=False)
def _drawings() -> Drawings:
    from mnist_core.evaluation.drawing_benchmark import write_drawings

    return write_drawings()


@st.cache_resource(show_spinner=False)
def _scores() -> dict[str, DrawingScore]:
    """By what is on the card, since that decides the answers."""
    return {}
