"""Several digits in a line, read as a number; several characters, read as a number or a text.

Strokes, or the ink in a picture, are cut into pieces, every group of neighbouring pieces that may be one digit is
answered to, and the cheapest way through them all is taken (over-segmentation; Burges, Matan, LeCun et al. 1992). What
a cut costs, or a gap inside a digit, in nats, is in docs/log.md.

Nobody can tell O from 0 alone. Beside others one can: in a number all are digits, in a word all are letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnist_core.alphabets import DIGITS, find_twins, noun_of
from mnist_core.model.inference import Model
from mnist_core.model.light import LightModel, predict_light
from mnist_core.model.prediction import WORTH_NAMING, Prediction, Verdict, predict_all, prediction_from
from mnist_core.preprocessing.pictures import PictureStages, Region, bounds_of, digit_from_ink, stages_from_image
from mnist_core.preprocessing.raster import Digit, Strokes
from mnist_core.preprocessing.segmentation import Box, Group, Line, bounding_box, line_from_strokes
from mnist_core.preprocessing.strokes import digit_from_strokes, read_strokes, without_strays

PEN_SHARE = 1 / 12  # of a line's lesser extent: the width of a pen that nobody knows
LEAST = 0.002  # probability; one bad digit does not forbid a way to cut
DOUBT = 8.0  # nats that a group costs for all the probability, 0…1, that its two best digits lack
NO_DIGIT = 2.5  # nats that a group costs at least which is not taken for one digit
LOW_SLOPE, WIDE_SLOPE = 8.0, 5.0  # nats that one height costs by which a digit is lower or wider than is usual
WHOLE = 0.35  # all of the ink counts as that much less wide: one digit may well be wide where there is no other
BLANK = 0.05  # of the line's height: a gap
CUT, CUT_SLOPE = -0.9, 15.0  # nats that a cut costs where the parts just touch, and less for a gap of one height,
LEAST_CUT = -0.25  # but no less than this
SURE_OF_CUTS = 0.8  # of the probability of all ways to cut
IN_CONTEXT = 0.5  # of the probability of each character must be a digit's, or of what looks like one, in a number
ON_ITS_SIDE, CLEARLY = 0.5, 2.0  # is the confidence of a number in a column at least, and so many times as it is


class Usual(NamedTuple):
    """How low and wide a digit or character may be beside others, in heights of the line, and what a gap in it costs.

    A small letter is lower than a digit, an M is wider.
    """

    low: float
    wide: float
    gap: float  # nats


DIGIT = Usual(0.7, 0.45, 2.0)
CHARACTER = Usual(0.45, 0.9, 3.0)


@dataclass(frozen=True, slots=True)
class NumberDigit:
    """A digit or character of a line: its pixels `(28, 28)`, the answer, and the box around it.

    Its strokes are none in a picture.
    """

    digit: Digit
    prediction: Prediction
    strokes: Strokes
    box: Box


@dataclass(frozen=True, slots=True)
class Number:
    """Digits or characters from left to right, and how sure it is of where one ends and the next begins, 0…1.

    `context` says what all of them are taken for, where that decided between those that look alike.
    """

    parts: tuple[NumberDigit, ...]
    certainty_of_cuts: float
    context: str = ""  # or "digits", or "letters"

    @property
    def digits(self) -> tuple[int, ...]:
        """The digits that it reads, from left to right; of characters, their numbers among the model's classes."""
        return tuple(part.prediction.digit for part in self.parts)

    @property
    def text(self) -> str:
        """The number or the text as it is written."""
        return "".join(part.prediction.name for part in self.parts)

    @property
    def noun(self) -> str:
        """What each of them is called: a digit or a character."""
        return self.parts[0].prediction.noun if self.parts else "digit"

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The box around each digit, the pen not counted."""
        return tuple(part.box for part in self.parts)

    @property
    def is_sure(self) -> bool:
        """Whether it is sure of each digit, and of where one ends and the next begins."""
        are_sure = all(part.prediction.verdict is Verdict.SURE for part in self.parts)
        return are_sure and self.certainty_of_cuts >= SURE_OF_CUTS

    @property
    def confidence(self) -> float:
        """The probability that all of it is right: of the cuts, and of every digit."""
        return float(self.certainty_of_cuts * np.prod([part.prediction.shared_confidence for part in self.parts]))


def reads_lines(classes: tuple[str, ...]) -> bool:
    """Tell whether a model of these classes reads several in a line; of signs alone, or pictures, there is just one."""
    return noun_of(classes) != "picture" and any(name.isalnum() for name in classes)


def read_number(model: Model | LightModel, strokes: Strokes, pen_width: float | None = None) -> Number:
    """Read strokes, in any unit, y down, as the digits that they are from left to right; one digit is a number, too.

    A model of characters reads characters. No strokes are no digits. Raises `DrawingError` for what cannot be read.
    """
    arrays = read_strokes(strokes, pen_width or 1.0)
    if not arrays:
        return Number((), 1.0)
    if pen_width is None:
        pen_width = max(float(np.ptp(np.concatenate(arrays), axis=0).min()) * PEN_SHARE, 1e-9)
    if not reads_lines(model.card.classes):
        return _read_one(model, digit_from_strokes(strokes, pen_width), strokes, bounding_box(arrays))
    line = line_from_strokes(without_strays(strokes, pen_width), pen_width)
    groups = [[stroke.tolist() for stroke in line.strokes_of(group)] for group in line.groups]
    return _read_line(model, line, [digit_from_strokes(group, pen_width) for group in groups], groups)


def read_number_in_image(model: Model | LightModel, image: Image.Image, region: Region | None = None) -> Number:
    """Read the digits that stand in a row in a picture or photo, from left to right; a single one is a number, too.

    `region` is as in `stages_from_image`. Boxes are in pixels of `make_plain(image)`. Raises `PictureError` where
    nothing stands out from the paper.
    """
    return read_number_in_stages(model, stages_from_image(image, region, of_row=True))


def read_number_in_stages(model: Model | LightModel, stages: PictureStages) -> Number:
    """Read the digits that were found in a picture, as `stages_from_image` does with `of_row`.

    A column of digits may be a row in a photo that lies on its side: it is, where each is much more probable turned.
    """
    if not reads_lines(model.card.classes):
        return _read_one(model, stages.digit, (), Box(*map(float, stages.place)))
    if stages.column is not None:
        turns, number = max(
            ((turns, _read_ink(model, stages.column, stages, turns)) for turns in (1, 3)),
            key=lambda each: each[1].confidence,
        )
        as_one, *as_it_is = answer_all(
            model, [digit_from_ink(stages.column), *(np.rot90(part.digit, -turns) for part in number.parts)]
        )
        otherwise = number.certainty_of_cuts * float(np.prod([answer.shared_confidence for answer in as_it_is]))
        is_digit = as_one.verdict is Verdict.SURE  # whose bar stands above it
        if not is_digit and len(number.parts) > 1 and number.confidence > max(ON_ITS_SIDE, CLEARLY * otherwise):
            return number
    return _read_ink(model, stages.ink_of_row, stages)


def _read_ink(model: Model | LightModel, ink: NDArray[np.float32], stages: PictureStages, turns: int = 0) -> Number:
    """Read ink as it is, or after so many quarter turns to the left."""
    from mnist_core.preprocessing.rows import digits_of, line_from_ink  # scipy takes a while to import

    place = bounds_of(ink > 0)
    upright = np.rot90(ink[place.top : place.bottom, place.left : place.right], turns)
    line, owners = line_from_ink(upright)
    number = _read_line(model, line, digits_of(line, upright, owners), [()] * len(line.groups))
    parts = [replace(part, box=_box_in_picture(part.box, place, turns, stages)) for part in number.parts]
    return replace(number, parts=tuple(parts))


def _box_in_picture(box: Box, place: Region, turns: int, stages: PictureStages) -> Box:
    """Return where a box in ink that was cut out there, and then turned to the left, lies in the picture."""
    left, top, right, bottom = box
    wide, high = place.size
    if turns == 1:  # the right end of the picture is at the top of what was turned
        left, top, right, bottom = wide - bottom, left, wide - top, right
    elif turns == 3:
        left, top, right, bottom = top, high - right, bottom, high - left
    x, y = (start + inside / stages.finer for start, inside in zip(stages.region[:2], place[:2], strict=True))
    finer = stages.finer
    return Box(x + left / finer, y + top / finer, x + right / finer, y + bottom / finer)


def _read_line(model: Model | LightModel, line: Line, digits: Sequence[Digit], strokes: Sequence[Strokes]) -> Number:
    """Read a line whose groups look like these digits."""
    answers = answer_all(model, digits)
    costs = [cost_of(group, answer, line) for group, answer in zip(line.groups, answers, strict=True)]
    way, certainty = find_way(line, costs)
    parts = tuple(
        NumberDigit(digits[number], answers[number], strokes[number], line.groups[number].box) for number in way
    )
    return in_context(Number(parts, certainty), model.card.top_two_threshold)


def _read_one(model: Model | LightModel, digit: Digit, strokes: Strokes, box: Box) -> Number:
    """Read all as one thing."""
    return Number(tuple(NumberDigit(digit, answer, strokes, box) for answer in answer_all(model, [digit])), 1.0)


def in_context(number: Number, top_two_threshold: float) -> Number:
    """Take several characters for digits where all of them may be; else for letters; else each for what it is.

    A number may be meant though a 0 looks more like an O. A word is not where nothing but a 1 can be seen: B1 is none.
    Where one is refused nothing is known of the others.
    """
    answers = [part.prediction for part in number.parts]
    if len(answers) < 2 or answers[0].classes == DIGITS or any(answer.is_refused for answer in answers):
        return number
    classes = answers[0].classes
    are_digits = np.array([name in DIGITS for name in classes])
    are_letters = np.array([name.isalpha() for name in classes])
    as_digits = [restrict(answer.probabilities, are_digits, classes) for answer in answers]
    as_letters = [restrict(answer.probabilities, are_letters, classes) for answer in answers]
    if all(shares.sum() > IN_CONTEXT for shares in as_digits):
        context, chosen = "digits", as_digits
    elif all(
        shares.sum() > IN_CONTEXT and answer.probabilities[shares.argmax()] >= WORTH_NAMING
        for shares, answer in zip(as_letters, answers, strict=True)
    ):
        context, chosen = "letters", as_letters
    else:
        return number
    parts = [
        replace(part, prediction=prediction_from(shares / shares.sum(), part.digit, top_two_threshold, classes))
        for part, shares in zip(number.parts, chosen, strict=True)
    ]
    return Number(tuple(parts), number.certainty_of_cuts, context)


def restrict(
    probabilities: NDArray[np.float64], kind: NDArray[np.bool_], classes: tuple[str, ...]
) -> NDArray[np.float64]:
    """Give classes of one kind what those have that look like them, and all others nothing: `(K,)` → `(K,)`.

    What several look like is shared among them as their own probabilities are.
    """
    alike = find_twins(classes)
    given = np.zeros_like(probabilities)
    for group in np.unique(alike, axis=0):
        own = probabilities * (group & kind)
        if own.any():
            given += own * (probabilities[group].sum() / own.sum())
    return given


def answer_all(model: Model | LightModel, digits: Sequence[Digit]) -> list[Prediction]:
    """Return a model's answers to digits that have ink."""
    if isinstance(model, LightModel):
        answers = [predict_light(model, digit) for digit in digits]
    else:
        answers = predict_all(model, np.stack(digits)) if digits else []
    return [answer for answer in answers if answer is not None]


def cost_of(group: Group, answer: Prediction, line: Line) -> float:
    """Return what it costs to take a group for one digit or character, in nats."""
    usual = DIGIT if answer.classes == DIGITS else CHARACTER
    is_all = group.end - group.first == len(line.pieces)
    width, size = group.box.width / line.height, max(group.box.width, group.box.height) / line.height
    cost = max(DOUBT * (1 - answer.top_two), NO_DIGIT * answer.is_refused)
    cost -= log(max(answer.shared_confidence, LEAST))
    cost += LOW_SLOPE * max(usual.low - size, 0.0)
    cost += usual.gap * sum(gap > BLANK for gap in line.gaps[group.first : group.end - 1])
    return cost + WIDE_SLOPE * max(width * (WHOLE if is_all else 1.0) - usual.wide, 0.0)


def find_way(line: Line, costs: Sequence[float]) -> tuple[list[int], float]:
    """Return the cheapest way through a line as numbers of its groups, and its share of the probability of all ways."""
    count = len(line.pieces)
    best: list[tuple[float, list[int]]] = [(0.0, []), *[(inf, list[int]())] * count]
    all_ways = [0.0] + [-inf] * count  # the logarithm of the sum of their probabilities
    for end in range(1, count + 1):
        for number, group in enumerate(line.groups):
            if group.end != end:
                continue
            cost = costs[number] + (cost_of_cut(line.gaps[group.first - 1]) if group.first else 0.0)
            before, way = best[group.first]
            if before + cost < best[end][0]:
                best[end] = before + cost, [*way, number]
            all_ways[end] = float(np.logaddexp(all_ways[end], all_ways[group.first] - cost))
    cost, way = best[count]
    return way, exp(-cost - all_ways[count]) if way else 0.0


def cost_of_cut(gap: float) -> float:
    """Return what a cut costs where the gap is so wide, in heights of the line; in nats."""
    return max(CUT - CUT_SLOPE * gap, LEAST_CUT)
