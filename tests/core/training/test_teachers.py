"""Distillation: what a network learns from the answers of trained ones."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from torch.nn import functional

import train
from mnist_core.alphabets import CHARACTERS
from mnist_core.data.mnist import NOT_A_DIGIT, Digits
from mnist_core.errors import ModelNotFound, TrainingError
from mnist_core.model.inference import run_in_batches
from mnist_core.model.networks import build_network
from mnist_core.recipe import preset
from mnist_core.store.models import load_model, name_card
from mnist_core.store.runs import find_run
from mnist_core.synthetic.generate import synthetic_digits
from mnist_core.training import worker
from mnist_core.training.loop import Training, ask_teachers, to_pixels
from mnist_core.training.ranks import Place, check_place
from mnist_core.training.teachers import check_teachers, load_teachers
from tests.support.alphabets import save_characters
from tests.support.places import PROJECT

MODELS = PROJECT / "models"
FLAGS = ["--recipe", "quick", "--epochs", "1", "--validation-size", "100", "--threads", "1", "--teachers", "quick"]


@pytest.fixture
def shelf(tmp_path):
    shutil.copytree(MODELS / "quick", tmp_path / "quick")
    return tmp_path


def test_a_teacher_teaches_what_it_sees_even_where_every_label_is_wrong():
    digits = synthetic_digits(2000, 0)
    wrong = Digits(digits.images, np.roll(digits.labels, 1))
    recipe = preset("quick", epochs=4, batch_size=50, teachers="accurate", distillation=1.0, validation_size=0)
    training = Training(recipe, build_network("quick", 0), wrong, teachers=load_teachers(recipe, MODELS))
    list(training.run())
    unseen = synthetic_digits(500, 1)
    answers = run_in_batches(training.network, (unseen.images / 255).astype(np.float32)).argmax(1).numpy()
    assert (answers == unseen.labels).mean() > 0.9


def test_the_loss_is_the_cross_entropy_with_the_label_and_the_teachers_answer_by_their_shares():
    recipe = preset("quick", teachers="quick,accurate", distillation=0.25, label_smoothing=0.1, ood_share=0.2)
    teachers = load_teachers(recipe, MODELS)
    digits = synthetic_digits(6, 0)
    labels = torch.from_numpy(digits.labels)
    labels[5] = NOT_A_DIGIT
    training = Training(recipe, build_network("quick", 0), digits, teachers=teachers)
    pixels, logits = to_pixels(torch.from_numpy(digits.images)), torch.randn(6, 10)
    with torch.no_grad():
        answers = sum((each.network(pixels) / each.card.temperature).softmax(1) for each in teachers) / 2
    told = torch.full((6, 10), 0.1)
    told[:5] = functional.one_hot(labels[:5], 10) * 0.9 + 0.01
    expected = -((0.75 * told + 0.25 * answers) * logits.log_softmax(1)).sum(1).mean()
    assert torch.allclose(training._loss(logits, labels, ask_teachers(teachers, pixels)), expected, atol=1e-6)


@pytest.mark.usefixtures("small_data")
def test_the_card_names_the_teachers_and_the_checksums_of_their_weights(shelf, capsys):
    assert train.main([*FLAGS, "--name", "pupil", "--models-dir", str(shelf)]) == 0
    card = load_model("pupil", shelf).card
    assert card.recipe.teacher_names == ("quick",)
    assert card.teachers_sha256 == (load_model("quick", MODELS).card.weights_sha256,)
    assert "--teachers quick" in card.command("pupil")
    assert "test accuracy" in capsys.readouterr().out


@pytest.mark.usefixtures("small_data")
def test_a_training_does_not_go_on_with_other_teachers_than_it_began_with(shelf, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(worker, "is_asked_to_stop", lambda run: (run.folder / "history.jsonl").exists())
        assert train.main([*FLAGS, "--name", "pupil", "--models-dir", str(shelf)]) == train.STOPPED
    assert find_run("pupil", shelf).has_checkpoint
    shutil.rmtree(shelf / "quick")
    shutil.copytree(MODELS / "accurate", shelf / "quick")
    name_card(shelf / "quick", "quick")
    assert train.main(["--resume", "pupil", "--models-dir", str(shelf)]) == 1
    assert "distilled from are not those it began with" in capsys.readouterr().err


def test_a_distillation_is_done_by_one_process():
    with pytest.raises(TrainingError, match="without torchrun"):
        check_place(Place(0, 2), preset("quick", teachers="quick"), 2)
    check_place(Place(), preset("quick", teachers="quick"), 2)


def test_a_teacher_that_is_not_there_or_reads_other_classes_is_refused_before_anything_begins(shelf, capsys):
    recipe = preset("quick", teachers="quick,nobody")
    with pytest.raises(ModelNotFound, match="nobody"):
        check_teachers(recipe, shelf)
    save_characters(shelf)
    assert load_model("letters", shelf).card.classes == CHARACTERS
    with pytest.raises(TrainingError, match="'letters' does not read what is to be learnt, and so cannot teach it"):
        check_teachers(preset("quick", teachers="letters"), shelf)
    assert train.main([*FLAGS[:-1], "nobody", "--models-dir", str(shelf)]) == 1
    assert "There is no model called 'nobody'" in capsys.readouterr().err
    assert not (shelf / ".runs").exists()
