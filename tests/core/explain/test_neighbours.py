"""What the last layer is given, and the search for the nearest, beside naive and scikit-learn's ways."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from mnist_core.explain.neighbours import Index, embed
from mnist_core.store.models import load_model

SIZES = {"classic": 60, "quick": 576, "mlp-plus": 512, "accurate": 1152}


@pytest.mark.parametrize("name", SIZES)
def test_the_last_stage_makes_of_the_features_what_the_whole_network_answers(name, mnist_test):
    model = load_model(name)
    digits = mnist_test[:250].pixels
    features = embed(model, digits, batch_size=100)
    assert features.shape == (250, SIZES[name])
    assert features.dtype == np.float32
    with torch.inference_mode():
        logits = model.network(torch.from_numpy(digits).unsqueeze(1))
        np.testing.assert_allclose(model.network.answer(torch.from_numpy(features)), logits, atol=1e-4)
    assert not model.network.training


def test_what_is_no_digit_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match=r"expected \(N, 28, 28\)"):
        embed(load_model("classic"), np.zeros((2, 784), np.float32))


def test_the_nearest_of_three_points_by_hand():
    points = np.array([[3, 4], [0, 0], [0, 1]], np.float32)
    indices, distances = Index(points).nearest(np.array([0, 0], np.float32), 2)
    assert indices.tolist() == [1, 2]
    assert distances.tolist() == [0, 1]
    assert Index(points).nearest(points[0], 99)[1].tolist() == pytest.approx([0, np.sqrt(18), 5])


def test_of_equals_the_first_comes_first():
    indices, distances = Index(np.ones((2000, 3), np.float32)).nearest(np.ones(3, np.float32), 4)
    assert indices.tolist() == [0, 1, 2, 3]
    assert distances.tolist() == [0, 0, 0, 0]


def test_the_nearest_are_scikit_learns(mnist_test):
    features = embed(load_model("quick"), mnist_test[:1700].pixels)  # no whole number of chunks
    reference, queries = features[:-5], features[-5:]
    theirs = NearestNeighbors(n_neighbors=12, algorithm="brute").fit(reference.astype(float))
    for query in queries:
        distances, indices = theirs.kneighbors(query[None].astype(float))
        found, measured = Index(reference).nearest(query, 12)
        assert found.tolist() == indices[0].tolist()
        np.testing.assert_allclose(measured, distances[0], rtol=1e-5)


def test_pixels_are_searched_as_they_are(mnist_test):
    pixels = mnist_test.images.reshape(-1, 784)
    found, measured = Index(pixels[:-1]).nearest(pixels[-1], 10)
    naive = np.sqrt(((pixels[:-1].astype(float) - pixels[-1]) ** 2).sum(1))  # in uint8, 0 − 1 would be 255
    assert found.tolist() == np.argsort(naive, kind="stable")[:10].tolist()
    np.testing.assert_allclose(measured, np.sort(naive)[:10], rtol=1e-6)


def test_a_digit_is_nearest_to_itself(mnist_test):
    pixels = mnist_test.images.reshape(-1, 784)
    found, measured = Index(pixels).nearest(pixels[7], 1)
    assert (found.tolist(), measured.tolist()) == ([7], [0])


def test_a_query_of_another_size_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match=r"found a query \(4,\), expected \(3,\)"):
        Index(np.zeros((5, 3))).nearest(np.zeros(4), 1)


def test_nothing_to_search_in_is_a_mistake_of_the_program():
    for rows in (np.zeros((0, 3)), np.zeros(3)):
        with pytest.raises(ValueError, match=r"expected \(N, D\) and at least one"):
            Index(rows)


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_rows_in_many_directions_are_all_measured_where_none_can_be_ruled_out(kind):
    rows = np.random.default_rng(3).normal(size=(3000, 400)).astype(kind)  # no direction tells much
    query = rows[5].astype(np.float32) + np.float32(0.3)
    naive = np.sqrt(((rows.astype(float) - query) ** 2).sum(1))
    found, measured = Index(rows).nearest(query, 7)
    assert found.tolist() == np.argsort(naive)[:7].tolist()
    np.testing.assert_allclose(measured, np.sort(naive)[:7], rtol=1e-5)


def test_one_row_is_an_index_too():
    found, measured = Index(np.array([[1, 2, 2]], np.uint8)).nearest(np.zeros(3), 8)
    assert (found.tolist(), measured.tolist()) == ([0], [3])
