"""How much a drawing may be changed before a model answers another digit.

A drawing is changed in two ways at once, in steps, which makes a grid. Its rows rise with the size of the digit or the
width of its strokes; its columns are shifts to the right in pixels, or tilts clockwise in degrees. Ink that leaves the
28 × 28 pixels is cut off. R counts rows, C columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_core.alphabets import DIGITS
from mnist_core.data.mnist import SIDE
from mnist_core.model.prediction import Prediction, Verdict, prediction_from, probabilities
from mnist_core.preprocessing.raster import (
    PEN,
    Digit,
    Strokes,
    centre_by_mass,
    draw_sheet,
    fine_sheet,
    transform_sheet,
    widen_sheet,
)
from mnist_core.preprocessing.strokes import fit_to_box

if TYPE_CHECKING:  # what changes a drawing need not wait for torch
    from mnist_core.model.inference import Model

SIZES = tuple(tenths / 10 for tenths in range(5, 15))  # of the digit's own
SHIFTS = tuple(range(-8, 9))  # pixels
TILTS = tuple(range(-40, 41, 5))  # degrees
PENS = (1.0, 2.0, PEN, 3.0, 4.0, 5.0, 6.0)  # pixels
WIDENINGS = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.5, 3.5)  # pixels, of strokes that are pixels already


@dataclass(frozen=True, slots=True)
class Grid:
    """One drawing, changed in two ways at once: `(R, C, 28, 28)` digits, and by how much in each row and column."""

    digits: NDArray[np.float32]
    rows: tuple[float, ...]
    columns: tuple[float, ...]
    as_drawn: tuple[int, int]  # the cell where nothing is changed


class Flip(NamedTuple):
    """The least change, in one direction, that makes it another digit, and which; None where it is then refused."""

    change: float
    digit: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model answers to a grid: `(R, C, K)` probabilities, a verdict for each cell, and what it stays with."""

    grid: Grid
    probabilities: NDArray[np.float64]
    verdicts: Sequence[Sequence[Verdict]]
    answer: int  # to the drawing as it is
    classes: tuple[str, ...] = DIGITS

    @property
    def predictions(self) -> list[list[Prediction]]:
        """The cells, row by row."""
        return [
            [Prediction(shares, verdict, classes=self.classes) for shares, verdict in zip(*row, strict=True)]
            for row in zip(self.probabilities, self.verdicts, strict=True)
        ]

    @property
    def digits(self) -> list[list[int | None]]:
        """The answers, row by row; None where it is not taken for one digit."""
        return [[None if cell.is_refused else cell.digit for cell in row] for row in self.predictions]

    @property
    def staying(self) -> int:
        """How many cells are answered as the drawing is."""
        return sum(row.count(self.answer) for row in self.digits)

    @property
    def row_flips(self) -> tuple[Flip | None, Flip | None]:
        """Where it becomes another digit down and up the column that the drawing is in."""
        row, column = self.grid.as_drawn
        return self._flips(self.grid.rows, [digits[column] for digits in self.digits], row)

    @property
    def column_flips(self) -> tuple[Flip | None, Flip | None]:
        """Where it becomes another digit to the left and the right in the row that the drawing is in."""
        row, column = self.grid.as_drawn
        return self._flips(self.grid.columns, self.digits[row], column)

    def _flips(
        self, changes: tuple[float, ...], digits: list[int | None], start: int
    ) -> tuple[Flip | None, Flip | None]:
        def first(step: int) -> Flip | None:
            cells = zip(changes[start::step], digits[start::step], strict=True)
            return next((Flip(change, digit) for change, digit in cells if digit != self.answer), None)

        return first(-1), first(1)


def read_grids(model: Model, grids: Sequence[Grid], answer: int) -> list[Reading]:
    """Ask a model about all cells of all grids at once; `answer` is what it says to the drawing as it is."""
    digits = np.concatenate([grid.digits.reshape(-1, SIDE, SIDE) for grid in grids])
    shares = probabilities(model, digits)
    threshold, classes = model.card.top_two_threshold, model.card.classes
    verdicts = iter([prediction_from(*cell, threshold, classes).verdict for cell in zip(shares, digits, strict=True)])
    ends = np.cumsum([len(grid.rows) * len(grid.columns) for grid in grids])
    return [
        Reading(
            grid,
            part.reshape(len(grid.rows), len(grid.columns), -1),
            [[next(verdicts) for _ in grid.columns] for _ in grid.rows],
            answer,
            classes,
        )
        for grid, part in zip(grids, np.split(shares, ends[:-1]), strict=True)
    ]


def move(digit: Digit) -> Grid:
    """Make a digit `(28, 28)` smaller and larger, and shift it sideways: rows are sizes. Nothing is centred again."""
    sheet = fine_sheet(digit)
    digits = [[transform_sheet(sheet, size=size, shift=shift) for shift in SHIFTS] for size in SIZES]
    return Grid(np.array(digits), SIZES, SHIFTS, (SIZES.index(1.0), SHIFTS.index(0)))


def tilt_strokes(strokes: Strokes, pen_width: float) -> Grid:
    """Draw strokes, in canvas pixels, with thinner and wider pens, and tilt them: rows are pens.

    All is centred by mass at the end, as any drawing is. Raises `DrawingError` for what cannot be read.
    """
    fitted = fit_to_box(strokes, pen_width)
    sheets = [draw_sheet(fitted, pen) for pen in PENS]
    digits = [[centre_by_mass(transform_sheet(sheet, tilt=tilt)) for tilt in TILTS] for sheet in sheets]
    return Grid(np.array(digits), PENS, TILTS, (PENS.index(PEN), TILTS.index(0)))


def tilt_pixels(digit: Digit) -> Grid:
    """Make the strokes of a digit `(28, 28)` thinner and wider, and tilt it: rows are what is added to their width.

    In four times as many pixels each dot becomes as light as the lightest of its neighbours, or as the darkest, once
    for each half pixel; a slanted stroke so gains up to 1.4 times as much as an upright one. Nothing is centred again.
    """
    sheets = [widen_sheet(fine_sheet(digit), change) for change in WIDENINGS]
    digits = [[transform_sheet(sheet, tilt=tilt) for tilt in TILTS] for sheet in sheets]
    return Grid(np.array(digits), WIDENINGS, TILTS, (WIDENINGS.index(0), TILTS.index(0)))
