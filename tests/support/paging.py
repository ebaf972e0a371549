"""Opening pages without a browser, shared by the tests of those that are not the first."""

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
