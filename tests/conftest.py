"""What several tests need: the real digits, small digits made here, models trained on them, a served app."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import Digits, load_mnist
from mnist_core.errors import DataError

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def mnist_test() -> Digits:
    """The 10,000 real test digits."""
    return _real("test")


@pytest.fixture(scope="session")
def mnist_train() -> Digits:
    """The 60,000 real training digits."""
    return _real("train")


def _real(split: str) -> Digits:
    try:
        return load_mnist(split, fetch=False)
    except DataError as error:
        pytest.skip(f"needs the MNIST digits: {error}")


@pytest.fixture(scope="session")
def made_digits() -> Digits:
    """600 digits that are easy to tell apart: a noisy bar whose row says which digit it is."""
    generator = np.random.default_rng(7)
    labels = np.arange(600) % 10
    images = generator.integers(0, 60, (600, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 2 * label : 6 + 2 * label, 4:24] = 255
    return Digits(images, labels.astype(np.int64))


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A models folder that holds a copy of the shipped model."""
    shutil.copytree(PROJECT / "models" / "classic", tmp_path / "models" / "classic")
    return tmp_path / "models"


@pytest.fixture(scope="session")
def app_address() -> Iterator[str]:
    """The address of the app, served as a visitor's would be."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", f"--server.port={port}"]
    process = subprocess.Popen([*command, "--server.headless=true"], cwd=PROJECT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/_stcore/health")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {address}")
