"""The reliability diagram: when the network says 90 %, is it right nine times out of ten?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mnist_core.evaluation.metrics import Bin
from ui.text import percent
from ui.theme import colours
from ui.widgets.charts import draw_marks, family_layout, show_chart


def show_reliability(bins: Sequence[Bin], *, key: str, noun: str) -> None:
    """Show how often it is right at each confidence, a mark at its average confidence; below, how many there are."""
    palette = colours()
    filled = [each for each in bins if each.seen]
    middles = [(each.low + each.high) * 50 for each in filled]
    width = (bins[0].high - bins[0].low) * 100
    bars = {"type": "bar", "x": middles, "width": width * 0.9, "marker": {"line": {"width": 0}}}
    traces: list[dict[str, Any]] = [
        bars
        | {"y": [each.accuracy * 100 for each in filled], "marker": {"color": palette.answer}}
        | {
            "customdata": [[each.low * 100, each.high * 100, each.seen] for each in filled],
            "hovertext": [percent(each.confidence) for each in filled],
            "hovertemplate": "confidence %{customdata[0]:.0f} to %{customdata[1]:.0f} %, "
            f"on average %{{hovertext}}<br>right: %{{y:.1f}} % of %{{customdata[2]:,}} {noun}s<extra></extra>",
        },
        *draw_marks(
            {"x": middles, "y": [each.confidence * 100 for each in filled]},
            palette.wrong,
            palette,
            length=34,
            width=4,
        ),
        bars
        | {"y": [each.seen for each in filled], "yaxis": "y2", "marker": {"color": palette.other}}
        | {"hovertemplate": f"%{{y:,}} {noun}s<extra></extra>"},
    ]
    quiet = {"fixedrange": True, "zeroline": False, "gridcolor": palette.line, "tickfont": {"color": palette.faint}}
    layout = family_layout(palette, 380) | {
        "margin": {"l": 64, "r": 8, "t": 12, "b": 44},
        "barmode": "overlay",
        "xaxis": quiet
        | {"range": [0, 100], "dtick": 20, "ticksuffix": " %", "anchor": "y2"}
        | {"title": {"text": "confidence", "standoff": 6}, "showgrid": False},
        "yaxis": quiet
        | {"domain": [0.32, 1], "range": [0, 102], "dtick": 20, "ticksuffix": " %"}
        | {"title": {"text": "right", "standoff": 6}},
        "yaxis2": quiet
        | {"domain": [0, 0.22], "type": "log", "dtick": 1, "tickformat": ",d"}
        | {"title": {"text": f"{noun}s", "standoff": 6}},
    }
    said = "; ".join(
        f"confidence {percent(each.confidence)}, {each.accuracy:.1%} of {each.seen:,} right" for each in filled
    )
    show_chart(traces, layout, key=key, alt=f"Reliability diagram. {said}")
