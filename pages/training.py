"""The Training page: how does a network learn? Start one, watch it, compare the runs."""

import streamlit as st

from ui import frame
from ui.services import training_queue, training_runs
from ui.training.curves import show_live_curves
from ui.training.form import form
from ui.training.groups import list_entries, show_settings
from ui.training.outcome import show_outcome
from ui.training.run_tools import manage_runs
from ui.training.running import show_progress
from ui.training.start import STARTED, show_queue
from ui.training.table import show_table
from ui.training.time_machine import show_time_machine
from ui.training.view import choose_view, follow, follow_change, matching
from ui.widgets.recipe_diff import show_differences
from ui.widgets.scrolling import scroll_here

WATCH = 2.0  # seconds between two looks at whether there is another training
SOON = 0.2  # seconds between two looks at whether one that gets ready has begun to learn


def main() -> None:
    """Show the page."""
    st.title("How does it learn?")
    runs = training_runs.list_runs()
    readable = training_runs.newest_of_each_name(runs)
    current = training_runs.find_current()
    follow(current, readable)
    seen = what_is_running()
    st.fragment(run_every=WATCH if current is None or current.has_checkpoint else SOON)(watch)(seen)
    doing, seeing = st.columns([3.4, 6.6], gap="large")
    with doing:
        if current:
            scroll_here(st.session_state.get(STARTED), key="scroll to the training")
            show_progress(current.name)
        else:
            show_outcome(readable)
        show_queue()
        if not current or training_queue.is_used():
            form()
    with seeing:
        view = choose_view(readable)
        show_live_curves(view)
    entries = list_entries(readable)
    shown = {name: members for name, members in entries.items() if name in view.runs}
    show_time_machine(list({run.name: run for runs in shown.values() for run in runs}.values()))
    show_differences({name: runs[0].recipe for name, runs in shown.items()})
    show_settings(matching(readable, view.filter))
    show_table(matching(runs, view.filter))
    manage_runs(runs, follow_change)


def what_is_running() -> str:
    """Tell one training from the next, also of one name, one that learns from one that gets ready, and each queue."""
    current, holder = training_runs.find_current(), training_runs.find_holder()
    waiting = [each.name for each in training_queue.list_waiting()]
    training = f"{current.name} {current.created} {current.has_checkpoint}" if current else holder
    return f"{training} {waiting}"


def watch(seen: str) -> None:
    """Run the page anew when a training begins, learns or ends, whoever began it; until then, nothing else runs."""
    if what_is_running() != seen:
        st.rerun()


frame.require()
main()
