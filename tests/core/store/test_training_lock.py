"""One training at a time on a machine, whoever starts it, and who looks learns which."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mnist_core.errors import Busy, TrainingError
from mnist_core.store import training_lock
from mnist_core.store.training_lock import Holder, hold, holder
from tests.support.places import PROJECT

HOLD = """
import sys, time
from pathlib import Path
from mnist_core.store.training_lock import hold
with hold(sys.argv[1], Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""
LOOK = """
import sys, time
from mnist_core.store.training_lock import holder
end = time.monotonic() + float(sys.argv[1])
looks = found = 0
while time.monotonic() < end:
    looks += 1
    found += holder() is not None
print(looks, found)
"""


@pytest.fixture(autouse=True)
def own_lock(tmp_path, monkeypatch):
    """A folder for temporary files of each test's own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


@pytest.fixture
def elsewhere(tmp_path):
    """Another process that holds the lock as the training of 'far'."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, "far", str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_nobody_holds_a_lock_that_nobody_took(tmp_path):
    assert holder() is None
    with hold("mine", tmp_path):
        pass
    assert holder() is None


def test_the_holder_says_which_training_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with hold("mine", Path("models")):
        assert holder() == Holder("mine", str(tmp_path / "models"), os.getpid())
        assert holder().trains("mine", tmp_path / "models")
        assert holder().trains("mine", Path("models"))
        assert not holder().trains("yours", tmp_path / "models")
        assert not holder().trains("mine", tmp_path)


def test_a_second_training_is_refused_naming_the_first(tmp_path):
    with hold("mine", tmp_path):
        start = time.monotonic()
        with pytest.raises(Busy) as caught, hold("yours", tmp_path):
            pass
        assert time.monotonic() - start < 5
    assert str(caught.value) == ("The training of 'mine' is running on this machine. Wait for it, or stop it first.")


def test_the_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="crash"), hold("mine", tmp_path):
        raise RuntimeError("crash")
    assert holder() is None
    with hold("yours", tmp_path):
        assert holder().name == "yours"


def test_a_training_of_another_process_is_seen_and_refuses_others(elsewhere, tmp_path):
    assert holder() == Holder("far", str(tmp_path), elsewhere.pid)
    with pytest.raises(Busy, match="The training of 'far' is running"), hold("mine", tmp_path):
        pass


def test_a_killed_training_holds_nothing(elsewhere, tmp_path):
    elsewhere.send_signal(signal.SIGKILL)
    elsewhere.wait()
    note = training_lock.lock_folder() / "training.json"
    assert note.exists()
    assert holder() is None
    assert not note.exists()  # or somebody might believe it later
    with hold("mine", tmp_path):
        assert holder().name == "mine"


def test_looks_by_many_threads_and_processes_never_see_a_holder_that_is_not(elsewhere):
    """Also right after one was killed, which leaves its note behind."""
    elsewhere.send_signal(signal.SIGKILL)
    elsewhere.wait()
    others = [
        subprocess.Popen([sys.executable, "-c", LOOK, "2"], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: holder(), range(1000)))
    assert found == [None] * 1000
    for other in others:
        looks, seen = map(int, other.communicate()[0].split())
        assert looks > 100
        assert seen == 0


def test_looks_do_not_keep_a_training_from_beginning(tmp_path):
    """Its patience is longer than any glance."""
    other = subprocess.Popen([sys.executable, "-c", LOOK, "3"], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    with ThreadPoolExecutor(4) as pool:
        looks = pool.map(lambda _: holder(), range(500))
        for _ in range(5):
            with hold("mine", tmp_path):
                assert holder().name == "mine"
        list(looks)
    assert int(other.communicate()[0].split()[0]) > 0


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"name": "x"}', '{"name": "x", "surprise": 1}'])
def test_a_broken_note_hides_the_name_alone(tmp_path, text, monkeypatch):
    monkeypatch.setattr(training_lock, "PATIENCE", 0.1)
    with hold("mine", tmp_path):
        (training_lock.lock_folder() / "training.json").write_text(text)
        with pytest.raises(Busy, match="Another training is running on this machine"), hold("yours", tmp_path):
            pass


def test_a_lock_that_cannot_be_made_or_written_ends_in_a_sentence(tmp_path, monkeypatch):
    def fill(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training_lock, "write_json", fill)
    with pytest.raises(TrainingError, match="No space left on device"), hold("mine", tmp_path):
        pass
    assert holder() is None
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(TrainingError, match="The lock of the trainings cannot be made in"):
        holder()


@pytest.mark.parametrize("name", ["training.lock", "training.json"])
def test_a_folder_in_the_place_of_the_lock_or_its_note_ends_in_a_sentence(tmp_path, name):
    (training_lock.lock_folder() / name).mkdir()
    with pytest.raises(TrainingError, match=r"^The lock .* Is a directory\.$"):
        holder()
    with pytest.raises(TrainingError, match=r"^The lock .* Is a directory\.$"), hold("mine", tmp_path):
        pass
    (training_lock.lock_folder() / name).rmdir()
    assert holder() is None  # neither has kept the lock
