"""A map of a test set: what lies close together is much alike to the network's last hidden layer."""

from __future__ import annotations

from html import escape
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS, noun_of
from mnist_core.data.digits import Digits
from mnist_core.errors import MnistExplorerError
from mnist_core.rights import Right, why_not
from ui.mistakes.digit_drawer import ask_for
from ui.mistakes.gallery import show_gallery, tiles_of
from ui.services import answering, insights, test_digits
from ui.services.catalogue import EvaluatedModel
from ui.text import verbatim
from ui.theme import class_tints, colours
from ui.widgets.charts import family_layout, plain_label, show_chart

NEIGHBOURS, COMPONENTS = "t-SNE (keeps neighbours together)", "PCA (principal components)"
TRUTH, CLASS, ANSWER = "True digit", "True class", "Answer"
PICKS: dict[str, tuple[Literal["points", "box", "lasso"], str | bool]] = {  # what is selected, and what a drag does
    "Click": ("points", False),
    "Box": ("box", "select"),
    "Lasso": ("lasso", "lasso"),
}
PICKED = "picked on the map"  # in the session: the model, and the indices of the points that are selected
OPENING = "_opening"  # in the session: one of them has been pressed
MAX_SHOWN = 120  # digits shown of a selection
HEIGHT = 560  # pixels
QUICK = 10_000  # digits that are placed in half a minute


@st.fragment
def show_map(evaluated: EvaluatedModel) -> None:
    """Show where the test digits lie, mistakes marked; what is selected is shown below."""
    noun, test_set = noun_of(evaluated.classes), evaluated.test_set
    if test_set.data_set and not test_digits.are_here(test_set):
        things = verbatim(test_set.data_set.things)
        st.info(f"For a map of the test {noun}s, the {things} are needed; they can be fetched above.")
        return
    digits = test_digits.find_for(evaluated)
    if digits is None:
        st.info(f"For a map, the {noun}s that it was evaluated on are needed; see above.")
        return
    truth = TRUTH if evaluated.classes == DIGITS else CLASS
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind = keep_choice("Projection", (NEIGHBOURS, COMPONENTS))
        by = keep_choice("Colour by", (truth, ANSWER))
        pick = keep_choice("Select by", tuple(PICKS))
    try:
        positions = find_positions(evaluated, digits, kind)
    except (MnistExplorerError, OSError) as error:
        st.error(verbatim(error))
        return
    if positions is None:
        return
    draw(evaluated, positions, evaluated.answers.labels if by == truth else evaluated.answers.given, pick)
    if evaluated.classes != DIGITS:
        show_legend(evaluated.classes)
    st.caption(
        f"Large points with a ring: misread. Click a {noun}, or draw a box or a lasso around many, to see them below."
    )
    show_picked(evaluated, digits)


def keep_choice(label: str, options: tuple[str, ...]) -> str:
    """Show a choice that is kept for the session."""
    chosen: str = st.segmented_control(
        label, options, default=options[0], required=True, key=f"map {label}", persist_state="session"
    )
    return chosen


def find_positions(evaluated: EvaluatedModel, digits: Digits, kind: str) -> NDArray[np.floating] | None:
    """Return where the digits lie on a map of that kind; None where it has yet to be made."""
    if kind == COMPONENTS:
        return insights.project_on_components(answering.load(evaluated.name), digits, evaluated.test_set.key)
    return kept_or_made(evaluated.name, digits, noun_of(evaluated.classes))


def kept_or_made(name: str, digits: Digits, noun: str) -> NDArray[np.floating] | None:
    """Return the neighbour map that lies beside the model, or offer to make it."""
    positions = insights.read_map(name, len(digits))
    if positions is None and (reason := why_not(Right.MAP)):
        st.info(f"This map has not been made yet. {verbatim(reason)}")
    elif positions is None:
        duration = "half a minute" if len(digits) <= QUICK else "a minute"
        st.info(f"This map is made once, which takes about {duration}, and is then kept beside the model.")
        if st.button("Make the map", type="primary"):
            with st.spinner(f"Placing {len(digits):,} {noun}s so that neighbours stay neighbours"):
                insights.make_map(answering.load(name), digits)
            st.rerun()
    return positions


def draw(evaluated: EvaluatedModel, positions: NDArray[np.floating], digits: NDArray[np.integer], pick: str) -> None:
    """Draw the points, coloured by a class each, and the classes' names where most of their points are."""
    palette, classes = colours(), evaluated.classes
    selection_mode, drag = PICKS[pick]
    wrong = ~evaluated.answers.right
    ringed = {"size": 9, "line": {"width": 2, "color": palette.text}}
    traces = [
        _points(positions, digits, np.flatnonzero(~wrong), evaluated, {"size": 4}),
        _points(positions, digits, np.flatnonzero(wrong), evaluated, ringed),
    ]
    hidden = {"visible": False, "fixedrange": True}
    size = 22 if classes == DIGITS else 14
    names = [
        {
            "x": float(x),
            "y": float(y),
            "text": f"<b>{plain_label(name)}</b>",
            "showarrow": False,
            "captureevents": False,
        }
        | {"font": {"size": size, "color": palette.text}, "bgcolor": palette.ground, "opacity": 0.85, "borderpad": 1}
        for digit, name in enumerate(classes)
        if (digits == digit).any()
        for x, y in [np.median(positions[digits == digit], axis=0)]
    ]
    layout = family_layout(palette, HEIGHT) | {
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": hidden,
        "yaxis": hidden,
        "dragmode": drag,
        "hovermode": "closest",
        "annotations": names,
    }
    show_chart(
        traces,
        layout,
        key=f"map of {evaluated.name}",
        alt=f"Map of the {len(digits):,} test {noun_of(classes)}s, {wrong.sum():,} of them misread",
        on_select=lambda picked: remember(evaluated, picked),
        selection_mode=selection_mode,
    )


def remember(evaluated: EvaluatedModel, picked: list[Any]) -> None:
    """Keep which points are selected; a browser can send anything."""
    count = len(evaluated.answers)
    indices = [index for index in picked if isinstance(index, int) and 0 <= index < count]
    st.session_state[PICKED] = (evaluated.name, indices)


def show_picked(evaluated: EvaluatedModel, digits: Digits) -> None:
    """Show the digits that are selected."""
    name, picked = st.session_state.get(PICKED, ("", []))
    if name != evaluated.name or not picked:
        return
    words = f"{len(picked):,} {noun_of(evaluated.classes)}{'' if len(picked) == 1 else 's'} picked on the map"
    st.markdown(f"**{words}**" + (f" Here are the first {MAX_SHOWN}." if len(picked) > MAX_SHOWN else ""))
    shown = sorted(picked, key=lambda index: bool(evaluated.answers.right[index]))[:MAX_SHOWN]  # the misread ones first
    show_gallery(tiles_of(evaluated, shown), digits.images[shown], name=words, key="picked", on_choose=open_picked)
    if st.session_state.pop(OPENING, False):
        st.rerun()  # the drawer belongs to the whole page


def open_picked(index: int) -> None:
    """Ask for a digit, and for the page to open it."""
    ask_for(index)
    st.session_state[OPENING] = True


def _points(
    positions: NDArray[np.floating],
    digits: NDArray[np.integer],
    among: NDArray[np.integer],
    evaluated: EvaluatedModel,
    marker: dict[str, Any],
) -> dict[str, Any]:
    """Describe some of the points: each in its class's colour, dimmed where others are selected."""
    tints = np.array(class_tints(len(evaluated.classes)))[digits[among]]
    names = [plain_label(name) for name in evaluated.classes]
    labels, given = evaluated.answers.labels[among], evaluated.answers.given[among]
    return {
        "type": "scattergl",
        "mode": "markers",
        "x": positions[among, 0],
        "y": positions[among, 1],
        "customdata": among.tolist(),
        "text": [f"{names[a]} read as {names[b]}" if a != b else names[a] for a, b in zip(labels, given, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": marker | {"color": tints.tolist()},
        "unselected": {"marker": {"opacity": 0.15}},
    }


def show_legend(classes: tuple[str, ...]) -> None:
    """Show the colour of each class beside its name."""
    dot = "display:inline-block;width:0.7rem;height:0.7rem;border-radius:50%;margin-right:0.35rem;background:"
    names = "".join(
        f'<span style="white-space:nowrap"><i style="{dot}{tint}"></i>{escape(name)}</span>'
        for name, tint in zip(classes, class_tints(len(classes)), strict=True)
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.2rem 0.9rem;font-size:0.9rem">{names}</div>')
