"""A network in NumPy answers what torch answers."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from mnist_core.model.inference import Model, make_model, run_in_batches
from mnist_core.model.light import STEPS, make_light, predict_light
from mnist_core.model.networks import build_network
from mnist_core.model.prediction import predict_all
from mnist_core.recipe import NETWORKS
from mnist_core.store.models import list_models, load_light_model, load_model
from tests.support.places import PROJECT

SHIPPED = [card.name for card in list_models(PROJECT / "models")]
DIGITS = np.random.default_rng(0).random((20, 28, 28), dtype=np.float32) ** 4


def any_network(name):
    """A network whose every number is another one than those it begins with."""
    network = build_network(name, seed=0)
    generator = torch.Generator().manual_seed(1)
    for values in network.state_dict().values():
        if values.is_floating_point():
            values.copy_(values + torch.rand(values.shape, generator=generator) / 10)
    return network.eval()


def tensors_of(network):
    return {name: values.numpy() for name, values in network.state_dict().items()}


def card_of(network):
    card = load_light_model("classic").card
    return replace(card, recipe=replace(card.recipe, network=network))


@pytest.mark.parametrize("name", STEPS)
def test_any_weights_give_the_same_answers_as_in_torch(name):
    network, card = any_network(name), card_of(name)
    light = make_light(tensors_of(network), card)
    logits = run_in_batches(network, DIGITS).numpy()
    np.testing.assert_allclose([light.logits(digit) for digit in DIGITS], logits, atol=1e-4 * np.abs(logits).max())
    for digit, theirs in zip(DIGITS, predict_all(Model(network, card), DIGITS), strict=True):
        ours = predict_light(light, digit)
        assert ours.verdict is theirs.verdict
        np.testing.assert_allclose(ours.probabilities, theirs.probabilities, atol=1e-4)


def test_the_shipped_models_answer_without_torch():
    assert set(NETWORKS) == set(STEPS)
    code = f"""
import sys, numpy as np
from mnist_core.store.models import load_light_model
from mnist_core.model.light import predict_light
for name in {SHIPPED}:
    model = load_light_model(name)
    assert predict_light(model, np.zeros((28, 28), np.float32)) is None
    assert predict_light(model, np.eye(28, dtype=np.float32)).probabilities.shape == (len(model.card.classes),)
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_answers_the_test_digits_as_torch_does(name, mnist_test):
    digits = mnist_test.images[:500].astype(np.float32) / 255
    light = load_light_model(name)
    for digit, theirs in zip(digits, predict_all(load_model(name), digits), strict=True):
        ours = predict_light(light, digit)
        assert (ours.digit, ours.verdict) == (theirs.digit, theirs.verdict)
        np.testing.assert_allclose(ours.probabilities, theirs.probabilities, atol=1e-5)


def test_torch_has_the_same_numbers():
    light = load_light_model("quick")
    model = make_model({name: torch.from_numpy(values) for name, values in light.tensors.items()}, light.card)
    assert all(
        torch.equal(ours, theirs)
        for ours, theirs in zip(
            model.network.state_dict().values(), load_model("quick").network.state_dict().values(), strict=True
        )
    )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda tensors: tensors.pop("answer.bias"), KeyError),
        (lambda tensors: tensors.pop("convolution2.norm.running_var"), KeyError),
        (lambda tensors: tensors.update(more=DIGITS), ValueError),
        (lambda tensors: tensors.update({"answer.bias": np.zeros(9, np.float32)}), ValueError),
        (lambda tensors: tensors.update({"convolution1.norm.weight": np.zeros(1, np.float32)}), ValueError),
        (lambda tensors: tensors.update({"answer.bias": np.full(10, np.nan, np.float32)}), FloatingPointError),
    ],
)
def test_tensors_that_are_not_the_network_s_are_refused(change, error):
    tensors = tensors_of(build_network("quick"))
    change(tensors)
    with pytest.raises(error):
        make_light(tensors, card_of("quick"))


def test_a_network_of_another_kind_is_torch_s(monkeypatch):
    monkeypatch.delitem(STEPS, "classic")
    assert load_light_model("classic") is None
