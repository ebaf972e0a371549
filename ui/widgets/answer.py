"""The network's answer: what is shown of it, by one rule for all pages, in type that can be read from the back."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mnist_core.model.prediction import Prediction, Verdict
from ui.text import a_digit, percent
from ui.theme import colours

HEIGHT = 132  # pixels, kept also before the first stroke so that nothing jumps
REFUSED = {  # what is said of a digit that is not taken for one, and what helps
    Verdict.NOT_A_DIGIT: ("Not a digit", ""),
    Verdict.TWO_DIGITS: ("Looks like two digits", "The network reads one at a time. "),
    Verdict.TOO_LITTLE_INK: ("Hardly any ink", "Draw the whole digit. "),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of an answer: a figure in large type, its colour, and what it means in words."""

    figure: str  # the digit, or "?"
    colour: str
    headline: str
    detail: str
    brief: str  # the headline where there is little room, behind the figure


def describe_answer(prediction: Prediction, truth: int | None = None) -> Shown:
    """Return what is shown of an answer; `truth` is the digit's label, where it is known.

    Teal (the accent) is for a right answer, orange (the warm colour) for a wrong one; where the truth is not known,
    teal is for a sure answer, orange for doubt. What is not taken for one digit is an orange "?", whatever the truth,
    with the closest guess in small type. An unsure answer is "probably a 0" where `Prediction.is_probable` says so,
    else it "could be a 4 or a 9".
    """
    palette, (answer, second) = colours(), prediction.ranking[:2]
    share, is_right = percent(prediction.confidence), truth == answer
    true_digit = "" if truth is None or is_right else f"True digit: {_with_share(prediction, truth)}"
    if prediction.is_refused:
        headline, hint = REFUSED[prediction.verdict]
        told = "" if truth is None else ", which is right" if is_right else f", which is wrong. {true_digit}"
        detail = f"{hint}Closest: {_with_share(prediction, answer)}{told}"
        return Shown("?", palette.wrong, headline, detail, headline.lower())
    detail = true_digit or f"Next: {_with_share(prediction, second)}"
    is_sure = prediction.verdict is Verdict.SURE
    if is_sure:
        headline = brief = f"{share} sure"
    elif prediction.is_probable:
        headline, brief = f"Probably {a_digit(answer)} ({share})", f"probably ({share})"
    else:
        headline, brief = f"Could be {a_digit(answer)} or {a_digit(second)}", f"or {a_digit(second)} ({share})"
        detail = f"Unsure: {share} and {percent(prediction.probabilities[second])}"
    if truth is not None:
        doubt = f"{'but' if is_right else 'and'} unsure ({share})"
        headline = f"{'Right' if is_right else 'Wrong'}, {headline if is_sure else doubt}"
    is_good = is_sure if truth is None else is_right
    return Shown(str(answer), palette.answer if is_good else palette.wrong, headline, true_digit or detail, brief)


def colour_bars(prediction: Prediction | None, truth: int | None = None) -> list[str]:
    """Return the colours of the ten bars: the answer's as everywhere, the true digit's teal, the others grey."""
    tints = [colours().other] * 10
    if truth is not None:
        tints[truth] = colours().answer
    if prediction:
        tints[prediction.digit] = describe_answer(prediction, truth).colour
    return tints


def show_answer(prediction: Prediction | None, invitation: tuple[str, str], truth: int | None = None) -> None:
    """Show an answer with its confidence, the runner-up and any doubt; without a prediction, the invitation."""
    faint = colours().faint
    shown = describe_answer(prediction, truth) if prediction else Shown("?", faint, *invitation, "")
    st.html(
        f'<div role="status" style="display:flex;align-items:center;gap:1.5rem;min-height:{HEIGHT}px">'
        f'<span data-testid="answer" style="font-size:8rem;line-height:1;font-weight:600;color:{shown.colour};'
        f'min-width:4.5rem;text-align:center">{shown.figure}</span>'
        f'<span><span data-testid="confidence" style="display:block;font-size:1.6rem;font-weight:600;line-height:1.25">'
        f'{shown.headline}</span><span data-testid="detail" style="color:{faint}">{shown.detail}</span></span></div>'
    )


def _with_share(prediction: Prediction, digit: int) -> str:
    return f"{digit}, {percent(prediction.probabilities[digit])}"
