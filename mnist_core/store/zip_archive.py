"""A model folder as one zip file, and back.

A zip that somebody gives is trusted in nothing: neither what it says of itself, nor its names, nor what is in it. It
is checked in memory and, where the registry's own readers do that, in a folder of its own that is gone afterwards; only
what passed all of it is written among the models, and appears there whole.
"""

from __future__ import annotations

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mnist_core.data.mnist import SIDE
from mnist_core.errors import BadArchive, BadName, DamagedModel, ModelError, NotEvaluated, RunError
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.files import read_file, reason, write_atomically
from mnist_core.model.card import Card, card_from_json
from mnist_core.rights import Right, check_room, limits, mark, require
from mnist_core.store.changes import NEW, changing, temporary_folder
from mnist_core.store.history import read_history
from mnist_core.store.layout import (
    CARD,
    EVALUATION,
    HISTORY,
    MAP,
    MAX_ZIPPED,
    PROBABILITIES,
    SNAPSHOTS,
    VALIDATION_OVER_TIME,
    WEIGHTS,
)
from mnist_core.store.models import check_form, check_name, find_models_dir, load_answers, load_evaluation, load_model
from mnist_core.store.runs import free_name, is_in_use

if TYPE_CHECKING:  # a page that offers a zip need not wait for torch
    from torch import Tensor

    from mnist_core.model.inference import Model

MAX_ZIP_BYTES = 5 * 2**20  # bytes, as the server takes them
MAX_HEADER_BYTES = 100_000  # bytes of a safetensors file's; those of our networks take 2,000
MAX_MEMBERS = 25
MAC_FOLDER, LITTER = "__MACOSX", (".ds_store", "thumbs.db", "desktop.ini")  # that file managers add; it stays unread
MAX_LITTER_BYTES = 1_000_000  # of each file, unpacked
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of others, zipfile unpacks a block before it counts
BEGINNING = (1980, 1, 1, 0, 0, 0)  # of a zip's time; the same model then gives the same zip
WHAT_IS_RIGHT = f"A model is a zip of one folder, in which {CARD} and {WEIGHTS} lie"


@dataclass(frozen=True, slots=True)
class ModelArchive:
    """A zip that passed every check: its card, its files by name, and its evaluation where it has one."""

    card: Card
    files: Mapping[str, bytes]
    evaluation: Evaluation | None


def zip_model(name: str, models_dir: Path | str | None = None) -> bytes:
    """Return a model's folder as a zip, the same bytes for the same files; raises `ModelError`."""
    folder = find_models_dir(models_dir) / load_model(name, models_dir).card.name
    files = {file: read_file(folder, file, limit) for file, limit in MAX_ZIPPED.items() if (folder / file).exists()}
    _read_card(files)  # both may have been replaced since
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for member, content in files.items():
            about = zipfile.ZipInfo(f"{name}/{member}", BEGINNING)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = (stat.S_IFREG | 0o644) << 16
            file.writestr(about, content)
    return packed.getvalue()


def open_archive(content: bytes) -> ModelArchive:
    """Check a zip that may be anything, and return what is in it; raises `ModelError` with what is wrong."""
    files = _read_members(content)
    card = _read_card(files)
    _check_weights(card, files[WEIGHTS])
    return ModelArchive(card, files, _check_as_a_folder(card, files))


def add_archive(archive: ModelArchive, models_dir: Path | str | None = None, name: str | None = None) -> Card:
    """Write a checked model among the models, whole or not at all; nothing there is ever replaced.

    Raises `NotAllowed`, `BadName` for a name that cannot be or is in use, and `ModelError` where nothing can be
    written.
    """
    require(Right.ADD)
    models_dir = find_models_dir(models_dir)
    card = replace(archive.card, name=check_name(archive.card.name if name is None else name))
    files = dict(archive.files)
    if card != archive.card:
        files[CARD] = card.to_json().encode()
    with changing(models_dir, ModelError, f"{card.name!r} was not added"):
        check_room(models_dir)
        if is_in_use(card.name, models_dir):
            raise _name_in_use(card.name, models_dir)
        with temporary_folder(models_dir) as temporary:
            work = _write(files, temporary / NEW / card.name)
            if limits():
                mark(work)
            try:
                work.rename(models_dir / card.name)
            except OSError as error:  # another has just taken the name, by hand
                if (models_dir / card.name).exists():
                    raise _name_in_use(card.name, models_dir) from error
                raise
    return card


# --------------------------------------------------------------------------------------------------- the zip


def _read_members(content: bytes) -> dict[str, bytes]:
    """Return the files of a zip by their plain names, refusing everything that a model folder does not hold."""
    if len(content) > MAX_ZIP_BYTES:
        raise BadArchive(f"The zip has {len(content):,} bytes; a model has {MAX_ZIP_BYTES:,} at most.")
    try:
        with zipfile.ZipFile(BytesIO(content)) as file:
            return {member: _read_member(file, about) for member, about in _plan(file.infolist()).items()}
    except zipfile.BadZipFile as error:
        raise BadArchive(f"The file is no zip, or a damaged one. {WHAT_IS_RIGHT}.") from error
    except (zlib.error, OSError, EOFError, ValueError, OverflowError, RuntimeError, MemoryError) as error:
        raise BadArchive(f"The zip is damaged. {WHAT_IS_RIGHT}.") from error


def _plan(infolist: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Say which member is which file of the model, before anything is unpacked; a file manager's own are left out."""
    if len(infolist) > MAX_MEMBERS:
        raise BadArchive(f"The zip holds {len(infolist):,} files; a model has {len(MAX_ZIPPED)} at most.")
    planned: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for about in infolist:
        folder, member, is_litter = _place(about)
        if is_litter:
            continue
        folders.add(folder)
        if member in planned:
            raise BadArchive(f"The zip holds {member} twice. {WHAT_IS_RIGHT}.")
        if member:
            planned[member] = about
    if len(folders) > 1:
        raise BadArchive("The zip holds more than one folder. Give one model at a time.")
    return planned


def _place(about: zipfile.ZipInfo) -> tuple[str, str, bool]:
    """Return the folder and the file that a member is, both plain names, and whether a file manager put it there.

    The file is empty for the folder itself.
    """
    path = about.orig_filename  # not cut off at a NUL
    shown = repr(path[:80])
    kind = stat.S_IFMT(about.external_attr >> 16)
    *above, member = path.split("/")
    if is_beside := above[:1] == [MAC_FOLDER]:  # a second tree, of the same folders
        del above[0]
    is_litter = member.startswith("._") or member.lower() in LITTER or (is_beside and not member)
    limit = MAX_LITTER_BYTES if is_litter and member else MAX_ZIPPED.get(member, 0)
    if len(above) > 1 or any(part in ("", ".", "..") for part in above) or any(odd in path for odd in "\\:\0"):
        raise BadArchive(f"The zip holds {shown}, outside its folder. The files of a model lie in one folder.")
    if about.flag_bits & 0x1:
        raise BadArchive(f"{shown} in the zip is encrypted. Give it without a password.")
    if kind not in (0, stat.S_IFDIR if about.is_dir() else stat.S_IFREG):
        raise BadArchive(f"{shown} in the zip is a link or a device, not a plain file.")
    if member and not is_litter and (is_beside or member not in MAX_ZIPPED):
        raise BadArchive(f"The zip holds {shown}, which is no file of a model; those are {', '.join(MAX_ZIPPED)}.")
    if about.compress_type not in METHODS:
        raise BadArchive(f"{shown} is packed in an unusual way. Zip the folder anew, as usual (deflate).")
    if about.file_size > limit:
        raise BadArchive(f"{shown} would unpack to {about.file_size:,} bytes; it has {limit:,} at most.")
    return "".join(above), member, is_litter


def _read_member(file: zipfile.ZipFile, about: zipfile.ZipInfo) -> bytes:
    """Unpack one member and no more of it than it says, which was found to be little enough."""
    with file.open(about) as member:
        content = member.read(about.file_size)
        if len(content) != about.file_size or member.read(1):
            raise zipfile.BadZipFile
        return content


# --------------------------------------------------------------------------------------------------- the model


def _read_card(files: Mapping[str, bytes]) -> Card:
    """Read the card, and compare the weights with it by their sum."""
    if missing := [member for member in (CARD, WEIGHTS) if member not in files]:
        raise BadArchive(f"The model has no {' and no '.join(missing)}. {WHAT_IS_RIGHT}.")
    card = card_from_json(files[CARD].decode(errors="replace"))
    check_form(card.name)
    created = datetime.fromisoformat(card.created)
    if created.replace(tzinfo=created.tzinfo or UTC) > datetime.now(UTC) + timedelta(
        days=1
    ):  # for clocks that go wrong
        raise DamagedModel(f"{CARD} in the zip says that the model was made on {created:%Y-%m-%d}, which is to come.")
    if sha256(files[WEIGHTS]).hexdigest() != card.weights_sha256:
        raise DamagedModel(f"{WEIGHTS} are not those that {CARD} beside them was written for.")
    return card


def _check_weights(card: Card, content: bytes) -> None:
    """Compare weights with the network that the recipe names: names, shapes, kinds, and whether all are numbers."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    from mnist_core.model.inference import Model
    from mnist_core.model.networks import build_network, count_parameters

    _check_header(WEIGHTS, content)
    network = build_network(card.recipe.network, classes=len(card.classes))
    try:
        found = load(content)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise DamagedModel(f"{WEIGHTS} in the zip cannot be read: it is not a whole safetensors file.") from error
    wanted = network.state_dict()
    if odd := set(found) ^ set(wanted):
        raise DamagedModel(
            f"{WEIGHTS} in the zip do not fit the network {card.recipe.network!r}: "
            f"missing or unknown is {', '.join(sorted(odd))[:200]!r}."
        )
    for name, value in wanted.items():
        if (found[name].shape, found[name].dtype) != (value.shape, value.dtype):
            raise DamagedModel(
                f"{WEIGHTS} in the zip do not fit the network {card.recipe.network!r}: {name} is "
                f"{_format_shape(found[name])}, expected {_format_shape(value)}."
            )
        if not torch.isfinite(found[name]).all():
            raise DamagedModel(f"{name} of the {WEIGHTS} in the zip holds what is no number.")
    if card.parameters != count_parameters(network):
        raise DamagedModel(
            f"{CARD} in the zip says {card.parameters:,} parameters, but the network {card.recipe.network!r} has "
            f"{count_parameters(network):,}."
        )
    network.load_state_dict(found)
    _check_answers(Model(network.eval(), card))


def _check_header(member: str, content: bytes) -> None:
    """Refuse a safetensors file whose header is not short and within it, before anything trusts its length."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(MAX_HEADER_BYTES, len(content) - 8):
        raise DamagedModel(
            f"The header of {member} in the zip has {length:,} bytes, it says; it has {MAX_HEADER_BYTES:,} at most, "
            "and lies within the file."
        )


def _check_answers(model: Model) -> None:
    """Refuse weights that are numbers and still give none, such as those of a negative variance."""
    from mnist_core.model.prediction import probabilities

    trials = np.stack([np.zeros((SIDE, SIDE)), np.ones((SIDE, SIDE)), np.eye(SIDE)]).astype(np.float32)
    if not np.isfinite(probabilities(model, trials)).all():
        raise DamagedModel(f"With the {WEIGHTS} in the zip, the network answers with what is no number.")


def _check_as_a_folder(card: Card, files: Mapping[str, bytes]) -> Evaluation | None:
    """Read all files as the registry does, in a folder of their own; returns the evaluation, where there is one."""
    with _place_to_check() as place:
        folder = _write(files, place / card.name)
        load_model(card.name, place)
        try:
            read_history(folder / HISTORY)
        except RunError as error:
            raise DamagedModel(f"The zip is damaged. {error}") from error
        for file in (MAP, SNAPSHOTS, VALIDATION_OVER_TIME):
            if file in files:
                _check_tensors(file, files[file])
        evaluation = load_evaluation(card.name, place) if EVALUATION in files else None
        if PROBABILITIES in files:
            _check_header(PROBABILITIES, files[PROBABILITIES])
            with suppress(NotEvaluated):  # kept without labels, in the oldest models
                load_answers(card.name, place)
        return evaluation


@contextmanager
def _place_to_check() -> Iterator[Path]:
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
            yield Path(place)
    except OSError as error:
        raise ModelError(f"The zip cannot be checked: {reason(error)}.") from error


def _check_tensors(file: str, content: bytes) -> None:
    """Refuse what is no safetensors file; whether it belongs to the model is asked each time it is read."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    _check_header(file, content)
    try:
        load(content)
    except (SafetensorError, KeyError, ValueError) as error:
        raise DamagedModel(f"{file} in the zip cannot be read: it is not a whole safetensors file.") from error


def _write(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write files into a new folder; returns it."""
    folder.mkdir()
    for member, content in files.items():
        write_atomically(folder / member, content)
    return folder


def _name_in_use(name: str, models_dir: Path) -> BadName:
    return BadName(
        f"There is a training or a model called {name!r} already. Add it under another name, such as "
        f"{free_name(name, models_dir)!r}."
    )


def _format_shape(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"
