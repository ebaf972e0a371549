"""A convolutional network at work: each layer as a stack of feature maps, every number of which can be pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from ui.assets import read_asset
from ui.inside.sight import anchor
from ui.text import describe_layer, number, percent
from ui.theme import colours
from ui.widgets.answer import describe_answer
from ui.widgets.heatmaps import as_light, sprite

if TYPE_CHECKING:
    from mnist_core.explain.activations import Activations
    from mnist_core.model.prediction import Prediction

Place = tuple[str, tuple[int, ...]]  # a layer, and a unit of it
ACROSS = 16  # maps in a row of the picture that is sent
SIDES = ((20, 58), (9, 46), (4, 38), (0, 29))  # pixels of a tile for maps of at least so many pixels a side

_show = st.components.v2.component(
    "feature_maps",
    html='<div class="layer"></div>',
    css=read_asset("inside/feature_maps.css"),
    js=read_asset("widgets/roving_focus.js") + read_asset("inside/feature_maps.js"),
)


def show_feature_maps(
    layers: Sequence[Activations],
    prediction: Prediction,
    *,
    chosen: Place,
    key: str,
    on_choose: Callable[[str, tuple[int, ...]], None],
    explain: Callable[[], None],
) -> None:
    """Show each layer's maps under its name, size and cost, and `explain` beneath the layer that has the chosen unit.

    `on_choose` gets the layer and unit that is pressed.
    """
    st.caption(
        "Each square is a feature map, what one filter finds in the layer before: brighter means more active. Press a "
        "place in it to see how that number was made. The maps of a layer share one scale. Below each answer is its "
        "logit."
    )
    shapes = {layer.name: layer.values.shape for layer in layers}
    for layer in layers:
        with st.container(key=anchor(layer.name)):
            _show_layer(layer, prediction, chosen, shapes, f"{key} {layer.name}", on_choose)
            if layer.name == chosen[0]:
                explain()


def _show_layer(
    layer: Activations,
    prediction: Prediction,
    chosen: Place,
    shapes: dict[str, tuple[int, ...]],
    key: str,
    on_choose: Callable[[str, tuple[int, ...]], None],
) -> None:
    palette = colours()
    _show(
        key=key,
        data={
            "layer": _maps(layer) if layer.values.ndim == 3 else _answers(layer, prediction),
            "across": ACROSS,
            "chosen": [chosen[0], list(chosen[1])],
            "faint": palette.faint,
            "line": palette.line,
            "wrong": palette.wrong,
            "answer": describe_answer(prediction).colour,
        },
        on_chosen_change=lambda: take_chosen(key, shapes, on_choose),
    )


def take_chosen(
    key: str, shapes: dict[str, tuple[int, ...]], on_choose: Callable[[str, tuple[int, ...]], None]
) -> None:
    """Tell which layer and unit was pressed in the component of that key, where it is one of these layers'."""
    if place := place_from_browser(st.session_state[key].get("chosen"), shapes):
        on_choose(*place)


def place_from_browser(sent: object, shapes: dict[str, tuple[int, ...]]) -> Place | None:
    """Return the unit that was pressed, if it is one: a browser can send anything."""
    match sent:
        case [str(layer), list(unit)] if layer in shapes and is_unit(unit, shapes[layer]):
            return layer, tuple(unit)
    return None


def is_unit(unit: Sequence[Any], shape: tuple[int, ...]) -> bool:
    """Tell whether there is such a place among numbers of this shape."""
    if len(unit) != len(shape):
        return False
    return all(type(place) is int and 0 <= place < size for place, size in zip(unit, shape, strict=True))


def _maps(layer: Activations) -> dict[str, Any]:
    """Describe a layer's maps; all of them share one scale, so that a dark map says less than a light one."""
    count, height, width = layer.values.shape
    tiles = []
    for index, values in enumerate(layer.values):
        row, column = np.unravel_index(values.argmax(), values.shape)
        tiles.append(
            {"alt": f"Map {index}, at most {values.max():.2f}", "strongest": [int(row), int(column)]},
        )
    return {
        "name": layer.name,
        "detail": describe_layer(layer),
        "picture": sprite(as_light(layer.values, float(layer.values.max())), min(ACROSS, count)),
        "size": [height, width],
        "side": next(side for least, side in SIDES if height >= least),
        "tiles": tiles,
    }


def _answers(layer: Activations, prediction: Prediction) -> dict[str, Any]:
    tiles = []
    for number_of_class, (name, value) in enumerate(zip(prediction.classes, layer.values, strict=True)):
        share = percent(float(prediction.probabilities[number_of_class]))
        tiles.append(
            {
                "alt": f"Answer {name}: {number(float(value), 1)} (logit), {share}",  # as it is seen, and more
                "name": name,
                "share": number(float(value), 1),
                "is_answer": number_of_class == prediction.digit,
            }
        )
    return {"name": layer.name, "detail": describe_layer(layer), "picture": "", "tiles": tiles}
