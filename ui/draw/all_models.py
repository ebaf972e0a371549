"""One drawing, every model: do they agree?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from html import escape

import streamlit as st

from mnist_core.alphabets import DIGITS, describe_alphabet, thing_of
from mnist_core.errors import ModelError, RunError
from mnist_core.model.prediction import Prediction
from ui.inputs.digit_input import DigitInput
from ui.services import answering
from ui.services.answering import MAX_LOADED, LoadedModel
from ui.text import verbatim
from ui.theme import colours
from ui.widgets.answer import describe_answer
from ui.widgets.html_table import html_table

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# On a phone there is no room for the last two columns.
CSS = """
.models .digit { text-align: center }
.models td.digit { font-size: 1.6rem; font-weight: 600; line-height: 1.2 }
@media (max-width: 640px) {
    .models .extra { display: none }
    .models th, .models td { padding-right: 0.75rem }
}
"""
HEADS = (
    *("<th>Model</th>", '<th class="digit">Answer</th>', "<th>Confidence</th>"),
    *('<th class="number extra">Parameters</th>', '<th class="number extra">Time</th>'),
)


@dataclass(frozen=True, slots=True)
class Voice:
    """What one model says to the drawing: its answer and the seconds it took, or why there is none."""

    name: str
    prediction: Prediction | None
    parameters: int = 0
    seconds: float = 0.0
    problem: str = ""


def show_all_models(loaded: LoadedModel, given: DigitInput, _: Prediction) -> None:
    """Show in a table what every model answers to what was given, the picked one first, after one sentence.

    That is about those which tell the same classes apart; what models of others answer stands below, by alphabet.
    """
    alphabets, own = answering.list_alphabets(), loaded.card.classes
    others = sorted(set(alphabets) - {loaded.label}, key=lambda label: (alphabets[label] != own, label))
    asked = others[: MAX_LOADED - 1]
    voices = [ask(loaded, given), *(load_and_ask(label, given) for label in asked if alphabets[label] == own)]
    if left := len(others) - len(asked):
        st.caption(f"The first {MAX_LOADED} models are asked; {left} more {'is' if left == 1 else 'are'} not.")
    kind = f" of {describe_alphabet(own)}" if any(alphabets[label] != own for label in asked) else ""
    st.markdown(f"**{describe_agreement(voices, kind)}**")
    show_voices(voices, voices[0])
    for classes in dict.fromkeys(alphabets[label] for label in asked if alphabets[label] != own):
        st.markdown(f"**Models of {describe_alphabet(classes)}**")
        show_voices([load_and_ask(label, given) for label in asked if alphabets[label] == classes])


def show_voices(voices: list[Voice], picked: Voice | None = None) -> None:
    """Show a table of what models answer."""
    rows = [row(voice, picked) for voice in voices]
    st.html(f'<div style="overflow-x:auto">{html_table("models", HEADS, rows, css=CSS)}</div>')


def ask(loaded: LoadedModel, given: DigitInput) -> Voice:
    """Ask one model."""
    prediction, seconds = answering.ask(loaded, given.digit)
    prediction = prediction and prediction.with_label(given.label)
    return Voice(loaded.label, prediction, loaded.card.parameters, seconds)


def load_and_ask(label: str, given: DigitInput) -> Voice:
    """Ask another model, or say why it cannot answer."""
    try:
        return ask(answering.load(label), given)
    except (ModelError, RunError) as error:
        return Voice(label, None, problem=str(error))


def describe_agreement(voices: list[Voice], kind: str = "") -> str:
    """Say how many models of one alphabet give the answer that most of them give, who another, and who none.

    As Markdown.
    """
    classes = next((voice.prediction.classes for voice in voices if voice.prediction), DIGITS)
    thing, names_of = thing_of(classes), list(map(verbatim, classes))
    by_digit: dict[int, list[str]] = defaultdict(list)
    refusing: list[str] = []
    silent: list[str] = []
    for voice in voices:
        if voice.prediction is None:
            silent.append(voice.name)
        else:
            (refusing if voice.prediction.is_refused else by_digit[voice.prediction.digit]).append(voice.name)
    if not by_digit:
        return (
            f"No model takes it for {'one' if thing in ('digit', 'character') else 'a'} {thing}."
            if refusing
            else "No model answers."
        )
    (digit, most), *rest = sorted(by_digit.items(), key=lambda item: -len(item[1]))
    count = len(voices) - len(silent)
    if rest or refusing:
        subject = f"{format_count(len(most)).capitalize()} of {format_count(count)} models{kind}"
    else:
        subject = {1: "The only model", 2: "Both models"}.get(count, f"All {format_count(count)} models") + kind
    clauses = [f"{subject} {verb('answer', most)} {names_of[digit]}"]
    clauses += [f"{join(names)} {verb('answer', names)} {names_of[other]}" for other, names in rest]
    if refusing:
        clauses.append(f"{join(refusing)} {verb('take', refusing)} it for no {thing}")
    if silent:
        clauses.append(f"{join(silent)} {verb('give', silent)} no answer")
    return "; ".join(clauses) + "."


def row(voice: Voice, picked: Voice | None) -> str:
    """Return a model's row; one that answers otherwise than the picked model of its alphabet carries a mark."""
    name = escape(voice.name)
    if voice.prediction is None:
        return (
            f'<tr><td>{name}</td><td class="digit">–</td><td colspan="3">No answer. {escape(voice.problem)}</td></tr>'
        )
    shown = describe_answer(voice.prediction)
    if voice is picked:
        name = f"<b>{name}</b>{_mark('picked')}"
    elif picked and picked.prediction and not agree(voice.prediction, picked.prediction):
        name += _mark("differs")
    words = escape(f"{shown.headline}. {shown.detail}" if voice.prediction.is_refused else shown.headline)
    words = words.replace(" %", "&nbsp;%")
    return (
        f'<tr><td>{name}</td><td class="digit" style="color:{shown.colour}">{escape(shown.figure)}</td><td>{words}</td>'
        f'<td class="number extra">{voice.parameters:,}</td>'
        f'<td class="number extra">{voice.seconds * 1000:.1f} ms</td></tr>'
    )


def agree(one: Prediction, other: Prediction) -> bool:
    """Tell whether two answers of one alphabet are the same, or both none."""
    return one.is_refused == other.is_refused and (one.is_refused or one.digit == other.digit)


def _mark(word: str) -> str:
    return f' <span style="color:{colours().faint}">{word}</span>'


def format_count(count: int) -> str:
    """Say a small number in letters, so that it is not taken for a digit that was answered."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def verb(stem: str, subjects: list[str]) -> str:
    """Return a verb as it stands behind one subject or several."""
    return f"{stem}s" if len(subjects) == 1 else stem


def join(names: list[str]) -> str:
    """Join names, verbatim: "a", "a and b", "a, b and c"."""
    *others, last = map(verbatim, names)
    return f"{', '.join(others)} and {last}" if others else last
