"""An answer in the width of a tile: the digit, and two small bars."""

from __future__ import annotations

from html import escape

from mnist_core.model.prediction import Prediction
from ui.theme import colours
from ui.widgets.answer import colour_bars, describe_answer
from ui.widgets.charts import bar_label


def shares(prediction: Prediction | None, last: int) -> str:
    """Return the answer after a step, and as bars what the last answer and its strongest rival get there."""
    if prediction is None:
        return f'<div style="color:{colours().faint}">No ink to see</div>'
    tints = colour_bars(prediction)
    rival = next(digit for digit in prediction.ranking if digit != last)
    return mini_answer(prediction) + "".join(bar(digit, prediction, tints[digit]) for digit in (last, rival))


def mini_answer(prediction: Prediction) -> str:
    """Return the answer as one line."""
    shown = describe_answer(prediction)
    return (
        f'<div style="line-height:1.3;padding-bottom:0.25rem"><span style="font-size:1.6rem;font-weight:600;'
        f'color:{shown.colour};margin-right:0.3rem">{escape(shown.figure)}</span> {escape(shown.brief)}</div>'
    )


def bar(digit: int, prediction: Prediction, colour: str) -> str:
    """Return one digit's share as a bar between the digit, or another name of a class, and the figure."""
    share, name = float(prediction.probabilities[digit]), escape(prediction.classes[digit])
    if prediction.noun == "picture":  # names of many widths, over bars of one
        name = f'<span style="width:4.5rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap">{name}</span>'
    return (
        '<div style="display:flex;align-items:center;gap:0.4rem;font-size:0.85rem;line-height:1.4;'
        f'font-variant-numeric:tabular-nums">{name}<div style="flex:1;background:{colours().line}">'
        f'<div style="width:{share:.1%};height:0.6rem;background:{colour}"></div></div>'
        f'<span style="width:2.9rem;text-align:right">{bar_label(share)}</span></div>'
    )
