"""Runs on disk: listed, read with care, renamed, deleted, and answering before they are finished."""

import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from mnist_core.data.mnist import split_training
from mnist_core.errors import BadName, NotAllowed, RunError
from mnist_core.model.networks import build_network
from mnist_core.recipe import preset
from mnist_core.rights import VARIABLE
from mnist_core.store import checkpoints, runs, training_lock
from mnist_core.store.bin import list_bin, put_in_bin
from mnist_core.store.checkpoints import load_checkpoint, load_trained, save_checkpoint
from mnist_core.store.models import Damaged, list_models, load_evaluation, load_model, name_card
from mnist_core.store.runs import (
    Run,
    State,
    ask_to_stop,
    create_run,
    delete_run,
    find_run,
    finish_run,
    free_name,
    is_asked_to_stop,
    list_runs,
    names_in_use,
    output_file,
    read_output,
    rename_run,
    reopen_run,
    write_note,
)
from mnist_core.store.zip_archive import open_archive, zip_model
from mnist_core.training import worker
from mnist_core.training.loop import Training
from tests.support.places import PROJECT

RECIPE = preset("mlp-plus", epochs=2, validation_size=100, batch_size=100, ema_decay=0.9, precision="float32", affine=0)

FORMER = {"validation_size": "held_out", "ood_share": "outliers"}


def begun(models_dir, name="mine", created="2026-01-01T00:00:00+00:00", recipe=RECIPE):
    return create_run(name, "mlp-plus", recipe, models_dir, threads=1, created=created, replace_model=True)


def stopped(models_dir, name="mine", recipe=RECIPE):
    """A run that was asked to stop before it began, and so ended after its first step."""
    run = begun(models_dir, name, recipe=recipe)
    ask_to_stop(run)
    assert worker.carry_out(run, None, lambda _: None) is False
    return find_run(name, models_dir)


def names(entries):
    return [entry.name for entry in entries]


def first_of(name, models_dir):
    """What a page acts on: of a run and a model of one name, the newer."""
    return next(entry for entry in list_runs(models_dir) if entry.name == name)


def delete(name, models_dir):
    return delete_run(first_of(name, models_dir), models_dir)


def rename(old, new, models_dir):
    rename_run(first_of(old, models_dir), new, models_dir)


def test_a_run_of_an_older_version_reads_as_what_it_is_and_can_be_reopened(tmp_path):
    """It stored what is open as interrupted, and two hyperparameters under other names."""
    run = begun(tmp_path)
    stored = json.loads((run.folder / "run.json").read_text())
    recipe = {FORMER.get(name, name): value for name, value in stored["recipe"].items()}
    (run.folder / "run.json").write_text(json.dumps(stored | {"state": "interrupted", "recipe": recipe}))
    assert find_run("mine", tmp_path) == replace(run, state=State.INTERRUPTED)
    assert reopen_run("mine", tmp_path) == run


def test_a_run_reads_back_as_it_was_begun(tmp_path):
    run = begun(tmp_path)
    assert run == Run(
        name="mine",
        preset="mlp-plus",
        recipe=RECIPE,
        threads=1,
        created="2026-01-01T00:00:00+00:00",
        state=State.OPEN,
        snapshots=True,
        folder=tmp_path / ".runs" / "mine",
    )
    assert json.loads((run.folder / "run.json").read_text())["state"] == "open"
    found = replace(run, state=State.INTERRUPTED)  # for no process carries it out
    assert find_run("mine", tmp_path) == found
    assert list_runs(tmp_path) == [found]
    assert [path.name for path in (tmp_path / ".runs").iterdir()] == ["mine"]
    assert not run.has_checkpoint


def test_nothing_is_listed_where_nothing_is(tmp_path):
    assert list_runs(tmp_path / "nowhere") == []


def test_runs_are_listed_the_newest_first_finished_or_not(shelf):
    (card,) = list_models(shelf)
    begun(shelf, "older", "2001-01-01T00:00:00+00:00")
    begun(shelf, "newer", "2999-01-01T00:00:00+00:00")
    (shelf / "odd").mkdir()
    found = list_runs(shelf)
    assert names(found) == ["newer", "classic", "older", "odd"]
    assert found[1].state is State.FINISHED
    assert found[1].card == card
    assert found[1].models_dir == found[0].models_dir == shelf
    assert found[1].history().epochs[-1].epoch == 10
    assert isinstance(found[3], Damaged)


def test_the_one_in_training_comes_first_also_where_the_clock_went_back(shelf):
    begun(shelf, "newer", "2999-01-01T00:00:00+00:00")
    begun(shelf, "classic", "2001-01-01T00:00:00+00:00")
    with training_lock.hold("classic", shelf):
        assert [(run.name, run.state) for run in list_runs(shelf)] == [
            *(("classic", State.RUNNING), ("newer", State.INTERRUPTED), ("classic", State.FINISHED))
        ]


def test_a_clock_that_was_ahead_puts_nothing_first_for_ever(shelf):
    """What says that it will begin in 2999 counts as begun when it got here."""
    hour = 3600
    now = time.time()
    for name, created, since in (
        ("ahead", "2999-01-01T00:00:00+00:00", 3 * hour),
        ("later", datetime.fromtimestamp(now - 2 * hour, UTC).isoformat(), 0),
        ("elsewhere", datetime.fromtimestamp(now - hour, timezone(timedelta(hours=14))).isoformat(), 0),
        ("no-zone", datetime.fromtimestamp(now - 4 * hour, UTC).replace(tzinfo=None).isoformat(), 0),
    ):
        record = begun(shelf, name, created).folder / "run.json"
        os.utime(record, (now - since, now - since))
    card = shelf / "classic" / "card.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"created": "9999-12-31T23:59:59+00:00"}))
    os.utime(card, (now - 5 * hour, now - 5 * hour))
    assert names(list_runs(shelf)) == ["elsewhere", "later", "ahead", "no-zone", "classic"]


@pytest.mark.parametrize("created", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-27"])
def test_the_ends_of_time_can_be_told_too(tmp_path, created):
    begun(tmp_path, "odd", created)
    begun(tmp_path, "mine")
    assert sorted(names(list_runs(tmp_path))) == ["mine", "odd"]


def test_the_one_in_training_is_known_by_the_lock(tmp_path):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    begun(here, "mine")
    begun(here, "other")
    begun(elsewhere, "mine")
    with training_lock.hold("mine", here):
        assert {run.name: run.state for run in list_runs(here)} == {"mine": State.RUNNING, "other": State.INTERRUPTED}
        assert not find_run("mine", here).is_resumable
        assert find_run("mine", elsewhere).state is State.INTERRUPTED
    assert find_run("mine", here).state is State.INTERRUPTED
    assert find_run("mine", here).is_resumable


def test_a_run_that_finishes_during_a_look_is_there_once(shelf, monkeypatch):
    run = begun(shelf, "classic")
    for file in (shelf / "classic").iterdir():
        (run.folder / file.name).write_bytes(file.read_bytes())
    card = json.loads((run.folder / "card.json").read_text()) | {"created": run.created}
    (run.folder / "card.json").write_text(json.dumps(card))
    look = runs.survey_models

    def finish_and_look(models_dir):
        if run.folder.exists():
            finish_run(run)
        return look(models_dir)

    monkeypatch.setattr(runs, "survey_models", finish_and_look)
    assert [(found.name, found.state) for found in list_runs(shelf)] == [("classic", State.FINISHED)]


def test_a_model_and_a_run_that_would_replace_it_are_both_there(shelf):
    begun(shelf, "classic", "2999-01-01T00:00:00+00:00")
    assert [found.state for found in list_runs(shelf)] == [State.INTERRUPTED, State.FINISHED]


# ------------------------------------------------------------------------------------------------------- damaged


def change(**values):
    return lambda text: json.dumps(json.loads(text) | values)


def lose(name):
    return lambda text: json.dumps({key: value for key, value in json.loads(text).items() if key != name})


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda _: "", "not valid JSON"),
        (lambda text: text[:30], "not valid JSON"),
        (lambda _: "[]", "no JSON object"),
        (lambda _: "[" * 100_000, "not valid JSON"),
        (lambda _: "\0" * 100, "not valid JSON"),
        (lambda _: "{}", "not the record of this training"),
        (lose("threads"), "not the record of this training"),
        (change(surprise=1), "not the record of this training"),
        (change(preset="magic"), "not the record of this training"),
        (change(preset=["classic"]), "cannot be read"),
        (change(state="asleep"), "'asleep' is not a valid State"),
        (change(state=None), "None is not a valid State"),
        (change(threads="two"), "a value of the wrong kind"),
        (change(threads=0), "a value of the wrong kind"),
        (change(threads=True), "a value of the wrong kind"),
        (change(reason=5), "a value of the wrong kind"),
        (change(created=5), "cannot be read"),
        (change(created="tomorrow"), "cannot be read"),
        (change(created=[], reason=[]), "a value of the wrong kind"),
        (change(recipe=None), "expected an object"),
        (change(recipe={"epochs": 0}), "epochs: found 0, expected a whole number from 1 to 1,000"),
        (change(recipe={"cuda": True}), "unknown hyperparameters: cuda"),
    ],
)
def test_a_record_that_cannot_be_true_is_shown_with_its_reason_and_hides_no_other(shelf, harm, words):
    begun(shelf, "whole")
    begun(shelf, "hurt")
    record = shelf / ".runs" / "hurt" / "run.json"
    record.write_text(harm(record.read_text()))
    *others, damaged = list_runs(shelf)
    assert sorted(names(others)) == ["classic", "whole"]
    assert isinstance(damaged, Damaged)
    assert damaged.name == "hurt"
    assert words in damaged.reason
    assert "run.json of hurt" in damaged.reason
    with pytest.raises(RunError):
        find_run("hurt", shelf)
    with pytest.raises(RunError):
        rename("hurt", "healed", shelf)
    delete("hurt", shelf)
    assert sorted(names(list_runs(shelf))) == ["classic", "whole"]


def test_a_missing_record_and_a_foreign_folder_are_shown_too(tmp_path):
    (tmp_path / ".runs" / "empty").mkdir(parents=True)
    (tmp_path / ".runs" / "Bad Name").mkdir()
    (tmp_path / ".runs" / "notes.txt").write_text("not a run")
    assert {damaged.name: damaged.reason[:40] for damaged in list_runs(tmp_path)} == {
        "empty": "run.json of empty cannot be read: run.js",
        "Bad Name": "run.json of Bad Name cannot be read: run",
    }


def test_a_folder_whose_name_is_no_text_is_shown_too(tmp_path):
    (tmp_path / ".runs").mkdir()
    (tmp_path / ".runs" / "bad\udcff").mkdir()
    (damaged,) = list_runs(tmp_path)
    assert damaged.name == "bad?"
    assert damaged.reason.startswith("run.json of bad? cannot be read")


def test_an_unknown_run_is_answered_with_those_that_exist(tmp_path):
    begun(tmp_path, "one")
    begun(tmp_path, "two")
    with pytest.raises(RunError, match=r"no unfinished training called 'three'\. Unfinished: one, two\."):
        find_run("three", tmp_path)
    with pytest.raises(RunError, match="Unfinished: none"):
        find_run("three", tmp_path / "nowhere")
    with pytest.raises(BadName):
        find_run("../x", tmp_path)


# ------------------------------------------------------------------------------------------------ rename, delete


@pytest.mark.usefixtures("small_data")
def test_a_renamed_run_goes_on_under_its_new_name(tmp_path):
    stopped(tmp_path, "old")
    output_file("old", tmp_path).write_text("what it printed")
    rename("old", "new", tmp_path)
    (run,) = list_runs(tmp_path)
    assert (run.name, run.state, run.folder.name) == ("new", State.STOPPED, "new")
    assert load_trained(run).card.name == "new"
    assert sorted(path.name for path in (tmp_path / ".runs").iterdir()) == ["new", "new.txt"]
    assert read_output(run) == "what it printed"
    assert worker.carry_out(reopen_run("new", tmp_path), None, lambda _: None)
    assert load_evaluation("new", tmp_path).seen == 600
    assert load_model("new", tmp_path).card.name == "new"


def test_a_model_is_renamed_too(shelf):
    rename("classic", "renamed", shelf)
    assert names(list_runs(shelf)) == ["renamed"]
    assert load_model("renamed", shelf).card.name == "renamed"


@pytest.mark.usefixtures("small_data")
def test_a_note_and_what_was_printed_go_with_a_run_to_the_model_that_it_becomes(tmp_path):
    run = stopped(tmp_path)
    output_file("mine", tmp_path).write_text("Kept in /home/somebody/models.\n")
    assert write_note(run, " Tried \n *twice* ", tmp_path) == "Tried *twice*"
    assert find_run("mine", tmp_path).note == "Tried *twice*"
    assert worker.carry_out(reopen_run("mine", tmp_path), None, lambda _: None)
    (model,) = list_runs(tmp_path)
    assert (model.state, model.note, model.card.note) == (State.FINISHED, "Tried *twice*", "Tried *twice*")
    assert read_output(model) == "Kept in models."
    rename("mine", "other", tmp_path)
    (model,) = list_runs(tmp_path)
    assert (model.note, read_output(model)) == ("Tried *twice*", "Kept in models.")


def test_a_note_on_a_model_is_in_its_card_until_it_is_taken_away(shelf):
    card = load_model("classic", shelf).card
    write_note(first_of("classic", shelf), "a" * 500, shelf)
    assert load_model("classic", shelf).card == replace(card, note="a" * 500)
    write_note(first_of("classic", shelf), "", shelf)
    assert load_model("classic", shelf).card == replace(card, note="")


@pytest.mark.parametrize("note", ["a" * 501, "bell \a"])
def test_a_note_that_no_card_can_bear_is_refused(shelf, note):
    with pytest.raises(RunError, match="A note has up to 500 printable letters"):
        write_note(first_of("classic", shelf), note, shelf)
    run = begun(shelf)
    record = json.loads((run.folder / "run.json").read_text())
    (run.folder / "run.json").write_text(json.dumps(record | {"note": note}))
    assert "its note" in first_of("mine", shelf).reason


def test_no_note_is_put_on_what_has_to_stay_as_it_is(shelf, monkeypatch):
    run = begun(shelf)
    with training_lock.hold("mine", shelf), pytest.raises(RunError, match="is in training"):
        write_note(run, "late", shelf)
    monkeypatch.setenv(VARIABLE, "class")
    with pytest.raises(NotAllowed, match="was not made by visitors"):
        write_note(run, "not mine", shelf)
    monkeypatch.setenv(VARIABLE, "public")
    with pytest.raises(NotAllowed, match="but not rename models"):
        write_note(run, "not mine", shelf)
    monkeypatch.setenv(VARIABLE, "own")
    shutil.copy(PROJECT / "models" / "SHA256SUMS", shelf)
    with pytest.raises(RunError, match="came with the project"):
        write_note(first_of("classic", shelf), "mine now", shelf)
    assert not load_model("classic", shelf).card.note


def test_a_run_without_a_note_is_written_as_older_readers_know_it(tmp_path):
    assert "note" not in json.loads((begun(tmp_path).folder / "run.json").read_text())


def test_of_a_long_output_the_last_lines_are_shown_and_no_folder(tmp_path):
    run = begun(tmp_path)
    assert read_output(run) == ""
    lines = [f"line {number} of '/secret/place/log'" for number in range(10_000)]
    output_file("mine", tmp_path).write_text("\n".join(lines) + "\n")
    shown = read_output(run).splitlines()
    assert 2000 < len(shown) < 5000
    assert shown == [f"line {number} of 'log'" for number in range(10_000 - len(shown), 10_000)]


def test_a_zip_holds_nothing_of_what_was_printed(shelf):
    (shelf / "classic" / "output.txt").write_text("in /secret/place")
    packed = zip_model("classic", shelf)
    assert b"output.txt" not in packed
    assert open_archive(packed).card.name == "classic"


def test_a_deleted_run_leaves_nothing(tmp_path):
    begun(tmp_path)
    output_file("mine", tmp_path).write_text("what it printed")
    delete("mine", tmp_path)
    assert list_runs(tmp_path) == []
    assert list((tmp_path / ".runs").iterdir()) == []


def test_the_run_goes_before_the_model_that_it_would_replace(shelf):
    begun(shelf, "classic", "2999-01-01T00:00:00+00:00")
    delete("classic", shelf)
    assert [run.state for run in list_runs(shelf)] == [State.FINISHED]
    model = first_of("classic", shelf)
    delete_run(model, shelf)
    assert list_runs(shelf) == []
    with pytest.raises(RunError, match=r"^'classic' is gone already\.$"):
        delete_run(model, shelf)


def test_what_is_in_training_is_neither_renamed_nor_deleted(shelf):
    begun(shelf, "classic")
    with training_lock.hold("classic", shelf):
        for act in (lambda: delete("classic", shelf), lambda: rename("classic", "other", shelf)):
            with pytest.raises(RunError, match=r"^'classic' is in training\. Stop it first\.$"):
                act()
        begun(shelf, "idle")
        delete("idle", shelf)
    assert [run.state for run in list_runs(shelf)] == [State.FINISHED, State.INTERRUPTED]


def test_what_has_just_begun_to_train_is_not_deleted_either(shelf, monkeypatch):
    """Its process takes the lock between the look at it and the move."""
    begun(shelf, "mine")
    training = ExitStack()

    def begin_and_put(folder):
        training.enter_context(training_lock.hold("mine", shelf))
        return put_in_bin(folder)

    monkeypatch.setattr(runs, "put_in_bin", begin_and_put)
    with training, pytest.raises(RunError, match=r"^'mine' is in training\. Stop it first\.$"):
        delete("mine", shelf)
    assert find_run("mine", shelf).state is State.INTERRUPTED
    assert list_bin(shelf) == []


def test_of_twenty_presses_on_one_run_one_deletes_it_and_none_the_model_of_its_name(shelf):
    begun(shelf, "classic", "2999-01-01T00:00:00+00:00")
    run = first_of("classic", shelf)

    def press(_):
        try:
            return delete_run(run, shelf).name
        except RunError as error:
            return str(error)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(press, range(20)))
    assert sorted(answers) == ["'classic' is gone already."] * 19 + ["classic"]
    assert [run.state for run in list_runs(shelf)] == [State.FINISHED]


def test_what_came_with_the_project_is_neither_renamed_nor_deleted_but_another_of_its_name_is(shelf):
    shutil.copy(PROJECT / "models" / "SHA256SUMS", shelf)
    for act in (lambda: delete("classic", shelf), lambda: rename("classic", "other", shelf)):
        with pytest.raises(RunError, match=r"^'classic' came with the project and stays as it is\.$"):
            act()
    shutil.copytree(shelf / "classic", shelf / "mine")
    name_card(shelf / "mine", "mine")  # the same weights, and somebody's own copy
    delete("mine", shelf)
    weights = (PROJECT / "models" / "quick" / "weights.safetensors").read_bytes()
    (shelf / "classic" / "weights.safetensors").write_bytes(weights)
    card = json.loads((shelf / "classic" / "card.json").read_text())
    (shelf / "classic" / "card.json").write_text(json.dumps(card | {"weights_sha256": sha256(weights).hexdigest()}))
    delete("classic", shelf)
    assert list_runs(shelf) == []


def test_a_name_in_use_is_refused(shelf):
    begun(shelf, "one")
    begun(shelf, "two")
    (shelf / ".runs" / "hurt").mkdir()
    for taken in ("two", "classic", "hurt", "one"):
        with pytest.raises(BadName, match=f"called '{taken}' already"):
            rename("one", taken, shelf)
    with pytest.raises(BadName, match="called 'one' already"):
        rename("classic", "one", shelf)
    with pytest.raises(BadName, match="cannot be a model's name"):
        rename("one", "../one", shelf)
    assert names_in_use(shelf) == {"one", "two", "hurt", "classic"}


def test_a_free_name_is_the_wish_or_the_wish_with_a_number(shelf):
    assert free_name("quick", shelf) == "quick"
    assert free_name("classic", shelf) == "classic-2"
    begun(shelf, "classic-2")
    begun(shelf, "classic-4")
    assert free_name("classic", shelf) == "classic-3"
    begun(shelf, "x" * 64)
    begun(shelf, free_name("x" * 64, shelf))  # raises for a name that is too long
    assert free_name("x" * 64, shelf) == "x" * 58 + "-3"


def test_a_request_to_stop_a_run_that_is_gone_is_no_error(tmp_path):
    run = begun(tmp_path)
    assert not is_asked_to_stop(run)
    ask_to_stop(run)
    assert is_asked_to_stop(run)
    delete("mine", tmp_path)
    ask_to_stop(run)


# --------------------------------------------------------------------------------------------------- checkpoints


@pytest.mark.usefixtures("small_data")
@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_an_unfinished_run_answers_with_the_network_that_would_be_kept(tmp_path, made_digits, monkeypatch, ema_decay):
    recipe = replace(RECIPE, ema_decay=ema_decay)
    looks = iter([False] * 6 + [True])
    monkeypatch.setattr(worker, "is_asked_to_stop", lambda _: next(looks))
    run = begun(tmp_path, recipe=recipe)
    worker.carry_out(run, None, lambda _: None)
    process = Training(recipe, build_network("mlp-plus", 0, recipe.dropout), *split_training(made_digits, 100))
    for _, _ in zip(range(7), process.advance(), strict=False):
        pass
    model = load_trained(run)
    assert process.progress.step == 6  # five steps, the epoch's entry, and one more step
    assert not model.network.training
    assert model.card.recipe == recipe
    assert model.card.seconds > 0
    for name, value in process.learnt.state_dict().items():
        assert torch.equal(model.network.state_dict()[name], value), name
    averaged = not torch.equal(model.network.answer.weight, process.network.answer.weight)
    assert averaged == bool(ema_decay)


def test_a_run_that_has_saved_nothing_yet_says_so(tmp_path):
    run = begun(tmp_path)
    assert load_checkpoint(run) is None
    with pytest.raises(RunError, match="'mine' has not saved a network yet"):
        load_trained(run)


@pytest.fixture
def checkpoint(tmp_path: Path, small_data: object) -> tuple[Run, Path]:
    """A stopped run and its checkpoint's file."""
    assert small_data
    run = stopped(tmp_path)
    return run, run.folder / "checkpoint.safetensors"


@pytest.mark.parametrize("length", [0, 1, 8, 100, 5000, -1])
def test_a_truncated_checkpoint_is_damaged(checkpoint, length):
    run, path = checkpoint
    path.write_bytes(path.read_bytes()[:length])
    for read in (load_checkpoint, load_trained):
        with pytest.raises(RunError, match=r"The checkpoint of 'mine' is damaged\. Begin it anew, or delete it\."):
            read(run)


@pytest.mark.parametrize(
    "notes",
    [
        {"progress": "{"},
        {"progress": "[]"},
        {"card": "{}"},
        {"history_bytes": "many"},
        {"history_bytes": None},
    ],
)
def test_a_checkpoint_with_broken_notes_is_damaged(checkpoint, notes):
    from safetensors import safe_open
    from safetensors.torch import load, save

    run, path = checkpoint
    with safe_open(path, "pt") as file:
        kept = file.metadata() | notes
    content = save(load(path.read_bytes()), {name: note for name, note in kept.items() if note is not None})
    path.write_bytes(content)
    with pytest.raises(RunError, match="is damaged"):
        load_checkpoint(run)


def test_the_checkpoint_of_another_network_is_refused(checkpoint, tmp_path):
    run, path = checkpoint
    other = stopped(tmp_path, "other", replace(RECIPE, network="classic"))
    path.write_bytes((other.folder / path.name).read_bytes())
    with pytest.raises(RunError, match="does not fit its network"):
        load_trained(run)


SWAP = """
import os, sys
one, other, path = sys.argv[1:]
print("swapping", flush=True)
while True:
    for file in (one, other):
        os.link(file, path + ".new")
        os.replace(path + ".new", path)
"""


def test_a_checkpoint_is_read_whole_while_others_take_its_place(checkpoint):
    """They differ in size, as they do where a number in their notes has grown by a digit."""
    run, path = checkpoint
    one = load_checkpoint(run)
    kept = [path.with_suffix(".one"), path.with_suffix(".other")]
    for file, history_bytes in zip(kept, (1, 10**30), strict=True):
        save_checkpoint(run, replace(one, history_bytes=history_bytes))
        file.hardlink_to(path)
    swapper = subprocess.Popen([sys.executable, "-c", SWAP, *kept, path], stdout=subprocess.PIPE)
    try:
        swapper.stdout.readline()
        found = [load_checkpoint(run) for _ in range(100)]
    finally:
        swapper.kill()
        swapper.communicate()
    assert {checkpoint.history_bytes for checkpoint in found} == {1, 10**30}
    for other in found:
        assert all(torch.equal(value, one.tensors[name]) for name, value in other.tensors.items())


def test_a_pipe_in_the_place_of_a_checkpoint_is_not_waited_for(checkpoint):
    run, path = checkpoint
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RunError, match="is damaged"):
        load_checkpoint(run)
    (run.folder / "run.json").unlink()
    os.mkfifo(run.folder / "run.json")
    (found,) = list_runs(run.models_dir)
    assert found.reason == "run.json of mine cannot be read: run.json in mine is not a regular file."


def test_a_saved_network_that_is_no_longer_numbers_does_not_answer(checkpoint):
    run, _ = checkpoint
    saved = load_checkpoint(run)
    for value in saved.tensors.values():
        if value.is_floating_point():
            value.fill_(float("nan"))
    save_checkpoint(run, saved)
    with pytest.raises(RunError, match=r"^The network that 'mine' has saved holds what is no number\.$"):
        load_trained(run)


def test_a_huge_checkpoint_is_refused_unread(checkpoint, monkeypatch):
    monkeypatch.setattr(checkpoints, "MAX_CHECKPOINT", 1000)
    with pytest.raises(RunError, match="is damaged"):
        load_checkpoint(checkpoint[0])


def test_a_finished_run_leaves_only_what_a_model_is_made_of(checkpoint, tmp_path):
    run, _ = checkpoint
    (run.folder / ".checkpoint.safetensors-x7d").write_text("half of one, by a session that was killed")
    output_file("mine", tmp_path).write_text("what it printed")
    worker.carry_out(reopen_run("mine", tmp_path), None, lambda _: None)
    assert sorted(file.name for file in (tmp_path / "mine").iterdir()) == [
        *("card.json", "evaluation.json", "history.jsonl", "output.txt", "probabilities.safetensors"),
        *("snapshots.safetensors", "weights.safetensors"),
    ]
    assert list((tmp_path / ".runs").iterdir()) == []
