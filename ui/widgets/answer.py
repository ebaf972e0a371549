"""The network's answer, in type that can be read from the back of a classroom."""

from __future__ import annotations

import streamlit as st

from mnist_core.model.prediction import Prediction
from ui.text import describe_verdict, percent
from ui.theme import answer_colour, colours

HEIGHT = 132  # pixels, kept also before the first stroke so that nothing jumps


def show_answer(prediction: Prediction | None, invitation: tuple[str, str]) -> None:
    """Show the digit, how sure the network is, the runner-up and any doubt; without a prediction, the invitation."""
    palette = colours()
    if prediction is None:
        figure, colour = "?", palette.faint
        headline, detail = invitation
    else:
        second = prediction.ranking[1]
        figure, headline = str(prediction.digit), f"{percent(prediction.confidence)} sure"
        detail = describe_verdict(prediction) or f"Next: {second}, {percent(prediction.probabilities[second])}"
        colour = answer_colour(prediction)
    st.html(
        f'<div role="status" style="display:flex;align-items:center;gap:1.5rem;min-height:{HEIGHT}px">'
        f'<span data-testid="answer" style="font-size:8rem;line-height:1;font-weight:600;color:{colour};'
        f'min-width:4.5rem;text-align:center">{figure}</span>'
        f'<span><span data-testid="confidence" style="display:block;font-size:1.6rem;font-weight:600;line-height:1.25">'
        f'{headline}</span><span data-testid="detail" style="color:{palette.faint}">{detail}</span></span></div>'
    )
