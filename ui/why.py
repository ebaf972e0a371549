"""Why this answer: what was done to a drawing, what each step changed, and what is unusual about it."""

from __future__ import annotations

from html import escape
from itertools import pairwise

import streamlit as st

from mnist_core.prediction import ACCEPTED, LEAST_INK, SURE, Prediction, Verdict, two_best
from mnist_core.preprocessing import PEN, THINNEST, Digit
from mnist_core.steps import WIDEST_PEN, Finding, Measures, Step, measure, trace
from ui import loaders
from ui.digits import tile
from ui.given import Given
from ui.strokes import SIDE
from ui.theme import colours
from ui.words import a_digit, percent, verdict_in_words

WIDTH = 132  # pixels, of a tile; two stand side by side on a phone
TITLES = {
    Step.RESIZED: "The canvas, resized",
    Step.FITTED: "Fitted into 20 px",
    Step.REDRAWN: "Redrawn, MNIST's pen",
    Step.CENTRED: "Centred by its mass",
}
DEEDS = {
    Step.FITTED: "Fitting it into 20 pixels",
    Step.REDRAWN: "Redrawing it with MNIST's pen",
    Step.CENTRED: "Centring it by its mass",
}
NOTICEABLE = 0.05  # a change of probability that is worth a word
TO_THE = {True: "right", False: "left"}


def show_why(name: str, given: Given, prediction: Prediction) -> None:
    """Show the drawing at each step with the answer to it, which step made the answer, and what was found."""
    steps = find_steps(given)
    if steps:
        answers = {step: loaders.ask(name, digit)[0] for step, digit in steps.items()}
        st.markdown(f"**{turning_point(answers, prediction.digit)}**")
        show_steps(steps, answers, prediction.digit)
    reasons = [verdict_reason(prediction, loaders.answerer(name).model.card.least_two_best, given.digit)]
    if given.strokes:
        measures = measure(given.strokes, given.pen_width, SIDE)
        reasons += [finding_in_words(finding, measures) for finding in measures.findings] or [NOTHING_UNUSUAL]
    elif not steps:
        reasons.append("Nothing was done to this digit: the network sees its 28 × 28 pixels as they are.")
    st.markdown("\n".join(f"- {reason}" for reason in reasons))


def find_steps(given: Given) -> dict[Step, Digit]:
    """Return the steps of a drawing, or the two that a picture has; a digit that was laid on the canvas has none."""
    if given.strokes:
        return trace(given.strokes, given.pen_width, SIDE)
    if given.plain is None:
        return {}
    return {Step.RESIZED: given.plain, Step.CENTRED: given.digit}


def show_steps(steps: dict[Step, Digit], answers: dict[Step, Prediction | None], final: int) -> None:
    """Show a tile a step, the answer to it below, and beside it how probable the final answer was then."""
    palette = colours()
    cells = []
    for step, digit in steps.items():
        answer = answers[step]
        title = (
            f'<div style="font-size:0.85rem;color:{palette.faint};margin-bottom:0.25rem">{escape(TITLES[step])}</div>'
        )
        cell = title + tile(digit, TITLES[step], WIDTH)
        if answer:
            tint = palette.answer if answer.digit == final else palette.wrong
            cell += (
                f'<div style="display:flex;align-items:baseline;gap:0.5rem;font-variant-numeric:tabular-nums">'
                f'<span style="font-size:1.8rem;font-weight:600;color:{tint}">{answer.digit}</span>'
                f"<span>{percent(answer.confidence)}</span></div>"
            )
            if answer.digit != final:
                rest = f"{final}: {percent(answer.probabilities[final])}"
                cell += f'<div style="font-size:0.85rem;color:{palette.faint}">{rest}</div>'
        cells.append(f'<div style="width:{WIDTH}px">{cell}</div>')
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:1.25rem">{"".join(cells)}</div>')


def turning_point(answers: dict[Step, Prediction | None], final: int) -> str:
    """Say which step made the answer what it is, or else how much surer it became."""
    given = [(step, answer) for step, answer in answers.items() if answer]
    for (_, before), (step, after) in reversed(list(pairwise(given))):
        if before.digit != final and after.digit == final:
            deed = DEEDS[step] if len(answers) > 2 else "Fitting and centring it"
            return f"{deed} turned it from {a_digit(before.digit)} into {a_digit(final)}."
    first, last = (answer.probabilities[final] for _, answer in (given[0], given[-1]))
    if abs(last - first) > NOTICEABLE:
        return f"Read as {a_digit(final)} at every step: {percent(first)} sure at first, {percent(last)} in the end."
    return f"Read as {a_digit(final)} at every step."


def verdict_reason(prediction: Prediction, least_two_best: float, digit: Digit) -> str:
    """Say why an answer can be relied on, or why not."""
    first, second = prediction.ranking[:2]
    together = float(two_best(prediction.probabilities[None])[0])
    if prediction.verdict is Verdict.TOO_LITTLE_INK:
        return f"There is ink for {digit.sum():.0f} of the 784 pixels; no digit of MNIST has less than {LEAST_INK:.0f}."
    if prediction.verdict is Verdict.TWO_DIGITS:
        return "An empty column parts the ink, with a good part of it on either side: this looks like two digits."
    if prediction.verdict is Verdict.NOT_A_DIGIT:
        return (
            f"It does not look like a digit: the two best answers, {first} and {second}, have {percent(together)} "
            f"together. Of the digits held out from its training, {percent(ACCEPTED)} got {percent(least_two_best)} or "
            "more."
        )
    if prediction.verdict is Verdict.UNSURE:
        return f"{verdict_in_words(prediction)} Sure is what has at least {percent(SURE)}."
    return f"It is sure: the {first} has {percent(prediction.confidence)}, and sure is from {percent(SURE)} on."


NOTHING_UNUSUAL = (
    "Nothing about the drawing is unusual: its size, place, pen and tilt are like those of MNIST's digits."
)


def finding_in_words(finding: Finding, measures: Measures) -> str:
    """Say one thing that is unusual, with its figure, and what became of it."""
    right, down = measures.off
    places = [
        f"{abs(share) * 100:.0f} % {direction}"
        for share, direction in ((right, f"to the {TO_THE[right > 0]}"), (down, "down" if down > 0 else "up"))
        if abs(share) >= 0.05
    ]
    span = f"{measures.size * 100:.0f} %"
    pen = (
        f"fitted, its strokes are {measures.pen:.1f} px wide, MNIST's {THINNEST} to {WIDEST_PEN}. They were redrawn "
        f"with {PEN} px."
    )
    return {
        Finding.SMALL: f"Small: it spans {span} of the canvas, a digit of MNIST 71 %. It was enlarged.",
        Finding.LARGE: f"Large: it spans {span} of the canvas, a digit of MNIST 71 %. It was reduced.",
        Finding.OFF_CENTRE: f"Off-centre: of the canvas's side, its middle lies {' and '.join(places)}. It was moved.",
        Finding.THIN: f"Thin: {pen}",
        Finding.THICK: f"Thick: {pen}",
        Finding.TILTED: f"Tilted: it leans {abs(measures.lean):.0f}° to the {TO_THE[measures.lean > 0]}, farther than "
        "95 in 100 digits of MNIST. This is left as it is.",
    }[finding]
