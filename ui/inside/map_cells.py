"""One feature map, so large that each of its numbers can be aimed at with a finger."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.assets import read_asset
from ui.inside.feature_maps import take_chosen
from ui.text import number
from ui.theme import colours
from ui.widgets.heatmaps import as_light
from ui.widgets.tiles import as_png, data_url

MIN_CELL, MAX_CELL = 24, 48  # pixels; the least that a finger can aim at
WANTED = 240  # pixels a side, where the cells allow it

_show = st.components.v2.component(
    "map_cells",
    html='<div class="box"><div class="cells" role="group"></div></div>',
    css=read_asset("inside/map_cells.css"),
    js=read_asset("widgets/roving_focus.js") + read_asset("inside/map_cells.js"),
)


def show_cells(
    layer: str,
    values: NDArray[np.float32],
    unit: tuple[int, ...],
    *,
    key: str,
    on_choose: Callable[[str, tuple[int, ...]], None],
) -> None:
    """Show the map that a unit of a layer `(C, H, W)` is in, with the unit marked; a press on a cell chooses it."""
    channel, row, column = unit
    shown = values[channel]
    height, width = shown.shape

    _show(
        key=key,
        data={
            "name": f"Map {channel} of {layer}",
            "picture": data_url(as_png(as_light(shown, float(values.max())))),
            "size": [height, width],
            "side": min(MAX_CELL, max(MIN_CELL, WANTED // width)),
            "labels": [
                f"Row {place // width}, column {place % width}: {number(float(value))}"
                for place, value in enumerate(shown.reshape(-1))
            ],
            "layer": layer,
            "unit": [channel, row, column],
            "wrong": colours().wrong,
        },
        on_chosen_change=lambda: take_chosen(key, {layer: values.shape}, on_choose),
    )
