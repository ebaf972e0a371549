"""A map of the test digits: those that lie close together are much alike to the network's last hidden layer."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.errors import MnistExplorerError
from mnist_core.evaluation.metrics import Answers
from mnist_core.rights import Right, why_not
from ui.mistakes.digit_drawer import ask_for
from ui.mistakes.gallery import show_gallery, tiles_of
from ui.services import answering, insights, mnist_digits
from ui.services.catalogue import EvaluatedModel
from ui.text import verbatim
from ui.theme import colours
from ui.widgets.charts import family_layout, show_chart

NEIGHBOURS, COMPONENTS = "t-SNE (keeps neighbours together)", "PCA (principal components)"
TRUTH, ANSWER = "True digit", "Answer"
PICKS: dict[str, tuple[Literal["points", "box", "lasso"], str | bool]] = {  # what is selected, and what a drag does
    "Click": ("points", False),
    "Box": ("box", "select"),
    "Lasso": ("lasso", "lasso"),
}
PICKED = "picked on the map"  # in the session: the model, and the indices of the points that are selected
OPENING = "_opening"  # in the session: one of them has been pressed
MAX_SHOWN = 120  # digits shown of a selection
HEIGHT = 560  # pixels


@st.fragment
def show_map(evaluated: EvaluatedModel) -> None:
    """Show where the test digits lie, mistakes marked; what is selected is shown below."""
    if not mnist_digits.are_here():
        st.info("For a map of the test digits, the MNIST digits are needed; they can be fetched above.")
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind = choose("Projection", (NEIGHBOURS, COMPONENTS))
        by = choose("Colour by", (TRUTH, ANSWER))
        pick = choose("Select by", tuple(PICKS))
    try:
        positions = find_positions(evaluated.name, kind)
    except (MnistExplorerError, OSError) as error:
        st.error(verbatim(error))
        return
    if positions is None:
        return
    draw(evaluated, positions, evaluated.answers.labels if by == TRUTH else evaluated.answers.given, pick)
    st.caption(
        "Large points with a ring: misread. Click a digit, or draw a box or a lasso around many, to see them below."
    )
    show_picked(evaluated)


def choose(label: str, options: tuple[str, ...]) -> str:
    """Show a choice that is kept for the session."""
    chosen: str = st.segmented_control(
        label, options, default=options[0], required=True, key=f"map {label}", persist_state="session"
    )
    return chosen


def find_positions(name: str, kind: str) -> NDArray[np.floating] | None:
    """Return where the digits lie on a map of that kind; None where it has yet to be made."""
    return insights.project_on_components(answering.load(name)) if kind == COMPONENTS else kept_or_made(name)


def kept_or_made(name: str) -> NDArray[np.floating] | None:
    """Return the neighbour map that lies beside the model, or offer to make it."""
    positions = insights.read_map(name)
    if positions is None and (reason := why_not(Right.MAP)):
        st.info(f"This map has not been made yet. {verbatim(reason)}")
    elif positions is None:
        st.info("This map is made once, which takes about half a minute, and is then kept beside the model.")
        if st.button("Make the map", type="primary"):
            with st.spinner("Placing 10,000 digits so that neighbours stay neighbours"):
                insights.make_map(answering.load(name))
            st.rerun()
    return positions


def draw(evaluated: EvaluatedModel, positions: NDArray[np.floating], digits: NDArray[np.integer], pick: str) -> None:
    """Draw the points, coloured by a digit each, and the digits' names where most of their points are."""
    palette = colours()
    selection_mode, drag = PICKS[pick]
    wrong = ~evaluated.answers.right
    ringed = {"size": 9, "line": {"width": 2, "color": palette.text}}
    traces = [
        _points(positions, digits, np.flatnonzero(~wrong), evaluated.answers, {"size": 4}),
        _points(positions, digits, np.flatnonzero(wrong), evaluated.answers, ringed),
    ]
    hidden = {"visible": False, "fixedrange": True}
    names = [
        {"x": float(x), "y": float(y), "text": f"<b>{digit}</b>", "showarrow": False, "captureevents": False}
        | {"font": {"size": 22, "color": palette.text}, "bgcolor": palette.ground, "opacity": 0.85, "borderpad": 1}
        for digit in range(10)
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
        alt=f"Map of the {len(digits):,} test digits, {wrong.sum():,} of them misread",
        on_select=lambda picked: remember(evaluated, picked),
        selection_mode=selection_mode,
    )


def remember(evaluated: EvaluatedModel, picked: list[Any]) -> None:
    """Keep which points are selected; a browser can send anything."""
    count = len(evaluated.answers)
    indices = [index for index in picked if isinstance(index, int) and 0 <= index < count]
    st.session_state[PICKED] = (evaluated.name, indices)


def show_picked(evaluated: EvaluatedModel) -> None:
    """Show the digits that are selected."""
    name, picked = st.session_state.get(PICKED, ("", []))
    digits = mnist_digits.find("test")
    if name != evaluated.name or not picked or digits is None:
        return
    words = f"{len(picked):,} digit{'' if len(picked) == 1 else 's'} picked on the map"
    st.markdown(f"**{words}**" + (f" Here are the first {MAX_SHOWN}." if len(picked) > MAX_SHOWN else ""))
    shown = sorted(picked, key=lambda index: bool(evaluated.answers.right[index]))[:MAX_SHOWN]  # the misread ones first
    show_gallery(
        tiles_of(evaluated.answers, shown), digits.images[shown], name=words, key="picked", on_choose=open_picked
    )
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
    answers: Answers,
    marker: dict[str, Any],
) -> dict[str, Any]:
    """Describe some of the points: each in its digit's colour, dimmed where others are selected."""
    tints = np.array(colours().digits)[digits[among]]
    labels, given = answers.labels[among], answers.given[among]
    return {
        "type": "scattergl",
        "mode": "markers",
        "x": positions[among, 0],
        "y": positions[among, 1],
        "customdata": among.tolist(),
        "text": [f"{a} read as {b}" if a != b else str(a) for a, b in zip(labels, given, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": marker | {"color": tints.tolist()},
        "unselected": {"marker": {"opacity": 0.15}},
    }
