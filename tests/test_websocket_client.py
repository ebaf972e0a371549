"""The visitor without a browser, against the served app: what it says is what the app shows it."""

import re
import zipfile
from io import BytesIO

import pytest

from tests.support.drawing import canvas_state, example, seven_on_paper
from tests.support.websocket_client import Visitor


@pytest.fixture
def visitor(app_address):
    with Visitor(app_address) as visitor:
        yield visitor


def answer(visitor: Visitor) -> str:
    return re.search(r'data-testid="answer"[^>]*>(.)', visitor.words())[1]


def test_it_sees_the_page_that_it_opens_and_the_next(visitor):
    assert "What digit did I draw?" in visitor.words()
    visitor.open("mistakes", "true=4")
    assert "Which test digits does it get wrong?" in visitor.words()
    assert visitor.widgets()[visitor.find("true")].label == "True digit"


def test_what_it_draws_is_answered(visitor):
    assert answer(visitor) == "?"
    visitor.send_json("canvas", canvas_state(example("4")))
    assert answer(visitor) == "4"


def test_it_presses_a_button_once(visitor):
    visitor.press("example 8")
    assert answer(visitor) == "8"
    visitor.press("Clear")
    visitor.rerun()
    assert answer(visitor) == "?"


def test_it_presses_a_button_that_its_page_does_not_show(visitor):
    button = visitor.find("example 8")
    visitor.set("way", string_array_value=["Use a picture"])
    assert button not in visitor.widgets()
    visitor.press(button)
    visitor.set("way", string_array_value=["Draw"])
    assert answer(visitor) == "8"


def test_it_uploads_a_picture(visitor):
    visitor.set("way", string_array_value=["Use a picture"])
    assert visitor.upload("picture", "seven.png", seven_on_paper()) == 204
    assert "The digit was found here." in visitor.words()
    assert answer(visitor) == "7"


def test_two_are_two_sessions(app_address, visitor):
    with Visitor(app_address) as other:
        assert other.session_id != visitor.session_id
        visitor.press("example 1")
        other.rerun()
        assert (answer(visitor), answer(other)) == ("1", "?")


def test_it_takes_files_away_whether_they_lie_there_or_are_made_only_now(visitor):
    visitor.open("models", "models=quick")
    assert visitor.download("Card").startswith(b"{")
    assert zipfile.is_zipfile(BytesIO(visitor.download("Whole folder (zip)")))
