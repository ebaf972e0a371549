"""The few colours, by meaning, for the theme that the visitor has."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Colours:
    """`answer` is the accent (teal), of sure and right answers, `wrong` the warm colour (orange) of errors and doubt.

    `on_answer` is for what is written on either of them, `ground` is the page.
    `series` tells several curves apart, after Okabe and Ito's colours for the colour-blind, the accent first.
    `digits` tells the ten digits apart on a map, where each stands beside its colour as well.
    """

    answer: str
    on_answer: str
    wrong: str
    other: str
    text: str
    faint: str
    line: str
    ground: str
    series: tuple[str, ...]
    digits: tuple[str, ...]


LIGHT = Colours(
    answer="#0f766e",
    on_answer="#ffffff",
    wrong="#c2410c",
    other="#b3bdbb",
    text="#16201f",
    faint="#5c6a68",
    line="#e3e8e7",
    ground="#ffffff",
    series=("#0f766e", "#d55e00", "#0072b2", "#cc79a7", "#8a6d00", "#6b7674"),
    digits=(
        *("#4e79a7", "#e08214", "#b8356b", "#2a9d8f", "#6a994e"),
        *("#b59a00", "#7b5ea7", "#d1608f", "#8c6d4f", "#7f8785"),
    ),
)
DARK = Colours(
    answer="#2dd4bf",
    on_answer="#08211e",
    wrong="#fb923c",
    other="#566462",
    text="#e6eceb",
    faint="#9aa8a6",
    line="#2a3533",
    ground="#111716",
    series=("#2dd4bf", "#fb923c", "#56b4e9", "#e59cc4", "#f0e442", "#a3b1af"),
    digits=(
        *("#7aa6d6", "#f6a04d", "#e5638f", "#43c5b6", "#8fc06f"),
        *("#dcc32e", "#a78bd4", "#f29ac0", "#b8977a", "#a9b1af"),
    ),
)


def colours() -> Colours:
    """Return the colours of the theme in use."""
    return DARK if st.context.theme.type == "dark" else LIGHT
