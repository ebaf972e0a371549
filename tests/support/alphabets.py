"""Models of other alphabets than the digits, made in a second: the layers of `quick` with another last one."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from mnist_core.alphabets import CHARACTERS
from mnist_core.data.mnist import Digits
from mnist_core.evaluation.metrics import Answers
from mnist_core.evaluation.test_sets import TestSet
from mnist_core.model.card import Card
from mnist_core.model.networks import build_network
from mnist_core.preprocessing.raster import Strokes
from mnist_core.store.models import load_model
from mnist_core.synthetic.character_styles import CHARACTER_STYLES, SIGN_STYLES
from mnist_core.synthetic.generate import draw, synthetic_characters
from mnist_core.training.final_evaluation import write_evaluation
from tests.support.places import PROJECT

FORGED = ("<b>x</b>", "**x**", "$x$", "_x_", "=1+1", "W" * 20, "<i>&amp;</i>")  # names that could be taken for markup
UNASKED = {"evaluation.json", "probabilities.safetensors", "history.jsonl"}
SCALE = 15.0  # by which the fitted scores become logits: what is read easily is then sure


def save_characters(models_dir: Path, name: str = "letters", classes: tuple[str, ...] = CHARACTERS) -> Card:
    """Save the shipped model of characters under that name, or one that reads what our program writes of other classes.

    Of these it reads four of five rightly.
    """
    if classes == CHARACTERS:
        shutil.copytree(PROJECT / "models" / "characters", models_dir / name, ignore=lambda *_: UNASKED)
        card = replace(load_model("characters", PROJECT / "models").card, name=name)
        (models_dir / name / "card.json").write_text(card.to_json())
        return card
    return save_model(models_dir, name, classes, synthetic_characters(30 * len(classes), 1, classes))


def save_model(models_dir: Path, name: str, classes: tuple[str, ...], learnt: Digits | None = None) -> Card:
    """Save a model of these classes, its last layer fitted to labelled pictures by least squares, or left at random."""
    start = load_model("quick", PROJECT / "models")
    network = build_network("quick", 0, classes=len(classes))
    of_digits = start.network.state_dict()
    mine = network.state_dict()
    network.load_state_dict({key: mine[key] if key.startswith("answer") else of_digits[key] for key in mine})
    network.eval()
    if learnt:
        linear = network.get_submodule("answer")
        assert isinstance(linear, torch.nn.Linear)
        seen: list[torch.Tensor] = []
        with torch.no_grad():
            hook = linear.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
            network(torch.from_numpy(learnt.pixels)[:, None])
            hook.remove()
            features = torch.cat([seen[0].flatten(1), torch.ones(len(learnt), 1)], 1).double()
            wanted = torch.eye(len(classes), dtype=torch.float64)[torch.from_numpy(learnt.labels)]
            ridge = features.T @ features + 10 * torch.eye(features.shape[1], dtype=torch.float64)
            weights = SCALE * torch.linalg.solve(ridge, features.T @ wanted)
            linear.weight.copy_(weights[:-1].T)
            linear.bias.copy_(weights[-1])
    content = save({key: value.contiguous() for key, value in network.state_dict().items()})
    card = replace(
        start.card,
        name=name,
        classes=classes,
        temperature=1.0,
        top_two_threshold=0.0,
        note="",
        parameters=sum(value.numel() for value in network.parameters()),
        weights_sha256=sha256(content).hexdigest(),
    )
    (models_dir / name).mkdir(parents=True)
    (models_dir / name / "weights.safetensors").write_bytes(content)
    (models_dir / name / "card.json").write_text(card.to_json())
    return card


def pretend_evaluation(models_dir: Path, card: Card, test_set: TestSet, *, data: str, right: float = 0.8) -> Answers:
    """Keep an evaluation beside a model as if it had answered a test set, all classes in turn, a share of it rightly.

    What is misread is read as the next class. The card says that the model has learnt from such data, a recipe's.
    """
    count = len(card.classes)
    labels = np.arange(test_set.count(card.classes)) % count
    given = np.where(np.random.default_rng(0).random(len(labels)) < right, labels, (labels + 1) % count)
    probabilities = np.full((len(labels), count), 0.1 / (count - 1), np.float32)
    probabilities[np.arange(len(labels)), given] = 0.9
    folder = models_dir / card.name
    (folder / "card.json").write_text(replace(card, recipe=replace(card.recipe, data=data, synthetic=0)).to_json())
    write_evaluation(folder, probabilities, labels, test_set)
    return Answers(probabilities, labels)


def in_a_line(text: Sequence[str], *, gap: float = 40, height: float = 90, seed: int = 0) -> Strokes:
    """Write characters beside each other, as our program writes them: strokes in canvas pixels."""
    strokes: list[list[tuple[float, float]]] = []
    x = 20.0
    for place, name in enumerate(text):
        style = next(style for style in (*CHARACTER_STYLES, *SIGN_STYLES) if style.label == name)
        points = [np.asarray(stroke) for stroke in draw(style, np.random.default_rng([seed, place]))]
        low, high = (function(np.concatenate(points), axis=0) for function in (np.min, np.max))
        scale = height / (high - low).max()
        strokes += [((stroke - low) * scale + [x, 80]).tolist() for stroke in points]
        x += (high - low)[0] * scale + gap
    return strokes
