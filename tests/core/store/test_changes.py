"""A change of what lies among the models: whole or not at all, one at a time, and nothing is left of it."""

import os
import shutil
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

import train
from mnist_core.errors import ModelError, RunError
from mnist_core.recipe import preset
from mnist_core.store import changes, training_lock
from mnist_core.store.bin import list_bin
from mnist_core.store.changes import NEW, changing, exchange, sweep_models, temporary_folder
from mnist_core.store.models import load_model
from mnist_core.store.runs import State, create_run, end_run, find_run, finish_run, finished_run, rename_run
from tests.support.places import PROJECT

CHANGE = """
import sys
from pathlib import Path
from mnist_core.errors import ModelError
from mnist_core.store.changes import changing, temporary_folder
folder = Path(sys.argv[1])
with changing(folder, ModelError, "It failed"), temporary_folder(folder):
    print("changing", flush=True)
    sys.stdin.read()
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def replaced(tmp_path):
    """Two folders, each with a file of its own name, and what lets the one take the place of the other."""
    work, target = tmp_path / "work", tmp_path / "target"
    for folder in (work, target):
        folder.mkdir()
        (folder / folder.name).write_text(folder.name)

    def act():
        with temporary_folder(tmp_path) as temporary:
            exchange(work, target, target, temporary)

    return act


def test_a_folder_takes_the_place_of_another_whole(tmp_path, replaced):
    replaced()
    assert names(tmp_path) == [".bin", "target"]
    assert names(tmp_path / "target") == ["work"]
    assert [names(binned.folder) for binned in list_bin(tmp_path)] == [["target"]]


@pytest.mark.parametrize("renaming", [1, 2], ids=["the old one", "the new one"])
@pytest.mark.parametrize("error", [OSError(18, "Invalid cross-device link"), KeyboardInterrupt()], ids=repr)
def test_where_a_folder_cannot_be_moved_the_one_before_stays(tmp_path, replaced, monkeypatch, error, renaming):
    calls, rename = count(1), Path.rename

    def fail(path, place):
        if next(calls) == renaming:
            raise error
        return rename(path, place)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(type(error)):
        replaced()
    assert names(tmp_path) == ["target", "work"]
    assert names(tmp_path / "target") == ["target"]


def test_an_interruption_just_after_a_folder_was_moved_leaves_the_new_one(tmp_path, replaced, monkeypatch):
    rename = Path.rename

    def interrupt(path, place):
        rename(path, place)
        if path.name == "work":
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replaced()
    assert names(tmp_path) == [".bin", "target"]
    assert names(tmp_path / "target") == ["work"]


def fail_from(monkeypatch, renaming):
    """Let this renaming fail, and all that follow."""
    calls, rename = count(1), Path.rename

    def fail(path, place):
        if next(calls) >= renaming:
            raise OSError(5, "Input/output error")
        return rename(path, place)

    monkeypatch.setattr(Path, "rename", fail)


def test_where_the_one_before_cannot_go_back_either_it_is_said_where_it_is_and_the_next_sweep_puts_it_back(
    shelf, monkeypatch
):
    run = create_run("classic", "quick", preset("quick"), shelf, threads=1, replace_model=True)
    before = (shelf / "classic" / "weights.safetensors").read_bytes()
    with monkeypatch.context() as patch:
        fail_from(patch, 2)
        with pytest.raises(Exception, match="Input/output error") as caught:
            finish_run(run)
    told = str(caught.value)
    assert told.startswith(
        "The finished model 'classic' was not moved to its place: Input/output error. What was there"
    )
    assert "as it was before" not in told
    (kept,) = shelf.glob(".tmp-change-*/kept/classic/classic")
    assert f"is whole, in models/{kept.relative_to(shelf)}, and is put back when the app" in told
    assert (kept / "weights.safetensors").read_bytes() == before
    sweep_models(shelf)
    assert load_model("classic", shelf).card.name == "classic"
    assert names(shelf) == [".runs", "classic"]
    assert find_run("classic", shelf).state is State.INTERRUPTED


def test_a_model_whose_place_is_taken_by_the_next_sweep_is_found_in_the_bin(shelf):
    (shelf / ".tmp-change-x1y2z3w4" / "kept" / "classic").mkdir(parents=True)
    shutil.copytree(shelf / "classic", shelf / ".tmp-change-x1y2z3w4" / "kept" / "classic" / "classic")
    sweep_models(shelf)
    assert names(shelf) == [".bin", "classic"]
    (binned,) = list_bin(shelf)
    assert (binned.name, binned.is_model) == ("classic", True)
    assert names(binned.folder) == names(shelf / "classic")


def test_a_sweep_takes_all_that_killed_processes_leave_and_nothing_else(shelf):
    for folder in (".tmp-change-a", ".tmp-change-a/new/half", ".tmp-b", ".runs/.tmp-change-c/new", ".bin/.tmp-d/deep"):
        (shelf / folder).mkdir(parents=True)
    run = create_run("half", "quick", preset("quick"), shelf, threads=1)
    end_run(run, State.STOPPED)
    for file in ("classic/.tmp-a1b2", "classic/run.json", "classic/checkpoint.safetensors", ".runs/half/.tmp-c3d4"):
        (shelf / file).write_text("half of it")
    for file in (".runs/lost.txt", ".runs/half.txt", ".runs/new.txt"):
        (shelf / file).write_text("what it printed")
    long_ago = time.time() - 7200
    for file in ("lost", "half"):
        os.utime(shelf / ".runs" / f"{file}.txt", (long_ago, long_ago))
    for kept in (".mine", ".tmpfiles", "notes"):
        (shelf / kept).mkdir()
        (shelf / kept / "checkpoint.safetensors").write_text("no model of ours")
    files = names(PROJECT / "models" / "classic")
    sweep_models(shelf)
    assert names(shelf) == [".bin", ".mine", ".runs", ".tmpfiles", "classic", "notes"]
    assert names(shelf / "classic") == files
    assert names(shelf / "notes") == ["checkpoint.safetensors"]
    assert names(shelf / ".bin") == []
    assert names(shelf / ".runs") == ["half", "half.txt", "new.txt"]
    assert names(shelf / ".runs" / "half") == ["run.json"]


def test_a_sweep_of_what_is_no_folder_does_nothing(tmp_path):
    sweep_models(tmp_path / "nowhere")
    assert names(tmp_path) == []
    (tmp_path / "file").write_text("in the way")
    sweep_models(tmp_path / "file")
    assert names(tmp_path) == ["file"]


def test_what_a_living_process_is_at_is_not_swept_and_what_it_leaves_when_killed_is(tmp_path, monkeypatch):
    monkeypatch.setattr(changes, "SWEEP_PATIENCE", 0.0)
    monkeypatch.setattr(changes, "PATIENCE", 0.0)
    other = subprocess.Popen(
        [sys.executable, "-c", CHANGE, tmp_path], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout.readline() == b"changing\n"
        sweep_models(tmp_path)
        (left,) = names(tmp_path)
        assert left.startswith(".tmp-change-")
        with (
            pytest.raises(ModelError, match=r"^It failed: another process is changing the models\. All is as it was"),
            changing(tmp_path, ModelError, "It failed"),
        ):
            pass
    finally:
        other.kill()
        other.communicate()
    sweep_models(tmp_path)
    assert names(tmp_path) == []


def test_the_checkpoint_that_a_training_is_writing_is_not_swept(shelf):
    run = create_run("half", "quick", preset("quick"), shelf, threads=1)
    half_written = run.folder / ".tmp-a1b2c3d4"
    half_written.write_text("half of a checkpoint")
    with training_lock.hold("half", shelf):
        sweep_models(shelf)
        assert half_written.exists()
    sweep_models(shelf)
    assert not half_written.exists()


def test_what_is_new_or_gone_leaves_with_the_change(tmp_path):
    with temporary_folder(tmp_path) as temporary:
        (temporary / NEW / "half").mkdir()
        (temporary / "gone").mkdir()
    assert names(tmp_path) == []


def test_a_renamed_model_takes_its_links_along(shelf):
    (shelf / "classic" / "notes").symlink_to("card.json")
    run = find_model("classic", shelf)
    rename_run(run, "renamed", shelf)
    assert names(shelf) == ["renamed"]
    assert (shelf / "renamed" / "notes").readlink() == Path("card.json")


def find_model(name, models_dir):
    return finished_run(load_model(name, models_dir).card, models_dir)


def test_a_model_with_a_pipe_in_its_folder_is_not_renamed_and_stays_whole(shelf):
    os.mkfifo(shelf / "classic" / "pipe")
    with pytest.raises(RunError, match=r"^'classic' was not renamed: not all of it can be copied\. All is as it was"):
        rename_run(find_model("classic", shelf), "renamed", shelf)
    assert names(shelf) == ["classic"]


def test_starting_the_server_sweeps_the_models_and_imports_no_torch(shelf):
    (shelf / ".tmp-change-a" / "new").mkdir(parents=True)
    told = subprocess.run(
        [sys.executable, "-c", "import streamlit_app, sys; print('torch' in sys.modules)"],
        cwd=PROJECT,
        env=os.environ | {"MNIST_MODELS": str(shelf)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "False\n"
    assert names(shelf) == ["classic"]


def test_starting_a_training_sweeps_the_models(shelf, capsys):
    (shelf / ".tmp-change-a" / "new").mkdir(parents=True)
    assert train.main(["--resume", "nobody", "--models-dir", str(shelf)]) == 1
    assert "no unfinished training called 'nobody'" in capsys.readouterr().err
    assert names(shelf) == ["classic"]
