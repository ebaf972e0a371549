"""What takes long is begun once, kept for a few models, and exact whatever the weights are."""

from concurrent.futures import Future

import numpy as np
import pytest

from mnist_core.data.mnist import Digits
from mnist_core.explain.neighbours import embed_all
from mnist_core.store.models import load_model
from mnist_core.synthetic.generate import synthetic_digits
from ui.services import answering, insights, mnist_digits

MODELS = ("classic", "mlp-plus", "quick", "accurate")


class Idle:
    """A thread pool that never begins."""

    def __init__(self) -> None:
        self.given: list[Future] = []

    def submit(self, *_) -> Future:
        self.given.append(Future())
        return self.given[-1]


@pytest.fixture
def idle(monkeypatch) -> Idle:
    pool = Idle()
    monkeypatch.setattr(insights, "_background", lambda: pool)
    monkeypatch.setattr(insights, "_indices", lambda indices={}: indices)
    monkeypatch.setattr(mnist_digits, "load", lambda _: synthetic_digits(20, 0))
    insights._pixel_index.clear()
    yield pool
    insights._pixel_index.clear()


def test_looking_through_the_digits_is_begun_once_however_often_many_ask(idle):
    for _ in range(5):
        assert not any(insights.has_index(answering.load(name)) for name in MODELS)
    assert len(idle.given) == len(MODELS)  # the pixels wait until a network is done


def test_of_what_is_finished_a_few_are_kept_and_the_oldest_goes(idle):
    for name in MODELS:
        insights.has_index(answering.load(name))
        idle.given[-1].set_result(None)
    insights.has_index(answering.load(MODELS[0]))  # gone, and begun again
    assert len([each for each in insights._indices().values() if each.done()]) <= insights.MAX_INDICES
    assert len(insights._indices()) <= insights.MAX_INDICES + 1


@pytest.mark.parametrize("factor", [1, 1e5])
def test_features_that_half_precision_cannot_hold_are_kept_whole(factor):
    model = load_model("classic")
    model.network.hidden4[0].weight.data.mul_(factor)
    digits: Digits = synthetic_digits(30, 1)
    halved, whole = (embed_all(model, digits, halve=halve) for halve in (True, False))
    assert halved.dtype == (np.float16 if factor == 1 else np.float32)
    assert np.isfinite(halved).all()
    np.testing.assert_allclose(halved, whole, rtol=1e-3, atol=1e-2 * factor)
