"""Learning curves: loss, accuracy and learning rate of one run or of several, in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any, TypeVar

import streamlit as st

from mnist_core.store.history import Entry, History, RateChange, Step, smooth
from mnist_core.store.runs import Run
from ui.text import validation_label, verbatim
from ui.theme import Colours, colours
from ui.widgets.charts import family_layout, show_chart
from ui.widgets.hyperparameters import NAMES

Point = TypeVar("Point")

AXES = ("Step", "Epoch", "Seconds")
MAX_RUNS = 6  # there is no seventh colour that is easy to tell from the others
SMOOTHING = 0.02  # of the whole training: how far the running mean of the loss looks back
MAX_POINTS = 1000  # of a line that are drawn, more than the chart has pixels
MAX_CHANGES = 20  # of a learning rate that are marked, the newest of them
HEIGHT = 660  # pixels
ROWS = {"y": (0.58, 0.97), "y2": (0.24, 0.48), "y3": (0.0, 0.14)}  # shares of the height: loss, accuracy, learning rate
TITLES = {
    "y": "<b>Loss</b> (pale: each step; bold: running average)",
    "y2": "<b>Accuracy</b> (solid: validation; dotted: training)",
    "y3": "<b>Learning rate</b>",
}


@dataclass(frozen=True, slots=True)
class Curve:
    """What one run has logged, and the steps that it takes in all."""

    run: Run
    history: History

    def place(self, entry: Entry, axis: str) -> float:
        """Return where an entry stands on the axis."""
        if axis == "Seconds":
            return entry.seconds
        return entry.step / self.steps * self.run.recipe.epochs if axis == "Epoch" else entry.step

    @property
    def steps(self) -> int:
        """The steps of the whole training, as far as it has said."""
        return self.history.steps[0].steps if self.history.steps else 1

    @property
    def smoothing(self) -> float:
        """The weight of the running mean, the same from the first step to the last, so that drawn lines stay."""
        points = self.steps / (self.history.steps[0].step if self.history.steps else 1)
        return exp(-1 / (SMOOTHING * points))

    def rate(self, step: Step) -> float:
        """Return the learning rate of a step; the oldest histories have none, for it was constant."""
        return self.run.recipe.learning_rate if step.learning_rate is None else step.learning_rate

    def length(self, axis: str) -> float:
        """Return how long the axis must be for the whole training; seconds are not known before its end."""
        if axis == "Seconds":
            return self.history.seconds
        return self.run.recipe.epochs if axis == "Epoch" else self.steps


def show_curves(curves: Sequence[Curve], axis: str, *, log_loss: bool, key: str) -> None:
    """Show the curves of the runs over steps, epochs or seconds; the axis is as long as the longest will be."""
    palette = colours()
    traces = [
        trace for curve, tint in zip(curves, palette.series, strict=False) for trace in _traces(curve, tint, axis)
    ]
    names = ", ".join(curve.run.name for curve in curves)
    layout = _layout(palette, curves, axis, log_loss)
    show_chart(traces, layout, key=key, alt=f"Learning curves of {names}")
    for data in sorted({curve.run.recipe.data for curve in curves} - {"mnist"}):
        those = ", ".join(verbatim(curve.run.name) for curve in curves if curve.run.recipe.data == data)
        st.caption(f"The validation accuracy of {those} is that on {NAMES[data]}, not on MNIST's.")


def thin(points: Sequence[Point]) -> list[Point]:
    """Return at most `MAX_POINTS` of a line's points, at even distances, the last among them."""
    every = max(1, -(-len(points) // MAX_POINTS))
    return list(points[::-1][::every][::-1])


def _traces(curve: Curve, tint: str, axis: str) -> list[dict[str, Any]]:
    name, steps, epochs = curve.run.name, thin(curve.history.steps), thin(curve.history.epochs)
    along = [curve.place(step, axis) for step in steps]
    between = [curve.place(epoch, axis) for epoch in epochs]
    losses = [step.loss for step in curve.history.steps]
    validation = [None if e.validation_accuracy is None else e.validation_accuracy * 100 for e in epochs]
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "legendgroup": name,
        "showlegend": False,
        "cliponaxis": False,
    }
    points = line | {"mode": "lines+markers" if len(epochs) < 60 else "lines", "marker": {"size": 5}, "yaxis": "y2"}
    return [
        line
        | {"x": along, "y": thin(losses), "line": {"color": tint, "width": 1}, "opacity": 0.3, "hoverinfo": "skip"},
        line
        | {
            "x": along,
            "y": thin(smooth(losses, curve.smoothing)),
            "line": {"color": tint, "width": 2},
            "showlegend": True,
        }
        | {"hovertemplate": "%{y:.4f}"},
        points
        | {"x": between, "y": [epoch.training_accuracy * 100 for epoch in epochs]}
        | {"line": {"color": tint, "width": 1.5, "dash": "dot"}, "hovertemplate": "training %{y:.2f} %"},
        points
        | {"x": between, "y": validation, "line": {"color": tint, "width": 2}}
        | {"hovertemplate": f"{validation_label(curve.run.recipe)} %{{y:.2f}} %"},
        line
        | {"x": along, "y": [curve.rate(step) for step in steps], "yaxis": "y3"}
        | {"line": {"color": tint, "width": 1.5}, "hovertemplate": "%{y:.2e}"},
    ]


def _change_lines(palette: Colours, curve: Curve, change: RateChange, axis: str) -> list[dict[str, Any]]:
    """Return a line in each chart where somebody has changed the learning rate."""
    line = {"type": "line", "x0": curve.place(change, axis), "x1": curve.place(change, axis), "y0": 0, "y1": 1}
    drawn = {"layer": "below", "line": {"color": palette.faint, "width": 1, "dash": "dot"}}
    return [line | drawn | {"yref": f"{row} domain"} for row in ROWS]


def _layout(palette: Colours, curves: Sequence[Curve], axis: str, log_loss: bool) -> dict[str, Any]:
    quiet = {"fixedrange": True, "zeroline": False, "gridcolor": palette.line, "tickfont": {"color": palette.faint}}
    length = max((curve.length(axis) for curve in curves), default=1.0)
    titles = [
        {"text": TITLES[row], "x": 0, "y": top + 0.005, "xref": "paper", "yref": "paper", "showarrow": False}
        | {"xanchor": "left", "yanchor": "bottom", "font": {"size": 13, "color": palette.text}}
        for row, (_, top) in ROWS.items()
    ]
    changes = [(curve, change) for curve in curves for change in curve.history.changes[-MAX_CHANGES:]]
    accuracies = {} if any(curve.history.epochs for curve in curves) else {"range": [0, 100]}
    losses = {"type": "log", "dtick": 1} if log_loss else {"rangemode": "tozero"}
    return family_layout(palette, HEIGHT) | {
        "margin": {"l": 56, "r": 8, "t": 30, "b": 44},
        "annotations": titles,
        "shapes": [line for each in changes for line in _change_lines(palette, *each, axis)],
        "hovermode": "x",
        "showlegend": len(curves) > 1,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "itemclick": False},
        "xaxis": quiet | {"range": [0, length], "anchor": "y3", "title": {"text": axis, "standoff": 6}},
        "yaxis": quiet | {"domain": ROWS["y"], "nticks": 6} | losses,
        "yaxis2": quiet | {"domain": ROWS["y2"], "nticks": 5, "ticksuffix": " %"} | accuracies,
        "yaxis3": quiet | {"domain": ROWS["y3"], "nticks": 3, "rangemode": "tozero", "exponentformat": "power"},
    }
