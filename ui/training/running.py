"""The training that is running: how far it is, its latest figures, and the button that stops it."""

from __future__ import annotations

import streamlit as st

from mnist_core.alphabets import DIGITS, noun_of
from mnist_core.errors import MnistExplorerError, RunError
from mnist_core.evaluation.test_sets import choose_test_set
from mnist_core.rights import Right, may
from mnist_core.store.history import History
from mnist_core.store.progress import Phase, Progress
from mnist_core.store.runs import Run, ask_to_stop
from ui.services import training_runs
from ui.text import describe_guessing, duration, format_exact_percent, validation_label, verbatim
from ui.training.live_rate import show_rate
from ui.training.start import link_to_draw, show_command
from ui.widgets.double_press import is_second_press, note_press
from ui.widgets.key_figures import show_figures

LIVE = 1.0  # seconds between two looks at a running training
STOP_HELP = "Ends at once. What it has learnt is kept."
STOP_GROUP_HELP = "Ends at once. What this seed has learnt is kept, and the group goes on with it when it is resumed."


@st.fragment(run_every=LIVE)
def show_progress(name: str) -> None:
    """Show how far the running training is, how long it will take, and the button that stops it."""
    run = training_runs.find_current()
    if run is None or run.name != name:  # it has just ended
        st.rerun()
    st.header(f"{verbatim(name)} is learning")
    if group := run.group:
        number = group.seeds.index(run.recipe.seed) + 1 if run.recipe.seed in group.seeds else 1
        st.caption(verbatim(f"Seed {run.recipe.seed}: training {number} of the {group.count} of {group.name}."))
    try:
        history = training_runs.read_history(run)
    except RunError as error:
        history = History()
        st.warning(verbatim(error))
    show_how_far(run, history)
    show_rate(run, history)
    with st.container(horizontal=True, vertical_alignment="center"):
        label, help = ("Stop the group", STOP_GROUP_HELP) if run.group else ("Stop", STOP_HELP)
        stop = may(Right.STOP, run.folder) and st.button(label, icon=":material/stop:", help=help, key="Stop")
        if stop and not is_second_press():
            stop_training(run)
        if run.has_checkpoint:
            link_to_draw(training_runs.label_of(name), "Draw with it while it learns")
    show_command(run.preset, run.recipe, run.name, snapshots=run.snapshots)


def stop_training(run: Run) -> None:
    """Ask a training to stop, and say whether it has heard."""
    try:
        ask_to_stop(run)
    except MnistExplorerError as error:
        st.error(verbatim(error))
        return
    note_press()
    st.toast("Stopping.")


def show_how_far(run: Run, history: History) -> None:
    """Show the bar, the time left, and the latest figures."""
    st.progress(*how_far(run, history))
    if not history.steps:
        return
    training = format_exact_percent(history.epochs[-1].training_accuracy) if history.epochs else "–"
    validation = history.validation_accuracies
    show_figures(
        {
            "Loss": f"{history.steps[-1].loss:.3f}",
            "Training accuracy": training,
            validation_label(run.recipe): format_exact_percent(validation[-1]) if validation else "–",
        }
    )
    if history.is_guessing(len(run.recipe.classes)):
        st.warning(describe_guessing(run, history))


def how_far(run: Run, history: History) -> tuple[float, str]:
    """Return the share of what a training is doing, 0…1, and what it is, in words."""
    if progress := training_runs.read_progress(run):
        return progress.share, describe_phase(run, progress)
    if not history.steps:
        so_far = duration(training_runs.seconds_since_start(run))
        return 0.0, f"Getting ready: loading PyTorch and the {noun_of(run.recipe.classes)}s, {so_far} so far"
    last = history.steps[-1]
    share = last.step / last.steps
    epoch = min(int(share * run.recipe.epochs) + 1, run.recipe.epochs)
    left = duration(history.seconds * (1 / share - 1))
    words = f"Epoch {epoch} of {run.recipe.epochs}, step {last.step:,} of {last.steps:,}, {left} left"
    return share, words if last.step < last.steps else "Validating"


def describe_phase(run: Run, progress: Progress) -> str:
    """Say what a training is doing before its first step or after its last."""
    recipe = run.recipe
    kinds = [f"synthetic {noun_of(recipe.classes)}s"] if recipe.synthetic or recipe.is_written else []
    others = "letters and scribbles" if recipe.classes == DIGITS else "what is none of its classes"
    kinds += [others] if recipe.ood_share else []
    test_set = choose_test_set(recipe)
    words = {
        Phase.WRITING: f"Getting ready: writing {', '.join(kinds)}",
        Phase.CALIBRATING: f"Calibrating its confidence on the validation {noun_of(recipe.classes)}s",
        Phase.EVALUATING: f"Evaluating on the {test_set.count(recipe.classes):,} {test_set.title}",
    }[progress.phase]
    return f"{words}, {progress.share * 100:.0f} %" if progress.share else words
