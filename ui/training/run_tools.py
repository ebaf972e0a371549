"""What can be done with a run once it is there: take its history away, rename it, delete it, bring it back.

Each press acts on the very folder that its button named, and once: the second press of a double click does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.errors import BadName, MnistExplorerError, RunError
from mnist_core.recipe import SeedGroup
from mnist_core.rights import Right, limits, may
from mnist_core.settings import read_settings
from mnist_core.store.bin import KEPT, Binned, count_bytes, empty_bin
from mnist_core.store.history import history_to_csv
from mnist_core.store.layout import RUNS
from mnist_core.store.models import Damaged
from mnist_core.store.runs import Run, bring_back, check_free, delete_run, rename_run, why_kept
from mnist_core.training.seeds import delete_group, find_members
from ui.models.card_text import format_bytes
from ui.services import training_runs
from ui.text import verbatim
from ui.training.about_run import show_about
from ui.widgets.double_press import is_second_press, note_press

# In the session: the run that is chosen, what was done last, and whether the bin is open.
MANAGED, DONE, BIN = "managed", "_done_to_a_run", "bin"
Follow = Callable[[str, str | None], None]  # what tells the page that a run has another name, or none any more


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done last: to which folder, in words, what follows on the page, and what is in the bin because of it."""

    aim: Path
    words: str
    then: Callable[[], object] | None = None  # None where it could not be done
    binned: Binned | None = None


def manage_runs(runs: Sequence[Run | Damaged], follow: Follow) -> None:
    """Offer to download the history of a run, to rename it, to delete it, and what is in the bin."""
    in_bin = [binned for binned in training_runs.list_bin() if may(Right.DELETE, binned.folder)]
    chosen = find_managed(runs)
    kept = why_kept(chosen, read_settings().models_dir) if chosen else ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if chosen:
            show_tools(runs, chosen, kept, follow)
        if in_bin:
            with open_popover(f"Bin ({len(in_bin)})", ":material/auto_delete:", BIN):
                show_bin(in_bin)
    if kept and may(Right.DELETE):
        st.caption(verbatim(kept))
    say_what_was_done()
    if isinstance(chosen, Run):
        show_about(chosen, name_folder(chosen), kept)


def find_managed(runs: Sequence[Run | Damaged]) -> Run | Damaged | None:
    """Return the run that is chosen, the first one at first; None where there is none."""
    name = st.session_state.get(MANAGED)
    return next((run for run in runs if run.name == name), next(iter(runs), None))


def name_folder(run: Run | Damaged) -> str:
    """Return what tells a run from others in keys, so that what was open or pressed for one is not for the next."""
    return str(run.folder.relative_to(read_settings().models_dir))


def show_tools(runs: Sequence[Run | Damaged], run: Run | Damaged, kept: str, follow: Follow) -> None:
    """Show which run is chosen, and what can be done with it unless it has to be `kept`."""
    st.selectbox("Run", dict.fromkeys(run.name for run in runs), key=MANAGED, width=260)
    key = name_folder(run)
    if isinstance(run, Run):
        try:
            table = history_to_csv(training_runs.read_history(run))
            st.download_button("History as CSV", table, f"{run.name}.csv", "text/csv", icon=":material/download:")
        except RunError:
            pass  # the table has said so
    if not may(Right.DELETE):
        return
    if isinstance(run, Run):
        with open_popover("Rename", ":material/edit:", f"Rename {key}", disabled=bool(kept)):
            offer_to_rename(run, key, follow)
    with open_popover("Delete", ":material/delete:", f"Delete {key}", disabled=bool(kept)):
        offer_to_delete(run, key, follow)
    if isinstance(run, Run) and run.group and not limits():
        with open_popover("Delete the group", ":material/delete_sweep:", f"Delete group {key}"):
            offer_to_delete_group(run, run.group, follow)


def open_popover(label: str, icon: str, key: str, *, disabled: bool = False) -> DeltaGenerator:
    """Show a pop-over that can be closed from here, by its key."""
    return st.popover(label, icon=icon, key=key, on_change="rerun", disabled=disabled)


def offer_to_rename(run: Run, key: str, follow: Follow) -> None:
    """Ask for another name."""
    typed = f"rename {run.name}"
    new = st.text_input("New name", run.name, max_chars=64, key=typed).strip()
    st.button("Rename it", on_click=rename, args=(run, typed, follow), key=f"rename it {key}")
    if new != run.name:
        try:
            check_free(new, read_settings().models_dir)
        except BadName as error:
            st.error(verbatim(error))


def offer_to_delete(run: Run | Damaged, key: str, follow: Follow) -> None:
    """Ask once more before a run goes to the bin."""
    kind = "the unfinished run" if run.folder.parent.name == RUNS else "the model"
    asked = f"Delete {kind} **{verbatim(run.name)}**, its weights and its history?"
    st.markdown(f"{asked} It stays in the bin for {KEPT.days} days.")
    st.button("Delete it", type="primary", on_click=delete, args=(run, follow), key=f"delete it {key}")


def offer_to_delete_group(run: Run, group: SeedGroup, follow: Follow) -> None:
    """Ask once more before all runs of a group go to the bin."""
    members = find_members(group.name, read_settings().models_dir)
    named = ", ".join(verbatim(each.name) for each in members.values())
    st.markdown(f"Delete all {len(members)} runs of **{verbatim(group.name)}**, {named}? They stay in the bin.")
    st.button(
        "Delete them", type="primary", on_click=delete_all, args=(run, group, follow), key=f"delete group {group.name}"
    )


def show_bin(in_bin: Sequence[Binned]) -> None:
    """Show what is in the bin, with the way back and the way out."""
    chosen = st.selectbox("Deleted or replaced", in_bin, format_func=describe_binned, key="binned")
    entry, size = chosen.folder.name, format_bytes(count_bytes(in_bin))
    count = "1 run" if len(in_bin) == 1 else f"{len(in_bin)} runs"
    with st.container(horizontal=True):
        st.button("Bring it back", icon=":material/undo:", on_click=undo, args=(chosen,), key=f"bring back {entry}")
        st.button(f"Empty the bin: {count}, {size}", on_click=empty, args=(in_bin, f"{count}, {size}"))
    st.caption(f"What is here is deleted for good {KEPT.days} days after it was put here.")


def describe_binned(binned: Binned) -> str:
    """Say what something in the bin is: "half, unfinished, since 27 Nov, 14:05"."""
    kind = "model" if binned.is_model else "unfinished"
    return f"{binned.name}, {kind}, since {binned.since.astimezone():%d %b, %H:%M}"


def say_what_was_done() -> None:
    """Say what was done last, with the way back as long as there is one."""
    done: Deed | None = st.session_state.get(DONE)
    if done is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        (st.success if done.then else st.error)(done.words, width=420)
        if done.binned and done.binned.is_there:
            st.button(
                "Undo", icon=":material/undo:", on_click=undo, args=(done.binned,), key=f"undo {done.binned.folder}"
            )


# ----------------------------------------------------------------------------------------------- what a press does


def rename(run: Run, typed: str, follow: Follow) -> None:
    """Give a run the name that was typed."""
    new = st.session_state.get(typed, run.name).strip()

    def act() -> Deed:
        rename_run(run, new, read_settings().models_dir)
        return Deed(run.folder, f"**{verbatim(run.name)}** is now called **{verbatim(new)}**.", show_renamed)

    def show_renamed() -> None:
        follow(run.name, new)
        choose(new)

    if new != run.name or not run.folder.is_dir():
        do_once(run.folder, act)


def delete(run: Run | Damaged, follow: Follow) -> None:
    """Put a run into the bin."""

    def act() -> Deed:
        binned = delete_run(run, read_settings().models_dir)
        return Deed(run.folder, f"**{verbatim(run.name)}** was deleted.", lambda: follow(run.name, None), binned)

    do_once(run.folder, act)


def delete_all(run: Run, group: SeedGroup, follow: Follow) -> None:
    """Put all runs of a group into the bin."""

    def act() -> Deed:
        gone = delete_group(group.name, read_settings().models_dir)
        words = f"The {len(gone)} runs of **{verbatim(group.name)}** were deleted; the bin has them."
        return Deed(run.folder, words, lambda: follow_all(gone))

    def follow_all(gone: Sequence[Binned]) -> None:
        for binned in gone:
            follow(binned.name, None)

    do_once(run.folder, act)


def undo(binned: Binned) -> None:
    """Bring a run or a model back from the bin, under its name, or one like it where that is taken."""
    if is_second_press():  # of *Delete it*: *Undo* may have come under the pointer
        return

    def act() -> Deed:
        name = bring_back(binned, read_settings().models_dir)
        words = f"**{verbatim(name)}** is back."
        if name != binned.name:
            words += f" It has a number now, for there is another {verbatim(binned.name)}."
        return Deed(binned.folder, words, lambda: choose(name))

    do_once(binned.folder, act)


def empty(in_bin: Sequence[Binned], amount: str) -> None:
    """Delete for good what was in the bin when the button said so."""

    def act() -> Deed:
        empty_bin(in_bin)
        return Deed(in_bin[0].folder, f"Deleted for good: {amount}.", close_bin)

    do_once(in_bin[0].folder, act)


def choose(name: str) -> None:
    """Let a run be the one that is chosen."""
    st.session_state[MANAGED] = name
    close_bin()


def close_bin() -> None:
    """Close what shows the bin."""
    st.session_state[BIN] = False


def do_once(aim: Path, act: Callable[[], Deed]) -> None:
    """Act on a folder and note what was done; the second press of a double click finds it gone, and does no more.

    But with that press came what was chosen before the first one, so what follows from the deed is set again.
    """
    done: Deed | None = st.session_state.get(DONE)
    if done is None or done.aim != aim or aim.exists():
        try:
            done = act()
            note_press()
        except (MnistExplorerError, OSError) as error:
            done = Deed(aim, verbatim(error))
        st.session_state[DONE] = done
    if done.then:
        done.then()
