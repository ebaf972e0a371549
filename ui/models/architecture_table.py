"""What a network is made of, as a table: each layer, what it does, and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from ui.theme import colours

if TYPE_CHECKING:
    from mnist_core.model.summary import Layer

# Beside others, a column with such a table goes below them before it is too narrow for it.
STYLE = """
<style>
.layers { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; font-size: 0.85rem }
.layers th, .layers td { padding: 0.3rem 0.75rem 0.3rem 0; text-align: left; vertical-align: top; border: 0;
    border-bottom: 1px solid LINE }
.layers th { color: FAINT; font-weight: 400 }
.layers .number { text-align: right; white-space: nowrap }
.layers .number:last-child { padding-right: 0 }
.layers .modules { color: FAINT }
@media (min-width: 641px) and (max-width: 900px) {
    [data-testid=stColumn]:has(table.layers) { min-width: 17rem }
}
</style>
"""


def show_architecture(layers: Sequence[Layer]) -> None:
    """Show the layers of a network, from the pixels to the answer."""
    palette = colours()
    rows = "".join(
        f'<tr><td>{escape(layer.name)}<div class="modules">{escape(_describe_modules(layer))}</div></td>'
        f'<td class="number">{" × ".join(f"{side:,}" for side in layer.shape)}</td>'
        f'<td class="number">{f"{layer.parameters:,}" if layer.parameters else ""}</td></tr>'
        for layer in layers
    )
    st.html(
        '<table class="layers" aria-label="Architecture"><thead><tr><th>Architecture</th><th class="number">Gives</th>'
        f'<th class="number">Parameters</th></tr></thead><tbody>{rows}</tbody></table>'
        + STYLE.replace("LINE", palette.line).replace("FAINT", palette.faint)
    )


def _describe_modules(layer: Layer) -> str:
    if layer.name == "pixels":
        return "the digit, ink 1 on 0"
    return ", ".join(layer.modules) or "only in training"
