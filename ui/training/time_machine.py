"""The time machine: a network at the moments of its training, from the first to the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.alphabets import noun_of, with_article
from mnist_core.data.data_sets import DATA_SETS
from mnist_core.errors import DrawingError, MnistExplorerError
from mnist_core.evaluation.metrics import wilson_interval
from mnist_core.evaluation.test_sets import choose_test_set
from mnist_core.model.card import Card
from mnist_core.model.light import LightModel, predict_light
from mnist_core.preprocessing.raster import Digit
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.rights import Right
from mnist_core.settings import read_settings
from mnist_core.store.over_time import OverTime
from mnist_core.store.runs import Run
from mnist_core.training.moments import answer_over_time
from ui.inputs import canvas
from ui.inputs.examples import EXAMPLES, examples_for
from ui.inputs.fabric import PEN_WIDTH
from ui.services import moments, test_digits, training_runs
from ui.services.moments import Moments
from ui.text import format_exact_percent, percent, shorten, validation_label, verbatim
from ui.theme import colours
from ui.widgets.charts import family_layout, plain_label, show_chart
from ui.widgets.confusion_matrix import show_confusion
from ui.widgets.fetch_mnist import offer_to_fetch
from ui.widgets.heatmaps import as_colours, as_light, montage
from ui.widgets.key_figures import show_figures
from ui.widgets.progress import offer_work
from ui.widgets.tiles import show_picture

OPEN, PLACE = "time machine", "moment"  # in the session: whether it is shown; which moment, of a run
EXAMPLE, EXAMPLE_WORDS = "7", "an example"  # what is read where nothing is drawn
ABOUT = "Through snapshots of the network, kept in few bytes: accuracies before the last are true to about a point."
MANY = 32  # filters that are shown
ACROSS = 8  # pictures in a row
HEIGHT = 300  # pixels
MOST_ROWS = 10  # of the probabilities, each of a class
LONGEST_NAME, LETTER = 14, 8  # letters of a class beside its row; pixels a letter


@st.fragment
def show_time_machine(runs: Sequence[Run]) -> None:
    """Show one of these runs at any moment of its training, once it is asked for."""
    st.header("Time machine")
    kept = {run.name: run for run in runs if moments.are_kept(run)}
    if not kept:
        st.caption("A training that keeps snapshots can be gone through here, step by step. Choose one in the chart.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        is_open = st.toggle("Go back through its training", key=OPEN, persist_state="session", help=ABOUT)
        if is_open and len(kept) > 1:
            name = st.selectbox("Run to go back through", list(kept), key=f"{OPEN} of", width=260)
        else:
            name = next(iter(kept))
    if is_open:
        try:
            travel(kept[name])
        except (MnistExplorerError, OSError) as error:
            st.error(verbatim(error))


def travel(run: Run) -> None:
    """Show what a network read, and looked for, at the moment that is chosen."""
    there = moments.read(run)
    last = len(there.steps) - 1
    card = there.models[-1].card
    noun = noun_of(card.classes)
    digit, what = take_digit(card)
    shares = np.array([_shares(model, digit) for model in there.models])
    place: int = st.select_slider(
        f"**{verbatim(run.name)}** after step",
        range(last + 1),
        value=last,
        format_func=lambda place: f"{there.steps[place]:,}",
        key=f"{PLACE} of {run.name} {run.created} {last}",
        persist_state="session",
    )
    over_time = moments.read_over_time("validation", run.name) if run.card else None
    reading, seeing = st.columns(2, gap="large")
    with reading:
        show_reading(shares, there.steps, place, what, card.classes)
        if what == EXAMPLE_WORDS:
            st.page_link("pages/draw.py", label=f"Draw a {noun} of your own", icon=":material/draw:")
        show_filters(there, digit, place, noun)
    with seeing:
        show_validation(run, over_time, there, place, card.classes)
    if not there.is_same:
        st.caption(
            "All but the last moment are of another training by this recipe, with the same seed, on another kind of "
            "processor."
        )


def take_digit(card: Card) -> tuple[Digit, str]:
    """Return what is on the canvas, and what it is in a sentence; an example where that is nothing.

    The example of a model that reads clothes is a test picture, where these are here.
    """
    try:
        given = canvas.read_digit(canvas.drawing())
    except DrawingError:
        given = None
    if given:
        noun = noun_of(card.classes)
        return given.digit, "your drawing" if given.stages else f"the {noun} on the canvas"
    if noun_of(card.classes) == "picture":
        test_set = choose_test_set(card.recipe)
        if pictures := test_digits.find(test_set, card.classes):
            first: Digit = pictures[:1].pixels[0]
            return first, "the first test picture"
    examples = examples_for(card.classes) or EXAMPLES
    strokes = examples.get(EXAMPLE) or next(iter(examples.values()))
    return digit_from_strokes(strokes, PEN_WIDTH), EXAMPLE_WORDS


def _shares(model: LightModel, digit: Digit) -> NDArray[np.floating]:
    prediction = predict_light(model, digit)
    return prediction.probabilities if prediction else np.zeros(len(model.card.classes))


# ------------------------------------------------------------------------------------------ what it read


def show_reading(
    shares: NDArray[np.floating], steps: Sequence[int], place: int, what: str, classes: tuple[str, ...]
) -> None:
    """Show the probabilities `(M, K)` of one digit at every moment, and since when it has been read as it is now.

    Of many classes, those are shown that got most at any moment.
    """
    answers = shares.argmax(1)
    since = since_when(answers)
    answer, confidence = int(answers[place]), float(shares[place].max())
    read = f"**{_named(classes, answer)}** ({percent(confidence)})"
    words = f"After step {steps[place]:,} it reads {verbatim(what)} as {read}"
    always = "from the start" if since == 0 else f"since step {steps[since]:,}"
    last = "so" if answer == answers[-1] else f"as {_named(classes, int(answers[-1]))}"
    st.markdown(f"{words}; {last} {always}.")
    rows = choose_rows(shares, place)
    if len(rows) < len(classes):
        st.caption(f"Of {len(classes)} classes, the {len(rows)} that got most at any moment.")
    names = [plain_label(classes[row]) for row in rows]
    labels = [plain_label(shorten(classes[row], LONGEST_NAME)) for row in rows]
    longest = max(min(len(classes[row]), LONGEST_NAME) for row in rows)
    palette = colours()
    heat = {
        "type": "heatmap",
        "x": list(range(len(steps))),
        "y": names,
        "z": shares.T[rows].tolist(),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, palette.ground], [1, palette.answer]],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "customdata": [[f"{step:,}" for step in steps]] * len(rows),
        "hovertemplate": "after step %{customdata}: %{y} with %{z:.0%}<extra></extra>",
    }
    axis = {"fixedrange": True, "showgrid": False, "zeroline": False}
    ticks = list(range(0, len(steps), max(1, len(steps) // 6)))
    layout = family_layout(palette, HEIGHT) | {
        "margin": {"l": 28 + (longest - 1) * LETTER, "r": 8, "t": 26, "b": 44},
        "xaxis": axis
        | {"tickvals": ticks, "ticktext": [f"{steps[tick]:,}" for tick in ticks], "title": {"text": "step"}},
        "yaxis": axis
        | {"autorange": "reversed", "type": "category", "tickvals": names, "ticktext": labels}
        | {"tickfont": {"size": 15}},
        "shapes": [_frame(place, len(rows), palette.text)],
        "annotations": [
            {
                "x": since,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "showarrow": False,
                "text": f"▾ {plain_label(classes[answers[-1]])}",
            }
            | {"font": {"color": palette.answer, "size": 15}}
        ],
    }
    count = "Ten" if len(rows) == 10 else len(rows)
    alt = f"{count} probabilities at {len(steps)} moments. Read as {classes[answers[-1]]} {always}."
    show_chart([heat], layout, key="probabilities over time", alt=alt)


def choose_rows(shares: NDArray[np.floating], place: int) -> list[int]:
    """Return which of the probabilities `(M, K)` are shown: all, or the highest, in the order of the last moment."""
    if shares.shape[1] <= MOST_ROWS:
        return list(range(shares.shape[1]))
    highest = shares.max(0)
    highest[shares[place].argmax()] = 2  # what is spoken of, too
    best = np.argsort(-highest, kind="stable")[:MOST_ROWS]
    return [int(row) for row in sorted(best, key=lambda row: -shares[-1, row])]


def _named(classes: tuple[str, ...], answer: int) -> str:
    return verbatim(with_article(classes[answer]))


def _frame(place: int, rows: int, colour: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": place - 0.5,
        "x1": place + 0.5,
        "y0": -0.5,
        "y1": rows - 0.5,
        "line": {"color": colour, "width": 2},
    }


def since_when(answers: NDArray[np.integer]) -> int:
    """Return the first of M moments from which on all answers `(M,)` are the last one."""
    others = np.flatnonzero(answers != answers[-1])
    return int(others[-1]) + 1 if len(others) else 0


# ------------------------------------------------------------------------------------ how good it was


def show_validation(run: Run, over_time: OverTime | None, there: Moments, place: int, classes: tuple[str, ...]) -> None:
    """Show the accuracy on the validation digits at a moment, and which were taken for which."""
    noun = noun_of(classes)
    if run.card is None:
        st.caption(f"How many validation {noun}s it read at each moment can be counted once its training is over.")
        return
    if over_time is None or over_time.steps != there.steps:
        st.markdown(f"How many validation {noun}s did it read at each of these moments?")
        if run.recipe.is_written or training_runs.has_material(run.recipe):
            if run.recipe.is_written:
                st.caption(f"Our program first writes the {noun}s again that it has learnt from, which takes a while.")
            offer_work(
                "Count them",
                "Reading them at each moment",
                lambda: answer_over_time(run.name, "validation", read_settings().models_dir),
                right=Right.EVALUATE,
                icon=":material/grading:",
                key=f"count {run.name}",
            )
        else:
            data_set = DATA_SETS[run.recipe.data]
            offer_to_fetch(f"To count them, the {verbatim(data_set.things)} are needed", data_set)
        return
    confusion = over_time.values[place]
    correct, seen = int(confusion.trace()), int(confusion.sum())
    low, high = wilson_interval(correct, seen)
    show_figures(
        {
            validation_label(run.recipe): format_exact_percent(correct / seen),
            "95 % interval": f"{low * 100:.1f} to {high * 100:.1f} %",
        }
    )
    show_confusion(confusion, classes=classes, in_percent=False, key="confusion over time")


# --------------------------------------------------------------------------------- what it looked for


def show_filters(there: Moments, digit: Digit, place: int, noun: str) -> None:
    """Show the filters of the first layer at a moment, and one of them, or what it finds, at every moment."""
    filters = [_filters(model) for model in there.models]
    most = float(max(np.abs(each).max() for each in filters))
    now = np.stack([as_colours(each, most) for each in filters[place]])
    finds = filters[0].shape[1] != len(digit)  # else a filter is as large as the digit, and finds one number
    st.caption(f"What its first layer looks for: {len(now)} filters" + ("." if finds else ", the first ones."))
    show_picture(montage(now, ACROSS), f"{len(now)} filters after step {there.steps[place]:,}", width=420)
    which: int = st.selectbox(
        "Filter to follow", range(len(now)), format_func=lambda place: str(place + 1), key="filter", width=120
    )
    if finds:
        maps = np.stack([model.layers[0](digit[None])[which] for model in there.models])
        strip = as_light(maps, float(maps.max()))
        st.caption(f"What it finds in the {noun}, from the first moment to the last, row by row.")
    else:
        strip = np.stack([as_colours(each[which], most) for each in filters])
        st.caption("From the first moment to the last, row by row.")
    show_picture(montage(strip, ACROSS), f"Filter {which + 1} at {len(strip)} moments", width=420)


def _filters(model: LightModel) -> NDArray[np.float32]:
    """Return the filters of a network's first layer, `(N, H, W)`."""
    weights = model.layers[0].weights[:MANY]
    return weights[:, 0] if weights.ndim == 4 else weights.reshape(len(weights), 28, 28)
