"""The time machine without a browser: what it shows of a run, at any moment, and what where there is nothing."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.alphabets import CHARACTERS, with_article
from mnist_core.model.light import predict_light
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.recipe import preset
from mnist_core.rights import VARIABLE
from mnist_core.store.layout import SNAPSHOTS, VALIDATION_OVER_TIME
from mnist_core.store.models import load_light_model
from mnist_core.store.runs import State, create_run, end_run
from mnist_core.store.snapshots import SnapshotRecorder, read_snapshots
from tests.support.paging import run, words
from tests.support.places import APP, PROJECT
from ui.inputs.examples import EXAMPLES
from ui.services import mnist_digits, training_runs

TIMEOUT = 60  # seconds


@pytest.fixture(autouse=True)
def workshop(monkeypatch, shelf) -> Path:
    """A models folder with `classic` in it, and no digits."""
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    monkeypatch.setattr(mnist_digits, "are_here", lambda: False)
    monkeypatch.setattr(training_runs, "is_measuring", lambda: False)
    monkeypatch.setattr(training_runs, "estimate", lambda _: None)
    return shelf


def open_machine() -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=TIMEOUT)
    at.switch_page("pages/training.py")
    run(at)
    at.toggle(key="time machine").set_value(True)
    run(at)
    return at


def slider(at):
    return next(each for each in at.get("select_slider") if "after step" in each.label)


def test_it_says_what_was_read_at_the_moment_that_is_chosen():
    at = open_machine()
    model = load_light_model("classic")
    kept = read_snapshots(PROJECT / "models" / "classic", model.tensors)
    digit = digit_from_strokes(EXAMPLES["7"], 18)
    now = predict_light(model, digit)
    assert f"After step 8,600 it reads an example as **{with_article(now.name)}**" in words(at)
    assert "another training by this recipe" in words(at)  # the shipped one comes from another processor
    slider(at).set_value(0)
    run(at)
    assert "After step 0 it reads an example as **" in words(at)
    assert len(slider(at).options) == len(kept.steps) + 1
    assert slider(at).options[1] == f"{kept.steps[1]:,}"


def test_accuracy_and_confusion_are_those_of_the_moment():
    at = open_machine()
    assert "98.52 %" in words(at)  # of the validation digits, as the card's history says
    slider(at).set_value(0)
    run(at)
    assert "98.52 %" not in words(at)


def test_what_was_not_counted_yet_is_offered_where_the_digits_are(workshop, monkeypatch):
    (workshop / "classic" / VALIDATION_OVER_TIME).unlink()
    at = open_machine()
    assert "To count them, the MNIST digits are needed" in words(at)
    monkeypatch.setattr(mnist_digits, "are_here", lambda: True)
    run(at)
    assert "Count them" in [button.label for button in at.button]
    monkeypatch.setenv(VARIABLE, "public")
    run(at)
    assert "Count them" not in [button.label for button in at.button]


def test_damaged_snapshots_are_said_and_break_nothing(workshop):
    (workshop / "classic" / SNAPSHOTS).write_bytes(b"nothing")
    at = open_machine()
    assert not at.exception
    assert "it does not hold this network at moments of its training" in at.error[0].value


def test_snapshots_that_answer_with_no_number_are_said_too(workshop):
    """A variance below 0, as only a stranger would make it."""
    shutil.copytree(PROJECT / "models" / "quick", workshop / "quick")
    tensors = dict(load_light_model("quick").tensors)
    name = next(name for name in tensors if name.endswith("running_var"))
    recorder = SnapshotRecorder.begin(10, "", tensors)
    recorder.record(0, tensors | {name: np.full_like(tensors[name], -5)})
    (workshop / "quick" / SNAPSHOTS).write_bytes(recorder.content)
    at = open_machine()
    at.multiselect[0].set_value(["quick"])
    run(at)
    assert not at.exception
    assert "answers with what is no number" in at.error[0].value


def test_without_snapshots_it_says_what_is_needed(workshop):
    (workshop / "classic" / SNAPSHOTS).unlink()
    at = AppTest.from_file(str(APP), default_timeout=TIMEOUT)
    at.switch_page("pages/training.py")
    run(at)
    assert "A training that keeps snapshots can be gone through here" in words(at)
    assert "time machine" not in [toggle.key for toggle in at.toggle]


def test_a_run_without_a_network_yet_has_no_moments(workshop):
    stopped = create_run("half", "classic", preset("classic"), workshop)
    shutil.copy(workshop / "classic" / SNAPSHOTS, stopped.folder / SNAPSHOTS)
    end_run(stopped, State.STOPPED)
    at = AppTest.from_file(str(APP), default_timeout=TIMEOUT)
    at.switch_page("pages/training.py")
    run(at)
    at.multiselect[0].set_value(["half"])
    run(at)
    assert not at.exception
    assert "time machine" not in [toggle.key for toggle in at.toggle]


def test_of_many_classes_the_rows_are_those_that_got_most_in_the_order_of_the_last_moment():
    open_machine()
    from ui.training.time_machine import choose_rows  # which can be imported once Streamlit runs

    shares = np.full((3, 47), 0.001)
    shares[2, [5, 40, 7]] = 0.6, 0.3, 0.05
    shares[1, [20, 21, 22, 23]] = 0.2
    shares[0, 46] = 0.01  # little, but the answer then
    shares[1, 30:40] = 0.02
    rows = choose_rows(shares, 0)
    assert len(rows) == 10
    assert rows[:3] == [5, 40, 7]
    assert {20, 21, 22, 23, 46} < set(rows)
    assert 46 not in choose_rows(shares, 2)
    assert choose_rows(shares[:, :10], 0) == list(range(10))


def test_names_of_classes_are_shown_as_they_are(monkeypatch):
    open_machine()
    from ui.training import time_machine  # which can be imported once Streamlit runs

    classes = ("<b>x</b>", "**x**", *CHARACTERS[:9], "A name of twenty ch.")
    shares = np.eye(12)[:2] * 0.9 + 0.005
    said, drawn = [], {}
    monkeypatch.setattr(time_machine.st, "markdown", said.append)
    monkeypatch.setattr(time_machine.st, "caption", said.append)
    monkeypatch.setattr(
        time_machine, "show_chart", lambda traces, layout, **more: drawn.update(layout | traces[0] | more)
    )
    time_machine.show_reading(shares, (0, 5), 0, "an example", classes)
    assert said[0].startswith(r"After step 0 it reads an example as **a \<b\>x\</b\>** (90 %); as a \*\*x\*\*")
    assert said[1] == "Of 12 classes, the 10 that got most at any moment."
    assert "&lt;b&gt;x&lt;/b&gt;" in drawn["y"]  # to Plotly, <b> is bold
    assert drawn["annotations"][0]["text"] == "▾ **x**"
    assert len(drawn["z"]) == len(drawn["y"]) == 10
