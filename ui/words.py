"""Figures and verdicts in plain words."""

from __future__ import annotations

from mnist_core.evaluation import Evaluation
from mnist_core.prediction import Prediction, Verdict


def percent(share: float) -> str:
    """Say a share of 0…1 in percent, never as a certainty that is not there: 0.9999 is "over 99.9 %"."""
    if share > 0.999:
        return "over 99.9 %"
    if share < 0.001:
        return "under 0.1 %"
    digits = 1 if share >= 0.985 or share < 0.015 else 0
    return f"{share * 100:.{digits}f} %"


def verdict_in_words(prediction: Prediction) -> str:
    """Say how far the answer can be relied on; empty where it is sure."""
    first, second = prediction.ranking[:2]
    return {
        Verdict.SURE: "",
        Verdict.UNSURE: f"Unsure: it could be a {first} or a {second}.",
        Verdict.NOT_A_DIGIT: "This does not look like a digit.",
        Verdict.TWO_DIGITS: "This looks like two digits. The network reads one at a time.",
        Verdict.TOO_LITTLE_INK: "Hardly any ink yet. Draw the whole digit.",
    }[prediction.verdict]


def score_in_words(evaluation: Evaluation | None) -> str:
    """Say how many test digits a model reads, with the interval."""
    if evaluation is None:
        return "It has not been judged on the test digits."
    low, high = evaluation.interval
    return (
        f"It reads {evaluation.correct:,} of the {evaluation.seen:,} MNIST test digits: {evaluation.accuracy:.2%}, "
        f"95% interval {low:.2%} to {high:.2%}."
    ).replace("%", " %")
