import pytest
import torch

from mnist_core.model.networks import build_network, count_parameters
from mnist_core.model.summary import Layer, describe
from mnist_core.recipe import NETWORKS


def test_quick_is_described_as_it_is_built():
    assert describe(build_network("quick").eval()) == (
        Layer("pixels", (), (1, 28, 28), 0),
        Layer("convolution1", ("16 filters of 6 × 6, 2 pixels a step", "normalised", "ReLU"), (16, 12, 12), 608),
        Layer(
            "convolution2",
            ("32 filters of 3 × 3", "the largest of each 2 × 2", "normalised", "ReLU"),
            (32, 5, 5),
            4672,
        ),
        Layer("convolution3", ("64 filters of 3 × 3", "normalised", "ReLU"), (64, 3, 3), 18_560),
        Layer("flatten", ("in one row",), (576,), 0),
        Layer("dropout", (), (576,), 0),
        Layer("answer", ("10 weighted sums of 576",), (10,), 5770),
    )


def test_classic_is_described_as_the_original():
    layers = describe(build_network("classic").eval())
    assert [layer.shape for layer in layers] == [(1, 28, 28), (784,), (512,), (256,), (128,), (60,), (10,)]
    assert layers[2] == Layer("hidden1", ("512 weighted sums of 784", "ReLU"), (512,), 401_920)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_stages_have_all_parameters_and_end_in_the_answer(name):
    network = build_network(name).eval()
    layers = describe(network)
    assert sum(layer.parameters for layer in layers) == count_parameters(network)
    assert [layer.name for layer in layers] == ["pixels", *dict(network.named_children())]
    assert layers[-1].shape == (10,)


def test_a_layer_that_we_do_not_know_is_called_by_its_name():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Tanh())
    assert describe(network)[-1].modules == ("Tanh",)
