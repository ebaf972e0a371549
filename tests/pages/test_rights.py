"""What the pages offer in each mode, without a browser."""

import shutil

import pytest

from mnist_core.recipe import preset
from mnist_core.rights import VARIABLE
from mnist_core.store import zip_archive
from mnist_core.store.runs import create_run, run_folder
from mnist_core.training.speed import Estimate
from tests.support.paging import open_page, press, run, words
from tests.support.places import PROJECT
from tests.support.trainings import save_unfinished
from ui.services import mnist_digits, training_queue, training_runs
from ui.widgets import double_press

TO_LOOK = "Visitors of this server may draw, look and compare, but not"


@pytest.fixture(autouse=True)
def workshop(monkeypatch, shelf):
    """A models folder with a shipped model and one that is none, and digits that are said to be here."""
    shutil.copy(PROJECT / "models" / "SHA256SUMS", shelf)
    zip_archive.add_archive(zip_archive.open_archive(zip_archive.zip_model("classic", shelf)), shelf, "mine")
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    monkeypatch.setattr(mnist_digits, "are_here", lambda: True)
    monkeypatch.setattr(training_runs, "is_measuring", lambda: False)
    monkeypatch.setattr(training_runs, "estimate", lambda _: Estimate(5.0, is_least=False))
    monkeypatch.setattr(training_queue, "_queue", training_queue._Queue())
    return shelf


def labels(at):
    """The labels of all buttons and of what opens like one."""
    popovers = [each.proto.popover.label for each in at.get("popover")]
    return {button.label for button in at.button} | set(popovers)


def downloads(at):
    return {button.label for button in at.get("download_button")}


def test_the_public_sees_the_trainings_and_no_button_that_changes_any(monkeypatch, workshop):
    save_unfinished(workshop, 1, 10)
    monkeypatch.setenv(VARIABLE, "public")
    at = open_page("training.py")
    assert f"{TO_LOOK} start trainings." in words(at)
    assert labels(at).isdisjoint({"Train", "Resume", "Stop", "Rename", "Delete"})
    assert "History as CSV" in downloads(at)
    assert at.multiselect  # the curves


def test_the_public_can_take_models_away_but_neither_add_nor_export_any(monkeypatch):
    at = open_page("models.py")
    assert "ONNX model" in downloads(at)
    assert at.get("file_uploader")
    monkeypatch.setenv(VARIABLE, "public")
    at = open_page("models.py")
    assert downloads(at) >= {"Weights", "Card", "Whole folder (zip)"}
    assert "ONNX model" not in downloads(at)
    assert not at.get("file_uploader")


def test_the_public_is_told_that_a_model_was_not_evaluated_and_by_whom_it_can_be(monkeypatch, workshop):
    (workshop / "mine" / "evaluation.json").unlink()
    monkeypatch.setenv(VARIABLE, "public")
    at = open_page("mistakes.py", model="mine")
    assert f"{TO_LOOK} evaluate models." in words(at)
    assert "Evaluate it on the 10,000 test digits" not in labels(at)


def test_a_class_may_not_touch_what_it_has_not_made(monkeypatch):
    monkeypatch.setenv(VARIABLE, "class")
    at = open_page("training.py")
    at.selectbox(key="managed").set_value("mine")
    run(at)
    assert "'mine' was not made by visitors of this server, and stays as it is." in words(at)


def test_a_class_is_told_its_limits_before_it_presses(monkeypatch):
    monkeypatch.setenv(VARIABLE, "class")
    at = open_page("training.py")
    assert "After 10 minutes it is stopped" in words(at)
    at.number_input(key="quick epochs").set_value(51)
    run(at)
    assert "Epochs\\: found 51, expected at most 50 on this server" in words(at)
    assert "Train" not in labels(at)


def test_a_class_waits_for_its_turn(monkeypatch, workshop):
    monkeypatch.setenv(VARIABLE, "class")
    begun = []

    def launch(name, *_, **__):
        begun.append(name)
        raise training_queue.Busy("Another training is running.")

    monkeypatch.setattr(training_queue.launcher, "launch_training", launch)
    current = create_run("another", "quick", preset("quick"), workshop)
    monkeypatch.setattr(training_runs, "find_current", lambda: current)
    at = open_page("training.py")
    assert "another is learning" in words(at)
    press(at, "Train")
    assert "Waiting for its turn: quick (yours)." in words(at)
    monkeypatch.setattr(double_press, "DOUBLE", 0)
    press(at, "Train")
    assert "A training of yours is waiting already." in words(at)
    other = open_page("training.py")
    assert "Waiting for its turn: quick." in words(other)
    assert "Leave the queue" not in labels(other)
    press(at, "Leave the queue")
    assert "Waiting" not in words(at)
    assert not run_folder("quick", workshop).exists()
