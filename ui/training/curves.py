"""Learning curves: loss, accuracy and learning rate of one run or of several, in one figure.

A drag zooms, where the pointer is fine, and the zoom stays while the curves grow; a run whose line or name the pointer
is on stands out from the others in all three charts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mnist_core.errors import RunError
from mnist_core.store.history import RateChange, smooth
from mnist_core.store.runs import Run
from ui.assets import read_asset
from ui.services import training_runs
from ui.text import validation_label, verbatim
from ui.theme import Colours, colours
from ui.training.curve import Curve, thin
from ui.training.groups import list_entries
from ui.training.seed_curves import group_traces
from ui.training.view import View
from ui.widgets.charts import CONFIG, Chart, family_layout, show_moving
from ui.widgets.hyperparameters import NAMES

LIVE = 1.0  # seconds between two looks at curves that grow
MAX_CHANGES = 20  # of a learning rate that are marked, the newest of them
HEIGHT = 660  # pixels
KEY = "curves"
MAX_FILE_NAME = 100  # letters
TOOLS = CONFIG | {
    "displayModeBar": True,
    "modeBarButtons": [["resetScale2d", "toImage"]],
    "doubleClick": "reset",
    "showTips": False,
}
ROWS = {"y": (0.58, 0.97), "y2": (0.24, 0.48), "y3": (0.0, 0.14)}  # shares of the height: loss, accuracy, learning rate
TITLES = {
    "y": "<b>Loss</b> (pale: each step; bold: running average)",
    "y2": "<b>Accuracy</b> (solid: validation; dotted: training)",
    "y3": "<b>Learning rate</b>",
}

_light_up = st.components.v2.component("lit_run", js=read_asset("training/lit_run.js"))


def show_live_curves(view: View) -> None:
    """Show the curves, again every second as long as one of them grows."""
    current = training_runs.find_current()
    is_live = current is not None and current.name in view.runs
    st.fragment(run_every=LIVE if is_live else None)(draw_curves)(view)


def draw_curves(view: View) -> None:
    """Draw the curves of these runs as they are now."""
    entries = list_entries(training_runs.newest_of_each_name(training_runs.list_runs()))
    curves = {name: read_curves(entries[name]) for name in view.runs if name in entries}
    if any(curve.history.steps for group in curves.values() for curve in group):
        show_curves({name: group for name, group in curves.items() if group}, view)
    else:
        st.info("The curves appear here with the first steps." if view.runs else "Choose a run to see its curves.")


def read_curves(runs: Sequence[Run]) -> list[Curve]:
    """Read what these runs have logged; of one that cannot be read, it is said why."""
    curves = []
    for run in runs:
        try:
            curves.append(Curve(run, training_runs.read_history(run)))
        except RunError as error:
            st.warning(f"The curves of '{verbatim(run.name)}' cannot be shown. {verbatim(error)}")
    return curves


def show_curves(entries: Mapping[str, Sequence[Curve]], view: View) -> None:
    """Show the curves of runs and groups over steps, epochs or seconds; the axis is as long as the longest will be."""
    palette, names = colours(), list(entries)
    curves = [curve for group in entries.values() for curve in group]
    traces = [
        trace
        for (name, group), tint in zip(entries.items(), palette.series, strict=False)
        for trace in (_traces(group[0], tint, view) if name == group[0].run.name else group_traces(group, tint, view))
    ]
    chart = Chart(traces, _layout(palette, curves, view, len(entries)), f"Learning curves of {', '.join(names)}")
    image = {"format": "png", "scale": 2, "filename": "_".join(names)[:MAX_FILE_NAME]}
    config = TOOLS | {"toImageButtonOptions": image}
    show_moving(chart, key=KEY, config=config, kind=(palette.ground, *names), zooms=True)
    _light_up(key=f"{KEY} light", height=1, data={"chart": KEY})
    if any(name != group[0].run.name for name, group in entries.items()):
        st.caption("Of a group: bold the mean of its seeds, the band one standard deviation to either side, pale each.")
    for data in sorted({curve.run.recipe.data for curve in curves} - {"mnist"}):
        those = ", ".join(verbatim(curve.run.name) for curve in curves if curve.run.recipe.data == data)
        st.caption(f"The validation accuracy of {those} is that on {NAMES[data]}, not on MNIST's.")


def _traces(curve: Curve, tint: str, view: View) -> list[dict[str, Any]]:
    axis, name, steps, epochs = view.axis, curve.run.name, thin(curve.history.steps), thin(curve.history.epochs)
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
            "y": thin(smooth(losses, curve.weight(view.smoothing))),
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


def _titles(palette: Colours) -> list[dict[str, Any]]:
    place = {"x": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "align": "left", "yanchor": "bottom"}
    drawn = place | {"showarrow": False, "font": {"size": 13, "color": palette.text}}
    return [drawn | {"text": TITLES[row], "y": top + 0.005} for row, (_, top) in ROWS.items()]


def _axes(palette: Colours, curves: Sequence[Curve], view: View) -> dict[str, Any]:
    """Return the axes, which find their own ranges: what was zoomed can so be reset to them."""
    quiet = {"fixedrange": True, "autorange": True, "zeroline": False, "gridcolor": palette.line}
    quiet |= {"tickfont": {"color": palette.faint}}
    length = max((curve.length(view.axis) for curve in curves), default=1.0)
    whole = {"autorangeoptions": {"minallowed": 0, "maxallowed": length}}
    losses = {"type": "log", "dtick": 1} if view.log_loss else {"rangemode": "tozero"}
    percents = {} if any(curve.history.epochs for curve in curves) else {"autorange": False, "range": [0, 100]}
    rates = {"rangemode": "tozero", "exponentformat": "power"}
    return {
        "xaxis": quiet | whole | {"anchor": "y3", "title": {"text": view.axis, "standoff": 6}},
        "yaxis": quiet | {"domain": ROWS["y"], "nticks": 6} | losses,
        "yaxis2": quiet | {"domain": ROWS["y2"], "nticks": 5, "ticksuffix": " %"} | percents,
        "yaxis3": quiet | {"domain": ROWS["y3"], "nticks": 3} | rates,
    }


def _layout(palette: Colours, curves: Sequence[Curve], view: View, entries: int) -> dict[str, Any]:
    changes = [(curve, change) for curve in curves for change in curve.history.changes[-MAX_CHANGES:]]
    return {
        **family_layout(palette, HEIGHT),
        **_axes(palette, curves, view),
        "margin": {"l": 56, "r": 8, "t": 30, "b": 44},
        "paper_bgcolor": palette.ground,  # of a picture that is saved, too
        "uirevision": f"{view.axis} {view.log_loss}",  # as long as it is the same, a zoom stays
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": palette.faint, "activecolor": palette.text},
        "annotations": _titles(palette),
        "shapes": [line for each in changes for line in _change_lines(palette, *each, view.axis)],
        "hovermode": "x",
        "showlegend": entries > 1 or len(curves) > 1,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "itemclick": False},
    }
