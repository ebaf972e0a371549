"""What the address of a page asks for, where that is not what its widgets can be set to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from math import nan

import streamlit as st

from ui.text import verbatim

ASKED = "_asked"  # in the session: what the address asked for as the page was entered and has not been taken


def forget_address() -> None:
    """Let the address be asked anew, for another page is entered."""
    st.session_state.pop(ASKED, None)


def take_from_address(key: str) -> str | None:
    """Return once what the address asked for as the page was entered; from then on its widgets decide.

    For what several pages have in their addresses: between pages, Streamlit drops what widgets of both are bound to.
    """
    asked: dict[str, str] = st.session_state.setdefault(ASKED, {key: st.query_params[key] for key in st.query_params})
    return asked.pop(key, None)


def put_in_address(key: str, value: str, default: str) -> None:
    """Write a value into the address, where it does not say so already; without one it means the default."""
    if st.query_params.get(key, default) != value:
        st.query_params[key] = value


def one_of(allowed: Collection[str]) -> Callable[[list[str]], bool]:
    """Return what tells whether a part of the address is one of these values."""
    return lambda values: all(value in allowed for value in values)


def numbers(low: float, high: float, count: int = 1) -> Callable[[list[str]], bool]:
    """Return what tells whether it is so many numbers in this range, however they are written: "7", "007" or "7e0"."""
    return lambda values: len(values) == count and all(low <= _as_number(value) <= high for value in values)


def _as_number(value: str) -> float:
    """Read a number as Streamlit's widgets do; what is none lies in no range."""
    try:
        return float(value)
    except ValueError:
        return nan


def follow_former(key: str, former: Mapping[str, str]) -> None:
    """Let an older link's word for a value of a widget mean that value, before the widget is shown."""
    value = st.query_params.get(key, "")
    if key not in st.session_state and value in former:
        st.session_state[key] = former[value]


def oddities_in_address(possible: Mapping[str, Callable[[list[str]], bool]]) -> str:
    """Say which values in the address cannot be, before the widgets drop them; empty where all can.

    Once a widget is there, what the address says of it was chosen in it, and not asked for by the address.
    """
    strange = [
        f"{key} = '{verbatim(', '.join(values), 40)}'"
        for key, can_be in possible.items()
        if key not in st.session_state and (values := st.query_params.get_all(key)) and not can_be(values)
    ]
    return f"The address asks for {' and '.join(strange)}, which cannot be. That is ignored." if strange else ""


def number_in_address(key: str, count: int) -> int | None:
    """Return the whole number below `count` that the address asks for; another value is taken out of it."""
    value = st.query_params.get(key)
    if value is None:
        return None
    if value in map(str, range(count)):
        return int(value)
    del st.query_params[key]
    return None
