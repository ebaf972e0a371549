from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from torch.nn import functional

import train
from mnist_core import list_models, load_model, predict, probabilities
from mnist_core.alphabets import DIGITS
from mnist_core.data.augmentation import augment
from mnist_core.data.mnist import split_training
from mnist_core.evaluation.calibration import BENDING, MIN_VALIDATION_DIGITS, Calibration, calibrate, fit_temperature
from mnist_core.model.inference import Model
from mnist_core.model.prediction import ACCEPTED_SHARE, Verdict, sum_top_two
from mnist_core.recipe import Recipe
from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.generate import non_digits, synthetic_digits
from mnist_core.synthetic.non_digits import NON_DIGITS

UNSEEN = 10**9  # a seed that no training has


def drawn_labels(logits, seed=0):
    """A label for each row, drawn as its softmax says: what a perfectly calibrated network would see."""
    return torch.multinomial(logits.softmax(1), 1, generator=torch.Generator().manual_seed(seed)).squeeze(1)


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
def test_the_temperature_undoes_what_made_the_logits_too_large_or_too_small(factor):
    logits = 2 * torch.randn(20_000, 10, generator=torch.Generator().manual_seed(1))
    assert fit_temperature(factor * logits, drawn_labels(logits)) == pytest.approx(factor, rel=0.03)


def test_no_other_temperature_is_more_likely():
    logits = 3 * torch.randn(2000, 10, generator=torch.Generator().manual_seed(2))
    labels = drawn_labels(logits / 1.7)
    best = fit_temperature(logits, labels)
    losses = {share: functional.cross_entropy(logits / (best * share), labels) for share in (0.95, 1.0, 1.05)}
    assert min(losses, key=losses.__getitem__) == 1.0


@pytest.mark.parametrize("scale", [0.3, 3.0, 30.0])
def test_the_temperature_is_the_one_that_scipy_finds(scale):
    logits = scale * torch.randn(2000, 10, generator=torch.Generator().manual_seed(4)).double()
    labels = drawn_labels(logits / scale)

    def loss(temperature):
        return float(functional.cross_entropy(logits / temperature, labels))

    found = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-9})
    assert fit_temperature(logits, labels) == pytest.approx(found.x, rel=1e-5)


@pytest.mark.parametrize(("scale", "right", "bound"), [(1e9, False, 20.0), (1e20, False, 20.0), (1.0, True, 0.05)])
def test_a_temperature_without_measure_is_kept_within_bounds(scale, right, bound):
    """Answers that are wrong however sure, and answers of which none is wrong."""
    logits = scale * torch.randn(2000, 10, generator=torch.Generator().manual_seed(3))
    labels = logits.argmax(1) if right else torch.arange(2000) % 10
    assert fit_temperature(logits, labels) == bound


def test_the_two_best_are_added():
    rows = np.array([[0.1, 0.6, 0.0, 0.3], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0.0, 0.0]])
    assert sum_top_two(rows, tuple("abcd")).tolist() == pytest.approx([0.9, 0.5, 1.0])


def test_twins_count_as_one_among_the_two_best():
    rows = np.array([[0.3, 0.4, 0.2, 0.1], [0.2, 0.1, 0.4, 0.3]])
    assert sum_top_two(rows, tuple("0OKX")).tolist() == pytest.approx([0.9, 0.7])


def test_of_the_digits_held_out_as_they_are_and_bent_the_promised_share_is_accepted(made_digits):
    network = load_model("classic").network
    calibration = calibrate(network, made_digits)
    pixels = torch.from_numpy(made_digits.pixels)[:, None]
    bent = augment(pixels, **BENDING, generator=torch.Generator().manual_seed(1))  # in other ways than for the fit
    with torch.inference_mode():
        logits = network(torch.cat([pixels, bent])).double()
    sums = sum_top_two(torch.softmax(logits / calibration.temperature, 1).numpy())
    assert (sums >= calibration.top_two_threshold).mean() == pytest.approx(ACCEPTED_SHARE, abs=0.002)
    assert calibrate(network, made_digits) == calibration


def test_with_few_digits_held_out_nothing_is_fitted(made_digits):
    network = load_model("classic").network
    for few in (0, 1, 50, 499):
        assert calibrate(network, made_digits[:few]) == Calibration(temperature=1.0, top_two_threshold=0.0)
    enough = calibrate(network, made_digits[:500])
    assert enough.temperature != 1.0
    assert enough.top_two_threshold > 0


def test_the_hyperparameter_says_how_many_digits_it_takes_to_fit_anything():
    (hyperparameter,) = [
        hyperparameter for hyperparameter in fields(Recipe) if hyperparameter.name == "validation_size"
    ]
    assert f"fewer than {MIN_VALIDATION_DIGITS} " in hyperparameter.metadata["help"]


def test_what_the_two_best_have_too_little_of_is_called_no_digit():
    classic = load_model("classic")
    strict = Model(classic.network, replace(classic.card, top_two_threshold=1.0))
    credulous = Model(classic.network, replace(classic.card, top_two_threshold=0.0))
    noise = np.random.default_rng(0).random((28, 28), dtype=np.float32) ** 4  # most of it faint
    assert predict(strict, noise).verdict is Verdict.NOT_A_DIGIT
    assert predict(credulous, noise).verdict is not Verdict.NOT_A_DIGIT
    assert predict(strict, noise).digit == predict(credulous, noise).digit  # the answer is never hidden


@pytest.mark.usefixtures("small_data")
def test_a_training_ends_with_a_calibrated_model_where_enough_digits_are_held_out(tmp_path):
    for validation_size in (500, 100, 0):
        flags = ("--epochs", 1, "--batch-size", 50, "--held-out", validation_size, "--name", f"held-{validation_size}")
        assert train.main([*map(str, flags), "--models-dir", str(tmp_path)]) == 0
    calibrated, *others = (load_model(f"held-{validation_size}", tmp_path).card for validation_size in (500, 100, 0))
    assert calibrated.temperature != 1.0
    assert calibrated.top_two_threshold > 0
    assert [(card.temperature, card.top_two_threshold) for card in others] == [(1.0, 0.0)] * 2


@pytest.mark.usefixtures("small_data")
def test_a_training_with_steps_far_too_large_ends_with_a_card_that_can_be_read(tmp_path):
    flags = ("--learning-rate", 1, "--schedule", "constant", "--epochs", 1, "--batch-size", 50, "--held-out", 500)
    assert train.main(["--recipe", "quick", "--name", "mine", *map(str, flags), "--models-dir", str(tmp_path)]) == 0
    assert load_model("mine", tmp_path).card.temperature == 20.0


@pytest.mark.parametrize("name", [card.name for card in list_models(classes=DIGITS)])
def test_the_shipped_models_are_calibrated_on_digits_they_have_not_learnt(name, mnist_train):
    model = load_model(name)
    _, validation = split_training(mnist_train, model.card.recipe.validation_size)
    calibration = calibrate(model.network, validation)
    assert model.card.temperature == pytest.approx(calibration.temperature, rel=1e-3)
    assert model.card.top_two_threshold == pytest.approx(calibration.top_two_threshold, abs=1e-3)


@pytest.mark.parametrize("name", [card.name for card in list_models(classes=DIGITS)])
def test_hardly_a_test_digit_is_called_none(name, mnist_test):
    model = load_model(name)
    sums = sum_top_two(probabilities(model, mnist_test.pixels))
    assert (sums < model.card.top_two_threshold).mean() <= 0.01


def test_accurate_doubts_letters_and_scribbles_that_it_has_not_seen():
    accurate = load_model("accurate")
    verdicts = [predict(accurate, image).verdict for image in non_digits(400, UNSEEN, NON_DIGITS).pixels]
    assert verdicts.count(Verdict.SURE) < 0.05 * 400
    assert verdicts.count(Verdict.NOT_A_DIGIT) > 0.8 * 400


@pytest.fixture(scope="module")
def ways_of_writing():
    """300 digits of each style."""
    return {style: synthetic_digits(300, UNSEEN, [style]) for style in STYLES}


@pytest.mark.parametrize("name", ["quick", "accurate"])
def test_they_still_read_every_way_of_writing(name, ways_of_writing):
    model = load_model(name)
    for style, digits in ways_of_writing.items():
        right = (probabilities(model, digits.pixels).argmax(1) == digits.labels).mean()
        assert right >= 0.97, str(style)
