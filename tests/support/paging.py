"""Opening pages without a browser, and reading what is on them, shared by their tests."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.support.places import APP
from ui import frame

TIMEOUT = 60  # seconds


def open_page(file: str, **address: str) -> AppTest:
    """Open a page with what its address asks for; a name that Python has for itself ends in _."""
    at = AppTest.from_file(APP, default_timeout=TIMEOUT).switch_page(f"pages/{file}")
    for key, value in address.items():
        at.query_params[key.rstrip("_")] = value
    return run(at)


def run(at: AppTest) -> AppTest:
    """Run the page in its frame: it would run itself anew to get there, and a pressed button would be forgotten."""
    at.session_state[frame.FRAMED] = True
    at.run()
    assert not at.exception
    return at


def press(at: AppTest, label: str) -> AppTest:
    """Press the first button of that label."""
    next(button for button in at.button if button.label == label).click()
    return run(at)


def html(at: AppTest) -> str:
    """Return all that is written as HTML, with its tags; not the style of all pages, which names every colour."""
    return " ".join(element.proto.body for element in at.get("html") if ":root" not in element.proto.body)


def words(at: AppTest) -> str:
    """Return all that a page says: titles, text, messages, commands, and what is written as HTML."""
    headings = (at.title, at.header, at.subheader)
    kinds = (*headings, at.markdown, at.caption, at.warning, at.info, at.error, at.success, at.code)
    return " ".join(str(element.value) for kind in kinds for element in kind) + html(at)
