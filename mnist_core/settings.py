"""Where models, data and kept drawings lie: in the project, or where the environment says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Settings:
    """The folders of the models, of the data set, and of the drawings that their writer has kept."""

    models_dir: Path
    data_dir: Path
    drawings_dir: Path


def read_settings() -> Settings:
    """Read the variables `MNIST_MODELS`, `MNIST_DATA` and `MNIST_DRAWINGS`.

    Without them: `models/` and `data/` in the project, and `drawings/` beside the models.
    """
    models_dir = Path(os.environ.get("MNIST_MODELS") or PROJECT_ROOT / "models")
    return Settings(
        models_dir=models_dir,
        data_dir=Path(os.environ.get("MNIST_DATA") or PROJECT_ROOT / "data"),
        drawings_dir=Path(os.environ.get("MNIST_DRAWINGS") or models_dir.resolve().parent / "drawings"),
    )
