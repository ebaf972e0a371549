"""How far a drawing may be changed before the answer flips, as two maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from mnist_core.alphabets import thing_of, with_article
from mnist_core.explain.robustness import Flip, Reading, move, tilt_pixels, tilt_strokes
from mnist_core.model.prediction import SURE, Prediction, Verdict
from ui.inputs.digit_input import DigitInput
from ui.services import insights
from ui.services.answering import LoadedModel
from ui.text import percent, verbatim
from ui.theme import Colours, colours, mix
from ui.widgets.answer import describe_answer
from ui.widgets.charts import family_layout, plain_label, show_chart

HEIGHT = 320  # pixels
PIPELINE = (
    "In this app the size and place of a drawing or a picture play no part: it is fitted and centred before the "
    "network sees it. The first map shows what the network itself tolerates when nobody does that."
)
SHORT = 2  # letters of a name, for which a cell has room
IN_A_CELL = {"digit": "A figure", "character": "A name", "picture": "The beginning of a name"}


@dataclass(frozen=True, slots=True)
class Axis:
    """One way to change a drawing: as a tick of the map says it, and as a sentence does."""

    tick: Callable[[float], str]
    words: Callable[[float], str]
    every: int = 1  # how many steps from one tick to the next, counted from the drawing as it is


def show_robustness(loaded: LoadedModel, given: DigitInput, prediction: Prediction) -> None:
    """Show what a model answers to this drawing in other sizes and places, and in other tilts and stroke widths."""
    if prediction.verdict is Verdict.TOO_LITTLE_INK:
        st.caption(
            f"Hardly any ink yet. Draw the whole {prediction.noun}, and two maps show how far it may be changed."
        )
        return
    if prediction.is_refused:
        thing = thing_of(prediction.classes)
        st.caption(f"It is not taken for one {thing}, so there is no answer that a change could flip.")
        return
    tilted = tilt_strokes(given.strokes, given.pen_width) if given.strokes else tilt_pixels(given.digit)
    noun, name = prediction.noun, verbatim(prediction.name)
    moves, tilts = insights.read(loaded, [move(given.digit), tilted], prediction.digit)
    left, right = st.columns(2, gap="large")
    with left:
        show_map(moves, "Size and place", SIZE, SHIFT)
    with right:
        show_map(tilts, "Tilt and width of the strokes", PEN if given.strokes else WIDENING, TILT)
    st.caption(
        f"Teal: sure of the {name} ({percent(SURE)} or more). Orange: less; the stronger, the less. "
        f"{IN_A_CELL[noun]} in a cell is another answer, a ? means no {thing_of(prediction.classes)}. The frame "
        f"marks the drawing as it is; a px is one of the 28 pixels. {PIPELINE}"
    )


def show_map(reading: Reading, title: str, rows: Axis, columns: Axis) -> None:
    """Show a grid's answers: the probability of the drawing's own answer as the colour of each cell, and a sentence.

    Teal from where on an answer counts as sure; below that orange, at its strongest so light that figures can be read.
    """
    st.markdown(f"**{title}**")
    sentence = describe_staying(reading, rows, columns)
    palette, grid = colours(), reading.grid
    row, column = grid.as_drawn
    heat = {
        "type": "heatmap",
        "z": [
            [0.0 if cell.is_refused else float(cell.probabilities[reading.answer]) for cell in row]
            for row in reading.predictions
        ],
        "zmin": 0,
        "zmax": 1,
        "colorscale": colour_scale(palette),
        "showscale": False,
        "text": [
            [
                "" if digit == reading.answer else "?" if digit is None else plain_label(reading.classes[digit][:SHORT])
                for digit in line
            ]
            for line in reading.digits
        ],
        "texttemplate": "%{text}",
        "textfont": {"size": 13, "color": palette.text},
        "hovertext": hover_words(reading, rows, columns),
        "hovertemplate": "%{hovertext}<extra></extra>",
        "xgap": 1,
        "ygap": 1,
    }
    frame = {"type": "rect", "x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    axis = {"fixedrange": True, "showgrid": False, "zeroline": False, "tickfont": {"color": palette.faint}}
    layout = family_layout(palette, HEIGHT) | {
        "margin": {"l": 60, "r": 32, "t": 4, "b": 28},
        "xaxis": axis | ticks(grid.columns, columns, column),
        "yaxis": axis | ticks(grid.rows, rows, row),
        "shapes": [frame | {"line": {"width": 3, "color": palette.text}}],
    }
    show_chart([heat], layout, key=title, alt=f"{title}. {sentence}")
    st.markdown(sentence)  # below, for it has one line or three, and the map should stay where it is


def colour_scale(palette: Colours) -> list[tuple[float, str]]:
    """Return the colours of the cells; another digit is written in those of an unsure answer, where it reads."""
    unsure, sure = (mix(palette.ground, palette.wrong, 0.5), mix(palette.ground, palette.wrong, 0.15))
    return [(0, unsure), (SURE, sure), (SURE, mix(palette.ground, palette.answer, 0.8)), (1, palette.answer)]


def describe_staying(reading: Reading, rows: Axis, columns: Axis) -> str:
    """Say in how many cells the answer stays, and what the least change of one kind is that flips it."""
    cells = len(reading.grid.rows) * len(reading.grid.columns)
    words = f"It stays {verbatim(with_article(reading.classes[reading.answer]))} in "
    words += f"all {cells} cells" if reading.staying == cells else f"{reading.staying} of {cells} cells"
    flips = [
        f"{axis.words(flip.change)} it {describe_flip(flip, reading.classes)}"
        for axis, both in ((columns, reading.column_flips), (rows, reading.row_flips))
        for flip in both
        if flip
    ]
    if flips:
        return f"{words}; {', '.join(flips)}."
    return f"{words}." if reading.staying == cells else f"{words}; only both changes together flip it."


def describe_flip(flip: Flip, classes: tuple[str, ...]) -> str:
    """Say what becomes of a drawing where its answer flips, as Markdown."""
    if flip.digit is None:
        return f"is no longer taken for a {thing_of(classes)}"
    return f"becomes {verbatim(with_article(classes[flip.digit]))}"


def hover_words(reading: Reading, rows: Axis, columns: Axis) -> list[list[str]]:
    """Say for each cell how it was changed, what is answered, and how surely."""
    grid = reading.grid
    return [
        [
            f"{rows.words(row)}, {columns.words(column)}:<br>{plain_label(shown.figure)}, {plain_label(shown.brief)}"
            for column, shown in zip(grid.columns, map(describe_answer, cells), strict=True)
        ]
        for row, cells in zip(grid.rows, reading.predictions, strict=True)
    ]


def ticks(changes: tuple[float, ...], axis: Axis, as_drawn: int) -> dict[str, object]:
    """Return where the ticks of an axis are, and what they say."""
    places = range(as_drawn % axis.every, len(changes), axis.every)
    return {"tickvals": list(places), "ticktext": [axis.tick(changes[place]) for place in places]}


def sideways(amount: float, unit: str) -> str:
    """Say an amount to the right, or where it is negative, to the left."""
    return f"{abs(amount):g}{unit} {'left' if amount < 0 else 'right'}" if amount else f"0{unit}"


def describe_widening(pixels: float) -> str:
    """Say by how much strokes are wider, or where it is negative, thinner."""
    return f"strokes {abs(pixels):g} px {'thinner' if pixels < 0 else 'wider'}" if pixels else "strokes as they are"


SIZE = Axis(lambda size: f"{size:.0%}".replace("%", " %"), lambda size: f"at {size * 100:.0f} % of its size")
SHIFT = Axis(lambda shift: sideways(shift, " px"), lambda shift: f"moved {sideways(shift, ' px')}", 4)
TILT = Axis(lambda tilt: sideways(tilt, "°"), lambda tilt: f"turned {sideways(tilt, '°')}", 4)
PEN = Axis(lambda pen: f"{pen:g} px", lambda pen: f"with a pen of {pen:g} px")
WIDENING = Axis(lambda pixels: f"{pixels:+g} px".replace("-", "−") if pixels else "0 px", describe_widening)
