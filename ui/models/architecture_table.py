"""What a network is made of, as a table: each stage, what it does, and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from ui.theme import colours

if TYPE_CHECKING:
    from mnist_core.model.summary import Stage

# Beside others, a column with such a table goes below them before it is too narrow for it.
STYLE = """
<style>
.stages { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; font-size: 0.85rem }
.stages th, .stages td { padding: 0.3rem 0.75rem 0.3rem 0; text-align: left; vertical-align: top; border: 0;
    border-bottom: 1px solid LINE }
.stages th { color: FAINT; font-weight: 400 }
.stages .number { text-align: right; white-space: nowrap }
.stages .number:last-child { padding-right: 0 }
.stages .layers { color: FAINT }
@media (min-width: 641px) and (max-width: 900px) {
    [data-testid=stColumn]:has(table.stages) { min-width: 17rem }
}
</style>
"""


def show_architecture(stages: Sequence[Stage]) -> None:
    """Show the stages of a network, from the pixels to the answer."""
    palette = colours()
    rows = "".join(
        f'<tr><td>{escape(stage.name)}<div class="layers">{escape(_layers_in_words(stage))}</div></td>'
        f'<td class="number">{" × ".join(f"{side:,}" for side in stage.shape)}</td>'
        f'<td class="number">{f"{stage.parameters:,}" if stage.parameters else ""}</td></tr>'
        for stage in stages
    )
    st.html(
        '<table class="stages" aria-label="Architecture"><thead><tr><th>Architecture</th><th class="number">Gives</th>'
        f'<th class="number">Parameters</th></tr></thead><tbody>{rows}</tbody></table>'
        + STYLE.replace("LINE", palette.line).replace("FAINT", palette.faint)
    )


def _layers_in_words(stage: Stage) -> str:
    if stage.name == "pixels":
        return "the digit, ink 1 on 0"
    return ", ".join(stage.layers) or "only in training"
