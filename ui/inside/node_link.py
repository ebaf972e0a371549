"""A perceptron at work, as the original app drew it: nodes that stand for about twenty neurons each, and links."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnist_core.preprocessing.raster import as_bytes
from ui.assets import read_asset
from ui.inside.feature_maps import Place, take_chosen
from ui.inside.sight import anchor
from ui.text import describe_layer, percent, shorten
from ui.theme import LIGHT, Colours, colours
from ui.widgets.answer import describe_answer
from ui.widgets.charts import bar_label
from ui.widgets.tiles import as_png, data_url, on_paper

if TYPE_CHECKING:
    from mnist_core.explain.node_link import Diagram, NodeLayer
    from mnist_core.model.prediction import Prediction

# Heights are pixels and widths shares of the room, so that nodes and words keep their size on a phone.
HEIGHT, TOP = 440, 40
PICTURE = 105  # the digit's side, at the left edge
PICTURE_TOP = TOP + (HEIGHT - TOP - PICTURE) // 2
FIRST, LAST = 36.5, 76.5  # % of the width, where the first hidden layer and the answers stand
TARGET = 24  # pixels a side of what can be pressed; the least that a finger can aim at
LONGEST_NAME = 11  # letters of a class beside its node; a phone has room for no more
SHORT_NAME = 2  # letters beside which a figure has room there, too
ASIDE = 3.4  # % of the width that every other node stands to the right, and the rest to the left, where they are many
Point = tuple[str, float]
ALL_LAYERS = "all"

_show = st.components.v2.component(
    "node_link",
    html='<div class="drawing"></div>',
    css=read_asset("inside/node_link.css"),
    js=read_asset("inside/node_link.js"),
)


def show_node_link(
    diagram: Diagram,
    prediction: Prediction,
    *,
    chosen: Place,
    key: str,
    on_choose: Callable[[str, tuple[int, ...]], None],
    explain: Callable[[], None],
) -> None:
    """Show the diagram and, beneath it, `explain`.

    `on_choose` gets the layer of a node that is pressed, and its most active neuron.
    """
    palette = colours()
    shapes = {layer.activations.name: layer.activations.values.shape for layer in diagram.layers[1:]}

    st.caption(
        f"Each node stands for about twenty neurons; {'darker' if palette is LIGHT else 'lighter'} means more active. "
        "Only the strongest connections are drawn: green ones raise what they lead to, orange ones lower it. Press a "
        "node to see how the number of its most active neuron was made."
    )
    with st.container(key=anchor(ALL_LAYERS)):
        _show(
            key=key,
            data={"svg": as_svg(diagram, prediction, chosen, palette)},
            on_chosen_change=lambda: take_chosen(key, shapes, on_choose),
        )
        explain()
    st.caption(
        "  \n".join(f"**{layer.activations.name}** {describe_layer(layer.activations)}" for layer in diagram.layers[1:])
    )


def as_svg(diagram: Diagram, prediction: Prediction, chosen: Place, palette: Colours) -> str:
    """Return the diagram as SVG: the digit at the left, its strongest links to the hidden nodes, the answers right."""
    places = [node_places(place, layer, len(diagram.layers)) for place, layer in enumerate(diagram.layers)]
    strongest = [
        max((abs(link.contribution) for link in diagram.links if link.layer == layer), default=1.0)
        for layer in range(len(diagram.layers))
    ]
    lines = []
    for link in diagram.links:
        (x1, y1), (x2, y2) = places[link.layer][link.source], places[link.layer + 1][link.target]
        share = abs(link.contribution) / strongest[link.layer]
        lines.append(
            f'<line x1="{x1}" y1="{y1:.0f}" x2="{x2}" y2="{y2:.0f}" stroke-opacity="{0.15 + 0.7 * share:.2f}" '
            f'stroke="{palette.answer if link.contribution > 0 else palette.wrong}" '
            f'stroke-width="{0.6 + 2.6 * share:.1f}"/>'
        )
    image = data_url(as_png(on_paper(as_bytes(diagram.layers[0].activations.values[0]))))
    square = f'y="{PICTURE_TOP}" width="{PICTURE}" height="{PICTURE}"'
    picture = f'<image href="{image}" {square} style="image-rendering:pixelated;opacity:0.8"/>'
    names = "".join(
        column_name(layer.activations.name, where, is_odd=bool(place % 2))
        for place, (layer, where) in enumerate(zip(diagram.layers[1:], places[1:], strict=True))
    )
    columns = "".join(
        column(layer, where, prediction, chosen, palette, is_answer=layer is diagram.layers[-1])
        for layer, where in zip(diagram.layers[1:], places[1:], strict=True)
    )
    first = columns.replace('tabindex="-1"', 'tabindex="0"', 1)
    return (
        f'<svg height="{HEIGHT}" role="group" aria-label="The network at work on this {prediction.noun}">'
        f'<rect {square} fill="#0a0a0a"/>{"".join(lines)}{picture}{names}{first}</svg>'
    )


def node_places(place: int, layer: NodeLayer, count: int) -> list[Point]:
    """Return where the nodes of the layer stand; those of the pixels lie on the digit's picture.

    Nodes that are too many for one column stand in two, so that each can be aimed at.
    """
    nodes = len(layer.levels)
    if place == 0:
        across = round(nodes**0.5)
        step = PICTURE / across
        return [
            (f"{(node % across + 0.5) * step:.0f}", PICTURE_TOP + (node // across + 0.5) * step)
            for node in range(nodes)
        ]
    x = FIRST + (LAST - FIRST) * (place - 1) / (count - 2)
    room = HEIGHT - TOP - 8
    step = min(room / nodes, 40)
    aside = ASIDE if step < TARGET else 0
    top = TOP + (room - step * nodes) / 2
    return [(f"{x + (aside if node % 2 else -aside):.1f}%", top + (node + 0.5) * step) for node in range(nodes)]


def share_of(level: float, most: float) -> float:
    """Return how active a node is beside the most active, 0…1; in a layer that is silent, none is."""
    return max(level / most, 0.0) if most > 0 else 0.0


def column(
    layer: NodeLayer, places: list[Point], prediction: Prediction, chosen: Place, palette: Colours, *, is_answer: bool
) -> str:
    """Return a layer's nodes, each the darker the more active, or in the dark theme the lighter."""
    name = layer.activations.name
    most = float(layer.levels.max())
    parts = []
    for node, (x, y) in enumerate(places):
        unit = int(layer.loudest[node])
        is_chosen = chosen[0] == name and layer.groups[chosen[1][0]] == node
        answers = np.flatnonzero(layer.groups == node) if is_answer else np.array([])
        if is_answer:
            level = float(prediction.probabilities[answers].sum())
            label = prediction.classes[unit] if len(answers) == 1 else f"{len(answers)} more"
            said = f"{f'Answer {label}' if len(answers) == 1 else f'{label} answers'}: {percent(level)}"
        else:
            level, label = share_of(float(layer.levels[node]), most), ""
            said = f"{name}, node {node}: {layer.levels[node]:.2f}"
        is_best = prediction.digit in answers
        tint = describe_answer(prediction).colour if is_best else palette.text
        ring = palette.wrong if is_chosen else palette.faint
        circle = f'<circle cx="{x}" cy="{y:.0f}" r="{10 if is_answer else 6}"'
        parts.append(
            f'<g role="button" id="node-{escape(name)}-{node}" data-layer="{escape(name)}" data-unit="{unit}" '
            f'tabindex="-1" aria-label="{escape(said)}" aria-pressed="{str(is_chosen).lower()}"><title>{escape(said)}'
            f'</title><rect x="{x}" y="{y:.0f}" width="{TARGET}" height="{TARGET}"/>{circle} fill="{palette.ground}"/>'
            f'{circle} fill="{tint}" fill-opacity="{level:.2f}" stroke="{ring}" '
            f'stroke-width="{3 if is_chosen else 1}"/></g>'
        )
        if is_answer:
            bold, shown = ' font-weight="600"' if is_best else "", shorten(label, LONGEST_NAME)
            kind = ' class="long"' if len(label) > SHORT_NAME else ""
            parts.append(
                f'<text{kind} x="{x}" y="{y + 5:.0f}" dx="16"{bold} style="fill:{tint}">{escape(shown)}'
                f'<tspan dx="8" style="fill:{palette.faint}">{bar_label(level)}</tspan></text>'
            )
    return "".join(parts)


def column_name(name: str, places: list[Point], *, is_odd: bool) -> str:
    """Return a layer's name over the middle of its nodes; on a phone every other one stands higher."""
    sides = {float(x.rstrip("%")) for x, _ in places}
    middle = sum(sides) / len(sides)
    kind = "name odd" if is_odd else "name"
    return f'<text class="{kind}" x="{middle:.1f}%" y="28" text-anchor="middle" font-weight="600">{escape(name)}</text>'
