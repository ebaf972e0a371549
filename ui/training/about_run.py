"""What there is to know of one run beside its curves: a person's note, the machine it ran on, what it printed."""

from __future__ import annotations

from html import escape

import streamlit as st

from mnist_core.errors import MnistExplorerError
from mnist_core.model.card import MAX_TEXT_LENGTH
from mnist_core.rights import Right, may
from mnist_core.settings import read_settings
from mnist_core.store.runs import Run, read_output, write_note
from ui.models.card_text import format_bytes, format_day
from ui.text import duration, verbatim
from ui.widgets.html_table import html_table

OUTPUT_HEIGHT, MAX_LINES = 320, 12  # pixels, and lines that have room in them
PROBLEM = "_note_problem"  # in the session
NO_OUTPUT = "What it printed was not kept: it was not started on this page, or before this page kept it."


def show_about(run: Run, key: str, kept: str) -> None:
    """Show what is known of a run, once it is asked for; its note can be changed unless it has to be `kept`."""
    about = st.expander("About this run", key=f"About {key}", on_change="rerun")
    if not about.open:
        return
    with about:
        knowing, printing = st.columns(2, gap="large")
        with knowing:
            show_note(run, key, kept)
            st.html(html_table("facts", [], [_row(*fact) for fact in machine_facts(run).items()], label="Machine"))
        with printing:
            st.caption("What it printed")
            if output := read_output(run):
                is_long = output.count("\n") > MAX_LINES
                st.code(output, language=None, height=OUTPUT_HEIGHT if is_long else "content")
            else:
                st.caption(NO_OUTPUT)


def show_note(run: Run, key: str, kept: str) -> None:
    """Show the note on a run, in a field where it can be changed."""
    if kept or not may(Right.RENAME, run.folder):
        st.caption("Note")
        st.text(run.note or "–")
        return
    typed = f"note {key} {run.created}"
    st.session_state.setdefault(typed, run.note)
    st.text_area("Note", key=typed, max_chars=MAX_TEXT_LENGTH, height=100, placeholder="Why this run, what it showed")
    st.button("Keep the note", icon=":material/save:", on_click=keep_note, args=(run, typed), key=f"keep {typed}")
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(verbatim(problem))


def keep_note(run: Run, typed: str) -> None:
    """Let a run bear the note that was typed."""
    try:
        st.session_state[typed] = write_note(run, st.session_state[typed], read_settings().models_dir)
        st.toast("The note is kept.")
    except MnistExplorerError as error:
        st.session_state[PROBLEM] = str(error)


def machine_facts(run: Run) -> dict[str, str]:
    """Say on what a run was trained, and with what; of one that is not finished, less is known."""
    facts = {"Begun": format_day(run.created), "Threads": str(run.threads)}
    if (card := run.card) is None:
        return facts | {"Precision": run.recipe.precision}
    names = {"python": "Python", "torch": "PyTorch", "numpy": "NumPy"}
    if card.peak_memory:
        facts["Memory"] = f"at most {format_bytes(card.peak_memory)}"
    return facts | {
        "Training": duration(card.seconds),
        "Processor": card.device.removeprefix("cpu: "),
        "Precision": f"{card.precision} ({card.precision_reason})",
        "Versions": ", ".join(f"{names.get(name, name)} {version}" for name, version in card.versions.items()),
    }


def _row(name: str, value: str) -> str:
    return f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>"
