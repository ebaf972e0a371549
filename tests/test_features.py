"""What the last stage is given, and the search for the nearest, beside naive and scikit-learn's ways."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from mnist_core.features import last_hidden, nearest
from mnist_core.registry import load_model

SIZES = {"classic": 60, "quick": 576, "mlp-plus": 512, "accurate": 1152}


@pytest.mark.parametrize("name", SIZES)
def test_the_last_stage_makes_of_the_features_what_the_whole_network_answers(name, mnist_test):
    model = load_model(name)
    digits = mnist_test[:250].pixels
    features = last_hidden(model, digits, batch_size=100)
    assert features.shape == (250, SIZES[name])
    assert features.dtype == np.float32
    with torch.inference_mode():
        logits = model.network(torch.from_numpy(digits).unsqueeze(1))
        np.testing.assert_allclose(model.network.answer(torch.from_numpy(features)), logits, atol=1e-4)
    assert not model.network.training


def test_what_is_no_digit_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match=r"expected \(N, 28, 28\)"):
        last_hidden(load_model("classic"), np.zeros((2, 784), np.float32))


def test_the_nearest_of_three_points_by_hand():
    points = np.array([[3, 4], [0, 0], [0, 1]], np.float32)
    indices, distances = nearest(points, np.array([0, 0], np.float32), 2)
    assert indices.tolist() == [1, 2]
    assert distances.tolist() == [0, 1]
    assert nearest(points, points[0], 99)[1].tolist() == pytest.approx([0, np.sqrt(18), 5])


def test_of_equals_the_first_comes_first():
    indices, distances = nearest(np.ones((2000, 3), np.float32), np.ones(3, np.float32), 4)
    assert indices.tolist() == [0, 1, 2, 3]
    assert distances.tolist() == [0, 0, 0, 0]


def test_the_nearest_are_scikit_learns(mnist_test):
    features = last_hidden(load_model("quick"), mnist_test[:1700].pixels)  # no whole number of chunks
    reference, queries = features[:-5], features[-5:]
    theirs = NearestNeighbors(n_neighbors=12, algorithm="brute").fit(reference.astype(float))
    for query in queries:
        distances, indices = theirs.kneighbors(query[None].astype(float))
        found, measured = nearest(reference, query, 12)
        assert found.tolist() == indices[0].tolist()
        np.testing.assert_allclose(measured, distances[0], rtol=1e-5)


def test_pixels_are_searched_as_they_are(mnist_test):
    pixels = mnist_test.images.reshape(-1, 784)
    found, measured = nearest(pixels[:-1], pixels[-1], 10)
    naive = np.sqrt(((pixels[:-1].astype(float) - pixels[-1]) ** 2).sum(1))  # in uint8, 0 − 1 would be 255
    assert found.tolist() == np.argsort(naive, kind="stable")[:10].tolist()
    np.testing.assert_allclose(measured, np.sort(naive)[:10], rtol=1e-6)


def test_a_digit_is_nearest_to_itself(mnist_test):
    pixels = mnist_test.images.reshape(-1, 784)
    found, measured = nearest(pixels, pixels[7], 1)
    assert (found.tolist(), measured.tolist()) == ([7], [0])


def test_a_query_of_another_size_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match=r"expected \(N, D\) and \(D,\)"):
        nearest(np.zeros((5, 3)), np.zeros(4), 1)
