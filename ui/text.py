"""Figures and verdicts in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING

from mnist_core.alphabets import DIGITS, noun_of, thing_of, with_article
from mnist_core.data.digits import SIDE
from mnist_core.data.label_errors import Votes
from mnist_core.errors import MnistExplorerError, without_folders
from mnist_core.evaluation.filters import Choice, Which
from mnist_core.evaluation.learnt import NEVER, Learnt
from mnist_core.evaluation.metrics import Comparison, Evaluation
from mnist_core.evaluation.test_sets import find_test_set
from mnist_core.model.prediction import ACCEPTED_SHARE, MAX_INKED, MIN_INK, SURE, Prediction, Verdict
from mnist_core.preprocessing.findings import Finding, Measures
from mnist_core.preprocessing.raster import BOX, PEN
from mnist_core.recipe import Recipe, preset
from mnist_core.store.history import FIRST_STEPS, History
from mnist_core.store.runs import Run, State

if TYPE_CHECKING:
    from mnist_core.explain.activations import Activations
    from mnist_core.training.speed import Estimate

WORD_JOINER = "\u2060"  # nothing to be seen
# Streamlit makes links of bare addresses, icons and arrows also where they are escaped, and Markdown lists and code of
# what begins a paragraph so.
_MEANT = re.compile(
    r"^(?=[-+=\s]|\d+[.)])|(?<=\s)$|(?<=:)(?=//|material/|streamlit:)|(?<=www)(?=\.)|(?=@)"
    r"|(?<!\S)(?=(?:<->|->|<-|--|>=|<=|~=)(?!\S))",
    re.IGNORECASE,
)


def percent(share: float) -> str:
    """Say a share of 0…1 in percent, never as a certainty that is not there: 0.9999 is "over 99.9 %"."""
    if share > 0.999:
        return "over 99.9 %"
    if share < 0.001:
        return "under 0.1 %"
    digits = 1 if share >= 0.985 or share < 0.015 else 0
    return f"{share * 100:.{digits}f} %"


def verbatim(words: str | Exception, most: int = 400) -> str:
    """Return a stranger's words as Markdown that shows them letter by letter, `most` of them; no link, no picture.

    What an error says is a stranger's, too: it repeats names. One that is not ours may tell where the files lie, which
    is left out.
    """
    said = words if isinstance(words, str) else str(words)
    if isinstance(words, Exception) and not isinstance(words, MnistExplorerError):
        said = without_folders(said)
    shown = "".join(letter if letter.isprintable() else " " for letter in said[: most + 1])
    shown = f"{shown[:most]}…" if len(shown) > most else shown
    return re.sub(r"([\\`*_{}\[\]<>#|~$&:!])", r"\\\1", _MEANT.sub(WORD_JOINER, shown))


def speak_of(noun: str, words: str) -> str:
    """Return words about digits as words about what a model reads: its characters, or its pictures."""
    return words.replace("digit", noun)


def shorten(name: str, most: int) -> str:
    """Return a name, or its beginning where it has more letters than there is room for."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def explain_verdict(prediction: Prediction, ink: float, top_two_threshold: float) -> str:
    """Say why the verdict is what it is, as Markdown; `ink` is in pixels' worth, `top_two_threshold` the model's."""
    answer, second, noun = prediction.digit, prediction.runner_up, prediction.noun
    first_name, next_name = (verbatim(prediction.classes[number]) for number in (answer, second))
    either = verbatim(join_alternatives([prediction.classes[number] for number in prediction.twins]))
    share, least, of_next = percent(prediction.shared_confidence), percent(SURE), prediction.probabilities[second]
    together, accepted = percent(prediction.top_two), percent(ACCEPTED_SHARE)
    return {
        Verdict.SURE: f"Sure: {either} gets {share}, and an answer counts as sure from {least} on.",
        Verdict.UNSURE: (
            f"Unsure: {either} gets {share} and {next_name} gets {percent(of_next)}; an answer "
            f"counts as sure from {least} on."
        ),
        Verdict.NOT_A_DIGIT: (
            f"Not a {thing_of(prediction.classes)}: even the two best guesses, {first_name} and {next_name}, get only "
            f"{together} together. {accepted} of {noun}s that it has not learnt get at least "
            f"{percent(top_two_threshold)}."
        ),
        Verdict.TWO_DIGITS: (
            f"Two {noun}s: a gap runs through it from top to bottom, with at least a quarter of the ink on either "
            f"side. Read as one {noun}, it would be {verbatim(with_article(prediction.name))} ({share})."
        ),
        Verdict.TOO_LITTLE_INK: f"Hardly any ink: it covers {int(ink)} pixels, and a {noun} needs {MIN_INK:.0f}.",
        Verdict.TOO_MUCH_INK: (
            f"Too much ink: it covers more than {MAX_INKED} of 28 × 28 pixels, and none of MNIST's 70,000 digits "
            "covers more than 339."
        ),
    }[prediction.verdict]


def join_alternatives(names: Sequence[str]) -> str:
    """Join names of which one holds: "O", "O or 0", "1, I or L"."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def describe_finding(finding: Finding, measures: Measures) -> str:
    """Say what stands out about a drawing, beside what MNIST's digits have, and what becomes of it."""
    return {
        Finding.STRAY: (
            "**Stray mark:** a mark far from the rest was left out."
            if measures.strays == 1
            else f"**{measures.strays} stray marks:** what lies far from the rest was left out."
        ),
        Finding.SMALL: (
            f"**Small:** on 28 × 28 pixels it spans {measures.size:.0f}; MNIST's digits span {BOX}. Fitting mends it."
        ),
        Finding.OFF_CENTRE: f"**Off-centre:** its middle lies {_describe_place(measures)}. Fitting mends it.",
        Finding.OVER_THE_EDGE: "**Over the edge:** strokes leave the canvas. What lies outside is read as well.",
        Finding.THIN: (
            f"**Thin pen for its size:** fitted, it is {measures.pen:.1f} pixels wide; MNIST's is {PEN}. "
            "Redrawing mends it."
        ),
        Finding.THICK: (
            f"**Thick pen for its size:** fitted, it is {measures.pen:.1f} pixels wide; MNIST's is {PEN}. "
            "Redrawing mends it."
        ),
        Finding.TILTED: (
            f"**Tilted:** it leans {abs(measures.slant):.0f}° to the {'right' if measures.slant > 0 else 'left'}, more "
            "than nearly all of MNIST's digits. No step sets it upright."
        ),
        Finding.PARTS: (
            f"**{measures.parts} parts that do not touch:** of MNIST's digits 1 in 100 has more than one. "
            "No step joins them."
        ),
    }[finding]


def _describe_place(measures: Measures) -> str:
    """Say where the ink lies: "9 of 28 pixels too high and 8 too far right"."""
    ways = (
        (-measures.down, "too high"),
        (measures.down, "too low"),
        (-measures.right, "too far left"),
        (measures.right, "too far right"),
    )
    places = [f"{amount:.0f} {where}" for amount, where in ways if amount >= 1]
    return " and ".join(places).replace(" ", f" of {SIDE} pixels ", 1)


def format_exact_percent(share: float) -> str:
    """Say a counted share of 0…1 in percent, to the last of 10,000 digits."""
    return f"{share * 100:.2f} %"


def duration(seconds: float) -> str:
    """Say how long something takes, as exactly as it can be known: "5 s", "2 min 10 s", "1 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{max(whole, 1)} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        rounded = rest // 10 * 10
        return f"{minutes} min" + (f" {rounded} s" if rounded and minutes < 10 else "")
    hours, rest = divmod(whole, 3600)
    return f"{hours} h" + (f" {rest // 60} min" if rest >= 60 else "")


def describe_estimate(estimate: Estimate) -> str:
    """Say how long a training will take on this machine, in steps of 5 s from 20 s on."""
    seconds = estimate.seconds if estimate.seconds < 20 else 5 * round(estimate.seconds / 5)
    if estimate.is_least:
        return f"At least {duration(seconds)} here, from start to end: other programs are using this machine."
    return f"About {duration(seconds)} here, from start to end."


def describe_ending(run: Run, history: History) -> str:
    """Say how a training ended."""
    kept = "What it had learnt is kept." if run.has_checkpoint else "Nothing had been saved yet."
    return {
        State.RUNNING: f"{run.name} is learning.",
        State.FINISHED: f"{run.name} has finished training{_describe_early_end(run, history)}.",
        State.STOPPED: f"{run.name} was stopped {run.reason}.{f' {kept}' if run.has_checkpoint else ''}",
        State.INTERRUPTED: f"{run.name} was interrupted: its process is gone. {kept}",
        State.FAILED: f"{run.name} failed. {run.reason.rstrip('.')}. {kept}",
        State.DIVERGED: f"{run.name} diverged. {run.reason} It cannot be resumed.",
    }[run.state]


def _describe_early_end(run: Run, history: History) -> str:
    """Say what is not as expected about a training that went to its end."""
    if history.is_guessing(len(run.recipe.classes)):
        return ", but has learnt nothing"
    patience = run.recipe.patience
    if patience and history.epochs and (done := history.epochs[-1].epoch) < run.recipe.epochs:
        return f" after {done} of {run.recipe.epochs} epochs: the last {patience} did not raise its validation accuracy"
    return ""


def describe_guessing(run: Run, history: History) -> str:
    """Say of a run that is guessing what shows it, what the likely cause is, and what to do."""
    last, recipe = history.epochs[-1], run.recipe
    loss, kind, noun = last.validation_loss, validation_kind(recipe), noun_of(recipe.classes)
    if last.validation_accuracy is None or loss is None:
        loss, kind = last.training_loss, f"training {noun}s"
    words = (
        f"It reads {percent(history.last_accuracy or 0)} of the {kind}, no more than one answer to every {noun} would. "
        f"Its loss is {loss:.3g}; guessing has {log(len(recipe.classes)):.3g}."
    )
    usual, rate = preset(run.preset).learning_rate, recipe.learning_rate
    if last.step < FIRST_STEPS:
        return f"{words} It made only {last.step} weight updates: choose smaller batches or more epochs."
    if rate < usual:
        return (
            f"{words} The likely cause is a learning rate that is too small: {rate:g}, where {run.preset} has "
            f"{usual:g}. Train again with a larger one."
        )
    than = f", where {run.preset} has {usual:g}" if rate > usual else " for these settings"
    return (
        f"{words} The likely cause is a learning rate that is too large: {rate:g}{than}. Train again with a "
        "smaller one."
    )


def validation_kind(recipe: Recipe) -> str:
    """Say of what kind the digits of a recipe's validation set are: only MNIST's can be compared with MNIST's."""
    return f"{'synthetic ' if recipe.is_written else ''}validation {noun_of(recipe.classes)}s"


def validation_label(recipe: Recipe) -> str:
    """Call the validation accuracy of a recipe as a figure's name does."""
    return f"Validation (synthetic {noun_of(recipe.classes)}s)" if recipe.is_written else "Validation accuracy"


def format_interval(evaluation: Evaluation) -> str:
    """Say the 95 % interval of the test accuracy."""
    low, high = evaluation.interval
    return f"{low * 100:.2f} to {format_exact_percent(high)}"


def describe_progress(run: Run, history: History) -> str:
    """Say how much a run that is not finished has learnt."""
    step = f"step {history.steps[-1].step:,} of {history.steps[-1].steps:,}" if history.steps else "its first step"
    words = f"It is not finished: {run.state}, {step}."
    if validation := history.validation_accuracies:
        words += f" So far it reads {percent(validation[-1])} of its {validation_kind(run.recipe)}."
        if run.recipe.data == "synthetic":
            words += " How many of MNIST's is not known yet."
    return words


def describe_score(evaluation: Evaluation | None, noun: str = "digit") -> str:
    """Say how many digits, or what its noun is, of its test set a model reads, with the interval."""
    if evaluation is None:
        return f"It has not been evaluated on the test {noun}s."
    test_set = find_test_set(evaluation.test_set)
    what = test_set.title if test_set else f"{noun}s of another test set"
    return (
        f"It reads {evaluation.correct:,} of the {evaluation.seen:,} {what}: "
        f"{format_exact_percent(evaluation.accuracy)}, 95 % interval {format_interval(evaluation)}."
    )


def describe_comparison(first: str, second: str, comparison: Comparison, noun: str = "digit") -> str:
    """Say which of two models reads more of the same digits, and whether that may be chance."""
    counts = (
        f"Misread by {verbatim(first)} alone: **{comparison.only_first:,}** {noun}s, by {verbatim(second)} alone: "
        f"**{comparison.only_second:,}**, by both: **{comparison.both_wrong:,}**."
    )
    return f"{counts} {describe_chance(first, second, comparison, noun)}"


def describe_chance(first: str, second: str, comparison: Comparison, noun: str = "digit") -> str:
    """Say how often chance alone makes two models differ so much, and which reads better where that is seldom."""
    p = comparison.p_value
    if p == 1:
        return f"So these {noun}s do not tell which is better."
    by_chance = "less than once in 1,000 times" if p < 0.001 else f"{percent(p)} of the time"
    test = f"McNemar's test, p {'< 0.001' if p < 0.001 else f'= {p:.2g}'}"
    chance = f"If both models were equally good, a difference this large would occur {by_chance} ({test})"
    if p >= 0.05:
        return f"{chance}, so these {noun}s do not tell which is better."
    better = second if comparison.only_first > comparison.only_second else first
    return f"{chance}, so {verbatim(better)} is better."


def describe_learnt(learnt: Learnt, index: int) -> str:
    """Say when a digit was learnt, and how often it was forgotten."""
    step, times = int(learnt.step[index]), int(learnt.forgotten[index])
    forgotten = {0: "", 1: "once", 2: "twice"}.get(times, f"{times} times")
    if step == NEVER:
        return f"Never learnt for good; forgotten {forgotten}." if times else "Never learnt."
    return f"Read correctly since step {step:,}" + (f"; forgotten {forgotten} before." if times else ".")


def describe_choice(choice: Choice, count: int, classes: tuple[str, ...] = DIGITS) -> str:
    """Say which digits, or what else there is of these classes, were chosen, and how many; plain text, no Markdown."""
    noun = noun_of(classes)
    true = "true digit" if classes == DIGITS else "true class"
    phrase = {
        Which.MISTAKES: "misread",
        Which.DISPUTED: "with a disputed label",
        Which.CORRECT: "read correctly",
        Which.ALL: "in all",
        Which.ONLY_FIRST: "misread by this model alone",
        Which.ONLY_SECOND: "misread by the other model alone",
        Which.BOTH: "misread by both models",
    }[choice.which]
    parts = [f"{f'{count:,}' if count else 'No'} {noun}{'' if count == 1 else 's'} {phrase}"]
    if choice.label is not None and choice.given is not None:
        parts.append(f"{classes[choice.label]} read as {classes[choice.given]}")
    elif choice.label is not None:
        parts.append(f"{true} {classes[choice.label]}")
    elif choice.given is not None:
        parts.append(f"read as {classes[choice.given]}")
    low, high = choice.confidence
    if (low, high) != (0, 1):
        parts.append(f"confidence {low:.0%} to {high:.0%}".replace("%", " %"))
    return ", ".join(parts)


def number(value: float, places: int = 2) -> str:
    """Say a number as a person would write it, with a true minus and without one before a 0."""
    words = f"{value:.{places}f}"
    return (words if float(words) else words.lstrip("-")).replace("-", "−")


def describe_layer(layer: Activations) -> str:
    """Say how large a layer is, how many parameters it has and how long it took."""
    count, *sides = layer.values.shape
    size = f"{count:,} maps of {sides[0]} × {sides[1]}" if sides else f"{count:,} neurons"
    return f"{size} · {layer.parameters:,} parameters · {layer.seconds * 1000:.2f} ms"


def describe_unit(layer: str, unit: tuple[int, ...], classes: Sequence[str] = DIGITS) -> str:
    """Say which number of a layer is meant, in Markdown; rows and columns are counted from 0, as neurons are."""
    if layer == "answer":
        return f"the answer {verbatim(classes[unit[0]])}"
    if len(unit) == 1:
        return f"{layer}, neuron {unit[0]}"
    return f"{layer}, map {unit[0]}, row {unit[1]}, column {unit[2]}"


def describe_votes(votes: Votes) -> str:
    """Say how five people read a digit whose label is disputed."""
    voices = [
        f"{count} read {reading}"
        for count, reading in (
            (votes.for_label, verbatim(with_article(str(votes.label)))),
            (votes.for_guess, verbatim(with_article(str(votes.guess)))),
            (votes.for_neither, "neither"),
        )
        if count
    ]
    return f"Its label is disputed: it says {votes.label:d}, and of five people {', '.join(voices)}."
