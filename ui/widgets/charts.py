"""The charts, all of one family: quiet greys, one accent, no tool bar, axes that stay where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.model.prediction import Prediction
from ui.assets import read_asset
from ui.text import percent
from ui.theme import Colours, colours
from ui.widgets.answer import colour_bars

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
FIGURE = 0.15  # of the axis, the height of a figure on a bar

_move = st.components.v2.component("moving_chart", js=read_asset("widgets/moving_chart.js"))


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of probabilities, as Plotly takes it, and what it says in words."""

    traces: list[dict[str, Any]]
    layout: dict[str, Any]
    alt: str


def bar_label(share: float) -> str:
    """Say a share in as few characters as are true; nothing below 1 %."""
    if share < 0.005:
        return ""
    return "> 99 %" if share > 0.99 else f"{share:.0%}".replace("%", " %")


def show_probabilities(
    prediction: Prediction | None, *, key: str, height: int = 250, before: Prediction | None = None
) -> None:
    """Show ten bars, one a digit, always on the same axis from 0 to 100 %; None shows the empty axis.

    What they were before is shown as a line, unless it would run through the figure on a bar.

    A chart that Streamlit is given with other figures is another one to the browser, made from nothing. So it gets the
    one that it has, and a script moves that one's bars, once it has said that it can.
    """
    bars, mover, kept = _describe_bars(prediction, height, before), f"{key} mover", f"_{key}"
    moves = (st.session_state.get(mover) or {}).get("moves") is True
    made: Bars | None = st.session_state.get(kept)
    if not moves or made is None or made.layout != bars.layout:  # the theme's colours are in it
        made = st.session_state[kept] = bars
    with st.container(gap=None):
        st.plotly_chart(_as_described()(made), theme=None, key=key, config=CONFIG, alt=made.alt)
        _move(key=mover, height=1, data={"chart": key.replace(" ", "-"), "traces": tuple(bars.traces), "alt": bars.alt})


def _describe_bars(prediction: Prediction | None, height: int, before: Prediction | None) -> Bars:
    palette, shares = colours(), prediction.probabilities if prediction else np.zeros(10)
    alt = ", ".join(f"{digit}: {percent(share)}" for digit, share in enumerate(shares))
    bars = {
        "type": "bar",
        "x": [str(digit) for digit in range(10)],
        "y": (shares * 100).tolist(),
        "marker": {"color": colour_bars(prediction), "line": {"width": 0}},
        "text": [bar_label(share) for share in shares],
        "textposition": "outside",
        "textfont": {"size": 13, "color": palette.text},
        "constraintext": "none",
        "textangle": 0,
        "cliponaxis": False,
        "hovertext": [percent(share) for share in shares],
        "hovertemplate": "%{x}: %{hovertext}<extra></extra>",
    }
    axis = {"fixedrange": True, "zeroline": False, "ticklabelstandoff": 6, "gridcolor": palette.line}
    layout = family_layout(palette, height) | {
        "margin": {"l": 48, "r": 0, "t": 24, "b": 28},
        "bargap": 0.28,
        "xaxis": axis | {"type": "category", "dtick": 1, "showgrid": False, "tickfont": {"size": 16}},
        "yaxis": axis | {"range": [0, 100], "dtick": 50, "ticksuffix": " %", "tickfont": {"color": palette.faint}},
    }
    marks = [] if before is None else _marks(before.probabilities, shares, palette)
    return Bars([bars, *marks], layout, f"Probabilities. {alt}")


def _marks(before: NDArray[np.floating], now: NDArray[np.floating], palette: Colours) -> list[dict[str, Any]]:
    is_legible = (before >= 0.005) & ((before < now) | (before > now + FIGURE))
    places = {
        "x": [str(digit) for digit in range(10)],
        "y": [share * 100 if seen else None for share, seen in zip(before, is_legible, strict=True)],
        "hovertext": [percent(share) for share in before],
    }
    edge, line = draw_marks(places, palette.faint, palette, length=20, width=2)
    return [edge, line | {"hoverinfo": "all", "hovertemplate": "%{x} before: %{hovertext}<extra></extra>"}]


def draw_marks(
    places: dict[str, Any], colour: str, palette: Colours, *, length: int, width: int
) -> list[dict[str, Any]]:
    """Return level lines with an edge in the colour of the page, for they may lie on a bar of any colour."""
    return [
        {"type": "scatter", "mode": "markers", "cliponaxis": False, "hoverinfo": "skip"}
        | places
        | {"marker": {"symbol": "line-ew", "size": length, "line": {"width": thick, "color": tint}}}
        for thick, tint in ((width + 4, palette.ground), (width, colour))
    ]


def show_chart(
    traces: list[dict[str, Any]],
    layout: dict[str, Any],
    *,
    key: str,
    alt: str,
    on_select: Callable[[list[Any]], None] | None = None,
    selection_mode: Literal["points", "box", "lasso"] = "points",
) -> None:
    """Show a chart, described at once and not through updates, which cost milliseconds.

    `on_select` is called with the `customdata` of the points that the visitor has clicked, or drawn a "box" or "lasso"
    around, as `selection_mode` says.
    """
    import pandas  # noqa: F401, Plotly looks into a pandas that another visitor's thread has only begun to import
    import plotly.graph_objects as go

    figure = go.Figure({"data": traces, "layout": layout})
    if on_select is None:
        st.plotly_chart(figure, theme=None, key=key, config=CONFIG, alt=alt)
        return

    def select() -> None:
        points = st.session_state[key]["selection"]["points"]
        on_select([point["customdata"] for point in points if "customdata" in point])

    st.plotly_chart(
        figure, theme=None, key=key, config=CONFIG, alt=alt, on_select=select, selection_mode=selection_mode
    )


@cache
def _as_described() -> Callable[[Bars], Any]:
    """Return what makes a figure of a description without checking it, which costs 3 ms after each stroke.

    What comes out is what Plotly itself would make, as long as the description is right and has no arrays.
    """
    import pandas  # noqa: F401, as in `show_chart`
    import plotly.graph_objects as go

    template = go.Figure().to_dict()["layout"]["template"]

    class AsDescribed(go.Figure):  # type: ignore[misc]  # untyped
        def __init__(self, bars: Bars) -> None:
            self._description = {"data": bars.traces, "layout": {"template": template} | bars.layout}

        def to_dict(self) -> dict[str, Any]:
            return self._description

    return AsDescribed


def family_layout(palette: Colours, height: int) -> dict[str, Any]:
    """Return what all charts share. Streamlit's own Plotly theme would say the same, 20 ms later after each stroke."""
    return {
        "height": height,
        "showlegend": False,
        "dragmode": False,
        "font": {"family": "Source Sans, sans-serif", "color": palette.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
