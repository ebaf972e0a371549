"""The smallest changes that make a network answer another class: searched for at a press, and shown as pictures."""

from __future__ import annotations

from collections.abc import Callable, Generator
from html import escape
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.alphabets import find_twins, with_article
from mnist_core.docstrings import paragraphs
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.raster import Digit
from ui.services import insights
from ui.services.answering import LoadedModel
from ui.text import speak_of, verbatim
from ui.theme import Colours, colours
from ui.widgets.heatmaps import rgb
from ui.widgets.mini_answer import shares
from ui.widgets.progress import do_work
from ui.widgets.tiles import show_digit, show_picture

if TYPE_CHECKING:  # it brings torch
    from mnist_core.explain.counterfactual import Change

TILE = 130  # pixels of a picture; two stand side by side on a phone
GAP = 16  # pixels between them
FEW = 10  # classes, which have room for a button each
FAINT_DIGIT = 0.22  # how much of the digit is seen behind what changed


def show_smallest_change(loaded: LoadedModel, digit: Digit, prediction: Prediction, *, key: str) -> None:
    """Offer to search for the smallest changes that make the model answer another digit, and show what was found."""
    if loaded.is_unfinished:
        st.caption("Its training is not finished: changes can be searched for when it is.")
        return
    if find_twins(prediction.classes)[prediction.digit].all():
        st.caption("All of its classes look alike, and count as one answer: there is no other to change to.")
        return
    target = choose_target(prediction, f"{key} target {hash((digit.tobytes(), loaded.name))}")
    asked = (loaded.card.weights_sha256, digit.tobytes(), target)
    place = f"{key} asked"
    before = {each for each in st.session_state.get(place, ()) if each[:2] == asked[:2]}

    def seek() -> Generator[float]:
        yield from insights.find_changes(loaded, digit, target)
        st.session_state[place] = before | {asked}

    button = st.empty()
    if asked not in before:
        with button.container():
            is_done = do_work(
                f"Find a change that makes it {verbatim(with_article(prediction.classes[target]))}",
                "Searching for the smallest change",
                seek,
                icon=":material/search:",
                key=f"{key} seek",
            )
        if not is_done:
            return
        button.empty()
    from mnist_core.explain.counterfactual import finish

    changes = finish(insights.find_changes(loaded, digit, target))  # it is there already
    _show_changes(changes, digit, prediction, target)


def choose_target(prediction: Prediction, key: str) -> int:
    """Let the visitor choose what the network is to answer, at first its next best; what looks alike is no other.

    `key` belongs to the digit: another one has another runner-up.
    """
    classes, alike = prediction.classes, find_twins(prediction.classes)[prediction.digit]
    others = sorted(each for each in prediction.ranking if not alike[each])
    next_best = next(each for each in prediction.ranking if not alike[each])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(classes) > FEW:
            target: int = st.selectbox(
                "Make the network answer",
                others,
                index=others.index(next_best),
                format_func=classes.__getitem__,
                key=key,
                width=200,
            )
        else:
            target = st.segmented_control(
                "Make the network answer",
                others,
                default=next_best,
                format_func=lambda each: verbatim(classes[each]),
                required=True,
                wrap=True,
                key=key,
            )
    if alike.sum() > 1:
        twins = ", ".join(verbatim(name) for name, is_alike in zip(classes, alike, strict=True) if is_alike)
        st.caption(f"These look alike, and count as one answer: {twins}.")
    return target


def _show_changes(changes: insights.Changes, digit: Digit, prediction: Prediction, target: int) -> None:
    """Show the digit, and beside it each change that was found."""
    from mnist_core.explain.counterfactual import adversarial, counterfactual, styles_of

    name, noun = prediction.classes[target], prediction.noun
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=TILE, gap="xsmall"):
            st.html(_heading("As it is"))
            show_digit(digit, f"The {noun} as it is", width=TILE)
            st.html(shares(prediction, prediction.digit))
        if styles_of(name):
            seen = changes.counterfactual
            _show_change("A change you can see (counterfactual)", seen, digit, name, noun, counterfactual)
        _show_change("A change you hardly see (adversarial)", changes.adversarial, digit, name, noun, adversarial)
    if not styles_of(name):
        st.caption(
            "A change that you can see is put together from what our program writes, and it writes none of this class."
        )


def _show_change(
    title: str, change: Change | None, digit: Digit, target: str, noun: str, method: Callable[..., object]
) -> None:
    """Show the changed digit beside the difference, how large it is, and what the method can and cannot say."""
    with st.container(width=2 * TILE + GAP, gap="xsmall"):
        st.html(_heading(title))
        if change is None:
            st.markdown(f"None was found that makes it {verbatim(with_article(target))}.")
        else:
            answer = change.prediction
            strength = _amplification(change)
            with st.container(horizontal=True, gap="small"):
                with st.container(width=TILE, gap="xsmall"):
                    show_digit(change.digit, f"{title}: the {noun}", width=TILE)
                    st.html(shares(answer, answer.digit))
                with st.container(width=TILE, gap="xsmall"):
                    picture = difference_picture(digit, change.difference * strength, colours())
                    show_picture(picture, f"{title}: the difference", width=TILE)
                    st.html(_legend(strength))
            st.markdown(describe_change(change))
            if answer.name != target:
                st.markdown(f"It reads {verbatim(answer.name)}, which looks like {verbatim(target)}.")
        st.caption(speak_of(noun, claim(method)))


def claim(method: Callable[..., object]) -> str:
    """Return what a method does and what to make of it: the first two paragraphs of its docstring."""
    return " ".join(paragraphs(method)[:2])


def describe_change(change: Change) -> str:
    """Say how large a change is: "7 pixels' worth of ink added, 12 taken away"."""
    amounts = ((change.added, "added"), (change.taken, "taken away"))
    parts = [f"{amount:.0f} {way}" for amount, way in amounts if amount >= 0.5]
    if not parts:
        words = "Less than a pixel's worth of ink changed"
    else:
        first, *rest = parts
        number, way = first.split(" ", 1)
        whose = "pixel's" if number == "1" else "pixels'"
        words = ", ".join([f"{number} {whose} worth of ink {way}", *rest])
    most = float(np.abs(change.difference).max())
    return f"{words}; no pixel by more than {ceil(most * 100 - 0.001)} %." if most < 0.5 else f"{words}."


def difference_picture(digit: Digit, difference: NDArray[np.float32], palette: Colours) -> NDArray[np.uint8]:
    """Show a difference `(28, 28)`, −1…1, in colours on a neutral ground, the digit faintly behind → `(28, 28, 3)`.

    Ink added is orange, ink taken away blue.
    """
    ground, ink, added, taken = (rgb(colour) for colour in _difference_colours(palette))
    strength = np.abs(difference).clip(0, 1)[..., None]
    behind = ground + (ink - ground) * (digit * FAINT_DIGIT)[..., None]
    colour = np.where(difference[..., None] > 0, added, taken)
    picture: NDArray[np.uint8] = np.rint(behind + (colour - behind) * strength).astype(np.uint8)
    return picture


def _difference_colours(palette: Colours) -> tuple[str, str, str, str]:
    _, warm, cool, *_ = palette.series
    return palette.ground, palette.text, warm, cool


def _amplification(change: Change) -> int:
    """Say how many times as strong a difference must be shown to be seen."""
    return max(1, int(1 / max(float(np.abs(change.difference).max()), 0.01)))


def _heading(title: str) -> str:
    return f'<div style="font-weight:600;line-height:1.3">{escape(title)}</div>'


def _legend(strength: int) -> str:
    """Return what the colours of a difference mean."""
    palette = colours()
    _, _, added, taken = _difference_colours(palette)
    square = "display:inline-block;width:0.7rem;height:0.7rem"
    signs = "".join(
        f'<div><span style="{square};background:{colour}"></span> {meaning}</div>'
        for colour, meaning in ((added, "Orange: ink added"), (taken, "Blue: ink removed"))
    )
    shown = f"<div>shown {strength} times as strong</div>" if strength > 1 else ""
    return f'<div style="font-size:0.85rem;line-height:1.4;color:{palette.faint}">{signs}{shown}</div>'
