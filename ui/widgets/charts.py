"""The charts, all of one family: quiet greys, one accent; but for the learning curves, no tool bar and no zoom."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS, noun_of
from mnist_core.model.prediction import Prediction
from ui.assets import read_asset
from ui.text import percent
from ui.theme import Colours, colours
from ui.widgets.answer import colour_bars

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
MAX_BARS = 10  # of a chart, and one for all others
NO_BREAK = "\u00a0"
FIGURE = 0.15  # of the axis, the height of a figure on a bar

_move = st.components.v2.component("moving_chart", js=read_asset("widgets/moving_chart.js"))


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as Plotly takes it, and what it says in words."""

    traces: list[dict[str, Any]]
    layout: dict[str, Any]
    alt: str


def bar_label(share: float) -> str:
    """Say a share in as few characters as are true; nothing below 1 %."""
    if share < 0.005:
        return ""
    return "> 99 %" if share > 0.99 else f"{share:.0%}".replace("%", " %")


def show_probabilities(
    prediction: Prediction | None,
    *,
    key: str,
    height: int = 250,
    before: Prediction | None = None,
    classes: tuple[str, ...] = DIGITS,
) -> None:
    """Show a bar for each class, ten at most and one for all others, always on the same axis from 0 to 100 %.

    None shows the empty axis, of these classes. What the bars were before is shown as a line, unless it would run
    through the figure on a bar.
    """
    classes = prediction.classes if prediction else classes
    barred = f"_{key} classes"
    last = st.session_state.get(barred)
    chosen = choose_bars(prediction, len(classes), last[1] if last and last[0] == classes else ())
    st.session_state[barred] = classes, chosen
    bars = _describe_bars(prediction, classes, chosen, height, before)
    show_moving(bars, key=key, kind=repr(bars.layout))  # the theme's colours are in it


def show_moving(
    chart: Chart, *, key: str, kind: Hashable, config: Mapping[str, Any] = CONFIG, zooms: bool = False
) -> None:
    """Show a chart that moves: with other figures it stays the same chart, as long as it is of the same kind.

    A chart that Streamlit is given with other figures is another one to the browser, made from nothing. So it gets the
    one that it has, and a script moves that one's lines or bars, once it has said that it can. One that `zooms` does so
    by a drag, where that does not scroll the page.
    """
    mover, kept = f"{key} mover", f"_{key}"
    moves = (st.session_state.get(mover) or {}).get("moves") is True
    made: tuple[Hashable, Chart] | None = st.session_state.get(kept)
    if not moves or made is None or made[0] != kind:
        made = st.session_state[kept] = (kind, chart)
    first = made[1]
    layout = chart.layout if zooms else {}  # that of others is part of their kind
    described = {"traces": tuple(chart.traces), "layout": layout, "alt": chart.alt, "zooms": zooms}
    with st.container(gap=None):
        st.plotly_chart(_as_described()(first), theme=None, key=key, config=dict(config), alt=first.alt)
        _move(key=mover, height=1, data={"chart": key.replace(" ", "-"), **described})


def choose_bars(prediction: Prediction | None, count: int, last: Sequence[int]) -> tuple[int, ...]:
    """Return which of so many classes get a bar, in their order: the most probable ones, and the true one.

    Of those that nobody would see a bar of, the ones of last time stay, so that bars do not come and go with each
    stroke.
    """
    if count <= MAX_BARS:
        return tuple(range(count))
    if prediction is None:
        return tuple(range(MAX_BARS))
    ranking, shares = prediction.ranking, prediction.probabilities
    wanted = [] if prediction.label is None else [prediction.label]
    wanted += [number for number in ranking[:MAX_BARS] if bar_label(shares[number])]
    wanted += [number for number in ranking if number in last] + list(ranking)
    return tuple(sorted(list(dict.fromkeys(wanted))[:MAX_BARS]))


def plain_label(name: str) -> str:
    """Return the name of a class so that Plotly, which takes some HTML for markup, shows it letter by letter."""
    return escape(name, quote=False).replace("$", "&#36;")  # two of which would be a formula


def _describe_bars(
    prediction: Prediction | None,
    classes: tuple[str, ...],
    chosen: Sequence[int],
    height: int,
    before: Prediction | None,
) -> Chart:
    palette = colours()
    names, shares = [plain_label(classes[number]) for number in chosen], _take(prediction, chosen, len(classes))
    tints = colour_bars(prediction) if prediction else [palette.other] * len(classes)
    tints = [tints[number] for number in chosen]
    alt = ", ".join(f"{classes[number]}: {percent(share)}" for number, share in zip(chosen, shares, strict=False))
    others, together = len(classes) - len(chosen), ""
    if others:
        names.append(f"+{NO_BREAK}{others}")  # no class has a no-break space in its name
        tints.append(palette.other)
        together = f"{others} more together: {percent(shares[-1])}"
        alt = f"{alt}, and {together}"
    is_level = noun_of(classes) == "picture"  # where names have room beside the bars alone
    hover = f"%{{{'y' if is_level else 'x'}}}: %{{hovertext}}<extra></extra>"
    bars = {
        "type": "bar",
        **_along(is_level, names, (shares * 100).tolist()),
        "marker": {"color": tints, "line": {"width": 0}},
        "text": [bar_label(share) for share in shares],
        "textposition": "outside",
        "textfont": {"size": 13, "color": palette.text},
        "constraintext": "none",
        "textangle": 0,
        "cliponaxis": False,
        "hovertext": [percent(share) for share in shares],
        "hovertemplate": [hover] * len(chosen) + [f"{together}<extra></extra>"] if others else hover,
    }
    axis: dict[str, Any] = {"fixedrange": True, "zeroline": False, "ticklabelstandoff": 6, "gridcolor": palette.line}
    of_names = axis | {"type": "category", "dtick": 1, "showgrid": False, "tickfont": {"size": 16}}
    of_shares = axis | {"range": [0, 100], "dtick": 50, "ticksuffix": " %", "tickfont": {"color": palette.faint}}
    layout = family_layout(palette, height) | {"bargap": 0.28}
    if is_level:
        bars |= {"orientation": "h"}
        small, longest = {"size": 13}, max(map(len, classes))
        layout |= {
            "margin": {"l": 20 + 7 * longest, "r": 48, "t": 0, "b": 28},
            "xaxis": of_shares,
            "yaxis": of_names | {"autorange": "reversed", "automargin": True, "tickfont": small},
        }
    else:
        of_names |= {"tickangle": 0} if others else {}
        layout |= {"margin": {"l": 48, "r": 0, "t": 24, "b": 28}, "xaxis": of_names, "yaxis": of_shares}
    marks = [] if before is None else _marks(names, _take(before, chosen, len(classes)), shares, palette, is_level)
    return Chart([bars, *marks], layout, f"Probabilities. {alt}")


def _take(prediction: Prediction | None, chosen: Sequence[int], count: int) -> NDArray[np.floating]:
    """Return the shares of the classes that have a bar, and that of all others together where there are others."""
    shares = prediction.probabilities if prediction else np.zeros(count)
    own: NDArray[np.floating] = shares[list(chosen)]
    return np.append(own, max(shares.sum() - own.sum(), 0)) if len(chosen) < count else own


def _along(is_level: bool, names: list[str], values: list[Any]) -> dict[str, Any]:
    """Return where bars or marks are: upright over their names, or level behind them."""
    return {"y": names, "x": values} if is_level else {"x": names, "y": values}


def _marks(
    names: list[str], before: NDArray[np.floating], now: NDArray[np.floating], palette: Colours, is_level: bool
) -> list[dict[str, Any]]:
    is_legible = (before >= 0.005) & ((before < now) | (before > now + FIGURE))
    values = [share * 100 if seen else None for share, seen in zip(before, is_legible, strict=True)]
    places = _along(is_level, names, values) | {"hovertext": [percent(share) for share in before]}
    edge, line = draw_marks(places, palette.faint, palette, length=20, width=2, is_level=not is_level)
    name = "y" if is_level else "x"
    return [edge, line | {"hoverinfo": "all", "hovertemplate": f"%{{{name}}} before: %{{hovertext}}<extra></extra>"}]


def draw_marks(
    places: dict[str, Any], colour: str, palette: Colours, *, length: int, width: int, is_level: bool = True
) -> list[dict[str, Any]]:
    """Return level or upright lines with an edge in the colour of the page, for they may lie on a bar of any colour."""
    symbol = "line-ew" if is_level else "line-ns"
    return [
        {"type": "scatter", "mode": "markers", "cliponaxis": False, "hoverinfo": "skip"}
        | places
        | {"marker": {"symbol": symbol, "size": length, "line": {"width": thick, "color": tint}}}
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
def _as_described() -> Callable[[Chart], Any]:
    """Return what makes a figure of a description without checking it, which costs 3 ms after each stroke.

    What comes out is what Plotly itself would make, as long as the description is right and has no arrays.
    """
    import pandas  # noqa: F401, as in `show_chart`
    import plotly.graph_objects as go

    template = go.Figure().to_dict()["layout"]["template"]

    class AsDescribed(go.Figure):  # type: ignore[misc]  # untyped
        def __init__(self, chart: Chart) -> None:
            self._description = {"data": chart.traces, "layout": {"template": template} | chart.layout}

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
