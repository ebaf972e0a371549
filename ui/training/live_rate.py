"""The learning rate of a training that runs, which a visitor can change while it learns."""

from __future__ import annotations

import streamlit as st

from mnist_core.errors import MnistExplorerError
from mnist_core.rights import Right, may
from mnist_core.store.history import MAX_FACTOR, MIN_FACTOR, History
from mnist_core.store.runs import Run, ask_for_rate, asked_rate
from ui.text import verbatim

EXPLANATION = "From the next step on. The recipe's schedule goes on, times this."
_PROBLEM = "_rate_problem"  # in the session


def show_rate(run: Run, history: History) -> None:
    """Show the learning rate, with what changes it: halved, doubled, or any other."""
    last = history.steps[-1] if history.steps else None
    if last is None or last.learning_rate is None or not may(Right.STEER, run.folder):
        return
    applied = next((each.factor for each in reversed(history.changes) if each.step < last.step), 1.0)
    scheduled, asked = last.learning_rate / applied, asked_rate(run)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="rate"):
        st.caption(f"Learning rate {scheduled * asked:.2g}{describe_factor(asked)}", width="content")
        st.button("× ½", key="rate halved", on_click=change, args=(run, asked / 2))
        st.button("× 2", key="rate doubled", on_click=change, args=(run, asked * 2))
        with st.popover("Set"):
            factor = st.number_input(
                "Times the recipe's", MIN_FACTOR, MAX_FACTOR, asked, format="%g", key=f"rate factor {asked}"
            )
            st.caption(EXPLANATION)
            st.button("Set it", key="rate set", on_click=change, args=(run, factor))
    if problem := st.session_state.pop(_PROBLEM, None):
        st.warning(verbatim(problem))


def describe_factor(factor: float) -> str:
    """Say how a learning rate differs from the recipe's: " (× 0.5)"."""
    return "" if factor == 1 else f" (× {factor:g})"


def change(run: Run, factor: float) -> None:
    """Ask a training for another learning rate."""
    try:
        ask_for_rate(run, factor)
    except MnistExplorerError as error:
        st.session_state[_PROBLEM] = str(error)
