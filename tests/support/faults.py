"""A disk that fails: the n-th call of the operating system's file functions raises an error, or ends the process.

Everything that this project does with files ends in a function of `os`, or in one of the files that `open` makes, which
ask the operating system at each read and write.
"""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from unittest.mock import patch

KILLED = 77  # the exit code of a process that was ended at a call
READING = ("stat", "lstat", "fstat", "scandir", "listdir", "readlink", "read")
CHANGING = (
    *("rename", "replace", "mkdir", "rmdir", "unlink", "remove", "fsync", "chmod", "utime", "truncate", "ftruncate"),
    *("sendfile", "link", "symlink", "write", "open"),
)


@dataclass(slots=True)
class Disk:
    """A disk that fails at a call, counted from 1: once, or from there on at all that would change it.

    Without an error, the process ends there, as by `kill -9`.
    """

    at: int
    error: int | None = None
    is_lasting: bool = False
    calls: list[str] = field(default_factory=list)  # what was asked of it

    def ask(self, name: str) -> None:
        """Count a call, and fail where it is to."""
        self.calls.append(name)
        if len(self.calls) == self.at or (self.is_lasting and len(self.calls) > self.at and name in CHANGING):
            if self.error is None:
                os._exit(KILLED)
            raise OSError(self.error, os.strerror(self.error), "/somewhere/secret")


@contextmanager
def failing(disk: Disk) -> Iterator[Disk]:
    """Put a disk in the place of this machine's."""
    file = _file_on(disk)
    whole_open = io.open

    def open_file(place: Any, mode: str = "r", buffering: int = -1, *rest: Any, **more: Any) -> Any:
        if not isinstance(place, int):
            disk.ask("open")
        if "b" not in mode:
            return whole_open(place, mode, buffering, *rest, **more)
        raw = file(place, mode.replace("b", ""), more.get("closefd", True), more.get("opener"))
        if buffering == 0:
            return raw
        return io.BufferedReader(raw) if mode[0] == "r" and "+" not in mode else io.BufferedWriter(raw)

    with ExitStack() as patches:
        for name in (*READING, *CHANGING):
            patches.enter_context(patch.object(os, name, _counting(disk, name, getattr(os, name))))
        patches.enter_context(patch.object(io, "FileIO", file))
        for module in (io, builtins):
            patches.enter_context(patch.object(module, "open", open_file))
        yield disk


def _counting(disk: Disk, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*values: Any, **more: Any) -> Any:
        disk.ask(name)
        return None if name == "fsync" else function(*values, **more)  # which is for power failures, and takes long

    return call


def _file_on(disk: Disk) -> type[io.FileIO]:
    class File(io.FileIO):
        def readinto(self, buffer: Any, /) -> int | None:
            disk.ask("read")
            return super().readinto(buffer)

        def read(self, size: int | None = -1, /) -> bytes:
            disk.ask("read")
            return super().read(size)

        def readall(self) -> bytes:
            disk.ask("read")
            return super().readall()

        def write(self, content: Any, /) -> int:
            disk.ask("write")
            return super().write(content)

    return File
