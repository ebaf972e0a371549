"""What can be done to the canvas without a pen."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.alphabets import noun_of
from ui.inputs import canvas
from ui.inputs.examples import examples_for
from ui.inputs.fabric import PEN_WIDTH
from ui.text import verbatim

PEN, ERASER = "Pen", "Eraser"
EXAMPLES_STYLE = "<style>.st-key-examples button { min-width: 2rem; min-height: 2rem; padding: 0 0.5rem }</style>"
PEN_HELP = "Only how it looks to you: strokes are redrawn at MNIST's width before the network sees them."


def is_erasing() -> bool:
    """Tell whether the eraser is chosen, which there is for a digit that lies on the canvas."""
    return canvas.background() is not None and st.session_state.get("tool") == ERASER


def show_tools(classes: tuple[str, ...]) -> DeltaGenerator:
    """Show what can be done to the canvas without a pen, with an eraser for a digit that lies there.

    The examples are those of a model of these classes.

    Returns the place of the button that shares what is drawn.
    """
    under = canvas.background()
    if under:
        st.page_link(
            "pages/mistakes.py",
            label="Back to the mistakes",
            icon=":material/arrow_back:",
            query_params=under.origin,
        )
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.segmented_control(
                "Tool", [PEN, ERASER], default=PEN, required=True, key="tool", label_visibility="collapsed"
            )
            width_help = f"Of pen and eraser. A pixel of the {noun_of(classes)} is 10 px wide."
            pen_width = pick_pen_width("Width", width_help)
    row = st.container(horizontal=True, gap="xsmall")
    with row:
        st.button("Undo", on_click=canvas.undo, icon=":material/undo:")
        st.button("Clear", on_click=canvas.clear, icon=":material/delete:")
        if not under:
            pen_width = pick_pen_width("Pen", PEN_HELP)
        if canvas.is_wide():
            square = f"Makes the canvas square again, for one {noun_of(classes)}. What is drawn stays."
            st.button("Square", on_click=canvas.narrow, icon=":material/crop_square:", help=square)
    if not (examples := examples_for(classes)):
        return row
    with st.container(key="examples", horizontal=True, gap="xxsmall", vertical_alignment="center"):
        st.html(EXAMPLES_STYLE)
        st.caption("Or try", width="content")
        for title, strokes in examples.items():
            st.button(verbatim(title), on_click=canvas.set_strokes, args=(strokes, pen_width), key=f"example {title}")
    return row


def offer_room(*, is_number: bool) -> None:
    """Offer a wide canvas to whoever writes a number, or has come to the edge of the square one."""
    if canvas.can_be_wide() and (is_number or canvas.is_at_edge()):
        st.button("More room", on_click=canvas.widen, icon=":material/width_wide:")


def pick_pen_width(label: str, explanation: str) -> int:
    """Show the button with the pen width behind it."""
    with st.popover(label):
        return st.slider(
            "Pen width",
            *canvas.PEN_WIDTHS,
            PEN_WIDTH,
            format="%d px",
            key="pen_width",
            persist_state="session",
            help=explanation,
        )
