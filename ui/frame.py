"""The frame around every page: its navigation, and the model that answers on all of them."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui import loaders

FRAMED = "_framed"


def build() -> StreamlitPage:
    """Declare the pages; returns the one that is asked for."""
    return st.navigation([st.Page("pages/draw.py", title="Draw", default=True)], position="top")


def require() -> None:
    """Make sure that a page stands in its frame; the first line of every page.

    A folder called `pages` makes Streamlit run a page without its frame for the first visitor of a deep link.
    """
    if not st.session_state.pop(FRAMED, False):
        build()
        st.rerun()


def pick_model() -> str | None:
    """Show the model picker, whose choice all pages share; None where there is no model, with what to do."""
    names = [card.name for card in loaders.shelf().cards]
    if not names:
        st.info(
            "There is no model to answer yet. This command trains the original one, in less than a minute, and "
            "fetches the digits it needs:\n\n```\npython train.py --recipe classic --name classic\n```\n"
            "Then reload this page."
        )
        mention_damaged()
        return None
    return st.selectbox("Model", names, key="model", bind="query-params", width=260)


def mention_damaged() -> None:
    """Name the folders among the models that cannot be used, and say why."""
    for damaged in loaders.shelf().damaged:
        st.caption(f"The folder `models/{damaged.name}` is not used. {damaged.reason}")
