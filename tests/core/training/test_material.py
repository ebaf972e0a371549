"""Trainings of other alphabets, from what there is to learn from to the evaluated model."""

import json

import numpy as np
import pytest

import train
from mnist_core.alphabets import CHARACTERS, CLOTHES, SIGNS
from mnist_core.data.digits import NOT_A_DIGIT, Digits
from mnist_core.evaluation import test_sets
from mnist_core.evaluation.test_sets import choose_test_set
from mnist_core.model.prediction import predict
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.recipe import Recipe
from mnist_core.store.models import load_answers, load_evaluation, load_model
from mnist_core.synthetic.generate import with_synthetic
from mnist_core.training import loop, material
from mnist_core.training.material import count_material, is_at_hand, load_material, with_mnist

FLAGS = ("--network", "quick", "--epochs", "1", "--batch-size", "50", "--validation-size", "100", "--threads", "1")


def begin(models_dir, name, *flags):
    return train.main([*FLAGS, "--name", name, "--models-dir", str(models_dir), *flags])


@pytest.fixture
def few(monkeypatch):
    """Few of all that is written."""
    monkeypatch.setattr(material, "OF_A_CLASS", 10)
    monkeypatch.setattr(test_sets, "OF_A_CLASS", 2)
    monkeypatch.setattr(test_sets, "is_here", lambda *_: False)


@pytest.mark.usefixtures("few")
def test_characters_are_learnt_and_evaluated_without_a_data_set(tmp_path):
    assert begin(tmp_path, "mine", "--data", "characters", "--ood-share", "0.1") == 0
    model, evaluation = load_model("mine", tmp_path), load_evaluation("mine", tmp_path)
    assert model.card.classes == CHARACTERS
    assert (model.card.trained_on, evaluation.seen, evaluation.test_set) == (370, 94, test_sets.WRITTEN_TEST.key)
    assert np.array(evaluation.confusion).shape == (47, 47)
    assert load_answers("mine", tmp_path).probabilities.shape == (94, 47)
    answer = predict(model, digit_from_strokes([[(20, 250), (140, 20), (260, 250)], [(70, 160), (210, 160)]], 18))
    assert answer.classes == CHARACTERS
    assert json.loads((tmp_path / "mine" / "card.json").read_text())["classes"] == list(CHARACTERS)


@pytest.mark.usefixtures("few")
def test_a_training_of_signs_that_is_stopped_goes_on(tmp_path, monkeypatch):
    begin(tmp_path, "whole", "--data", "signs")
    with monkeypatch.context() as patch:
        patch.setattr("mnist_core.training.worker.is_asked_to_stop", lambda _: True)
        assert begin(tmp_path, "mine", "--data", "signs") == train.STOPPED
    assert train.main(["--resume", "mine", "--models-dir", str(tmp_path)]) == 0
    whole, mine = (load_model(name, tmp_path) for name in ("whole", "mine"))
    assert mine.card.classes == SIGNS
    assert mine.card.weights_sha256 == whole.card.weights_sha256


def test_clothes_are_learnt_from_their_own_data_set(tmp_path, monkeypatch, made_digits):
    asked = []

    def load(data_set, split, *_, **__):
        asked.append((data_set.key, split))
        return made_digits

    monkeypatch.setattr(material, "load", load)
    monkeypatch.setattr(test_sets, "load", load)
    assert begin(tmp_path, "mine", "--data", "fashion") == 0
    assert asked == [("fashion", "train"), ("fashion", "test")]
    assert load_model("mine", tmp_path).card.classes == CLOTHES
    assert load_evaluation("mine", tmp_path).test_set == "fashion"


def test_mnists_digits_have_their_places_among_the_characters(monkeypatch, made_digits):
    monkeypatch.setattr(material, "load", lambda *_, **__: made_digits)
    written = Digits(np.zeros((200, 28, 28), np.uint8), np.full(200, 46))
    recipe = Recipe(data="everything", mnist=0.25)
    mixed = with_mnist(written, recipe)
    assert mixed.labels[200:].tolist() == made_digits.labels[:50].tolist()
    assert np.array_equal(mixed.images[200:], made_digits.images[:50])
    assert with_mnist(written, Recipe(data="signs", mnist=0.25)) is written
    assert with_mnist(written, Recipe(data="mnist", mnist=0.25)) is written


def test_what_mixes_mnist_in_needs_it(tmp_path):
    assert is_at_hand(Recipe(data="characters"), tmp_path)
    assert not is_at_hand(Recipe(data="characters", mnist=0.1), tmp_path)
    assert not is_at_hand(Recipe(data="fashion"), tmp_path)


@pytest.mark.usefixtures("few")
def test_what_is_written_is_as_many_as_were_counted(monkeypatch):
    monkeypatch.setattr(material, "IN_PLACE_OF_MNIST", 30)
    for data in ("synthetic", "characters", "signs", "everything"):
        recipe = Recipe(data=data)
        written = load_material(recipe)
        assert len(written) == count_material(recipe)
        assert set(written.labels.tolist()) == set(range(len(recipe.classes)))


def test_people_evaluate_what_our_program_wrote_where_they_are_here(monkeypatch):
    monkeypatch.setattr(test_sets, "is_here", lambda *_: True)
    keys = {data: choose_test_set(Recipe(data=data)).key for data in ("synthetic", "characters", "signs", "emnist")}
    written = test_sets.WRITTEN_TEST.key
    assert keys == {"synthetic": "mnist", "characters": "emnist", "signs": written, "emnist": "emnist"}


def test_letters_are_none_of_the_clothes_and_signs_none_of_the_characters():
    none = Digits(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64))
    digits = Digits(np.zeros((20, 28, 28), np.uint8), np.zeros(20, np.int64))
    for classes in (CLOTHES, CHARACTERS):
        mixed = with_synthetic(digits, 0, 0.5, 1, classes)
        assert mixed.labels.tolist() == [0] * 20 + [NOT_A_DIGIT] * 10
    assert len(with_synthetic(none, 0.5, 0.5, 1)) == 0


def test_a_share_of_each_batch_stays_as_sharp_as_it_is(monkeypatch, made_digits):
    bent = []
    monkeypatch.setattr(loop, "augment", lambda pixels, **_: bent.append(len(pixels)) or pixels)
    recipe = Recipe(network="quick", batch_size=100, epochs=1, affine=1.0, unbent=0.3, validation_size=0)
    network = loop.deepcopy(load_model("quick").network)
    list(loop.fit(recipe, network, made_digits))
    assert bent == [70] * 6
