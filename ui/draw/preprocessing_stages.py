"""Why this answer: a drawing or a picture after each step of preprocessing, with what the network answers to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnist_core.alphabets import thing_of
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.findings import Finding, find, measure_drawing
from mnist_core.preprocessing.pictures import PictureStages, plain_resize_image
from mnist_core.preprocessing.raster import PEN, Digit, as_bytes
from mnist_core.preprocessing.stages import find_turning_stage
from ui.inputs.digit_input import DigitInput
from ui.inputs.fabric import CANVAS_SIDE
from ui.services import answering
from ui.services.answering import LoadedModel
from ui.text import WORD_JOINER, describe_finding, explain_verdict, verbatim
from ui.theme import colours
from ui.widgets.mini_answer import shares
from ui.widgets.tiles import on_paper, show_digit, show_picture

WIDTH = 168  # pixels of a tile; two stand side by side on a phone
BY_ALL = ["Resizing", "Finding the ink"]  # what the two digits of a picture come from


@dataclass(frozen=True, slots=True)
class StageShown:
    """What is there after a step: a digit, or a part of a picture on its way to one, as pixels of any size."""

    step: str
    detail: str
    digit: Digit | None = None
    pixels: NDArray[np.uint8] | None = None


def show_why(loaded: LoadedModel, given: DigitInput, prediction: Prediction) -> None:
    """Show the steps and what each did to the answer, what stands out about the drawing, and why the verdict."""
    noun = prediction.noun
    shown = stages_of(given, noun)
    if shown:
        show_stages(loaded, shown, prediction)
    else:
        st.markdown(
            f"A {noun} that was laid on the canvas is read as it lies there: nothing is fitted, redrawn or moved."
        )
    least = loaded.card.top_two_threshold
    st.markdown(explain_verdict(prediction, float(given.digit.sum()), least))
    if given.strokes:
        measures = measure_drawing(given.strokes, given.pen_width, CANVAS_SIDE)
        findings = [each for each in find(measures) if noun == "digit" or each is not Finding.PARTS]  # an i has two
        found = "\n".join(f"- {describe_finding(finding, measures)}" for finding in findings)
        st.markdown(found or "Nothing stands out about size, place, pen and slant.")


def stages_of(given: DigitInput, noun: str) -> list[StageShown]:
    """Return what can be shown of the way to the network; of a digit that was laid on the canvas, nothing."""
    if stages := given.stages:
        return [
            StageShown("Canvas resized", "What most demos read", stages.resized),
            StageShown("Fitting", "The ink spans 20 pixels", stages.fitted),
            StageShown("Redrawing", f"The pen is {PEN} pixels wide", stages.redrawn),
            StageShown("Centring", "What the network gets", stages.centred),
        ]
    if picture := given.picture:
        is_part = picture.region != (0, 0, *picture.picture.size)
        frames = "The part read, and its ink" if is_part else "The frame is around the ink"
        return [
            StageShown("Picture resized", "What most demos read", plain_resize_image(picture.picture)),
            StageShown("Picture", frames, pixels=framed(picture)),
            StageShown("Darkness", "The paper is taken away", pixels=in_square(picture.darkness)),
            StageShown("Ink", "So are lines and specks", pixels=in_square(picture.ink)),
            StageShown("Pixels" if noun == "picture" else noun.capitalize(), "What the network gets", picture.digit),
        ]
    return []


def framed(stages: PictureStages) -> NDArray[np.uint8]:
    """Return a picture as a square, with frames: faint around where the ink was looked for, strong around the ink."""
    side = max(stages.picture.size)
    scale = 2 * WIDTH / side
    square = Image.new("RGB", (side, side), colours().ground)
    left, top = ((side - length) // 2 for length in stages.picture.size)
    picture = stages.picture.convert("RGBA")
    square.paste(picture, (left, top), picture)  # what is clear in it shows the page
    square = square.resize((2 * WIDTH, 2 * WIDTH), Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(square)
    whole = (0, 0, *stages.picture.size)
    for place, thickness in [(stages.region, 2), (stages.place, 4)]:
        if place != whole:
            box = [(x + shift) * scale for x, shift in zip(place, (left, top, left, top), strict=True)]
            pen.rectangle(box, outline=colours().ground, width=thickness + 2)  # so that it is seen on a picture of any
            pen.rectangle(box, outline=colours().answer, width=thickness)
    return np.asarray(square)


def in_square(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return ink `(H, W)` as a square of pixels, light on near-black as digits are, at full strength."""
    side = max(ink.shape)
    top, left = ((side - length) // 2 for length in ink.shape)
    square = np.zeros((side, side), np.float32)
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink / max(float(ink.max()), 1e-6)
    return on_paper(as_bytes(np.clip(square, 0, 1)))


def show_stages(loaded: LoadedModel, shown: list[StageShown], prediction: Prediction) -> None:
    """Show what is there after each step, a digit over the answer to it, and say which step brought the last answer."""
    digits = [each for each in shown if each.digit is not None]
    answers = [answering.ask(loaded, each.digit)[0] for each in digits[:-1] if each.digit is not None]
    predictions = dict(zip((each.step for each in digits), [*answers, prediction], strict=True))
    if not prediction.is_refused:
        figures = [figure_of(each) if each else None for each in predictions.values()]
        steps = [each.step for each in shown] if len(digits) == len(shown) else BY_ALL
        st.markdown(describe_turn(steps, figures, thing_of(prediction.classes)))
    with st.container(horizontal=True):
        for each in shown:
            with st.container(width=WIDTH, gap="xsmall"):
                st.html(title(each))
                words = f"{each.step}: {each.detail}"
                if each.pixels is not None:
                    show_picture(each.pixels, words, width=WIDTH)
                if each.digit is not None:
                    show_digit(each.digit, words, width=WIDTH)
                    st.html(shares(predictions[each.step], prediction.digit))


def figure_of(prediction: Prediction) -> str:
    """Return the figure of an answer as Markdown, "?" for what is refused; a question mark that was read is another."""
    return "?" if prediction.is_refused else verbatim(prediction.name).replace("?", f"{WORD_JOINER}?")


def describe_turn(steps: list[str], answers: list[str | None], thing: str = "digit") -> str:
    """Say which step brought the last answer; an answer is "?" where it is no digit, None where there was no ink."""
    turning = find_turning_stage(answers)
    if turning is None:
        return f"The network answers **{answers[-1]}** at every step."
    before = answers[turning - 1]
    if before is None:
        return f"**{steps[turning]}** brought the ink into sight, and the answer **{answers[-1]}**."
    if before == "?":
        return f"Only after **{steps[turning]}** is it taken for a {thing}, **{answers[-1]}**."
    return f"**{steps[turning]}** turned the answer from {before} to **{answers[-1]}**."


def title(shown: StageShown) -> str:
    """Return the name of a step over what it does."""
    return (
        f'<div style="font-weight:600;line-height:1.3">{shown.step}</div>'
        f'<div style="font-size:0.85rem;line-height:1.3;color:{colours().faint}">{shown.detail}</div>'
    )
