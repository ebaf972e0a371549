"""What the pages read from disk, while others write there."""

import os
from threading import Event, Thread

import numpy as np
import pytest

from mnist_core.recipe import preset
from mnist_core.store import training_lock
from ui.services import answering, catalogue, stamps, training_runs


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


def test_an_answer_does_not_wait_until_a_training_has_been_timed(monkeypatch):
    began, answered = Event(), Event()

    def estimate(_):
        began.set()
        return 5.0 if answered.wait(20) else 0.0

    monkeypatch.setattr(training_runs, "_estimate", estimate)
    training_runs.estimate_seconds.clear()
    seconds = []
    visitor = Thread(target=lambda: seconds.append(training_runs.estimate_seconds(preset("classic"))))
    visitor.start()
    assert began.wait(20)
    answering.ask(answering.load("classic"), np.eye(28, dtype=np.float32))
    answered.set()
    visitor.join()
    training_runs.estimate_seconds.clear()
    assert seconds == [5.0]
