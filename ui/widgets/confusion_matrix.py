"""The confusion matrix, whose cells can be pressed, and what follows from it for each class."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import log10
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS
from mnist_core.evaluation.metrics import DigitScore
from ui.assets import read_asset
from ui.theme import Colours, colours, ink_on, mix
from ui.widgets.charts import family_layout, show_chart
from ui.widgets.confusion_grid import GridCell, show_grid

HEIGHT, MARGINS = 440, {"l": 48, "t": 48, "r": 4, "b": 4}  # pixels
FAINTEST = 0.2  # how much of its colour a cell with one digit has
ROWS_SHOWN = 12  # of the table of scores; it scrolls
Cell = tuple[int, int]  # true class, answered class

# A Plotly heat map tells of no click, and of a finger's tap too late. So a hundred buttons that cannot be seen lie over
# its cells; they can be reached with the keyboard, and a finger scrolls the page on them.
_lay_buttons = st.components.v2.component(
    "confusion_buttons",
    html='<div class="over"><div class="cells" role="group" aria-label="Confusion matrix"></div></div>',
    css=read_asset("widgets/confusion_matrix.css"),
    js=read_asset("widgets/roving_focus.js") + read_asset("widgets/confusion_matrix.js"),
)


def show_confusion(
    confusion: NDArray[np.integer],
    *,
    in_percent: bool,
    key: str,
    chosen: Cell | None = None,
    on_choose: Callable[[Cell], None] | None = None,
    classes: tuple[str, ...] = DIGITS,
) -> None:
    """Show the counts `(K, K)`, true classes down and answers across, or each row in percent.

    Where there is something to do `on_choose`, the cells can be pressed.
    Colour goes with the logarithm of the count: a single error must be seen beside a thousand right ones.
    """
    palette = colours()
    right = np.eye(len(confusion), dtype=bool)
    heats = [(np.where(right, confusion, 0), palette.answer), (np.where(right, 0, confusion), palette.wrong)]
    if classes != DIGITS:
        _show_many(confusion, heats, classes, in_percent=in_percent, key=key, chosen=chosen, on_choose=on_choose)
        return
    figures = _figures(confusion, in_percent)
    traces = [_heat(counts, tint, palette.ground) for counts, tint in heats]
    traces.append(_write(figures, [ink_on(shade) for shade in _shades(heats, palette.ground)]))
    words = f"Confusion matrix: {confusion.trace():,} of {confusion.sum():,} on the diagonal"
    with st.container(gap=None):
        show_chart(traces, _layout(palette), key=key, alt=words)
        if on_choose is None:
            return
        names = _cell_words(confusion, figures, classes, in_percent=in_percent)
        _show_buttons(names, chosen, f"{key} buttons", on_choose)


def _show_many(
    confusion: NDArray[np.integer],
    heats: list[tuple[NDArray[np.integer], str]],
    classes: tuple[str, ...],
    *,
    in_percent: bool,
    key: str,
    chosen: Cell | None,
    on_choose: Callable[[Cell], None] | None,
) -> None:
    """Show a matrix that scrolls, of the cells that hold something."""
    figures, shades = _figures(confusion, in_percent, places=0), _shades(heats, colours().ground)
    words = _cell_words(confusion, figures, classes, in_percent=in_percent)
    cells = [
        GridCell(*divmod(place, len(classes)), figures[place], shades[place], ink_on(shades[place]), words[place])
        for place in map(int, np.flatnonzero(confusion))
    ]
    total = f"Confusion matrix: {confusion.trace():,} of {confusion.sum():,} on the diagonal"
    show_grid(cells, classes, words=total, key=key, chosen=chosen, on_choose=on_choose)


def _cell_words(
    confusion: NDArray[np.integer], figures: list[str], classes: tuple[str, ...], *, in_percent: bool
) -> list[str]:
    """Say what each cell means; the figure that is seen comes first, for it is what a visitor would say."""
    return [
        f"{f'{figure} %, ' if figure and in_percent else ''}{count} × {label} read as {given}"
        for (label, given), figure, count in zip(product(classes, classes), figures, confusion.flat, strict=True)
    ]


def _show_buttons(names: list[str], chosen: Cell | None, key: str, on_choose: Callable[[Cell], None]) -> None:
    """Lay the buttons over the cells."""

    def press() -> None:
        place = st.session_state[key].get("pressed")
        if isinstance(place, int) and 0 <= place < 100:  # a browser can send anything
            on_choose(divmod(place, 10))

    _lay_buttons(
        key=key,
        data={
            "cells": names,
            "chosen": -1 if chosen is None else chosen[0] * 10 + chosen[1],
            "margins": MARGINS,
            "height": HEIGHT - MARGINS["t"] - MARGINS["b"],
        },
        on_pressed_change=press,
    )


def worst_cells(confusion: NDArray[np.integer], count: int) -> list[Cell]:
    """Return the cells off the diagonal that hold the most digits, at most so many, the fullest first."""
    errors = np.where(np.eye(len(confusion), dtype=bool), 0, confusion)
    order = np.argsort(-errors, axis=None, kind="stable")[:count]
    cells = [divmod(int(place), len(confusion)) for place in order]
    return [cell for cell in cells if errors[cell]]


def show_scores(scores: tuple[DigitScore, ...], *, key: str) -> None:
    """Show precision, recall and F1 of each digit as bars, on an axis that begins where the worst of them is."""
    palette = colours()
    figures = {
        "Precision": [score.precision * 100 for score in scores],
        "Recall": [score.recall * 100 for score in scores],
        "F1": [score.f1 * 100 for score in scores],
    }
    lowest = max(0, np.floor(min(map(min, figures.values()))) - 1)
    tints = (palette.series[2], palette.series[3], palette.other)
    traces = [
        {"type": "bar", "name": name, "x": DIGITS, "y": values, "marker": {"color": tint, "line": {"width": 0}}}
        | {"hovertemplate": f"{name} of %{{x}}: %{{y:.2f}} %<extra></extra>"}
        for (name, values), tint in zip(figures.items(), tints, strict=True)
    ]
    axis = {"fixedrange": True, "zeroline": False, "gridcolor": palette.line}
    layout = family_layout(palette, 300) | {
        "margin": {"l": 56, "r": 0, "t": 34, "b": 28},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemclick": False},
        "barmode": "group",
        "bargap": 0.3,
        "xaxis": axis | {"type": "category", "dtick": 1, "tickfont": {"size": 15}},
        "yaxis": axis | {"range": [lowest, 100], "ticksuffix": " %", "nticks": 5, "tickfont": {"color": palette.faint}},
    }
    words = "; ".join(
        f"{digit}: {' '.join(f'{name} {values[digit]:.1f} %' for name, values in figures.items())}"
        for digit in range(10)
    )
    show_chart(traces, layout, key=key, alt=f"Scores of each digit. {words}")


def show_score_table(scores: tuple[DigitScore, ...], confusion: NDArray[np.integer], classes: tuple[str, ...]) -> None:
    """Show the scores of each class in a table, the worst first, with what it is most often taken for."""
    order = sorted(range(len(classes)), key=lambda place: scores[place].f1)
    errors = np.where(np.eye(len(classes), dtype=bool), 0, confusion)
    taken = [int(errors[place].argmax()) for place in order]
    rows = {
        "Class": [classes[place] for place in order],
        "F1": [scores[place].f1 * 100 for place in order],
        "Precision": [scores[place].precision * 100 for place in order],
        "Recall": [scores[place].recall * 100 for place in order],
        "Most often misread as": [
            f"{classes[other]} ({errors[place, other]:,} of {scores[place].support:,})" if errors[place, other] else ""
            for place, other in zip(order, taken, strict=True)
        ],
    }
    in_percent = st.column_config.NumberColumn(format="%.1f %%")
    st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(classes) <= ROWS_SHOWN else 36 * (ROWS_SHOWN + 1),
        column_config=dict.fromkeys(("F1", "Precision", "Recall"), in_percent),
        alt="Scores of each class, the worst first",
    )


def _heat(counts: NDArray[np.integer], tint: str, ground: str) -> dict[str, Any]:
    """Colour the cells that have a count, by its logarithm; even one is told from none."""
    return {
        "type": "heatmap",
        "x": DIGITS,
        "y": DIGITS,
        "z": [[log10(count) if count else None for count in row] for row in counts.tolist()],
        "zmin": 0,
        "zmax": _top(counts),
        "colorscale": [[0, mix(ground, tint, FAINTEST)], [1, tint]],
        "showscale": False,
        "hoverinfo": "skip",
        "xgap": 2,
        "ygap": 2,
    }


def _shades(heats: list[tuple[NDArray[np.integer], str]], ground: str) -> list[str]:
    """Return the colour of each cell, as the heat maps show it."""
    shades = [ground] * heats[0][0].size
    for counts, tint in heats:
        for place in np.flatnonzero(counts):
            strength = log10(counts.flat[place]) / _top(counts)
            shades[place] = mix(ground, tint, FAINTEST + (1 - FAINTEST) * strength)
    return shades


def _top(counts: NDArray[np.integer]) -> float:
    """Return the end of the logarithmic scale."""
    return log10(max(10, counts.max()))


def _figures(confusion: NDArray[np.integer], in_percent: bool, places: int = 1) -> list[str]:
    """Return the counts, or the percents of their rows; nothing where there is none."""
    shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1) * 100
    figures = [str(count) for count in confusion.flat]
    if in_percent:
        figures = ["<1" if not places and share < 0.5 else f"{share:.{places}f}" for share in shares.flat]
    return [figure if count else "" for figure, count in zip(figures, confusion.flat, strict=True)]


def _write(figures: list[str], inks: list[str]) -> dict[str, Any]:
    """Write a figure on each of the hundred cells, each in its ink."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": [place % 10 for place in range(100)],
        "y": [place // 10 for place in range(100)],
        "text": figures,
        "textfont": {"size": 12, "color": inks},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _layout(palette: Colours) -> dict[str, Any]:
    axis = {"fixedrange": True, "showgrid": False, "zeroline": False, "tickvals": list(range(10)), "ticktext": DIGITS}
    axis |= {"range": [-0.5, 9.5], "tickfont": {"size": 15}}
    return family_layout(palette, HEIGHT) | {
        "margin": MARGINS,
        "xaxis": axis | {"side": "top", "title": {"text": "read as", "standoff": 6}},
        "yaxis": axis | {"range": [9.5, -0.5], "title": {"text": "true digit", "standoff": 6}},
    }
