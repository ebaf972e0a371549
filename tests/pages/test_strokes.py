"""What a stroke on the Draw page makes the server do, as a browser would see it."""

import gc
import shutil
from collections import Counter
from itertools import takewhile

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.serving import copy_app, served
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.store.layout import CHECKPOINT
from tests.support.drawing import canvas_state, example
from tests.support.places import APP
from tests.support.trainings import save_unfinished
from tests.support.websocket_client import Visitor
from ui import frame
from ui.services import answering, training_runs
from ui.widgets import charts


def draw(visitor, title):
    """Send an example as the canvas does after pen-up; returns what the run sends until it is over."""
    visitor.send_json("canvas", canvas_state(example(title)), wait=False)
    return list(takewhile(lambda message: not message.HasField("script_finished"), visitor.messages()))


def shown(visitor):
    return "".join(element.html.body for element in visitor.elements if element.HasField("html"))


def test_a_stroke_sends_what_changes_with_it_and_nothing_else(app_address):
    with Visitor(app_address) as visitor:
        draw(visitor, "3")
        messages = draw(visitor, "8")
    kinds = [message.delta.new_element.WhichOneof("type") for message in messages if message.HasField("delta")]
    assert Counter(kind for kind in kinds if kind) == {
        "bidi_component": 5,  # the canvas, its script, what hears the pen, what moves the bars, and what hears keys
        "button": 1,  # to say that the answer is right
        "html": 2,  # the answer, and what the network sees
        "plotly_chart": 1,
        "empty": 1,  # where the digits of a number are chosen
        "markdown": 1,  # the small print
        "button_group": 1,  # to look closer
        "page_link": 1,
    }
    assert len(messages) <= 31  # 47 were sent when buttons, picker and examples came with each stroke


def test_what_stays_is_still_there_after_a_stroke(app_address):
    with Visitor(app_address) as visitor:
        before = {identity.rsplit("-", 1)[-1] for identity in visitor.widgets()}
        draw(visitor, "3")
        assert before <= {identity.rsplit("-", 1)[-1] for identity in visitor.widgets()}
        visitor.press("Clear")
        assert "Draw a digit from 0 to 9" in shown(visitor)
        visitor.press("example 4")
        assert ">4</span>" in shown(visitor)
        visitor.set("plain", bool_value=True)
        assert "From this it would answer" in visitor.words()
        draw(visitor, "8")
        assert shown(visitor).count("<img") == 2


def test_whether_a_finished_model_is_learning_needs_no_look_at_any_folder(monkeypatch):
    monkeypatch.setattr(training_runs, "list_answering", lambda: pytest.fail("looked at the trainings"))
    assert not frame.is_learning("accurate")
    assert not frame.is_learning(None)


@pytest.fixture
def own_app(tmp_path):
    """The address of an app of its own, and its models folder."""
    copy_app(tmp_path)
    with served(tmp_path) as address:
        yield address, tmp_path / "models"


def test_a_stroke_to_a_model_that_is_gone_is_answered_by_another_one(own_app, tmp_path):
    address, models = own_app
    with Visitor(address) as visitor:
        shutil.move(models / "accurate", tmp_path)
        draw(visitor, "3")
        visitor.wait()  # for the run of the page that brings another picker
        assert "**mlp-plus** answers" in visitor.words()
        assert ">3</span>" in shown(visitor)


def test_a_stroke_is_answered_as_soon_as_the_model_can_be_read(own_app):
    address, models = own_app
    checkpoint = save_unfinished(models, seed=1, step=5).folder / CHECKPOINT
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[:-1])
    with Visitor(address, query="model=half+(unfinished)") as visitor:
        assert 'data-testid="answer"' not in shown(visitor)
        checkpoint.write_bytes(content)
        draw(visitor, "3")
        assert 'data-testid="answer"' in shown(visitor)


def test_the_collector_looks_no_more_through_what_the_first_page_has_loaded():
    gc.unfreeze()
    answering.spare_collector.clear()
    page = AppTest.from_file(APP, default_timeout=60).run()
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    page.run()
    assert gc.get_freeze_count() <= frozen  # those that are gone are not counted


@pytest.mark.parametrize("prediction", [None, Prediction(np.array([0.97, 0.03, *[0.0] * 8]), Verdict.SURE)])
def test_the_chart_that_nothing_checks_is_the_one_that_plotly_would_make(monkeypatch, prediction):
    figures = []
    monkeypatch.setattr(charts.st, "plotly_chart", lambda figure, **_: figures.append(figure))
    monkeypatch.setattr(charts, "_move", lambda **_: None)
    charts.show_probabilities(prediction, key="probabilities", before=prediction)
    (sent,) = (figure.to_dict() for figure in figures)
    described = {name: value for name, value in sent["layout"].items() if name != "template"}
    assert sent == go.Figure({"data": sent["data"], "layout": described}).to_dict()
