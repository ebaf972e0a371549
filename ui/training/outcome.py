"""How a training ended, and what can be done next: resume it, evaluate it, draw with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from mnist_core.alphabets import noun_of
from mnist_core.errors import RunError
from mnist_core.evaluation.spread import summarise
from mnist_core.evaluation.test_sets import TestSet, choose_test_set, find_test_set
from mnist_core.recipe import SeedGroup
from mnist_core.rights import Right, limits, may
from mnist_core.settings import read_settings
from mnist_core.store.history import History
from mnist_core.store.runs import Run, State
from mnist_core.training import final_evaluation, launcher
from mnist_core.training.seeds import list_left
from ui.services import test_digits, training_queue, training_runs
from ui.text import (
    describe_ending,
    describe_guessing,
    format_exact_percent,
    format_interval,
    validation_label,
    verbatim,
)
from ui.training.groups import count_seeds
from ui.training.start import begin, link_to_draw, this_visitor, wait_for_turn
from ui.training.view import WATCHED
from ui.widgets.double_press import is_second_press
from ui.widgets.key_figures import show_figures
from ui.widgets.progress import offer_work

ENDED = (State.STOPPED, State.INTERRUPTED, State.FAILED, State.DIVERGED)


def show_outcome(runs: list[Run]) -> None:
    """Say how the watched training ended, or the newest one if something is left to do, and what can be done next."""
    watched = st.session_state.get(WATCHED)
    ended = next((run for run in runs if run.name == watched), None)
    if ended is None and runs and (runs[0].state in ENDED or lacks_evaluation(runs[0])):
        ended = runs[0]
    if ended is None:
        return
    try:
        history = training_runs.read_history(ended)
    except RunError:  # the curves say so
        history = History()
    with st.container(border=True):
        st.markdown(f"**{verbatim(describe_ending(ended, history))}**")
        if evaluation := training_runs.read_evaluation(ended):
            show_figures(
                {
                    "Test accuracy": format_exact_percent(evaluation.accuracy),
                    "95 % interval": format_interval(evaluation),
                }
            )
            test_set = find_test_set(evaluation.test_set) or choose_test_set(ended.recipe)
            wrong = evaluation.seen - evaluation.correct
            st.caption(f"{wrong:,} of the {evaluation.seen:,} {verbatim(test_set.title)} are misread.")
        elif history.validation_accuracies:
            show_figures({validation_label(ended.recipe): format_exact_percent(history.validation_accuracies[-1])})
        if history.is_guessing(len(ended.recipe.classes)) and ended.state is not State.DIVERGED:
            st.warning(describe_guessing(ended, history))
        if lacks_evaluation(ended):
            offer_to_evaluate(ended)
        if ended.group:
            show_group(ended.group, [run for run in runs if run.group == ended.group])
        offer_what_is_next(ended)


def show_group(group: SeedGroup, members: Sequence[Run]) -> None:
    """Say how far a group of seeds is, what those that are finished reach, and offer to go on with it."""
    accuracies = [each.accuracy for run in members if (each := training_runs.read_evaluation(run))]
    reached = f": test accuracy {summarise(accuracies)}" if accuracies else ""
    finished = sum(run.state is State.FINISHED for run in members)
    st.caption(verbatim(f"{group.name}: {finished} of {count_seeds(group.count)} trained{reached}."))
    if limits() or not (left := list_left(group, {run.recipe.seed: run for run in members})):
        return
    models_dir = read_settings().models_dir
    pressed = st.button("Resume the group", icon=":material/resume:", type="primary", key=f"resume {group.name}")
    if pressed and not is_second_press():
        begin(left[0][1], lambda: launcher.launch_resumed_training(group.name, models_dir))


def lacks_evaluation(run: Run) -> bool:
    """Tell whether a training has finished without a test accuracy."""
    return run.state is State.FINISHED and training_runs.read_evaluation(run) is None


def offer_what_is_next(ended: Run) -> None:
    """Offer what can be done with a training that has ended."""
    with st.container(horizontal=True, vertical_alignment="center"):
        is_alone = not ended.group or limits()  # a group goes on as a whole
        may_resume = ended.is_resumable and is_alone and may(Right.RESUME, ended.folder)
        resume = may_resume and st.button("Resume", icon=":material/resume:", type="primary")
        if resume and training_queue.is_used():
            wait_for_turn(lambda: training_queue.join_to_resume(ended.name, this_visitor()))
        elif resume and not is_second_press():
            begin(ended.name, lambda: launcher.launch_resumed_training(ended.name, read_settings().models_dir))
        if ended.state is State.FINISHED:
            link_to_draw(ended.name, "Draw with it")
            st.page_link(
                "pages/mistakes.py",
                label="See its mistakes",
                icon=":material/grid_view:",
                query_params={"model": ended.name},
            )
        elif ended.has_checkpoint:
            link_to_draw(training_runs.label_of(ended.name), "Draw with it")


def offer_to_evaluate(run: Run) -> None:
    """Say why a finished training has no test accuracy, and offer to find it out here."""
    test_set = choose_test_set(run.recipe)
    here = test_digits.are_here(test_set)
    name, size = (verbatim(test_set.data_set.name), test_set.data_set.download_size) if test_set.data_set else ("", 0)
    of = f"the {test_set.count(run.recipe.classes):,} {verbatim(test_set.title)}"
    noun = noun_of(run.recipe.classes)
    learnt = f"It learnt from synthetic {noun}s, and " if run.recipe.is_written else ""
    missing = f"{name}, on whose test {noun}s a network is evaluated, is not on this machine."
    reason = f"{learnt}{missing}" if not here else f"It has not been evaluated on {of}."
    st.markdown(f"**No test accuracy yet.** {reason}")
    offer_work(
        "Evaluate it" if here else f"Fetch {name} ({size // 10**6} MB) and evaluate it",
        "Evaluating" if here else "Fetching and evaluating",
        lambda: fetch_and_evaluate(run, test_set),
        right=Right.EVALUATE,
        icon=":material/grading:",
        key=f"evaluate {run.name}",
    )


def fetch_and_evaluate(run: Run, test_set: TestSet) -> Iterator[float]:
    """Evaluate a model on a test set, which is fetched first where it is missing; yields the share, 0…1."""
    begun = 0.0
    if test_set.data_set and not test_digits.are_here(test_set):
        begun = 0.5
        for share in launcher.launch_fetch(data_set=test_set.data_set):
            yield share * begun
    for share in final_evaluation.evaluate_again(run.name, read_settings().models_dir):
        yield begun + share * (1 - begun)
