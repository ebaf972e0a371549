"""Writing pictures in a process of its own, beside what this one does.

Python's threads take turns at computing: two that both compute take longer than one after the other.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

from safetensors.numpy import load, save

from mnist_core.data.mnist import Digits
from mnist_core.settings import PROJECT_ROOT

Argument = int | tuple[str, ...]


@contextmanager
def written_beside(
    write: Callable[..., Digits], *arguments: Argument, processors: int
) -> Iterator[Callable[[], Digits | None]]:
    """Call a module's function with numbers or classes in a process of its own, which ends with this block.

    Gives what waits for the digits. That is None where there is one processor only, or where the process failed: the
    caller then writes them here.
    """
    process = _start(write, arguments) if processors > 1 else None
    if process is None:
        yield lambda: None
        return
    with process:
        try:
            yield lambda: _receive(process)
        finally:
            process.kill()


def _start(write: Callable[..., Digits], arguments: tuple[Argument, ...]) -> subprocess.Popen[bytes] | None:
    """Start the process; None where the system refuses it."""
    try:
        return subprocess.Popen(
            [sys.executable, "-m", __name__, write.__module__, write.__name__, *map(json.dumps, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
            start_new_session=True,  # Ctrl-C is for the process that waits
        )
    except OSError:
        return None


def _receive(process: subprocess.Popen[bytes]) -> Digits | None:
    output, _ = process.communicate()
    return Digits(**load(output)) if process.returncode == 0 else None


def _write(module: str, name: str, *arguments: str) -> bytes:
    given = (tuple(each) if isinstance(each, list) else each for each in map(json.loads, arguments))
    digits: Digits = getattr(import_module(module), name)(*given)
    return save({"images": digits.images, "labels": digits.labels})


if __name__ == "__main__":
    sys.stdout.buffer.write(_write(*sys.argv[1:]))
