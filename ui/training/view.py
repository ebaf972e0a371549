"""What the page shows of the runs: which of them, along what, how smooth. Its address says so, for a link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import streamlit as st

from mnist_core.store.models import Damaged
from mnist_core.store.runs import Run
from ui import frame
from ui.query_params import put_in_address, take_from_address
from ui.services import catalogue
from ui.training.groups import entry_of, label_entry, list_entries
from ui.widgets.hyperparameters import NAMES

AXES = ("Step", "Epoch", "Seconds")
MAX_RUNS = 6  # there is no seventh colour that is easy to tell from the others
SMOOTHING, MAX_SMOOTHING = 2, 20  # percent of the training that the running average looks back
# In the session: whose curves are shown and the training seen last; then each widget of the view.
SHOWN, WATCHED = "shown runs", "_watched"
AXIS, LOG_LOSS, SMOOTH, FILTER = "axis", "log loss", "smoothing", "run filter"
LATEST, COUNT = "latest runs", "count of latest runs"
MAX_FILTER_LENGTH = 200  # letters
FILTER_HELP = (
    "Words of a run's name, recipe, network, data, state or note, or a setting such as `learning_rate=0.01`. It "
    "decides which runs can be chosen, and which are in the table."
)
SMOOTH_HELP = "How much of the training the running average of the loss looks back on. 0: no average."
LATEST_HELP = "The newest runs are in the chart, those that fit the filter; a new one takes the place of the oldest."

Found = TypeVar("Found", Run, Run | Damaged)


@dataclass(frozen=True, slots=True)
class View:
    """What is shown: the names of the runs and groups in the chart, and how they are drawn."""

    runs: tuple[str, ...]
    axis: str
    log_loss: bool
    smoothing: int  # percent of the whole training
    filter: str


# ------------------------------------------------------------------------------------------------ which runs


def follow(current: Run | None, runs: list[Run]) -> None:
    """Choose the runs that are shown: those of before, those of the address, or one that has just begun.

    The training that is seen is remembered, to tell how it ended.
    """
    names = list(list_entries(runs))
    _take_from_address(names)
    before = st.session_state.get(SHOWN, choose_first(runs))
    shown = [name for name in before if name in names] or (names[:1] if before else [])  # none, once all are gone
    if current and st.session_state.get(WATCHED) != current.name:
        st.session_state[WATCHED] = current.name
        if not {current.name, entry_of(current)} & {*shown}:
            shown = [entry_of(current), *shown[: MAX_RUNS - 1]]
    if st.session_state[LATEST]:
        newest = dict.fromkeys(entry_of(run) for run in matching(runs, st.session_state[FILTER]))
        shown = [name for name in newest if name in names][: st.session_state[COUNT]]
    st.session_state[SHOWN] = shown


def choose_first(runs: list[Run]) -> list[str]:
    """Return the newest run of the classes that the picked model reads, or else the best; of any where it is none."""
    picked = frame.picked_model() or catalogue.find_best()
    classes = next((run.recipe.classes for run in runs if run.name == picked), None)
    return [entry_of(run) for run in runs if classes in (None, run.recipe.classes)][:1]


def follow_change(old: str, new: str | None) -> None:
    """Go on showing a run under its new name; where the last one that was shown is gone, show the newest."""
    if new:
        st.session_state[SHOWN] = [new if name == old else name for name in st.session_state[SHOWN]]
    elif st.session_state[SHOWN] == [old]:
        del st.session_state[SHOWN]
    if st.session_state.get(WATCHED) == old:
        st.session_state[WATCHED] = new


def matching(runs: Sequence[Found], words: str) -> list[Found]:
    """Return the runs in which every word occurs; of those that cannot be read, only the name is known."""
    return [run for run in runs if all(_has(run, word) for word in words.casefold().split())]


def _has(run: Run | Damaged, word: str) -> bool:
    """Tell whether a word is in what a run is called, or a setting of it: `seed=1` is not that of seed 10."""
    if isinstance(run, Damaged):
        return word in run.name.casefold()
    setting, is_setting, wanted = word.partition("=")
    if is_setting:
        settings = asdict(run.recipe)
        return setting in settings and _is_same(settings[setting], wanted)
    recipe = run.recipe
    texts = (run.name, run.preset, recipe.network, recipe.data, NAMES[recipe.data], run.state, run.note)
    return any(word in text.casefold() for text in texts)


def _is_same(value: object, wanted: str) -> bool:
    try:
        return float(wanted) == value
    except ValueError:
        return wanted == str(value).casefold()


# ---------------------------------------------------------------------------------------------- the controls


def choose_view(runs: list[Run]) -> View:
    """Show what decides the view, above the curves, and write it into the address."""
    words = st.session_state[FILTER]
    entries = list_entries(runs)
    fitting = matching(runs, words)
    offered = {run.name for run in fitting} | {entry_of(run) for run in fitting} | {*st.session_state[SHOWN]}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.multiselect(
            "Runs in the chart: always the newest" if st.session_state[LATEST] else "Runs in the chart",
            [name for name in entries if name in offered],
            format_func=lambda name: label_entry(name, entries[name]),
            key=SHOWN,
            max_selections=MAX_RUNS,
            placeholder="Choose runs to compare",
            disabled=st.session_state[LATEST],
            persist_state="session",
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        axis = st.segmented_control("Horizontal axis", AXES, required=True, key=AXIS, persist_state="session")
        with st.popover("View", icon=":material/tune:"):
            show_details()
        st.text_input(
            "Filter",
            key=FILTER,
            placeholder="learning_rate=0.01",
            max_chars=MAX_FILTER_LENGTH,
            help=FILTER_HELP,
            persist_state="session",
            width=220,
        )
    view = View(tuple(shown), axis or AXES[0], st.session_state[LOG_LOSS], st.session_state[SMOOTH], words)
    _put_in_address(view, choose_first(runs))
    return view


def show_details() -> None:
    """Show what is changed less often: the scale of the loss, its average, and whether new runs come by themselves."""
    st.toggle("Logarithmic loss", key=LOG_LOSS, persist_state="session")
    st.slider("Smoothing", 0, MAX_SMOOTHING, format="%d %%", key=SMOOTH, help=SMOOTH_HELP, persist_state="session")
    is_latest = st.toggle("Always the newest runs", key=LATEST, help=LATEST_HELP, persist_state="session")
    st.number_input("How many", 1, MAX_RUNS, key=COUNT, disabled=not is_latest, persist_state="session")


# ----------------------------------------------------------------------------------------------- the address


def _take_from_address(names: Sequence[str]) -> None:
    """Take over what the address asks for as the page is entered; what cannot be is as if it were not there."""
    state = st.session_state
    for key, value in {AXIS: AXES[0], LOG_LOSS: False, SMOOTH: SMOOTHING, FILTER: "", LATEST: False, COUNT: 1}.items():
        state.setdefault(key, value)
    _set_from_address("axis", AXIS, {axis.lower(): axis for axis in AXES}.get)
    _set_from_address("log", LOG_LOSS, {"1": True, "0": False}.get)
    _set_from_address("smoothing", SMOOTH, {str(percent): percent for percent in range(MAX_SMOOTHING + 1)}.get)
    _set_from_address("filter", FILTER, lambda words: words[:MAX_FILTER_LENGTH])
    if _set_from_address("latest", COUNT, {str(count): count for count in range(1, MAX_RUNS + 1)}.get):
        state[LATEST] = True
    asked = (take_from_address("runs") or "").split(",")
    if known := [name for name in dict.fromkeys(asked) if name in names]:
        state[SHOWN] = known[:MAX_RUNS]


def _set_from_address(part: str, key: str, read: Callable[[str], Any]) -> bool:
    """Set a widget to what a part of the address says, where that can be; returns whether it was so."""
    asked = take_from_address(part)
    value = None if asked is None else read(asked)
    if value is not None:
        st.session_state[key] = value
    return value is not None


def _put_in_address(view: View, first: list[str]) -> None:
    """Write into the address what is not as it is at first."""
    is_latest = st.session_state[LATEST]
    parts = {
        "runs": "" if is_latest or [*view.runs] == first else ",".join(view.runs),
        "latest": str(st.session_state[COUNT]) if is_latest else "",
        "axis": "" if view.axis == AXES[0] else view.axis.lower(),
        "log": "1" if view.log_loss else "",
        "smoothing": "" if view.smoothing == SMOOTHING else str(view.smoothing),
        "filter": view.filter,
    }
    for part, value in parts.items():
        if value:
            put_in_address(part, value, "")
        else:
            st.query_params.pop(part, None)
