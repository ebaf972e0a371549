"""Maps: beside scikit-learn's, as good as they claim, and none that belongs to something else."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from safetensors.torch import save_file
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from mnist_core.alphabets import DIGITS
from mnist_core.errors import ModelError
from mnist_core.explain.projection import neighbour_map, principal_components
from mnist_core.store.maps import load_map, save_map
from mnist_core.store.models import list_models, load_answers


@pytest.fixture(scope="module")
def groups():
    """300 points of 60 dimensions in ten groups, and the group of each."""
    generator = np.random.default_rng(4)
    group = np.arange(300) % 10
    return (generator.normal(size=(10, 60))[group] + generator.normal(size=(300, 60))).astype(np.float32), group


def share_of_like_neighbours(positions, group):
    """How many of the ten nearest on a map are of the same group, 0…1."""
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    return (group[distances.argsort(1)[:, 1:11]] == group[:, None]).mean()


@pytest.mark.parametrize("count", [1, 2, 50])
def test_the_principal_components_are_scikit_learns_sign_for_sign(groups, count):
    features, _ = groups
    theirs = PCA(count, svd_solver="full").fit_transform(features.astype(float))
    ours = principal_components(features, count)
    assert ours.shape == (300, count)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_features_of_fewer_dimensions_are_only_turned(groups):
    features = groups[0][:, :3]
    turned = principal_components(features, 50)
    assert turned.shape == (300, 3)
    np.testing.assert_allclose(
        np.linalg.norm(turned[1:] - turned[0], axis=1), np.linalg.norm(features[1:] - features[0], axis=1), rtol=1e-4
    )


def test_a_neighbour_map_keeps_neighbours(groups):
    features, group = groups
    positions = neighbour_map(features)
    assert positions.shape == (300, 2)
    assert positions.dtype == np.float32
    assert trustworthiness(features, positions, n_neighbors=10) > 0.95
    assert share_of_like_neighbours(positions, group) > 0.99
    flat = principal_components(features)  # two directions are too few for ten groups
    assert trustworthiness(features, flat, n_neighbors=10) < 0.9
    assert share_of_like_neighbours(flat, group) < 0.8


def test_the_same_features_give_the_same_map(groups):
    assert (neighbour_map(groups[0][:100]) == neighbour_map(groups[0][:100])).all()


@pytest.mark.parametrize("card", list_models(classes=DIGITS), ids=lambda card: card.name)
def test_each_shipped_model_has_a_map_on_which_neighbours_are_the_same_digit(card):
    positions, labels = load_map(card, 10_000), load_answers(card.name).labels
    assert share_of_like_neighbours(positions[:1000], labels[:1000]) > 0.9  # by chance 0.1


@pytest.fixture
def card(shelf):
    """The card of a model that has no map yet."""
    (shelf / "classic" / "map.safetensors").unlink()
    (card,) = list_models(shelf)
    return card


POSITIONS = np.arange(20, dtype=np.float32).reshape(10, 2)


def test_a_map_survives_being_saved(shelf, card):
    assert load_map(card, 10, shelf) is None
    save_map(POSITIONS, card, shelf)
    assert (load_map(card, 10, shelf) == POSITIONS).all()
    assert list_models(shelf) == [card]


def test_a_map_of_other_weights_or_of_another_number_of_digits_is_none(shelf, card):
    save_map(POSITIONS, replace(card, weights_sha256="0" * 64), shelf)
    assert load_map(card, 10, shelf) is None
    save_map(POSITIONS, card, shelf)
    assert load_map(card, 9, shelf) is None
    assert load_map(replace(card, weights_sha256="0" * 64), 10, shelf) is None


@pytest.mark.parametrize(
    "tensors",
    [
        {"other": POSITIONS},
        {"map": POSITIONS.astype(np.float64)},
        {"map": POSITIONS[:, :1].copy()},
        {"map": POSITIONS.ravel()},
        {"map": POSITIONS * np.float32("nan")},
    ],
)
def test_a_map_that_cannot_be_one_is_none(shelf, card, tensors):
    path = shelf / "classic" / "map.safetensors"
    path.write_bytes(save(tensors, {"weights_sha256": card.weights_sha256}))
    assert load_map(card, 10, shelf) is None


@pytest.mark.parametrize("content", [b"", b"no map", b"\xff" * 1000, bytes(10_000_001), b"\2" + bytes(7) + b"[]"])
def test_a_foreign_file_is_no_map(shelf, card, content):
    (shelf / "classic" / "map.safetensors").write_bytes(content)
    assert load_map(card, 10, shelf) is None


def test_a_truncated_map_or_one_in_numbers_that_numpy_does_not_know_is_none(shelf, card):
    save_map(POSITIONS, card, shelf)
    path = shelf / "classic" / "map.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert load_map(card, 10, shelf) is None
    save_file({"map": torch.zeros(10, 2, dtype=torch.bfloat16)}, path, {"weights_sha256": card.weights_sha256})
    assert load_map(card, 10, shelf) is None


def test_a_folder_that_cannot_be_written_to_is_said_in_a_sentence(card, tmp_path):
    with pytest.raises(ModelError, match="map of 'classic' cannot be written: No such file or directory"):
        save_map(POSITIONS, card, tmp_path / "nowhere")
