"""The few colours, by meaning, for the theme that the visitor has."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Colours:
    """`answer` is the accent, `wrong` its warm counterpart; the rest is grey."""

    answer: str
    wrong: str
    other: str
    text: str
    faint: str
    line: str


LIGHT = Colours(answer="#0f766e", wrong="#c2410c", other="#b3bdbb", text="#16201f", faint="#5c6a68", line="#e3e8e7")
DARK = Colours(answer="#2dd4bf", wrong="#fb923c", other="#566462", text="#e6eceb", faint="#9aa8a6", line="#2a3533")
TILE = "#0a0a0a"  # behind a digit, in both themes


def colours() -> Colours:
    """Return the colours of the theme in use."""
    return DARK if st.context.theme.type == "dark" else LIGHT
