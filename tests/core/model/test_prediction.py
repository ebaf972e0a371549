from dataclasses import replace
from math import cos, sin

import numpy as np
import pytest
import torch

from mnist_core import digit_from_strokes, load_model, predict, probabilities
from mnist_core.alphabets import CHARACTERS, CLOTHES
from mnist_core.model.inference import Model
from mnist_core.model.prediction import Prediction, Verdict, predict_all, prediction_from
from mnist_core.preprocessing.raster import centre_by_mass
from mnist_core.preprocessing.stages import fit_with_own_pen
from ui.inputs.examples import EXAMPLES


@pytest.fixture(scope="module")
def classic():
    return load_model("classic")


def test_probabilities_are_the_softmax_of_the_logits(classic):
    digits = np.random.default_rng(0).random((5, 28, 28), dtype=np.float32)
    with torch.inference_mode():
        expected = torch.softmax(classic.network(torch.from_numpy(digits)) / classic.card.temperature, 1).numpy()
    assert probabilities(classic, digits) == pytest.approx(expected, abs=1e-6)


def test_probabilities_always_sum_to_one(classic):
    generator = np.random.default_rng(1)
    extremes = [np.zeros((28, 28)), np.ones((28, 28)), -np.ones((28, 28)), 1000 * generator.normal(size=(28, 28))]
    digits = np.stack([*extremes, *generator.random((1200, 28, 28))]).astype(np.float32)
    answers = probabilities(classic, digits)
    assert answers.shape == (1204, 10)
    assert (answers >= 0).all()
    assert answers.sum(1) == pytest.approx(np.ones(1204), abs=1e-12)


def test_no_digits_have_no_probabilities(classic):
    assert probabilities(classic, np.zeros((0, 28, 28), np.float32)).shape == (0, 10)


def test_the_temperature_softens_the_answer_and_keeps_it(classic):
    soft = Model(classic.network, replace(classic.card, temperature=2 * classic.card.temperature))
    digit = digit_from_strokes(EXAMPLES["3"], 18)
    assert predict(soft, digit).digit == predict(classic, digit).digit
    assert predict(soft, digit).confidence < predict(classic, digit).confidence


@pytest.mark.parametrize("shape", [(28, 28), (1, 27, 28), (1, 1, 28, 28)])
def test_another_shape_is_a_mistake_of_the_program(classic, shape):
    with pytest.raises(ValueError, match=r"expected \(N, 28, 28\)"):
        probabilities(classic, np.zeros(shape, np.float32))


def test_what_is_no_number_is_a_mistake_of_the_program(classic):
    with pytest.raises(ValueError, match="finite"):
        probabilities(classic, np.full((1, 28, 28), np.nan, np.float32))


def test_nothing_drawn_has_no_prediction(classic):
    assert predict(classic, np.zeros((28, 28), np.float32)) is None


def test_a_clear_digit_is_sure_and_its_ranking_is_that_of_the_probabilities(classic):
    prediction = predict(classic, digit_from_strokes(EXAMPLES["3"], 18))
    assert prediction.digit == 3 == prediction.probabilities.argmax()
    assert prediction.confidence == prediction.probabilities.max()
    assert prediction.verdict == "sure"
    assert sorted(prediction.ranking) == list(range(10))
    assert prediction.probabilities[list(prediction.ranking)].tolist() == sorted(prediction.probabilities, reverse=True)


def test_a_dot_is_too_little_ink(classic):
    assert predict(classic, digit_from_strokes([[(9, 9)]], 18)).verdict is Verdict.TOO_LITTLE_INK


def test_two_bars_apart_are_two_digits(classic):
    bars = [[(x, 20), (x, 260)] for x in (60, 220)]
    assert predict(classic, digit_from_strokes(bars, 18)).verdict is Verdict.TWO_DIGITS


def test_real_digits_are_hardly_ever_taken_for_two_or_for_too_little(classic, mnist_test):
    verdicts = [predict(classic, digit).verdict for digit in mnist_test.pixels[:2000]]
    assert sum(verdict in (Verdict.TWO_DIGITS, Verdict.TOO_LITTLE_INK) for verdict in verdicts) <= 2


@pytest.mark.parametrize("shade", [0.3, 0.6, 1.0])
def test_a_field_without_a_digit_is_too_much_ink(classic, shade):
    assert predict(classic, np.full((28, 28), shade, np.float32)).verdict is Verdict.TOO_MUCH_INK


def test_no_real_digit_has_too_much_ink_nor_has_one_that_a_thick_pen_drew(mnist_train):
    inked = np.count_nonzero(mnist_train.pixels >= 0.25, axis=(1, 2))
    assert inked.max() == 339  # the next has 305
    for shares, digit in ((np.eye(10)[0], mnist_train.pixels[inked.argmax()]), (np.eye(10)[8], thick_eight())):
        assert prediction_from(shares, digit, 0.5).verdict is Verdict.SURE


def pictures_without_a_digit():
    """Bare fields, gradients, stripes, squares, checkers and noise, made otherwise than what a network learns from.

    Each over the whole picture and again in 20 × 20 pixels.
    """
    generator = np.random.default_rng(1)
    y, x = np.indices((28, 28))
    whole = [np.full((28, 28), shade) for shade in np.linspace(0.2, 1, 9)]
    for pitch in range(2, 7):
        across, down = (x % pitch < pitch / 2), (y % pitch < pitch / 2)
        whole += [across, down, (x + y) % pitch < pitch / 2, (x - y) % pitch < pitch / 2, across ^ down]
        whole += [(x % pitch == 0) | (y % pitch == 0), 0.6 * across]
    for turn in np.linspace(0, 6, 12):
        whole.append((cos(turn) * (x - 13.5) + sin(turn) * (y - 13.5)) / 38 + 0.5)
        whole += [generator.random((28, 28)) * shade for shade in (0.4, 1)] + [generator.random((28, 28)) < 0.2]
    parts = [np.pad(np.asarray(each)[4:24, 4:24], 4) for each in whole]
    return np.array([*whole, *parts], np.float32)


@pytest.mark.parametrize("name", ["accurate", "quick", "mlp-plus"])
def test_a_picture_without_a_digit_is_hardly_ever_a_sure_one(name):
    pictures = pictures_without_a_digit()
    sure = [answer.verdict is Verdict.SURE for answer in predict_all(load_model(name), pictures)]
    assert len(sure) == 184
    assert sum(sure) <= 2


def thick_eight():
    """An eight that hardly has holes any more."""
    return centre_by_mass(fit_with_own_pen(EXAMPLES["8"], 70))


def test_a_blur_of_all_digits_is_not_sure_of_any(classic, mnist_test):
    assert predict(classic, mnist_test.pixels.mean(0)).verdict in (Verdict.UNSURE, Verdict.NOT_A_DIGIT)


@pytest.mark.parametrize(
    ("first", "second", "is_probable"),
    [
        *((0.91, 0.02, True), (0.75, 0.25, True), (0.51, 0.17, True)),
        *((0.74, 0.25, False), (0.51, 0.171, False), (0.5, 0.42, False), (0.5, 0.1, False), (0.4, 0.07, False)),
    ],
)
def test_an_answer_is_probable_with_more_than_half_and_three_times_the_next(first, second, is_probable):
    rest = (1 - first - second) / 8
    shares = np.full(10, rest)
    shares[[0, 9]] = first, second
    assert Prediction(shares, Verdict.UNSURE).is_probable is is_probable


def test_only_what_is_taken_for_one_digit_is_not_refused():
    refused = [verdict for verdict in Verdict if Prediction(np.full(10, 0.1), verdict).is_refused]
    assert refused == [Verdict.NOT_A_DIGIT, Verdict.TWO_DIGITS, Verdict.TOO_LITTLE_INK, Verdict.TOO_MUCH_INK]


def test_kept_probabilities_give_the_prediction_that_the_model_gives(classic):
    threshold = classic.card.top_two_threshold
    bars = digit_from_strokes([[(x, 20), (x, 260)] for x in (60, 220)], 18)
    for digit in (digit_from_strokes(EXAMPLES["3"], 18), digit_from_strokes([[(9, 9)]], 18), bars):
        expected = predict(classic, digit)
        assert prediction_from(expected.probabilities, digit, threshold).verdict == expected.verdict
    assert prediction_from(np.full(10, 0.1), None, threshold).verdict is Verdict.NOT_A_DIGIT
    assert prediction_from(np.eye(10)[3], None, threshold).verdict is Verdict.SURE


def shares_of(**of):
    """Probabilities of EMNIST's 47 classes: those given, and the rest spread evenly over the others."""
    rest = (1 - sum(of.values())) / (len(CHARACTERS) - len(of))
    return np.array([of.get(name, rest) for name in CHARACTERS])


def test_an_o_that_may_be_a_zero_is_sure_and_both_are_named():
    answer = prediction_from(shares_of(O=0.6, **{"0": 0.39}), None, 0.9, CHARACTERS)
    assert answer.verdict is Verdict.SURE
    assert (answer.name, [answer.classes[twin] for twin in answer.twins]) == ("O", ["O", "0"])
    assert [CHARACTERS[twin] for twin in prediction_from(shares_of(O=0.98), None, 0.9, CHARACTERS).twins] == ["O"]


def test_two_letters_that_are_no_twins_are_a_doubt():
    answer = prediction_from(shares_of(U=0.6, V=0.39), None, 0.9, CHARACTERS)
    assert (answer.verdict, answer.name, answer.noun) == (Verdict.UNSURE, "U", "character")
    assert prediction_from(shares_of(U=0.4), None, 0.9, CHARACTERS).verdict is Verdict.NOT_A_DIGIT


def test_a_letter_may_have_a_gap_where_a_digit_may_not():
    bars = digit_from_strokes([[(x, 20), (x, 260)] for x in (60, 220)], 18)
    assert prediction_from(shares_of(H=0.99), bars, 0.9, CHARACTERS).verdict is Verdict.SURE
    assert prediction_from(shares_of(H=0.9), bars, 0.8, CHARACTERS).verdict is Verdict.TWO_DIGITS


def test_a_picture_of_clothes_has_as_much_ink_as_it_likes():
    answer, full = np.full(10, 0.001), np.ones((28, 28), np.float32)
    answer[9] = 0.991
    assert prediction_from(answer, full, 0.9, CLOTHES).verdict is Verdict.SURE
    assert prediction_from(answer, full, 0.9).verdict is Verdict.TOO_MUCH_INK


def test_the_verdicts_are_the_words_that_others_rely_on():
    assert list(Verdict) == ["sure", "unsure", "not a digit", "two digits", "too little ink", "too much ink"]


def test_the_shipped_model_scores_what_its_evaluation_says(classic, mnist_test):
    answers = probabilities(classic, mnist_test.pixels).argmax(1)
    assert int((answers == mnist_test.labels).sum()) == pytest.approx(9832, abs=2)  # rounding differs by processor


def test_what_looks_like_the_answer_counts_with_it_and_the_runner_up_does_not_look_like_it():
    answer = Prediction(shares_of(O=0.5, **{"0": 0.3}, Q=0.15), Verdict.UNSURE, classes=CHARACTERS)
    assert answer.shared_confidence == pytest.approx(0.8)
    assert answer.classes[answer.runner_up] == "Q"
    assert answer.is_probable
    assert not Prediction(shares_of(O=0.5, D=0.3, Q=0.15), Verdict.UNSURE, classes=CHARACTERS).is_probable


def test_where_all_classes_look_alike_the_runner_up_is_the_next_one():
    assert Prediction(np.array([0.7, 0.3]), Verdict.SURE, classes=("O", "0")).runner_up == 1
