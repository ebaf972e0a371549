"""What the pages read from disk, while others write there."""

import os
from threading import Event

import numpy as np
import pytest

from mnist_core.errors import TrainingError
from mnist_core.recipe import NETWORKS, preset
from mnist_core.store import training_lock
from mnist_core.store.drawings import NO_DIGIT, add_drawings, keep_strokes
from mnist_core.training import speed
from mnist_core.training.speed import Estimate, NetworkSpeed, Speed
from tests.support.trainings import wait_for
from ui.services import answering, catalogue, kept_drawings, stamps, training_runs

SEVEN = [[(60.0, 60.0), (200.0, 60.0), (120.0, 230.0)]]


def test_a_stamp_changes_with_a_file_in_a_model_and_not_with_a_hidden_folder(shelf):
    before = stamps.stamp_folder(shelf)
    assert len(before) == 2
    (shelf / ".upload-1").mkdir()
    assert len(stamps.stamp_folder(shelf)) == 2
    (shelf / "classic" / "more").touch()
    assert stamps.stamp_folder(shelf)[1] != before[1]
    assert stamps.stamp_folder(shelf / "nowhere") == ()


def test_what_cannot_be_looked_at_counts_as_not_there(shelf):
    before = stamps.stamp_folder(shelf)
    (shelf / "loop").symlink_to("loop")
    (shelf / "dangling").symlink_to("nowhere")
    assert [path for path, *_ in stamps.stamp_folder(shelf)] == [path for path, *_ in before]


def test_a_folder_that_vanishes_during_a_look_counts_as_not_there(shelf, monkeypatch):
    look = os.scandir

    def look_and_lose(folder):
        (shelf / "brief").mkdir()
        entries = list(look(folder))
        (shelf / "brief").rmdir()
        return entries

    monkeypatch.setattr(os, "scandir", look_and_lose)
    assert [os.fsdecode(path) for path, *_ in stamps.stamp_folder(shelf)] == [str(shelf), str(shelf / "classic")]


@pytest.mark.parametrize("name", ["gone", "loop"])
def test_weights_that_have_just_gone_have_no_size(shelf, monkeypatch, name):
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    (shelf / "loop").symlink_to("loop")
    assert catalogue.measure_weights(name) == 0
    assert catalogue.measure_weights("classic") == (shelf / "classic" / "weights.safetensors").stat().st_size


def test_where_the_lock_cannot_be_looked_at_no_page_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(training_lock, "lock_folder", lambda: tmp_path)
    (tmp_path / "training.lock").mkdir()
    training_runs.forget_holder()
    assert training_runs.find_holder() is None
    training_runs.forget_holder()


@pytest.fixture
def unmeasured():
    """A machine that has not been measured, before the test and after it."""
    training_runs._speed.clear()
    yield
    training_runs._speed.clear()


@pytest.mark.usefixtures("unmeasured")
def test_nobody_waits_until_the_machine_has_been_measured_and_whatever_is_asked_one_measurement_tells(monkeypatch):
    measured, answered = [], Event()

    def measure():
        measured.append(answered.wait(20))
        return Speed(1.0, 0.0, 0.0, dict.fromkeys(NETWORKS, NetworkSpeed(0.0, 0.0, 0.0)), is_shared=True)

    monkeypatch.setattr(speed, "measure_speed", measure)
    assert training_runs.estimate(preset("classic")) is None
    assert training_runs.is_measuring()
    answering.ask(answering.load("classic"), np.eye(28, dtype=np.float32))
    answered.set()
    wait_for(lambda: not training_runs.is_measuring())
    asked = [training_runs.estimate(preset(name, batch_size=size)) for name in NETWORKS for size in (2, 500, 10_000)]
    assert set(asked) == {Estimate(1.0, is_least=True)}
    assert measured == [True]


@pytest.mark.usefixtures("unmeasured")
def test_what_a_training_interrupted_is_measured_anew_once_that_is_over(monkeypatch):
    found = Speed(1.0, 0.0, 0.0, dict.fromkeys(NETWORKS, NetworkSpeed(0.0, 0.0, 0.0)), is_shared=False)
    outcomes, running = [None, found], [training_lock.Holder("other", "/models", 1)]
    monkeypatch.setattr(speed, "measure_speed", lambda: outcomes.pop(0))
    monkeypatch.setattr(training_runs, "find_holder", lambda: running[0] if running else None)
    training_runs.is_measuring()
    wait_for(lambda: not training_runs.is_measuring())
    assert training_runs.estimate(preset("classic")) is None
    assert outcomes == [found]
    running.clear()
    wait_for(lambda: not training_runs.is_measuring())
    assert training_runs.estimate(preset("classic")) == Estimate(1.0, is_least=False)


@pytest.mark.usefixtures("unmeasured")
def test_a_machine_that_could_not_be_measured_has_no_estimates(monkeypatch):
    def fail():
        raise TrainingError("Too busy.")

    monkeypatch.setattr(speed, "measure_speed", fail)
    training_runs.is_measuring()
    wait_for(lambda: not training_runs.is_measuring())
    assert training_runs.estimate(preset("classic")) is None


def test_kept_drawings_are_read_anew_when_their_file_changes(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_DRAWINGS", str(tmp_path))
    assert kept_drawings.read().kept == ()
    seven = keep_strokes(SEVEN, 18, "7")
    add_drawings([seven], tmp_path)
    assert kept_drawings.read().kept == (seven,)
    assert kept_drawings.read() is kept_drawings.read()


def test_a_model_is_asked_once_about_a_drawing_and_answers_many_as_it_answers_one(monkeypatch):
    loaded = answering.load("classic")
    drawings = [keep_strokes([[(x + turn, y) for x, y in SEVEN[0]], [(0, 0), (turn, 9)]], 18, "7") for turn in (5, 40)]
    drawings.append(keep_strokes([[(0, 0), (50, 90), (100, 0)]], 18, NO_DIGIT))
    kept_drawings._remember.clear()
    monkeypatch.setattr(kept_drawings, "FEW", 0)
    answers = kept_drawings.answers_to(loaded, drawings)
    monkeypatch.setattr(answering, "ask", None)  # which would fail
    monkeypatch.setattr(kept_drawings, "predict_all", None)
    again = kept_drawings.answers_to(loaded, drawings[::-1])[::-1]
    monkeypatch.undo()
    for drawing, answer, repeated in zip(drawings, answers, again, strict=True):
        alone, _ = answering.ask(loaded, digit_of(drawing))
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-5)
        assert answer.probabilities is repeated.probabilities
        assert answer.verdict == alone.verdict
        assert answer.label == (None if drawing.label == NO_DIGIT else 7)


def digit_of(drawing):
    return kept_drawings.images_of([drawing])[0].astype(np.float32) / np.float32(255)
