"""The table of all runs, and those that cannot be read."""

from __future__ import annotations

import streamlit as st

from mnist_core.errors import RunError
from mnist_core.store.history import History
from mnist_core.store.models import Damaged
from mnist_core.store.runs import Run
from ui.services import training_runs
from ui.text import format_interval, verbatim
from ui.widgets.hyperparameters import NAMES


def show_table(runs: list[Run | Damaged]) -> None:
    """Show every run in a table, and below it those that cannot be read, with the reason."""
    st.header("All runs")
    rows, broken = [], [(run.name, run.reason) for run in runs if isinstance(run, Damaged)]
    for run in runs:
        if isinstance(run, Run):
            try:
                rows.append(table_row(run, training_runs.read_history(run)))
            except RunError as error:
                broken.append((run.name, str(error)))
    percent = st.column_config.NumberColumn(format="%.2f %%")
    if rows:
        st.dataframe(
            rows,
            hide_index=True,
            alt="All runs",
            placeholder="–",
            column_config={
                "Best validation": percent,
                "Last validation": percent,
                "Test": percent,
                "Parameters": st.column_config.NumberColumn(format="localized"),
                "Seconds": st.column_config.NumberColumn(format="%.1f"),
            },
        )
    if not runs:
        st.caption("There is no run yet, or no run fits the filter.")
    for name, reason in broken:
        st.caption(f"**{verbatim(name)}** is unreadable. {verbatim(reason)}")


def table_row(run: Run, history: History) -> dict[str, object]:
    """Return what the table says of a run; accuracies in percent."""
    validation = [accuracy * 100 for accuracy in history.validation_accuracies]
    evaluation = training_runs.read_evaluation(run)
    row: dict[str, object] = {
        "Run": run.name,
        "State": run.state.value,
        "Recipe": run.preset,
        "Network": run.recipe.network,
        "Parameters": run.card.parameters if run.card else None,
        "Epochs": f"{len(history.epochs)} of {run.recipe.epochs}",
        "Seconds": history.seconds,
        "Validated on": NAMES[run.recipe.data],
        "Best validation": max(validation, default=None),
        "Last validation": validation[-1] if validation else None,
        "Test": evaluation.accuracy * 100 if evaluation else None,
        "95 % interval": format_interval(evaluation) if evaluation else "",
    }
    return row | {"Note": run.note} if run.note else row
