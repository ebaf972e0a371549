"""One run's learning curve: where its points stand along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import TypeVar

from mnist_core.store.history import Entry, History, Step
from mnist_core.store.runs import Run

Point = TypeVar("Point")

MAX_POINTS = 1000  # of a line that are drawn, more than the chart has pixels


@dataclass(frozen=True, slots=True)
class Curve:
    """What one run has logged, and the steps that it takes in all."""

    run: Run
    history: History

    def place(self, entry: Entry, axis: str) -> float:
        """Return where an entry stands on the axis."""
        if axis == "Seconds":
            return entry.seconds
        return entry.step / self.steps * self.run.recipe.epochs if axis == "Epoch" else entry.step

    @property
    def steps(self) -> int:
        """The steps of the whole training, as far as it has said."""
        return self.history.steps[0].steps if self.history.steps else 1

    def weight(self, smoothing: float) -> float:
        """Return the weight of a running mean that looks back on so many percent of the whole training.

        It is the same from the first step to the last, so that drawn lines stay.
        """
        points = self.steps / (self.history.steps[0].step if self.history.steps else 1)
        return exp(-100 / (smoothing * points)) if smoothing else 0.0

    def rate(self, step: Step) -> float:
        """Return the learning rate of a step; the oldest histories have none, for it was constant."""
        return self.run.recipe.learning_rate if step.learning_rate is None else step.learning_rate

    def length(self, axis: str) -> float:
        """Return how long the axis must be for the whole training; seconds are not known before its end."""
        if axis == "Seconds":
            return self.history.seconds
        return self.run.recipe.epochs if axis == "Epoch" else self.steps


def thin(points: Sequence[Point], most: int = MAX_POINTS) -> list[Point]:
    """Return at most so many of a line's points, at even distances, the last among them."""
    every = max(1, -(-len(points) // most))
    return list(points[::-1][::every][::-1])
