"""What the address of a page asks for, where that is not what its widgets can be set to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import streamlit as st


def one_of(allowed: Collection[str]) -> Callable[[list[str]], bool]:
    """Return what tells whether a part of the address is one of these values."""
    return lambda values: all(value in allowed for value in values)


def rising_numbers(low: int, high: int) -> Callable[[list[str]], bool]:
    """Return what tells whether it is two whole numbers in this range, the smaller one first."""
    allowed = {str(number) for number in range(low, high + 1)}
    return lambda values: len(values) == 2 and allowed.issuperset(values) and int(values[0]) <= int(values[1])


def oddities_in_address(possible: Mapping[str, Callable[[list[str]], bool]]) -> str:
    """Say which values in the address cannot be, before the widgets drop them; empty where all can."""
    strange = [
        f"{key} = {', '.join(values)[:40]!r}"
        for key, can_be in possible.items()
        if (values := st.query_params.get_all(key)) and not can_be(values)
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
