"""Evaluating a finished model anew: the same answers as before, written last, and a sentence where that cannot be."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mnist_core.data.mnist import find_data_dir
from mnist_core.errors import DamagedModel, DataError, MissingData, ModelError, ModelNotFound
from mnist_core.evaluation import test_sets
from mnist_core.store.bin import put_in_bin
from mnist_core.store.models import load_answers, load_evaluation
from mnist_core.training import final_evaluation
from tests.support.alphabets import save_characters, save_model

EVALUATION_FILES = ("evaluation.json", "probabilities.safetensors")
pytestmark = pytest.mark.usefixtures("mnist_test")


def evaluation(shelf):
    """The files of the evaluation that are there, and what is in them."""
    paths = [shelf / "classic" / name for name in EVALUATION_FILES]
    return {path.name: path.read_bytes() for path in paths if path.exists()}


@pytest.fixture
def unevaluated(shelf):
    """A models folder whose only model has no evaluation."""
    for name in EVALUATION_FILES:
        (shelf / "classic" / name).unlink()
    return shelf


def test_a_model_without_a_judgement_is_given_the_one_that_it_had(unevaluated):
    shares = list(final_evaluation.evaluate_again("classic", unevaluated))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len(shares) == 11
    again, shipped = load_answers("classic", unevaluated), load_answers("classic")
    np.testing.assert_allclose(again.probabilities, shipped.probabilities, atol=1e-4)  # made on another processor
    assert (again.labels == shipped.labels).all()
    assert load_evaluation("classic", unevaluated).correct == pytest.approx(9832, abs=2)
    assert load_evaluation("classic", unevaluated).without_disputed.seen == 9985


def test_a_damaged_judgement_is_mended(shelf):
    for name in EVALUATION_FILES:
        (shelf / "classic" / name).write_bytes(b"damaged")
    list(final_evaluation.evaluate_again("classic", shelf))
    assert load_answers("classic", shelf).right.sum() == load_evaluation("classic", shelf).correct


def test_nothing_is_written_before_all_digits_are_answered(unevaluated):
    for share in final_evaluation.evaluate_again("classic", unevaluated):
        assert evaluation(unevaluated) == {}
        if share == 0.5:
            break
    assert evaluation(unevaluated) == {}


def test_without_the_digits_it_is_not_judged_and_nothing_is_fetched(unevaluated, tmp_path):
    with pytest.raises(MissingData, match="--fetch-only"):
        list(final_evaluation.evaluate_again("classic", unevaluated, tmp_path / "data"))
    assert not (tmp_path / "data").exists()
    assert evaluation(unevaluated) == {}


def test_the_digits_may_lie_elsewhere(unevaluated, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").symlink_to(find_data_dir().resolve())
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "nowhere"))
    list(final_evaluation.evaluate_again("classic", unevaluated, tmp_path / "elsewhere"))
    assert evaluation(unevaluated).keys() == set(EVALUATION_FILES)


def test_a_model_that_is_damaged_is_not_judged(unevaluated):
    (unevaluated / "classic" / "weights.safetensors").write_bytes(b"damaged")
    with pytest.raises(DamagedModel):
        list(final_evaluation.evaluate_again("classic", unevaluated))
    assert evaluation(unevaluated) == {}


def test_another_model_of_its_name_is_not_given_its_judgement(unevaluated):
    evaluating = final_evaluation.evaluate_again("classic", unevaluated)
    next(evaluating)
    card = json.loads((unevaluated / "classic" / "card.json").read_text())
    (unevaluated / "classic" / "card.json").write_text(json.dumps(card | {"temperature": 2.0}))
    with pytest.raises(ModelError, match=r"'classic' was replaced while it was evaluated\. Evaluate it again"):
        list(evaluating)
    assert evaluation(unevaluated) == {}


def test_a_model_that_is_deleted_meanwhile_does_not_come_back(unevaluated):
    evaluating = final_evaluation.evaluate_again("classic", unevaluated)
    next(evaluating)
    put_in_bin(unevaluated / "classic")
    with pytest.raises(ModelNotFound):
        list(evaluating)
    assert [path.name for path in unevaluated.iterdir()] == [".bin"]


def test_a_folder_that_cannot_be_written_to_is_said_in_a_sentence(unevaluated, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(final_evaluation, "write_atomically", refuse)
    with pytest.raises(ModelError, match="evaluation of 'classic' cannot be written: Read-only file system"):
        list(final_evaluation.evaluate_again("classic", unevaluated))


def test_a_model_of_letters_is_evaluated_by_characters_that_it_has_not_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(test_sets, "OF_A_CLASS", 3)
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "none"))
    card = save_characters(tmp_path, classes=("A", "B", "4", "="))
    recipe = replace(card.recipe, data="characters", synthetic=0)
    (tmp_path / "letters" / "card.json").write_text(replace(card, recipe=recipe).to_json())
    assert list(final_evaluation.evaluate_again("letters", tmp_path))[-1] == 1
    evaluation, answers = load_evaluation("letters", tmp_path), load_answers("letters", tmp_path)
    assert evaluation.test_set == test_sets.WRITTEN_TEST.key
    assert (evaluation.seen, answers.probabilities.shape) == (12, (12, 4))
    assert evaluation.correct >= 8
    assert evaluation.without_disputed.seen == 12


def test_a_card_whose_data_have_other_classes_gets_a_sentence(tmp_path):
    save_model(tmp_path, "forged", ("cat", "dog"))  # its recipe says that it has learnt from MNIST
    with pytest.raises(DataError, match="MNIST test digits are not of this model's classes"):
        list(final_evaluation.evaluate_again("forged", tmp_path))
    assert not (tmp_path / "forged" / "evaluation.json").exists()
