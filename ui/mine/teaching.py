"""Teaching a model the drawings that a person has kept, and what it gained and lost by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from mnist_core.alphabets import DIGITS, thing_of
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import MnistExplorerError
from mnist_core.settings import read_settings
from mnist_core.store.drawings import NEGATIONS, KeptDrawing, describe_left_out, find_class, list_labels
from mnist_core.store.history import History
from mnist_core.store.progress import Phase
from mnist_core.store.runs import Run, ask_to_stop, delete_run, free_name
from mnist_core.store.teaching import Change, TaughtDrawing, Teaching, describe_drawings, why_it_forgets
from mnist_core.training.launcher import launch_teaching
from mnist_core.training.lesson import describe_risk, taught_name, teachable, why_unteachable
from ui import frame
from ui.mine.changes import count
from ui.mine.scores import SURPRISING
from ui.services import catalogue, kept_drawings, training_runs
from ui.services.answering import LoadedModel
from ui.text import describe_ending, verbatim
from ui.widgets.double_press import is_second_press, note_press
from ui.widgets.html_table import html_table
from ui.widgets.tiles import show_digits

LOOK = 0.5  # seconds between two looks at how far a teaching is
MOST_SHOWN = 12  # drawings in a row
# In the session: the model that was taught last, whether it answers since, and what is to be said once.
_TAUGHT, _IS_FOLLOWED, _PROBLEM, _NEWS = "_taught", "_taught_is_followed", "_teaching_problem", "_teaching_news"
PHASES = {
    Phase.WRITING: "writing your drawings in many ways",
    Phase.CALIBRATING: "calibrating its confidence",
    Phase.EVALUATING: "evaluating on the {test}",
}
CSS = """
.taught { width: 100%; max-width: 34rem }
.taught th, .taught td { padding-right: 0.75rem }
.taught .note { display: block; color: FAINT }
"""


def show_teaching(kept: Sequence[KeptDrawing], selected: Sequence[KeptDrawing], loaded: LoadedModel | None) -> None:
    """Offer to teach the picked model the selected drawings, or all; while that goes on, show how far it is.

    Of a model that was taught, show what that changed.
    """
    st.header("Teach it")
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(verbatim(problem))
    if news := st.session_state.pop(_NEWS, None):
        st.markdown(verbatim(news))
    if current := training_runs.find_current():
        st.fragment(run_every=LOOK)(show_progress)(current.name)
        return
    show_ending()
    name = loaded.name if loaded and catalogue.read_teaching(loaded.name) else st.session_state.get(_TAUGHT)
    if name in catalogue.read().names and (teaching := catalogue.read_teaching(name)):
        show_before_and_after(name, teaching, {each.id: each for each in kept})
    if loaded is None or loaded.is_unfinished:
        st.caption("Pick a finished model, which then can learn your hand.")
        return
    if reason := why_unteachable(loaded.card):
        st.caption(verbatim(reason))
        return
    if not kept:
        st.caption("Keep some drawings first, each with what it is.")
        return
    classes = loaded.card.classes
    drawings = teachable(selected or kept, classes)
    left_out = verbatim(describe_left_out(selected or kept, classes))
    if not drawings:
        st.caption(left_out)
        return
    name = free_name(taught_name(loaded.name), read_settings().models_dir)
    which = f"{'these' if len(drawings) > 1 else 'this'} {count(len(drawings))}" if selected else count(len(drawings))
    st.button(
        f"Teach {verbatim(loaded.name)} {which}",
        type="primary",
        icon=":material/school:",
        on_click=teach,
        args=(name, loaded.name, [each.id for each in drawings]),
        key="teach",
    )
    words = f"That makes a new model, **{verbatim(name)}**, in some seconds; {verbatim(loaded.name)} stays as it is."
    said = (describe_strangers(drawings, classes), describe_risk(drawings, classes))
    st.caption(" ".join((words, *(verbatim(each) for each in said if each), left_out)).rstrip())


def describe_strangers(drawings: Sequence[KeptDrawing], classes: tuple[str, ...]) -> str:
    """Say which labels are none of a model's classes, which it is taught to refuse; empty where there are none."""
    labels = {each.label for each in drawings if find_class(each.label, classes) == NOT_A_DIGIT}.difference(NEGATIONS)
    return f"It learns that what is labelled {list_labels(labels)} is no {thing_of(classes)}." if labels else ""


def is_teaching(loaded: LoadedModel | None) -> bool:
    """Tell whether there is something to see of a teaching also where no drawing is kept any more."""
    return bool(
        training_runs.find_current()
        or st.session_state.get(_TAUGHT)
        or (loaded and catalogue.read_teaching(loaded.name))
    )


def teach(name: str, start: str, ids: Sequence[str]) -> None:
    """Begin to teach a model; the second press of a double click does nothing."""
    if is_second_press():
        return
    settings = read_settings()
    try:
        launch_teaching(name, start, ids, settings.models_dir, settings.drawings_dir)
    except MnistExplorerError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.session_state[_TAUGHT], st.session_state[_IS_FOLLOWED] = name, False
    note_press()
    training_runs.forget_holder()


def show_progress(name: str) -> None:
    """Show how far the training that runs is, and the button that stops it."""
    run = training_runs.find_current()
    if run is None or run.name != name:
        st.rerun()
    if not run.started_from:
        st.info(f"A training is running: {verbatim(run.name)}. There can be one at a time.")
        st.page_link("pages/training.py", label="Watch it learn", icon=":material/show_chart:")
        return
    st.progress(*how_far(run))
    st.button("Stop", icon=":material/stop:", on_click=stop, args=(run,), key="stop teaching")


def how_far(run: Run) -> tuple[float, str]:
    """Return the share of what a teaching is doing, 0…1, and what it is, in words."""
    learns = f"{verbatim(run.name)} learns your hand"
    if progress := training_runs.read_progress(run):
        test = "10,000 test digits" if run.recipe.classes == DIGITS else "test set"
        phase = verbatim(PHASES[progress.phase].format(test=test))
        return progress.share, f"{learns}: {phase}, {progress.share * 100:.0f} %"
    steps = read_history(run).steps
    return (steps[-1].step / steps[-1].steps, learns) if steps else (0.0, f"{learns}: getting ready")


def read_history(run: Run) -> History:
    """Return what a teaching has logged, nothing where that cannot be read: the Train page says so."""
    try:
        return training_runs.read_history(run)
    except MnistExplorerError:
        return History()


def stop(run: Run) -> None:
    """Ask a teaching to stop."""
    try:
        ask_to_stop(run)
    except MnistExplorerError as error:
        st.session_state[_PROBLEM] = str(error)


def follow_what_was_taught() -> None:
    """Let the model that was just taught answer from now on, unless it forgets; called before one is picked."""
    name = st.session_state.get(_TAUGHT)
    if name in catalogue.read().names and not st.session_state.get(_IS_FOLLOWED):
        st.session_state[_IS_FOLLOWED] = True
        if not catalogue.forgets(name):
            frame.answer_by(name)


def show_ending() -> None:
    """Say how the teaching ended that was begun last, where it is not finished."""
    name = st.session_state.get(_TAUGHT)
    ended = next((run for run in training_runs.list_unfinished() if run.name == name), None)
    if isinstance(ended, Run):
        st.warning(verbatim(describe_ending(ended, read_history(ended))))
        st.page_link("pages/training.py", label="Resume or delete it", icon=":material/show_chart:")


# ------------------------------------------------------------------------------------------------- before and after


def show_before_and_after(name: str, teaching: Teaching, kept: Mapping[str, KeptDrawing]) -> None:
    """Show what a model gained and lost as it was taught."""
    held_out = sum(each.held_out for each in teaching.drawings)
    drawings = describe_drawings(len(teaching.drawings) - held_out, held_out)
    taught = f"**{verbatim(name)}** was taught {drawings}, from {verbatim(teaching.start)}."
    if reasons := why_it_forgets(teaching):
        st.warning(f"{taught} It has learnt your hand and forgotten others'. {' '.join(reasons)}")
    else:
        st.markdown(taught)
    heads = ("<th></th>", '<th class="number">Before</th>', '<th class="number">After</th>')
    st.html(html_table("taught", heads, rows_of(teaching), css=CSS, label="Before and after"))
    show_changed(
        "Read now", [each for each in teaching.drawings if each.is_right and not each.was_right], kept, teaching.noun
    )
    show_changed(
        "Misread now", [each for each in teaching.drawings if each.was_right and not each.is_right], kept, teaching.noun
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("pages/draw.py", label="Draw with it", icon=":material/draw:", query_params={frame.MODEL: name})
        offer_to_take_back(name, teaching.start)


def offer_to_take_back(name: str, start: str) -> None:
    """Offer to delete a model that was taught."""
    st.button(
        "Undo: delete it",
        icon=":material/undo:",
        on_click=take_back,
        args=(name, start),
        key="undo teaching",
        help="To the bin, for seven days; the Train page brings it back.",
    )


def rows_of(teaching: Teaching) -> list[str]:
    """Return the rows of the table: what was read, or called sure, before and after."""
    learnt = [each for each in teaching.drawings if not each.held_out]
    held_out = [each for each in teaching.drawings if each.held_out]
    rows = [_row_of_drawings("My drawings, learnt from", learnt)]
    if held_out:
        rows.append(_row_of_drawings("My drawings, held out", held_out))
    if teaching.mnist:
        name = teaching.test_name
        rows.append(_row(name[0].upper() + name[1:], teaching.mnist, describe_chance(teaching.mnist)))
    drawn, none = f"{teaching.noun.capitalize()}s drawn by our program", "Signs and scribbles"
    return [
        *rows,
        _row(drawn, teaching.synthetic, describe_chance(teaching.synthetic)),
        _row(f"{'Letters' if teaching.noun == 'digit' else none} called sure", teaching.letters, "fewer are better"),
    ]


def describe_chance(change: Change) -> str:
    """Say what changed, and whether chance does that, too (McNemar's test)."""
    if not change.gained and not change.lost:
        return "the same ones"
    told = "more than chance does" if change.p_value < SURPRISING else "as chance does, too"
    return f"{change.gained:,} won, {change.lost:,} lost: {told}"


def show_changed(title: str, changed: Sequence[TaughtDrawing], kept: Mapping[str, KeptDrawing], noun: str) -> None:
    """Show drawings whose answer turned right, or wrong, as far as they are kept still."""
    there = [each for each in changed if each.id in kept][:MOST_SHOWN]
    if not there:
        return
    st.markdown(f"**{title}**: {len(changed):,}")
    labels = [f"not a {noun}" if each.label == NOT_A_DIGIT else each.label for each in there]
    captions = [f"{label}: {each.before.name} → {each.after.name}" for label, each in zip(labels, there, strict=True)]
    show_digits(kept_drawings.images_of([kept[each.id] for each in there]), captions)


def take_back(name: str, start: str) -> None:
    """Delete a model that was taught, and let the one that it began from answer again."""
    run = next((run for run in training_runs.list_runs() if run.name == name), None)
    if run is None or is_second_press():
        return
    try:
        delete_run(run, read_settings().models_dir)
    except MnistExplorerError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    note_press()
    st.session_state[_NEWS] = f"{name} is in the bin. The Train page brings it back."
    if start in catalogue.read().names:
        frame.answer_by(start)


def _row_of_drawings(title: str, drawings: Sequence[TaughtDrawing]) -> str:
    before, after = (sum(right) for right in ([d.was_right for d in drawings], [d.is_right for d in drawings]))
    return _cells(title, f"of {len(drawings):,}", before, after)


def _row(title: str, change: Change, words: str) -> str:
    return _cells(title, f"of {change.seen:,}; {words}", change.before, change.after)


def _cells(title: str, words: str, before: int, after: int) -> str:
    name = f'<td>{escape(title)}<span class="note">{escape(words)}</span></td>'
    return f'<tr>{name}<td class="number">{before:,}</td><td class="number">{after:,}</td></tr>'
