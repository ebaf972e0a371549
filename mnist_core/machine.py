"""The machine that this runs on: its processors, and how to leave room on them for others."""

from __future__ import annotations

import os
import platform
from pathlib import Path

NICENESS = 10


def count_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def let_threads_sleep() -> None:
    """Let torch's threads sleep soon while they wait for each other; call it before importing torch.

    GNU's OpenMP by default lets them spin 300 times as long. Beside another process that does so, each waits for the
    other's turn to end, and a step of 2 ms takes 300 instead of 4. Not to spin at all would cost half as much again
    where nothing else runs. Measured in docs/log.md.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def let_others_go_first() -> None:
    """Take a low priority in this process, so that a page stays quick; call it before importing torch."""
    let_threads_sleep()
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)


def processor_name() -> str:
    """Name the processor, as exactly as the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
