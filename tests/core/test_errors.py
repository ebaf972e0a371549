"""What an error says to a visitor: never where the files of this machine lie."""

import shutil
from pathlib import Path

import pytest

from mnist_core.errors import MnistExplorerError, ModelError, TrainingError, without_folders
from mnist_core.recipe import preset
from mnist_core.store.runs import create_run, list_unfinished_runs
from mnist_core.training import final_evaluation, launcher, worker
from tests.support.places import PROJECT
from ui.text import verbatim


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Permission denied: '/srv/my app/models/a/card.json'", "Permission denied: 'card.json'"),
        ('File "/srv/app/train.py", line 3', 'File "train.py", line 3'),
        ("/usr/bin/python: can't open file '/srv/train.py': gone", "python: can't open file 'train.py': gone"),
        ("The folder /srv/app/models/: not a folder", "The folder models: not a folder"),
        ("'/srv/a' -> '/srv/b'", "'a' -> 'b'"),
        ("(C:\\Users\\me\\model.json)", "(model.json)"),
        ("models/mine and ./a/b and ~/c", "models/mine and ./a/b and ~/c"),
        ("and/or, 3 / 4, http://example.com/a/b", "and/or, 3 / 4, http://example.com/a/b"),
        ("the training of 'mine' ended at 1/2", "the training of 'mine' ended at 1/2"),
    ],
)
def test_a_path_is_its_last_part(text, without):
    assert without_folders(text) == without


def test_an_error_of_the_system_is_shown_without_folders():
    with pytest.raises(OSError, match="No such file") as caught:
        Path("/nowhere/at all/x.json").read_text()
    assert verbatim(caught.value) == "\\[Errno 2\\] No such file or directory\\: 'x.json'"


@pytest.fixture
def models_dir(tmp_path):
    """A folder of models with the shipped one and a run."""
    shutil.copytree(PROJECT / "models" / "classic", tmp_path / "models" / "classic")
    create_run("half", "classic", preset("classic", epochs=1), tmp_path / "models")
    return tmp_path / "models"


def refused(action, *arguments, **named) -> str:
    """What an action says when it is refused."""
    with pytest.raises(MnistExplorerError) as caught:
        action(*arguments, **named)
    return str(caught.value)


def test_a_training_that_cannot_be_started_names_no_folder(tmp_path):
    (tmp_path / "models").write_text("no folder")
    said = refused(launcher.launch_training, "mine", "classic", preset("classic"), tmp_path / "models")
    assert said == "No training can be started in the folder of the models: Not a directory."


def test_the_last_words_of_a_process_name_no_folder(models_dir, monkeypatch, tmp_path):
    monkeypatch.setattr(launcher, "PROJECT_ROOT", tmp_path)  # where no train.py is
    said = refused(launcher.launch_training, "mine", "classic", preset("classic"), models_dir)
    assert said.endswith("can't open file 'train.py': [Errno 2] No such file or directory")
    assert str(tmp_path) not in said
    assert "/" not in said


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("cannot map '/srv/app/x.bin'"), "RuntimeError: cannot map 'x.bin'"),
        (
            shutil.Error([("/srv/a", "/srv/b", "full")]),
            "The training could not be written: not all of it can be copied.",
        ),
    ],
)
def test_why_a_training_failed_names_no_folder(models_dir, monkeypatch, error, reason):
    def fail(*_):
        raise error

    monkeypatch.setattr(worker, "_train", fail)
    (run,) = list_unfinished_runs(models_dir, None)
    with pytest.raises((RuntimeError, TrainingError)):
        worker.carry_out(run, None, print)
    (run,) = list_unfinished_runs(models_dir, None)
    assert run.reason == reason


def test_an_evaluation_that_cannot_be_written_names_no_folder(models_dir, monkeypatch, small_data):  # noqa: ARG001
    def fail(*_):
        raise shutil.Error([("/srv/a", "/srv/b", "full")])

    monkeypatch.setattr(final_evaluation, "write_evaluation", fail)
    with pytest.raises(ModelError) as caught:
        list(final_evaluation.evaluate_again("classic", models_dir))
    assert (
        str(caught.value)
        == "The evaluation of 'classic' cannot be written: not all of it can be copied. All is as it was before."
    )
