"""What a model gained and lost where it was taught a person's drawings: before and after, side by side.

`teaching.json` holds no drawing, only its id, its label and the two answers: the drawings stay where they are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from mnist_core.alphabets import look_alike
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import DamagedModel
from mnist_core.evaluation.metrics import TEST_SET, mcnemar
from mnist_core.evaluation.test_sets import find_test_set
from mnist_core.files import Count, read_file, write_json
from mnist_core.model.prediction import REFUSALS
from mnist_core.store.drawings import MAX_DRAWINGS, MAX_TEXT_LENGTH, GivenAnswer, check_name_in_file
from mnist_core.store.layout import MAX_TEACHING, TEACHING
from mnist_core.store.models import check_form, find_models_dir

# What a teaching may cost at most, as shares. Of 10,000 test digits a model that is trained again with another seed
# reads 10 or so more or fewer; of 1,000 letters, twenty more called sure are beyond chance.
MAX_LOST_MNIST = 0.0015
MAX_LOST_SYNTHETIC = 0.005
MAX_MORE_LETTERS = 0.02

Number = Annotated[int, Meta(ge=0, le=10**9)]


@dataclass(frozen=True, slots=True)
class TaughtDrawing:
    """A drawing by its id and label, whether it was held out of what was learnt from, and what was answered to it."""

    id: str
    label: int | str  # 0…9, the name of another class, or `NOT_A_DIGIT` for what is none of them
    held_out: bool
    before: GivenAnswer
    after: GivenAnswer

    @property
    def was_right(self) -> bool:
        """Whether it was read before, or taken for what looks like it."""
        return self._is_answered_by(self.before)

    @property
    def is_right(self) -> bool:
        """Whether it is read now, or taken for what looks like it."""
        return self._is_answered_by(self.after)

    def _is_answered_by(self, answer: GivenAnswer) -> bool:
        given = NOT_A_DIGIT if answer.verdict in REFUSALS else answer.digit
        return look_alike(str(self.label), str(given))


@dataclass(frozen=True, slots=True)
class Change:
    """Of how many of the same pictures something was so before and after: they were read, or called sure.

    `gained` were not before and are now, `lost` the reverse; p_value is that of the exact two-sided McNemar test.
    """

    seen: Count
    before: Number
    after: Number
    gained: Number
    lost: Number

    @property
    def p_value(self) -> float:
        """How surprising it is, were before and after equally good."""
        return mcnemar(self.gained, self.lost)

    @property
    def difference(self) -> float:
        """The share of the pictures by which there are more now; below 0 where there are fewer."""
        return (self.after - self.before) / self.seen


@dataclass(frozen=True, slots=True)
class Teaching:
    """A teaching: from which model, and what it changed.

    `mnist` counts the digits of the test set that are read, None where it was not at hand; `synthetic` our program's
    digits that are read; `letters` the letters and scribbles that are called sure, of which fewer are better. Where
    characters are taught, `mnist` is of their test set, and signs are in the place of the letters.
    """

    start: str
    drawings: tuple[TaughtDrawing, ...]
    mnist: Change | None
    synthetic: Change
    letters: Change
    noun: str = "digit"  # what the model reads
    test_set: str = "mnist"  # the key of a `TestSet`

    @property
    def test_name(self) -> str:
        """What the test set is called."""
        test_set = find_test_set(self.test_set)
        return test_set.title if test_set else f"test {self.noun}s"

    @property
    def none_name(self) -> str:
        """What the pictures are called that are none of its classes."""
        return "letters and scribbles" if self.noun == "digit" else "signs and scribbles"


def count_change(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Change:
    """Count `(N,)` answers before and after."""
    gained, lost = int((~before & after).sum()), int((before & ~after).sum())
    return Change(len(before), int(before.sum()), int(after.sum()), gained, lost)


def describe_drawings(learnt: int, held_out: int) -> str:
    """Say how many drawings were learnt from, and how many more held out: "24 drawings (6 more held out)"."""
    words = f"{learnt:,} drawing{'' if learnt == 1 else 's'}"
    return f"{words} ({held_out:,} more held out)" if held_out else words


def why_it_forgets(teaching: Teaching) -> tuple[str, ...]:
    """Say in sentences what a teaching has cost more than it may; nothing where all is well."""
    reasons = []
    mnist, synthetic, letters = teaching.mnist, teaching.synthetic, teaching.letters
    if mnist and -mnist.difference > MAX_LOST_MNIST:
        reasons.append(
            f"Of {mnist.seen:,} {teaching.test_name} it reads {mnist.after:,}, "
            f"{mnist.before - mnist.after} fewer than before."
        )
    if -synthetic.difference > MAX_LOST_SYNTHETIC:
        reasons.append(
            f"Of {synthetic.seen:,} {teaching.noun}s drawn by our program it reads {synthetic.after:,}, "
            f"{synthetic.before - synthetic.after} fewer than before."
        )
    if letters.difference > MAX_MORE_LETTERS:
        reasons.append(
            f"Of {letters.seen:,} {teaching.none_name} it is sure that {letters.after:,} are {teaching.noun}s, "
            f"{letters.after - letters.before} more than before."
        )
    return tuple(reasons)


def write_teaching(teaching: Teaching, folder: Path) -> None:
    """Write a teaching into the folder of its model."""
    values = asdict(teaching)
    if teaching.noun == "digit":  # which was not said as there were no others
        del values["noun"], values["test_set"]
    write_json(folder / TEACHING, values)


def load_teaching(name: str, models_dir: Path | str | None = None) -> Teaching | None:
    """Return what a model was taught; None where it was not, or where that cannot be read. Raises `BadName`."""
    folder = find_models_dir(models_dir) / check_form(name)
    try:
        return _parse(read_file(folder, TEACHING, MAX_TEACHING))
    except (DamagedModel, msgspec.DecodeError, ValueError, RecursionError):
        return None


# ------------------------------------------------------------------------------------------------------ inside


def _parse(content: bytes) -> Teaching:
    """Read a teaching, trusting nothing; raises `ValueError` for what cannot be."""
    teaching = msgspec.json.decode(content, type=Teaching)
    drawings = teaching.drawings
    words = [teaching.start, *(word for each in drawings for word in _words(each))]
    if len(drawings) > MAX_DRAWINGS or any(len(word) > MAX_TEXT_LENGTH or not word.isprintable() for word in words):
        raise ValueError("expected few and short words")
    if not all(_can_be(each) for each in drawings):
        raise ValueError("expected labels and answers of digits or other classes")
    if teaching.noun not in ("digit", "character", "picture") or not TEST_SET.fullmatch(teaching.test_set):
        raise ValueError("expected what models read, and a key of test sets")
    changes = [teaching.synthetic, teaching.letters, *([teaching.mnist] if teaching.mnist else [])]
    if not all(_fits(change) for change in changes):
        raise ValueError("expected counts that belong together")
    return teaching


def _words(drawing: TaughtDrawing) -> Sequence[str]:
    answers = (drawing.before, drawing.after)
    return [drawing.id, *(word for answer in answers for word in (answer.model, answer.verdict))]


def _can_be(drawing: TaughtDrawing) -> bool:
    answers = (drawing.before, drawing.after)
    labels = () if drawing.label == NOT_A_DIGIT else (drawing.label,)
    for name in (*labels, *(answer.digit for answer in answers)):
        check_name_in_file(name)
    return all(0 <= answer.confidence <= 1 for answer in answers)


def _fits(change: Change) -> bool:
    kept = change.before - change.lost
    return kept >= 0 and change.after == kept + change.gained and change.before + change.gained <= change.seen
