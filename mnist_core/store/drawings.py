"""Drawings that a person has kept, each with the label that the person gave it: a file of JSON lines.

    drawings/drawings.jsonl    one JSON object a line: "id", "label" (the name of a class, "7" or "A", or what it
                               is not: "not a digit"), "strokes" ([[[x, y], …], …], y down, any unit) with "pen_width"
                               in the same unit, or else "pixels", "answer" (the model's), "created" and "src"

Other programs write such files, too: "label" and "strokes" are enough. A line that cannot be read is counted, said, and
left in its place; it hides no other. A label says what a person saw, whatever a model can tell apart; `find_class` says
which of a model's classes that is.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import numpy as np

from mnist_core.alphabets import DIGITS, MERGED, check_class, look_alike, thing_of, with_article
from mnist_core.data.mnist import NOT_A_DIGIT, SIDE, Digits
from mnist_core.errors import DrawingError, KeptDrawingsError
from mnist_core.files import UnfitFile, read_bytes, why_unread, write_atomically
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.raster import Digit, Strokes, as_bytes
from mnist_core.preprocessing.strokes import digit_from_strokes, extent, read_strokes
from mnist_core.rights import Right, require
from mnist_core.store.changes import changing

FILE = "drawings.jsonl"
MAX_BYTES = 50_000_000  # of a file, unpacked
MAX_DRAWINGS = 10_000
MAX_LINES = 100_000  # of a file, the bad ones too
MAX_LINE_BYTES = 2_000_000  # the most points that a drawing has are 500 kB
MAX_TEXT_LENGTH = 100  # letters of whatever a line says in words
# Labels that say what a drawing is not. What is not a digit may be a character; what is not a character is no digit.
NO_DIGIT, NO_CHARACTER = "not a digit", "not a character"
NEGATIONS = (NO_DIGIT, NO_CHARACTER, "not a piece of clothing", "not a known picture")
MAX_NAMED = 12  # labels in a sentence
USUAL_PEN = 0.1  # of what is drawn, where a file says nothing of the pen


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a model answered to a drawing as it was kept."""

    model: str
    digit: int | str  # or the name of another class
    verdict: str
    confidence: float  # 0…1

    @property
    def name(self) -> str:
        """The name of the class that was answered."""
        return str(self.digit)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDrawing:
    """A drawing and what it is: a class by its name, "7" or "A", or `NO_DIGIT` and the like.

    It has strokes, (x, y) with y down in the unit of its pen, or else the pixels `(28, 28)` of a picture's digit.
    """

    label: str
    strokes: tuple[tuple[tuple[float, float], ...], ...] = ()
    pen_width: float = 0.0
    pixels: bytes = b""  # 784 of them, row by row, ink 255
    answer: GivenAnswer | None = None
    source: str = "mine"
    writer: str = ""
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))  # ISO 8601
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def digit(self) -> Digit:
        """It as a network sees it, `(28, 28)`, ink 1.0 on 0.0."""
        if self.strokes:
            return digit_from_strokes(self.strokes, self.pen_width)
        return np.frombuffer(self.pixels, np.uint8).reshape(SIDE, SIDE).astype(np.float32) / np.float32(255)

    def to_line(self) -> bytes:
        """Return its line of a file."""
        values: dict[str, Any] = {"src": self.source, "id": self.id, "label": self.label}
        if self.writer:
            values["writer"] = self.writer
        if self.strokes:
            values |= {"strokes": self.strokes, "pen_width": self.pen_width}
        else:
            values["pixels"] = base64.b64encode(self.pixels).decode()
        if self.answer:
            values["answer"] = msgspec.to_builtins(self.answer)
        return json.dumps(values | {"created": self.created}, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a file that is no drawing: its number, from 1, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Drawings:
    """The drawings of a file, in its order, and the lines that are none."""

    kept: tuple[KeptDrawing, ...] = ()
    bad: tuple[BadLine, ...] = ()


def keep_strokes(strokes: Strokes, pen_width: float, label: str, answer: GivenAnswer | None = None) -> KeptDrawing:
    """Return a drawing of strokes, not yet in any file; raises `DrawingError` for what cannot be read."""
    arrays = read_strokes(strokes, pen_width)
    if not arrays:
        raise DrawingError("The drawing has no strokes.")
    points = tuple(tuple((float(x), float(y)) for x, y in np.round(stroke, 2).tolist()) for stroke in arrays)
    return KeptDrawing(label=label, strokes=points, pen_width=float(pen_width), answer=answer)


def keep_pixels(digit: Digit, label: str, answer: GivenAnswer | None = None) -> KeptDrawing:
    """Return a drawing of pixels `(28, 28)`, ink 1.0 on 0.0, not yet in any file."""
    return KeptDrawing(label=label, pixels=as_bytes(digit).tobytes(), answer=answer)


def given_answer(model: str, prediction: Prediction) -> GivenAnswer:
    """Return what is kept of a model's answer."""
    return GivenAnswer(model, name_in_file(prediction.name), str(prediction.verdict), round(prediction.confidence, 4))


def name_in_file(name: str) -> int | str:
    """Return the name of an answered class as files have it: a digit is a number."""
    return int(name) if name in DIGITS else name


def check_name_in_file(name: int | str) -> None:
    """Raise `ValueError` for what cannot be an answered class in a file."""
    if isinstance(name, str):
        check_class(name)
    elif not 0 <= name <= 9:
        raise ValueError(f"found {name}, expected 0 to 9, or the name of another class")


def as_digits(drawings: Iterable[KeptDrawing], classes: tuple[str, ...] = DIGITS) -> Digits:
    """Return drawings as networks see them, with the numbers of their classes, `NOT_A_DIGIT` among them.

    All must have one: see `find_class`.
    """
    kept = list(drawings)
    images = np.zeros((len(kept), SIDE, SIDE), np.uint8)
    for image, drawing in zip(images, kept, strict=True):
        image[:] = as_bytes(drawing.digit)
    return Digits(images, np.array([find_class(drawing.label, classes) for drawing in kept], np.int64))


def find_class(label: str, classes: tuple[str, ...]) -> int | None:
    """Return the number of a label among a model's classes, `NOT_A_DIGIT` where it is none of them.

    A letter counts as the class that its shape is merged with. None where it is not known what a good model answers:
    to a letter that looks like one of its digits, and to what is "not a digit" where letters are read.
    """
    if label in NEGATIONS:
        is_none = label == none_of(classes) or (label == NO_CHARACTER and classes == DIGITS)
        return NOT_A_DIGIT if is_none else None
    name = label if label in classes else MERGED.get(label, label)
    if name in classes:
        return classes.index(name)
    return None if any(look_alike(name, other) for other in classes) else NOT_A_DIGIT


def describe_left_out(drawings: Sequence[KeptDrawing], classes: tuple[str, ...]) -> str:
    """Say how many drawings a model of these classes is not asked about, and why; empty where it is about all."""
    labels = [drawing.label for drawing in drawings if find_class(drawing.label, classes) is None]
    if not labels:
        return ""
    words = f"{len(labels):,} drawings are" if len(labels) > 1 else "1 drawing is"
    return f"{words} left out: what is labelled {list_labels(labels)} may be {with_article(thing_of(classes))} or not."


def list_labels(labels: Iterable[str]) -> str:
    """Return labels in a line, each once, the first few of them: "A, B, “not a digit”"."""
    named = [f"“{label}”" if label in NEGATIONS else label for label in sorted(set(labels))]
    return ", ".join([*named[:MAX_NAMED], *(["…"] if len(named) > MAX_NAMED else [])])


def none_of(classes: Sequence[str]) -> str:
    """Return the label of what is none of the classes: "not a digit"."""
    return f"not a {thing_of(classes)}"


def label_at(number: int, classes: Sequence[str]) -> str:
    """Return the label of a class by its number, or of `NOT_A_DIGIT`."""
    return none_of(classes) if number == NOT_A_DIGIT else classes[number]


# ------------------------------------------------------------------------------------------------------ the file


def read_drawings(drawings_dir: Path) -> Drawings:
    """Read what has been kept; nothing where there is no file. Raises `KeptDrawingsError` where it cannot be read."""
    return parse_drawings(_read(drawings_dir))


def read_drawings_file(path: Path) -> Drawings:
    """Read any file of drawings, also packed by gzip; raises `KeptDrawingsError` where it cannot be read."""
    try:
        return parse_drawings(read_bytes(path, MAX_BYTES))
    except OSError as error:
        raise KeptDrawingsError(f"{path.name} {why_unread(error)}.") from error


def parse_drawings(content: bytes) -> Drawings:
    """Read the lines of a file, also packed by gzip; raises `KeptDrawingsError` where there are too many."""
    found = list(_parse_lines(_lines(_unpack(content))))
    return Drawings(
        tuple(each for each in found if isinstance(each, KeptDrawing)),
        tuple(each for each in found if isinstance(each, BadLine)),
    )


def add_drawings(drawings: Sequence[KeptDrawing], drawings_dir: Path) -> list[KeptDrawing]:
    """Keep drawings, but for those that are there already; returns those that were added.

    Files of several people may give one id to different drawings: then a later one gets another. Raises `NotAllowed`,
    and `KeptDrawingsError` where there would be too many or the disk refuses: then none was added.
    """
    require(Right.KEEP)
    with changing(drawings_dir, KeptDrawingsError, "The drawing was not kept"):
        lines = _lines(_read(drawings_dir))
        there = {each.id: each for each in _parse_lines(lines) if isinstance(each, KeptDrawing)}
        new: list[KeptDrawing] = []
        for each in drawings:
            drawing, same = each, there.get(each.id)
            if same and (same.strokes, same.pixels) != (each.strokes, each.pixels):
                drawing = replace(each, id=_hash(each.to_line()))
            if drawing.id not in there:
                there[drawing.id] = drawing
                new.append(drawing)
        if len(there) > MAX_DRAWINGS:
            raise KeptDrawingsError(f"At most {MAX_DRAWINGS:,} drawings are kept. Delete some of them first.")
        if new:
            _write(drawings_dir, [*lines, *(drawing.to_line() for drawing in new)])
    return new


def relabel_drawings(labels: Mapping[str, str], drawings_dir: Path) -> list[KeptDrawing]:
    """Give drawings, by their ids, other labels; returns those that were there, as they were.

    Raises `NotAllowed`, and `KeptDrawingsError` where the disk refuses: then all is as it was.
    """

    def relabel(drawing: KeptDrawing) -> KeptDrawing:
        return replace(drawing, label=labels[drawing.id])

    return _change(drawings_dir, "The label was not changed", relabel, labels)


def delete_drawings(ids: Collection[str], drawings_dir: Path) -> list[KeptDrawing]:
    """Delete drawings by their ids; returns them, so that they can be added again.

    Raises `NotAllowed`, and `KeptDrawingsError` where the disk refuses: then all is as it was.
    """
    return _change(drawings_dir, "The drawings were not deleted", lambda _: None, ids)


# ------------------------------------------------------------------------------------------------------- inside


class _Unfit(ValueError):
    """A line that is JSON and no drawing; its words say why."""


class _Line(msgspec.Struct):
    """What a line may say; whatever else it says is not looked at."""

    label: int | str
    strokes: list[list[tuple[float, float]]] = []
    pen_width: float = 0.0
    pixels: str = ""
    answer: GivenAnswer | None = None
    src: str = ""
    writer: str | int | None = None
    created: str = ""
    id: str | int | None = None


def _parse_lines(lines: Iterable[bytes]) -> Iterator[KeptDrawing | BadLine | None]:
    """Read lines one by one, None for an empty one; the same lines always give the same ids, each of them once."""
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            yield None
            continue
        try:
            drawing = _parse_line(line)
        except (ValueError, TypeError, RecursionError, DrawingError) as error:
            yield BadLine(number, str(error) if isinstance(error, _Unfit | DrawingError) else "is not JSON")
            continue
        if drawing.id in seen:
            drawing = replace(drawing, id=_hash(f"{drawing.id} {number}".encode()))
        seen.add(drawing.id)
        if len(seen) > MAX_DRAWINGS:
            raise KeptDrawingsError(f"The file holds more than {MAX_DRAWINGS:,} drawings, which is the most.")
        yield drawing


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]


def _parse_line(line: bytes) -> KeptDrawing:
    """Read one line, trusting nothing; raises `_Unfit`, `DrawingError`, or `ValueError` for what is not JSON."""
    if len(line) > MAX_LINE_BYTES:
        raise _Unfit(f"is over {MAX_LINE_BYTES:,} bytes")
    values = msgspec.json.decode(line)
    try:
        found = msgspec.convert(values, _Line)
    except msgspec.ValidationError as error:
        raise _Unfit(f"is no drawing: {error}") from error
    label = str(found.label)
    try:
        if label not in NEGATIONS:
            check_class(label) if isinstance(found.label, str) else check_name_in_file(found.label)
    except ValueError as error:
        raise _Unfit(f'has the label {label[:20]!r}: {error}, or "{NO_DIGIT}"') from error
    words = [str(word or "") for word in (found.src, found.writer, found.created, found.id)]
    if found.answer:
        words += [found.answer.model, found.answer.verdict]
        if not _can_be_given(found.answer):
            raise _Unfit("has an answer that no model gives")
    if any(len(word) > MAX_TEXT_LENGTH or not word.isprintable() for word in words):
        raise _Unfit(f"says something of more than {MAX_TEXT_LENGTH} printable letters")
    source, writer, created = words[:3]
    strokes, pen_width, pixels = tuple(tuple(stroke) for stroke in found.strokes if stroke), found.pen_width, b""
    if strokes:
        pen_width = pen_width or USUAL_PEN * max(extent(read_strokes(strokes, 1))[0], 1.0)
        read_strokes(strokes, pen_width)
    else:
        pixels = _parse_pixels(found.pixels)
    return KeptDrawing(
        label=label,
        strokes=strokes,
        pen_width=pen_width,
        pixels=pixels,
        answer=found.answer,
        source=source,
        writer=writer,
        created=created,
        id=_identify(source, found.id) or _hash(line.strip()),
    )


def _can_be_given(answer: GivenAnswer) -> bool:
    with suppress(ValueError):
        check_name_in_file(answer.digit)
        return 0 <= answer.confidence <= 1
    return False


def _identify(source: str, identity: str | int | None) -> str:
    """Return the id that a line names; a number is one of its source's, and both may be too long together."""
    if not isinstance(identity, int):
        return identity or ""
    joined = f"{source}-{identity}"
    return joined if len(joined) <= MAX_TEXT_LENGTH else _hash(joined.encode())


def _parse_pixels(text: str) -> bytes:
    try:
        pixels = base64.b64decode(text, validate=True)
    except ValueError:
        pixels = b""
    if len(pixels) != SIDE * SIDE or not any(pixels):
        raise _Unfit("has neither strokes nor the pixels of a digit")
    return pixels


def _change(
    drawings_dir: Path, failed: str, change: Callable[[KeptDrawing], KeptDrawing | None], ids: Collection[str]
) -> list[KeptDrawing]:
    """Change or, with None, delete the drawings of those ids, leaving all other lines as they are; returns them."""
    require(Right.KEEP)
    changed: list[KeptDrawing] = []
    with changing(drawings_dir, KeptDrawingsError, failed):
        lines: list[bytes] = []
        there = _lines(_read(drawings_dir))
        for line, found in zip(there, _parse_lines(there), strict=True):
            if not isinstance(found, KeptDrawing) or found.id not in ids:
                lines.append(line)
                continue
            changed.append(found)
            if new := change(found):
                lines.append(new.to_line())
        if changed:
            _write(drawings_dir, lines)
    return changed


def _read(drawings_dir: Path) -> bytes:
    try:
        return _unpack(read_bytes(drawings_dir / FILE, MAX_BYTES))
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise KeptDrawingsError(f"{FILE} {why_unread(error)}.") from error


def _lines(content: bytes) -> list[bytes]:
    """Return the lines, each with its end, which that of the last one may lack; raises `KeptDrawingsError`."""
    if content.count(b"\n") + content.count(b"\r") > MAX_LINES:
        raise KeptDrawingsError(f"The file has more than {MAX_LINES:,} lines, which is the most.")
    return [line + b"\n" for line in content.splitlines()]


def _write(drawings_dir: Path, lines: Sequence[bytes]) -> None:
    content = b"".join(lines)
    if len(content) > MAX_BYTES:
        raise UnfitFile(f"{FILE} would be over {MAX_BYTES:,} bytes")
    write_atomically(drawings_dir / FILE, content)


def _unpack(content: bytes) -> bytes:
    """Return what gzip has packed, up to the bound; what is not packed stays as it is."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as file:
            unpacked = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise KeptDrawingsError("The file was packed by gzip and is damaged.") from error
    if len(unpacked) > MAX_BYTES:
        raise KeptDrawingsError(f"The file is over {MAX_BYTES:,} bytes once it is unpacked.")
    return unpacked
