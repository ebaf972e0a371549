"""What functions say of themselves: their docstrings are what a visitor reads."""

from __future__ import annotations


def paragraphs(documented: object) -> list[str]:
    """Return the paragraphs of a docstring, each in one line; none where there is no docstring."""
    return [" ".join(paragraph.split()) for paragraph in (documented.__doc__ or "").split("\n\n")]
