"""Where models and data lie: in the project, or where the environment says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Settings:
    """The folder of the models, and the folder of the data set."""

    models_dir: Path
    data_dir: Path


def read_settings() -> Settings:
    """Read the variables `MNIST_MODELS` and `MNIST_DATA`; without them, `models/` and `data/` in the project."""
    return Settings(
        models_dir=Path(os.environ.get("MNIST_MODELS") or PROJECT_ROOT / "models"),
        data_dir=Path(os.environ.get("MNIST_DATA") or PROJECT_ROOT / "data"),
    )
