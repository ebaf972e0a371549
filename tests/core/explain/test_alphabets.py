"""Explanations of models that read characters, or tell pictures apart."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mnist_core.alphabets import ALPHABETS, CLOTHES
from mnist_core.explain.attribution import METHODS
from mnist_core.explain.counterfactual import BELIEVED, adversarial, counterfactual, styles_of
from mnist_core.model.inference import Model
from mnist_core.model.networks import build_network
from mnist_core.model.prediction import predict
from mnist_core.store.models import load_model
from mnist_core.synthetic.generate import synthetic_characters

CLASSES = ("0", "1", "A", "O", "X")
ZERO, ONE, A, O, X = range(5)  # noqa: E741, the class is called so


@pytest.fixture(scope="module")
def reader() -> Model:
    """A network that has learnt for some seconds to tell five characters apart, two of which look alike."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    digits = synthetic_characters(1000, 1, CLASSES)
    pixels, labels = torch.from_numpy(digits.pixels)[:, None], torch.from_numpy(digits.labels)
    network = build_network("quick", 0, 0.0, len(CLASSES))
    descent = torch.optim.Adam(network.parameters(), 0.01)
    for step in range(60):
        part = slice(step * 50 % 1000, step * 50 % 1000 + 50)
        loss = torch.nn.functional.cross_entropy(network(pixels[part]), labels[part])
        descent.zero_grad()
        loss.backward()
        descent.step()
    yield Model(network.eval(), replace(load_model("quick").card, classes=CLASSES, temperature=1.0))
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def character(reader):
    """Characters by their class, each read rightly; O and 0 count as one."""
    written = synthetic_characters(100, 2, CLASSES)
    right = {}
    for pixels, label in zip(written.pixels, written.labels, strict=True):
        answer = predict(reader, pixels).digit
        if answer == label or {answer, int(label)} == {ZERO, O}:
            right.setdefault(int(label), pixels)
    assert len(right) == len(CLASSES)
    return right


def test_both_changes_make_a_character_another(reader, character):
    for target in (ONE, X):
        for find in (adversarial, counterfactual):
            assert find(reader, character[A], target).prediction.name == CLASSES[target]


def test_what_looks_like_the_target_counts_as_the_target(reader, character):
    change = counterfactual(reader, character[A], O)
    assert change.prediction.name in ("0", "O")
    assert change.prediction.probabilities[[ZERO, O]].sum() > BELIEVED
    assert adversarial(reader, character[A], ZERO).prediction.name in ("0", "O")


def test_a_twin_of_the_answer_is_no_target(reader, character):
    answer = predict(reader, character[ZERO]).digit
    twin = {ZERO: O, O: ZERO}[answer]
    for find in (adversarial, counterfactual):
        with pytest.raises(ValueError, match=f"found {twin}, which looks like the answer already"):
            find(reader, character[ZERO], twin)


def test_what_our_program_does_not_write_has_an_adversarial_change_alone(reader, character):
    model = Model(reader.network, replace(reader.card, classes=CLOTHES[:5]))
    assert adversarial(model, character[A], X).prediction.name == "Coat"
    with pytest.raises(ValueError, match="found 'Coat', expected a digit, a letter of EMNIST Balanced or a sign"):
        counterfactual(model, character[A], X)


def test_our_program_writes_every_character_and_no_clothes():
    assert all(styles_of(name) for name in ALPHABETS["everything"])
    assert not any(styles_of(name) for name in CLOTHES)
    assert not styles_of("c")  # which counts as C


def test_the_methods_ask_about_any_class(reader, character):
    for method in METHODS.values():
        found = method(reader, character[X], X, A)
        assert found.shape == (28, 28)
        np.testing.assert_allclose(found, -method(reader, character[X], A, X), atol=1e-5)
