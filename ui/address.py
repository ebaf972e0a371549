"""What the address of a page asks for, where that is not what its widgets can be set to."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st


def oddities_in_address(options: Mapping[str, Collection[str]]) -> str:
    """Say which values in the address are none that can be, before the widgets drop them; empty where all can."""
    strange = [
        f"{key} = {value[:40]!r}"
        for key, allowed in options.items()
        for value in st.query_params.get_all(key)
        if value not in allowed
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
