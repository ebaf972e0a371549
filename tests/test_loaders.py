"""What the pages read from disk, while others write there."""

import os

import pytest

from mnist_core import lock
from ui import loaders


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
    monkeypatch.setattr(lock, "lock_folder", lambda: tmp_path)
    (tmp_path / "training.lock").mkdir()
    loaders.forget_running()
    assert loaders.running_now() is None
    loaders.forget_running()
