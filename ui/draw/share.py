"""A drawing with its answer to take along: as a link that brings the drawing, and as a picture."""

from __future__ import annotations

from urllib.parse import urlencode

import numpy as np
import streamlit as st

from mnist_core.alphabets import noun_of
from mnist_core.errors import DrawingError
from mnist_core.model.number import Number
from mnist_core.model.prediction import Prediction
from ui.draw.answer_picture import answer_as_png
from ui.inputs import canvas
from ui.inputs.digit_input import DigitInput
from ui.inputs.fabric import Drawing
from ui.inputs.stroke_code import encode_strokes
from ui.services.answering import LoadedModel
from ui.text import verbatim
from ui.widgets.answer import describe_answer

LINKED = "drawing"  # in the address


def open_link() -> None:
    """Begin with the drawing that the address brings; say where there is none in it."""
    if letters := st.query_params.get(LINKED):
        try:
            canvas.open_link(letters)
        except DrawingError as error:
            st.warning(verbatim(error))


def offer_to_share(loaded: LoadedModel, given: DigitInput | None, read: Prediction | Number | None) -> None:
    """Show the button with the link and the picture behind it; they are made once they are asked for."""
    share = st.popover("Share", disabled=read is None, key="share", on_change="rerun")
    if not share.open or given is None or read is None:
        return
    answer = describe_answer(read)
    drawing, laid = canvas.drawing(), canvas.background()
    under = laid.digit if laid else np.zeros_like(given.digit)
    with share:
        if laid is None:
            show_link(loaded, drawing)
        else:
            st.caption(
                f"A test {noun_of(loaded.card.classes)} that lies on the canvas is not in a link, but in the picture."
            )
        st.download_button(
            "Save as PNG",
            lambda: answer_as_png(under, drawing.marks, given.digit, answer, loaded.name),
            f"drawing-by-{loaded.name}.png",
            "image/png",
            on_click="ignore",  # a run of the page would make the file's address anew, under the next press
            icon=":material/image:",
        )


def show_link(loaded: LoadedModel, drawing: Drawing) -> None:
    """Show the address that brings this drawing and this model."""
    letters = encode_strokes(drawing)
    if not letters:
        noun = noun_of(loaded.card.classes)
        st.caption(f"This drawing is too long for a link. A {noun} of a few strokes fits.")
        return
    st.code(f"{st.context.url}?{urlencode({'model': loaded.label, LINKED: letters})}", language=None, wrap_lines=True)
    st.caption("Opens this drawing, for whoever can open this app.")
