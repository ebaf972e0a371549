"""What is done to kept drawings, and how it is taken back: relabelling, deleting, adding those of files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mnist_core.errors import MnistExplorerError
from mnist_core.settings import read_settings
from mnist_core.store.drawings import (
    BadLine,
    add_drawings,
    delete_drawings,
    parse_drawings,
    relabel_drawings,
)
from ui.mine.drawing_tiles import pick, picked_among
from ui.text import verbatim
from ui.widgets.double_press import is_second_press, note_press

_DONE = "_done_to_drawings"  # in the session
MAX_TOLD = 3  # bad lines of a file


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done last, in words, and what takes it back; a problem is what could not be done."""

    words: str
    take_back: Callable[[], object] | None = None
    is_problem: bool = False


def say_what_was_done() -> None:
    """Say what was done last, with the way back as long as there is one."""
    done: Deed | None = st.session_state.get(_DONE)
    if done is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="done"):
        if done.is_problem:
            st.warning(done.words)
        else:
            st.markdown(done.words, width="content")
        if done.take_back:
            st.button("Undo", icon=":material/undo:", on_click=undo, key="undo what was done")


def note(words: str) -> None:
    """Have something said where what was done is said; the words are ours."""
    st.session_state[_DONE] = Deed(words)


def relabel(shown: Collection[str], label: str) -> None:
    """Give those of these drawings that are selected another label."""
    ids = picked_among(shown)

    def act() -> Deed | None:
        was = relabel_drawings(dict.fromkeys(ids, label), read_settings().drawings_dir)
        labels = {drawing.id: drawing.label for drawing in was if drawing.label != label}
        words = f"{count(len(was))} {'is' if len(was) == 1 else 'are'} labelled {verbatim(label)} now."
        return _changed(words, ids, was, lambda: relabel_drawings(labels, read_settings().drawings_dir))

    _do(act)


def delete(shown: Collection[str]) -> None:
    """Delete those of these drawings that are selected."""
    ids = picked_among(shown)

    def act() -> Deed | None:
        gone = delete_drawings(ids, read_settings().drawings_dir)
        return _changed(
            f"{count(len(gone))} deleted.", ids, gone, lambda: add_drawings(gone, read_settings().drawings_dir)
        )

    _do(act)


def undo() -> None:
    """Take back what was done last; where that cannot be, it still can be taken back later."""
    done: Deed | None = st.session_state.get(_DONE)
    if done is None or done.take_back is None:
        return
    try:
        done.take_back()
        st.session_state[_DONE] = Deed("Taken back.")
        note_press()
    except MnistExplorerError as error:
        st.session_state[_DONE] = replace(done, words=verbatim(error), is_problem=True)


def add_files(files: Sequence[UploadedFile]) -> None:
    """Add the drawings of files, and say of each what became of its lines; one that cannot be read hides no other."""
    words, added, is_problem = [], [], False
    for file in files:
        try:
            found = parse_drawings(file.getvalue())
            new = add_drawings(found.kept, read_settings().drawings_dir)
        except MnistExplorerError as error:
            words.append(f"**{verbatim(file.name, 80)}**: {verbatim(error)} Nothing of it was added.")
            is_problem = True
            continue
        added += [drawing.id for drawing in new]
        said = f"{count(len(new))} added"
        if there := len(found.kept) - len(new):
            said += f", {there:,} {'was' if there == 1 else 'were'} there already"
        words.append(f"**{verbatim(file.name, 80)}**: {said}. {describe_bad(found.bad)}".rstrip())
        is_problem |= bool(found.bad)
    take_back = (lambda: delete_drawings(added, read_settings().drawings_dir)) if added else None
    st.session_state[_DONE] = Deed("  \n".join(words), take_back, is_problem)
    pick()


def describe_bad(bad: Sequence[BadLine]) -> str:
    """Say how many lines of a file are no drawings, and of the first ones why; empty where all are."""
    if not bad:
        return ""
    told = "; ".join(f"line {each.number:,} {verbatim(each.reason, 120)}" for each in bad[:MAX_TOLD])
    lines = "1 line is no drawing" if len(bad) == 1 else f"{len(bad):,} lines are no drawings"
    return f"{lines}: {told}{'; …' if len(bad) > MAX_TOLD else ''}."


def count(drawings: int) -> str:
    """Say how many drawings."""
    return "1 drawing" if drawings == 1 else f"{drawings:,} drawings"


def _changed(
    words: str, ids: Collection[str], changed: Sequence[object], take_back: Callable[[], object]
) -> Deed | None:
    """Return what to say where some of the drawings may have gone meanwhile; None for the rest of a double press."""
    gone = len(ids) - len(changed)
    if not ids:
        return None
    if not changed:
        return None if is_second_press() else Deed(f"{count(gone)} had been deleted meanwhile.", is_problem=True)
    if gone:
        words += f" {count(gone)} had been deleted meanwhile."
    return Deed(words, take_back)


def _do(act: Callable[[], Deed | None]) -> None:
    try:
        if deed := act():
            st.session_state[_DONE] = deed
            pick()
            note_press()
    except MnistExplorerError as error:
        st.session_state[_DONE] = Deed(verbatim(error), is_problem=True)
