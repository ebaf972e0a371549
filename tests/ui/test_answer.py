"""What is shown of an answer, whatever page shows it: the figure, its colour, its words."""

import numpy as np
import pytest

from mnist_core.model.number import Number, NumberDigit
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.preprocessing.segmentation import Box
from ui.theme import LIGHT
from ui.widgets.answer import colour_bars, describe_answer, figures_of
from ui.widgets.mini_answer import mini_answer, shares

TEAL, ORANGE = LIGHT.answer, LIGHT.wrong


def answer(verdict, *, first=(4, 0.5), second=(9, 0.42)):
    """A prediction in which these two digits have these shares, and the others what is left."""
    rest = (1 - first[1] - second[1]) / 8
    probabilities = np.full(10, rest)
    for digit, share in (first, second):
        probabilities[digit] = share
    return Prediction(probabilities, verdict)


SURE = answer(Verdict.SURE, first=(4, 0.988), second=(9, 0.01))
PROBABLE = answer(Verdict.UNSURE, first=(0, 0.91), second=(9, 0.02))
TIE = answer(Verdict.UNSURE)


@pytest.mark.parametrize(
    ("prediction", "truth", "expected"),
    [
        (SURE, None, ("4", TEAL, "98.8 % sure", "Next: 9, 1.0 %")),
        (SURE, 4, ("4", TEAL, "Right, 98.8 % sure", "Next: 9, 1.0 %")),
        (SURE, 9, ("4", ORANGE, "Wrong, 98.8 % sure", "True digit: 9, 1.0 %")),
        (SURE, 2, ("4", ORANGE, "Wrong, 98.8 % sure", "True digit: 2, under 0.1 %")),
        (PROBABLE, None, ("0", ORANGE, "Probably a 0 (91 %)", "Next: 9, 2 %")),
        (PROBABLE, 0, ("0", TEAL, "Right, but unsure (91 %)", "Next: 9, 2 %")),
        (PROBABLE, 9, ("0", ORANGE, "Wrong, and unsure (91 %)", "True digit: 9, 2 %")),
        (TIE, None, ("4", ORANGE, "Could be a 4 or a 9", "Unsure: 50 % and 42 %")),
        (TIE, 9, ("4", ORANGE, "Wrong, and unsure (50 %)", "True digit: 9, 42 %")),
    ],
)
def test_an_answer_is_told_with_its_doubt_and_where_the_truth_is_known_as_right_or_wrong(prediction, truth, expected):
    shown = describe_answer(prediction.with_label(truth))
    assert (shown.figure, shown.colour, shown.headline, shown.detail) == expected


@pytest.mark.parametrize(
    ("verdict", "headline", "hint"),
    [
        (Verdict.NOT_A_DIGIT, "Not a digit", ""),
        (Verdict.TWO_DIGITS, "Looks like two digits", "More room between them helps. "),
        (Verdict.TOO_LITTLE_INK, "Hardly any ink", "Draw the whole digit. "),
        (Verdict.TOO_MUCH_INK, "Too much ink", "A digit is a few lines on an empty ground. "),
    ],
)
def test_no_giant_digit_stands_beside_the_words_that_it_is_none(verdict, headline, hint):
    refused = answer(verdict, first=(1, 0.11), second=(6, 0.105))
    for truth, told in ((None, ""), (1, ", which is right"), (6, ", which is wrong. True digit: 6, 10 %")):
        shown = describe_answer(refused.with_label(truth))
        assert (shown.figure, shown.colour, shown.headline) == ("?", ORANGE, headline)
        assert shown.detail == f"{hint}Closest: 1, 11 %{told}"


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("truth", [None, *range(10)])
def test_teal_is_never_doubt_nor_wrong_and_orange_never_sure_nor_right(verdict, truth):
    prediction = answer(verdict)
    shown = describe_answer(prediction.with_label(truth))
    if prediction.is_refused:
        assert (shown.figure, shown.colour) == ("?", ORANGE)
    elif truth is None:
        assert (shown.colour == TEAL) == (verdict is Verdict.SURE)
    else:
        assert (shown.colour == TEAL) == (truth == 4) == shown.headline.startswith("Right")
        assert (shown.colour == ORANGE) == shown.headline.startswith("Wrong")


def test_the_bars_have_the_colour_of_the_answer_and_the_true_digit_is_teal():
    def bars(prediction):
        return {digit: tint for digit, tint in enumerate(colour_bars(prediction)) if tint != LIGHT.other}

    assert bars(None) == {}
    assert bars(SURE) == {4: TEAL}
    assert bars(TIE) == {4: ORANGE}
    assert bars(TIE.with_label(9)) == {4: ORANGE, 9: TEAL}
    assert bars(SURE.with_label(4)) == {4: TEAL}


def test_a_small_answer_says_what_a_large_one_does():
    assert f'color:{TEAL};margin-right:0.3rem">4</span> 98.8 % sure' in mini_answer(SURE)
    assert f'color:{ORANGE};margin-right:0.3rem">0</span> 91 %, probably' in mini_answer(PROBABLE)
    assert f'color:{ORANGE};margin-right:0.3rem">4</span> 50 %, or a 9' in mini_answer(TIE)
    assert f'color:{ORANGE};margin-right:0.3rem">?</span> not a digit' in mini_answer(answer(Verdict.NOT_A_DIGIT))


def test_under_a_step_the_bar_of_an_unsure_answer_is_not_teal():
    for prediction, colour in ((SURE, TEAL), (TIE, ORANGE)):
        for last in (4, 7):
            bars = shares(prediction, last)
            assert bars.count(f"background:{colour}") == 1
            assert ({TEAL, ORANGE} - {colour}).pop() not in bars


def number_of(*predictions, cuts=0.99):
    return Number(
        tuple(NumberDigit(np.zeros((28, 28), np.float32), each, [], Box(0, 0, 1, 1)) for each in predictions), cuts
    )


REFUSED = answer(Verdict.NOT_A_DIGIT, first=(1, 0.2), second=(6, 0.1))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (number_of(SURE, SURE), ("44", TEAL, "97 % sure", "2 digits, each read on its own")),
        (number_of(SURE, PROBABLE), ("40", ORANGE, "Probably 40 (89 %)", "Digit 2 could be 0, 91 %, or 9, 2 %")),
        (number_of(TIE, SURE), ("44", ORANGE, "Could be 44 (49 %)", "Digit 1 could be 4, 50 %, or 9, 42 %")),
        (number_of(SURE, REFUSED, SURE), ("4?4", ORANGE, "Not all are digits", "Digit 2 of 3: not a digit")),
        (
            number_of(SURE, SURE, cuts=0.6),
            ("44", ORANGE, "Unsure where to cut", "Closest: 44, 59 %. More room between digits helps."),
        ),
    ],
)
def test_a_number_is_told_with_its_doubt(number, expected):
    shown = describe_answer(number)
    assert (shown.figure, shown.colour, shown.headline, shown.detail) == expected
    assert "".join(figures_of(number)) == shown.figure
