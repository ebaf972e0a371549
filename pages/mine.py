"""The Mine page: how does it read my hand? Drawings that were kept, what they are, and what the models answer."""

from collections.abc import Sequence
from enum import StrEnum

import streamlit as st

from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import KeptDrawingsError, ModelError, RunError
from mnist_core.rights import Right, why_not
from mnist_core.store.drawings import FILE, Drawings, KeptDrawing, label_to_text
from ui import frame
from ui.mine.changes import add_files, count, delete, describe_bad, relabel, say_what_was_done
from ui.mine.dictation import current, offer_dictation, show_dictation
from ui.mine.drawing_tiles import Seen, pick, show_drawings
from ui.mine.scores import describe_lead, scores_table, standing_of
from ui.mine.teaching import follow_what_was_taught, is_teaching, show_teaching
from ui.services import answering, catalogue, kept_drawings
from ui.services.answering import MAX_LOADED, LoadedModel
from ui.text import verbatim

ANY = "any"
LABELS = (*range(10), NOT_A_DIGIT)
MAX_SHOWN = 300  # drawings at once
MAX_UPLOAD = 20  # MB
TURN = "_turn_of_given_drawings"  # in the session: a new uploader is empty
WHERE = (
    f"Drawings are kept in the file `{FILE}`, in the folder `drawings` beside the models or in the one that the "
    "variable `MNIST_DRAWINGS` names. They never leave this machine."
)


class Which(StrEnum):
    """Which drawings are shown, by the answers of the picked model."""

    ALL = "all"
    WRONG = "misread"
    RIGHT = "read correctly"


def main() -> None:
    """Show the page."""
    st.title("How does it read my hand?")
    if reason := why_not(Right.KEEP):
        st.info(
            f"{verbatim(reason)} On your own machine this page shows the drawings that you keep, what every "
            "model answers to them, and helps you to write more."
        )
        return
    st.fragment(live)()


def live() -> None:
    """Show all that changes with a press or a stroke."""
    follow_what_was_taught()
    choosing = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with choosing:
        name = frame.pick_model()
    loaded = None
    try:
        loaded = answering.load(name) if name else None
    except (ModelError, RunError) as error:
        st.error(verbatim(error))
    if dictation := current():
        show_dictation(dictation, loaded)
        return
    say_what_was_done()
    try:
        drawings = kept_drawings.read()
    except KeptDrawingsError as error:
        st.error(f"{verbatim(error)} Nothing of it was changed. Mend the file or move it away.")
        return
    if drawings.kept:
        with choosing:
            label, which = choose_filter(is_answered=loaded is not None)
        looking, counting = st.columns([6, 4], gap="large")
        with looking:
            selected = show_kept(drawings.kept, loaded, label, which)
        with counting:
            show_scores(drawings.kept, name)
            show_teaching(drawings.kept, selected, loaded)
    else:
        st.markdown(
            "Here you see how well each model reads **your** writing, on drawings whose labels you have given. There "
            "are none yet. Say what a drawing is on the Draw page, or write some to dictation: a digit is named, you "
            "write it, and it is kept."
        )
        counting = st.container()
        if is_teaching(loaded):
            with counting:
                show_teaching((), (), loaded)
    with counting:
        st.header("Write more" if drawings.kept else "Write to dictation")
        offer_dictation()
        st.header("Files")
        exchange(drawings)
    frame.mention_damaged()


# ---------------------------------------------------------------------------------------------------- the drawings


def show_kept(
    kept: Sequence[KeptDrawing], loaded: LoadedModel | None, label: int | str, which: Which
) -> list[KeptDrawing]:
    """Show the drawings that are chosen, the newest first, and what can be done with them; returns those selected."""
    answers = kept_drawings.answers_to(loaded, kept) if loaded else [None] * len(kept)
    seen = [Seen(number, *pair) for number, pair in enumerate(zip(kept, answers, strict=True), 1)]
    newest_first = sorted(seen, key=lambda each: (each.drawing.created, each.number), reverse=True)
    chosen = [
        each
        for each in newest_first
        if label in (ANY, each.drawing.label) and (which == Which.ALL or each.is_right == (which == Which.RIGHT))
    ]
    words = describe_shown(len(chosen), label, which)
    st.markdown(f"**{verbatim(words)}**" + (f" Here are the newest {MAX_SHOWN}." if len(chosen) > MAX_SHOWN else ""))
    shown = chosen[:MAX_SHOWN]
    tools = st.container()
    picked = show_drawings(shown, name=words, are_answered=loaded is not None) if shown else []
    with tools:
        show_tools([each.drawing for each in shown], picked)
    return picked


def choose_filter(*, is_answered: bool) -> tuple[int | str, Which]:
    """Show what decides which drawings are shown."""
    label: int | str = st.selectbox("Label", [ANY, *LABELS], format_func=label_in_words, key="label of mine", width=140)
    return label, Which(st.selectbox("Show", [*Which], key="which of mine", width=160)) if is_answered else Which.ALL


def label_in_words(label: int | str) -> str:
    """Return a label as it is shown, or what stands for any."""
    return label if isinstance(label, str) else label_to_text(label)


def describe_shown(shown: int, label: int | str, which: Which) -> str:
    """Say which drawings are shown: "3 drawings, label 4, misread"."""
    words = count(shown) if shown else "No drawings"
    if label != ANY:
        words += f", label {label_in_words(label)}"
    return words if which == Which.ALL else f"{words}, {which}"


def show_tools(shown: Sequence[KeptDrawing], picked: Sequence[KeptDrawing]) -> None:
    """Show what can be done with the selected drawings."""
    ids, is_idle = [drawing.id for drawing in shown], not picked
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        if len(picked) < len(shown):
            st.button("Select all", on_click=pick, args=(ids,), key="select all")
        if picked:
            st.button("Select none", on_click=pick, key="select none")
        label = st.selectbox("New label", LABELS, format_func=label_to_text, key="new label", width=130)
        st.button("Relabel", on_click=relabel, args=(ids, label), disabled=is_idle, icon=":material/label:")
        st.button("Delete", on_click=delete, args=(ids,), disabled=is_idle, icon=":material/delete:")
    st.caption(f"{len(picked)} selected." if picked else "Press drawings to select them, then relabel or delete them.")


# ------------------------------------------------------------------------------------------------------ the models


def show_scores(kept: Sequence[KeptDrawing], picked: str | None) -> None:
    """Show how every model reads the drawings; that of many takes seconds, once."""
    names = [card.name for card in catalogue.read().cards]
    standings, problems = [], []
    with st.spinner("The models are reading your drawings", show_time=True):
        for name in [*([picked] if picked else []), *(each for each in names if each != picked)][:MAX_LOADED]:
            try:
                answers = kept_drawings.answers_to(answering.load(name), kept)
            except (ModelError, RunError) as error:
                problems.append(str(error))
                continue
            standings.append(standing_of(name, kept, answers))
    if not standings:
        return
    st.header("Every model on my drawings")
    st.html(f'<div style="overflow-x:auto">{scores_table(standings, picked or "")}</div>')
    if lead := describe_lead(standings):
        st.markdown(lead)
    st.caption(
        "*Read*: answered with the label, and not taken for no digit. *Interval*: where the share would lie with many "
        "more of your drawings, in 95 of 100 cases."
        + (" *Refused*: what is no digit, and is taken for none." if standings[0].others else "")
    )
    for problem in problems:
        st.caption(verbatim(problem))


# ------------------------------------------------------------------------------------------------------- the files


def exchange(drawings: Drawings) -> None:
    """Offer all drawings as a file, and to add those of files; say where they are kept."""
    if drawings.kept:
        st.download_button(
            "Download all (JSONL)",
            lambda: b"".join(drawing.to_line() for drawing in drawings.kept),
            "my-drawings.jsonl",
            "application/jsonl",
            on_click="ignore",
            icon=":material/download:",
        )
    turn = st.session_state.get(TURN, 0)
    st.file_uploader(
        "Add drawings from files, as downloaded here",
        type=["jsonl", "gz"],
        accept_multiple_files=True,
        max_upload_size=MAX_UPLOAD,
        key=f"given drawings {turn}",
        on_change=take_files,
        args=(turn,),
        help='JSON lines, each with "label" ("0" to "9" or "not a digit") and "strokes": lists of [x, y], y down. A '
        "larger file, packed (.gz).",
    )
    if drawings.bad:
        st.caption(f"Of the file of your drawings, {describe_bad(drawings.bad)} They stay where they are.")
    st.caption(WHERE)


def take_files(turn: int) -> None:
    """Add the drawings of the files that were just given."""
    st.session_state[TURN] = turn + 1
    add_files(st.session_state[f"given drawings {turn}"])


frame.require()
main()
