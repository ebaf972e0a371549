"""The machine that this runs on: its processors, how to leave room on them for others, and what else computes."""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import sys
from pathlib import Path
from typing import Literal, get_args

Device = Literal["auto", "cpu", "cuda", "mps"]  # named as torch names its types; AMD's cards are "cuda" to it, too
DEVICES: tuple[Device, ...] = get_args(Device)
NICENESS = 10
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h


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


def keep_freed_memory() -> None:
    """Let this process keep the memory that it frees, for its next use, where the C library is GNU's.

    A step of a training makes and frees the same tensors as the one before; by default much of their memory goes back
    to the system and is fetched again, page by page, each page cleared. Measured in docs/log.md.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        if library.mallopt(_M_MMAP_THRESHOLD, 32 << 20):  # the most that each glibc takes; the next alone would slow it
            library.mallopt(_M_TRIM_THRESHOLD, 1 << 30)


def collect_garbage_rarely() -> None:
    """Let Python look for garbage rarely in this process; call it before importing torch.

    By default it looks at what is new after 700 objects that stay, and torch brings half a million of them: importing
    it takes a quarter less time so. A step of a training leaves no garbage. Measured in docs/log.md.
    """
    gc.set_threshold(50_000)


def measure_peak_memory() -> int:
    """Return how many bytes of memory this process has had at most so far; 0 where the system does not tell."""
    if sys.platform == "linux":  # whose getrusage counts what a process had before it became this program
        kilobytes, *_ = (_read_entry(Path("/proc/self/status"), "VmHWM") or "0 kB").split()
        return int(kilobytes) * 1024
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # on Windows
        return 0
    return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # Apple's are bytes


def processor_name() -> str:
    """Name the processor, as exactly as the system tells."""
    return _read_entry(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()


def _read_entry(file: Path, name: str) -> str:
    """Return what Linux says under that name in one of its files; nothing where there is no such file or name."""
    lines = file.read_text().splitlines() if file.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
