"""The smallest changes that flip an answer: what must hold of them whatever the digit and the model."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from benchmarks.counterfactual import random_questions
from mnist_core.alphabets import DIGITS
from mnist_core.data.augmentation import random_matrices, warp
from mnist_core.explain.counterfactual import (
    BELIEVED,
    Change,
    adversarial,
    counterfactual,
    search_adversarial,
    search_counterfactual,
)
from mnist_core.model.inference import Model
from mnist_core.model.networks import build_network
from mnist_core.model.prediction import predict, probabilities
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.store.models import list_models, load_model
from ui.inputs.examples import EXAMPLES

NAMES = [card.name for card in list_models(classes=DIGITS)]
METHODS = [adversarial, counterfactual]
A_3 = digit_from_strokes(EXAMPLES["3"], 18)
A_7 = digit_from_strokes(EXAMPLES["barred 7"], 18)
PAIRS = [(A_3, 8), (A_3, 5), (A_7, 1), (A_7, 0)]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """As in the app: several threads would wait for each other at every small step."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module", params=NAMES)
def model(request):
    return load_model(request.param)


@pytest.fixture(scope="module")
def changes(model):
    """Both changes of each digit to its target."""
    return [(digit, target, *(find(model, digit, target) for find in METHODS)) for digit, target in PAIRS]


def test_a_changed_digit_is_a_digit_and_is_answered_as_the_target(model, changes):
    for digit, target, *both in changes:
        for change in both:
            assert change.digit.shape == (28, 28)
            assert change.digit.dtype == np.float32
            assert 0 <= change.digit.min() <= change.digit.max() <= 1
            assert np.array_equal(change.difference, change.digit - digit)
            assert predict(model, change.digit).digit == target == change.prediction.digit


def test_nine_tenths_of_an_adversarial_change_do_not_flip_the_answer(model, changes):
    for digit, target, change, _ in changes:
        assert predict(model, digit + np.float32(0.9) * change.difference).digit != target


def test_a_counterfactual_is_believed_and_nine_tenths_of_it_are_not(model, changes):
    bends = random_matrices(8, 0.6, torch.Generator().manual_seed(3))

    def shares(digit, target):
        bent = warp(torch.from_numpy(digit).expand(8, 1, 28, 28), bends)[:, 0].numpy()
        return probabilities(model, digit[None])[0, target], probabilities(model, bent)[:, target].mean()

    for digit, target, _, change in changes:
        assert min(shares(change.digit, target)) > BELIEVED > 0.5
        weaker = (digit + np.float32(0.9) * change.difference).clip(0, 1)
        assert min(shares(weaker, target)) <= BELIEVED


def test_a_counterfactual_holds_under_bends_that_it_was_not_made_for(model, changes):
    bends = random_matrices(100, 0.6, torch.Generator().manual_seed(77))
    for _, target, trick, change in changes:
        held = [
            probabilities(model, warp(torch.from_numpy(each.digit).expand(100, 1, 28, 28), bends)[:, 0].numpy())
            for each in (trick, change)
        ]
        by_trick, by_change = ((answers.argmax(1) == target).mean() for answers in held)
        assert by_change > 0.7
        assert by_change > by_trick


def test_an_adversarial_change_is_the_shorter_one(changes):
    for _, _, trick, change in changes:
        assert trick.distance < 0.8 * change.distance


def test_a_counterfactual_is_smaller_than_turning_into_the_nearest_digit(mnist_test):
    """The nearest of 10,000 real digits of the target is the change that anyone could make."""
    model = load_model("quick")
    for digit, target in PAIRS:
        others = mnist_test.pixels[mnist_test.labels == target]
        nearest = np.linalg.norm((others - digit).reshape(len(others), -1), axis=1).min()
        assert counterfactual(model, digit, target).distance < nearest


def test_a_counterfactual_changes_a_few_pixels_much_and_not_many_a_little(changes):
    def pixels_for_half(change):
        amounts = np.sort(np.abs(change.difference).ravel())[::-1].cumsum()
        return int((amounts < amounts[-1] / 2).sum()) + 1

    counts = np.array([[pixels_for_half(each) for each in both] for _, _, *both in changes])
    assert all(np.abs(change.difference).max() > 0.4 for _, _, _, change in changes)
    assert (counts[:, 1] < counts[:, 0]).all()
    assert counts[:, 1].sum() < 0.5 * counts[:, 0].sum()


def test_the_same_question_gets_the_same_change(model):
    for find in METHODS:
        one, other = (find(model, A_7, 2) for _ in range(2))
        assert np.array_equal(one.digit, other.digit)
        assert np.array_equal(one.prediction.probabilities, other.prediction.probabilities)


def test_a_search_leaves_the_network_and_the_digit_as_they_are():
    model, digit = load_model("quick"), A_3.copy()
    before = {name: weights.clone() for name, weights in model.network.state_dict().items()}
    for find in METHODS:
        find(model, digit, 8)
    assert all(torch.equal(before[name], weights) for name, weights in model.network.state_dict().items())
    assert all(weights.grad is None for weights in model.network.parameters())
    assert not any(part.training for part in model.network.modules())
    assert np.array_equal(digit, A_3)


@pytest.mark.parametrize("search", [search_adversarial, search_counterfactual])
def test_a_search_says_how_far_it_is(search):
    shares = list(search(load_model("quick"), A_3, 8))
    assert all(before <= after for before, after in pairwise(shares))
    assert shares[0] == 0
    assert shares[-1] == 1
    assert len(shares) > 10


@pytest.mark.parametrize("find", METHODS)
def test_where_no_change_is_found_there_is_none(find):
    """A network that says the same to everything cannot be moved."""
    network = build_network("classic", seed=0).eval()
    torch.nn.init.zeros_(network.answer.weight)
    torch.nn.init.zeros_(network.answer.bias)
    assert find(Model(network, load_model("classic").card), A_3, 8) is None


@pytest.mark.parametrize("find", METHODS)
@pytest.mark.parametrize(
    ("digit", "target", "message"),
    [
        (np.zeros((28, 28), np.float32), 3, "blank"),
        (np.full((28, 28), np.nan, np.float32), 3, "finite numbers from 0 to 1"),
        (A_3 * 2, 8, "finite numbers from 0 to 1"),
        (A_3 - 1, 8, "finite numbers from 0 to 1"),
        (A_3[:27], 8, r"shape \(27, 28\)"),
        (A_3, 3, "the answer already"),
        (A_3, 10, "a class from 0 to 9"),
        (A_3, -1, "a class from 0 to 9"),
    ],
)
def test_what_cannot_be_changed_is_refused(find, digit, target, message):
    with pytest.raises(ValueError, match=message):
        find(load_model("quick"), digit, target)


def test_ink_is_counted_as_it_comes_and_goes():
    difference = np.zeros((28, 28), np.float32)
    difference[3, 3:6], difference[9, 9] = 1, -0.5
    change = Change(difference.clip(0), difference, predict(load_model("quick"), A_3))
    assert (change.added, change.taken) == (3, 0.5)
    assert change.distance == pytest.approx(3.25**0.5)


def test_a_single_dot_can_be_turned_into_a_digit():
    dot = np.zeros((28, 28), np.float32)
    dot[14, 14] = 1
    model = load_model("quick")
    target = predict(model, dot).ranking[1]
    assert counterfactual(model, dot, target).prediction.digit == target


@pytest.mark.slow
def test_random_digits_are_flipped_to_random_targets(model, mnist_test):
    """A few of the hundred that benchmarks/counterfactual.py takes."""
    flipped = 0
    for index, digit, target in random_questions(model, mnist_test, 10):
        assert predict(model, digit).digit != target, index
        change = counterfactual(model, digit, target)
        flipped += change is not None and predict(model, change.digit).digit == target
    assert flipped >= 9
