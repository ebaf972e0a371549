"""A press shows its effect: what it explains is brought into sight, and what was pressed stays there."""

from __future__ import annotations

import streamlit as st

from ui.assets import read_asset

EXPLAINED = "explained"  # the container's key

_show = st.components.v2.component("sight", js=read_asset("inside/sight.js"))


def anchor(layer: str) -> str:
    """Return the key of the container that holds a layer and, beneath it, what is explained of it."""
    return f"layer_{layer}"


def bring_into_sight(presses: int, key: str) -> None:
    """Scroll as little as will do to show what the last press explains, in the container of that key.

    A new number of `presses` says that there was one; on a page that only opens nothing moves.
    """
    with st.container(gap=None):
        _show(key="sight", data={"presses": presses, "anchor": f".st-key-{key}", "explained": f".st-key-{EXPLAINED}"})
