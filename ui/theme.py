"""The few colours, by meaning, for the theme that the visitor has."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mnist_core.prediction import Prediction, Verdict


@dataclass(frozen=True, slots=True)
class Colours:
    """`answer` is the accent, `wrong` the warm colour of errors and doubt; the rest is grey.

    `series` tells several curves apart, after Okabe and Ito's colours for the colour-blind, the accent first.
    """

    answer: str
    wrong: str
    other: str
    text: str
    faint: str
    line: str
    series: tuple[str, ...]


LIGHT = Colours(
    answer="#0f766e",
    wrong="#c2410c",
    other="#b3bdbb",
    text="#16201f",
    faint="#5c6a68",
    line="#e3e8e7",
    series=("#0f766e", "#d55e00", "#0072b2", "#cc79a7", "#8a6d00", "#6b7674"),
)
DARK = Colours(
    answer="#2dd4bf",
    wrong="#fb923c",
    other="#566462",
    text="#e6eceb",
    faint="#9aa8a6",
    line="#2a3533",
    series=("#2dd4bf", "#fb923c", "#56b4e9", "#e59cc4", "#f0e442", "#a3b1af"),
)


def answer_colour(prediction: Prediction) -> str:
    """Return the accent for a sure answer, the warm colour for one in doubt."""
    return colours().answer if prediction.verdict is Verdict.SURE else colours().wrong


def colours() -> Colours:
    """Return the colours of the theme in use."""
    return DARK if st.context.theme.type == "dark" else LIGHT
