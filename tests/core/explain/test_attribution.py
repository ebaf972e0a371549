"""Each method beside its invariant: what must hold whatever the network."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from mnist_core.explain.attribution import METHODS, evidence, integrated_gradients, occlusion, saliency
from mnist_core.model.inference import Model
from mnist_core.recipe import NETWORKS
from mnist_core.store.models import load_model
from mnist_core.synthetic.generate import synthetic_digits
from tests.support.models import model_of

DIGITS = synthetic_digits(3, 9).pixels
BLANK = np.zeros((28, 28), np.float32)


def in_double(name: str) -> nn.Module:
    return model_of(name).network.double()


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rival", [None, 7])
def test_saliency_is_the_slope_that_small_steps_find(name, rival):
    model, network = model_of(name), in_double(name)
    slopes = saliency(model, DIGITS[0], 2, rival)
    pixels = torch.from_numpy(DIGITS[0]).double()[None, None]

    def value(image: torch.Tensor) -> float:
        logits = network(image)[0]
        return float(logits[2] - (0 if rival is None else logits[rival]))

    with torch.no_grad():
        for row, column in [(5, 14), (14, 14), (20, 9), (0, 0)]:
            step = torch.zeros_like(pixels)
            step[0, 0, row, column] = 1e-7
            slope = (value(pixels + step) - value(pixels - step)) / 2e-7
            assert slopes[row, column] == pytest.approx(slope, abs=1e-4, rel=1e-3)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rival", [None, 3])
def test_integrated_gradients_sum_to_the_difference_of_logits(name, rival):
    model = model_of(name)
    for digit in DIGITS:
        with_ink, without = evidence(model, np.stack([digit, BLANK]), 5, rival)
        shares = integrated_gradients(model, digit, 5, rival, points=2000)
        assert shares.sum() == pytest.approx(with_ink - without, abs=0.02)
        assert not shares[digit == 0].any()  # what is not there gets nothing


def test_of_a_network_that_only_adds_up_every_method_finds_the_weights():
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval()
    model, digit = Model(network, SimpleNamespace(name="linear")), DIGITS[1]
    weights = network[1].weight.detach()[6].view(28, 28).numpy()
    np.testing.assert_allclose(saliency(model, digit, 6), weights, atol=1e-6)
    np.testing.assert_allclose(integrated_gradients(model, digit, 6), weights * digit, atol=1e-6)
    np.testing.assert_allclose(occlusion(model, digit, 6, window=1, stride=1), weights * digit, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_occlusion_of_nothing_changes_nothing(name):
    model = model_of(name)
    assert not occlusion(model, BLANK, 4).any()
    dot = BLANK.copy()
    dot[10, 10] = 1
    touched = occlusion(model, dot, 4, window=3, stride=1) != 0
    assert not touched[:8].any()
    assert not touched[13:].any()
    assert not touched[:, :8].any()
    assert not touched[:, 13:].any()


@pytest.mark.parametrize("name", NETWORKS)
def test_occlusion_of_everything_loses_all_that_the_ink_has_brought(name):
    model = model_of(name)
    lost = occlusion(model, DIGITS[2], 8, 3, window=28)
    with_ink, without = evidence(model, np.stack([DIGITS[2], BLANK]), 8, 3)
    np.testing.assert_allclose(lost, with_ink - without, atol=1e-4)


def test_occlusion_is_the_mean_of_the_windows_that_cover_a_pixel():
    model = load_model("quick")
    covered = []
    for row in (10, 12):
        for column in (14, 16):
            image = DIGITS[0].copy()
            image[row : row + 4, column : column + 4] = 0
            covered.append(image)
    whole, *left = evidence(model, np.stack([DIGITS[0], *covered]), 1)
    assert occlusion(model, DIGITS[0], 1)[12, 16] == pytest.approx(whole - np.mean(left), abs=1e-5)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_says_the_opposite_of_the_rival_and_nothing_of_a_digit_against_itself(method):
    model, digit = load_model("classic"), DIGITS[0]
    np.testing.assert_allclose(method(model, digit, 2, 7), -method(model, digit, 7, 2), atol=1e-5)
    assert np.abs(method(model, digit, 2, 2)).max() < 1e-5


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_changes_neither_digit_nor_network(method):
    model, digit = load_model("quick"), DIGITS[0].copy()
    before = {key: value.clone() for key, value in model.network.state_dict().items()}
    method(model, digit, 2)
    assert np.array_equal(digit, DIGITS[0])
    assert all(torch.equal(value, before[key]) for key, value in model.network.state_dict().items())
    assert all(weights.grad is None for weights in model.network.parameters())
    assert not model.network.training


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_what_a_visitor_reads_of_a_method_says_what_it_does_and_what_it_cannot(method):
    does, can, _ = method.__doc__.split("\n\n")[:3]
    assert 60 < len(does) < 200
    assert "but" in can.lower()


def test_evidence_is_the_logit():
    model = load_model("mlp-plus")
    assert isinstance(model, Model)
    with torch.inference_mode():
        logits = model.network(torch.from_numpy(DIGITS)[:, None]).numpy()
    np.testing.assert_allclose(evidence(model, DIGITS, 6), logits[:, 6], atol=1e-5)
    np.testing.assert_allclose(evidence(model, DIGITS, 6, 0), logits[:, 6] - logits[:, 0], atol=1e-5)
