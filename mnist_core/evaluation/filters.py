"""Which of the evaluated digits to look at, and in which order."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from io import StringIO
from math import floor, log, log1p, log10

import numpy as np
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS
from mnist_core.evaluation.learnt import NEVER, Learnt
from mnist_core.evaluation.metrics import MIN_PROBABILITY, Answers


class Which(StrEnum):
    """The digits to choose among; the last three need a second model."""

    MISTAKES = "mistakes"
    DISPUTED = "disputed labels"
    CORRECT = "read correctly"
    ALL = "all digits"
    ONLY_FIRST = "only this one wrong"
    ONLY_SECOND = "only the other wrong"
    BOTH = "both wrong"


class Order(StrEnum):
    """What comes first."""

    SUREST = "most confident first"
    LEAST_SURE = "least confident first"
    LOSS = "largest loss first"
    MARGIN = "smallest margin first"
    LEARNT = "learnt last first"
    FORGOTTEN = "most often forgotten first"
    DIGIT = "by true digit"
    INDEX = "by index"


OVER_TIME = (Order.LEARNT, Order.FORGOTTEN)  # need the answers at the moments of the training
FORMULA = tuple("=+-@＝＋－＠\t\r")  # what a cell begins with that spreadsheets work out (OWASP, CSV Injection)
COMPARING = (Which.ONLY_FIRST, Which.ONLY_SECOND, Which.BOTH)


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter and an order. `label` is the true class, `given` the answered one; None is any."""

    which: Which = Which.MISTAKES
    label: int | None = None
    given: int | None = None
    confidence: tuple[float, float] = (0.0, 1.0)  # of the answer, both ends included
    order: Order = Order.SUREST


def choose(
    answers: Answers,
    choice: Choice,
    *,
    disputed: Sequence[int] = (),
    second: Answers | None = None,
    learnt: Learnt | None = None,
) -> NDArray[np.int64]:
    """Return the indices of the chosen digits `(M,)`, in the chosen order; ties stay in the order of the test set.

    Without `learnt`, the orders that need it are that of the test set. Those never learnt come after those learnt.
    """
    confidences, (low, high) = answers.confidences, choice.confidence
    chosen = _among(answers, choice.which, disputed, second)
    chosen &= (confidences >= low) & (confidences <= high)
    if choice.label is not None:
        chosen &= answers.labels == choice.label
    if choice.given is not None:
        chosen &= answers.given == choice.given
    indices = np.flatnonzero(chosen)
    return indices[np.argsort(_rank(answers, choice.order, learnt)[indices], kind="stable")]


def _among(answers: Answers, which: Which, disputed: Sequence[int], second: Answers | None) -> NDArray[np.bool_]:
    wrong = ~answers.right
    if which is Which.ALL:
        return np.ones_like(wrong)
    if which is Which.DISPUTED:
        return np.isin(np.arange(len(wrong)), disputed)
    if which not in COMPARING:
        return wrong if which is Which.MISTAKES else ~wrong
    if second is None:
        raise ValueError(f"found {which!r} and one model, expected a second one to compare with")
    second_wrong = ~second.right
    return {
        Which.ONLY_FIRST: wrong & ~second_wrong,
        Which.ONLY_SECOND: ~wrong & second_wrong,
        Which.BOTH: wrong & second_wrong,
    }[which]


def _rank(answers: Answers, order: Order, learnt: Learnt | None) -> NDArray[np.float64]:
    """Return a number for each digit, the smallest of which comes first."""
    if learnt and order is Order.LEARNT:
        return np.where(learnt.step == NEVER, np.inf, -learnt.step)
    if learnt and order is Order.FORGOTTEN:
        return -learnt.forgotten.astype(np.float64)
    return {
        Order.SUREST: -answers.confidences,
        Order.LEAST_SURE: answers.confidences,
        Order.LOSS: -answers.losses,
        Order.MARGIN: answers.margins,
        Order.DIGIT: answers.labels.astype(np.float64),
    }.get(order, np.zeros(len(answers.labels)))


def as_cell(words: str) -> str:
    """Return words with an apostrophe before them where a spreadsheet would take them for a formula: "=1", not "="."""
    return f"'{words}" if len(words) > 1 and words.startswith(FORMULA) else words


def answers_to_csv(
    answers: Answers,
    indices: NDArray[np.integer],
    disputed: Sequence[int] = (),
    classes: tuple[str, ...] = DIGITS,
) -> str:
    """Return a table of these digits: what they are, what was answered, how sure, and all probabilities.

    Probabilities are kept with 24 bits, so the highest may have been rounded to 1. Written is what the others leave of
    it, with as many digits as that takes: no probability below 1 appears as 1, and none above 0 as 0.
    """
    names = list(map(as_cell, classes))
    columns = np.arange(len(answers)), answers.labels, answers.given
    true = "true digit" if classes == DIGITS else "true class"
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["index", true, "read as", "label", "confidence", "margin", "loss", *names])
    for index, label, given in zip(*(column[indices] for column in columns), strict=True):
        shares = np.maximum(answers.probabilities[index].astype(np.float64), MIN_PROBABILITY)
        others = np.delete(shares, given)
        left = 1 - shares
        left[given] = others.sum()
        written = [_format_share(*pair) for pair in zip(shares.tolist(), left.tolist(), strict=True)]
        margin = _format_share(float(shares[given] - others.max()), float(left[given] + others.max()))
        loss = -log1p(-left[given]) if label == given else -log(shares[label])
        mark = "disputed" if index in disputed else ""
        writer.writerow([index, names[label], names[given], mark, written[given], margin, f"{loss:.6g}", *written])
    return table.getvalue()


def _format_share(share: float, left: float) -> str:
    """Write a share to six digits, or where less is left of 1 than it has, to six digits of that."""
    if share <= left:
        return f"{share:.6g}"
    left = max(left, 1e-15)  # more digits than a spreadsheet keeps would be read as 1
    return f"{1 - Decimal(left):.{5 - floor(log10(left))}f}"
