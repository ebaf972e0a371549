"""Files and folders that a reader finds whole or not at all, and reading them with care.

What is not finished yet, or is to go, bears a hidden name that begins with `TEMPORARY`: what a killed process leaves is
known by it, and `store.changes` sweeps it away.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from msgspec import Meta

from mnist_core.errors import DamagedModel

TEMPORARY = ".tmp-"  # how the names of what is not there to stay begin
MAX_TEXT_BYTES = 10_000_000  # bytes

Count = Annotated[int, Meta(ge=1, le=10**9)]  # of what is read from a file; `msgspec.convert` checks it
Share = Annotated[float, Meta(ge=0, le=1)]


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds all of it or the one before: beside the target, flushed, renamed."""
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    work = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        work.chmod(0o644)
        work.replace(path)
    except BaseException:
        with suppress(OSError):
            work.unlink()
        raise


def write_json(path: Path, values: object) -> None:
    """Write a JSON file whole."""
    write_atomically(path, (json.dumps(values, indent=2) + "\n").encode())


def remove_folder(folder: Path) -> None:
    """Take a folder away at once, then delete what is in it: no reader finds half of it under its name.

    What cannot be deleted then waits, hidden, for the next sweep.
    """
    hidden = folder.with_name(f"{TEMPORARY}{uuid4().hex[:8]}")  # beside it: on a full disk no folder can be made
    folder.rename(hidden)
    remove(hidden)


def remove(path: Path) -> None:
    """Delete a file, a link, or a folder, as far as that can be."""
    with suppress(OSError):  # `rmtree` ignores most errors, not all
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder that can be looked at; `Path.is_dir` raises where that is forbidden."""
    try:
        return path.is_dir()
    except OSError:
        return False


def remove_temporary_files(folder: Path) -> None:
    """Delete the half-written files that killed processes have left in a folder."""
    for file in folder.glob(f"{TEMPORARY}*"):
        if not file.is_dir():
            file.unlink(missing_ok=True)


def parse_json_object(text: str, file: str) -> dict[str, Any]:
    """Parse the text of a JSON file that must hold one object; raises `DamagedModel`."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedModel(f"{file} is not valid JSON.") from error
    if not isinstance(values, dict):
        raise DamagedModel(f"{file} holds no JSON object.")
    return values


class UnfitFile(OSError):
    """What is there is no file that could be read whole; its words say what it is."""


def read_bytes(path: Path, limit: int = MAX_TEXT_BYTES) -> bytes:
    """Read a regular file, or the one that a link leads to; raises `OSError`, and `UnfitFile` for any other.

    A pipe is not waited for, a device, which never ends, not read, and of a large file no more than is allowed.
    """
    with io.FileIO(path, opener=_open_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnfitFile("is not a regular file")
        portion = min(status.st_size, limit) + 1
        content = b""
        while len(content) <= limit and (part := file.read(min(portion, limit + 1 - len(content)))):
            content += part
    if len(content) > limit:
        raise UnfitFile(f"is over {limit:,} bytes")
    return content


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting until a pipe has a writer; Windows has no such pipes among its files."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_file(folder: Path, name: str, limit: int = MAX_TEXT_BYTES) -> bytes:
    """Read one file of a model folder; raises `DamagedModel` where that cannot be."""
    try:
        return read_bytes(folder / name, limit)
    except OSError as error:
        raise DamagedModel(f"{name} in {folder.name} {why_unread(error)}.") from error


def why_unread(error: OSError) -> str:
    """Say of a file why `read_bytes` could not read it."""
    return str(error) if isinstance(error, UnfitFile) else f"cannot be read: {reason(error)}"


def reason(error: OSError) -> str:
    """Say in words why the disk refused, naming no folder of this machine."""
    if isinstance(error, shutil.Error):  # which gathers the texts of several
        found = re.search(r"\[Errno (\d+)\]", str(error))
        return os.strerror(int(found[1])) if found else "not all of it can be copied"
    return error.strerror or "the disk refused it"


def read_metadata(content: bytes) -> dict[str, Any]:
    """Return the notes in the header of a safetensors file's content; raises `DamagedModel` where that is none."""
    header = content[8 : 8 + int.from_bytes(content[:8], "little")].decode(errors="replace")
    notes = parse_json_object(header, "the header").get("__metadata__", {})
    if not isinstance(notes, dict):
        raise DamagedModel("The header holds no notes.")
    return notes
