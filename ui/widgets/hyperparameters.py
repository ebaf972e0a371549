"""The hyperparameters of a recipe as a form, with help that teaches. Their ranges come from the recipe itself."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import streamlit as st

from mnist_core.alphabets import DIGITS
from mnist_core.recipe import DATA, Recipe, differing_hyperparameters, preset

HELP = {
    "network": "**classic**: the original perceptron; every pixel is joined to every neuron, and nothing tells it "
    "which pixels are neighbours. **mlp-plus**: a perceptron with batch normalisation. **quick**: a small "
    "convolutional network (CNN); it looks for small shapes wherever they are, so it needs fewer digits to learn from. "
    "**accurate**: a deeper CNN. **best**: a wider and deeper one, with seven times the weights.",
    "data": "**MNIST**: 60,000 digits that people wrote. **EMNIST**: 112,800 letters and digits, as MNIST has them "
    "(a download of 562 MB). **Fashion-MNIST**: 60,000 pictures of clothes. **Synthetic**: written by a program as pen "
    "strokes, so nothing is downloaded; a network that learns from these alone misreads more of what people write.",
    "epochs": "Passes over the training digits. Too few: it has not learnt enough yet. Too many: it learns the "
    "training digits by heart (overfitting); training accuracy still rises, validation accuracy no longer does.",
    "batch_size": "Digits per weight update. Small batches: many noisy updates. Large ones: faster to compute, but "
    "they need a larger learning rate.",
    "learning_rate": "How far each update moves the weights. Ten times too small: it hardly learns. Ten times too "
    "large: the loss jumps about, or the training diverges. Try it: that does no harm.",
    "dropout": "Share of the first hidden layer's neurons that are switched off at random in each update, so that the "
    "network does not rely on a few of them. It learns more slowly and generalises better.",
    "affine": "Data augmentation: how strongly a digit is turned, stretched, slanted and moved, anew each time it is "
    "shown. 0: not at all; 1: what suits MNIST.",
    "elastic": "Data augmentation: how far a digit is bent, as by an unsteady hand, anew each time it is shown; the "
    "typical distance in pixels.",
    "synthetic": "Digits that a program writes as pen strokes, mixed into the training digits, as a share of their "
    "number: ones with a flag or a foot, slashed zeros, barred sevens and other ways that MNIST hardly has.",
    "ood_share": "Letters, scribbles and textures (out-of-distribution examples) mixed into the training digits, as a "
    "share of their number. The network learns to prefer none of its classes for them. Without them it is confident "
    "about anything.",
    "seed": "Starts the random numbers. The same seed gives the same training, bit for bit; other seeds show how much "
    "is luck.",
}
HELP_OF_OTHERS = HELP | {  # where the classes are not the digits
    "ood_share": "Scribbles, textures and whatever else is none of the classes (out-of-distribution examples), mixed "
    "into what it learns from, as a share of its number. The network learns to prefer none of its classes for them. "
    "Without them it is confident about anything.",
}
STEPS = {"dropout": 0.05, "affine": 0.1, "elastic": 0.1, "synthetic": 0.01, "ood_share": 0.01, "learning_rate": 0.001}
LABELS = {
    "data": "Learns from",
    "affine": "Turn, stretch and move",
    "elastic": "Bend",
    "synthetic": "Synthetic digits",
    "ood_share": "Letters and scribbles",
}
LABELS_OF_OTHERS = LABELS | {"synthetic": "Synthetic characters", "ood_share": "None of its classes"}
NAMES = {
    "mnist": "MNIST",
    "emnist": "EMNIST",
    "fashion": "Fashion-MNIST",
    "synthetic": "synthetic digits",
    "characters": "synthetic letters and digits",
    "signs": "synthetic signs",
    "everything": "synthetic letters, digits and signs",
}


def choose_hyperparameters(name_of_preset: str) -> dict[str, Any]:
    """Show the hyperparameters that matter most, set as in the preset, and return their values."""
    standard, values = preset(name_of_preset), dict[str, Any]()
    for hyperparameter in HELP:
        value, data = getattr(standard, hyperparameter), values.get("data", standard.data)
        values[hyperparameter] = _show_hyperparameter(name_of_preset, hyperparameter, value, data)
    return values


def session_key(name_of_preset: str, hyperparameter: str) -> str:
    """Return where the session keeps the value of a hyperparameter."""
    return f"{name_of_preset} {hyperparameter}"


def describe_hyperparameter(hyperparameter: str) -> str:
    """Call a hyperparameter as the form does, within a sentence."""
    label = setting_label(hyperparameter)
    return label[0].lower() + label[1:]


def setting_label(hyperparameter: str, data: str = "mnist") -> str:
    """Call a hyperparameter as the form does for what there is to learn from."""
    labels = LABELS if DATA[data] == DIGITS else LABELS_OF_OTHERS
    return labels.get(hyperparameter, hyperparameter.replace("_", " ").capitalize())


def describe_changes(usual: Recipe, recipe: Recipe) -> str:
    """Say in which settings a recipe differs from the usual one: "epochs 5 instead of 2, dropout 0.3 instead of 0"."""
    return ", ".join(
        f"{describe_hyperparameter(setting)} {describe_value(changed)} instead of {describe_value(value)}"
        for setting, (value, changed) in differing_hyperparameters(usual, recipe).items()
    )


def describe_value(value: object) -> str:
    """Say a hyperparameter's value; of several teachers, with *and* between them."""
    if isinstance(value, float):
        return f"{value:g}"
    return NAMES.get(str(value), str(value).replace(",", " and ")) or "none"


def _show_hyperparameter(name_of_preset: str, hyperparameter: str, value: Any, data: str) -> Any:
    limits = next(field.metadata for field in fields(Recipe) if field.name == hyperparameter)
    label = setting_label(hyperparameter, data)
    common: dict[str, Any] = {
        "key": session_key(name_of_preset, hyperparameter),
        "persist_state": "session",
        "help": (HELP if DATA[data] == DIGITS else HELP_OF_OTHERS)[hyperparameter],
    }
    if choices := limits.get("choices"):
        return st.selectbox(
            label, choices, choices.index(value), format_func=lambda name: NAMES.get(name, name), **common
        )
    if hyperparameter in ("dropout", "affine", "elastic", "synthetic", "ood_share"):
        return st.slider(label, limits["low"], limits["high"], value, STEPS[hyperparameter], **common)
    if isinstance(value, float):
        return st.number_input(
            label, limits["low"], limits["high"], value, STEPS[hyperparameter], format="%.6g", **common
        )
    return st.number_input(label, limits["low"], limits["high"], value, **common)
