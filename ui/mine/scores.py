"""How every model reads a person's drawings: a table with intervals, and whether it tells the models apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from mnist_core.alphabets import describe_alphabet, find_twins, noun_of, thing_of
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.evaluation.metrics import mcnemar, score
from mnist_core.model.prediction import Prediction
from mnist_core.store.drawings import KeptDrawing, describe_left_out, find_class
from ui.mine.drawing_tiles import is_right
from ui.text import verbatim
from ui.widgets.html_table import html_table

CSS = """
.mine { width: 100%; max-width: 34rem }
.mine th, .mine td { padding-right: 0.75rem }
.mine th:last-child, .mine td:last-child { padding-right: 0 }
.mine td:first-child { overflow-wrap: anywhere }
.mine .share { font-size: 1.15rem; font-weight: 600 }
.mine .best { color: ANSWER }
.mine .faint { color: FAINT }
"""
SURPRISING = 0.05  # a p-value below it tells two models apart


@dataclass(frozen=True, slots=True)
class Standing:
    """A model of some classes, and which drawings of these and which of what is none of them it reads right."""

    name: str
    classes: tuple[str, ...]
    digits: tuple[bool, ...]
    others: tuple[bool, ...]

    @property
    def correct(self) -> int:
        """How many of its classes."""
        return sum(self.digits)


def standing_of(
    name: str, classes: tuple[str, ...], drawings: Sequence[KeptDrawing], answers: Sequence[Prediction | None]
) -> Standing:
    """Return how a model does, by its answers to drawings; those whose labels leave open what is right do not count."""
    right = [
        (find_class(each.label, classes), bool(is_right(each, answer, classes)))
        for each, answer in zip(drawings, answers, strict=True)
    ]
    return Standing(
        name,
        classes,
        tuple(outcome for number, outcome in right if number not in (None, NOT_A_DIGIT)),
        tuple(outcome for number, outcome in right if number == NOT_A_DIGIT),
    )


def compare_standings(standings: Sequence[Standing], picked: str, kept: Sequence[KeptDrawing]) -> None:
    """Show how models read the drawings: those of one alphabet together, the picked one's first.

    Others are left out where none of the drawings is of their classes.
    """
    groups: dict[tuple[str, ...], list[Standing]] = {}
    for each in sorted(standings, key=lambda each: each.name != picked):
        groups.setdefault(each.classes, []).append(each)
    first, *others = groups
    shown = [first, *(classes for classes in others if groups[classes][0].digits)]
    for classes in shown:
        if len(shown) > 1:
            st.markdown(f"**Models of {verbatim(describe_alphabet(classes))}**")
        st.html(f'<div style="overflow-x:auto">{scores_table(groups[classes], picked)}</div>')
        if lead := describe_lead(groups[classes]):
            st.markdown(lead)
        if left_out := describe_left_out(kept, classes):
            st.caption(verbatim(left_out))
    thing, none = thing_of(first), any(groups[classes][0].others for classes in shown)
    like_it = " or what looks like it" if any(find_twins(classes).sum() > len(classes) for classes in shown) else ""
    st.caption(
        f"*Read*: answered with the label{like_it}, and not taken for no {thing}. *Interval*: where the share would "
        "lie with many more of your drawings, in 95 of 100 cases."
        + (f" *Refused*: what is no {thing}, and is taken for none." if none else "")
    )


def scores_table(standings: Sequence[Standing], picked: str) -> str:
    """Return the table as HTML, the model that reads most first."""
    first = max(standings, key=lambda each: each.correct)
    heads = ["<th>Model</th>"]
    if first.digits:
        heads += [f'<th class="number">Read, of {len(first.digits):,}</th>', '<th class="number">95 % interval</th>']
    if first.others:
        heads += [f'<th class="number">Refused, of {len(first.others):,}</th>']
    rows = [_row(each, first.correct, picked) for each in sorted(standings, key=lambda each: -each.correct)]
    return html_table("mine", heads, rows, css=CSS, label="Every model on my drawings")


def describe_lead(standings: Sequence[Standing]) -> str:
    """Say which models of one alphabet its digits tell apart; empty where there is nothing to compare."""
    best, *others = sorted(standings, key=lambda each: -each.correct)
    if not others or not best.digits:
        return ""
    worse: list[str] = []
    unknown: list[str] = []
    for each in others:
        alone = sum(ours and not theirs for ours, theirs in zip(best.digits, each.digits, strict=True))
        theirs_alone = alone - (best.correct - each.correct)
        (worse if mcnemar(theirs_alone, alone) < SURPRISING else unknown).append(each.name)
    count, noun = len(best.digits), noun_of(best.classes)
    if not worse:
        return f"{f'1 {noun} is' if count == 1 else f'{count:,} {noun}s are'} too few to tell the models apart."
    words = f"**{verbatim(best.name)}** reads your hand better than {_join(worse)} (McNemar's test, p < 0.05)"
    return f"{words}; whether better than {_join(unknown)}, these {noun}s do not tell." if unknown else f"{words}."


def _row(standing: Standing, most: int, picked: str) -> str:
    name = escape(standing.name)
    if standing.name == picked:
        name = f'<b>{name}</b> <span class="faint">picked</span>'
    cells = f"<td>{name}</td>"
    if standing.digits:
        found = score(standing.correct, len(standing.digits))
        low, high = found.interval
        best = " best" if standing.correct == most > 0 else ""
        cells += (
            f'<td class="number share{best}">{standing.correct:,}</td>'
            f'<td class="number">{low * 100:.0f} to {high * 100:.0f} %</td>'
        )
    if standing.others:
        cells += f'<td class="number">{sum(standing.others):,}</td>'
    return f"<tr>{cells}</tr>"


def _join(names: Sequence[str]) -> str:
    *others, last = map(verbatim, names)
    return f"{', '.join(others)} and {last}" if others else last
