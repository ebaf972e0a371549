"""The frame around every page: its navigation, and the model that answers on all of them."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from mnist_core.recipe import preset, training_command
from mnist_core.settings import read_settings
from mnist_core.store.runs import State, free_name
from ui.services import answering, catalogue, training_runs
from ui.text import verbatim

FRAMED, WANTED, PICKED = "_framed", "_wanted_model", "_picked_model"  # in the session


def build() -> StreamlitPage:
    """Declare the pages; returns the one that is asked for.

    They have no icons: a browser would fetch that of the page it shows from outside.
    """
    pages = [
        st.Page("pages/draw.py", title="Draw", default=True),
        st.Page("pages/inside.py", title="Inside"),
        st.Page("pages/training.py", title="Train"),
        st.Page("pages/mistakes.py", title="Mistakes"),
        st.Page("pages/models.py", title="Models"),
    ]
    return st.navigation(pages, position="top")


def require() -> None:
    """Make sure that a page stands in its frame; the first line of every page.

    A folder called `pages` makes Streamlit run a page without its frame for the first visitor of a deep link.
    """
    if not st.session_state.pop(FRAMED, False):
        build()
        st.rerun()


def go(page: str, model: str) -> NoReturn:
    """Go to another page and let that model answer there."""
    st.session_state[WANTED] = model
    st.switch_page(page, query_params={})  # what a widget is bound to cannot be given here


def pick_model() -> str | None:
    """Show the model picker, whose choice all pages share and which begins with the best.

    None where there is no model, with what to do.
    """
    names = answering.list_labels()
    if not names:
        command = training_command("quick", preset("quick"), free_name("quick", read_settings().models_dir))
        st.info(
            "There is no model to answer yet. Train one on the Train page, or with this command, which takes some "
            f"seconds and fetches the digits it needs:\n\n```\n{command}\n```"
        )
        mention_damaged()
        return None
    if WANTED in st.session_state:
        st.session_state["model"] = st.session_state.pop(WANTED)
    elif "model" not in st.query_params and (last := picked_model() or st.session_state.get(PICKED)) in names:
        st.session_state["model"] = last  # said again, for between pages Streamlit forgets what only the address said
    chosen = picked_model() or ""
    finished = training_runs.name_of(chosen)
    if chosen not in names and finished in names:  # it was chosen while it was learning
        st.session_state["model"] = finished
    best = catalogue.find_best()
    index = names.index(best) if best in names else 0
    picked = st.selectbox("Model", names, index, key="model", bind="query-params", width=260)
    st.session_state[PICKED] = picked
    return picked


def picked_model() -> str | None:
    """Return the model that was picked last, also before the picker is shown."""
    picked: str | None = st.session_state.get("model")
    return picked


def is_learning(name: str | None) -> bool:
    """Tell whether that is a training in progress, whose answers change by themselves."""
    run = training_runs.list_answering().get(name or "")
    return run is not None and run.state is State.RUNNING


def mention_damaged() -> None:
    """Name the folders among the models that cannot be used, and say why."""
    for damaged in catalogue.read().damaged:
        st.caption(f"The folder `models/{damaged.name}` is not used. {verbatim(damaged.reason)}")
