"""The scripts and style sheets of the components, which lie beside the Python that shows them."""

from __future__ import annotations

from pathlib import Path

UI = Path(__file__).parent


def read_asset(path: str) -> str:
    """Return the text of a file of this package: "mistakes/gallery.js" → its script.

    Components read theirs as they are imported, so the server has to be started again to see a change. Streamlit takes
    the text itself: paths only from components that are installed packages. Scripts may be joined, being one module.
    """
    return (UI / path).read_text(encoding="utf-8")
