"""The command, as a person runs it: begun, stopped, resumed, refused, and failing in every way that we know."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import fields
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import train
from mnist_core.data.mnist import Digits, checksum, find_data_dir
from mnist_core.errors import NotEvaluated, RunError
from mnist_core.evaluation import test_sets
from mnist_core.evaluation.metrics import evaluate
from mnist_core.recipe import PRESETS, Recipe, preset, training_command
from mnist_core.store import checkpoints, runs, training_lock
from mnist_core.store.bin import list_bin
from mnist_core.store.layout import CHECKPOINT, HISTORY, PROBABILITIES, PROGRESS, SNAPSHOTS, WEIGHTS
from mnist_core.store.models import list_models, load_answers, load_evaluation, load_model
from mnist_core.store.progress import Phase, Progress, read_progress, write_progress
from mnist_core.store.runs import State, ask_to_stop, bring_back, find_run, list_runs
from mnist_core.synthetic.generate import synthetic_digits
from mnist_core.training import final_evaluation, loop, material, worker
from tests.support.places import PROJECT
from tests.support.trainings import MODEL, wait_for

# Ten steps an epoch, with all that has a state of its own: dropout, augmentation, batch normalisation, running mean.
HARD = [
    *("--recipe", "mlp-plus", "--epochs", 2, "--batch-size", 50, "--validation-size", 100),
    *("--dropout", 0.2, "--affine", 1, "--elastic", 1, "--ema-decay", 0.9),
]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Small batches gain nothing by more; and the tests that follow have as many as before."""
    monkeypatch.setattr(runs, "count_processors", lambda: 1)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def run(*flags):
    return train.main([*map(str, flags)])


def begin(models_dir, *flags):
    return run(*HARD, "--threads", 1, "--name", "mine", "--models-dir", models_dir, *flags)


def resume(models_dir, *flags):
    return run("--resume", "mine", "--models-dir", models_dir, *flags)


@pytest.fixture(scope="module")
def uninterrupted(made_digits, tmp_path_factory):
    """The weights and the history, but for the seconds, of a training that nothing disturbed."""
    models_dir = tmp_path_factory.mktemp("uninterrupted")
    with pytest.MonkeyPatch.context() as patch:
        for module in (material, test_sets):
            patch.setattr(module, "load", lambda *_, **__: made_digits)
        patch.setattr(final_evaluation, "DISPUTED_TEST_LABELS", ())
        assert begin(models_dir) == 0
    return result(models_dir)


def result(models_dir):
    model = load_model("mine", models_dir)
    lines = [json.loads(line) for line in (models_dir / "mine" / "history.jsonl").read_text().splitlines()]
    return model.card.weights_sha256, [line | {"seconds": None} for line in lines]


def stop_at(monkeypatch, moment):
    """Let a training find, at that moment, that somebody asked it to stop."""
    looks = count(1)
    monkeypatch.setattr(worker, "is_asked_to_stop", lambda _: next(looks) == moment)


# ---------------------------------------------------------------------------------------------------- to the end


@pytest.mark.usefixtures("small_data")
def test_a_training_leaves_a_model_that_says_everything_about_itself(tmp_path, capsys):
    assert run("--name", "mine", "--epochs", 2, "--validation-size", 100, "--seed", 7, "--models-dir", tmp_path) == 0
    (card,) = list_models(tmp_path)
    again = training_command(card.preset, card.recipe, "mine")
    assert again == "python train.py --recipe classic --name mine --epochs 2 --validation-size 100 --seed 7"
    assert card.trained_on == 500
    assert card.parameters == 574_494
    assert card.threads == 1
    assert (card.precision, card.precision_reason) == ("float32", "the recipe asks for it")
    assert {path.name for path in (tmp_path / "mine").iterdir()} == MODEL
    lines = [json.loads(line) for line in (tmp_path / "mine" / "history.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == [*["step"] * 8, "epoch"] * 2
    assert lines[-1]["validation_accuracy"] is not None
    told = capsys.readouterr().out
    assert "mine: recipe classic, 2 epochs" in told
    assert "epoch 2 of 2" in told
    assert "validation accuracy" in told
    assert "s left" in told
    assert "test accuracy" in told
    assert list((tmp_path / ".runs").iterdir()) == []
    assert training_lock.holder() is None


@pytest.mark.usefixtures("small_data")
def test_synthetic_digits_are_learnt_from_too(tmp_path):
    flags = ("--epochs", 1, "--batch-size", 50, "--validation-size", 100, "--synthetic", 0.4, "--ood-share", 0.2)
    assert run(*flags, "--name", "mine", "--models-dir", tmp_path) == 0
    card = load_model("mine", tmp_path).card
    assert card.trained_on == 700  # 500 made digits and two synthetic ones for every five
    assert "--synthetic 0.4 --ood-share 0.2" in training_command(card.preset, card.recipe, "mine")
    *_, last = [json.loads(line) for line in (tmp_path / "mine" / "history.jsonl").read_text().splitlines()]
    assert last["step"] == 16  # and 100 letters and scribbles


@pytest.mark.usefixtures("small_data")
def test_it_says_how_far_it_is_before_its_first_step_and_after_its_last(tmp_path, monkeypatch):
    said = []

    def note(folder, phase, share):
        write_progress(folder, phase, share)
        said.append((phase, share, read_progress(folder) == Progress(phase, share), (folder / HISTORY).exists()))

    monkeypatch.setattr(worker, "write_progress", note)
    monkeypatch.setattr(worker, "TELL_EVERY", 0.0)
    monkeypatch.setattr(material, "IN_PLACE_OF_MNIST", 150)
    flags = ("--data", "synthetic", "--ood-share", 0.5, "--epochs", 1, "--validation-size", 50)
    assert run(*flags, "--name", "mine", "--models-dir", tmp_path) == 0
    assert all(is_read for _, _, is_read, _ in said)
    written = [(share, has_begun) for phase, share, _, has_begun in said if phase is Phase.WRITING]
    assert written == [(pytest.approx(number / 200), False) for number in range(200)]
    assert [phase for phase, *_ in said[200:]] == [Phase.CALIBRATING] + [Phase.EVALUATING] * (len(said) - 201)
    assert not (tmp_path / "mine" / PROGRESS).exists()


def learn_from_synthetic_digits(models_dir, monkeypatch):
    monkeypatch.setattr(material, "IN_PLACE_OF_MNIST", 500)
    flags = ("--epochs", 1, "--batch-size", 50, "--validation-size", 100, "--data", "synthetic")
    assert run(*flags, "--name", "mine", "--models-dir", models_dir) == 0
    card = load_model("mine", models_dir).card
    assert card.trained_on == 400
    assert card.data_sha256 == checksum(synthetic_digits(500, 0))


def test_without_mnist_a_network_learns_from_synthetic_digits_and_is_not_judged(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "nothing"))
    learn_from_synthetic_digits(tmp_path, monkeypatch)
    assert not (tmp_path / "nothing").exists()
    assert capsys.readouterr().out.endswith("not evaluated, for the MNIST digits are not here.\n")
    with pytest.raises(NotEvaluated):
        load_evaluation("mine", tmp_path)


@pytest.mark.usefixtures("mnist_test")
def test_where_mnist_is_at_hand_a_network_that_learnt_from_synthetic_digits_is_judged_by_it(tmp_path, monkeypatch):
    learn_from_synthetic_digits(tmp_path, monkeypatch)
    assert load_evaluation("mine", tmp_path).seen == 10_000


def test_the_evaluation_can_be_made_again_from_the_probabilities_beside_it(tmp_path, small_data):
    run("--name", "mine", "--epochs", 1, "--validation-size", 0, "--models-dir", tmp_path)
    kept = load_file(tmp_path / "mine" / "probabilities.safetensors")["test"]
    assert kept.shape == (600, 10)
    assert kept.dtype == np.float32
    again = evaluate(kept, small_data.labels)
    assert again.confusion == load_evaluation("mine", tmp_path).confusion
    assert (load_answers("mine", tmp_path).labels == small_data.labels).all()


# ------------------------------------------------------------------------------------- a name that is in use


QUICKLY = ("--epochs", 1, "--validation-size", 0)  # one training
TAKEN = (
    "train.py: There is a finished model called 'mine' already. Take another name, such as `--name mine-2`, or add "
    "--replace: the model that is there then goes to the bin, once the new one is finished.\n"
)


def seed_of(name, models_dir):
    return load_model(name, models_dir).card.recipe.seed


@pytest.mark.usefixtures("small_data")
def test_a_second_training_of_the_name_replaces_the_first_only_where_it_is_told_to(tmp_path, capsys):
    flags = ("--name", "mine", *QUICKLY, "--models-dir", tmp_path)
    assert run(*flags, "--seed", 1) == 0
    assert run(*flags, "--seed", 2) == 1
    assert capsys.readouterr().err == TAKEN
    assert seed_of("mine", tmp_path) == 1
    assert list_bin(tmp_path) == []
    assert run(*flags, "--seed", 2, "--replace") == 0
    assert f"The model that had the name is in the bin, {tmp_path}/.bin, for 7 days" in capsys.readouterr().out
    assert seed_of("mine", tmp_path) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [".bin", ".runs", "mine"]
    (before,) = list_bin(tmp_path)
    assert bring_back(before, tmp_path) == "mine-2"
    assert seed_of("mine-2", tmp_path) == 1


@pytest.mark.usefixtures("small_data")
def test_the_shipped_model_is_not_replaced_silently_by_name_or_by_none(shelf):
    before = (shelf / "classic" / "weights.safetensors").read_bytes()
    assert run("--recipe", "classic", "--name", "classic", *QUICKLY, "--models-dir", shelf) == 1
    assert run("--recipe", "classic", *QUICKLY, "--models-dir", shelf) == 0
    assert [card.name for card in list_models(shelf)] == ["classic", "classic-2"]
    assert (shelf / "classic" / "weights.safetensors").read_bytes() == before


@pytest.mark.usefixtures("small_data")
def test_a_model_stays_in_its_place_until_the_one_that_replaces_it_is_finished(tmp_path, monkeypatch, capsys):
    assert begin(tmp_path, "--seed", 5) == 0
    with monkeypatch.context() as patch:
        stop_at(patch, 3)
        assert begin(tmp_path, "--replace") == 130
    command = "python train.py --resume mine --replace"
    assert capsys.readouterr().out.endswith(f"Go on with: {command}\n")
    assert seed_of("mine", tmp_path) == 5
    assert begin(tmp_path, "--replace") == 1
    assert f"Go on with `{command}`, or begin anew with --restart." in capsys.readouterr().err
    assert run(*command.split()[2:], "--models-dir", tmp_path) == 0
    assert seed_of("mine", tmp_path) == 0
    assert [(binned.name, binned.is_model) for binned in list_bin(tmp_path)] == [("mine", True)]


@pytest.mark.usefixtures("small_data")
def test_a_training_whose_name_a_finished_model_has_got_meanwhile_does_not_go_on_unasked(tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        stop_at(patch, 3)
        begin(tmp_path)
    shutil.copytree(PROJECT / "models" / "classic", tmp_path / "mine")
    assert resume(tmp_path) == 1
    assert capsys.readouterr().err == (
        "train.py: There is a finished model called 'mine', too. Rename one of the two on the Train page, or go on "
        "with `python train.py --resume mine --replace`: the model then goes to the bin, once the training is "
        "finished.\n"
    )
    assert find_run("mine", tmp_path).state is State.STOPPED


@pytest.mark.usefixtures("small_data")
def test_what_is_begun_anew_lies_in_the_bin_as_it_was(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, 3)
        begin(tmp_path, "--seed", 5)
    assert begin(tmp_path, "--restart") == 0
    (before,) = list_bin(tmp_path)
    assert bring_back(before, tmp_path) == "mine-2"
    assert run("--resume", "mine-2", "--models-dir", tmp_path) == 0
    assert seed_of("mine-2", tmp_path) == 5


@pytest.mark.usefixtures("small_data")
def test_a_model_that_cannot_be_moved_to_its_place_leaves_the_one_before_there(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    assert begin(tmp_path, "--seed", 5) == 0
    with monkeypatch.context() as patch:
        rename = Path.rename
        patch.setattr(
            Path,
            "rename",
            lambda work, place: (
                fail() if place == tmp_path / "mine" and work.parent.name == ".runs" else rename(work, place)
            ),
        )
        assert begin(tmp_path, "--replace") == 1
    assert seed_of("mine", tmp_path) == 5
    assert list_bin(tmp_path) == []
    assert find_run("mine", tmp_path).state is State.FAILED


@pytest.mark.usefixtures("small_data")
def test_the_same_command_gives_the_same_weights(tmp_path, uninterrupted):
    begin(tmp_path)
    assert result(tmp_path) == uninterrupted
    begin(tmp_path, "--seed", 1, "--replace")
    assert result(tmp_path)[0] != uninterrupted[0]


@pytest.mark.usefixtures("small_data")
def test_the_thread_limit_is_kept_and_written_on_the_card(tmp_path, monkeypatch):
    used = []
    monkeypatch.setattr(torch, "set_num_threads", used.append)
    run("--name", "mine", "--epochs", 1, "--validation-size", 0, "--models-dir", tmp_path, "--threads", 3)
    assert used == [3]
    assert list_models(tmp_path)[0].threads == 3


@pytest.mark.usefixtures("small_data")
def test_the_card_has_the_most_memory_that_any_process_took_which_trained_it(tmp_path, monkeypatch):
    stop_at(monkeypatch, 12)
    monkeypatch.setattr(worker, "measure_memory_of_training", lambda _: 900_000_000)
    begin(tmp_path)
    monkeypatch.setattr(worker, "measure_memory_of_training", lambda _: 400_000_000)
    assert resume(tmp_path) == 0
    assert list_models(tmp_path)[0].peak_memory == 900_000_000


# ----------------------------------------------------------------------------------------------- stop and resume


@pytest.mark.usefixtures("small_data")
@pytest.mark.parametrize("moment", [1, 9, 10, 11, 12, 21], ids=lambda moment: f"after yield {moment}")
def test_a_stopped_training_resumes_and_ends_as_if_nothing_had_been(
    tmp_path, monkeypatch, capsys, uninterrupted, moment
):
    stop_at(monkeypatch, moment)
    assert begin(tmp_path) == train.STOPPED == 130
    told = capsys.readouterr().out
    assert told.endswith("Stopped; what it learnt is kept. Go on with: python train.py --resume mine\n")
    assert list_models(tmp_path) == []
    stopped = find_run("mine", tmp_path)
    steps = moment - (moment > 10)  # the eleventh yield is the first epoch's
    assert (stopped.state, stopped.reason) == (State.STOPPED, f"at step {steps} of 20")
    torch.manual_seed(moment)  # another process knows nothing of this one's randomness
    assert resume(tmp_path) == 0
    assert result(tmp_path) == uninterrupted
    assert {path.name for path in (tmp_path / "mine").iterdir()} == MODEL


@pytest.mark.usefixtures("small_data")
def test_a_training_that_has_had_its_minutes_is_stopped_and_goes_on_where_it_was(
    tmp_path, monkeypatch, capsys, uninterrupted
):
    monkeypatch.setattr(train, "MINUTES", {"low": 0.0, "high": 9.0})
    assert begin(tmp_path, "--minutes", "0") == 130
    stopped = find_run("mine", tmp_path)
    assert (stopped.state, stopped.reason, stopped.has_checkpoint) == (State.STOPPED, "after its 0 minutes", True)
    assert resume(tmp_path, "--minutes", "9") == 0
    assert result(tmp_path) == uninterrupted
    with pytest.raises(SystemExit):
        begin(tmp_path, "--minutes", "10")
    assert "argument --minutes: found 10, expected a number from 0.0 to 9.0" in capsys.readouterr().err


@pytest.mark.usefixtures("small_data")
def test_a_training_may_be_stopped_again_and_again(tmp_path, monkeypatch, uninterrupted):
    monkeypatch.setattr(worker, "is_asked_to_stop", lambda _: True)
    assert begin(tmp_path) == 130
    sessions = 1
    while resume(tmp_path) == 130:
        sessions += 1
    assert sessions == 22  # after each of 20 steps and of 2 epochs
    assert result(tmp_path) == uninterrupted


@pytest.mark.usefixtures("small_data")
@pytest.mark.parametrize(
    ("source", "written"),
    [(("--synthetic", 0.4), 200), (("--ood-share", 0.4), 200), (("--data", "synthetic"), 500)],
)
def test_a_stop_is_heard_while_synthetic_digits_are_written(tmp_path, monkeypatch, capsys, source, written):
    def stop_at_question(number):
        asked = iter([False] * (number - 1) + [True])  # a further question would fail
        monkeypatch.setattr(worker, "is_asked_to_stop", lambda _: next(asked))

    monkeypatch.setattr(material, "IN_PLACE_OF_MNIST", 500)
    flags = (
        *source,
        "--epochs",
        1,
        "--batch-size",
        50,
        "--validation-size",
        100,
        "--name",
        "mine",
        "--models-dir",
        tmp_path,
    )
    stop_at_question(7)
    assert run(*flags) == 130
    told = capsys.readouterr().out
    assert told.endswith("Stopped; it had not begun to learn. Go on with: python train.py --resume mine\n")
    stopped = find_run("mine", tmp_path)
    assert (stopped.state, stopped.reason, stopped.has_checkpoint) == (State.STOPPED, "before its first step", False)

    stop_at_question(written + 3)
    assert resume(tmp_path) == 130
    assert find_run("mine", tmp_path).reason.startswith("at step 3 of ")
    stop_at_question(7)
    assert resume(tmp_path) == 130
    stopped = find_run("mine", tmp_path)
    assert (stopped.reason, stopped.has_checkpoint) == ("before it went on", True)
    monkeypatch.setattr(worker, "is_asked_to_stop", lambda _: False)
    assert resume(tmp_path) == 0


@pytest.mark.usefixtures("small_data")
def test_a_file_in_its_folder_stops_it_and_does_not_stop_it_again(tmp_path, monkeypatch, uninterrupted):
    tell = train.describe

    def tell_and_ask(entry):
        if entry.step == 7:
            ask_to_stop(find_run("mine", tmp_path))
        return tell(entry)

    monkeypatch.setattr(train, "TELL_EVERY", 0)
    monkeypatch.setattr(train, "describe", tell_and_ask)
    assert begin(tmp_path) == 130
    assert find_run("mine", tmp_path).reason == "at step 7 of 20"
    assert resume(tmp_path) == 0
    assert result(tmp_path) == uninterrupted


@pytest.mark.usefixtures("small_data")
def test_an_interruption_that_would_not_wait_says_what_is_kept(tmp_path, monkeypatch, capsys, uninterrupted):
    def interrupt(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(train, "describe", interrupt)
        assert begin(tmp_path) == 130
    assert "interrupted; what was saved before is kept." in capsys.readouterr().err
    assert find_run("mine", tmp_path).state is State.INTERRUPTED
    assert resume(tmp_path) == 0
    assert result(tmp_path) == uninterrupted


@pytest.mark.usefixtures("small_data")
def test_a_resumed_training_multiplies_as_it_began_on_whatever_processor(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    stop_at(monkeypatch, 3)
    assert begin(tmp_path, "--precision", "auto") == 130
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert resume(tmp_path) == 0
    card = load_model("mine", tmp_path).card
    assert (card.precision, card.precision_reason) == ("bfloat16", "the processor is fast at it (AMX)")


def test_on_other_digits_it_does_not_go_on(tmp_path, monkeypatch, capsys, small_data):
    stop_at(monkeypatch, 3)
    begin(tmp_path)
    monkeypatch.setattr(material, "load", lambda *_, **__: Digits(255 - small_data.images, small_data.labels))
    assert resume(tmp_path) == 1
    assert "The training digits are not those it began with." in capsys.readouterr().err
    assert find_run("mine", tmp_path).state is State.FAILED


@pytest.mark.usefixtures("small_data")
def test_a_damaged_checkpoint_is_refused_and_begun_anew(tmp_path, monkeypatch, capsys, uninterrupted):
    stop_at(monkeypatch, 3)
    begin(tmp_path)
    checkpoint = tmp_path / ".runs" / "mine" / "checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert resume(tmp_path) == 1
    assert "The checkpoint of 'mine' is damaged. Begin it anew, or delete it." in capsys.readouterr().err
    assert begin(tmp_path, "--restart") == 0
    assert result(tmp_path) == uninterrupted


@pytest.mark.usefixtures("small_data")
def test_a_lost_history_is_not_filled_with_nonsense(tmp_path, monkeypatch):
    stop_at(monkeypatch, 5)
    begin(tmp_path)
    (tmp_path / ".runs" / "mine" / "history.jsonl").unlink()
    assert resume(tmp_path) == 0
    assert [line["step"] for line in result(tmp_path)[1] if line["kind"] == "step"] == list(range(6, 21))


def test_an_unknown_training_is_answered_with_those_that_can_be_resumed(tmp_path, capsys):
    runs.create_run("other", "classic", Recipe(), tmp_path)
    assert resume(tmp_path) == 1
    assert capsys.readouterr().err == ("train.py: There is no unfinished training called 'mine'. Unfinished: other.\n")


@pytest.mark.usefixtures("small_data")
@pytest.mark.parametrize("state", ["stopped", "interrupted"])
def test_an_unfinished_training_is_not_begun_anew_unless_asked(tmp_path, monkeypatch, capsys, state, uninterrupted):
    stop_at(monkeypatch, 3)
    begin(tmp_path, "--seed", 5)
    if state == "interrupted":
        runs.reopen_run("mine", tmp_path)
    assert begin(tmp_path) == 1
    assert capsys.readouterr().err == (
        f"train.py: There is an unfinished training called 'mine', {state}. "
        "Go on with `python train.py --resume mine`, or begin anew with --restart.\n"
    )
    assert find_run("mine", tmp_path).recipe.seed == 5
    assert begin(tmp_path, "--restart") == 0
    assert result(tmp_path) == uninterrupted
    assert list((tmp_path / ".runs").iterdir()) == []


@pytest.mark.parametrize(
    "flags",
    [["--recipe", "quick"], ["--name", "x"], ["--epochs", "3"], ["--restart"], ["--threads", "2"], ["--dropout", "0"]],
    ids=" ".join,
)
def test_a_resumed_training_takes_no_other_recipe(tmp_path, flags, capsys):
    with pytest.raises(SystemExit) as ended:
        resume(tmp_path, *flags)
    assert ended.value.code == 2
    assert "argument --resume: goes on as the training began; only the places can be given" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------------- signals


REAL = [
    *("--recipe", "quick", "--epochs", "30", "--validation-size", "30000", "--batch-size", "500", "--threads", "1"),
    *("--name", "mine"),
]


def start(models_dir, *flags):
    command = [sys.executable, "train.py", *flags, "--models-dir", str(models_dir)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def steps_of(models_dir):
    """The steps that are logged of a run; none while there is no run."""
    try:
        return len(find_run("mine", models_dir).history().steps)
    except RunError:
        return 0


@pytest.mark.slow
@pytest.mark.usefixtures("mnist_train", "mnist_test")
def test_a_signal_ends_a_real_training_which_says_how_to_resume(tmp_path):
    steps = 0
    for number, flags in ((signal.SIGINT, REAL), (signal.SIGTERM, ["--resume", "mine"])):
        process = start(tmp_path, *flags)
        try:
            wait_for(lambda seen=steps: steps_of(tmp_path) > seen)
            assert find_run("mine", tmp_path).state is State.RUNNING
            process.send_signal(number)
            out, err = process.communicate(timeout=30)  # within 2 on a quiet machine
        finally:
            process.kill()
        assert process.returncode == 130, err
        assert err == ""
        assert out.splitlines()[-1] == "Stopped; what it learnt is kept. Go on with: python train.py --resume mine"
        stopped = find_run("mine", tmp_path)
        assert stopped.state is State.STOPPED
        assert re.fullmatch(r"at step [\d,]+ of 1,800", stopped.reason)
        steps = steps_of(tmp_path)


@pytest.mark.usefixtures("mnist_train", "mnist_test")
def test_a_training_goes_on_to_its_end_when_nobody_listens_any_more(tmp_path):
    """As after `| head -1`."""
    process = start(tmp_path, "--epochs", "1", "--batch-size", "1000", "--validation-size", "30000", "--name", "mine")
    assert process.stdout.readline().startswith("mine: recipe classic")
    process.stdout.close()
    process.stdout = None  # for `communicate`
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert load_evaluation("mine", tmp_path).seen == 10_000
    assert list_runs(tmp_path)[0].state is State.FINISHED


# ------------------------------------------------------------------------------------------------------ failures


@pytest.mark.usefixtures("small_data")
@pytest.mark.parametrize(
    ("module", "file", "call"),
    [
        pytest.param(worker, SNAPSHOTS, 1, id="at the first snapshot"),
        pytest.param(checkpoints, CHECKPOINT, 1, id="at the first checkpoint"),
        pytest.param(checkpoints, CHECKPOINT, 2, id="at the second checkpoint"),
        pytest.param(worker, WEIGHTS, 1, id="at the weights"),
        pytest.param(final_evaluation, PROBABILITIES, 1, id="at the probabilities"),
    ],
)
def test_a_full_disk_leaves_the_old_model_whole_and_ends_in_a_sentence(
    tmp_path, monkeypatch, capsys, uninterrupted, module, file, call
):
    begin(tmp_path, "--seed", 5)
    before = {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()}
    calls, write = count(1), module.write_atomically
    monkeypatch.setattr(worker, "SAVE_EVERY", 0.0)

    def fill(path, content):
        if path.name == file and next(calls) == call:
            raise OSError(28, "No space left on device")
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_atomically", fill)
        assert begin(tmp_path, "--replace") == 1
    assert capsys.readouterr().err == (
        "train.py: The training could not be written: No space left on device. What was saved before is whole.\n"
    )
    assert {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()} == before
    failed = find_run("mine", tmp_path)
    assert (failed.state, failed.reason) == (
        State.FAILED,
        "The training could not be written: No space left on device.",
    )
    assert failed.has_checkpoint == (file not in (SNAPSHOTS, CHECKPOINT) or call > 1)
    assert resume(tmp_path, "--replace") == 0
    assert result(tmp_path) == uninterrupted


@pytest.mark.usefixtures("small_data")
def test_a_full_disk_that_takes_the_history_too_ends_in_a_sentence(tmp_path, capsys):
    """A real one: every write to /dev/full fails as on a full disk."""
    runs.create_run("mine", "classic", Recipe(validation_size=100), tmp_path)
    (tmp_path / ".runs" / "mine" / "history.jsonl").symlink_to("/dev/full")
    assert resume(tmp_path) == 1
    assert "The training could not be written: " in capsys.readouterr().err


@pytest.mark.parametrize("way", ["models", "models/.runs"])
def test_a_file_in_the_way_is_refused_before_the_first_epoch(tmp_path, capsys, way):
    (tmp_path / way).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / way).write_text("in the way")
    assert begin(tmp_path / "models") == 1
    told = capsys.readouterr().err
    assert re.fullmatch(r"train\.py: The training 'mine' was not begun: .*\. All is as it was before\.\n", told)
    assert str(tmp_path) not in told
    assert (tmp_path / way).read_text() == "in the way"


@pytest.mark.usefixtures("small_data")
def test_a_crash_is_noted_with_its_reason(tmp_path, monkeypatch, uninterrupted):
    def crash(*_):
        raise ZeroDivisionError("nobody thought of it")

    with monkeypatch.context() as patch:
        patch.setattr(final_evaluation, "evaluate", crash)
        with pytest.raises(ZeroDivisionError):
            begin(tmp_path)
    failed = find_run("mine", tmp_path)
    assert (failed.state, failed.reason) == (State.FAILED, "ZeroDivisionError: nobody thought of it")
    assert training_lock.holder() is None
    assert resume(tmp_path) == 0
    assert result(tmp_path) == uninterrupted


@pytest.mark.usefixtures("small_data")
def test_a_diverged_training_replaces_no_good_model_and_does_not_go_on(tmp_path, monkeypatch, capsys, uninterrupted):
    assert begin(tmp_path) == 0
    calls, augment = count(1), loop.augment
    with monkeypatch.context() as patch:
        patch.setattr(
            loop,
            "augment",
            lambda digits, **way: augment(digits, **way) * (float("nan") if next(calls) > 12 else 1),
        )
        assert begin(tmp_path, "--replace") == 1
    reason = "The loss was no longer a finite number at step 13. Try a smaller learning rate."
    assert f"train.py: {reason}\n" in capsys.readouterr().err
    assert result(tmp_path) == uninterrupted
    diverged = find_run("mine", tmp_path)
    assert (diverged.state, diverged.reason) == (State.DIVERGED, reason)
    assert not diverged.is_resumable
    assert not diverged.has_checkpoint
    assert len(diverged.history().steps) == 12
    assert resume(tmp_path, "--replace") == 1
    assert f"'mine' has diverged and cannot go on: {reason} Begin it anew" in capsys.readouterr().err
    assert begin(tmp_path, "--seed", 1, "--replace") == 0
    assert load_model("mine", tmp_path).card.recipe.seed == 1
    assert list_runs(tmp_path)[0].state is State.FINISHED


def test_missing_data_that_cannot_be_fetched_ends_in_a_sentence(tmp_path):
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    ran = subprocess.run(
        [sys.executable, "train.py", "--data-dir", tmp_path / "data", "--models-dir", tmp_path / "models"],
        cwd=PROJECT,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("train.py: The MNIST digits could not be fetched.")
    assert "Traceback" not in ran.stderr
    assert list_models(tmp_path / "models") == []
    failed = find_run("classic", tmp_path / "models")
    assert failed.state is State.FAILED
    assert failed.reason.startswith("The MNIST digits could not be fetched.")


# ----------------------------------------------------------------------------------------------- one at a time


def test_a_second_training_is_refused_at_once_naming_the_first(tmp_path, capsys):
    with training_lock.hold("first", tmp_path):
        assert begin(tmp_path) == 1
    assert capsys.readouterr().err == (
        "train.py: The training of 'first' is running on this machine. Wait for it, or stop it first.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_second_training_in_another_process_is_refused_too(tmp_path):
    with training_lock.hold("first", tmp_path / "elsewhere"):
        process = start(tmp_path, *REAL)
        out, err = process.communicate()
    assert process.returncode == 1
    assert out == ""
    assert err.startswith("train.py: The training of 'first' is running on this machine.")
    assert list(tmp_path.iterdir()) == []


# ----------------------------------------------------------------------------------------------------- the flags


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--epochs", "0"], "argument --epochs: found 0, expected a whole number from 1 to 1,000"),
        (["--epochs", "ten"], "argument --epochs: found 'ten', expected a whole number from 1 to 1,000"),
        (["--batch-size", "0.5"], "argument --batch-size: found '0.5', expected a whole number from 1 to 10,000"),
        (["--learning-rate", "nan"], "argument --learning-rate: found nan, expected a number from 1e-06 to 1.0"),
        (["--held-out", "few"], "argument --held-out: found 'few', expected a whole number from 0 to 30,000"),
        (
            ["--validation-size", "60000"],
            "argument --validation-size: found 60000, expected a whole number from 0 to 30,000",
        ),
        (["--dropout", "1"], "argument --dropout: found 1.0, expected a number from 0.0 to 0.9"),
        (["--patience", "2", "--validation-size", "0"], "argument --patience: needs a validation set to evaluate by"),
        (["--recipe", "mlp-plus", "--batch-size", "1"], "argument --batch-size: found 1, expected 2 or more; mlp-plus"),
        (["--threads", "0"], "argument --threads: found 0, expected a whole number from 1 to 256"),
        (["--threads", "two"], "argument --threads: found 'two', expected a whole number from 1 to 256"),
        (["--network", "vgg"], "argument --network: found 'vgg', expected one of classic"),
        (["--schedule", "cosine"], "argument --schedule: found 'cosine', expected one of constant, one-cycle"),
        (["--recipe", "clasic"], "argument --recipe: invalid choice: 'clasic'"),
        (["--name", "../x"], "argument --name: '../x' cannot be a model's name"),
        (["--name", ""], "argument --name: '' cannot be a model's name"),
        (["--resume", "../x"], "argument --resume: '../x' cannot be a model's name"),
        (["--epoch", "1"], "unrecognized arguments: --epoch 1"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_flag_is_named_with_what_was_found_and_what_is_allowed(tmp_path, capsys, flags, words):
    with pytest.raises(SystemExit) as ended:
        run(*flags, "--models-dir", tmp_path)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_bad_flag_ends_the_real_command_without_a_traceback():
    ran = subprocess.run(
        [sys.executable, "train.py", "--epochs", "0"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1] == (
        "train.py: error: argument --epochs: found 0, expected a whole number from 1 to 1,000"
    )


@pytest.fixture
def told(capsys, monkeypatch):
    """What --help says, in one line."""
    monkeypatch.setenv("COLUMNS", "1000")  # or it may be broken within a word
    with pytest.raises(SystemExit):
        run("--help")
    return " ".join(capsys.readouterr().out.split())


def test_the_help_names_every_hyperparameter_with_its_range(told):
    ranges = {
        "--network": "one of classic",
        "--data": "one of mnist, emnist, fashion, synthetic, characters, signs, everything (mnist)",
        "--epochs": "a whole number from 1 to 1,000 (10)",
        "--batch-size": "a whole number from 1 to 10,000 (64)",
        "--learning-rate": "a number from 1e-06 to 1.0 (0.001)",
        "--schedule": "one of constant, one-cycle (constant)",
        "--warmup": "a number from 0.0 to 0.9 (0.25)",
        "--last-rate": "a number from 0.0 to 1.0 (0.0)",
        "--weight-decay": "a number from 0.0 to 1.0 (0.0)",
        "--label-smoothing": "a number from 0.0 to 0.5 (0.0)",
        "--dropout": "a number from 0.0 to 0.9 (0.3)",
        "--affine": "a number from 0.0 to 2.0 (0.0)",
        "--elastic": "a number from 0.0 to 4.0 (0.0)",
        "--unbent": "a number from 0.0 to 1.0 (0.0)",
        "--mnist": "a number from 0.0 to 1.0 (0.0)",
        "--synthetic": "a number from 0.0 to 2.0 (0.0)",
        "--ood-share": "a number from 0.0 to 2.0 (0.0)",
        "--teachers": "names of models with commas between them, or nothing (none)",
        "--distillation": "a number from 0.0 to 1.0 (0.7)",
        "--ema-decay": "a number from 0 to 1 (0.0)",
        "--patience": "a whole number from 0 to 1,000 (0)",
        "--precision": "one of auto, float32, bfloat16 (float32)",
        "--validation-size": "a whole number from 0 to 30,000 (5000)",
        "--seed": "a whole number from 0 to 4,294,967,295 (0)",
        "--threads": "a whole number from 1 to 256",
    }
    assert ranges.keys() - {"--threads"} == {
        f"--{hyperparameter.name.replace('_', '-')}" for hyperparameter in fields(Recipe)
    }
    _, _, descriptions = told.partition("each changes one setting of the preset")
    for flag, words in ranges.items():
        assert words in re.split(r" --(?=[a-z])", descriptions.partition(f" {flag} ")[2])[0], flag


def test_flags_that_were_renamed_still_work_and_are_not_in_the_help(tmp_path, monkeypatch, told):
    begun = []
    monkeypatch.setattr(train, "create_run", lambda _, preset, recipe, *__, **___: begun.append((preset, recipe)))
    monkeypatch.setattr(train, "train", lambda *_, **__: 0)
    assert run("--recipe", "quick", "--held-out", 777, "--outliers", 0.77, "--models-dir", tmp_path) == 0
    assert begun == [("quick", preset("quick", validation_size=777, ood_share=0.77))]
    assert "--held-out" not in told
    assert "--outliers" not in told


def test_the_help_tells_of_every_recipe_and_how_to_go_on(told):
    for name in PRESETS:
        assert f" {name} " in told
    for words in (
        "published at 98.20 %",
        "--resume",
        "Ctrl-C",
        "python train.py --recipe quick --name my-quick",
        "--replace",
    ):
        assert words in told


def test_every_hyperparameter_is_a_flag_that_turns_it(tmp_path, monkeypatch):
    """Each to a value that no preset has."""
    turned = {
        **{
            "network": "classic",
            "data": "synthetic",
            "epochs": 77,
            "batch_size": 777,
            "learning_rate": 0.123,
            "schedule": "one-cycle",
        },
        **{
            "warmup": 0.77,
            "last_rate": 0.077,
            "weight_decay": 0.077,
            "label_smoothing": 0.077,
            "dropout": 0.77,
            "affine": 0.77,
        },
        **{
            "elastic": 0.77,
            "unbent": 0.77,
            "synthetic": 0.77,
            "mnist": 0.77,
            "ood_share": 0.77,
            "teachers": "quick,other",
            "distillation": 0.77,
            "ema_decay": 0.77,
            "patience": 7,
        },
        **{"precision": "bfloat16", "validation_size": 777, "seed": 7},
    }
    begun = []
    monkeypatch.setattr(train, "create_run", lambda _, preset, recipe, *__, **___: begun.append((preset, recipe)))
    monkeypatch.setattr(train, "train", lambda *_, **__: 0)
    monkeypatch.setattr(train, "check_teachers", lambda *_: None)
    flags = [
        part for hyperparameter, value in turned.items() for part in (f"--{hyperparameter.replace('_', '-')}", value)
    ]
    assert run("--recipe", "quick", *flags, "--models-dir", tmp_path) == 0
    assert begun == [("quick", Recipe(**turned))]
    assert turned.keys() == {hyperparameter.name for hyperparameter in fields(Recipe)}


def test_only_fetching_trains_nothing(tmp_path, mnist_train, mnist_test, capsys):
    assert len(mnist_train) + len(mnist_test) == 70_000
    assert run("--fetch-only", "--models-dir", tmp_path) == 0
    assert capsys.readouterr().out == f"The MNIST digits are in {find_data_dir()}.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_tensorboard_log_without_tensorboard_is_refused_before_anything_begins(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    assert begin(tmp_path, "--tensorboard") == 1
    assert "pip install tensorboard" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_one_epoch_of_the_real_digits_reads_most_of_the_test(mnist_train, mnist_test, tmp_path):
    assert len(mnist_train) + len(mnist_test) == 70_000
    assert run("--name", "one", "--epochs", 1, "--models-dir", tmp_path) == 0
    evaluation = load_evaluation("one", tmp_path)
    assert evaluation.accuracy > 0.95
    assert evaluation.seen == 10_000
    assert evaluation.without_disputed.seen == 9985
    assert load_file(tmp_path / "one" / "probabilities.safetensors")["test"].shape == (10_000, 10)
