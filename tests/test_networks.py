import torch
from torch import nn

from mnist_core.networks import build_network, count_parameters


def test_classic_has_the_layers_of_the_original():
    network = build_network("classic")
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    assert [layer.in_features for layer in linear] == [784, 512, 256, 128, 60]
    assert linear[-1].out_features == 10
    assert [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)] == [0.3, 0.2, 0.1, 0.05]
    assert sum(isinstance(layer, nn.ReLU) for layer in network.modules()) == 4
    assert isinstance(network[-1], nn.Linear)  # logits out: nothing after the last layer


def test_classic_has_574_494_parameters():
    assert count_parameters(build_network("classic")) == 574_494


def test_pixels_become_logits():
    assert build_network("classic")(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_a_seed_gives_the_same_weights_and_leaves_the_global_randomness_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two, other = build_network("classic", 1), build_network("classic", 1), build_network("classic", 2)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(next(one.parameters()), next(other.parameters()))
