"""What the pages read from disk, while others write there."""

import os
from threading import Event, Thread

import numpy as np
import pytest

from mnist_core.recipe import preset
from mnist_core.store import training_lock
from ui.services import loaders


def test_a_stamp_changes_with_a_file_in_a_model_and_not_with_a_hidden_folder(shelf):
    before = loaders.stamp_of(shelf)
    assert len(before) == 2
    (shelf / ".upload-1").mkdir()
    assert len(loaders.stamp_of(shelf)) == 2
    (shelf / "classic" / "more").touch()
    assert loaders.stamp_of(shelf)[1] != before[1]
    assert loaders.stamp_of(shelf / "nowhere") == ()


def test_what_cannot_be_looked_at_counts_as_not_there(shelf):
    before = loaders.stamp_of(shelf)
    (shelf / "loop").symlink_to("loop")
    (shelf / "dangling").symlink_to("nowhere")
    assert [path for path, *_ in loaders.stamp_of(shelf)] == [path for path, *_ in before]


def test_a_folder_that_vanishes_during_a_look_counts_as_not_there(shelf, monkeypatch):
    look = os.scandir

    def look_and_lose(folder):
        (shelf / "brief").mkdir()
        entries = list(look(folder))
        (shelf / "brief").rmdir()
        return entries

    monkeypatch.setattr(os, "scandir", look_and_lose)
    assert [os.fsdecode(path) for path, *_ in loaders.stamp_of(shelf)] == [str(shelf), str(shelf / "classic")]


@pytest.mark.parametrize("name", ["gone", "loop"])
def test_weights_that_have_just_gone_have_no_size(shelf, monkeypatch, name):
    monkeypatch.setattr(loaders, "MODELS_DIR", shelf)
    (shelf / "loop").symlink_to("loop")
    assert loaders.weights_bytes(name) == 0
    assert loaders.weights_bytes("classic") == (shelf / "classic" / "weights.safetensors").stat().st_size


def test_where_the_lock_cannot_be_looked_at_no_page_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(training_lock, "lock_folder", lambda: tmp_path)
    (tmp_path / "training.lock").mkdir()
    loaders.forget_running()
    assert loaders.running_now() is None
    loaders.forget_running()


def test_an_answer_does_not_wait_until_a_training_has_been_timed(monkeypatch):
    began, answered = Event(), Event()

    def estimate(_):
        began.set()
        return 5.0 if answered.wait(20) else 0.0

    monkeypatch.setattr(loaders, "_estimate", estimate)
    loaders.seconds_to_train.clear()
    seconds = []
    visitor = Thread(target=lambda: seconds.append(loaders.seconds_to_train(preset("classic"))))
    visitor.start()
    assert began.wait(20)
    loaders.ask("classic", np.eye(28, dtype=np.float32))
    answered.set()
    visitor.join()
    loaders.seconds_to_train.clear()
    assert seconds == [5.0]
