"""What is shown of an answer, whatever page shows it: the figure, its colour, its words."""

from dataclasses import replace

import numpy as np
import pytest

from mnist_core.alphabets import CHARACTERS, CLOTHES, SIGNS
from mnist_core.model.number import Number, NumberDigit
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.preprocessing.segmentation import Box
from ui.text import explain_verdict
from ui.theme import LIGHT
from ui.widgets.answer import colour_bars, describe_answer, figures_of
from ui.widgets.charts import choose_bars, plain_label
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


def characters(verdict=Verdict.UNSURE, **shares):
    """An answer among EMNIST's 47 classes; a digit's name follows an underscore."""
    named = {name.removeprefix("_"): share for name, share in shares.items()}
    rest = (1 - sum(named.values())) / (len(CHARACTERS) - len(named))
    return Prediction(np.array([named.get(name, rest) for name in CHARACTERS]), verdict, classes=CHARACTERS)


LOOKS_ALIKE = characters(Verdict.SURE, O=0.52, _0=0.47)


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        (LOOKS_ALIKE, ("O", TEAL, "O or 0, 99.0 % sure", "They look alike: 52 % and 47 %")),
        (
            characters(Verdict.SURE, _1=0.5, I=0.3, L=0.18),
            ("1", TEAL, "1, I or L, 98 % sure", "They look alike: 50 %, 30 % and 18 %"),
        ),
        (characters(Verdict.SURE, A=0.98, R=0.01), ("A", TEAL, "98 % sure", "Next: R, 1.0 %")),
        (characters(A=0.9, R=0.05), ("A", ORANGE, "Probably an A (90 %)", "Next: R, 5 %")),
        (characters(O=0.5, _0=0.3, Q=0.15), ("O", ORANGE, "Probably an O or a 0 (80 %)", "Next: Q, 15 %")),
        (characters(F=0.5, U=0.42), ("F", ORANGE, "Could be an F or a U", "Unsure: 50 % and 42 %")),
        (characters(O=0.4, _0=0.2, Q=0.35), ("O", ORANGE, "Could be an O, a 0 or a Q", "Unsure: 60 % and 35 %")),
        (
            LOOKS_ALIKE.with_label(0),
            ("O", ORANGE, "Wrong, O or 0, 99.0 % sure", "True character: 0, 47 %"),
        ),
    ],
)
def test_of_what_looks_alike_all_is_named_and_letters_have_their_article(prediction, expected):
    shown = describe_answer(prediction)
    assert (shown.figure, shown.colour, shown.headline, shown.detail) == expected


def test_both_bars_of_what_looks_alike_have_the_answers_colour():
    tints = {CHARACTERS[place]: tint for place, tint in enumerate(colour_bars(LOOKS_ALIKE)) if tint != LIGHT.other}
    assert tints == {"O": TEAL, "0": TEAL}
    assert ">O</span> or 0, 99.0 % sure" in mini_answer(LOOKS_ALIKE)


@pytest.mark.parametrize(
    ("verdict", "classes", "headline", "detail"),
    [
        (Verdict.NOT_A_DIGIT, CHARACTERS, "Not a character", "Closest: 0, 2 %"),
        (Verdict.TWO_DIGITS, CHARACTERS, "Looks like two characters", "More room between them helps. Closest: 0, 2 %"),
        (Verdict.TOO_LITTLE_INK, SIGNS, "Hardly any ink", "Draw the whole character. Closest: +, 4 %"),
        (Verdict.NOT_A_DIGIT, CLOTHES, "Not a piece of clothing", "Closest: T-shirt/top, 10 %"),
        (Verdict.NOT_A_DIGIT, ("cat", "dog"), "Not a known picture", "Closest: cat, 50 %"),
    ],
)
def test_what_is_refused_is_called_by_what_the_model_reads(verdict, classes, headline, detail):
    shown = describe_answer(Prediction(np.full(len(classes), 1 / len(classes)), verdict, classes=classes))
    assert (shown.figure, shown.headline, shown.detail) == ("?", headline, detail)
    assert "digit" not in explain_verdict(replace(LOOKS_ALIKE, verdict=verdict), 3, 0.9)


A, Q = characters(Verdict.SURE, A=0.99), characters(Q=0.6, O=0.3)


@pytest.mark.parametrize(
    ("number", "context", "expected"),
    [
        (number_of(A, A), "", ("AA", TEAL, "97 % sure", "2 characters, each read on its own")),
        (number_of(A, A), "letters", ("AA", TEAL, "97 % sure", "2 characters, all read as letters")),
        (number_of(A, Q), "", ("AQ", ORANGE, "Could be AQ (59 %)", "Character 2 could be Q, 60 %, or O, 30 %")),
        (number_of(A, A, cuts=0.5), "", ("AA", ORANGE, "Unsure where to cut", "Closest: AA, 49 %. More room between")),
    ],
)
def test_a_line_of_characters_is_told_with_its_doubt_and_what_decided(number, context, expected):
    shown = describe_answer(replace(number, context=context))
    assert (shown.figure, shown.colour, shown.headline) == expected[:3]
    assert shown.detail.startswith(expected[3])


def test_up_to_ten_classes_all_have_a_bar_and_of_more_those_that_can_be_seen():
    assert choose_bars(None, 10, ()) == choose_bars(SURE, 10, (3,)) == tuple(range(10))
    assert choose_bars(None, 47, ()) == tuple(range(10))
    last = (0, 1, 2, 3, 4, 5, 6, 7, 40, 46)
    chosen = choose_bars(characters(A=0.9, R=0.09), 47, last)
    assert chosen == tuple(sorted(chosen))
    assert {CHARACTERS.index("A"), CHARACTERS.index("R")} < set(chosen)
    assert len(set(chosen) & set(last)) == 8
    assert 46 in choose_bars(characters(A=0.99).with_label(46), 47, (0, 1, 2))


def test_a_name_in_a_chart_is_shown_letter_by_letter():
    assert plain_label("<b>x</b> & $x$") == "&lt;b&gt;x&lt;/b&gt; &amp; &#36;x&#36;"
