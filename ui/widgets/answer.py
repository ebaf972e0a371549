"""The network's answer: what is shown of it, by one rule for all pages, in type that can be read from the back."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import streamlit as st

from mnist_core.alphabets import DIGITS, noun_of, thing_of, with_article
from mnist_core.model.number import SURE_OF_CUTS, Number
from mnist_core.model.prediction import Prediction, Verdict
from ui.text import join_alternatives, percent
from ui.theme import colours

HEIGHT = 132  # pixels, kept also before the first stroke so that nothing jumps
MAX_WIDTH = 11.0  # rem; a figure is about half as wide as it is high
NAME_WIDTH = 14.0  # the same, of the name of a picture's class
TRUE = {"digit": "True digit", "character": "True character", "picture": "True class"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of an answer: a figure in large type, its colour, and what it means in words.

    All of it is as it is to be read, and the names of classes are strangers' words: to be escaped where it is shown.
    """

    figure: str  # the digit, or another name of a class, or "?"
    colour: str
    headline: str
    detail: str
    brief: str  # the headline where there is little room, behind the figure


def describe_answer(prediction: Prediction | Number) -> Shown:
    """Return what is shown of an answer, on every page.

    Teal (the accent) is for a right answer, orange (the warm colour) for a wrong one; where the label is not known,
    teal is for a sure answer, orange for doubt. What is not taken for one digit is an orange "?", whatever the label,
    with the closest guess in small type. A sure answer names all that look alike: "O or 0". An unsure answer is
    "probably a 0" where `Prediction.is_probable` says so, else it "could be a 4 or a 9".
    """
    if isinstance(prediction, Number):
        return _describe_number(prediction)
    palette, answer, second = colours(), prediction.digit, prediction.runner_up
    name, names = prediction.name, [prediction.classes[number] for number in prediction.twins]
    share, is_right = percent(prediction.shared_confidence), prediction.is_right
    label = "" if prediction.label is None else f"{TRUE[prediction.noun]}: {_with_share(prediction, prediction.label)}"
    if prediction.is_refused:
        headline, hint = describe_refusal(prediction.verdict, prediction.classes)
        outcome = {None: "", True: ", which is right", False: f", which is wrong. {label}"}[is_right]
        detail = f"{hint}Closest: {_with_share(prediction, answer)}{outcome}"
        return Shown("?", palette.wrong, headline, detail, headline.lower())
    detail = label if is_right is False else f"Next: {_with_share(prediction, second)}"
    next_name = prediction.classes[second]
    is_sure = prediction.verdict is Verdict.SURE
    if is_sure and len(names) > 1:
        headline = f"{join_alternatives(names)}, {share} sure"
        brief = f"or {join_alternatives(names[1:])}, {share} sure"
    elif is_sure:
        headline = brief = f"{share} sure"
    elif prediction.is_probable:
        headline, brief = f"Probably {_either(names)} ({share})", f"{share}, probably"
    else:
        headline, brief = f"Could be {_either([*names, next_name])}", f"{share}, or {with_article(next_name)}"
    if is_right is not None:
        doubt = f"{'but' if is_right else 'and'} unsure ({share})"
        headline = f"{'Right' if is_right else 'Wrong'}, {headline if is_sure else doubt}"
    elif is_sure and len(names) > 1:
        shares = [percent(prediction.probabilities[number]) for number in prediction.twins]
        detail = f"They look alike: {', '.join(shares[:-1])} and {shares[-1]}"
    elif not is_sure and not prediction.is_probable:
        detail = f"Unsure: {share} and {percent(prediction.probabilities[second])}"
    is_good = is_sure if is_right is None else is_right
    return Shown(name, palette.answer if is_good else palette.wrong, headline, detail, brief)


def describe_refusal(verdict: Verdict, classes: tuple[str, ...]) -> tuple[str, str]:
    """Return what is said of something that is not taken for one digit, or whatever a model reads, and what helps."""
    noun = noun_of(classes)
    return {
        Verdict.NOT_A_DIGIT: (f"Not a {thing_of(classes)}", ""),
        Verdict.TWO_DIGITS: (f"Looks like two {noun}s", "More room between them helps. "),
        Verdict.TOO_LITTLE_INK: ("Hardly any ink", f"Draw the whole {noun}. "),
        Verdict.TOO_MUCH_INK: ("Too much ink", f"A {noun} is a few lines on an empty ground. "),
    }[verdict]


def figures_of(number: Number) -> tuple[str, ...]:
    """Return the digits of a number as they are shown, "?" for what is not taken for one."""
    return tuple("?" if part.prediction.is_refused else part.prediction.name for part in number.parts)


def _describe_number(number: Number) -> Shown:
    """Return what is shown of several digits or characters in a line."""
    palette, share, count = colours(), percent(number.confidence), len(number.parts)
    doubtful = min(range(count), key=lambda place: number.parts[place].prediction.shared_confidence)
    worst, noun = number.parts[doubtful].prediction, number.noun
    refused = [place for place, part in enumerate(number.parts) if part.prediction.is_refused]
    figure, colour = "".join(figures_of(number)), palette.wrong
    if number.certainty_of_cuts < SURE_OF_CUTS:
        headline = "Unsure where to cut"
        detail = f"Closest: {number.text}, {share}. More room between {noun}s helps."
    elif refused:
        headline = f"Not all are {noun}s"
        brief = describe_answer(number.parts[refused[0]].prediction).brief
        detail = f"{noun.capitalize()} {refused[0] + 1} of {count}: {brief}"
    elif number.is_sure:
        how = f"all read as {number.context}" if number.context else "each read on its own"
        headline, detail, colour = f"{share} sure", f"{count} {noun}s, {how}", palette.answer
    else:
        headline = f"Probably {number.text} ({share})" if worst.is_probable else f"Could be {number.text} ({share})"
        guesses = f"{_with_share(worst, worst.digit)}, or {_with_share(worst, worst.runner_up)}"
        detail = f"{noun.capitalize()} {doubtful + 1} could be {guesses}"
    return Shown(figure, colour, headline, detail, headline)


def colour_bars(prediction: Prediction | None) -> list[str]:
    """Return the colours of the bars of all classes: the answer's as everywhere, the true one's teal, the others grey.

    Of a sure answer all that is named has its colour: O and 0.
    """
    tints = [colours().other] * len(prediction.classes if prediction else DIGITS)
    if prediction and prediction.label is not None:
        tints[prediction.label] = colours().answer
    if prediction:
        named = prediction.twins if prediction.verdict is Verdict.SURE and prediction.label is None else ()
        for digit in named or [prediction.digit]:
            tints[digit] = describe_answer(prediction).colour
    return tints


def show_answer(answer: Prediction | Number | None, invitation: tuple[str, str], *, is_moving: bool = False) -> None:
    """Show an answer with its confidence, the runner-up and any doubt; without one, the invitation.

    One that changes all the time is not read out.
    """
    faint, live = colours().faint, "off" if is_moving else "polite"
    shown = describe_answer(answer) if answer else Shown("?", faint, *invitation, "")
    width = NAME_WIDTH if isinstance(answer, Prediction) else MAX_WIDTH
    size = min(8, width / max(map(len, shown.figure.replace("-", "- ").split())))
    is_name = isinstance(answer, Prediction) and len(shown.figure) > 1
    wrap = ";flex-shrink:0;max-width:8rem;overflow-wrap:anywhere" if is_name else ""
    st.html(
        f'<div role="status" aria-live="{live}" '
        f'style="display:flex;align-items:center;gap:1.5rem;min-height:{HEIGHT}px">'
        f'<span data-testid="answer" style="font-size:{size:.3g}rem;line-height:1;font-weight:600;color:{shown.colour};'
        f'min-width:4.5rem;text-align:center{wrap}">{escape(shown.figure)}</span>'
        f'<span><span data-testid="confidence" style="display:block;font-size:1.6rem;font-weight:600;line-height:1.25">'
        f'{escape(shown.headline)}</span><span data-testid="detail" style="color:{faint}">{escape(shown.detail)}</span>'
        "</span></div>"
    )


def _either(names: list[str]) -> str:
    return join_alternatives(list(map(with_article, names)))


def _with_share(prediction: Prediction, digit: int) -> str:
    return f"{prediction.classes[digit]}, {percent(prediction.probabilities[digit])}"
