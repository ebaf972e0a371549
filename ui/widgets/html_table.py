"""Tables as HTML, all of one family: hairlines, quiet heads, figures that line up."""

from __future__ import annotations

from collections.abc import Iterable

from ui.theme import colours

# KIND is the table's class; a column of class `number` is set right.
FAMILY = """
.KIND { border-collapse: collapse; font-variant-numeric: tabular-nums }
.KIND th, .KIND td { padding: 0.4rem 1.5rem 0.4rem 0; text-align: left; border: 0; border-bottom: 1px solid LINE }
.KIND th { color: FAINT; font-weight: 400; font-size: 0.85rem }
.KIND .number { text-align: right; white-space: nowrap }
"""


def html_table(kind: str, heads: Iterable[str], rows: Iterable[str], *, css: str = "", label: str = "") -> str:
    """Return a table of that class with its style; `heads` are `<th>…</th>`, `rows` `<tr>…</tr>` each.

    In `css`, which may say more than the family does, LINE, FAINT, ANSWER and OTHER are the theme's colours. `label`
    tells a screen reader what the table is.
    """
    palette = colours()
    style = FAMILY.replace("KIND", kind) + css
    for name in ("line", "faint", "answer", "other"):
        style = style.replace(name.upper(), getattr(palette, name))
    named = f' aria-label="{label}"' if label else ""
    return (
        f'<table class="{kind}"{named}><thead><tr>{"".join(heads)}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f"<style>{style}</style>"
    )
