"""The picture of a perceptron, beside sums over single neurons."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mnist_core.alphabets import CHARACTERS
from mnist_core.explain.activations import follow, trace
from mnist_core.explain.node_link import LINKS, draw_diagram
from mnist_core.model.inference import Model
from mnist_core.model.networks import build_network
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


def untrained(classes: tuple[str, ...]) -> Model:
    """A perceptron that tells these classes apart, at random."""
    network = build_network("classic", 0, 0.0, len(classes)).eval()
    return Model(network, replace(load_model("classic").card, classes=classes, temperature=1.0))


def test_of_many_answers_the_best_have_a_node_each_and_all_others_one_together():
    model = untrained(CHARACTERS)
    drawn, prediction = draw_diagram(model, trace(model, DIGIT)), predict(model, DIGIT)
    answers = drawn.layers[-1]
    assert [int((answers.groups == node).sum()) for node in range(11)] == [1] * 10 + [37]
    assert answers.loudest.tolist() == list(prediction.ranking[:11])  # the best first
    assert {link.target for link in drawn.links if link.layer == 4} <= set(range(10))
    svg = as_svg(drawn, prediction, ("answer", (prediction.ranking[20],)), LIGHT)
    for number in prediction.ranking[:10]:
        assert f">{CHARACTERS[number]}<tspan" in svg
    assert ">37 more<tspan" in svg
    rest = prediction.probabilities[list(prediction.ranking[10:])].sum()
    assert f"37 more answers: {rest * 100:.0f} %" in svg
    assert svg.count('aria-pressed="true"') == 1  # the node of all others holds the one that is followed


@pytest.mark.parametrize("count", [2, 11])
def test_as_many_answers_as_there_is_room_for_have_a_node_each_in_their_order(count):
    model = untrained(CHARACTERS[:count])
    assert draw_diagram(model, trace(model, DIGIT)).layers[-1].groups.tolist() == list(range(count))


def test_a_class_is_named_as_text_and_no_longer_than_there_is_room():
    model = untrained(("<b>x</b>", "&amp;", "A name of twenty ch."))
    svg = as_svg(draw_diagram(model, trace(model, DIGIT)), predict(model, DIGIT), ("answer", (0,)), LIGHT)
    assert "<b>" not in svg
    assert ">&lt;b&gt;x&lt;/b&gt;<tspan" in svg
    assert ">&amp;amp;<tspan" in svg
    assert ">A name of …<tspan" in svg
    assert "Answer A name of twenty ch.: " in svg  # in full where it is read out
