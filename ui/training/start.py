"""Beginning a training: at once, or when its turn comes, where several people share the machine."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from mnist_core.errors import Busy, MnistExplorerError
from mnist_core.recipe import Recipe, training_command
from mnist_core.settings import read_settings
from mnist_core.store.runs import free_name
from ui.services import training_queue, training_runs
from ui.text import verbatim
from ui.widgets.double_press import is_second_press, note_press

STARTED = "_started"  # in the session: when this visitor started a training
VISITOR = "_visitor"  # in the session: what tells it from the others


def begin(name: str, start: Callable[[], None]) -> None:
    """Start a training and show it; one that is running already is shown instead."""
    try:
        with st.spinner("Starting"):
            start()
    except Busy as error:
        training_runs.forget_holder()
        current = training_runs.find_current()
        if current is None or current.name != name:  # else the first press of a double click has begun it
            st.toast(verbatim(error))
    except MnistExplorerError as error:
        st.error(verbatim(error))
        return
    training_runs.forget_holder()
    note_press()
    st.session_state[STARTED] = time.time()
    st.rerun()


def wait_for_turn(join: Callable[[], object]) -> None:
    """Let a training begin when those before it are over, which may be at once."""
    if is_second_press():
        return
    try:
        join()
    except MnistExplorerError as error:
        st.error(verbatim(error))
        return
    note_press()
    st.session_state[STARTED] = time.time()
    st.rerun()


def show_queue() -> None:
    """Show which trainings wait for their turn, and the way out of the queue."""
    if refusal := training_queue.take_refusal(this_visitor()):
        st.error(f"Your training could not begin. {verbatim(refusal)}")
    waiting = training_queue.list_waiting()
    if not waiting:
        return
    is_mine = [each.visitor is this_visitor() for each in waiting]
    names = [f"{verbatim(each.name)}{' (yours)' if mine else ''}" for each, mine in zip(waiting, is_mine, strict=True)]
    st.info(f"Waiting for {'its' if len(names) == 1 else 'their'} turn: {', '.join(names)}.")
    if any(is_mine):
        leave = training_queue.leave
        st.button("Leave the queue", icon=":material/close:", on_click=leave, args=(this_visitor(),))


def this_visitor() -> object:
    """Return what tells this visitor, one tab of a browser, from the others."""
    return st.session_state.setdefault(VISITOR, object())


def show_command(chosen: str, recipe: Recipe, name: str, *, snapshots: bool, seeds: int | None = None) -> None:
    """Show the line that does the same in a terminal, under that name or, where it is in use, one that is free."""
    st.caption("The same in a terminal")
    free = free_name(name, read_settings().models_dir)
    command = training_command(chosen, recipe, free, snapshots=snapshots, seeds=seeds)
    st.code(command, language="sh", wrap_lines=True)


def link_to_draw(model: str, label: str) -> None:
    """Link to the Draw page, with that model chosen."""
    st.page_link("pages/draw.py", label=label, icon=":material/draw:", query_params={"model": model})
