"""Where things lie, by the environment."""

from pathlib import Path

import pytest

from mnist_core.settings import read_settings


@pytest.mark.parametrize("models", [".", "/", "models", "models/", "a/../models"])
def test_drawings_lie_beside_the_models_wherever_those_are(monkeypatch, tmp_path, models):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MNIST_DRAWINGS")
    monkeypatch.setenv("MNIST_MODELS", models)
    assert read_settings().drawings_dir == Path(models).resolve().parent / "drawings"
