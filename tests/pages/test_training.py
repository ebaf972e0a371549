"""The Training page without a browser and without a training: what it shows for what lies on disk."""

import json
import os
import re
import shutil
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.data.mnist import mnist_is_here
from mnist_core.errors import Busy, TrainingError
from mnist_core.recipe import preset
from mnist_core.rights import VARIABLE
from mnist_core.store import training_lock
from mnist_core.store.bin import list_bin
from mnist_core.store.history import Epoch, RateChange, Step, entry_to_line
from mnist_core.store.layout import CARD
from mnist_core.store.models import load_model
from mnist_core.store.progress import Phase, write_progress
from mnist_core.store.runs import (
    State,
    asked_rate,
    create_run,
    end_run,
    find_run,
    is_asked_to_stop,
    output_file,
    reopen_run,
    run_folder,
    write_note,
)
from mnist_core.training import final_evaluation, launcher
from mnist_core.training.speed import Estimate
from tests.support.paging import html, press, run, words
from tests.support.places import APP, PROJECT
from ui.services import mnist_digits, training_runs
from ui.theme import LIGHT
from ui.widgets import double_press

TIMEOUT = 60  # seconds


@pytest.fixture(autouse=True)
def workshop(monkeypatch, shelf) -> Path:
    """A models folder to play with, and digits that are said to be here."""
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    monkeypatch.setattr(mnist_digits, "are_here", lambda: True)
    monkeypatch.setattr(training_runs, "is_measuring", lambda: False)
    monkeypatch.setattr(training_runs, "estimate", lambda _: Estimate(5.0, is_least=False))
    return shelf


@pytest.fixture
def started(monkeypatch):
    """What was asked to be trained: (name, preset, recipe)."""
    asked = []
    monkeypatch.setattr(
        launcher, "launch_training", lambda name, preset, recipe, _, **__: asked.append((name, preset, recipe))
    )
    return asked


def open_page():
    at = AppTest.from_file(APP, default_timeout=TIMEOUT).run()
    return run(at.switch_page("pages/training.py"))


def open_training(**address):
    at = AppTest.from_file(APP, default_timeout=TIMEOUT).switch_page("pages/training.py")
    at.query_params.update(address)
    return run(at)


def curves(at):
    (chart,) = at.get("plotly_chart")
    return json.loads(chart.proto.spec)["data"]


def chart_layout(at):
    (chart,) = at.get("plotly_chart")
    return json.loads(chart.proto.spec)["layout"]


def table(at):
    return at.dataframe[-1].value


def unfinished(shelf, name="half", **changes):
    """A run that has logged something and is not finished."""
    recipe, created = preset("quick", **changes), "2026-11-24T12:00:00+00:00"
    run = create_run(name, "quick", recipe, shelf, threads=2, created=created, replace_model=True)
    shutil.copy(shelf / "classic" / "history.jsonl", run.folder / "history.jsonl")
    return run


def test_at_first_the_page_shows_the_curves_of_the_newest_run_and_a_form():
    at = open_page()
    assert at.title[0].value == "How does it learn?"
    assert at.multiselect[0].value == ["classic"]
    raw, smoothed, training, validation, rate = curves(at)
    assert len(raw["x"]) == len(smoothed["x"]) == 86
    assert len(training["x"]) == len(validation["x"]) == 10
    assert set(rate["y"]) == {0.001}
    assert table(at)["Run"].tolist() == ["classic"]
    assert table(at)["Test"].tolist() == pytest.approx([98.32])
    assert "python train.py --recipe quick --name quick" in words(at)
    assert "About 5 s here, from start to end." in words(at)


def test_at_first_the_newest_run_is_of_the_alphabet_that_is_read(workshop):
    shutil.copytree(PROJECT / "models" / "characters", workshop / "characters")
    assert open_page().multiselect[0].value == ["classic"]  # which is older
    at = AppTest.from_file(APP, default_timeout=TIMEOUT).run()
    at.selectbox(key="model").set_value("characters").run()
    assert run(at.switch_page("pages/training.py")).multiselect[0].value == ["characters"]


def test_the_hyperparameters_make_the_recipe_that_is_trained_and_the_command_that_is_shown(started):
    at = open_page()
    at.segmented_control(key="recipe").set_value("classic")
    run(at)
    at.number_input(key="classic epochs").set_value(3)
    run(at)
    at.slider(key="classic dropout").set_value(0.5)
    run(at)
    at.text_input[0].set_value("my-net")
    run(at)
    assert "python train.py --recipe classic --name my-net --epochs 3 --dropout 0.5" in words(at)
    press(at, "Train")
    assert started == [("my-net", "classic", preset("classic", epochs=3, dropout=0.5))]


def test_hyperparameters_that_do_not_go_together_get_a_sentence_and_no_button():
    at = open_page()
    at.segmented_control(key="recipe").set_value("mlp-plus")
    run(at)
    at.number_input(key="mlp-plus batch_size").set_value(1)
    run(at)
    assert at.warning[0].value.startswith("Batch size\\: found 1, expected 2 or more; mlp-plus normalises")
    assert "Train" not in [button.label for button in at.button]


def test_where_the_classes_are_not_the_digits_the_settings_are_called_accordingly():
    at = open_page()
    assert at.slider(key="quick ood_share").label == "Letters and scribbles"
    at.segmented_control(key="recipe").set_value("characters")
    run(at)
    assert at.slider(key="characters ood_share").label == "None of its classes"
    assert "Letters" not in at.slider(key="characters ood_share").help
    assert at.slider(key="characters synthetic").label == "Synthetic characters"


def test_what_no_program_draws_is_told_by_the_name_of_the_setting_that_has_to_go():
    at = open_page()
    at.segmented_control(key="recipe").set_value("accurate")
    run(at)
    at.slider(key="accurate ood_share").set_value(0.4)
    at.selectbox(key="accurate data").set_value("fashion")
    run(at)
    slider, usual = at.slider(key="accurate synthetic"), preset("accurate").synthetic
    assert at.warning[0].value.startswith(f"{slider.label}\\: found {usual}, expected 0")
    assert at.slider(key="accurate ood_share").value == 0.4  # though it is called otherwise now
    assert "Train" not in [button.label for button in at.button]


def test_the_name_that_is_offered_is_free():
    at = open_page()
    at.segmented_control(key="recipe").set_value("classic")
    run(at)
    assert at.text_input[0].value == "classic-2"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("classic", "There is a training or a model called 'classic' already"), ("../x", "cannot be a model's name")],
)
def test_a_name_that_cannot_be_gets_a_sentence(name, sentence):
    at = open_page()
    at.text_input[0].set_value(name)
    run(at)
    press(at, "Train")
    assert sentence in at.error[0].value


def test_a_training_that_cannot_start_says_why(monkeypatch):
    def refuse(*_, **__):
        raise TrainingError("The disk is full.")

    monkeypatch.setattr(launcher, "launch_training", refuse)
    assert press(open_page(), "Train").error[0].value == "The disk is full."


def test_a_second_press_shows_the_training_that_is_running(monkeypatch):
    def refuse(*_, **__):
        raise Busy("The training of 'other' is running on this machine.")

    monkeypatch.setattr(launcher, "launch_training", refuse)
    at = press(open_page(), "Train")
    assert not at.error
    assert "'other' is running" in at.toast[0].value


def test_a_running_training_is_shown_with_its_progress_and_can_be_stopped(workshop):
    begun = unfinished(workshop, epochs=10)
    with training_lock.hold("half", workshop):
        training_runs.forget_holder()
        at = open_page()
        assert "half is learning" in words(at)
        assert "Train a network" not in words(at)
        assert at.multiselect[0].value[0] == "half"
        press(at, "Stop")
        assert (begun.folder / "stop").exists()
    training_runs.forget_holder()
    run(at)
    assert "half was interrupted" in words(at)


def test_the_learning_rate_of_a_running_training_is_changed_and_the_change_is_in_the_curves(workshop):
    begun = unfinished(workshop, epochs=10)
    with training_lock.hold("half", workshop):
        training_runs.forget_holder()
        rate = 0.004
        with (begun.folder / "history.jsonl").open("a") as history:
            history.write(entry_to_line(Step(10, 8600, 0.5, 1.0, rate)))
        at = open_page()
        assert f"Learning rate {rate:.2g}" in words(at)
        press(at, "× ½")
        assert f"Learning rate {rate / 2:.2g} (× 0.5)" in words(at)
        press(at, "× ½")
        assert asked_rate(begun) == 0.25
        with (begun.folder / "history.jsonl").open("a") as history:
            history.write(entry_to_line(RateChange(10, 0.25, rate / 4, 2.0)))
        run(at)
        (chart,) = at.get("plotly_chart")
        layout = json.loads(chart.proto.spec)["layout"]
        assert [(line["x0"], line["yref"]) for line in layout["shapes"]] == [
            (10, "y domain"),
            (10, "y2 domain"),
            (10, "y3 domain"),
        ]
    training_runs.forget_holder()


@pytest.mark.parametrize("mode", ["class", "public"])
def test_nobody_else_changes_it(workshop, monkeypatch, mode):
    unfinished(workshop, epochs=10)
    monkeypatch.setenv(VARIABLE, mode)
    with training_lock.hold("half", workshop):
        training_runs.forget_holder()
        at = open_page()
        assert "half is learning" in words(at)
        assert not {"× ½", "× 2"} & {button.label for button in at.button}
    training_runs.forget_holder()


def test_a_training_begun_elsewhere_is_named(tmp_path):
    with training_lock.hold("other", tmp_path / "elsewhere"):
        training_runs.forget_holder()
        at = open_page()
        assert "'other' is running on this machine" in words(at)
        assert "Train" not in [button.label for button in at.button]
    training_runs.forget_holder()


@pytest.mark.parametrize(
    ("state", "reason", "sentence", "resumable"),
    [
        (State.STOPPED, "at step 40 of 430", "half was stopped at step 40 of 430", True),
        (State.FAILED, "No space left on device.", "half failed. No space left on device.", True),
        (State.DIVERGED, "The loss was no longer finite at step 7.", "half diverged. The loss was", False),
        (State.INTERRUPTED, "", "half was interrupted", True),
    ],
)
def test_how_a_training_ended_is_said_with_what_can_be_done(workshop, monkeypatch, state, reason, sentence, resumable):
    resumed = []
    monkeypatch.setattr(launcher, "launch_resumed_training", lambda name, _: resumed.append(name))
    end_run(unfinished(workshop), state, reason)
    at = open_page()
    assert sentence in words(at)
    assert ("Resume" in [button.label for button in at.button]) == resumable
    if resumable:
        press(at, "Resume")
        assert resumed == ["half"]


def test_a_training_that_was_stopped_before_it_had_learnt_does_not_say_that_something_is_kept(workshop):
    run = unfinished(workshop)
    end_run(run, State.STOPPED, "before its first step")
    assert "half was stopped before its first step.**" in words(open_page())
    (run.folder / "checkpoint.safetensors").touch()
    assert "half was stopped before its first step. What it had learnt is kept.**" in words(open_page())


def test_two_runs_are_laid_over_each_other_and_their_recipes_compared(workshop):
    end_run(unfinished(workshop, epochs=10, seed=3), State.STOPPED, "at step 1")
    at = open_page()
    at.multiselect[0].set_value(["classic", "half"])
    run(at)
    assert len(curves(at)) == 10
    differences = at.dataframe[0].value.set_index("Setting")
    assert differences.loc["batch size"].tolist() == ["256", "64"]
    assert differences.loc["seed"].tolist() == ["3", "0"]
    assert "epochs" not in differences.index


@pytest.mark.parametrize(("axis", "end"), [("Step", 8600), ("Epoch", 10), ("Seconds", 39.2)])
def test_curves_go_along_steps_epochs_or_seconds(axis, end):
    at = open_page()
    at.segmented_control(key="axis").set_value(axis)
    run(at)
    assert curves(at)[1]["x"][-1] == pytest.approx(end, abs=0.1)


def test_a_model_that_is_being_trained_anew_is_shown_as_it_is_now(workshop):
    unfinished(workshop, "classic")
    with training_lock.hold("classic", workshop):
        training_runs.forget_holder()
        at = open_page()
        assert "classic is learning" in words(at)
        assert at.multiselect[0].options == ["classic"]
        assert len(curves(at)) == 5
        assert table(at)["State"].tolist() == ["in training", "finished"]
    training_runs.forget_holder()


def test_the_loss_can_be_logarithmic():
    at = open_page()
    at.toggle(key="log loss").set_value(True)
    run(at)
    assert chart_layout(at)["yaxis"]["type"] == "log"


def several(workshop, *names):
    """Stopped runs of these names, each newer than the one before and with another seed."""
    for minute, name in enumerate(names):
        recipe, created = preset("quick", seed=minute + 1), f"2026-11-24T12:{minute:02}:00+00:00"
        begun = create_run(name, "quick", recipe, workshop, threads=1, created=created)
        shutil.copy(workshop / "classic" / "history.jsonl", begun.folder)
        end_run(begun, State.STOPPED, "at step 1")


def test_without_smoothing_the_line_is_what_was_logged_and_with_more_it_is_calmer():
    at = open_page()
    usual = curves(at)[1]["y"]
    at.slider(key="smoothing").set_value(0)
    raw, line = curves(run(at))[:2]
    assert line["y"] == pytest.approx(raw["y"])
    at.slider(key="smoothing").set_value(20)
    strong = curves(run(at))[1]["y"]

    def jumps(values):
        return sum(abs(after - before) for before, after in pairwise(values))

    assert jumps(strong) < jumps(usual) < jumps(raw["y"])


def test_the_filter_decides_which_runs_are_offered_and_listed(workshop):
    several(workshop, "one", "two")
    at = open_page()
    at.multiselect[0].set_value(["classic"])
    run(at)
    at.text_input(key="run filter").set_value("quick seed=2")
    run(at)
    assert at.multiselect[0].options == ["two", "classic"]  # which is in the chart
    assert table(at)["Run"].tolist() == ["two"]
    at.text_input(key="run filter").set_value("quick seed=3")
    run(at)
    assert at.multiselect[0].options == ["classic"]
    assert "no run fits the filter" in words(at)


def test_the_newest_runs_come_by_themselves(workshop):
    several(workshop, "one", "two")
    at = open_page()
    at.toggle(key="latest runs").set_value(True)
    run(at)
    assert at.multiselect[0].value == ["two"]
    at.number_input(key="count of latest runs").set_value(2)
    run(at)
    assert at.multiselect[0].value == ["two", "one"]
    unfinished(workshop, "three")
    with training_lock.hold("three", workshop):
        training_runs.forget_holder()
        run(at)
        assert at.multiselect[0].value == ["three", "two"]
        at.text_input(key="run filter").set_value("seed=1")
        run(at)
        assert at.multiselect[0].value == ["one"]
    training_runs.forget_holder()


def test_a_link_brings_the_same_view(workshop):
    several(workshop, "one", "two")
    at = open_page()
    at.multiselect[0].set_value(["one", "classic"])
    at.segmented_control(key="axis").set_value("Epoch")
    at.toggle(key="log loss").set_value(True)
    at.slider(key="smoothing").set_value(7)
    at.text_input(key="run filter").set_value("quick one")
    run(at)
    address = {key: value for key, value in at.query_params.items() if key != "model"}
    assert address == {"runs": "one,classic", "axis": "epoch", "log": "1", "smoothing": "7", "filter": "quick one"}
    other = open_training(**address)
    assert other.multiselect[0].value == ["one", "classic"]
    assert curves(other) == curves(at)
    assert chart_layout(other)["yaxis"]["type"] == "log"
    assert table(other)["Run"].tolist() == ["one"]


def test_a_link_brings_the_newest_runs(workshop):
    several(workshop, "one", "two")
    at = open_training(latest="2")
    assert at.multiselect[0].value == ["two", "one"]
    at.toggle(key="latest runs").set_value(False)
    run(at)
    assert "latest" not in at.query_params
    assert at.query_params["runs"] == "two,one"


def test_what_a_link_asks_for_and_cannot_be_is_as_if_it_were_not_there():
    at = open_training(runs="nobody,,<b>", latest="7", axis="Mile", log="yes", smoothing="-1", filter="", unknown="x")
    assert at.multiselect[0].value == ["classic"]
    assert not at.warning
    assert curves(at) == curves(open_page())
    assert not {"runs", "latest", "axis", "log", "smoothing", "filter"} & {*at.query_params}
    assert open_training(runs="nobody,classic").multiselect[0].value == ["classic"]


def test_at_first_the_address_says_nothing_of_the_view():
    assert not {*open_page().query_params} - {"model"}


def chart_config(at):
    (chart,) = at.get("plotly_chart")
    return json.loads(chart.proto.config)


def test_a_picture_of_the_curves_is_named_after_their_runs_and_has_a_ground(workshop):
    several(workshop, "one")
    at = open_training(runs="one,classic")
    assert chart_config(at)["toImageButtonOptions"] == {"format": "png", "scale": 2, "filename": "one_classic"}
    assert chart_layout(at)["paper_bgcolor"] == LIGHT.ground


def about(at, name, folder):
    """Choose a run below the table and open what is known of it."""
    at.selectbox(key="managed").set_value(name)
    at.session_state[f"About {folder}"] = True
    return run(at)


def test_a_note_is_kept_and_shown_as_it_was_typed(workshop):
    several(workshop, "half")
    at = about(open_page(), "half", ".runs/half")
    at.text_area[0].set_value(" *Stars* and ![a](http://x/y.png) ")
    press(at, "Keep the note")
    assert find_run("half", workshop).note == "*Stars* and ![a](http://x/y.png)"
    assert table(at).set_index("Run").loc["half", "Note"] == "*Stars* and ![a](http://x/y.png)"
    about(at, "classic", "classic")
    assert at.text_area[0].value == ""
    at.text_area[0].set_value("mine")
    press(at, "Keep the note")
    assert load_model("classic", workshop).card.note == "mine"


@pytest.mark.parametrize("mode", ["class", "public"])
def test_a_note_is_only_read_where_nothing_may_be_renamed(workshop, monkeypatch, mode):
    several(workshop, "half")
    write_note(find_run("half", workshop), "*As it is*", workshop)
    monkeypatch.setenv(VARIABLE, mode)
    at = about(open_page(), "half", ".runs/half")
    assert not at.text_area
    assert [text.value for text in at.text] == ["*As it is*"]
    assert "Keep the note" not in [button.label for button in at.button]


def test_the_note_on_a_shipped_model_stays_as_it_is(workshop):
    shutil.copy(PROJECT / "models" / "SHA256SUMS", workshop)
    at = about(open_page(), "classic", "classic")
    assert not at.text_area


def test_what_a_run_printed_and_on_what_it_ran_is_shown_without_folders(workshop):
    several(workshop, "half")
    output_file("half", workshop).write_text("Kept in /home/somebody/models.\n*stars*\n")
    at = about(open_page(), "half", ".runs/half")
    assert "Kept in models.\n*stars*" in [code.value for code in at.code]
    about(at, "classic", "classic")
    card = load_model("classic", workshop).card
    assert card.versions["torch"] in words(at)
    assert card.device.removeprefix("cpu: ") in words(at)
    assert "What it printed was not kept" in words(at)
    assert "Memory" not in words(at)  # older cards do not say


def test_how_much_memory_a_run_took_is_shown(workshop):
    several(workshop, "half")
    card = load_model("classic", workshop).card
    (workshop / "classic" / CARD).write_text(replace(card, peak_memory=612_000_000).to_json())
    assert "at most 612.0 MB" in html(about(open_page(), "classic", "classic"))


def test_broken_records_are_shown_with_their_reason_and_hide_nothing(workshop):
    unfinished(workshop, "torn")
    (run_folder("torn", workshop) / "run.json").write_text("{")
    shutil.copytree(workshop / "classic", workshop / "odd")
    history = unfinished(workshop, "scrawl")
    (history.folder / "history.jsonl").write_text('{"kind": "step"\n')
    at = open_page()
    assert table(at)["Run"].tolist() == ["classic"]
    assert "**torn** is unreadable. run.json" in words(at)
    assert "**odd** is unreadable." in words(at)
    assert "**scrawl** is unreadable. Line 1 of history.jsonl" in words(at)


def test_folders_whose_names_are_no_text_are_shown_with_their_reason(workshop):
    (workshop / ".runs").mkdir()
    for name in ("bad\udcff", ".runs/worse\udcff"):
        (workshop / name).mkdir()
    at = open_page()
    assert "**bad?** is unreadable." in words(at)
    assert "**worse?** is unreadable." in words(at)


def stop_and_manage(workshop, *names):
    """Open the page with stopped runs of these names, the first of them chosen below the table."""
    for name in names:
        end_run(unfinished(workshop, name), State.STOPPED, "at step 1")
    at = open_page()
    at.selectbox(key="managed").set_value(names[0])
    return run(at)


def said(at):
    """What the page says was done last."""
    return [element.value for element in (*at.success, *at.error)]


def has(at, label):
    return label in [button.label for button in at.button]


def is_in_use(at, label):
    return not next(
        button for button in at.get("popover") if button.proto.popover.label == label
    ).proto.popover.disabled


def test_a_run_is_renamed_and_deleted(workshop):
    at = stop_and_manage(workshop, "half")
    at.text_input(key="rename half").set_value("whole")
    run(at)
    press(at, "Rename it")
    assert run_folder("whole", workshop).is_dir()
    assert said(at) == ["**half** is now called **whole**."]
    assert at.selectbox(key="managed").value == "whole"
    assert "Delete the unfinished run **whole**, its weights and its history?" in words(at)
    press(at, "Delete it")
    assert not run_folder("whole", workshop).exists()
    assert table(at)["Run"].tolist() == ["classic"]
    assert said(at) == ["**whole** was deleted."]


def test_what_was_deleted_comes_back_where_it_was(workshop, monkeypatch):
    monkeypatch.setattr(double_press, "DOUBLE", 0)
    at = stop_and_manage(workshop, "half")
    before = {path.name: path.read_bytes() for path in run_folder("half", workshop).iterdir()}
    press(at, "Delete it")
    assert table(at)["Run"].tolist() == ["classic"]
    press(at, "Undo")
    assert said(at) == ["**half** is back."]
    assert at.selectbox(key="managed").value == "half"
    assert {path.name: path.read_bytes() for path in run_folder("half", workshop).iterdir()} == before
    assert not has(at, "Undo")


def test_where_its_name_was_taken_meanwhile_it_comes_back_under_another(workshop, monkeypatch):
    monkeypatch.setattr(double_press, "DOUBLE", 0)
    at = stop_and_manage(workshop, "half")
    press(at, "Delete it")
    unfinished(workshop, "half", seed=5)
    press(at, "Undo")
    assert said(at) == ["**half-2** is back. It has a number now, for there is another half."]
    assert find_run("half-2", workshop).recipe.seed == 0
    assert find_run("half", workshop).recipe.seed == 5


def test_the_second_press_of_a_double_click_deletes_no_other_run_and_brings_none_back(workshop):
    at = stop_and_manage(workshop, "half", "next")
    twice = next(button for button in at.button if button.label == "Delete it")
    twice.click()
    run(at)
    twice.click()  # it was on its way when the page changed
    run(at)
    assert said(at) == ["**half** was deleted."]
    assert sorted(table(at)["Run"]) == ["classic", "next"]
    press(at, "Undo")  # it is where *Delete it* was, and pressed within the same second
    assert sorted(table(at)["Run"]) == ["classic", "next"]
    assert has(at, "Undo")


def test_a_pop_over_that_was_opened_for_one_run_is_not_open_for_the_next(workshop):
    at = stop_and_manage(workshop, "half", "next")
    keys = [popover.proto.popover.id for popover in at.get("popover") if popover.proto.popover.label != "View"]
    press(at, "Delete it")
    assert at.selectbox(key="managed").value == "next"
    assert not {*keys} & {popover.proto.popover.id for popover in at.get("popover")}


def test_of_two_tabs_that_delete_the_same_run_the_second_is_told(workshop):
    one, other = stop_and_manage(workshop, "half"), open_page()
    other.selectbox(key="managed").set_value("half")
    run(other)
    press(one, "Delete it")
    press(other, "Delete it")
    assert said(other) == ["'half' is gone already."]
    assert table(other)["Run"].tolist() == ["classic"]


def test_the_bin_is_emptied_when_asked_and_says_of_how_much(workshop):
    at = stop_and_manage(workshop, "half", "next")
    press(at, "Delete it")
    at.selectbox(key="managed").set_value("next")
    run(at)
    press(at, "Delete it")
    (label,) = [button.label for button in at.button if button.label.startswith("Empty the bin")]
    assert label == "Empty the bin: 2 runs, 24 kB"
    press(at, label)
    assert said(at) == ["Deleted for good: 2 runs, 24 kB."]
    assert list_bin(workshop) == []
    assert not has(at, "Undo")
    assert not has(at, "Bring it back")


def test_from_the_bin_any_of_it_comes_back(workshop):
    at = stop_and_manage(workshop, "half", "next")
    press(at, "Delete it")
    press(at, "Delete it")  # of the next
    assert sorted(table(at)["Run"]) == ["classic"]
    at = open_page()  # another day
    at.selectbox(key="binned").select_index(1)
    run(at)
    press(at, "Bring it back")
    assert said(at) == ["**half** is back."]
    assert sorted(table(at)["Run"]) == ["classic", "half"]


def test_when_all_is_deleted_the_bin_is_there_still():
    press(open_page(), "Delete it")
    at = open_page()
    assert has(at, "Bring it back")
    press(at, "Bring it back")
    assert table(at)["Run"].tolist() == ["classic"]


def test_what_came_with_the_project_can_be_neither_renamed_nor_deleted_and_the_page_says_so(workshop):
    shutil.copy(PROJECT / "models" / "SHA256SUMS", workshop)
    at = stop_and_manage(workshop, "half")
    assert is_in_use(at, "Rename")
    assert is_in_use(at, "Delete")
    at.selectbox(key="managed").set_value("classic")
    run(at)
    assert not is_in_use(at, "Rename")
    assert not is_in_use(at, "Delete")
    assert "'classic' came with the project and stays as it is." in words(at)
    press(at, "Delete it")  # as a foreign client can
    assert said(at) == ["'classic' came with the project and stays as it is."]
    assert sorted(table(at)["Run"]) == ["classic", "half"]


def test_what_is_in_training_is_kept_too(workshop):
    unfinished(workshop, epochs=10)
    with training_lock.hold("half", workshop):
        training_runs.forget_holder()
        at = open_page()
        assert at.selectbox(key="managed").value == "half"
        assert not is_in_use(at, "Delete")
        assert "'half' is in training. Stop it first." in words(at)
    training_runs.forget_holder()


def test_the_curves_follow_a_run_to_its_new_name_and_the_newest_are_shown_once_it_is_deleted(workshop):
    at = stop_and_manage(workshop, "half")
    at.multiselect[0].set_value(["half"])
    run(at)
    at.text_input(key="rename half").set_value("whole")
    run(at)
    press(at, "Rename it")
    assert at.multiselect[0].value == ["whole"]
    press(at, "Delete it")
    assert at.multiselect[0].value == ["classic"]


def test_a_name_in_use_is_refused_when_renaming(workshop):
    at = stop_and_manage(workshop, "half")
    at.text_input(key="rename half").set_value("classic")
    run(at)
    assert "called 'classic' already" in at.error[0].value
    press(at, "Rename it")
    assert "called 'classic' already" in at.error[0].value
    assert run_folder("half", workshop).is_dir()


def test_stop_that_comes_under_the_pointer_as_a_training_begins_takes_no_second_press(workshop, monkeypatch):
    end_run(unfinished(workshop, epochs=10), State.STOPPED, "at step 1")
    with ExitStack() as training:

        def resume(name, models_dir):
            training.enter_context(training_lock.hold(name, models_dir))
            reopen_run(name, models_dir)

        monkeypatch.setattr(launcher, "launch_resumed_training", resume)
        monkeypatch.setattr(double_press, "DOUBLE", 3600)  # however long a run of the page takes here
        at = open_page()
        press(at, "Resume")
        assert "half is learning" in words(at)
        press(at, "Stop")
        assert not is_asked_to_stop(find_run("half", workshop))
        monkeypatch.setattr(double_press, "DOUBLE", 0)
        press(at, "Stop")
        assert is_asked_to_stop(find_run("half", workshop))
    training_runs.forget_holder()


def test_resume_that_comes_under_the_pointer_as_a_training_stops_takes_no_second_press(workshop, monkeypatch):
    resumed = []
    monkeypatch.setattr(launcher, "launch_resumed_training", lambda name, _: resumed.append(name))
    unfinished(workshop, epochs=10)
    monkeypatch.setattr(double_press, "DOUBLE", 3600)
    with training_lock.hold("half", workshop):
        training_runs.forget_holder()
        at = open_page()
        press(at, "Stop")
    training_runs.forget_holder()
    run(at)
    press(at, "Resume")
    assert resumed == []
    monkeypatch.setattr(double_press, "DOUBLE", 0)
    press(at, "Resume")
    assert resumed == ["half"]


def test_the_second_press_of_train_shows_the_training_without_a_word(workshop, monkeypatch):
    def refuse(*_, **__):
        raise Busy("The training of 'quick' is running on this machine.")

    monkeypatch.setattr(launcher, "launch_training", refuse)
    at = open_page()
    unfinished(workshop, "quick")
    with training_lock.hold("quick", workshop):
        press(at, "Train")
        assert not at.toast
        assert "quick is learning" in words(at)
    training_runs.forget_holder()


def test_the_command_that_is_shown_takes_a_free_name_where_the_one_that_was_typed_is_in_use():
    at = open_page()
    at.text_input[0].set_value("classic")
    run(at)
    assert "python train.py --recipe quick --name classic-2" in words(at)


def test_without_the_digits_the_page_offers_to_fetch_them(monkeypatch):
    here = []
    monkeypatch.setattr(mnist_digits, "are_here", lambda: bool(here))
    monkeypatch.setattr(launcher, "launch_fetch", lambda **_: iter([0.1, 0.7, here.append("all") or 1.0]))
    at = open_page()
    assert "Train" not in [button.label for button in at.button]
    assert "put the four" in at.info[0].value
    press(at, "Fetch the digits (11 MB)")
    assert "Train" in [button.label for button in at.button]


def test_files_that_are_not_mnist_are_named_beside_the_offer_to_fetch(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DATA", str(tmp_path))
    monkeypatch.setattr(mnist_digits, "are_here", mnist_is_here)
    assert open_page().warning.values == []  # of an empty folder there is nothing to say
    (tmp_path / "t10k-labels.idx1-ubyte").write_bytes(b"<html>Not found</html>")
    (warning,) = open_page().warning.values
    assert "idx1-ubyte has 22 bytes, expected 10,008" in warning
    assert "missing\\: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte." in warning


def test_without_the_digits_a_network_can_learn_from_synthetic_ones(monkeypatch, started):
    monkeypatch.setattr(mnist_digits, "are_here", lambda: False)
    at = open_page()
    press(at, "Learn from synthetic digits")
    assert "It learns from synthetic digits, not from MNIST." in words(at)
    press(at, "Train")
    ((_, chosen, recipe),) = started
    assert (chosen, recipe) == ("quick", preset("quick", data="synthetic"))


def test_what_mixes_mnist_into_what_our_program_writes_offers_to_fetch_it(monkeypatch):
    monkeypatch.setattr(mnist_digits, "are_here", lambda: False)
    at = open_page()
    at.segmented_control(key="recipe").set_value("characters").run()
    assert not at.exception
    assert "To train, the MNIST digits are needed" in at.info[0].value
    assert "Train" not in [button.label for button in at.button]


# ---------------------------------------------------------------------------------------------------- how long, how far


def test_where_others_use_the_machine_the_estimate_is_the_least(monkeypatch):
    monkeypatch.setattr(training_runs, "estimate", lambda _: Estimate(63.0, is_least=True))
    assert "At least 1 min here, from start to end: other programs are using this machine." in words(open_page())


def test_until_the_machine_is_measured_the_page_says_so_and_can_train(monkeypatch, started):
    measuring = [True]
    monkeypatch.setattr(training_runs, "is_measuring", lambda: bool(measuring))
    at = open_page()
    assert "Measuring how long it will take here" in words(at)
    assert "About" not in words(at)
    press(at, "Train")
    assert len(started) == 1
    measuring.clear()
    assert "About 5 s here" in words(run(at))


def test_a_machine_that_cannot_be_measured_has_no_estimate(monkeypatch):
    monkeypatch.setattr(training_runs, "estimate", lambda _: None)
    assert " here, from start to end" not in words(open_page())


def test_what_a_recipe_claims_is_said_of_that_recipe_alone():
    at = open_page()
    assert "99.4 % of the test digits" in words(at)
    at.number_input(key="quick seed").set_value(3)  # the claim is one over seeds
    assert "99.4 % of the test digits" in words(run(at))
    at.number_input(key="quick epochs").set_value(5)
    assert "99.4 % of the test digits" not in words(run(at))
    assert "quick with other settings: epochs 5 instead of 2, seed 3 instead of 0." in words(at)


@pytest.mark.parametrize(
    ("phase", "share", "changes", "sentence"),
    [
        (Phase.WRITING, 0.43, {"data": "synthetic"}, "Getting ready: writing synthetic digits, 43 %"),
        (
            Phase.WRITING,
            0.43,
            {"synthetic": 0.3, "ood_share": 0.2},
            "Getting ready: writing synthetic digits, letters and scribbles, 43 %",
        ),
        (Phase.WRITING, 0.43, {"ood_share": 0.2}, "Getting ready: writing letters and scribbles, 43 %"),
        (Phase.CALIBRATING, 0.0, {}, "Calibrating its confidence on the validation digits"),
        (Phase.EVALUATING, 0.7, {}, "Evaluating on the 10,000 MNIST test digits, 70 %"),
    ],
)
def test_the_bar_moves_before_the_first_step_and_after_the_last(workshop, phase, share, changes, sentence):
    begun = unfinished(workshop, epochs=10, **changes)
    write_progress(begun.folder, phase, share)
    with in_training(workshop):
        (bar,) = open_page().get("progress")
    assert (bar.proto.text, bar.proto.value) == (sentence, share * 100)


def test_until_it_says_more_a_training_tells_how_long_it_has_been_getting_ready(workshop):
    begun = unfinished(workshop)
    (begun.folder / "history.jsonl").unlink()
    os.utime(begun.folder / "run.json", (time.time() - 7, time.time() - 7))
    with in_training(workshop):
        (bar,) = open_page().get("progress")
    assert re.fullmatch(r"Getting ready: loading PyTorch and the digits, \d+ s so far", bar.proto.text)


@contextmanager
def in_training(models_dir, name="half"):
    """As long as this lasts, the run counts as in training."""
    with training_lock.hold(name, models_dir):
        training_runs.forget_holder()
        yield
    training_runs.forget_holder()


# ----------------------------------------------------------------------------------------------------- how it ended


def finish(models_dir, validation_accuracy, *, epochs=2, **changes):
    """Make a finished model of the shelf's, that has not been evaluated, with a history of two epochs."""
    folder = models_dir / "classic"
    card = json.loads((folder / "card.json").read_text())
    card["recipe"] |= {"epochs": epochs} | changes
    (folder / "card.json").write_text(json.dumps(card))
    right = Epoch(1, epochs, 200, 2.3, 0.11, 2.301, validation_accuracy, 4.0)
    entries = Step(400, 400, 2.3, 8.0, 0.02), right, replace(right, epoch=2, step=400, seconds=8.0)
    (folder / "history.jsonl").write_text("".join(map(entry_to_line, entries)))
    for file in ("evaluation.json", "probabilities.safetensors"):
        (folder / file).unlink()


def open_ended():
    """Open the page as one who has watched that training."""
    at = AppTest.from_file(APP, default_timeout=TIMEOUT).run()
    at.session_state["_watched"] = "classic"
    return run(at.switch_page("pages/training.py"))


def test_without_a_test_accuracy_the_page_says_why_and_fetches_and_evaluates_here(monkeypatch, workshop):
    here, evaluated = [], []
    monkeypatch.setattr(mnist_digits, "are_here", lambda: bool(here))
    monkeypatch.setattr(launcher, "launch_fetch", lambda **_: iter([0.5, here.append("all") or 1.0]))
    monkeypatch.setattr(final_evaluation, "evaluate_again", lambda *asked: iter([0.0, evaluated.append(asked) or 1.0]))
    finish(workshop, 0.98, data="synthetic")
    at = open_page()  # as one who was away when it ended
    assert "classic has finished training." in words(at)
    assert "No test accuracy yet.** It learnt from synthetic digits, and MNIST" in words(at)
    assert "Validation (synthetic digits)" in words(at)
    assert "98.00 %" in words(at)
    press(at, "Fetch MNIST (11 MB) and evaluate it")
    assert evaluated == [("classic", workshop)]


def test_where_mnist_is_here_a_model_without_a_test_accuracy_is_evaluated_here(monkeypatch, workshop):
    evaluated = []
    monkeypatch.setattr(final_evaluation, "evaluate_again", lambda *asked: iter([evaluated.append(asked) or 1.0]))
    finish(workshop, 0.98)
    at = open_ended()
    assert "Validation accuracy" in words(at)
    assert "synthetic digits)" not in words(at)
    press(at, "Evaluate it")
    assert evaluated == [("classic", workshop)]


def test_the_validation_accuracy_on_synthetic_digits_is_not_shown_as_mnists(workshop):
    finish(workshop, 0.98, data="synthetic")
    at = open_page()
    assert table(at)["Validated on"].tolist() == ["synthetic digits"]
    assert "The validation accuracy of classic is that on synthetic digits, not on MNIST's." in words(at)
    assert curves(at)[3]["hovertemplate"] == "Validation (synthetic digits) %{y:.2f} %"


def test_of_mnists_validation_digits_nothing_more_is_said():
    at = open_page()
    assert table(at)["Validated on"].tolist() == ["MNIST"]
    assert "synthetic digits, not" not in words(at)
    assert curves(at)[3]["hovertemplate"] == "Validation accuracy %{y:.2f} %"


def test_a_training_that_learnt_nothing_is_called_that_with_the_likely_cause(workshop):
    finish(workshop, 0.1126, learning_rate=0.5)
    at = open_ended()
    assert "classic has finished training, but has learnt nothing." in words(at)
    assert at.warning[0].value == (
        "It reads 11 % of the validation digits, no more than one answer to every digit would. Its loss is 2.3; "
        "guessing has 2.3. The likely cause is a learning rate that is too large: 0.5, where classic has 0.001. Train "
        "again with a smaller one."
    )


def test_a_training_that_learns_nothing_says_so_while_it_runs_and_not_at_its_first_steps(workshop):
    begun = unfinished(workshop, epochs=10, learning_rate=1e-6)
    epoch = Epoch(1, 10, 215, 2.4, 0.11, 2.35, 0.11, 4.0)
    for steps, warned in ((215, True), (20, False)):
        entries = Step(steps, steps * 10, 2.3, 4.0, 1e-6), replace(epoch, step=steps)
        (begun.folder / "history.jsonl").write_text("".join(map(entry_to_line, entries)))
        with in_training(workshop):
            at = open_page()
        assert ["learning rate that is too small: 1e-06" in each.value for each in at.warning] == [True] * warned


def test_once_all_shown_runs_are_gone_the_newest_is_shown(workshop):
    end_run(unfinished(workshop), State.STOPPED, "at step 1")
    at = open_page()
    assert at.multiselect[0].value == ["half"]
    shutil.rmtree(run_folder("half", workshop))
    run(at)
    assert at.multiselect[0].value == ["classic"]
    at.multiselect[0].set_value([])  # who wants to see none sees none
    assert run(run(at)).multiselect[0].value == []


def test_without_any_run_the_page_invites_to_train(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path / "empty"))
    at = open_page()
    assert "Train a network" in words(at)
    assert "Choose a run" in words(at) or "no run yet" in words(at)
