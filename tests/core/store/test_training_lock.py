"""One training at a time on a machine, whoever starts it, and who looks learns which."""

import json
import os
import platform
import shutil
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
    """A folder for caches and one for temporary files of each test's own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
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


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"name": "x"}', '{"name": "x", "surprise": 1}', "[" * 9_000, " " * 20_000, "\0"),
        *(json.dumps({"name": name, "models_dir": "/m", "pid": 7}) for name in (5, None, "", "../x", "x\n", "x" * 65)),
        *(json.dumps({"name": "x", "models_dir": "/m", "pid": pid}) for pid in (-1, 0, 2**64, 1.5, "7", None, [7])),
        json.dumps({"name": "x", "models_dir": ["/m"], "pid": 7}),
    ],
)
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
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(
        TrainingError,
        match=r"The lock of the trainings cannot be made, .*: Not a directory\. Set XDG",
    ):
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


def test_a_pipe_in_the_place_of_the_note_is_not_waited_for(tmp_path):
    with hold("mine", tmp_path):
        note = training_lock.lock_folder() / "training.json"
        note.unlink()
        os.mkfifo(note)
        assert holder() is None


def test_what_a_killed_training_left_beside_the_lock_goes_with_the_next(tmp_path):
    left = training_lock.lock_folder() / ".tmp-k3jx_02a"
    left.write_text("half of a note")
    with hold("mine", tmp_path):
        assert not left.exists()


# -------------------------------------------------------------------------------------------- where the lock lies


@pytest.fixture
def nobody_set_anything(monkeypatch):
    for name in ("XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(platform, "node", lambda: "a.machine")


@pytest.mark.usefixtures("nobody_set_anything")
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other places")
def test_the_lock_lies_among_the_caches_whatever_lies_among_the_temporary_files(tmp_path, monkeypatch):
    """Whoever makes a folder of that name there first keeps nobody from training."""
    temporary = Path(tempfile.gettempdir()) / f"mnist-explorer-{os.getuid()}"
    temporary.write_text("made by another user")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    place = tmp_path / "home" / ".cache" / "mnist-explorer" / "locks-a.machine"
    assert training_lock.lock_folder() == place
    assert place.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert training_lock.lock_folder() == tmp_path / "cache" / "mnist-explorer" / "locks-a.machine"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the specification tells all to ignore
    assert training_lock.lock_folder() == place
    with hold("mine", tmp_path):
        assert holder().name == "mine"


@pytest.mark.usefixtures("nobody_set_anything")
@pytest.mark.parametrize("home", ["/dev/null", "/proc/nowhere", None], ids=["no folder", "unwritable", "none"])
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other places")
def test_without_a_home_the_lock_lies_among_the_temporary_files(tmp_path, monkeypatch, home):
    """As in a container whose user has none, or a service."""
    if home:
        monkeypatch.setenv("HOME", home)
    else:
        monkeypatch.setattr(Path, "expanduser", no_home)
    place = Path(tempfile.gettempdir()) / f"mnist-explorer-{os.getuid()}"
    assert training_lock.lock_folder() == place
    with hold("mine", tmp_path):
        assert holder().name == "mine"
    shutil.rmtree(place)
    (tmp_path / "theirs").mkdir()
    place.symlink_to(tmp_path / "theirs")
    with pytest.raises(TrainingError, match=r"it is somebody else's\. Set XDG_CACHE_HOME to a folder"):
        holder()


def no_home(_):
    raise RuntimeError("Could not determine home directory.")


def test_a_lock_that_another_user_owns_is_not_taken(monkeypatch):
    theirs = training_lock.lock_folder()
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    found = training_lock._cache_folder()
    assert found == theirs
    with pytest.raises(TrainingError, match="it is somebody else's"):
        training_lock.lock_folder()


def test_a_disk_that_is_full_for_a_moment_makes_no_second_lock(tmp_path, monkeypatch):
    mkdir = Path.mkdir

    def fill(folder, *rest, **more):
        if folder.is_relative_to(tmp_path / "cache"):
            raise OSError(28, "No space left on device")
        mkdir(folder, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", fill)
        with pytest.raises(TrainingError, match="No space left on device"):
            training_lock.lock_folder()
    assert training_lock.lock_folder().is_relative_to(tmp_path / "cache")
