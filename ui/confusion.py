"""The confusion matrix, whose cells can be pressed, and what follows from it for each digit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.evaluation import DigitScore
from ui.charts import family_layout, show_chart
from ui.theme import Colours, colours

DIGITS = [str(digit) for digit in range(10)]
Cell = tuple[int, int]  # true digit, answered digit


def show_confusion(
    confusion: NDArray[np.integer],
    *,
    in_percent: bool,
    chosen: Cell | None,
    key: str,
    on_choose: Callable[[Cell], None],
) -> None:
    """Show the counts `(10, 10)`, true digits down and answers across, or each row in percent.

    Colour goes with the logarithm of the count: a single error must be seen beside a thousand right ones.
    """
    palette = colours()
    shown = confusion / np.maximum(confusion.sum(1, keepdims=True), 1) * 100 if in_percent else confusion
    right = np.eye(10, dtype=bool)
    errors = np.where(right, 0, confusion)
    is_dark = right | (errors**2 > errors.max())  # more than half way up the logarithmic scale
    traces = [
        _heat(np.where(right, confusion, 0), palette.answer),
        _heat(errors, palette.wrong),
        _buttons(shown, confusion, in_percent, np.where(is_dark, palette.on_answer, palette.text)),
    ]
    show_chart(
        traces,
        _layout(palette, chosen),
        key=key,
        alt=f"Confusion matrix: {confusion.trace():,} of {confusion.sum():,} on the diagonal",
        on_select=lambda picked: on_choose(_cell(picked[0])) if picked else None,
    )


def worst_cells(confusion: NDArray[np.integer], count: int) -> list[Cell]:
    """Return the cells off the diagonal that hold the most digits, at most so many, the fullest first."""
    errors = np.where(np.eye(10, dtype=bool), 0, confusion)
    order = np.argsort(-errors, axis=None, kind="stable")[:count]
    cells = [divmod(int(place), 10) for place in order]
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
    tints = (palette.series[2], palette.answer, palette.other)
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


def _heat(counts: NDArray[np.integer], tint: str) -> dict[str, Any]:
    """Colour the cells that have a count, by its logarithm; even one is told from none."""
    heat = np.where(counts > 0, np.log10(np.maximum(counts, 1)), np.nan)
    return {
        "type": "heatmap",
        "x": DIGITS,
        "y": DIGITS,
        "z": [[None if np.isnan(value) else float(value) for value in row] for row in heat],
        "zmin": 0,
        "zmax": max(1.0, float(np.nanmax(heat, initial=0))),
        "colorscale": [[0, _fade(tint, 0.2)], [1, tint]],
        "showscale": False,
        "hoverinfo": "skip",
        "xgap": 2,
        "ygap": 2,
    }


def _buttons(
    shown: NDArray[Any], confusion: NDArray[np.integer], in_percent: bool, tints: NDArray[np.str_]
) -> dict[str, Any]:
    """Lay invisible squares over the cells, for a heat map tells of no click, and write the figures on them."""
    cells = [(label, given) for label in range(10) for given in range(10)]
    hidden = {"marker": {"opacity": 0.01}}
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [given for _, given in cells],
        "y": [label for label, _ in cells],
        "customdata": cells,
        "text": [_figure(shown[cell], in_percent) for cell in cells],
        "textfont": {"size": 12, "color": [str(tints[cell]) for cell in cells]},
        "marker": {"symbol": "square", "size": 30, "opacity": 0.01},
        "selected": hidden,
        "unselected": hidden,
        "cliponaxis": False,
        "hovertext": [f"{confusion[cell]:,} × {cell[0]} read as {cell[1]}" for cell in cells],
        "hoverinfo": "text",
    }


def _figure(value: float, in_percent: bool) -> str:
    if value == 0:
        return ""
    return f"{value:.1f}" if in_percent else f"{value:.0f}"


def _layout(palette: Colours, chosen: Cell | None) -> dict[str, Any]:
    axis = {"fixedrange": True, "showgrid": False, "zeroline": False, "tickvals": list(range(10)), "ticktext": DIGITS}
    axis |= {"range": [-0.5, 9.5], "tickfont": {"size": 15}}
    frame = {"type": "rect", "line": {"color": palette.text, "width": 2}, "fillcolor": "rgba(0,0,0,0)"}
    shapes = []
    if chosen:
        label, given = chosen
        shapes = [frame | {"x0": given - 0.5, "x1": given + 0.5, "y0": label - 0.5, "y1": label + 0.5}]
    return family_layout(palette, 440) | {
        "margin": {"l": 48, "r": 4, "t": 48, "b": 4},
        "xaxis": axis | {"side": "top", "title": {"text": "read as", "standoff": 6}},
        "yaxis": axis | {"range": [9.5, -0.5], "title": {"text": "true digit", "standoff": 6}},
        "shapes": shapes,
    }


def _cell(picked: Any) -> Cell:
    """Read the customdata of a point, which Streamlit gives back as a list or as a dictionary."""
    label, given = picked.values() if isinstance(picked, dict) else picked
    return int(label), int(given)


def _fade(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
