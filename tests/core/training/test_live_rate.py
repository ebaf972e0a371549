"""A learning rate that is changed while a training runs: from the next step on, logged, and the same once resumed."""

import pytest
import torch

import train
from mnist_core.data.mnist import Digits
from mnist_core.errors import RunError
from mnist_core.recipe import preset
from mnist_core.store.history import history_to_csv, read_history
from mnist_core.store.layout import RATE
from mnist_core.store.models import list_models, load_model
from mnist_core.store.runs import ask_for_rate, ask_to_stop, asked_rate, create_run, find_run
from mnist_core.training import loop, worker
from mnist_core.training.loop import learning_rate_at

FLAGS = ["--recipe", "classic", "--epochs", "2", "--batch-size", "50", "--validation-size", "100", "--threads", "1"]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch, small_data: Digits):  # noqa: ARG001
    before = torch.get_num_threads()
    monkeypatch.setattr(loop, "log_every", lambda _: 1)
    yield
    torch.set_num_threads(before)


def begin(monkeypatch, models_dir, name, *flags, deeds):
    """Train, doing something after some of the steps: as a page would, between two looks of the training."""
    steps = iter(range(1, 10_000))
    look = worker.is_asked_to_stop

    def act_and_look(run):
        if (step := next(steps)) in deeds:
            deeds[step](run)
        return look(run)

    monkeypatch.setattr(worker, "is_asked_to_stop", act_and_look)
    code = train.main(
        [*flags, "--models-dir", str(models_dir)]
        if flags
        else [*FLAGS, "--name", name, "--models-dir", str(models_dir)]
    )
    monkeypatch.setattr(worker, "is_asked_to_stop", look)
    return code


def weights(name, models_dir):
    return load_model(name, models_dir).network.state_dict()


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def halve(run):
    ask_for_rate(run, 0.5)


def triple(run):
    ask_for_rate(run, 3.0)


def test_it_counts_from_the_next_step_on_and_is_logged(monkeypatch, tmp_path):
    assert begin(monkeypatch, tmp_path, "mine", deeds={5: halve, 12: triple}) == 0  # it looks after an epoch, too
    history = read_history(tmp_path / "mine" / "history.jsonl")
    rate = preset("classic").learning_rate
    rates = [step.learning_rate for step in history.steps]
    assert rates == [rate] * 5 + [rate * 0.5] * 6 + [rate * 3.0] * 9
    assert [(each.step, each.factor, each.learning_rate) for each in history.changes] == [
        (5, 0.5, rate * 0.5),
        (11, 3.0, rate * 3.0),
    ]
    assert list_models(tmp_path)[0].rate_changes == 2
    assert not (tmp_path / "mine" / RATE).exists()
    assert [line.split(",")[0] for line in history_to_csv(history).splitlines() if line.startswith("rate")] == [
        "rate"
    ] * 2


@pytest.mark.parametrize("stopped_after", [3, 5, 6, 11])
def test_what_is_stopped_and_resumed_ends_with_the_same_weights(monkeypatch, tmp_path, stopped_after):
    begin(monkeypatch, tmp_path, "whole", deeds={5: halve})
    deeds = {5: halve, stopped_after: lambda run: (halve(run) if stopped_after == 5 else None, ask_to_stop(run))}
    begin(monkeypatch, tmp_path, "parted", deeds={step: deed for step, deed in deeds.items() if step <= stopped_after})
    rest = {5 - stopped_after: halve} if stopped_after < 5 else {}
    assert begin(monkeypatch, tmp_path, "", "--resume", "parted", deeds=rest) == 0
    assert same(weights("whole", tmp_path), weights("parted", tmp_path))
    changes = [read_history(tmp_path / name / "history.jsonl").changes for name in ("whole", "parted")]
    assert [(each.step, each.factor) for each in changes[0]] == [(each.step, each.factor) for each in changes[1]]


def test_a_training_that_nobody_touches_is_what_it_was(monkeypatch, tmp_path):
    begin(monkeypatch, tmp_path, "one", deeds={})
    begin(monkeypatch, tmp_path, "other", deeds={5: lambda run: ask_for_rate(run, 1.0)})
    assert same(weights("one", tmp_path), weights("other", tmp_path))
    assert "rate_changes" not in (tmp_path / "other" / "card.json").read_text()
    begin(monkeypatch, tmp_path, "changed", deeds={5: halve})
    assert not same(weights("one", tmp_path), weights("changed", tmp_path))


@pytest.mark.parametrize("factor", [0, -1, 1e-5, 1e5, float("nan"), float("inf")])
def test_a_factor_out_of_range_is_refused(tmp_path, factor):
    run = create_run("mine", "classic", preset("classic"), tmp_path)
    with pytest.raises(RunError, match="can be 0\\.0001 to 10000 times"):
        ask_for_rate(run, factor)
    assert asked_rate(run) == 1.0


@pytest.mark.parametrize(
    "content", [b"", b"{", b"5", b'{"factor": 0}', b'{"factor": "2"}', b'{"factor": 1e9}', b"\xff"]
)
def test_a_damaged_wish_is_none(tmp_path, content):
    run = create_run("mine", "classic", preset("classic"), tmp_path)
    (run.folder / RATE).write_bytes(content)
    assert asked_rate(run) == 1.0


def test_a_wish_for_a_training_that_has_gone_is_lost_without_a_word(tmp_path):
    run = create_run("mine", "classic", preset("classic"), tmp_path)
    run.folder.rename(tmp_path / "elsewhere")
    ask_for_rate(run, 2.0)
    assert not run.folder.exists()


def test_a_run_that_begins_anew_has_the_recipes_rate(tmp_path):
    ask_for_rate(create_run("mine", "classic", preset("classic"), tmp_path), 2.0)
    assert asked_rate(find_run("mine", tmp_path)) == 2.0
    assert asked_rate(create_run("mine", "classic", preset("classic"), tmp_path, restart=True)) == 1.0


def test_the_schedule_goes_on_times_the_factor(made_digits):
    recipe = preset("quick", epochs=1, batch_size=50)
    training = loop.Training(recipe, loop.nn.Linear(1, 1), made_digits)
    training.change_rate(0.25)
    for step in range(training.steps):
        assert training.learning_rate_at(step) == learning_rate_at(recipe, step, training.steps) * 0.25
