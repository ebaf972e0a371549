"""Groups: trainings of one recipe with several seeds."""

from __future__ import annotations

import json

import pytest
import torch

import train
from mnist_core.errors import BadName, Diverged, RecipeError
from mnist_core.recipe import SeedGroup, preset
from mnist_core.store import runs, training_lock
from mnist_core.store.models import list_models, load_model
from mnist_core.store.runs import State, create_run, end_run, find_run
from mnist_core.training import ranks, worker
from mnist_core.training.seeds import begin_like, find_members, free_group_name, make_group

FLAGS = ["--recipe", "quick", "--epochs", "1", "--validation-size", "100", "--batch-size", "50", "--threads", "1"]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setattr(runs, "count_processors", lambda: 1)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def run(models_dir, *flags):
    return train.main([*FLAGS, "--models-dir", str(models_dir), *map(str, flags)])


def resume(models_dir, name="g"):
    return train.main(["--resume", name, "--models-dir", str(models_dir)])


@pytest.mark.usefixtures("small_data")
def test_a_group_is_what_its_commands_would_have_made_one_by_one(tmp_path, capsys):
    assert run(tmp_path, "--name", "g", "--seed", 4, "--seeds", 2) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    cards = {card.name: card for card in list_models(tmp_path)}
    assert cards.keys() == {"g-4", "g-5"}
    assert {card.group for card in cards.values()} == {SeedGroup("g", 4, 2)}
    assert json.loads((tmp_path / "g-4" / "card.json").read_text())["group"] == {
        "name": "g",
        "first_seed": 4,
        "count": 2,
    }
    for card in cards.values():
        assert train.main([*card.command("alone").split()[2:], "--threads", "1", "--models-dir", str(tmp_path)]) == 0
        alone = load_model("alone", tmp_path).card
        assert alone.weights_sha256 == card.weights_sha256
        assert alone.group is None
        runs.delete_run(runs.finished_run(alone, tmp_path), tmp_path)
    assert told.startswith("g: test accuracy ")
    assert told.endswith(" %, n = 2")


@pytest.mark.usefixtures("small_data")
def test_a_group_that_is_stopped_goes_on_with_the_seed_it_was_at(tmp_path, monkeypatch, capsys):
    held = []

    def ask(asking):
        held.append(training_lock.holder().name)
        return asking.recipe.seed == 1

    with monkeypatch.context() as patch:
        patch.setattr(worker, "is_asked_to_stop", ask)
        assert run(tmp_path, "--name", "g", "--seeds", 3) == train.STOPPED
    assert "The group goes on with: python train.py --resume g" in capsys.readouterr().out
    assert {*held} == {"g-0", "g-1"}  # who holds the lock is said to train the seed it is at
    assert {seed: member.state for seed, member in find_members("g", tmp_path).items()} == {
        0: State.FINISHED,
        1: State.STOPPED,
    }
    first = load_model("g-0", tmp_path).card
    assert resume(tmp_path) == 0
    assert {card.name for card in list_models(tmp_path)} == {"g-0", "g-1", "g-2"}
    assert load_model("g-0", tmp_path).card == first
    assert all((tmp_path / f"g-{seed}" / "snapshots.safetensors").exists() for seed in range(3))
    capsys.readouterr()
    assert resume(tmp_path) == 1
    assert "All 3 trainings of 'g' are over." in capsys.readouterr().err


@pytest.mark.usefixtures("small_data")
def test_one_seed_that_diverges_does_not_keep_the_others_from_it(tmp_path, monkeypatch, capsys):
    carry_out = worker.carry_out

    def diverge(asked, *rest, **named):
        if asked.recipe.seed == 0:
            end_run(asked, State.DIVERGED, "The loss was no longer a finite number at step 3.")
            raise Diverged("The loss was no longer a finite number at step 3.")
        return carry_out(asked, *rest, **named)

    monkeypatch.setattr(worker, "carry_out", diverge)
    assert run(tmp_path, "--name", "g", "--seeds", 2) == 1
    told = capsys.readouterr()
    assert "no longer a finite number" in told.err
    assert told.out.splitlines()[-1].endswith("n = 1")
    assert find_run("g-0", tmp_path).state is State.DIVERGED
    assert resume(tmp_path) == 1  # neither is left


@pytest.mark.parametrize("seeds", ["0", "-1", "101", "1000000", "2.5", "five"])
def test_a_number_of_seeds_that_cannot_be_is_refused_at_once(tmp_path, seeds, capsys):
    with pytest.raises(SystemExit) as caught:
        run(tmp_path, "--seeds", seeds)
    assert caught.value.code == 2
    assert f"argument --seeds: found {seeds!r}".replace("'", "") in capsys.readouterr().err.replace("'", "")
    assert not (tmp_path / ".runs").exists()


@pytest.mark.parametrize("flags", [["--resume", "g"], ["--from", "quick", "--drawings", "d"], ["--replace"]])
def test_what_does_not_go_with_several_seeds_is_refused(tmp_path, flags, capsys):
    with pytest.raises(SystemExit):
        train.main([*flags, "--seeds", "2", "--models-dir", str(tmp_path)])
    assert "argument --seeds:" in capsys.readouterr().err


def test_a_group_is_trained_by_one_process(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(ranks, "count_processors", lambda: 2)
    assert train.main(["--recipe", "quick", "--seeds", "2", "--models-dir", str(tmp_path)]) == 1
    assert "Several seeds are trained by one process" in capsys.readouterr().err
    create_run("g-0", "quick", preset("quick"), tmp_path, group=SeedGroup("g", 0, 2))
    assert resume(tmp_path) == 1
    assert "Several seeds are trained by one process" in capsys.readouterr().err


def test_seeds_beyond_the_last_one_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="seed: found 4294967296"):
        make_group("g", preset("quick", seed=2**32 - 2), 3, tmp_path)


def test_a_group_takes_no_name_that_is_in_use(tmp_path):
    create_run("g-1", "quick", preset("quick"), tmp_path)
    create_run("other", "quick", preset("quick"), tmp_path, group=SeedGroup("h", 0, 2))
    with pytest.raises(BadName, match=r"called 'g-1' already. Choose another name, such as 'g2'"):
        make_group("g", preset("quick"), 2, tmp_path)
    with pytest.raises(BadName, match="called 'h' already"):
        make_group("h", preset("quick"), 2, tmp_path)
    assert make_group("g", preset("quick", seed=2), 2, tmp_path).seeds == range(2, 4)
    assert free_group_name("g", tmp_path) == "g2"
    assert free_group_name("quick-seeds", tmp_path) == "quick-seeds"


def test_a_run_that_is_added_to_a_group_is_begun_as_the_others_were(tmp_path):
    like = create_run(
        "g-0", "quick", preset("quick"), tmp_path, threads=3, snapshots=False, group=SeedGroup("g", 0, 2), device="cpu"
    )
    added = begin_like(like, 1, "g-1", tmp_path)
    assert (added.recipe, added.group) == (preset("quick", seed=1), like.group)
    assert (added.threads, added.snapshots, added.device) == (3, False, "cpu")


def test_a_group_whose_last_run_would_have_too_long_a_name_is_refused(tmp_path):
    with pytest.raises(BadName):
        make_group("g" * 63, preset("quick"), 2, tmp_path)
