"""One number of a network, followed back: what it was made from, and the arithmetic that made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.alphabets import noun_of
from mnist_core.data.mnist import SIDE
from ui.inside.map_cells import show_cells
from ui.inside.sight import EXPLAINED
from ui.text import describe_unit, number
from ui.theme import colours
from ui.widgets.heatmaps import as_colours, as_light
from ui.widgets.html_table import html_table
from ui.widgets.tiles import show_picture

if TYPE_CHECKING:
    from mnist_core.explain.activations import Activations, Sum

MAX_SHOWN = 6  # inputs shown in either direction
FURTHER = 3  # inputs in either direction that have a button
PIECES = 6  # input maps shown with their piece and filter
TILE = 120  # pixels
PIECE = 48
SIGNS = "Green: positive. Orange: negative."
Choose = Callable[[str, tuple[int, ...]], None]

CSS = """
.contributions { font-size: 0.95rem }
.contributions th, .contributions td { padding: 0.2rem 1.1rem 0.2rem 0; text-align: right }
.contributions th:first-child, .contributions td:first-child { text-align: left; white-space: nowrap }
@media (max-width: 1100px) { .contributions th, .contributions td { padding-right: 0.6rem } }
"""


def show_one_number(
    layers: Sequence[Activations], layer: str, found: Sum, classes: tuple[str, ...], on_choose: Choose
) -> None:
    """Show how a number was made: the arithmetic, the inputs that raised and lowered it most, and its own map.

    `on_choose` gets the layer and unit of another number that is to be followed: in the same map, or an input.
    """
    values = next(each.values for each in layers if each.name == layer)
    words = describe_unit(layer, found.unit, classes)
    with st.container(key=EXPLAINED, border=True):
        st.markdown(f"**{words[0].upper()}{words[1:]}: {number(found.value)}**  \n{describe_arithmetic(found)}")
        with st.container(horizontal=True, gap="medium"):
            if values.ndim == 3:
                show_map(layer, values, found.unit, on_choose)
            if found.inputs.ndim == 3 and len(found.inputs) == 1:
                show_single(found, noun_of(classes))
            elif values.ndim == 3:
                show_pieces(found)
        show_contributions(found)
        below = before(layers, layer)
        if below != layers[0].name:
            offer_to_go_on(found, below, on_choose)


def before(layers: Sequence[Activations], layer: str) -> str:
    """Return the name of the layer that a layer's inputs come from: the last before it that has weights."""
    names = [each.name for each in layers if each.parameters or each is layers[0]]
    return names[names.index(layer) - 1]


def signed(value: float) -> str:
    """Say a contribution."""
    return f"+{value:.2f}" if value > 0 else number(value)


def plus(value: float) -> str:
    """Say what is added or taken away."""
    return f"{'plus' if value >= 0 else 'minus'} {abs(value):.2f}"


def describe_arithmetic(found: Sum) -> str:
    """Say how the number came to be, step by step."""
    words = f"{found.inputs.size:,} inputs, each times its weight, add up to {number(float(found.products.sum()))}"
    if found.bias:
        words += f"; with the bias {number(found.bias)} that is {number(found.steps[0].value)}"
    for step in found.steps[1:]:
        through = f"passes it on: {number(step.value)}" if step.value > 0 else "turns all that is negative into 0"
        words += {
            "pool": "; it is the largest of its square, and max pooling keeps only that",
            "norm": f"; normalised, {number(step.scale)} times that {plus(step.shift)} is {number(step.value)}",
            "relu": f"; ReLU {through}",
        }[step.operation]
    return f"{words}."


def show_map(layer: str, values: NDArray[np.float32], unit: tuple[int, ...], on_choose: Choose) -> None:
    """Show the map that the number is in, so large that another of its numbers can be pressed."""
    with st.container(width="content", gap="xsmall"):
        st.caption(f"Map {unit[0]}: press another place in it")
        show_cells(layer, values, unit, key=f"cells {layer}", on_choose=on_choose)


def show_single(found: Sum, noun: str) -> None:
    """Show what the unit looks at, its weights as a picture, and the one times the other."""
    looked, weights, products = found.inputs[0], found.weights[0], found.products[0]
    with st.container(width="content", gap="xsmall"):
        with st.container(horizontal=True, gap="small"):
            for title, pixels in (
                (f"The {noun}" if len(looked) == SIDE else "What it looks at", as_light(looked, 1.0)),
                ("× weights", as_colours(weights, float(np.abs(weights).max()))),
                ("= contributions", as_colours(products, float(np.abs(products).max()))),
            ):
                with st.container(width=TILE, gap="xsmall"):
                    st.caption(title)
                    show_picture(pixels, title, width=TILE)
        st.caption(SIGNS)


def show_pieces(found: Sum) -> None:
    """Show the pieces of the maps that contribute most, either way, over the filter that each is multiplied by."""
    sums = found.products.sum((1, 2))
    channels = np.argsort(-np.abs(sums), kind="stable")[:PIECES]
    light, strong = float(found.inputs.max()), float(np.abs(found.weights[channels]).max())
    with st.container(width=PIECES * (PIECE + 16), gap="xsmall"):
        st.caption(
            "The maps that contribute most: the part of each that this number sees, above the filter weights that it "
            f"is multiplied by. {SIGNS}"
        )
        with st.container(horizontal=True, gap="small"):
            for channel in map(int, channels):
                with st.container(width=PIECE, gap="xsmall"):
                    show_picture(as_light(found.inputs[channel], light), f"Map {channel}, a part", width=PIECE)
                    show_picture(as_colours(found.weights[channel], strong), f"Map {channel}, the filter", width=PIECE)
                    st.caption(f"map {channel}  \n{signed(float(sums[channel]))}")


def show_contributions(found: Sum) -> None:
    """Show which inputs raised the number most, and which lowered it."""
    up, down = strongest(found, MAX_SHOWN)
    left, right = st.columns(2, gap="medium")
    with left:
        show_table("Raised it", up, found, colours().answer)
    with right:
        show_table("Lowered it", down, found, colours().wrong)


def offer_to_go_on(found: Sum, below: str, on_choose: Choose) -> None:
    """Show a button for each of the strongest inputs, to follow it in turn."""
    up, down = strongest(found, FURTHER)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Follow further back", width="content")
        for place in up + down:
            where = where_in(found, place)
            words = describe_input(where, found)
            st.button(words, on_click=on_choose, args=(below, where), key=f"follow {below} {where}")


def strongest(found: Sum, count: int) -> tuple[list[int], list[int]]:
    """Return the places of the inputs that raised the number most, and that lowered it most."""
    products = found.products.reshape(-1)
    order = np.argsort(-products, kind="stable")
    up = [int(place) for place in order[:count] if products[place] > 0]
    down = [int(place) for place in order[::-1][:count] if products[place] < 0]
    return up, down


def show_table(title: str, places: list[int], found: Sum, tint: str) -> None:
    """Show some inputs, each with its weight and its contribution, and what all others of its sign contribute."""
    if not places:
        st.caption(f"{title}: nothing.")
        return
    inputs, weights, products = (each.reshape(-1) for each in (found.inputs, found.weights, found.products))
    rows = [
        f"<tr><td>{describe_input(where_in(found, place), found)}</td><td>{number(float(inputs[place]))}</td>"
        f'<td>{number(float(weights[place]))}</td><td style="color:{tint};font-weight:600">'
        f"{signed(float(products[place]))}</td></tr>"
        for place in places
    ]
    alike = products[np.sign(products) == np.sign(products[places[0]])]
    if more := len(alike) - len(places):
        rest = float(alike.sum() - products[places].sum())
        rows.append(f"<tr><td>{more:,} more</td><td></td><td></td><td>{signed(rest)}</td></tr>")
    heads = (f"<th>{head}</th>" for head in (title, "activation", "× weight", "contribution"))
    st.html(html_table("contributions", heads, rows, css=CSS))


def where_in(found: Sum, place: int) -> tuple[int, ...]:
    """Return where the n-th input stands in the layer that it comes from."""
    where = tuple(int(each) for each in np.unravel_index(place, found.inputs.shape))
    return where if len(where) == 1 else (where[0], where[1] + found.corner[0], where[2] + found.corner[1])


def describe_input(where: tuple[int, ...], found: Sum) -> str:
    """Say which number of the layer before an input is."""
    if len(where) == 1:
        return f"neuron {where[0]}"
    channel, row, column = where
    return f"pixel {row}, {column}" if len(found.inputs) == 1 else f"map {channel} at {row}, {column}"
