"""Snapshots: a network at some moments of its training, small enough to lie beside the model.

models/<name>/snapshots.safetensors   "0", "1", … (B,) uint8: one moment each; its header has their steps, the rank, and
                                      when the training began

The first moment is kept with 8 bits a weight. Of each further one the difference is kept, of every layer's matrix the
few directions in which it changed most (a truncated singular value decomposition, by the randomised method of Halko,
Martinsson and Tropp 2011), 8 bits a number; of a network small enough the whole difference. It is taken from what can
be read back, so that errors do not add up. What is no matrix, biases and norms, is kept in half precision.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from mnist_core.errors import DamagedModel
from mnist_core.files import read_file, read_metadata
from mnist_core.store.layout import MAX_SNAPSHOTS, SNAPSHOTS

MOMENTS = 24  # at most, the model itself included
BUDGET = 1_450_000  # bytes, of all of them
FURTHER, ITERATIONS = 8, 2  # directions that are tried beyond those kept, and how often they are sharpened
MAX_RANK = 128

Array = NDArray[Any]
Tensors = Mapping[str, Array]  # a network's, by name
Matrix = NDArray[np.float32]


@cache  # asked after every step
def moments_of(steps: int) -> tuple[int, ...]:
    """Return after which steps a snapshot is kept: 0, then ever further apart; after the last step it is the model."""
    spaced = {round(steps ** (place / (MOMENTS - 1))) for place in range(MOMENTS - 1)}
    return tuple(sorted({0, *spaced} - {steps}))


@dataclass(slots=True)
class SnapshotRecorder:
    """Keeps the moments of one training; `content` is the file, and `resume` goes on from it."""

    steps: int  # of the whole training
    created: str  # when it began, as its run and its card say
    rank: int
    recorded: list[int] = field(default_factory=list)  # after which steps
    packed: list[NDArray[np.uint8]] = field(default_factory=list)
    latest: Tensors | None = None  # as it can be read back

    @classmethod
    def begin(cls, steps: int, created: str, tensors: Tensors) -> SnapshotRecorder:
        """Return one without a moment yet, for a network with tensors such as these."""
        return cls(steps, created, _choose_rank(tensors))

    @classmethod
    def resume(cls, content: bytes, done: int, steps: int, tensors: Tensors) -> SnapshotRecorder:
        """Return one with the moments of a file until a step; raises `DamagedModel` where it cannot be read."""
        recorded, rank, packed, created = _parse(content)
        count = sum(step <= done for step in recorded)
        latest = None
        for latest in _unpack_all(packed[:count], rank, tensors):  # noqa: B007, the last is needed
            pass
        return cls(steps, created, rank, recorded[:count], packed[:count], latest)

    def is_due(self, step: int) -> bool:
        """Tell whether a snapshot is to be kept after this step and was not yet."""
        return step in moments_of(self.steps) and step not in self.recorded

    def record(self, step: int, tensors: Tensors) -> None:
        """Keep the network as it is after a step; one with infinite numbers is left out."""
        if not all(np.isfinite(values).all() for values in tensors.values()):
            return
        packed = np.frombuffer(_pack(tensors, self.latest, self.rank), np.uint8)
        self.latest = _unpack(packed, self.latest, self.rank, tensors)
        self.packed.append(packed)
        self.recorded.append(step)

    @property
    def content(self) -> bytes:
        """The file, as `read_snapshots` reads it."""
        from safetensors.numpy import save

        notes = {"steps": json.dumps(self.recorded), "rank": str(self.rank), "created": self.created}
        return save({str(place): packed for place, packed in enumerate(self.packed)}, notes)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """A network at some moments of its training: after which steps, and its tensors then, about as they were.

    A model that came with the project may have them from another training by its recipe: then `created` is not what its
    card says.
    """

    steps: tuple[int, ...]
    tensors: tuple[Tensors, ...]
    created: str


def has_snapshots(folder: Path) -> bool:
    """Tell whether a model or a run has kept snapshots."""
    return (folder / SNAPSHOTS).is_file()


def read_snapshots(folder: Path, tensors: Tensors) -> Snapshots:
    """Read the snapshots in a folder, of a network with tensors such as these.

    Raises `DamagedModel` where there are none, or they cannot be read.
    """
    recorded, rank, packed, created = _parse(read_file(folder, SNAPSHOTS, MAX_SNAPSHOTS))
    return Snapshots(tuple(recorded), tuple(_unpack_all(packed, rank, tensors)), created)


# ------------------------------------------------------------------------------------------------------ inside


def _parse(content: bytes) -> tuple[list[int], int, list[NDArray[np.uint8]], str]:
    """Return the steps, the rank, what is kept of each, and when it began; nothing of the content is trusted."""
    from safetensors.numpy import load

    try:
        notes = read_metadata(content)
        steps, rank = json.loads(notes["steps"]), int(notes["rank"])
        tensors = load(content)
        packed = [tensors[str(place)] for place in range(len(tensors))]
    except (DamagedModel, SafetensorError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise _damaged() from error
    is_right = (
        isinstance(steps, list)
        and all(type(step) is int and 0 <= step <= 10**9 for step in steps)
        and steps == sorted(set(steps))
        and 0 < len(steps) == len(packed) <= MOMENTS
        and 1 <= rank <= MAX_RANK
        and all(values.dtype == np.uint8 and values.ndim == 1 for values in packed)
    )
    if not is_right:
        raise _damaged()
    return steps, rank, packed, notes.get("created", "")


def _damaged() -> DamagedModel:
    return DamagedModel(f"{SNAPSHOTS} is damaged: it does not hold this network at moments of its training.")


def _choose_rank(tensors: Tensors) -> int:
    """Return how many directions of every matrix's difference fit into the budget."""
    return max((rank for rank in range(1, MAX_RANK + 1) if _measure(tensors, rank) <= BUDGET), default=1)


def _measure(tensors: Tensors, rank: int) -> int:
    """Return how many bytes the moments of a training take at most."""
    sides = [(len(values), values.size // len(values)) for values in tensors.values() if values.ndim > 1]
    vectors = sum(2 * values.size for values in tensors.values() if _is_vector(values))
    first = sum(high * (wide + 4) for high, wide in sides)
    further = sum(rank * (high + wide + 4) if _is_cut(high, wide, rank) else high * (wide + 4) for high, wide in sides)
    return first + (MOMENTS - 2) * further + (MOMENTS - 1) * vectors


def _is_cut(high: int, wide: int, rank: int) -> bool:
    """Tell whether a matrix takes less room in so many directions than whole."""
    return rank * (high + wide) < high * wide


def _is_vector(values: Array) -> bool:
    """Tell a bias or a norm's numbers from a matrix, and from a norm's counter."""
    return values.ndim == 1 and values.dtype.kind == "f"


def _pack(tensors: Tensors, before: Tensors | None, rank: int) -> bytes:
    parts: list[Array] = []
    for name, values in sorted(tensors.items()):
        if values.ndim > 1:
            whole = values.astype(np.float32) - (0 if before is None else before[name])
            matrix = whole.reshape(len(values), -1)
            parts += _whole(matrix) if before is None or not _is_cut(*matrix.shape, rank) else _cut(matrix, rank)
        elif _is_vector(values):
            parts.append(np.clip(values, -60_000, 60_000).astype(np.float16))
    return b"".join(part.tobytes() for part in parts)


def _whole(matrix: Matrix) -> list[Array]:
    """Round a matrix to 8 bits a number: a scale for each row, and the numbers."""
    scale = np.maximum(np.abs(matrix).max(1), 1e-30).astype(np.float32) / np.float32(127)
    return [scale, np.rint(matrix / scale[:, None]).astype(np.int8)]


def _cut(matrix: Matrix, rank: int) -> list[Array]:
    """Return a matrix's largest directions, 8 bits a number: a scale for each, and the vectors on both sides."""
    sketch = matrix @ np.random.default_rng(0).standard_normal((matrix.shape[1], rank + FURTHER), np.float32)
    for _ in range(ITERATIONS):
        sketch = matrix @ (matrix.T @ np.linalg.qr(sketch)[0])
    basis = np.linalg.qr(sketch)[0]
    left, sizes, right = np.linalg.svd(basis.T @ matrix, full_matrices=False)
    roots = np.sqrt(sizes[:rank])
    scale_left, left = _whole(((basis @ left)[:, :rank] * roots).T)
    scale_right, right = _whole(right[:rank] * roots[:, None])
    return [scale_left * scale_right, left, right]


def _unpack_all(packed: Sequence[NDArray[np.uint8]], rank: int, tensors: Tensors) -> Iterator[Tensors]:
    before: Tensors | None = None
    for each in packed:
        before = _unpack(each, before, rank, tensors)
        yield before


@np.errstate(all="ignore")  # of what a stranger's file may make
def _unpack(packed: NDArray[np.uint8], before: Tensors | None, rank: int, tensors: Tensors) -> Tensors:
    content, at = packed.tobytes(), 0
    values: dict[str, Array] = {}

    def take(kind: type[np.generic], *shape: int) -> Array:
        nonlocal at
        count = int(np.prod(shape))
        try:
            taken = np.frombuffer(content, kind, count, at)
        except ValueError as error:
            raise _damaged() from error
        at += taken.nbytes
        return taken.reshape(shape)

    for name, like in sorted(tensors.items()):
        if like.ndim > 1:
            high, wide = len(like), like.size // len(like)
            if before is None or not _is_cut(high, wide, rank):
                matrix = take(np.float32, high, 1) * take(np.int8, high, wide)
            else:
                scale, left, right = take(np.float32, rank, 1), take(np.int8, rank, high), take(np.int8, rank, wide)
                matrix = left.astype(np.float32).T @ (scale * right)
            values[name] = matrix.reshape(like.shape) + (0 if before is None else before[name])
        elif _is_vector(like):
            values[name] = take(np.float16, *like.shape).astype(np.float32)
        else:
            values[name] = np.zeros(like.shape, like.dtype)  # a norm's counter, which no answer asks for
    if at != len(content) or not all(np.isfinite(each).all() for each in values.values()):
        raise _damaged()
    return values
