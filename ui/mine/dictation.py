"""A dictation: digits or other classes to write, one after the other, each kept with its label and a model's answer."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from mnist_core.alphabets import DIGITS, merged_into, noun_of, with_article
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import DrawingError, MnistExplorerError
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.settings import read_settings
from mnist_core.store.drawings import add_drawings, find_class, given_answer, keep_strokes
from ui.assets import read_asset
from ui.inputs import canvas
from ui.mine.changes import count, note
from ui.services import answering
from ui.services.answering import LoadedModel
from ui.text import verbatim
from ui.widgets.answer import describe_answer
from ui.widgets.double_press import is_second_press, note_press

LENGTHS = (10, 20, 30, 50, 100)
USUAL_LENGTH = 30  # or as many as there are classes
_DICTATION = "_dictation"  # in the session

_heed_enter = st.components.v2.component(
    "enter_key", js=read_asset("widgets/key_owners.js") + read_asset("mine/enter_key.js")
)


@dataclass(frozen=True, slots=True)
class Dictation:
    """What is to be written, how much of it was kept or skipped, how the last one was read, and why none was kept."""

    labels: tuple[str, ...]
    classes: tuple[str, ...] = DIGITS
    place: int = 0
    kept: int = 0
    last: Prediction | None = None
    problem: str = ""

    @property
    def label(self) -> str:
        """The one that is to be written now."""
        return self.labels[self.place]


def choose_labels(length: int, classes: tuple[str, ...], generator: random.Random) -> tuple[str, ...]:
    """Return so many classes in no order, each as often as the others or once more."""
    labels = [*classes * (length // len(classes)), *generator.sample(classes, length % len(classes))]
    generator.shuffle(labels)
    return tuple(labels)


def describe_task(label: str, classes: tuple[str, ...]) -> str:
    """Say what is to be written: "Write an 8", "Write a capital A", "Write a C or a c", "Draw a Bag"."""
    if classes == DIGITS:
        return f"Write {with_article(label)}"
    if noun_of(classes) == "picture":
        return f"Draw {with_article(label)}"
    if merged := merged_into(label, classes):
        return f"Write {' or '.join(map(with_article, (label, *merged)))}"
    if label.swapcase() != label and label.swapcase() in classes:
        return f"Write a {'capital' if label.isupper() else 'small'} {label}"
    return f"Write the digit {label}" if label in DIGITS else f"Write {with_article(label)}"


def current() -> Dictation | None:
    """Return the dictation that is going on."""
    dictation: Dictation | None = st.session_state.get(_DICTATION)
    return dictation


def offer_dictation(classes: tuple[str, ...]) -> None:
    """Offer to begin one, of these classes."""
    usual = next(index for index, length in enumerate(LENGTHS) if length >= max(USUAL_LENGTH, len(classes)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label, width = f"{noun_of(classes).capitalize()}s", 90 if classes == DIGITS else 110
        length = st.selectbox(label, LENGTHS, usual, key="dictated", width=width)
        st.button("Start a dictation", icon=":material/edit:", type="primary", on_click=start, args=(length, classes))


def start(length: int, classes: tuple[str, ...]) -> None:
    """Begin: what is on the canvas is laid aside meanwhile."""
    if current() is None:
        st.session_state[_DICTATION] = Dictation(choose_labels(length, classes, random.Random()), classes)
        canvas.lay_aside()
        note_press()


def show_dictation(dictation: Dictation, loaded: LoadedModel | None) -> None:
    """Show what is to be written, the canvas for it, and what was answered to the last one."""
    total = len(dictation.labels)
    if canvas.background():  # a digit that was laid there meanwhile
        canvas.clear()
    with canvas.room_for_canvas(st.container()):
        st.html(
            '<div role="status"><h2 style="margin:0;padding:0;font-size:2.5rem;font-weight:600;line-height:1.2">'
            f"{escape(describe_task(dictation.label, dictation.classes))}</h2></div>"
        )
        st.progress(dictation.place / total, f"{dictation.place + 1} of {total}, {dictation.kept} kept", width=280)
        try:
            canvas.show_canvas()
        except DrawingError as error:
            st.warning(verbatim(error))
    with st.container(horizontal=True, gap="xsmall"):
        arguments = (dictation.place, loaded)
        st.button("Next", type="primary", on_click=keep_and_go_on, args=arguments, key="next")
        st.button("Clear", icon=":material/delete:", on_click=canvas.clear, key="clear the canvas")
        st.button("Skip", on_click=skip, args=(dictation.place,), key="skip")
        st.button("Stop", icon=":material/stop:", on_click=stop, key="stop")
    _heed_enter(key="enter_key", height=1)
    if dictation.problem:
        st.warning(dictation.problem)
    elif dictation.last:
        shown = describe_answer(dictation.last)
        st.html(
            f'<div role="status">Your {escape(dictation.labels[dictation.place - 1])} is read as '
            f'<b style="color:{shown.colour}">{escape(shown.figure)}</b>. {escape(shown.headline)}.</div>'
        )
    st.caption("Enter goes on, too; while the canvas has the keyboard, Ctrl and Enter. Each is kept as it is written.")


def keep_and_go_on(place: int, loaded: LoadedModel | None) -> None:
    """Keep what is drawn, with the label that was asked for, and go on; what cannot be kept stays on the canvas."""
    dictation = current()
    if dictation is None or dictation.place != place:  # the second press of a double click
        return
    try:
        drawing = canvas.newest_drawing()
        if not drawing.marks:
            if not is_second_press():
                _say(f"Nothing is drawn yet, so nothing was kept. Write the {noun_of(dictation.classes)}, or skip it.")
            return
        strokes, pen_width = drawing.strokes, drawing.pen_width
        answer = answering.ask(loaded, digit_from_strokes(strokes, pen_width))[0] if loaded else None
        given = given_answer(loaded.name, answer) if loaded and answer else None
        add_drawings([keep_strokes(strokes, pen_width, dictation.label, given)], read_settings().drawings_dir)
    except MnistExplorerError as error:
        _say(verbatim(error))
        return
    number = find_class(dictation.label, answer.classes) if answer else None
    last = answer and answer.with_label(None if number == NOT_A_DIGIT else number)
    _go_on(replace(dictation, place=place + 1, kept=dictation.kept + 1, last=last, problem=""))


def skip(place: int) -> None:
    """Go on to the next one; what is drawn is not kept."""
    dictation = current()
    if dictation and dictation.place == place:
        _go_on(replace(dictation, place=place + 1, last=None, problem=""))


def stop() -> None:
    """End here; what was kept stays."""
    if dictation := current():
        _end(dictation)


def _go_on(dictation: Dictation) -> None:
    note_press()
    if dictation.place == len(dictation.labels):
        _end(dictation)
    else:
        st.session_state[_DICTATION] = dictation
        canvas.clear()


def _end(dictation: Dictation) -> None:
    del st.session_state[_DICTATION]
    canvas.bring_back()
    note(f"The dictation is over: {count(dictation.kept)} of {len(dictation.labels)} kept.")


def _say(words: str) -> None:
    st.session_state[_DICTATION] = replace(st.session_state[_DICTATION], problem=words)
