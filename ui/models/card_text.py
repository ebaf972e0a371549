"""A model's card in plain words. What a card says may be somebody else's, so it is text and never markup."""

from __future__ import annotations

from datetime import datetime

from mnist_core.evaluation.drawing_benchmark import DrawingScore
from mnist_core.evaluation.metrics import Comparison, Evaluation, Score
from mnist_core.model.card import Card
from mnist_core.recipe import differing_dials, preset
from ui.text import chance_in_words, duration, exact_percent, percent, score_in_words, verbatim
from ui.widgets.hyperparameters import dial_in_words


def card_in_words(card: Card, evaluation: Evaluation | None, weights_bytes: int) -> dict[str, str]:
    """Say what a model is, how it came to be and how good it is: sentences under their headings."""
    return {
        "Recipe": recipe_in_words(card),
        "Training": training_in_words(card),
        "Test digits": judgement_in_words(evaluation),
        "How sure it may be": certainty_in_words(card, evaluation),
        "Size": f"{card.parameters:,} parameters, {bytes_in_words(weights_bytes)} of weights.",
    }


def ranking_in_words(first: str, second: str, accuracies: tuple[float, float], comparison: Comparison | None) -> str:
    """Say which model reads the most test digits, and whether its lead over the next may be chance.

    Without a comparison there is nothing to check it by, and it is what they say of themselves.
    """
    best, next_best = (exact_percent(accuracy) for accuracy in accuracies)
    if accuracies[0] == accuracies[1]:
        source = "" if comparison else " as they say of themselves"
        words = (
            f"**{verbatim(first)}** and **{verbatim(second)}** read equally many test digits, {best}{source}, and no "
            "model reads more."
        )
    else:
        source = "" if comparison else " as it says of itself"
        words = (
            f"**{verbatim(first)}** reads the most test digits, {best}{source}; next is {verbatim(second)} with "
            f"{next_best}."
        )
    return f"{words} {chance_in_words(first, second, comparison)}" if comparison else words


def recipe_in_words(card: Card) -> str:
    """Say by which recipe a model was trained, and which dials were turned."""
    turned = differing_dials(preset(card.preset), card.recipe)
    if not turned:
        return f"{card.preset}, as it is."
    dials = [
        f"{dial_in_words(dial)} {_short(ours)} instead of {_short(usual)}" for dial, (usual, ours) in turned.items()
    ]
    return f"{card.preset}, but {', '.join(dials)}."


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def training_in_words(card: Card) -> str:
    """Say from what a model learnt, for how long, on what, and when."""
    recipe = card.recipe
    kinds = ["synthetic digits" if recipe.digits == "synthetic" else "MNIST's"]
    if recipe.synthetic:
        kinds.append("synthetic ones")
    others = ", and from letters and scribbles" if recipe.outliers else ""
    threads = f"{card.threads} thread{'' if card.threads == 1 else 's'}"
    device = card.device.removeprefix("cpu: ")[:60]
    return (
        f"From {card.trained_on:,} digits, {' and '.join(kinds)}{others}, in {duration(card.seconds)} with {threads} "
        f"({device}, {card.precision[:20]}), on {day_in_words(card.created)}."
    )


def day_in_words(moment: str) -> str:
    """Say the day of an ISO moment: "26 November 2026"; what is none is said as it is."""
    try:
        day = datetime.fromisoformat(moment)
    except ValueError:
        return moment[:30]
    return f"{day.day} {day:%B %Y}"


def judgement_in_words(evaluation: Evaluation | None) -> str:
    """Say how many test digits a model reads, with and without those whose label is disputed."""
    words = score_in_words(evaluation)
    if evaluation is None:
        return words
    left_out = evaluation.seen - evaluation.without_disputed.seen
    if not left_out:
        return words
    return f"{words} Without the {left_out} disputed labels {exact_percent(evaluation.without_disputed.accuracy)}."


def certainty_in_words(card: Card, evaluation: Evaluation | None) -> str:
    """Say how far its confidence is from how often it is right, and what was done about it."""
    words = []
    if evaluation:
        words.append(
            f"Its confidence is {evaluation.calibration_error * 100:.2f} points from how often it is right, on average."
        )
    words.append(temperature_in_words(card.temperature))
    if card.least_two_best:
        words.append(
            f"It takes for no digit where the two best have less than {percent(card.least_two_best)} together."
        )
    else:
        words.append("It takes everything for a digit.")
    return " ".join(words)


def temperature_in_words(temperature: float) -> str:
    """Say what a temperature does to the answers."""
    if temperature == 1:
        return "Its answers are as the training left them (temperature 1)."
    change = "less" if temperature > 1 else "more"
    return f"A temperature of {temperature:.2f} makes it {change} sure than the training left it."


def drawings_in_words(found: DrawingScore, has_learnt_from_such: bool) -> str:
    """Say how many drawings a model reads, and of how many letters and scribbles it is sure."""
    words = (
        f"{found.read.correct:,} of {found.read.seen:,} read, {share_in_words(found.read)}. Of "
        f"{found.sure_of_others.seen:,} letters and scribbles it is sure of {share_in_words(found.sure_of_others)}."
    )
    if has_learnt_from_such:
        words += " It has learnt from others by the same program, which helps it here more than with people's."
    return words


def share_in_words(counted: Score) -> str:
    """Say an accuracy in percent with its 95 % interval."""
    low, high = counted.interval
    return f"{exact_percent(counted.accuracy)} ({low * 100:.2f} to {exact_percent(high)})"


def bytes_in_words(count: int) -> str:
    """Say how large a file is: "119 kB", "2.3 MB"."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(count / 1e3, 1):.0f} kB"
