"""The learning curves of a group: the mean of its seeds with a band of one standard deviation, and each seed, pale.

Of each chart all seeds are one line with gaps, so that a group has as many lines however many of its seeds have begun:
a chart that has other lines would be another one, and lose its zoom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

from mnist_core.evaluation.spread import Spread, band
from mnist_core.store.history import smooth
from ui.training.curve import MAX_POINTS, Curve, thin
from ui.training.view import View

BAND, SEED = 0.18, 0.35  # how strong the colour of the band is, and of a single seed


def group_traces(curves: Sequence[Curve], tint: str, view: View) -> list[dict[str, Any]]:
    """Return the lines of a group: its loss, its accuracies and its learning rate."""
    first = next((curve for curve in curves if curve.history.steps), curves[0])
    group = first.run.group
    assert group
    begun = sum(bool(curve.history.steps) for curve in curves)
    line: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": f"{group.name} (mean of {begun})",
        "legendgroup": group.name,
    }
    line |= {"showlegend": False, "cliponaxis": False, "line": {"color": tint, "width": 2}}
    losses, validation, training = (_lines(curves, kind, view) for kind in ("loss", "validation", "training"))
    trained_at, trained = _summarise(training)
    rates = [(first.place(step, view.axis), first.rate(step)) for step in thin(first.history.steps)]
    return [
        *_spread(losses, line, tint, "%{y:.4f}", showlegend=True),
        *_spread(validation, line | {"yaxis": "y2"}, tint, "validation %{y:.2f} %"),
        line
        | {"x": trained_at, "y": [each.mean for each in trained], "yaxis": "y2"}
        | {"line": {"color": tint, "width": 1.5, "dash": "dot"}, "hovertemplate": "training %{y:.2f} %"},
        line
        | {"x": [place for place, _ in rates], "y": [rate for _, rate in rates], "yaxis": "y3"}
        | {"line": {"color": tint, "width": 1.5}, "hovertemplate": "%{y:.2e}"},
    ]


Line = Mapping[int, tuple[float, float]]  # by step: the place along the axis, and the value


def _lines(curves: Iterable[Curve], kind: str, view: View) -> list[Line]:
    """Return the line of each seed."""
    lines: list[Line] = []
    for curve in curves:
        steps, epochs = curve.history.steps, curve.history.epochs
        if kind == "loss":
            losses = smooth([step.loss for step in steps], curve.weight(view.smoothing))
            points = zip(steps, losses, strict=True)
            lines.append({step.step: (curve.place(step, view.axis), loss) for step, loss in points})
        else:
            reached = [
                (each, each.validation_accuracy if kind == "validation" else each.training_accuracy) for each in epochs
            ]
            lines.append(
                {each.step: (curve.place(each, view.axis), 100 * value) for each, value in reached if value is not None}
            )
    return lines


def _spread(
    lines: Sequence[Line], line: dict[str, Any], tint: str, hover: str, *, showlegend: bool = False
) -> list[dict[str, Any]]:
    """Return each seed, pale, the band, and the mean."""
    most = max(50, 2 * MAX_POINTS // max(len(lines), 1))
    pale: list[tuple[float | None, float | None]] = []
    for each in lines:
        pale += [*thin(list(each.values()), most), (None, None)]
    places, spreads = _summarise(lines)
    edges = [0.0 if isnan(each.deviation) else each.deviation for each in spreads]
    edge = line | {"x": places, "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        line
        | {"x": [x for x, _ in pale], "y": [y for _, y in pale], "line": {"color": tint, "width": 1}}
        | {"opacity": SEED, "hoverinfo": "skip"},
        edge | {"y": [each.mean - width for each, width in zip(spreads, edges, strict=True)]},
        edge
        | {"y": [each.mean + width for each, width in zip(spreads, edges, strict=True)]}
        | {"fill": "tonexty", "fillcolor": f"rgba({_rgb(tint)}, {BAND})"},
        line
        | {"x": places, "y": [each.mean for each in spreads], "showlegend": showlegend}
        | {"customdata": edges, "hovertemplate": f"{hover} ± %{{customdata:.2g}}"},
    ]


def _summarise(lines: Sequence[Line]) -> tuple[list[float], list[Spread]]:
    """Return where the points of the mean stand, and what the seeds are there."""
    places = band([{step: place for step, (place, _) in line.items()} for line in lines])
    values = band([{step: value for step, (_, value) in line.items()} for line in lines])
    return thin([each.mean for each in places.values()]), thin(list(values.values()))


def _rgb(tint: str) -> str:
    """Return a colour such as "#3366cc" as "51, 102, 204"."""
    return ", ".join(str(int(tint[start : start + 2], 16)) for start in (1, 3, 5))
