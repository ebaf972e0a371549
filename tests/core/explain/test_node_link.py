"""The picture of a perceptron, beside sums over single neurons."""

import numpy as np
import pytest
import torch

from mnist_core.explain.activations import follow, trace
from mnist_core.explain.node_link import LINKS, draw_diagram
from mnist_core.model.prediction import predict
from mnist_core.store.models import load_model
from mnist_core.synthetic.generate import synthetic_digits
from ui.inside.node_link import as_svg
from ui.theme import LIGHT

DIGIT = synthetic_digits(1, 4).pixels[0]


@pytest.mark.parametrize(("name", "nodes"), [("classic", [49, 26, 13, 7, 3, 10]), ("mlp-plus", [49, 26, 26, 10])])
def test_a_node_stands_for_twenty_neurons_and_each_answer_for_itself(name, nodes):
    drawn = draw_diagram(load_model(name), trace(load_model(name), DIGIT))
    assert [len(layer.levels) for layer in drawn.layers] == nodes
    hidden = drawn.layers[1]
    np.testing.assert_allclose(hidden.levels[2], hidden.activations.values[40:60].mean(), rtol=1e-5)
    assert hidden.activations.values[hidden.loudest[2]] == hidden.activations.values[40:60].max()
    assert np.array_equal(drawn.layers[-1].levels, drawn.layers[-1].activations.values)
    assert drawn.layers[0].levels[3 * 7 + 2] == pytest.approx(DIGIT[12:16, 8:12].mean())


@pytest.mark.parametrize("name", ["classic", "mlp-plus"])
def test_a_link_is_what_its_neurons_add_to_those_that_fire(name):
    model = load_model(name)
    drawn = draw_diagram(model, trace(model, DIGIT))
    for layer in range(1, len(drawn.layers) - 1):  # the pixels are in patches
        links = [link for link in drawn.links if link.layer == layer]
        assert 0 < len(links) <= LINKS
        assert [abs(link.contribution) for link in links] == sorted(abs(link.contribution) for link in links)
        strongest, target = links[-1], drawn.layers[layer + 1]
        is_answer = target is drawn.layers[-1]
        node = strongest.target
        units = [node] if is_answer else range(20 * node, min(20 * node + 20, len(target.activations.values)))
        push = 0.0
        for unit in units:
            if is_answer or target.activations.values[unit] > 0:
                found = follow(model, DIGIT, target.activations.name, (unit,))
                scale = np.prod([step.scale for step in found.steps])
                push += scale * found.products[20 * strongest.source : 20 * strongest.source + 20].sum()
        assert strongest.contribution == pytest.approx(push, rel=1e-3)


def test_a_layer_that_says_nothing_is_drawn_empty():
    model = load_model("classic")
    with torch.no_grad():
        model.network.hidden4[0].weight.zero_()
        model.network.hidden4[0].bias.fill_(-1)
    drawn = draw_diagram(model, trace(model, DIGIT))
    assert not drawn.layers[4].levels.any()
    assert as_svg(drawn, predict(model, DIGIT), ("answer", (1,)), LIGHT).count("<circle") == 2 * (26 + 13 + 7 + 3 + 10)


def test_a_convolutional_network_has_no_such_picture():
    assert draw_diagram(load_model("quick"), trace(load_model("quick"), DIGIT)) is None
