"""Which pixels matter: three ways to ask the network, side by side on the digit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.docstrings import paragraphs
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.raster import Digit
from ui.services import insights
from ui.services.answering import LoadedModel
from ui.text import speak_of, verbatim
from ui.widgets.heatmaps import as_colours
from ui.widgets.tiles import show_picture

ALONE = -1  # in the place of a class: the evidence for an answer is compared with none


def show_which_pixels(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:
    """Show where each method finds evidence for an answer and against it, with what the method can and cannot say."""
    from mnist_core.explain.attribution import METHODS

    classes, (answer, second) = prediction.classes, prediction.ranking[:2]
    width = 0 if max(map(len, classes)) == 1 else 80  # pixels, more than a letter needs
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        why: int = st.selectbox(
            "Evidence for",
            range(len(classes)),
            index=answer,
            format_func=classes.__getitem__,
            key=f"why {answer} of {len(classes)}",
            width=120 + width,
        )
        others = [ALONE, *(each for each in range(len(classes)) if each != why)]
        usual = second if why == answer else answer
        rival: int = st.selectbox(
            "Compared with",
            others,
            index=others.index(usual),
            format_func=lambda each: "none" if each == ALONE else classes[each],
            key=f"rival {usual} {why} of {len(classes)}",
            width=140 + width,
        )
    found = insights.explain(loaded, digit, why, None if rival == ALONE else rival)
    name = verbatim(classes[why])
    orange = f"evidence against {name}" if rival == ALONE else f"evidence for {verbatim(classes[rival])}"
    st.caption(f"Green: evidence for {name}. Orange: {orange}. Each picture has its own scale.")
    for column, method in zip(st.columns(len(METHODS), gap="medium"), METHODS, strict=True):
        with column:
            st.markdown(f"**{method}**")
            values = found[method]
            most = float(np.abs(values).max())
            show_picture(as_colours(values, most, behind=digit), f"{method} for the {classes[why]}", width=240)
            does, can, *_ = paragraphs(METHODS[method])
            st.markdown(speak_of(prediction.noun, does))
            st.caption(speak_of(prediction.noun, can))
