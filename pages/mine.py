"""The Mine page: how does it read my hand? Drawings that were kept, what they are, and what the models answer."""

from collections.abc import Sequence
from enum import StrEnum

import streamlit as st

from mnist_core.alphabets import DIGITS, noun_of, with_shapes
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import KeptDrawingsError, ModelError, RunError
from mnist_core.rights import Right, why_not
from mnist_core.store.drawings import FILE, Drawings, KeptDrawing, find_class, none_of
from ui import frame
from ui.mine.changes import add_files, count, delete, describe_bad, relabel, say_what_was_done
from ui.mine.dictation import current, offer_dictation, show_dictation
from ui.mine.drawing_tiles import Seen, is_right, pick, show_drawings
from ui.mine.scores import compare_standings, standing_of
from ui.mine.teaching import follow_what_was_taught, is_teaching, show_teaching
from ui.services import answering, catalogue, kept_drawings
from ui.services.answering import MAX_LOADED, LoadedModel
from ui.text import verbatim

ANY = ""  # which is no name
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
    classes = loaded.card.classes if loaded else DIGITS
    if drawings.kept:
        with choosing:
            label, which = choose_filter(labels_of(drawings.kept, classes), classes, is_answered=loaded is not None)
        looking, counting = st.columns([6, 4], gap="large")
        with looking:
            selected = show_kept(drawings.kept, loaded, label, which)
        with counting:
            show_scores(drawings.kept, name)
            show_teaching(drawings.kept, selected, loaded)
    else:
        st.markdown(
            "Here you see how well each model reads **your** writing, on drawings whose labels you have given. There "
            f"are none yet. Say what a drawing is on the Draw page, or write some to dictation: a {noun_of(classes)} "
            "is named, you write it, and it is kept."
        )
        counting = st.container()
        if is_teaching(loaded):
            with counting:
                show_teaching((), (), loaded)
    with counting:
        st.header("Write more" if drawings.kept else "Write to dictation")
        offer_dictation(classes)
        st.header("Files")
        exchange(drawings)
    frame.mention_damaged()


# ---------------------------------------------------------------------------------------------------- the drawings


def show_kept(kept: Sequence[KeptDrawing], loaded: LoadedModel | None, label: str, which: Which) -> list[KeptDrawing]:
    """Show the drawings that are chosen, the newest first, and what can be done with them; returns those selected."""
    classes = loaded.card.classes if loaded else DIGITS
    answers = kept_drawings.answers_to(loaded, kept) if loaded else [None] * len(kept)
    seen = [
        Seen(number, drawing, answer, is_right(drawing, answer, classes))
        for number, (drawing, answer) in enumerate(zip(kept, answers, strict=True), 1)
    ]
    newest_first = sorted(seen, key=lambda each: (each.drawing.created, each.number), reverse=True)
    chosen = [
        each
        for each in newest_first
        if label in (ANY, name_of(each.drawing, classes))
        and (which == Which.ALL or each.is_right == (which == Which.RIGHT))
    ]
    words = describe_shown(len(chosen), label, which)
    st.markdown(f"**{verbatim(words)}**" + (f" Here are the newest {MAX_SHOWN}." if len(chosen) > MAX_SHOWN else ""))
    shown = chosen[:MAX_SHOWN]
    tools = st.container()
    picked = show_drawings(shown, name=words, are_answered=loaded is not None) if shown else []
    with tools:
        show_tools([each.drawing for each in shown], picked, labels_of(kept, classes), classes)
    return picked


def choose_filter(labels: Sequence[str], classes: tuple[str, ...], *, is_answered: bool) -> tuple[str, Which]:
    """Show what decides which drawings are shown."""
    label = st.selectbox(
        "Label",
        [ANY, *labels],
        format_func=lambda label: with_shapes(label, classes) or "any",
        key="label of mine",
        width=140 if classes == DIGITS else 180,
    )
    return label, Which(st.selectbox("Show", [*Which], key="which of mine", width=160)) if is_answered else Which.ALL


def labels_of(kept: Sequence[KeptDrawing], classes: tuple[str, ...]) -> list[str]:
    """Return the labels that a drawing may have: the classes, none of them, and what else there is."""
    known = (*classes, none_of(classes))
    return [*known, *sorted({name_of(drawing, classes) for drawing in kept}.difference(known))]


def name_of(drawing: KeptDrawing, classes: tuple[str, ...]) -> str:
    """Return a drawing's label, or the name of the class that it counts as."""
    number = find_class(drawing.label, classes)
    return drawing.label if number in (None, NOT_A_DIGIT) else classes[number]


def describe_shown(shown: int, label: str, which: Which) -> str:
    """Say which drawings are shown: "3 drawings, label 4, misread"."""
    words = count(shown) if shown else "No drawings"
    if label != ANY:
        words += f", label {label}"
    return words if which == Which.ALL else f"{words}, {which}"


def show_tools(
    shown: Sequence[KeptDrawing], picked: Sequence[KeptDrawing], labels: Sequence[str], classes: tuple[str, ...]
) -> None:
    """Show what can be done with the selected drawings."""
    ids, is_idle = [drawing.id for drawing in shown], not picked
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        if len(picked) < len(shown):
            st.button("Select all", on_click=pick, args=(ids,), key="select all")
        if picked:
            st.button("Select none", on_click=pick, key="select none")
        label = st.selectbox(
            "New label",
            labels,
            format_func=lambda label: with_shapes(label, classes),
            key="new label",
            width=130 if classes == DIGITS else 180,
        )
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
                loaded = answering.load(name)
                answers = kept_drawings.answers_to(loaded, kept)
            except (ModelError, RunError) as error:
                problems.append(str(error))
                continue
            standings.append(standing_of(name, loaded.card.classes, kept, answers))
    if not standings:
        return
    st.header("Every model on my drawings")
    compare_standings(standings, picked or "", kept)
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
        help='JSON lines, each with "label" ("7", "A", "not a digit") and "strokes": lists of [x, y], y down. A larger '
        "file, packed (.gz).",
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
