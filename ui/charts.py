"""The charts, all of one family: quiet greys, one accent, no tool bar, axes that stay where they are."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.prediction import Prediction
from ui.theme import colours
from ui.words import percent

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


def bar_label(share: float) -> str:
    """Say a share in as few characters as are true; nothing below 1 %."""
    if share < 0.005:
        return ""
    return "> 99 %" if share > 0.99 else f"{share:.0%}".replace("%", " %")


def show_probabilities(prediction: Prediction | None, *, key: str, height: int = 250) -> None:
    """Show ten bars, one a digit, always on the same axis from 0 to 100 %; None shows the empty axis."""
    import plotly.graph_objects as go

    palette = colours()
    shares = prediction.probabilities if prediction else np.zeros(10)
    best = prediction.digit if prediction else None
    alt = ", ".join(f"{digit}: {percent(share)}" for digit, share in enumerate(shares))
    bars = go.Bar(
        x=[str(digit) for digit in range(10)],
        y=(shares * 100).tolist(),
        marker={
            "color": [palette.answer if digit == best else palette.other for digit in range(10)],
            "line_width": 0,
        },
        text=[bar_label(share) for share in shares],
        textposition="outside",
        textfont={"size": 13, "color": palette.text},
        constraintext="none",
        textangle=0,
        cliponaxis=False,
        hovertemplate="%{x}: %{y:.2f} %<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 22, "b": 0},
        bargap=0.28,
        showlegend=False,
        dragmode=False,
        transition={"duration": 0},
    )
    figure.update_xaxes(type="category", dtick=1, fixedrange=True, tickfont={"size": 16, "color": palette.text})
    figure.update_yaxes(range=[0, 100], dtick=50, ticksuffix=" %", fixedrange=True, tickfont={"color": palette.faint})
    st.plotly_chart(figure, key=key, config=CONFIG, alt=f"Probabilities. {alt}")
