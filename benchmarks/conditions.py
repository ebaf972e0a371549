"""Under what conditions a figure was measured: it travels with every result."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from mnist_core.machine import processor_name

_NUMBERS = re.compile(r"\[[-+.\d,e\s]+\]")  # a list that would stand one number a line


def conditions() -> dict[str, object]:
    """Return the command, the machine and the versions."""
    return {
        "command": " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *map(_short, sys.argv[1:])]),
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor_name(),
        "processor_model": _processor_model(),
        "cores": os.cpu_count(),
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in ("torch", "numpy", "pillow", "streamlit")},
    }


def save_figures(file: Path | None, **figures: object) -> None:
    """Write figures with their conditions as JSON; without a file, nothing is kept."""
    if file:
        text = json.dumps({"conditions": conditions()} | figures, indent=2)
        file.write_text(
            _NUMBERS.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text) + "\n"
        )


def _processor_model() -> dict[str, int]:
    """Return the family and the model, where the system tells: one name may stand for processors of several ages."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.is_file() else ""
    return {what: int(number) for what, number in re.findall(r"^(cpu family|model)\s*: (\d+)$", text, re.MULTILINE)}


def _short(argument: str) -> str:
    """Keep the file's name, not where it lies on this machine."""
    return Path(argument).name if "/" in argument else argument
