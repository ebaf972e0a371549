from copy import deepcopy

import pytest
import torch
from torch import nn

from mnist_core.model.networks import BUILDERS, Dropout, build_network, count_parameters
from mnist_core.recipe import NETWORKS


def test_classic_has_the_layers_of_the_original():
    network = build_network("classic", dropout=0.3)
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    assert [layer.in_features for layer in linear] == [784, 512, 256, 128, 60]
    assert linear[-1].out_features == 10
    assert [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)] == [0.3, 0.2, 0.1, 0.05]
    assert sum(isinstance(layer, nn.ReLU) for layer in network.modules()) == 4
    assert isinstance(network[-1], nn.Linear)  # logits out: nothing after the last layer


def test_classic_has_574_494_parameters():
    assert count_parameters(build_network("classic")) == 574_494


@pytest.mark.parametrize(
    ("name", "parameters"), [("mlp-plus", 670_730), ("quick", 29_610), ("accurate", 150_698), ("best", 1_136_618)]
)
def test_the_others_have_as_many_parameters_as_they_say(name, parameters):
    assert count_parameters(build_network(name)) == parameters
    assert f"{parameters:,} parameters" in " ".join(BUILDERS[name].__doc__.split())


@pytest.mark.parametrize("name", NETWORKS)
def test_pixels_become_logits(name):
    network = build_network(name)
    assert network(torch.zeros(3, 1, 28, 28)).shape == (3, 10)
    assert isinstance(network[-1], nn.Linear)  # nothing after the last layer


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_lie_with_their_channels_last_which_changes_no_answer(name):
    network = build_network(name, 1).eval()
    kernels = [weights for weights in network.parameters() if weights.ndim == 4]
    assert all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)
    usual = deepcopy(network).to(memory_format=torch.contiguous_format)
    digits = torch.rand(20, 1, 28, 28)
    assert torch.allclose(network(digits), usual(digits), atol=1e-6)


def test_every_network_that_a_recipe_may_name_can_be_built():
    assert set(NETWORKS) == set(BUILDERS)


@pytest.mark.parametrize("name", NETWORKS)
def test_dropout_plays_no_part_once_a_network_is_trained(name):
    one, other = build_network(name, 1, dropout=0.0).eval(), build_network(name, 1, dropout=0.9).eval()
    digits = torch.rand(4, 1, 28, 28)
    assert torch.equal(one(digits), other(digits))
    assert one.state_dict().keys() == other.state_dict().keys()
    other.train()
    assert not torch.equal(other(digits), other(digits))


def test_a_seed_gives_the_same_weights_and_leaves_the_global_randomness_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two, other = build_network("classic", 1), build_network("classic", 1), build_network("classic", 2)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(next(one.parameters()), next(other.parameters()))


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_dropout_silences_the_share_that_torch_would_and_raises_the_rest_as_torch_does(kind):
    ones = torch.ones(400, 500, dtype=kind)
    ours, torchs = Dropout(0.3)(ones), nn.Dropout(0.3)(ones)
    assert ours.dtype == kind
    assert torch.equal(ours.unique(), torchs.unique())
    for silenced in ((ours == 0).float(), (torchs == 0).float()):
        assert silenced.mean() == pytest.approx(0.3, abs=0.006)  # 5 standard deviations
        assert silenced.mean(0).std() == pytest.approx((0.3 * 0.7 / 400) ** 0.5, rel=0.2)  # each on its own
    assert torch.equal(Dropout(0.3).eval()(ones), ones)


@pytest.mark.parametrize("name", BUILDERS)
def test_a_network_has_as_many_outputs_as_there_are_classes(name):
    assert build_network(name, 1, classes=47).eval()(torch.zeros(2, 1, 28, 28)).shape == (2, 47)
