"""Several pictures at once: what each was read as, in a table, and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO

import streamlit as st

from mnist_core.alphabets import DIGITS, noun_of, thing_of
from mnist_core.evaluation.filters import as_cell
from mnist_core.model.number import Number
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.preprocessing.raster import Digit, as_bytes
from ui.inputs.picture_upload import chosen_picture, given_pictures
from ui.services import answering
from ui.services.answering import LoadedModel
from ui.theme import colours
from ui.widgets.answer import describe_answer
from ui.widgets.html_table import html_table
from ui.widgets.number_digits import read_several
from ui.widgets.tiles import on_paper, tile

THUMBNAIL, SMALL = 42, 22  # pixels of a digit, and of one of a number
CSS = """
.pictures td { vertical-align: middle }
.pictures .name { overflow-wrap: anywhere; min-width: 6rem }
.pictures .digit { text-align: center }
.pictures td.digit { font-size: 1.6rem; font-weight: 600; line-height: 1.2 }
@media (max-width: 640px) { .pictures th, .pictures td { padding-right: 0.75rem } }
"""
HEADS = ("<th>Picture</th>", '<th class="digit">Answer</th>', "<th>Confidence</th>")


@dataclass(frozen=True, slots=True)
class Row:
    """A picture's name, its digit and the answer to it, or the number in it; or what there is instead of them."""

    name: str
    digit: Digit | None
    read: Prediction | Number | None
    problem: str = ""
    is_chosen: bool = False


def show_picture_table(loaded: LoadedModel) -> None:
    """Show what each of several pictures was read as, and offer that as CSV; a single one needs no table."""
    pictures, chosen = given_pictures(), chosen_picture()
    if len(pictures) < 2:
        return
    rows = []
    for number, picture in pictures.items():
        digit = picture.digit_input.digit if picture.digit_input else None
        answer = None
        if digit is not None:
            several = read_several(loaded, picture.rows) if picture.rows else None
            answer = several or answering.ask(loaded, digit)[0]
        rows.append(Row(picture.name, digit, answer, picture.problem, number == chosen))
    st.header(f"{len(rows)} pictures")
    classes = loaded.card.classes
    noun = noun_of(classes)
    lines = [line(place, row, noun) for place, row in enumerate(rows, 1)]
    heads = (f"<th>{'Pixels' if noun == 'picture' else noun.capitalize()}</th>", *HEADS)
    st.html(f'<div style="overflow-x:auto">{html_table("pictures", heads, lines, css=CSS, label="Pictures")}</div>')
    st.download_button(
        "Table as CSV",
        lambda: rows_to_csv(rows, classes),
        f"pictures-by-{loaded.name}.csv",
        "text/csv",
        on_click="ignore",  # a run of the page would make the file's address anew, under the next press
        icon=":material/download:",
    )


def line(place: int, row: Row, noun: str = "digit") -> str:
    """Return a picture's row; that of the one that is looked at is strong."""
    name = f"{place}. {escape(row.name)}"
    name = f"<b>{name}</b>" if row.is_chosen else name
    if row.digit is None or row.read is None:
        reason = f'<div style="color:{colours().faint}">{escape(row.problem)}</div>'
        return f'<tr><td></td><td class="name" colspan="3">{name}{reason}</td></tr>'
    if isinstance(row.read, Number):
        digits, side, is_told = [part.digit for part in row.read.parts], SMALL, not row.read.is_sure
    else:
        digits, side, is_told = [row.digit], THUMBNAIL, row.read.is_refused
    tiles = "".join(tile(on_paper(as_bytes(digit)), f"The {noun} of picture {place}", side) for digit in digits)
    tiles = f'<div style="display:flex;gap:2px;width:{len(digits) * (side + 2)}px">{tiles}</div>'
    shown = describe_answer(row.read)
    words = escape(f"{shown.headline}. {shown.detail}" if is_told else shown.headline).replace(" %", "&nbsp;%")
    return (
        f'<tr><td>{tiles}</td><td class="name">{name}</td>'
        f'<td class="digit" style="color:{shown.colour}">{escape(shown.figure)}</td><td>{words}</td></tr>'
    )


def rows_to_csv(rows: Sequence[Row], classes: tuple[str, ...] = DIGITS) -> str:
    """Return a table: each file, its most probable class, how sure, the verdict or what was wrong, and all shares."""
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["file", "answer", "confidence", "verdict", *(f"p{name}" for name in classes)])
    none = [""] * len(classes)
    for row in rows:
        name, found = as_cell(row.name), row.read
        if isinstance(found, Number):
            verdict = Verdict.SURE if found.is_sure else Verdict.UNSURE
            writer.writerow([name, as_cell(found.text), f"{found.confidence:.6g}", verdict, *none])
        elif found:
            shares = [f"{share:.6g}" for share in found.probabilities.tolist()]
            words = found.verdict.replace("digit", thing_of(classes))
            writer.writerow([name, as_cell(found.name), shares[found.digit], words, *shares])
        else:
            writer.writerow([name, "", "", row.problem, *none])
    return table.getvalue()
