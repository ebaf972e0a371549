"""What a network is made of, as a table: each layer, what it does, and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from ui.widgets.html_table import html_table

if TYPE_CHECKING:
    from mnist_core.model.summary import Layer

# Beside others, a column with such a table goes below them before it is too narrow for it.
CSS = """
.layers { width: 100%; font-size: 0.85rem }
.layers th, .layers td { padding: 0.3rem 0.75rem 0.3rem 0; vertical-align: top }
.layers .number:last-child { padding-right: 0 }
.layers .modules { color: FAINT }
@media (min-width: 641px) and (max-width: 900px) {
    [data-testid=stColumn]:has(table.layers) { min-width: 17rem }
}
"""


def show_architecture(layers: Sequence[Layer], noun: str) -> None:
    """Show the layers of a network, from the pixels of a digit, or what its noun is, to the answer."""
    heads = ("<th>Architecture</th>", '<th class="number">Output</th>', '<th class="number">Parameters</th>')
    rows = (
        f'<tr><td>{escape(layer.name)}<div class="modules">{escape(_describe_modules(layer, noun))}</div></td>'
        f'<td class="number">{" × ".join(f"{side:,}" for side in layer.shape)}</td>'
        f'<td class="number">{f"{layer.parameters:,}" if layer.parameters else ""}</td></tr>'
        for layer in layers
    )
    st.html(html_table("layers", heads, rows, css=CSS, label="Architecture"))


def _describe_modules(layer: Layer, noun: str) -> str:
    if layer.name == "pixels":
        return f"the {noun}, ink 1 on 0"
    return ", ".join(layer.modules) or "only in training"
