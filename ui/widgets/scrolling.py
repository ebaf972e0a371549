"""Bringing into view what a press has started, where it appears elsewhere on the page."""

from __future__ import annotations

import streamlit as st

from ui.assets import read_asset

_scroll = st.components.v2.component("scroll_here", html="<div></div>", js=read_asset("widgets/scrolling.js"))


def scroll_here(moment: float | None, *, key: str) -> None:
    """Scroll to this place, once for each moment that is given, where it is not in view."""
    _scroll(key=key, data={"moment": moment}, height=1)
