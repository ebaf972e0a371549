"""The drawings that a person has kept: read once as long as their file stays as it is, and asked about once a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.data.mnist import NOT_A_DIGIT, SIDE
from mnist_core.model.inference import BATCH_SIZE
from mnist_core.model.prediction import Prediction, predict_all
from mnist_core.preprocessing.raster import as_bytes
from mnist_core.settings import read_settings
from mnist_core.store.drawings import FILE, MAX_DRAWINGS, Drawings, KeptDrawing, find_class, read_drawings
from ui.services import answering
from ui.services.answering import MAX_LOADED, LoadedModel
from ui.services.stamps import status_of

FEW = 50  # drawings, which are read one by one before torch would be there; it takes many at once


def read() -> Drawings:
    """Return what has been kept; raises `KeptDrawingsError` where the file cannot be read."""
    drawings_dir = read_settings().drawings_dir
    status = status_of(drawings_dir / FILE)
    stamp = (status.st_mtime_ns, status.st_ino, status.st_size) if status else ()
    return _read(str(drawings_dir), stamp)


def images_of(drawings: Sequence[KeptDrawing]) -> NDArray[np.uint8]:
    """Return drawings as networks see them, `(N, 28, 28)`, ink 255 on 0."""
    pixels = b"".join(_image_of(each.strokes, each.pen_width, each.pixels) for each in drawings)
    return np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE)


def answers_to(loaded: LoadedModel, drawings: Sequence[KeptDrawing]) -> list[Prediction | None]:
    """Return what a model answers to drawings, with their labels where those are its classes; each is asked about once.

    None is for one that has no ink.
    """
    known = _remember(loaded).answers
    images = {image.tobytes(): image for image in images_of(drawings)}
    new = [pixels for pixels in images if pixels not in known]
    for start in range(0, len(new), BATCH_SIZE):
        batch = new[start : start + BATCH_SIZE]
        digits = np.stack([images[pixels] for pixels in batch]).astype(np.float32) / np.float32(255)
        if len(new) <= FEW:
            found = [answering.ask(loaded, digit)[0] for digit in digits]
        else:
            found = answering.answer_thread().submit(predict_all, loaded.model, digits).result()
        known.update(zip(batch, found, strict=True))
    answers = [known[image.tobytes()] for image in images_of(drawings)]
    return [
        answer and answer.with_label(_label_in(drawing, answer.classes))
        for answer, drawing in zip(answers, drawings, strict=True)
    ]


def _label_in(drawing: KeptDrawing, classes: tuple[str, ...]) -> int | None:
    number = find_class(drawing.label, classes)
    return None if number == NOT_A_DIGIT else number


@dataclass(slots=True)
class _Memory:
    """A model, which so keeps its identity, and what it answered, by the pixels that it was asked about."""

    loaded: LoadedModel
    answers: dict[bytes, Prediction | None] = field(default_factory=dict)


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(drawings_dir: str, stamp: tuple[int, ...]) -> Drawings:  # noqa: ARG001, the stamp is part of the key
    return read_drawings(Path(drawings_dir))


@st.cache_resource(max_entries=MAX_LOADED, show_spinner=False, hash_funcs={LoadedModel: id})
def _remember(loaded: LoadedModel) -> _Memory:
    return _Memory(loaded)


@lru_cache(maxsize=MAX_DRAWINGS)
def _image_of(strokes: tuple[tuple[tuple[float, float], ...], ...], pen_width: float, pixels: bytes) -> bytes:
    return as_bytes(KeptDrawing(label="0", strokes=strokes, pen_width=pen_width, pixels=pixels).digit).tobytes()
