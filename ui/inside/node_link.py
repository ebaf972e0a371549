"""A perceptron at work, as the original app drew it: nodes that stand for about twenty neurons each, and links."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.preprocessing.raster import as_bytes
from ui.assets import read_asset
from ui.inside.feature_maps import Place, place_from_browser
from ui.text import describe_layer, percent
from ui.theme import Colours, colours
from ui.widgets.answer import describe_answer
from ui.widgets.tiles import as_png, data_url, on_paper

if TYPE_CHECKING:
    from mnist_core.explain.node_link import Diagram, NodeLayer
    from mnist_core.model.prediction import Prediction

WIDTH, HEIGHT, TOP = 570, 400, 36  # of the drawing, which is scaled to the room
PICTURE = 126  # the digit's side, at the left edge
PICTURE_TOP = TOP + (HEIGHT - TOP - PICTURE) // 2
FIRST, LAST = 190, 440  # where the first hidden layer and the answers stand
Point = tuple[float, float]

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
) -> None:
    """Show the diagram; `on_choose` gets the layer of a node that is pressed, and its neuron that says most."""
    shapes = {layer.activations.name: layer.activations.values.shape for layer in diagram.layers[1:]}

    def choose() -> None:
        place = place_from_browser(st.session_state[key].get("chosen"), shapes)
        if place:
            on_choose(*place)

    _show(key=key, data={"svg": as_svg(diagram, prediction, chosen, colours())}, on_chosen_change=choose)
    st.caption(
        "A node stands for about twenty neurons: the fuller, the more they say. Only the strongest lines are drawn: in "
        "the accent colour what pushes up, in the warm one what pushes down. Press a node to follow its number."
    )
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
            f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke-opacity="{0.15 + 0.7 * share:.2f}" '
            f'stroke="{palette.answer if link.contribution > 0 else palette.wrong}" '
            f'stroke-width="{0.6 + 2.6 * share:.1f}"/>'
        )
    image = data_url(as_png(on_paper(as_bytes(diagram.layers[0].activations.values[0]))))
    square = f'y="{PICTURE_TOP}" width="{PICTURE}" height="{PICTURE}"'
    picture = f'<image href="{image}" {square} style="image-rendering:pixelated;opacity:0.8"/>'
    columns = "".join(
        column(layer, where, prediction, chosen, palette, is_answer=layer is diagram.layers[-1])
        for layer, where in zip(diagram.layers[1:], places[1:], strict=True)
    )
    first = columns.replace('tabindex="-1"', 'tabindex="0"', 1)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="The network at work on this digit">'
        f'<rect {square} fill="#0a0a0a"/>{"".join(lines)}{picture}{first}</svg>'
    )


def node_places(place: int, layer: NodeLayer, count: int) -> list[Point]:
    """Return where the nodes of the layer stand; those of the pixels lie on the digit's picture."""
    nodes = len(layer.levels)
    if place == 0:
        across = round(nodes**0.5)
        step = PICTURE / across
        return [((node % across + 0.5) * step, PICTURE_TOP + (node // across + 0.5) * step) for node in range(nodes)]
    x = FIRST + (LAST - FIRST) * (place - 1) / (count - 2)
    room = HEIGHT - TOP - 8
    step = min(room / nodes, 40)
    top = TOP + (room - step * nodes) / 2
    return [(x, top + (node + 0.5) * step) for node in range(nodes)]


def share_of(level: float, most: float) -> float:
    """Return how full a node is, 0…1; in a layer that says nothing, none is."""
    return max(level / most, 0.0) if most > 0 else 0.0


def column(
    layer: NodeLayer, places: list[Point], prediction: Prediction, chosen: Place, palette: Colours, *, is_answer: bool
) -> str:
    """Return a layer's nodes, the lighter or darker the more they say, under its name."""
    name = layer.activations.name
    most = float(layer.levels.max())
    parts = [f'<text x="{places[0][0]:.0f}" y="20" text-anchor="middle" font-weight="600">{escape(name)}</text>']
    for node, (x, y) in enumerate(places):
        unit = int(layer.loudest[node])
        is_chosen = chosen[0] == name and layer.groups[chosen[1][0]] == node
        level = float(prediction.probabilities[node]) if is_answer else share_of(float(layer.levels[node]), most)
        said = f"Answer {node}: {percent(level)}" if is_answer else f"{name}, node {node}: {layer.levels[node]:.2f}"
        tint = describe_answer(prediction).colour if is_answer and node == prediction.digit else palette.text
        ring = palette.wrong if is_chosen else palette.faint
        parts.append(
            f'<g role="button" id="node-{escape(name)}-{node}" data-layer="{escape(name)}" data-unit="{unit}" '
            f'tabindex="-1" aria-label="{escape(said)}" aria-pressed="{str(is_chosen).lower()}"><title>{escape(said)}'
            f'</title><circle cx="{x:.0f}" cy="{y:.0f}" r="{9 if is_answer else 5}" fill="{palette.ground}"/>'
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{9 if is_answer else 5}" fill="{tint}" fill-opacity="{level:.2f}" '
            f'stroke="{ring}" stroke-width="{3 if is_chosen else 1}"/></g>'
        )
        if is_answer:
            bold = ' font-weight="600"' if node == prediction.digit else ""
            parts.append(
                f'<text x="{x + 18:.0f}" y="{y + 5:.0f}"{bold} style="fill:{tint}">{node}'
                f'<tspan dx="8" style="fill:{palette.faint}">{percent(level)}</tspan></text>'
            )
    return "".join(parts)
