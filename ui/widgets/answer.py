"""The network's answer: what is shown of it, by one rule for all pages, in type that can be read from the back."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mnist_core.data.mnist import a_digit
from mnist_core.model.number import SURE_OF_CUTS, Number
from mnist_core.model.prediction import Prediction, Verdict
from ui.text import percent
from ui.theme import colours

HEIGHT = 132  # pixels, kept also before the first stroke so that nothing jumps
MAX_WIDTH = 11.0  # rem; a figure is about half as wide as it is high
REFUSED = {  # what is said of a digit that is not taken for one, and what helps
    Verdict.NOT_A_DIGIT: ("Not a digit", ""),
    Verdict.TWO_DIGITS: ("Looks like two digits", "More room between them helps. "),
    Verdict.TOO_LITTLE_INK: ("Hardly any ink", "Draw the whole digit. "),
    Verdict.TOO_MUCH_INK: ("Too much ink", "A digit is a few lines on an empty ground. "),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of an answer: a figure in large type, its colour, and what it means in words."""

    figure: str  # the digit, or "?"
    colour: str
    headline: str
    detail: str
    brief: str  # the headline where there is little room, behind the figure


def describe_answer(prediction: Prediction | Number) -> Shown:
    """Return what is shown of an answer, on every page.

    Teal (the accent) is for a right answer, orange (the warm colour) for a wrong one; where the label is not known,
    teal is for a sure answer, orange for doubt. What is not taken for one digit is an orange "?", whatever the label,
    with the closest guess in small type. An unsure answer is "probably a 0" where `Prediction.is_probable` says so,
    else it "could be a 4 or a 9".
    """
    if isinstance(prediction, Number):
        return _describe_number(prediction)
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


def figures_of(number: Number) -> tuple[str, ...]:
    """Return the digits of a number as they are shown, "?" for what is not taken for one."""
    return tuple("?" if part.prediction.is_refused else str(part.prediction.digit) for part in number.parts)


def _describe_number(number: Number) -> Shown:
    """Return what is shown of several digits in a line."""
    palette, share, count = colours(), percent(number.confidence), len(number.parts)
    doubtful = min(range(count), key=lambda place: number.parts[place].prediction.confidence)
    worst = number.parts[doubtful].prediction
    refused = [place for place, part in enumerate(number.parts) if part.prediction.is_refused]
    figure, colour = "".join(figures_of(number)), palette.wrong
    if number.certainty_of_cuts < SURE_OF_CUTS:
        headline, detail = "Unsure where to cut", f"Closest: {number.text}, {share}. More room between digits helps."
    elif refused:
        headline = "Not all are digits"
        detail = f"Digit {refused[0] + 1} of {count}: {describe_answer(number.parts[refused[0]].prediction).brief}"
    elif number.is_sure:
        headline, detail, colour = f"{share} sure", f"{count} digits, each read on its own", palette.answer
    else:
        headline = f"Probably {number.text} ({share})" if worst.is_probable else f"Could be {number.text} ({share})"
        second = worst.ranking[1]
        detail = f"Digit {doubtful + 1} could be {_with_share(worst, worst.digit)}, or {_with_share(worst, second)}"
    return Shown(figure, colour, headline, detail, headline)


def colour_bars(prediction: Prediction | None) -> list[str]:
    """Return the colours of the ten bars: the answer's as everywhere, the true digit's teal, the others grey."""
    tints = [colours().other] * 10
    if prediction and prediction.label is not None:
        tints[prediction.label] = colours().answer
    if prediction:
        tints[prediction.digit] = describe_answer(prediction).colour
    return tints


def show_answer(answer: Prediction | Number | None, invitation: tuple[str, str], *, is_moving: bool = False) -> None:
    """Show an answer with its confidence, the runner-up and any doubt; without one, the invitation.

    One that changes all the time is not read out.
    """
    faint, live = colours().faint, "off" if is_moving else "polite"
    shown = describe_answer(answer) if answer else Shown("?", faint, *invitation, "")
    size = min(8, MAX_WIDTH / len(shown.figure))
    st.html(
        f'<div role="status" aria-live="{live}" '
        f'style="display:flex;align-items:center;gap:1.5rem;min-height:{HEIGHT}px">'
        f'<span data-testid="answer" style="font-size:{size:.3g}rem;line-height:1;font-weight:600;color:{shown.colour};'
        f'min-width:4.5rem;text-align:center">{shown.figure}</span>'
        f'<span><span data-testid="confidence" style="display:block;font-size:1.6rem;font-weight:600;line-height:1.25">'
        f'{shown.headline}</span><span data-testid="detail" style="color:{faint}">{shown.detail}</span></span></div>'
    )


def _with_share(prediction: Prediction, digit: int) -> str:
    return f"{digit}, {percent(prediction.probabilities[digit])}"
