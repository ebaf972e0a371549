"""All models beside each other, in one table that answers which is best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mnist_core.evaluation.drawing_benchmark import DrawingScore
from mnist_core.evaluation.metrics import Evaluation
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
HEADS = (
    *("<th>Model</th>", '<th>Test<span class="extra"> accuracy</span></th>', '<th class="extra">95 % interval</th>'),
    *('<th>Drawings<span class="extra"> read</span></th>', '<th class="extra">Calibration error</th>'),
    *("<th>Parameters</th>", '<th class="extra whole">Weights</th>', '<th class="extra whole">Training</th>'),
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
        """Of the test digits; -1 where it was not evaluated."""
        return self.evaluation.accuracy if self.evaluation else -1.0

    @property
    def rank(self) -> tuple[bool, float]:
        """What orders models: an evaluation that can be checked comes before one that cannot."""
        return self.is_backed, self.accuracy

    @property
    def learnt_from_such(self) -> bool:
        """Whether it has learnt from drawings by our program, though not from these."""
        return self.card.recipe.synthetic > 0 or self.card.recipe.is_written


def table_of(rows: Sequence[Row]) -> str:
    """Return the table as HTML, for one place that is filled again when more is known."""
    table = html_table(
        "compared", HEADS, (f"<tr>{_cells(row, rows)}</tr>" for row in rows), css=CSS, label="All models"
    )
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
    return (
        f"<td>{name}</td>{evaluated}{_drawn(row, rows)}{calibration}<td>{card.parameters:,}</td>"
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
