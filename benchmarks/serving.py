"""Serve the app as a visitor has it, and find the browser, for what drives it there."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PROJECT = Path(__file__).resolve().parent.parent
PARTS = ("mnist_core", "models", "pages", "ui", ".streamlit", "streamlit_app.py", "train.py")


@contextmanager
def served(project: Path = PROJECT, prefix: Sequence[str] = ()) -> Iterator[str]:
    """Serve the app of this project on a free port and give its address; it ends with the block.

    The prefix is a command that runs the rest of its line, such as `nice`.
    """
    with served_process(project, prefix) as (address, _):
        yield address


@contextmanager
def served_process(project: Path = PROJECT, prefix: Sequence[str] = ()) -> Iterator[tuple[str, int]]:
    """Serve the app as `served` does and give the number of its process, too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*prefix, sys.executable, "-m", "streamlit", "run", "streamlit_app.py", f"--server.port={port}"]
    process = subprocess.Popen([*command, "--server.headless=true"], cwd=project)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(60)  # it lets a computation end first


def copy_app(target: Path, project: Path = PROJECT) -> Path:
    """Copy what the app needs, so that what is trained there leaves nothing here; returns the copy."""
    for part in PARTS:
        source = project / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__", ".runs", ".bin"))
        else:
            shutil.copy(source, target / part)
    return target


def _wait_for(address: str) -> None:
    for _ in range(3000):
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise TimeoutError(f"nothing answers at {address}")
