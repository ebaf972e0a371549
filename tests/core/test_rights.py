"""Who may do what: each right in each mode, asked of the functions themselves, as a forged message would."""

import ast
import hashlib
import inspect
import shutil
import textwrap
from pathlib import Path

import pytest

from mnist_core import rights
from mnist_core.data import mnist
from mnist_core.errors import NotAllowed, RecipeError
from mnist_core.recipe import preset
from mnist_core.rights import VARIABLE, VISITORS, Mode, Right, check_limits, may, read_mode, why_not
from mnist_core.store import bin as runs_bin
from mnist_core.store import drawings, maps, onnx_export, runs, zip_archive
from mnist_core.store.bin import list_bin, put_in_bin
from mnist_core.store.models import load_model, survey_models
from mnist_core.training import final_evaluation, launcher
from tests.support.trainings import save_unfinished
from ui.services import insights, training_queue

RECIPE = preset("classic")


@pytest.fixture
def full_shelf(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder with a shipped model, one of ours that is none, an unfinished run and a model in the bin."""
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    shutil.copy(Path(__file__).parents[2] / "models" / "SHA256SUMS", shelf)
    for name in ("mine", "binned"):
        zip_archive.add_archive(zip_archive.open_archive(zip_archive.zip_model("classic", shelf)), shelf, name)
    put_in_bin(shelf / "binned")
    save_unfinished(shelf, 1, 10)
    return shelf


def found(name, models_dir):
    return next(run for run in runs.list_runs(models_dir) if run.name == name)


def archive(models_dir):
    return zip_archive.open_archive(zip_archive.zip_model("classic", models_dir))


# What each right is for, with all that a page could call. Where it is granted, only what is cheap is done here.
DEEDS = {
    Right.START: [
        lambda shelf: launcher.launch_training("new", "classic", RECIPE, shelf),
        lambda _: training_queue.join("new", "classic", RECIPE, "a visitor"),
    ],
    Right.RESUME: [
        lambda shelf: launcher.launch_resumed_training("half", shelf),
        lambda _: training_queue.join_to_resume("half", "a visitor"),
    ],
    Right.STOP: [lambda shelf: runs.ask_to_stop(runs.find_run("half", shelf))],
    Right.STEER: [lambda shelf: runs.ask_for_rate(runs.find_run("half", shelf), 2.0)],
    Right.DELETE: [
        lambda shelf: runs.delete_run(found("mine", shelf), shelf),
        lambda shelf: runs.bring_back(list_bin(shelf)[0], shelf),
        lambda shelf: runs_bin.empty_bin(list_bin(shelf)),
    ],
    Right.RENAME: [lambda shelf: runs.rename_run(found("mine", shelf), "yours", shelf)],
    Right.ADD: [lambda shelf: zip_archive.add_archive(archive(shelf), shelf, "added")],
    Right.EVALUATE: [lambda shelf: next(final_evaluation.evaluate_again("mine", shelf))],
    Right.MAP: [
        lambda shelf: maps.save_map(None, load_model("mine", shelf).card, shelf),
        lambda _: insights.make_map(None, None),
    ],
    Right.FETCH: [lambda _: next(launcher.launch_fetch())],
    Right.KEEP: [
        lambda shelf: drawings.add_drawings([], shelf / "drawings"),
        lambda shelf: drawings.relabel_drawings({}, shelf / "drawings"),
        lambda shelf: drawings.delete_drawings([], shelf / "drawings"),
    ],
    Right.EXPORT: [lambda shelf: onnx_export.export_model("mine", shelf)],
}
TO_WHAT_IS_THERE = (Right.RESUME, Right.STOP, Right.STEER, Right.DELETE, Right.RENAME)
EACH_DEED = [
    pytest.param(right, deed, id=f"{right.name.lower()} {place}")
    for right, deeds in DEEDS.items()
    for place, deed in enumerate(deeds)
]


def snapshot(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_each_right_has_its_deeds():
    assert DEEDS.keys() == set(Right)


@pytest.mark.chaos
@pytest.mark.parametrize(("right", "deed"), EACH_DEED)
def test_the_public_can_do_nothing_but_look(monkeypatch, full_shelf, right, deed):
    before = snapshot(full_shelf)
    monkeypatch.setenv(VARIABLE, "public")
    with pytest.raises(NotAllowed, match=f"but not {right}"):
        deed(full_shelf)
    assert snapshot(full_shelf) == before


@pytest.mark.chaos
@pytest.mark.parametrize(("right", "deed"), [each for each in EACH_DEED if each.values[0] in TO_WHAT_IS_THERE])
def test_a_class_changes_nothing_that_it_has_not_made(monkeypatch, full_shelf, right, deed):
    before = snapshot(full_shelf)
    monkeypatch.setenv(VARIABLE, "class")
    with pytest.raises(NotAllowed, match="was not made by visitors of this server"):
        deed(full_shelf)
    assert snapshot(full_shelf) == before
    assert not may(right, full_shelf / "mine")


def test_a_class_renames_deletes_and_brings_back_what_it_has_made(monkeypatch, full_shelf):
    monkeypatch.setenv(VARIABLE, "class")
    zip_archive.add_archive(archive(full_shelf), full_shelf, "added")
    assert may(Right.DELETE, full_shelf / "added")
    runs.rename_run(found("added", full_shelf), "ours", full_shelf)
    binned = runs.delete_run(found("ours", full_shelf), full_shelf)
    assert runs.bring_back(binned, full_shelf) == "ours"
    again = runs.delete_run(found("ours", full_shelf), full_shelf)
    runs_bin.empty_bin([again])
    assert not again.is_there
    assert (full_shelf / "classic").is_dir()


def test_a_class_cannot_empty_the_bin_of_what_others_have_deleted(monkeypatch, full_shelf):
    monkeypatch.setenv(VARIABLE, "class")
    zip_archive.add_archive(archive(full_shelf), full_shelf, "added")
    runs.delete_run(found("added", full_shelf), full_shelf)
    with pytest.raises(NotAllowed, match=r"'.*-model-binned' was not made by visitors"):
        runs_bin.empty_bin(list_bin(full_shelf))
    assert len(list_bin(full_shelf)) == 2  # not the half of them


def test_a_run_that_a_class_begins_is_its_own_and_so_is_the_model_that_becomes_of_it(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "class")
    run = runs.create_run("new", "classic", RECIPE, tmp_path, by_visitor=True)
    assert (run.folder / VISITORS).exists()
    assert may(Right.STOP, run.folder)
    runs.finish_run(run)
    assert may(Right.DELETE, tmp_path / "new")
    assert not (runs.create_run("own", "classic", RECIPE, tmp_path).folder / VISITORS).exists()  # in a terminal


def test_a_shipped_model_is_kept_whoever_asks(monkeypatch, full_shelf):
    for mode in Mode:
        monkeypatch.setenv(VARIABLE, mode)
        assert runs.why_kept(found("classic", full_shelf), full_shelf) == (
            "'classic' came with the project and stays as it is."
        )


def test_a_class_trains_within_limits(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "class")
    with pytest.raises(RecipeError, match="epochs: found 51, expected at most 50 on this server"):
        launcher.launch_training("new", "classic", preset("classic", epochs=51), tmp_path)
    with pytest.raises(RecipeError, match="batch_size: found 1,001, expected at most 1,000 on this server"):
        training_queue.join("new", "classic", preset("classic", batch_size=1001), "a visitor")
    check_limits(preset("classic", epochs=50, batch_size=1000))
    monkeypatch.setenv(VARIABLE, "own")
    check_limits(preset("classic", epochs=1000, batch_size=10_000))


@pytest.mark.parametrize("name", ["quick", "classic", "mlp-plus"])
def test_a_class_can_train_each_preset_that_is_done_within_its_minutes(monkeypatch, name):
    monkeypatch.setenv(VARIABLE, "class")
    check_limits(preset(name))


def test_a_class_may_not_fill_the_disk(monkeypatch, full_shelf):
    monkeypatch.setenv(VARIABLE, "class")
    monkeypatch.setattr(rights, "CLASS_LIMITS", rights.Limits(epochs=1, batch_size=1, minutes=1, waiting=1, made=1))
    zip_archive.add_archive(archive(full_shelf), full_shelf, "added")
    runs.delete_run(found("added", full_shelf), full_shelf)  # which is in the bin still
    with pytest.raises(NotAllowed, match="have made 1 models"):
        zip_archive.add_archive(archive(full_shelf), full_shelf, "one-more")
    assert "one-more" not in {entry.name for entry in survey_models(full_shelf)}


def test_alone_everything_may_be_done(monkeypatch, tmp_path):
    for value in (None, "", "own"):
        if value is None:
            monkeypatch.delenv(VARIABLE, raising=False)
        else:
            monkeypatch.setenv(VARIABLE, value)
        assert read_mode() is Mode.OWN
        assert {why_not(right, tmp_path) for right in Right} == {""}


@pytest.mark.parametrize("word", ["Class", "private", "own "])
def test_a_word_that_is_no_mode_is_refused_and_grants_nothing(monkeypatch, word):
    monkeypatch.setenv(VARIABLE, word)
    with pytest.raises(ValueError, match=f"MNIST_EXPLORER is '{word}'; expected one of own, class, public"):
        why_not(Right.DELETE)


def first_statement(function):
    """The first statement of a function's body behind its docstring, as it is written.

    What says of all that follows how a fault of the disk is told is not one.
    """
    statement = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body[1]
    while isinstance(statement, ast.With) and ast.unparse(statement.items[0]).startswith("changing("):
        statement = statement.body[0]
    return ast.unparse(statement)


@pytest.mark.parametrize(
    ("function", "right"),
    [
        (launcher.launch_training, Right.START),
        (training_queue.join, Right.START),
        (launcher.launch_resumed_training, Right.RESUME),
        (training_queue.join_to_resume, Right.RESUME),
        (launcher.launch_fetch, Right.FETCH),
        (runs.ask_to_stop, Right.STOP),
        (runs.delete_run, Right.DELETE),
        (runs.bring_back, Right.DELETE),
        (runs_bin.empty_bin, Right.DELETE),
        (runs.rename_run, Right.RENAME),
        (zip_archive.add_archive, Right.ADD),
        (final_evaluation.evaluate_again, Right.EVALUATE),
        (maps.save_map, Right.MAP),
        (insights.make_map, Right.MAP),
        (onnx_export.export_model, Right.EXPORT),
    ],
)
def test_the_right_is_asked_for_before_anything_else(function, right):
    assert first_statement(function).startswith(f"require(Right.{right.name}")


def test_looking_asks_for_no_right(monkeypatch, full_shelf):
    monkeypatch.setenv(VARIABLE, "public")
    assert found("mine", full_shelf).card
    assert load_model("classic", full_shelf).card.name == "classic"
    assert zip_archive.zip_model("classic", full_shelf)
    assert mnist.find_data_dir(None)
