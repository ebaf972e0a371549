"""Figures and verdicts in plain words."""

from __future__ import annotations

from mnist_core.data import Votes
from mnist_core.evaluation import Comparison, Evaluation
from mnist_core.history import History
from mnist_core.prediction import Prediction, Verdict
from mnist_core.runs import Run, State
from mnist_core.selection import Choice, Which


def percent(share: float) -> str:
    """Say a share of 0…1 in percent, never as a certainty that is not there: 0.9999 is "over 99.9 %"."""
    if share > 0.999:
        return "over 99.9 %"
    if share < 0.001:
        return "under 0.1 %"
    digits = 1 if share >= 0.985 or share < 0.015 else 0
    return f"{share * 100:.{digits}f} %"


def a_digit(digit: int) -> str:
    """Say a digit with its article: "a 4", "an 8"."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def verdict_in_words(prediction: Prediction) -> str:
    """Say how far the answer can be relied on; empty where it is sure."""
    first, second = prediction.ranking[:2]
    return {
        Verdict.SURE: "",
        Verdict.UNSURE: f"Unsure: it could be {a_digit(first)} or {a_digit(second)}.",
        Verdict.NOT_A_DIGIT: "This does not look like a digit.",
        Verdict.TWO_DIGITS: "This looks like two digits. The network reads one at a time.",
        Verdict.TOO_LITTLE_INK: "Hardly any ink yet. Draw the whole digit.",
    }[prediction.verdict]


def exact_percent(share: float) -> str:
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


def ending_in_words(run: Run) -> str:
    """Say how a training ended."""
    return {
        State.RUNNING: f"{run.name} is learning.",
        State.FINISHED: f"{run.name} has learnt.",
        State.STOPPED: f"{run.name} was stopped {run.reason}. What it had learnt is kept.",
        State.INTERRUPTED: f"{run.name} was interrupted: its process is gone. What it had saved is kept.",
        State.FAILED: f"{run.name} failed. {run.reason}",
        State.DIVERGED: f"{run.name} diverged. {run.reason}",
    }[run.state]


def interval_in_words(evaluation: Evaluation) -> str:
    """Say the 95 % interval of the test accuracy."""
    low, high = evaluation.interval
    return f"{low * 100:.2f} to {exact_percent(high)}"


def learning_in_words(run: Run, history: History) -> str:
    """Say how much a run that is not finished has learnt."""
    step = f"step {history.steps[-1].step:,} of {history.steps[-1].steps:,}" if history.steps else "its first step"
    words = f"It is not finished: {run.state}, {step}."
    if validation := history.validation_accuracies:
        words += f" So far it reads {percent(validation[-1])} of the digits held out."
    return words


def score_in_words(evaluation: Evaluation | None) -> str:
    """Say how many test digits a model reads, with the interval."""
    if evaluation is None:
        return "It has not been judged on the test digits."
    return (
        f"It reads {evaluation.correct:,} of the {evaluation.seen:,} MNIST test digits: "
        f"{exact_percent(evaluation.accuracy)}, 95 % interval {interval_in_words(evaluation)}."
    )


def comparison_in_words(first: str, second: str, comparison: Comparison) -> str:
    """Say which of two models reads more of the same digits, and whether that may be chance."""
    counts = (
        f"Misread by {first} alone: **{comparison.only_first:,}** digits, by {second} alone: "
        f"**{comparison.only_second:,}**, by both: **{comparison.both_wrong:,}**."
    )
    p = comparison.p_value
    if p == 1:
        return f"{counts} So these digits do not tell which reads better."
    by_chance = "less than once in a thousand times" if p < 0.001 else f"{percent(p)} of the time"
    test = f"McNemar's test, p {'< 0.001' if p < 0.001 else f'= {p:.2g}'}"
    chance = f"Did both read digits like these equally well, they would differ at least this much {by_chance} ({test})"
    if p >= 0.05:
        return f"{counts} {chance}, so these digits do not tell which reads better."
    better = second if comparison.only_first > comparison.only_second else first
    return f"{counts} {chance}: {better} reads them better."


def choice_in_words(choice: Choice, count: int) -> str:
    """Say which digits were chosen, and how many there are."""
    phrase = {
        Which.MISTAKES: "misread",
        Which.DISPUTED: "with a disputed label",
        Which.CORRECT: "read correctly",
        Which.ALL: "in all",
        Which.ONLY_FIRST: "misread by this model alone",
        Which.ONLY_SECOND: "misread by the other model alone",
        Which.BOTH: "misread by both models",
    }[choice.which]
    parts = [f"{f'{count:,}' if count else 'No'} digit{'' if count == 1 else 's'} {phrase}"]
    if choice.label is not None and choice.given is not None:
        parts.append(f"{choice.label} read as {choice.given}")
    elif choice.label is not None:
        parts.append(f"true digit {choice.label}")
    elif choice.given is not None:
        parts.append(f"read as {choice.given}")
    low, high = choice.confidence
    if (low, high) != (0, 1):
        parts.append(f"{low:.0%} to {high:.0%} sure".replace("%", " %"))
    return ", ".join(parts)


def votes_in_words(votes: Votes) -> str:
    """Say how five people read a digit whose label is disputed."""
    voices = [
        f"{count} read {reading}"
        for count, reading in (
            (votes.for_label, a_digit(votes.label)),
            (votes.for_guess, a_digit(votes.guess)),
            (votes.for_neither, "neither"),
        )
        if count
    ]
    return f"Its label is disputed: it says {votes.label}, and of five people {', '.join(voices)}."
