"""A convolutional network at work: each stage as a stack of feature maps, every number of which can be pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from ui.text import number, percent, stage_in_words
from ui.theme import colours
from ui.widgets.heatmaps import as_light, sprite
from ui.widgets.roving_focus import WALK

if TYPE_CHECKING:
    from mnist_core.explain.activations import Activations
    from mnist_core.model.prediction import Prediction

Place = tuple[str, tuple[int, ...]]  # a stage, and a unit of it
ACROSS = 16  # maps in a row of the picture that is sent
SIDES = ((20, 58), (9, 46), (4, 38), (0, 29))  # pixels of a tile for maps of at least so many pixels a side

_show = st.components.v2.component(
    "feature_maps",
    html='<div class="stages"></div>',
    css="""
    .stages { font-family: var(--st-font); color: var(--st-text-color); display: grid; gap: 12px }
    .head { display: flex; flex-wrap: wrap; gap: 0 10px; font-size: 14px; line-height: 1.5; margin-bottom: 3px }
    .head b { font-weight: 600 }
    .head span { color: var(--faint); font-variant-numeric: tabular-nums }
    .tiles { display: flex; flex-wrap: wrap; gap: 3px }
    button { all: unset; box-sizing: border-box; cursor: crosshair; position: relative; border-radius: 2px }
    button:hover { outline: 2px solid var(--faint) }
    button:focus-visible { outline: 2px solid var(--st-primary-color) }
    .map { background-repeat: no-repeat; image-rendering: pixelated; background-origin: border-box;
        border: 1px solid #8886 }
    .chosen { outline: 2px solid var(--wrong) !important }
    .mark { position: absolute; box-sizing: border-box; border: 2px solid var(--wrong); pointer-events: none }
    .digit { width: 52px; text-align: center; border: 1px solid var(--line); padding: 2px 0 4px; cursor: pointer }
    .digit .name { font-size: 18px; font-weight: 600; line-height: 1.3 }
    .digit .share { font-size: 12px; color: var(--faint); font-variant-numeric: tabular-nums }
    .answer .name { color: var(--st-primary-color) }
    """,
    js=WALK
    + """
    export default function ({ data, parentElement, setTriggerValue }) {
        const root = parentElement.querySelector(".stages")
        for (const name of ["faint", "line", "wrong"]) root.style.setProperty(`--${name}`, data[name])
        const make = (kind, name, text, into) => {
            const part = document.createElement(kind)
            part.className = name
            part.textContent = text
            into.append(part)
            return part
        }
        const share = (place, places) => places > 1 ? `${place / (places - 1) * 100}%` : "0"
        const focused = parentElement.getRootNode().activeElement?.dataset
        const wanted = focused && [focused.stage, focused.place]
        const narrow = root.clientWidth < 500  // a phone
        root.replaceChildren()
        for (const stage of data.stages) {
            const block = make("div", "stage", "", root)
            const head = make("div", "head", "", block)
            make("b", "", stage.name, head)
            make("span", "", stage.detail, head)
            const tiles = make("div", "tiles", "", block)
            tiles.setAttribute("role", "group")
            tiles.setAttribute("aria-label", `${stage.name}: ${stage.detail}`)
            const across = Math.min(data.across, stage.tiles.length), rows = Math.ceil(stage.tiles.length / across)
            stage.tiles.forEach((tile, place) => {
                const button = make("button", stage.picture ? "map" : "digit", "", tiles)
                button.setAttribute("aria-label", tile.alt)
                button.dataset.stage = stage.name
                button.dataset.place = place
                const is_chosen = data.chosen[0] === stage.name && data.chosen[1][0] === place
                button.classList.toggle("chosen", is_chosen)
                button.setAttribute("aria-pressed", is_chosen)
                if (stage.picture) {
                    const side = Math.round(stage.side * (narrow ? 0.72 : 1)), [height, width] = stage.size
                    button.style.cssText += `width:${side}px;height:${side}px;background-image:url(${stage.picture});`
                        + `background-size:${across * 100}% ${rows * 100}%;background-position:`
                        + `${share(place % across, across)} ${share(Math.floor(place / across), rows)}`
                    if (is_chosen) {
                        const [, row, column] = data.chosen[1], mark = make("div", "mark", "", button)
                        mark.style.cssText += `left:${column / width * side - 2}px;top:${row / height * side - 2}px;`
                            + `width:${side / width + 4}px;height:${side / height + 4}px`
                    }
                    button.onclick = event => {
                        const at = (offset, count) =>
                            Math.max(0, Math.min(count - 1, Math.floor(offset / side * count)))
                        const box = button.getBoundingClientRect()
                        const pressed = event.detail  // 0 from the keyboard: then its strongest place
                            ? [at(event.clientY - box.top, height), at(event.clientX - box.left, width)]
                            : tile.strongest
                        setTriggerValue("chosen", [stage.name, [place, ...pressed]])
                    }
                } else {
                    make("div", "name", tile.name, button)
                    make("div", "share", tile.share, button)
                    button.classList.toggle("answer", tile.is_answer)
                    button.onclick = () => setTriggerValue("chosen", [stage.name, [place]])
                }
                if (wanted && wanted[0] === stage.name && wanted[1] === `${place}`) queueMicrotask(() => button.focus())
            })
            walkWithArrows(tiles)
        }
    }
    """,
)


def show_feature_maps(
    stages: Sequence[Activations],
    prediction: Prediction,
    *,
    chosen: Place,
    key: str,
    on_choose: Callable[[str, tuple[int, ...]], None],
) -> None:
    """Show each stage's maps under its name, size and cost; `on_choose` gets the stage and unit that is pressed."""
    palette = colours()
    shapes = {stage.name: stage.values.shape for stage in stages}

    def choose() -> None:
        place = place_from_browser(st.session_state[key].get("chosen"), shapes)
        if place:
            on_choose(*place)

    _show(
        key=key,
        data={
            "stages": [_maps(stage) if stage.values.ndim == 3 else _answers(stage, prediction) for stage in stages],
            "across": ACROSS,
            "chosen": [chosen[0], list(chosen[1])],
            "faint": palette.faint,
            "line": palette.line,
            "wrong": palette.wrong,
        },
        on_chosen_change=choose,
    )
    st.caption(
        "Each tile is a feature map: the lighter, the more it says there. Press a place in it to follow that number. "
        "The tiles of a stage share one scale. Below each answer is its logit."
    )


def place_from_browser(sent: Any, shapes: dict[str, tuple[int, ...]]) -> Place | None:
    """Return the unit that was pressed, if it is one: a browser can send anything."""
    match sent:
        case [str(stage), [*unit]] if stage in shapes and is_unit(unit, shapes[stage]):
            return stage, tuple(unit)
    return None


def is_unit(unit: Sequence[Any], shape: tuple[int, ...]) -> bool:
    """Tell whether there is such a place among numbers of this shape."""
    if len(unit) != len(shape):
        return False
    return all(type(place) is int and 0 <= place < size for place, size in zip(unit, shape, strict=True))


def _maps(stage: Activations) -> dict[str, Any]:
    """Describe a stage's maps; all of them share one scale, so that a dark map says less than a light one."""
    count, height, width = stage.values.shape
    tiles = []
    for index, values in enumerate(stage.values):
        row, column = np.unravel_index(values.argmax(), values.shape)
        tiles.append(
            {"alt": f"Map {index}, at most {values.max():.2f}", "strongest": [int(row), int(column)]},
        )
    return {
        "name": stage.name,
        "detail": stage_in_words(stage),
        "picture": sprite(as_light(stage.values, float(stage.values.max())), min(ACROSS, count)),
        "size": [height, width],
        "side": next(side for least, side in SIDES if height >= least),
        "tiles": tiles,
    }


def _answers(stage: Activations, prediction: Prediction) -> dict[str, Any]:
    tiles = []
    for digit, value in enumerate(stage.values):
        share = percent(float(prediction.probabilities[digit]))
        tiles.append(
            {
                "alt": f"Answer {digit}: {share}, logit {number(float(value))}",
                "name": str(digit),
                "share": number(float(value), 1),
                "is_answer": digit == prediction.digit,
            }
        )
    return {"name": stage.name, "detail": stage_in_words(stage), "picture": "", "tiles": tiles}
