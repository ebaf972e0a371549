"""A model's card in plain words. What a card says may be somebody else's, so it is text and never markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mnist_core.alphabets import DIGITS, MERGED, noun_of, thing_of
from mnist_core.data.data_sets import find_data_set
from mnist_core.evaluation.drawing_benchmark import DrawingScore
from mnist_core.evaluation.metrics import Comparison, Evaluation, Score
from mnist_core.model.card import Card
from mnist_core.recipe import preset
from mnist_core.store.teaching import describe_drawings
from ui.text import describe_chance, describe_score, duration, format_exact_percent, percent, verbatim
from ui.widgets.hyperparameters import describe_changes

READS, TEST_SET = "Reads", "Test set"  # headings


def describe_card(card: Card, evaluation: Evaluation | None, weights_bytes: int) -> dict[str, str]:
    """Say what a model is, how it came to be and how good it is: sentences under their headings."""
    return {
        READS: describe_classes(card.classes),
        "Recipe": describe_recipe(card),
        "Training": describe_training(card),
        TEST_SET: describe_evaluation(evaluation, noun_of(card.classes)),
        "Confidence": describe_certainty(card, evaluation),
        "Size": f"{card.parameters:,} parameters, {format_bytes(weights_bytes)} of weights.",
    }


def describe_classes(classes: tuple[str, ...]) -> str:
    """Say what a model tells apart, and which letters count as others."""
    if classes == DIGITS:
        return "The ten digits, 0 to 9."
    words = f"{len(classes)} classes: {(' ' if noun_of(classes) == 'character' else ', ').join(classes)}."
    small = [letter for letter, capital in MERGED.items() if letter not in classes and capital in classes]
    if "a" not in classes or not small:  # without small letters of their own, nothing is said of them
        return words
    if len(small) == 1:
        return f"{words} Small {small[0]} counts as a capital, for they look alike."
    return f"{words} Small {', '.join(small[:-1])} and {small[-1]} count as capitals, for they look alike."


def describe_ranking(
    first: str, second: str, accuracies: tuple[float, float], comparison: Comparison | None, noun: str = "digit"
) -> str:
    """Say which model reads the most test digits, and whether its lead over the next may be chance.

    Without a comparison there is nothing to check it by, and it is what they say of themselves.
    """
    best, next_best = (format_exact_percent(accuracy) for accuracy in accuracies)
    if accuracies[0] == accuracies[1]:
        source = "" if comparison else " as they say of themselves"
        words = (
            f"**{verbatim(first)}** and **{verbatim(second)}** read equally many test {noun}s, {best}{source}, and no "
            "model reads more."
        )
    else:
        source = "" if comparison else " as it says of itself"
        words = (
            f"**{verbatim(first)}** reads the most test {noun}s, {best}{source}; next is {verbatim(second)} with "
            f"{next_best}."
        )
    return f"{words} {describe_chance(first, second, comparison, noun)}" if comparison else words


def describe_recipe(card: Card) -> str:
    """Say by which recipe and with which seed a model was trained, which settings were changed, and its card's note."""
    usual, seed = preset(card.preset), card.recipe.seed
    changes = describe_changes(usual, replace(card.recipe, seed=usual.seed))
    words = card.preset if seed == usual.seed else f"{card.preset} with seed {seed}"
    words += f", but {changes}." if changes else ", as it is." if seed == usual.seed else "."
    return f"{words} {card.note}".strip()


def describe_training(card: Card) -> str:
    """Say from what a model learnt, for how long, on what, and when; of one that was taught, from which it began."""
    recipe, noun = card.recipe, noun_of(card.classes)
    kinds = [f"synthetic {noun}s" if recipe.is_written else f"{find_data_set(recipe.data).name}'s"]
    if recipe.synthetic:
        kinds.append("synthetic ones")
    if recipe.mixes_mnist:
        kinds.append("MNIST's digits")
    others = "letters and scribbles" if card.classes == DIGITS else "what is none of its classes"
    others = f", and from {others}" if recipe.ood_share else ""
    threads = f"{card.threads} thread{'' if card.threads == 1 else 's'}"
    if card.processes > 1:
        threads += f" for {card.processes} processes"
    device = card.device.removeprefix("cpu: ")[:60]
    taught = ""
    if card.drawings:
        drawings = describe_drawings(card.drawings - card.held_out, card.held_out)
        taught = f" It began from {card.started_from[:64]} and was taught {drawings}."
    return (
        f"From {card.trained_on:,} {noun}s, {' and '.join(kinds)}{others}, in {duration(card.seconds)} with {threads} "
        f"({device}, {card.precision[:20]}), on {format_day(card.created)}.{taught}"
    )


def format_day(moment: str) -> str:
    """Say the day of an ISO moment: "26 November 2026"; what is none is said as it is."""
    try:
        day = datetime.fromisoformat(moment)
    except ValueError:
        return moment[:30]
    return f"{day.day} {day:%B %Y}"


def describe_evaluation(evaluation: Evaluation | None, noun: str = "digit") -> str:
    """Say how many test digits a model reads, with and without those whose label is disputed."""
    words = describe_score(evaluation, noun)
    if evaluation is None:
        return words
    left_out = evaluation.seen - evaluation.without_disputed.seen
    if not left_out:
        return words
    return (
        f"{words} Without the {left_out} disputed labels {format_exact_percent(evaluation.without_disputed.accuracy)}."
    )


def describe_certainty(card: Card, evaluation: Evaluation | None) -> str:
    """Say how far its confidence is from how often it is right, and what was done about it."""
    words = []
    if evaluation:
        words.append(
            f"Calibration error {format_exact_percent(evaluation.calibration_error)}: how far its confidence is from "
            "how often it is right, on average."
        )
    words.append(describe_temperature(card.temperature))
    thing = thing_of(card.classes)
    if card.top_two_threshold:
        words.append(
            f'It says "not a {thing}" where the two best guesses get less than '
            f"{percent(card.top_two_threshold)} together."
        )
    else:
        words.append(f"It takes everything for a {thing}.")
    return " ".join(words)


def describe_temperature(temperature: float) -> str:
    """Say what a temperature does to the answers."""
    if temperature == 1:
        return "Its answers are as the training left them (temperature 1)."
    change, meaning = ("softened", "above 1: less") if temperature > 1 else ("sharpened", "below 1: more")
    return f"Its answers are {change} with temperature {temperature:.2f} ({meaning} confident)."


def describe_drawing_score(found: DrawingScore, has_learnt_from_such: bool) -> str:
    """Say how many drawings a model reads, and of how many letters and scribbles it is sure."""
    words = (
        f"{found.read.correct:,} of {found.read.seen:,} read, {format_share(found.read)}. Of "
        f"{found.sure_of_ood.seen:,} letters and scribbles it is sure of {format_share(found.sure_of_ood)}."
    )
    if has_learnt_from_such:
        words += " It has learnt from others by the same program, which helps it here more than with people's."
    return words


def format_share(counted: Score) -> str:
    """Say an accuracy in percent with its 95 % interval."""
    low, high = counted.interval
    return f"{format_exact_percent(counted.accuracy)} ({low * 100:.2f} to {format_exact_percent(high)})"


def format_bytes(count: int) -> str:
    """Say how large something is: "119 kB", "2.3 MB", "1.2 GB"."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(count / 1e3, 1):.0f} kB"
