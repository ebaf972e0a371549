"""Which pixels matter: three ways to ask the network, side by side on the digit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.docstrings import paragraphs
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.raster import Digit
from ui.services import insights
from ui.services.answering import LoadedModel
from ui.widgets.heatmaps import as_colours
from ui.widgets.tiles import show_picture

ALONE = "none"


def show_which_pixels(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:
    """Show where each method finds evidence for an answer and against it, with what the method can and cannot say."""
    from mnist_core.explain.attribution import METHODS

    digits = [str(each) for each in range(10)]
    answer, second = (str(each) for each in prediction.ranking[:2])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        why = st.selectbox("Evidence for", digits, index=digits.index(answer), key=f"why {answer}", width=120)
        others = [ALONE, *(each for each in digits if each != why)]
        usual = second if why == answer else answer
        rival = st.selectbox("Compared with", others, index=others.index(usual), key=f"rival {usual} {why}", width=140)
    found = insights.explain(loaded, digit, int(why), None if rival == ALONE else int(rival))
    orange = f"evidence against {int(why)}" if rival == ALONE else f"evidence for {int(rival)}"
    st.caption(f"Green: evidence for {int(why)}. Orange: {orange}. Each picture has its own scale.")
    for column, method in zip(st.columns(len(METHODS), gap="medium"), METHODS, strict=True):
        with column:
            st.markdown(f"**{method}**")
            values = found[method]
            most = float(np.abs(values).max())
            show_picture(as_colours(values, most, behind=digit), f"{method} for the {why}", width=240)
            does, can, *_ = paragraphs(METHODS[method])
            st.markdown(does)
            st.caption(can)
