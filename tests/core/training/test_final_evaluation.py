"""Judging a finished model anew: the same answers as before, written last, and a sentence where that cannot be."""

import json

import numpy as np
import pytest

from mnist_core.data.mnist import find_data_dir
from mnist_core.errors import DamagedModel, MissingData, ModelError, ModelNotFound
from mnist_core.store.models import delete_model, load_answers, load_evaluation
from mnist_core.training import final_evaluation

JUDGEMENT = ("evaluation.json", "probabilities.safetensors")
pytestmark = pytest.mark.usefixtures("mnist_test")


def judgement(shelf):
    """The files of the judgement that are there, and what is in them."""
    paths = [shelf / "classic" / name for name in JUDGEMENT]
    return {path.name: path.read_bytes() for path in paths if path.exists()}


@pytest.fixture
def unjudged(shelf):
    """A models folder whose only model has no judgement."""
    for name in JUDGEMENT:
        (shelf / "classic" / name).unlink()
    return shelf


def test_a_model_without_a_judgement_is_given_the_one_that_it_had(unjudged):
    shares = list(final_evaluation.evaluate_again("classic", unjudged))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len(shares) == 11
    again, shipped = load_answers("classic", unjudged), load_answers("classic")
    np.testing.assert_allclose(again.probabilities, shipped.probabilities, atol=1e-4)  # made on another processor
    assert (again.labels == shipped.labels).all()
    assert load_evaluation("classic", unjudged).correct == pytest.approx(9832, abs=2)
    assert load_evaluation("classic", unjudged).without_disputed.seen == 9985


def test_a_damaged_judgement_is_mended(shelf):
    for name in JUDGEMENT:
        (shelf / "classic" / name).write_bytes(b"damaged")
    list(final_evaluation.evaluate_again("classic", shelf))
    assert load_answers("classic", shelf).right.sum() == load_evaluation("classic", shelf).correct


def test_nothing_is_written_before_all_digits_are_answered(unjudged):
    for share in final_evaluation.evaluate_again("classic", unjudged):
        assert judgement(unjudged) == {}
        if share == 0.5:
            break
    assert judgement(unjudged) == {}


def test_without_the_digits_it_is_not_judged_and_nothing_is_fetched(unjudged, tmp_path):
    with pytest.raises(MissingData, match="--fetch-only"):
        list(final_evaluation.evaluate_again("classic", unjudged, tmp_path / "data"))
    assert not (tmp_path / "data").exists()
    assert judgement(unjudged) == {}


def test_the_digits_may_lie_elsewhere(unjudged, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").symlink_to(find_data_dir().resolve())
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "nowhere"))
    list(final_evaluation.evaluate_again("classic", unjudged, tmp_path / "elsewhere"))
    assert judgement(unjudged).keys() == set(JUDGEMENT)


def test_a_model_that_is_damaged_is_not_judged(unjudged):
    (unjudged / "classic" / "weights.safetensors").write_bytes(b"damaged")
    with pytest.raises(DamagedModel):
        list(final_evaluation.evaluate_again("classic", unjudged))
    assert judgement(unjudged) == {}


def test_another_model_of_its_name_is_not_given_its_judgement(unjudged):
    judging = final_evaluation.evaluate_again("classic", unjudged)
    next(judging)
    card = json.loads((unjudged / "classic" / "card.json").read_text())
    (unjudged / "classic" / "card.json").write_text(json.dumps(card | {"temperature": 2.0}))
    with pytest.raises(ModelError, match=r"'classic' was replaced while it was evaluated\. Evaluate it again"):
        list(judging)
    assert judgement(unjudged) == {}


def test_a_model_that_is_deleted_meanwhile_does_not_come_back(unjudged):
    judging = final_evaluation.evaluate_again("classic", unjudged)
    next(judging)
    delete_model("classic", unjudged)
    with pytest.raises(ModelNotFound):
        list(judging)
    assert list(unjudged.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_said_in_a_sentence(unjudged, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(final_evaluation, "write_atomically", refuse)
    with pytest.raises(ModelError, match="evaluation of 'classic' cannot be written: Read-only file system"):
        list(final_evaluation.evaluate_again("classic", unjudged))
