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


def describe_answer(prediction: Prediction) -> Shown:
    """Return what is shown of an answer, on every page.

    Teal (the accent) is for a right answer, orange (the warm colour) for a wrong one; where the label is not known,
    teal is for a sure answer, orange for doubt. What is not taken for one digit is an orange "?", whatever the label,
    with the closest guess in small type. An unsure answer is "probably a 0" where `Prediction.is_probable` says so,
    else it "could be a 4 or a 9".
    """
    palette, (answer, second) = colours(), prediction.ranking[:2]
    share, is_right = percent(prediction.confidence), prediction.is_right
    label = "" if prediction.label is None else f"True digit: {_with_share(prediction, prediction.label)}"
    if prediction.is_refused:
        headline, hint = REFUSED[prediction.verdict]
        outcome = {None: "", True: ", which is right", False: f", which is wrong. {label}"}[is_right]
        detail = f"{hint}Closest: {_with_share(prediction, answer)}{outcome}"
        return Shown("?", palette.wrong, headline, detail, headline.lower())
    detail = label if is_right is False else f"Next: {_with_share(prediction, second)}"
    is_sure = prediction.verdict is Verdict.SURE
    if is_sure:
        headline = brief = f"{share} sure"
    elif prediction.is_probable:
        headline, brief = f"Probably {a_digit(answer)} ({share})", f"{share}, probably"
    else:
        headline, brief = f"Could be {a_digit(answer)} or {a_digit(second)}", f"{share}, or {a_digit(second)}"
    if is_right is not None:
        doubt = f"{'but' if is_right else 'and'} unsure ({share})"
        headline = f"{'Right' if is_right else 'Wrong'}, {headline if is_sure else doubt}"
    elif not is_sure and not prediction.is_probable:
        detail = f"Unsure: {share} and {percent(prediction.probabilities[second])}"
    is_good = is_sure if is_right is None else is_right
    return Shown(str(answer), palette.answer if is_good else palette.wrong, headline, detail, brief)


def colour_bars(prediction: Prediction | None) -> list[str]:
    """Return the colours of the ten bars: the answer's as everywhere, the true digit's teal, the others grey."""
    tints = [colours().other] * 10
    if prediction and prediction.label is not None:
        tints[prediction.label] = colours().answer
    if prediction:
        tints[prediction.digit] = describe_answer(prediction).colour
    return tints


def show_answer(prediction: Prediction | None, invitation: tuple[str, str], *, is_moving: bool = False) -> None:
    """Show an answer with its confidence, the runner-up and any doubt; without a prediction, the invitation.

    One that changes all the time is not read out.
    """
    faint, live = colours().faint, "off" if is_moving else "polite"
    shown = describe_answer(prediction) if prediction else Shown("?", faint, *invitation, "")
    st.html(
        f'<div role="status" aria-live="{live}" '
        f'style="display:flex;align-items:center;gap:1.5rem;min-height:{HEIGHT}px">'
        f'<span data-testid="answer" style="font-size:8rem;line-height:1;font-weight:600;color:{shown.colour};'
        f'min-width:4.5rem;text-align:center">{shown.figure}</span>'
        f'<span><span data-testid="confidence" style="display:block;font-size:1.6rem;font-weight:600;line-height:1.25">'
        f'{shown.headline}</span><span data-testid="detail" style="color:{faint}">{shown.detail}</span></span></div>'
    )


def _with_share(prediction: Prediction, digit: int) -> str:
    return f"{digit}, {percent(prediction.probabilities[digit])}"
