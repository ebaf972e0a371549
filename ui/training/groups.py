"""Trainings that differ in their seed alone: as one entry beside single runs, and compared with other settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from mnist_core.evaluation.spread import LIKELY, Spread, p_value, summarise
from mnist_core.recipe import preset
from mnist_core.store.runs import Run, State
from ui.services import training_runs
from ui.text import verbatim
from ui.widgets.hyperparameters import describe_changes

NOTHING_TO_TELL = "Two seeds or more of each are needed to tell whether they differ."


@dataclass(frozen=True, slots=True)
class Setting:
    """What several finished runs have in common, and the test accuracies, 0…1, of those that are evaluated."""

    name: str
    runs: tuple[Run, ...]
    test: tuple[float, ...]
    validation: tuple[float, ...]
    test_set: str


def list_entries(runs: Sequence[Run]) -> dict[str, tuple[Run, ...]]:
    """Return what the chart can show, the newest first: each run, and each group with its runs by seed."""
    names, entries = {run.name for run in runs}, dict[str, tuple[Run, ...]]()
    for run in runs:
        name = entry_of(run)
        if name not in names and name not in entries:
            members = [each for each in runs if each.group == run.group]
            entries[name] = tuple(sorted(members, key=lambda each: each.recipe.seed))
        entries[run.name] = (run,)
    return entries


def entry_of(run: Run) -> str:
    """Return as which entry a run is shown: its group, where it has one."""
    return run.group.name if run.group else run.name


def label_entry(name: str, runs: Sequence[Run]) -> str:
    """Return how an entry is called: "quick-seeds (5 seeds)"."""
    group = runs[0].group
    return f"{name} ({count_seeds(group.count)})" if group and name == group.name else name


def count_seeds(count: int) -> str:
    """Say how many seeds there are."""
    return "1 seed" if count == 1 else f"{count} seeds"


# ------------------------------------------------------------------------------------------------- the comparison


def show_settings(runs: Sequence[Run]) -> None:
    """Show the mean and the spread of each setting that has several seeds, and whether two settings differ."""
    settings = group_by_setting(runs)
    several = [setting for setting in settings if len(setting.runs) > 1]
    if not several:
        return
    st.header("Over seeds")
    rows = [
        {
            "Setting": setting.name,
            "Seeds": len(setting.runs),
            "Test": str(summarise(setting.test)) if setting.test else "",
            "Validation": str(summarise(setting.validation)) if setting.validation else "",
            "Runs": ", ".join(run.name for run in setting.runs),
        }
        for setting in several
    ]
    st.dataframe(rows, hide_index=True, height="content", alt="Mean and standard deviation over the seeds")
    st.caption("Mean ± standard deviation over seeds; n is how many. No seed is picked for what it reached.")
    compare({setting.name: setting for setting in settings if setting.test})


def compare(settings: Mapping[str, Setting]) -> None:
    """Choose two settings, and say whether their test accuracies differ by more than seeds do."""
    if len(settings) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = st.selectbox("Compare", settings, key="setting", width=320)
        alike = [name for name, each in settings.items() if name != one and each.test_set == settings[one].test_set]
        other = st.selectbox("with", alike, key=f"setting beside {one}", width=320) if alike else None
    if other:
        st.markdown(describe_comparison(settings[one], settings[other]))
    else:
        st.caption("No other setting was evaluated on the same test set.")


def describe_comparison(one: Setting, other: Setting) -> str:
    """Say by how much the test accuracies of two settings differ, and whether seeds differ as much."""
    mine, theirs = summarise(one.test), summarise(other.test)
    points = (mine.mean - theirs.mean) * 100
    more = "more" if points >= 0 else "fewer"
    said = (
        f"**{verbatim(one.name)}** reads {abs(points):.2f} points {more} of the test set than "
        f"**{verbatim(other.name)}**: {verbatim(str(mine))} against {verbatim(str(theirs))}."
    )
    return f"{said} {_describe_chance(p_value(one.test, other.test), mine, theirs)}"


def _describe_chance(chance: float | None, *spreads: Spread) -> str:
    if min(spread.count for spread in spreads) < 2:
        return NOTHING_TO_TELL
    if chance is None:
        return "No seed differs from another, so no test can tell."
    often = "less than 0.1" if chance < 0.001 else f"{chance * 100:.1f}"
    verdict = "More than seeds differ by" if chance < LIKELY else "No more than seeds differ by"
    return f"{verdict}: chance alone makes such a difference in {often} % of cases (Welch's t-test)."


def group_by_setting(runs: Sequence[Run]) -> list[Setting]:
    """Bring finished runs together that differ in nothing but their seed; of two with one seed the newer counts."""
    found: dict[tuple[object, ...], dict[int, Run]] = {}
    for run in runs:
        if run.state is State.FINISHED:
            alike = (run.preset, replace(run.recipe, seed=0), run.started_from, run.drawings)
            found.setdefault(alike, {}).setdefault(run.recipe.seed, run)
    return [_make_setting(tuple(by_seed[seed] for seed in sorted(by_seed))) for by_seed in found.values()]


def _make_setting(runs: tuple[Run, ...]) -> Setting:
    first = runs[0]
    usual = preset(first.preset, seed=first.recipe.seed, data=first.recipe.data)
    changes = describe_changes(usual, first.recipe)
    name = ", ".join(filter(None, (first.preset, first.started_from and f"taught from {first.name}", changes)))
    evaluations = [each for run in runs if (each := training_runs.read_evaluation(run))]
    test_set = evaluations[0].test_set if evaluations else ""
    validation = [training_runs.last_validation(run) for run in runs]
    return Setting(
        name,
        runs,
        tuple(each.accuracy for each in evaluations if each.test_set == test_set),
        tuple(accuracy for accuracy in validation if accuracy is not None),
        test_set,
    )
