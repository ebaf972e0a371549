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

ALONE = "no other"


def show_which_pixels(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:
    """Show where ink speaks for an answer and where against it, as each method says it, with what it can say."""
    from mnist_core.explain.attribution import METHODS

    digits = [str(each) for each in range(10)]
    answer, second = (str(each) for each in prediction.ranking[:2])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        why = st.selectbox("Why", digits, index=digits.index(answer), key=f"why {answer}", width=110)
        others = [ALONE, *(each for each in digits if each != why)]
        usual = second if why == answer else answer
        rival = st.selectbox("and not", others, index=others.index(usual), key=f"rival {usual} {why}", width=110)
    found = insights.explain(loaded, digit, int(why), None if rival == ALONE else int(rival))
    against = f"the {rival}" if rival != ALONE else f"the {why}"
    for column, (method, values) in zip(st.columns(len(found), gap="medium"), found.items(), strict=True):
        with column:
            st.markdown(f"**{method}**")
            most = float(np.abs(values).max())
            show_picture(as_colours(values, most, behind=digit), f"{method} for the {why}", width=240)
            does, can, *_ = paragraphs(METHODS[method])
            st.markdown(does)
            st.caption(can)
    st.caption(
        f"In the accent colour: speaks for the {why}. In the warm one: speaks "
        f"{'for' if rival != ALONE else 'against'} {against}. Each picture has its own scale."
    )
