"""A few figures in a row, each under its name, in type that stands out and lines up."""

from __future__ import annotations

from html import escape

import streamlit as st

from ui.theme import colours


def show_figures(figures: dict[str, str]) -> None:
    """Show each figure under its name; the row wraps where there is no room."""
    faint = colours().faint
    cells = "".join(
        f'<div style="flex:1 0 5.5rem"><div style="color:{faint};font-size:0.85rem">{escape(name)}</div>'
        f'<div style="font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap">'
        f"{escape(figure)}</div></div>"
        for name, figure in figures.items()
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.5rem 1rem">{cells}</div>')
