"""The hyperparameters of a recipe as a form, with help that teaches. Their ranges come from the recipe itself."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import streamlit as st

from mnist_core.recipe import Recipe, preset

HELP = {
    "network": "**classic** is the original perceptron: every pixel is joined to every unit, and nothing says which "
    "pixels are neighbours. **mlp-plus** is a perceptron with batch normalisation. **quick** is convolutional: it "
    "looks for small shapes, wherever they are, so it needs fewer digits to learn from. **accurate** is a deeper one.",
    "digits": "**MNIST** has 60,000 digits that people wrote. **synthetic** ones are written by a program, as pen "
    "strokes, so they are there without a network; a network that learns from them alone reads fewer of MNIST's.",
    "epochs": "How often the network sees each training digit. Too few, and it has not learnt yet; too many, and it "
    "learns the training digits by heart: the training accuracy still rises, the validation accuracy no longer does.",
    "batch_size": "The network takes a step after this many digits. Small batches are noisy and take many steps; large "
    "ones are quick to compute, but need a larger learning rate.",
    "learning_rate": "How far each step goes. Ten times too small, and it creeps; ten times too large, and the loss "
    "jumps about or is lost altogether. Try it: a training that diverges does no harm.",
    "dropout": "At each step, this share of the first hidden layer is silenced at random, so that the network cannot "
    "lean on a few units. It learns more slowly and knows more that is general.",
    "affine": "Each time a digit is shown it is turned, stretched, slanted and moved a little: it becomes a digit that "
    "nobody wrote. 1 is what suits MNIST; 0 shows the digits as they are.",
    "elastic": "Each time a digit is shown it is bent, as if by an unsteady hand; the typical distance in pixels.",
    "synthetic": "Digits that a program writes as pen strokes, mixed into the training digits, as a share of their "
    "number: ones with a flag or a foot, slashed zeros, barred sevens and other ways of writing that MNIST hardly has.",
    "ood_share": "Letters and scribbles, as a share of the training digits, from which the network learns to prefer "
    "none of the ten digits. Without them, it is sure of anything.",
    "seed": "The same seed gives the same training, bit for bit. Another one shows how much is luck.",
}
STEPS = {"dropout": 0.05, "affine": 0.1, "elastic": 0.1, "synthetic": 0.01, "ood_share": 0.01, "learning_rate": 0.001}
LABELS = {
    "digits": "Learns from",
    "affine": "Turn, stretch and move",
    "elastic": "Bend",
    "synthetic": "Synthetic digits",
    "ood_share": "Letters and scribbles",
}
NAMES = {"mnist": "MNIST", "synthetic": "synthetic digits"}


def choose_hyperparameters(name_of_preset: str) -> dict[str, Any]:
    """Show the hyperparameters that matter most, set as in the preset, and return their values."""
    standard = preset(name_of_preset)
    return {
        hyperparameter: _show_hyperparameter(name_of_preset, hyperparameter, getattr(standard, hyperparameter))
        for hyperparameter in HELP
    }


def session_key(name_of_preset: str, hyperparameter: str) -> str:
    """Return where the session keeps the value of a hyperparameter."""
    return f"{name_of_preset} {hyperparameter}"


def describe_hyperparameter(hyperparameter: str) -> str:
    """Call a hyperparameter as the form does, within a sentence."""
    label = label_of(hyperparameter)
    return label[0].lower() + label[1:]


def label_of(hyperparameter: str) -> str:
    """Call a hyperparameter as the form does."""
    return LABELS.get(hyperparameter, hyperparameter.replace("_", " ").capitalize())


def _show_hyperparameter(name_of_preset: str, hyperparameter: str, value: Any) -> Any:
    limits = next(field.metadata for field in fields(Recipe) if field.name == hyperparameter)
    label = label_of(hyperparameter)
    common: dict[str, Any] = {
        "key": session_key(name_of_preset, hyperparameter),
        "persist_state": "session",
        "help": HELP[hyperparameter],
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
