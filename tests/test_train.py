"""The command, as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import train
from mnist_core.data import Digits
from mnist_core.evaluation import evaluate
from mnist_core.registry import list_models, load_evaluation, load_model

PROJECT = Path(train.__file__).parent


@pytest.fixture
def small_data(monkeypatch, made_digits):
    """Made digits in the place of MNIST, so that a training takes a second."""
    many = Digits(np.tile(made_digits.images, (17, 1, 1))[:10_000], np.tile(made_digits.labels, 17)[:10_000])
    monkeypatch.setattr(train, "load_mnist", lambda split, _: made_digits if split == "train" else many)


def run(*flags):
    return train.main([*map(str, flags)])


@pytest.mark.usefixtures("small_data")
def test_a_training_leaves_a_model_that_says_everything_about_itself(tmp_path, capsys):
    assert run("--name", "mine", "--epochs", 2, "--held-out", 100, "--seed", 7, "--models-dir", tmp_path) == 0
    (card,) = list_models(tmp_path)
    assert card.command == "python train.py --recipe classic --name mine --epochs 2 --held-out 100 --seed 7"
    assert card.trained_on == 500
    assert card.parameters == 574_494
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {
        *("card.json", "weights.safetensors", "history.jsonl", "evaluation.json", "probabilities.safetensors")
    }
    lines = [json.loads(line) for line in (tmp_path / "mine" / "history.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["epoch", "step", "epoch"]
    assert lines[-1]["validation_accuracy"] is not None
    told = capsys.readouterr().out
    assert "epoch 2 of 2" in told
    assert "validation accuracy" in told
    assert "s left" in told
    assert "test accuracy" in told


@pytest.mark.usefixtures("small_data")
def test_the_evaluation_can_be_made_again_from_the_probabilities_beside_it(tmp_path, made_digits):
    run("--name", "mine", "--epochs", 1, "--held-out", 0, "--models-dir", tmp_path)
    kept = load_file(tmp_path / "mine" / "probabilities.safetensors")["test"]
    assert kept.shape == (10_000, 10)
    assert kept.dtype == np.float32
    again = evaluate(kept, np.tile(made_digits.labels, 17)[:10_000])
    assert again.confusion == load_evaluation("mine", tmp_path).confusion


@pytest.mark.usefixtures("small_data")
def test_a_second_training_of_the_name_replaces_the_first(tmp_path):
    for seed in (1, 2):
        run("--name", "mine", "--epochs", 1, "--seed", seed, "--held-out", 0, "--models-dir", tmp_path)
    assert load_model("mine", tmp_path).card.recipe.seed == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.usefixtures("small_data")
def test_an_interrupted_training_leaves_nothing_and_says_so(tmp_path, monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "describe", interrupt)
    assert run("--name", "mine", "--held-out", 0, "--models-dir", tmp_path) == 130
    assert list(tmp_path.iterdir()) == []
    assert "nothing was written" in capsys.readouterr().err


@pytest.mark.usefixtures("small_data")
def test_a_full_disk_leaves_the_old_model_whole_and_ends_in_a_sentence(tmp_path, monkeypatch, capsys):
    def fill(*_):
        raise OSError(28, "No space left on device")

    run("--name", "mine", "--epochs", 1, "--held-out", 0, "--models-dir", tmp_path)
    monkeypatch.setattr(train, "write_whole", fill)
    assert run("--name", "mine", "--epochs", 1, "--seed", 1, "--held-out", 0, "--models-dir", tmp_path) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert load_model("mine", tmp_path).card.recipe.seed == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--epochs", "0"], "argument --epochs: found 0, expected a whole number from 1 to 1,000"),
        (["--epochs", "ten"], "argument --epochs: found 'ten', expected a whole number from 1 to 1,000"),
        (["--batch-size", "0.5"], "argument --batch-size: found '0.5', expected a whole number from 1 to 10,000"),
        (["--learning-rate", "nan"], "argument --learning-rate: found nan, expected a number from 1e-06 to 1.0"),
        (["--held-out", "60000"], "argument --held-out: found 60000, expected a whole number from 0 to 30,000"),
        (["--network", "vgg"], "argument --network: found 'vgg', expected one of classic"),
        (["--recipe", "clasic"], "argument --recipe: invalid choice: 'clasic'"),
        (["--name", "../x"], "argument --name: '../x' cannot be a model's name"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)
def test_a_bad_flag_is_named_with_what_was_found_and_what_is_allowed(flags, words):
    ran = subprocess.run([sys.executable, "train.py", *flags], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr


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
    assert list((tmp_path / "models").iterdir()) == []


def test_the_help_names_every_dial_with_its_range(capsys):
    with pytest.raises(SystemExit):
        run("--help")
    told = " ".join(capsys.readouterr().out.split())
    for words in ("--epochs", "a whole number from 1 to 1,000", "--learning-rate", "published at 98.20 %"):
        assert words in told


def test_one_epoch_of_the_real_digits_reads_most_of_the_test(mnist_train, mnist_test, tmp_path):
    assert len(mnist_train) + len(mnist_test) == 70_000
    assert run("--name", "one", "--epochs", 1, "--models-dir", tmp_path) == 0
    assert load_evaluation("one", tmp_path).accuracy > 0.95
