"""What each layer says, beside what torch itself says there; and sums done again by hand."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from mnist_core.errors import Untraceable
from mnist_core.explain.activations import PIXELS, follow, trace
from mnist_core.model.inference import Model
from mnist_core.model.networks import count_parameters
from mnist_core.recipe import NETWORKS
from mnist_core.store.models import load_model
from mnist_core.synthetic.generate import synthetic_digits
from tests.support.models import model_of

DIGITS = synthetic_digits(3, 8).pixels


def units_of(values: np.ndarray) -> list[tuple[int, ...]]:
    """The unit that says most, the one that says least, and one at the edge."""
    most, least = (tuple(map(int, np.unravel_index(at(values), values.shape))) for at in (np.argmax, np.argmin))
    return [most, least, tuple(size - 1 for size in values.shape)]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_last_stage_says_what_a_plain_call_answers_and_the_first_what_it_was_given(name):
    model = model_of(name)
    for digit in DIGITS:
        layers = trace(model, digit)
        assert layers[0].name == PIXELS
        assert np.array_equal(layers[0].values[0], digit)
        with torch.inference_mode():
            assert np.array_equal(layers[-1].values, model.network(torch.from_numpy(digit)[None, None])[0].numpy())
        assert [layer.name for layer in layers[1:]] == [name for name, _ in model.network.named_children()]
        assert sum(layer.parameters for layer in layers) == count_parameters(model.network)
        assert all(layer.seconds > 0 for layer in layers[1:])


@pytest.mark.parametrize("name", NETWORKS)
def test_every_number_that_is_followed_is_the_one_that_its_stage_says(name):
    model = model_of(name)
    for digit in DIGITS:
        for layer in trace(model, digit)[1:]:
            if layer.parameters:
                for unit in units_of(layer.values):
                    found = follow(model, digit, layer.name, unit)
                    assert found.value == layer.values[unit]
                    assert found.products.sum() + found.bias == pytest.approx(found.steps[0].value, abs=2e-4)
                    assert found.inputs.shape == found.weights.shape


@pytest.mark.parametrize("name", NETWORKS)
def test_each_step_follows_from_the_one_before(name):
    model = model_of(name)
    for layer in trace(model, DIGITS[0])[1:]:
        for unit in units_of(layer.values) if layer.parameters else ():
            steps = follow(model, DIGITS[0], layer.name, unit).steps
            assert steps[0].operation == "sum"
            for before, after in pairwise(steps):
                expected = {
                    "pool": before.value,  # of the four sums it is the largest that is followed
                    "norm": before.value * after.scale + after.shift,
                    "relu": max(before.value, 0),
                }[after.operation]
                assert after.value == pytest.approx(expected, abs=1e-5)


def test_what_a_convolution_looks_at_is_a_piece_of_the_stage_before():
    model = load_model("accurate")
    layers = {layer.name: layer for layer in trace(model, DIGITS[1])}
    found = follow(model, DIGITS[1], "convolution2", (5, 7, 4))
    row, column = found.corner
    assert found.inputs.shape == (32, 3, 3)
    assert (row // 2, column // 2) == (7, 4)  # one of the four that were pooled
    assert np.array_equal(found.inputs, layers["convolution1"].values[:, row : row + 3, column : column + 3])
    strided = follow(load_model("quick"), DIGITS[1], "convolution1", (3, 11, 2))
    assert strided.corner == (22, 4)
    assert np.array_equal(strided.inputs[0], DIGITS[1][22:28, 4:10])


def test_an_answer_looks_at_the_last_maps_where_there_are_maps():
    assert follow(load_model("quick"), DIGITS[0], "answer", (4,)).inputs.shape == (64, 3, 3)
    assert follow(load_model("classic"), DIGITS[0], "answer", (4,)).inputs.shape == (60,)
    assert follow(load_model("classic"), DIGITS[0], "hidden1", (500,)).inputs.shape == (1, 28, 28)


@pytest.mark.parametrize(
    ("layer", "unit", "expected"),
    [
        ("nonsense", (0,), "expected one of those with weights"),
        ("flatten", (0,), "expected one of those with weights"),
        ("hidden1", (512,), r"expected one of \(512,\)"),
        ("hidden1", (-1,), r"expected one of \(512,\)"),
        ("hidden1", (1, 2, 3), r"expected one of \(512,\)"),
    ],
)
def test_what_is_not_there_is_a_mistake_of_the_program(layer, unit, expected):
    with pytest.raises(ValueError, match=expected):
        follow(load_model("classic"), DIGITS[0], layer, unit)


def test_a_network_that_is_no_list_of_stages_says_so():
    class Strange(nn.Module):
        def forward(self, pixels):
            return pixels.flatten(1)[:, :10]

    model = Model(Strange(), SimpleNamespace(name="strange"))
    for look in (trace, lambda *given: follow(*given, "answer", (0,))):
        with pytest.raises(Untraceable, match="'strange' is no list of layers"):
            look(model, DIGITS[0])


def test_a_stage_of_another_kind_is_traced_but_not_followed():
    odd = nn.Sequential(nn.Linear(784, 10), nn.Tanh())
    network = nn.Sequential()
    network.add_module("flatten", nn.Flatten())
    network.add_module("odd", odd)
    model = Model(network.eval(), SimpleNamespace(name="odd"))
    assert trace(model, DIGITS[0])[-1].values.shape == (10,)
    with pytest.raises(Untraceable, match="holds Tanh"):
        follow(model, DIGITS[0], "odd", (0,))
