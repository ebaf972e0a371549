"""The second press of a double click, which may meet another button than the first, for the page has moved on."""

from __future__ import annotations

import time

import streamlit as st

DOUBLE = 1.0  # seconds; who presses again within them has not seen yet what the first press did
_PRESSED = "_pressed_at"  # in the session


def note_press() -> None:
    """Note that a press has just done something, after which other buttons may stand in its place."""
    st.session_state[_PRESSED] = time.monotonic()


def is_second_press() -> bool:
    """Tell whether a press may have been meant for the button that stood there just before."""
    last: float | None = st.session_state.get(_PRESSED)
    return last is not None and time.monotonic() - last < DOUBLE
