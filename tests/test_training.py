from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.data import Digits, split_training
from mnist_core.errors import Diverged
from mnist_core.networks import build_network
from mnist_core.recipe import preset
from mnist_core.training import Epoch, Step, entry_to_json, fit

RECIPE = preset("classic", epochs=3, held_out=100)


def train(digits, recipe=RECIPE):
    network = build_network("classic", recipe.seed)
    history = list(fit(recipe, network, *split_training(digits, recipe.held_out)))
    return network, history


def test_a_network_learns_digits_that_are_easy_to_tell_apart(made_digits):
    _, history = train(made_digits, preset("classic", epochs=12, held_out=100))
    last = history[-1]
    assert last.validation_accuracy > 0.95
    assert last.training_loss < 0.5


def test_the_same_recipe_gives_the_same_weights_bit_for_bit(made_digits):
    one, two = train(made_digits)[0], train(made_digits)[0]
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    other = train(made_digits, preset("classic", epochs=3, held_out=100, seed=1))[0]
    assert not torch.equal(next(one.parameters()), next(other.parameters()))


def test_it_is_the_same_mathematics_as_the_usual_way(made_digits):
    """Against a DataLoader, plain Adam and a hand-written loop, on a network without dropout."""

    def bare():
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))

    recipe = preset("classic", epochs=2, held_out=0, batch_size=600)  # one batch, so that its order plays no part
    ours, usual = bare(), bare()
    list(fit(recipe, ours, made_digits))
    images = torch.tensor(made_digits.images / 255, dtype=torch.float32).unsqueeze(1)
    optimizer = torch.optim.Adam(usual.parameters(), lr=recipe.learning_rate)
    for _ in range(recipe.epochs):
        for batch, labels in DataLoader(TensorDataset(images, torch.from_numpy(made_digits.labels)), batch_size=600):
            optimizer.zero_grad()
            functional.cross_entropy(usual(batch), labels).backward()
            optimizer.step()
    for a, b in zip(ours.parameters(), usual.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_the_history_counts_every_step_and_every_epoch(made_digits):
    recipe = preset("classic", epochs=2, held_out=100, batch_size=3)  # 167 steps an epoch, the last of two digits
    _, history = train(made_digits, recipe)
    steps = [entry for entry in history if isinstance(entry, Step)]
    epochs = [entry for entry in history if isinstance(entry, Epoch)]
    assert [entry.step for entry in steps] == [100, 200, 300, 334]
    assert [entry.step for entry in epochs] == [167, 334]
    assert [entry.epoch for entry in epochs] == [1, 2]
    assert all(a.seconds <= b.seconds for a, b in pairwise(history))
    assert entry_to_json(steps[0]).keys() == {"kind", "step", "steps", "loss", "seconds"}


def test_the_validation_figures_are_those_of_the_finished_network(made_digits):
    network, history = train(made_digits)
    held_out = made_digits[-100:]
    with torch.inference_mode():
        logits = network(torch.from_numpy(held_out.pixels).unsqueeze(1))
    labels = torch.from_numpy(held_out.labels)
    assert not network.training
    assert history[-1].validation_accuracy == pytest.approx((logits.argmax(1) == labels).float().mean().item())
    assert history[-1].validation_loss == pytest.approx(functional.cross_entropy(logits, labels).item(), rel=1e-5)


def test_without_held_out_digits_there_are_no_validation_figures(made_digits):
    network = build_network("classic", 0)
    history = list(fit(preset("classic", epochs=1, held_out=0), network, made_digits))
    assert history[-1].validation_accuracy is None


def test_a_loss_that_is_no_number_ends_the_training_and_names_the_step():
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    nn.init.constant_(network[1].weight, float("nan"))
    digits = Digits(np.full((600, 28, 28), 255, np.uint8), np.arange(600) % 10)
    with pytest.raises(Diverged, match="step 10"):
        list(fit(preset("classic", epochs=1, held_out=0), network, digits))
