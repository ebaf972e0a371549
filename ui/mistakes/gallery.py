"""Hundreds of digits at once, each of them a button: on the page as one picture cut into tiles, on paper as a PNG."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mnist_core.alphabets import noun_of
from ui.assets import read_asset
from ui.services.catalogue import EvaluatedModel
from ui.text import percent
from ui.theme import LIGHT
from ui.widgets.digit_tiles import Tile, tiles_data
from ui.widgets.pillow_text import Font, spell
from ui.widgets.tiles import as_png, on_paper

SHEET_ACROSS, SHEET_TILE = 10, 84  # the PNG: digits in a row, and their side in pixels
CAPTION = 58  # pixels below each
ARROW = ">"  # Pillow's own font has no →


def tiles_of(
    evaluated: EvaluatedModel, indices: Sequence[int] | NDArray[np.integer], details: Sequence[str] | None = None
) -> list[Tile]:
    """Say of each of these digits what it is, what was answered, and how sure, or another detail of each."""
    answers, classes, kind = evaluated.answers, evaluated.classes, f"Test {noun_of(evaluated.classes)}"
    given, right, disputed = answers.given, answers.right, evaluated.disputed
    details = details or [percent(float(confidence)) for confidence in answers.confidences[list(indices)]]
    tiles = []
    for index, detail in zip(map(int, indices), details, strict=True):
        answer, label = classes[given[index]], classes[answers.labels[index]]
        headline = answer if right[index] else f"{label} → {answer}"
        mark = "label disputed" if index in disputed else ""
        tiles.append(Tile(index, headline, not right[index], detail, mark, kind))
    return tiles


_show = st.components.v2.component(
    "digit_gallery",
    html='<div class="grid" role="group"></div>',
    css=read_asset("widgets/digit_tiles.css"),
    js=read_asset("widgets/roving_focus.js") + read_asset("widgets/digit_tiles.js") + read_asset("mistakes/gallery.js"),
)


def show_gallery(
    tiles: Sequence[Tile],
    images: NDArray[np.uint8],
    *,
    name: str,
    key: str,
    on_choose: Callable[[int], None],
) -> None:
    """Show the digits `(N, 28, 28)` as tiles; `on_choose` is called with the index of the one that is pressed.

    `name` says to a screen reader what they are. It scrolls by itself, so that what is below can be reached.
    """

    def choose() -> None:
        chosen = st.session_state[key].get("chosen")
        if isinstance(chosen, int) and chosen in {tile.index for tile in tiles}:  # a browser can send anything
            on_choose(chosen)

    _show(key=key, data=tiles_data(tiles, images, name), on_chosen_change=choose)


def gallery_as_png(tiles: Sequence[Tile], images: NDArray[np.uint8], title: str) -> bytes:
    """Return the gallery as a picture for a slide or a sheet of paper: white, with the title above."""
    font, small = ImageFont.load_default(15), ImageFont.load_default(12)
    rows = -(-len(tiles) // SHEET_ACROSS)
    step_x, step_y = SHEET_TILE + 12, SHEET_TILE + CAPTION
    sheet = Image.new("RGB", (SHEET_ACROSS * step_x + 12, rows * step_y + 50), "white")
    pen = ImageDraw.Draw(sheet)
    pen.text((12, 14), title, LIGHT.text, font)
    for place, (tile, image) in enumerate(zip(tiles, images, strict=True)):
        x, y = 12 + place % SHEET_ACROSS * step_x, 46 + place // SHEET_ACROSS * step_y
        large = Image.fromarray(on_paper(image)).resize((SHEET_TILE, SHEET_TILE), Image.Resampling.NEAREST)
        sheet.paste(large, (x, y))
        tint = LIGHT.wrong if tile.is_wrong else LIGHT.text
        pen.text((x, y + SHEET_TILE + 2), _fit(_spell(tile.headline, font), font), tint, font)
        pen.text((x, y + SHEET_TILE + 20), f"{tile.detail}\n{tile.mark}", LIGHT.faint, small)
    return as_png(np.asarray(sheet))


def _spell(headline: str, font: Font) -> str:
    """Return a headline in which what the font has no letter for, such as arrows, is called by its name."""
    parts = (spell(part, font) for part in headline.split(" → "))
    return f" {ARROW} ".join(parts)


def _fit(words: str, font: Font) -> str:
    """Return words that are no wider than a tile, cut short where they must be."""
    if font.getlength(words) <= SHEET_TILE:
        return words
    kept = len(words)
    while font.getlength(f"{words[:kept]}...") > SHEET_TILE:
        kept -= 1
    return f"{words[:kept]}..."
