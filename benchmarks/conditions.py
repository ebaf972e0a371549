"""Under what conditions a figure was measured: it travels with every result."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from mnist_core.machine import processor_name


def conditions() -> dict[str, object]:
    """Return the command, the machine and the versions."""
    return {
        "command": " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *map(_short, sys.argv[1:])]),
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in ("torch", "numpy", "pillow", "streamlit")},
    }


def save_figures(file: Path | None, **figures: object) -> None:
    """Write figures with their conditions as JSON; without a file, nothing is kept."""
    if file:
        file.write_text(json.dumps({"conditions": conditions()} | figures, indent=2) + "\n")


def _short(argument: str) -> str:
    """Keep the file's name, not where it lies on this machine."""
    return Path(argument).name if "/" in argument else argument
