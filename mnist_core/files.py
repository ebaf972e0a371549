"""Files and folders that a reader finds whole or not at all, and reading them with care."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from mnist_core.errors import DamagedModel

MAX_TEXT_BYTES = 10_000_000  # bytes

Count = Annotated[int, Meta(ge=1, le=10**9)]  # of what is read from a file; `msgspec.convert` checks it
Share = Annotated[float, Meta(ge=0, le=1)]


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds all of it or the one before: beside the target, flushed, renamed."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def write_json(path: Path, values: object) -> None:
    """Write a JSON file whole."""
    write_atomically(path, (json.dumps(values, indent=2) + "\n").encode())


def replace_atomically(work: Path, target: Path) -> None:
    """Move a finished folder to its place; one that was there before goes only now, and is back where that fails."""
    if target.exists():
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as attic:
            before = Path(attic) / target.name
            try:
                target.replace(before)
                work.replace(target)
            except BaseException:
                if not target.exists():
                    before.replace(target)
                raise
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        work.replace(target)


def remove_folder(folder: Path) -> None:
    """Take a folder away at once, then delete what is in it: no reader finds half of it under its name."""
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as attic:
        folder.replace(Path(attic) / folder.name)


def copy_folder(source: Path, target: Path) -> Path:
    """Copy a folder's files beside the target, for `replace_atomically` to move there when they are ready."""
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        shutil.copytree(source, work, dirs_exist_ok=True)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    work.chmod(0o755)  # mkdtemp's own is private
    return work


def parse_json_object(text: str, file: str) -> dict[str, Any]:
    """Parse the text of a JSON file that must hold one object; raises `DamagedModel`."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedModel(f"{file} is not valid JSON.") from error
    if not isinstance(values, dict):
        raise DamagedModel(f"{file} holds no JSON object.")
    return values


def read_file(folder: Path, name: str, limit: int = MAX_TEXT_BYTES) -> bytes:
    """Read one file of a model folder; raises `DamagedModel` where that cannot be."""
    path = folder / name
    try:
        if path.stat().st_size > limit:
            raise DamagedModel(f"{name} in {folder.name} is over {limit:,} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise DamagedModel(f"{name} in {folder.name} cannot be read: {error.strerror}.") from error


def read_metadata(content: bytes) -> dict[str, Any]:
    """Return the notes in the header of a safetensors file's content; raises `DamagedModel` where that is none."""
    header = content[8 : 8 + int.from_bytes(content[:8], "little")].decode(errors="replace")
    notes = parse_json_object(header, "the header").get("__metadata__", {})
    if not isinstance(notes, dict):
        raise DamagedModel("The header holds no notes.")
    return notes
