"""All models beside each other, in one table that answers which is best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mnist_core.alphabets import ALPHABETS, DIGITS, describe_alphabet
from mnist_core.evaluation.drawing_benchmark import DrawingScore
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.test_sets import find_test_set
from mnist_core.model.card import Card
from ui.models.card_text import format_bytes
from ui.text import duration, format_exact_percent, format_interval
from ui.widgets.html_table import html_table

# Whole, the table needs 60 rem. Where it has less, first its picture and two columns give way, then all but the four of
# a phone, and only then is a name broken; the cards below hold the rest.
CSS = """
.room { container-type: inline-size; overflow-x: auto }
.compared { width: 100%; max-width: 70rem }
.compared th, .compared td { padding: 0.45rem 1.5rem 0.45rem 0; text-align: right; white-space: nowrap }
.compared th { vertical-align: bottom }
.compared th:first-child, .compared td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere;
    min-width: 7.5rem }
.compared th:last-child, .compared td:last-child { padding-right: 0 }
.compared td.main { font-size: 1.35rem; font-weight: 600; line-height: 1.2 }
.compared .best { color: ANSWER; font-weight: 600 }
.compared .faint { color: FAINT }
.compared .reach { position: relative; display: inline-block; width: 8rem; height: 0.75rem; margin-right: 1rem;
    vertical-align: middle }
.compared .reach i { position: absolute; top: 0.32rem; height: 2px; background: OTHER }
.compared .reach b { position: absolute; top: 0.15rem; width: 0.45rem; height: 0.45rem; margin-left: -0.22rem;
    border-radius: 50%; background: FAINT }
.compared .reach b.best { background: ANSWER }
@container (max-width: 60rem) {
    .compared .whole { display: none }
}
@container (max-width: 42rem) {
    .compared .extra { display: none }
    .compared th:first-child, .compared td:first-child { min-width: 0 }
    .compared th:not(:last-child), .compared td:not(:last-child) { padding-right: 0.6rem }
    .compared td.main { font-size: 1.1rem }
}
"""
FIRST_HEADS = (
    *("<th>Model</th>", '<th>Test<span class="extra"> accuracy</span></th>', '<th class="extra">95 % interval</th>'),
)
DRAWINGS_HEAD = '<th>Drawings<span class="extra"> read</span></th>'
LAST_HEADS = (
    *('<th class="extra">Calibration error</th>', "<th>Parameters</th>"),
    *('<th class="extra whole">Weights</th>', '<th class="extra whole">Training</th>'),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One model: its card, its evaluation, and how many drawings it reads, where that is known already."""

    card: Card
    weights_bytes: int
    evaluation: Evaluation | None
    is_backed: bool  # the evaluation, by the model's answers
    drawn: DrawingScore | None
    is_unreadable: bool = False  # it could not be asked to read the drawings

    @property
    def accuracy(self) -> float:
        """Of its test set; -1 where it was not evaluated."""
        return self.evaluation.accuracy if self.evaluation else -1.0

    @property
    def rank(self) -> tuple[bool, float]:
        """What orders models: an evaluation that can be checked comes before one that cannot."""
        return self.is_backed, self.accuracy

    @property
    def reads_digits(self) -> bool:
        """Whether it tells the ten digits apart, and nothing else."""
        return self.card.classes == DIGITS

    @property
    def learnt_from_such(self) -> bool:
        """Whether it has learnt from drawings by our program, though not from these."""
        return self.card.recipe.synthetic > 0 or self.card.recipe.is_written


def group(rows: Sequence[Row]) -> list[list[Row]]:
    """Put together the rows that can be compared: of the same classes, by the same test set; digits come first.

    Those that were not evaluated stand with others of their classes, where there are such.
    """
    groups: list[list[Row]] = []
    for alphabet in dict.fromkeys((*ALPHABETS.values(), *(row.card.classes for row in rows))):
        of_alphabet = [row for row in rows if row.card.classes == alphabet]
        evaluated = [row for row in of_alphabet if row.evaluation]
        others = [row for row in of_alphabet if not row.evaluation]
        test_sets = dict.fromkeys(row.evaluation.test_set for row in evaluated if row.evaluation)
        parts = [[row for row in evaluated if row.evaluation and row.evaluation.test_set == key] for key in test_sets]
        groups += [[*parts[0], *others], *parts[1:]] if parts else [others]
    return [each for each in groups if each]


def headings_of(groups: Sequence[Sequence[Row]]) -> list[str]:
    """Return the heading of each group: what is read, and by which test set where that is not the only one."""
    alphabets = [rows[0].card.classes for rows in groups]
    headings = []
    for rows, classes in zip(groups, alphabets, strict=True):
        what = describe_alphabet(classes)
        what = f"{what[0].upper()}{what[1:]}"
        evaluation = rows[0].evaluation
        test_set = find_test_set(evaluation.test_set) if evaluation and alphabets.count(classes) > 1 else None
        headings.append(f"{what}: {test_set.title}" if test_set else what)
    return headings


def table_of(rows: Sequence[Row], label: str = "All models") -> str:
    """Return the table as HTML, for one place that is filled again when more is known.

    Its rows can be compared: they tell the same classes apart. Drawings are read by those alone that read digits.
    """
    heads = (*FIRST_HEADS, *([DRAWINGS_HEAD] if rows[0].reads_digits else []), *LAST_HEADS)
    lines = (f"<tr>{_cells(row, rows)}</tr>" for row in rows)
    table = html_table("compared", heads, lines, css=CSS, label=escape(label))
    return f'<div class="room">{table}</div>'


def _cells(row: Row, rows: Sequence[Row]) -> str:
    card, evaluation = row.card, row.evaluation
    is_best = evaluation is not None and row.rank == max(each.rank for each in rows)
    name = f"<b>{escape(card.name)}</b>" if is_best else escape(card.name)
    if evaluation is None:
        evaluated = '<td class="faint">not evaluated</td><td class="extra"></td>'
        calibration = '<td class="extra"></td>'
    else:
        mark = "" if row.is_backed else "†"
        evaluated = (
            f'<td class="main{" best" if is_best else ""}">{format_exact_percent(evaluation.accuracy)}{mark}</td>'
            f'<td class="extra">{_reach(evaluation, rows, is_best)} '
            f'<span class="faint">{format_interval(evaluation)}</span></td>'
        )
        errors = [(not each.is_backed, each.evaluation.calibration_error) for each in rows if each.evaluation]
        error = evaluation.calibration_error
        calibration = _cell(format_exact_percent(error), (not row.is_backed, error) == min(errors), extra=True)
    drawn = _drawn(row, rows) if row.reads_digits else ""
    return (
        f"<td>{name}</td>{evaluated}{drawn}{calibration}<td>{card.parameters:,}</td>"
        f'<td class="extra whole">{format_bytes(row.weights_bytes)}</td>'
        f'<td class="extra whole">{duration(card.seconds)}</td>'
    )


def _drawn(row: Row, rows: Sequence[Row]) -> str:
    if row.drawn is None:
        return f'<td class="faint">{"could not be read" if row.is_unreadable else "…"}</td>'
    best = max(each.drawn.read.accuracy for each in rows if each.drawn)
    mark = "*" if row.learnt_from_such else "&nbsp;"
    return _cell(format_exact_percent(row.drawn.read.accuracy) + mark, row.drawn.read.accuracy == best)


def _cell(figure: str, is_best: bool, *, extra: bool = False) -> str:
    kinds = " ".join(kind for kind, holds in (("best", is_best), ("extra", extra)) if holds)
    return f'<td class="{kinds}">{figure}</td>'


def _reach(evaluation: Evaluation, rows: Sequence[Row], is_best: bool) -> str:
    """Return the interval as a line with a dot, on one scale for all models."""
    intervals = [each.evaluation.interval for each in rows if each.evaluation]
    start, end = min(low for low, _ in intervals), max(high for _, high in intervals)
    low, middle, high = (
        100 * (share - start) / max(end - start, 1e-9)
        for share in (evaluation.interval[0], evaluation.accuracy, evaluation.interval[1])
    )
    dot = ' class="best"' if is_best else ""
    return (
        f'<span class="reach whole" aria-hidden="true"><i style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
        f'<b{dot} style="left:{middle:.1f}%"></b></span>'
    )
