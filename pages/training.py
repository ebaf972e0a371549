"""The Training page: how does a network learn? Start one, watch it, compare the runs."""

import time
from collections.abc import Callable, Iterator

import streamlit as st

from mnist_core.alphabets import DIGITS, noun_of
from mnist_core.errors import Busy, MnistExplorerError, RecipeError, RunError
from mnist_core.evaluation.test_sets import TestSet, choose_test_set, find_test_set
from mnist_core.recipe import PRESETS, Recipe, changed_hyperparameters, preset, preset_claim, training_command
from mnist_core.rights import Right, check_limits, limits, may, why_not
from mnist_core.settings import read_settings
from mnist_core.store.history import History
from mnist_core.store.models import Damaged
from mnist_core.store.progress import Phase, Progress
from mnist_core.store.runs import Run, State, ask_to_stop, free_name
from mnist_core.training import final_evaluation, launcher
from mnist_core.training.material import IN_PLACE_OF, needed_data_set
from ui import frame
from ui.services import catalogue, test_digits, training_queue, training_runs
from ui.text import (
    describe_ending,
    describe_estimate,
    describe_guessing,
    duration,
    format_exact_percent,
    format_interval,
    validation_label,
    verbatim,
)
from ui.training.curves import AXES, MAX_RUNS, Curve, show_curves
from ui.training.live_rate import show_rate
from ui.training.run_tools import manage_runs
from ui.training.time_machine import show_time_machine
from ui.widgets.double_press import is_second_press, note_press
from ui.widgets.fetch_mnist import offer_to_fetch
from ui.widgets.hyperparameters import NAMES, choose_hyperparameters, describe_changes, session_key, setting_label
from ui.widgets.key_figures import show_figures
from ui.widgets.progress import offer_work
from ui.widgets.recipe_diff import show_differences
from ui.widgets.scrolling import scroll_here

LIVE = 1.0  # seconds between two looks at a running training
WATCH = 2.0  # seconds between two looks at whether there is another
SOON = 0.2  # seconds between two looks at whether one that gets ready has begun to learn
SHOWN, WATCHED = "shown runs", "_watched"  # in the session: whose curves are shown, and the training seen last
VISITOR = "_visitor"  # in the session: what tells it from the others
STARTED = "_started"  # in the session: when this visitor started a training
STOP_HELP = "Ends at once. What it has learnt is kept."
SNAPSHOTS_HELP = "The network at some moments of its training, 1.5 MB at most, kept beside the model."
ENDED = (State.STOPPED, State.INTERRUPTED, State.FAILED, State.DIVERGED)


def main() -> None:
    """Show the page."""
    st.title("How does it learn?")
    runs = training_runs.list_runs()
    readable = newest_of_each_name(runs)
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
        shown = choose_runs(readable)
        axis, log_loss = choose_axes()
        show_live_curves(shown, axis, log_loss)
    show_time_machine([run for run in readable if run.name in shown])
    show_differences({run.name: run.recipe for run in readable if run.name in shown})
    show_table(runs)
    manage_runs(runs, follow_change)


def newest_of_each_name(runs: list[Run | Damaged]) -> list[Run]:
    """Leave out what cannot be read, and a model that a newer run of its name is about to replace."""
    newest: dict[str, Run] = {}
    for run in runs:
        if isinstance(run, Run):
            newest.setdefault(run.name, run)  # the newest come first
    return list(newest.values())


# ------------------------------------------------------------------------------------------------ what is going on


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


def follow(current: Run | None, runs: list[Run]) -> None:
    """Show the curves of a training that has just begun, and remember it, to tell how it ended."""
    names = [run.name for run in runs]
    before = st.session_state.get(SHOWN, choose_first(runs))
    shown = [name for name in before if name in names] or (names[:1] if before else [])  # none, once all are gone
    if current and st.session_state.get(WATCHED) != current.name:
        st.session_state[WATCHED] = current.name
        if current.name not in shown:
            shown = [current.name, *shown[: MAX_RUNS - 1]]
    st.session_state[SHOWN] = shown


def choose_first(runs: list[Run]) -> list[str]:
    """Return the newest run of the classes that the picked model reads, or else the best; of any where it is none."""
    picked = frame.picked_model() or catalogue.find_best()
    classes = next((run.recipe.classes for run in runs if run.name == picked), None)
    return [run.name for run in runs if classes in (None, run.recipe.classes)][:1]


@st.fragment(run_every=LIVE)
def show_progress(name: str) -> None:
    """Show how far the running training is, how long it will take, and the button that stops it."""
    run = training_runs.find_current()
    if run is None or run.name != name:  # it has just ended
        st.rerun()
    st.header(f"{verbatim(name)} is learning")
    try:
        history = training_runs.read_history(run)
    except RunError as error:
        history = History()
        st.warning(verbatim(error))
    show_how_far(run, history)
    show_rate(run, history)
    with st.container(horizontal=True, vertical_alignment="center"):
        stop = may(Right.STOP, run.folder) and st.button("Stop", icon=":material/stop:", help=STOP_HELP)
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
        offer_what_is_next(ended)


def lacks_evaluation(run: Run) -> bool:
    """Tell whether a training has finished without a test accuracy."""
    return run.state is State.FINISHED and training_runs.read_evaluation(run) is None


def offer_what_is_next(ended: Run) -> None:
    """Offer what can be done with a training that has ended."""
    with st.container(horizontal=True, vertical_alignment="center"):
        may_resume = ended.is_resumable and may(Right.RESUME, ended.folder)
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


def link_to_draw(model: str, label: str) -> None:
    """Link to the Draw page, with that model chosen."""
    st.page_link("pages/draw.py", label=label, icon=":material/draw:", query_params={"model": model})


# ---------------------------------------------------------------------------------------------------- a new one


@st.fragment
def form() -> None:
    """Show what decides a training, how long it will take here, and the button that starts it."""
    st.header("Train a network")
    if reason := why_not(Right.START):
        st.caption(verbatim(reason))
        return
    chosen = st.segmented_control(
        "Recipe", list(PRESETS), default="quick", required=True, key="recipe", persist_state="session"
    )
    claim = st.empty()
    with st.expander("Settings (hyperparameters)"):
        changes = choose_hyperparameters(chosen)
        snapshots = st.toggle("Keep snapshots for the time machine", True, key="snapshots", help=SNAPSHOTS_HELP)
    name = st.text_input(
        "Name", free_name(chosen, read_settings().models_dir), max_chars=64, key=f"name of a {chosen}"
    ).strip()
    try:
        recipe = preset(chosen, **changes)
        check_limits(recipe)
    except RecipeError as error:
        st.warning(verbatim(f"{setting_label(error.field, changes['data'])}: {error.problem}"))
        return
    claim.caption(describe_recipe(chosen, recipe))
    data_set = needed_data_set(recipe)
    if data_set and not training_runs.has_material(recipe):
        offer_to_fetch(f"To train, the {verbatim(data_set.things)} are needed", data_set)
        if written := IN_PLACE_OF.get(recipe.data):
            st.button(
                f"Learn from {NAMES[written]}",
                icon=":material/gesture:",
                help="Written by a program; nothing is downloaded. The same as the setting *Learns from*.",
                on_click=st.session_state.update,
                args=({session_key(chosen, "data"): written},),
            )
        return
    if recipe.data != preset(chosen).data:
        st.caption(f"It learns from {NAMES[recipe.data]}, not from {NAMES[preset(chosen).data]}.")
    elsewhere = None if training_queue.is_used() else training_runs.find_holder()
    if elsewhere:  # ours would be shown in this form's place
        st.info(
            f"A training of '{verbatim(elsewhere.name)}' is running on this machine, begun from another folder of "
            "models. There can be one at a time."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        is_pressed = st.button("Train", type="primary", icon=":material/play_arrow:")
        if is_pressed and training_queue.is_used():
            wait_for_turn(lambda: training_queue.join(name, chosen, recipe, this_visitor(), snapshots=snapshots))
        elif is_pressed:
            models_dir = read_settings().models_dir
            begin(name, lambda: launcher.launch_training(name, chosen, recipe, models_dir, snapshots=snapshots))
        st.fragment(run_every=LIVE if training_runs.is_measuring() else None)(show_estimate)(recipe)
    if bounds := limits():
        st.caption(
            f"One training runs at a time; others wait for their turn. After {bounds.minutes} minutes it is stopped, "
            "and what it has learnt is kept."
        )
    show_command(chosen, recipe, name, snapshots=snapshots)


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


def describe_recipe(chosen: str, recipe: Recipe) -> str:
    """Return what a preset claims, or how the recipe differs from it: then it is another training."""
    if not changed_hyperparameters(chosen, recipe).keys() - {"seed"}:
        return preset_claim(chosen)
    changes = describe_changes(preset(chosen), recipe)
    return f"{chosen} with other settings: {changes}. What {chosen} reaches says nothing of this training."


def show_estimate(recipe: Recipe) -> None:
    """Say how long the training will take here, as soon as that is known.

    It never runs the page anew, which could swallow a press elsewhere.
    """
    if training_runs.is_measuring():
        st.caption("Measuring how long it will take here …")
    elif estimate := training_runs.estimate(recipe):
        st.caption(describe_estimate(estimate))


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


def show_command(chosen: str, recipe: Recipe, name: str, *, snapshots: bool) -> None:
    """Show the line that does the same in a terminal, under that name or, where it is in use, one that is free."""
    st.caption("The same in a terminal")
    free = free_name(name, read_settings().models_dir)
    command = training_command(chosen, recipe, free, snapshots=snapshots)
    st.code(command, language="sh", wrap_lines=True)


# -------------------------------------------------------------------------------------------------- the curves


def choose_runs(runs: list[Run]) -> list[str]:
    """Choose the runs whose curves are shown."""
    return st.multiselect(
        "Runs in the chart",
        [run.name for run in runs],
        key=SHOWN,
        max_selections=MAX_RUNS,
        placeholder="Choose runs to compare",
        persist_state="session",
    )


def choose_axes() -> tuple[str, bool]:
    """Choose the horizontal axis of the curves, and the scale of the loss."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        axis = st.segmented_control(
            "Horizontal axis",
            AXES,
            default=AXES[0],
            required=True,
            key="axis",
            persist_state="session",
        )
        log_loss = st.toggle("Logarithmic loss", key="log loss", persist_state="session")
    return axis, log_loss


def show_live_curves(names: list[str], axis: str, log_loss: bool) -> None:
    """Show the curves, again every second as long as one of them grows."""
    current = training_runs.find_current()
    is_live = current is not None and current.name in names
    st.fragment(run_every=LIVE if is_live else None)(draw_curves)(names, axis, log_loss)


def draw_curves(names: list[str], axis: str, log_loss: bool) -> None:
    """Draw the curves of these runs as they are now."""
    curves = []
    for run in newest_of_each_name(training_runs.list_runs()):
        if run.name in names:
            try:
                curves.append(Curve(run, training_runs.read_history(run)))
            except RunError as error:
                st.warning(f"The curves of '{verbatim(run.name)}' cannot be shown. {verbatim(error)}")
    if any(curve.history.steps for curve in curves):
        show_curves(
            sorted(curves, key=lambda curve: names.index(curve.run.name)), axis, log_loss=log_loss, key="curves"
        )
    else:
        st.info("The curves appear here with the first steps." if names else "Choose a run to see its curves.")


# ----------------------------------------------------------------------------------------------------- all runs


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
    for name, reason in broken:
        st.caption(f"**{verbatim(name)}** is unreadable. {verbatim(reason)}")


def table_row(run: Run, history: History) -> dict[str, object]:
    """Return what the table says of a run; accuracies in percent."""
    validation = [accuracy * 100 for accuracy in history.validation_accuracies]
    evaluation = training_runs.read_evaluation(run)
    return {
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


def follow_change(old: str, new: str | None) -> None:
    """Go on showing a run under its new name; where the last one that was shown is gone, show the newest."""
    if new:
        st.session_state[SHOWN] = [new if name == old else name for name in st.session_state[SHOWN]]
    elif st.session_state[SHOWN] == [old]:
        del st.session_state[SHOWN]
    if st.session_state.get(WATCHED) == old:
        st.session_state[WATCHED] = new


frame.require()
main()
