import numpy as np
import pytest

from mnist_core.data.mnist import NOT_A_DIGIT, Digits
from mnist_core.evaluation.drawing_benchmark import Drawings, score_drawings, write_drawings
from mnist_core.model.prediction import Verdict, predict, predict_all
from mnist_core.store.models import load_model
from mnist_core.synthetic.generate import non_digits, synthetic_digits


@pytest.fixture(scope="module")
def drawings() -> Drawings:
    """A few of the drawings that models are compared by."""
    return write_drawings(200, 100)


def test_drawings_are_the_same_each_time_and_no_digits_of_a_training(drawings):
    again = write_drawings(200, 100)
    assert (again.digits.images == drawings.digits.images).all()
    assert (again.others.images == drawings.others.images).all()
    learnt = {image.tobytes() for image in synthetic_digits(500, seed=0).images}
    assert not learnt & {image.tobytes() for image in drawings.digits.images}
    assert np.bincount(drawings.digits.labels).tolist() == [20] * 10
    assert set(drawings.others.labels) == {NOT_A_DIGIT}


@pytest.mark.parametrize("name", ["classic", "quick"])
def test_the_score_counts_what_is_answered_one_by_one(name, drawings):
    model = load_model(name)
    found = score_drawings(model, drawings)
    pixels, labels = drawings.digits.pixels, drawings.digits.labels
    assert found.read.correct == sum(
        predict(model, digit).digit == label for digit, label in zip(pixels, labels, strict=True)
    )
    sure = sum(predict(model, other).verdict is Verdict.SURE for other in drawings.others.pixels)
    assert (found.sure_of_ood.correct, found.sure_of_ood.seen) == (sure, 100)
    assert type(found.read.correct) is int


def test_who_has_learnt_from_letters_is_sure_of_fewer():
    drawings = write_drawings(100, 300)
    classic, quick = (score_drawings(load_model(name), drawings) for name in ("classic", "quick"))
    assert quick.sure_of_ood.accuracy < 0.1 < classic.sure_of_ood.accuracy
    assert quick.read.accuracy > 0.9


def test_a_blank_drawing_is_neither_read_nor_sure():
    blank = np.zeros((2, 28, 28), np.uint8)
    found = score_drawings(load_model("quick"), Drawings(Digits(blank, np.array([0, 1])), Digits(blank, np.zeros(2))))
    assert (found.read.correct, found.sure_of_ood.correct) == (0, 0)


def test_all_are_asked_as_one_by_one():
    model, others = load_model("quick"), non_digits(30, seed=4).pixels
    others[3] = 0
    together = predict_all(model, others)
    assert together[3] is None
    for other, answer in zip(others, together, strict=True):
        alone = predict(model, other)
        assert (alone and alone.verdict) == (answer and answer.verdict)
