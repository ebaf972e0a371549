from dataclasses import replace

import numpy as np
import pytest

from mnist_core.prediction import Prediction, Verdict
from mnist_core.steps import Finding, Measures, Step
from ui.why import finding_in_words, turning_point, verdict_reason

USUAL = Measures(size=0.71, off=(0.0, 0.0), pen=2.5, lean=5.0)


def prediction(verdict=Verdict.SURE, **shares):
    """A prediction with these shares, as d7=0.9; the rest goes to the digits that are not named."""
    rest = (1 - sum(shares.values())) / (10 - len(shares))
    return Prediction(np.array([shares.get(f"d{digit}", rest) for digit in range(10)]), verdict)


def test_the_step_that_made_the_answer_is_named():
    one, seven = prediction(d1=0.8), prediction(d7=0.8)
    answers = dict(zip(Step, [one, one, seven, seven], strict=True))
    assert turning_point(answers, 7) == "Redrawing it with MNIST's pen turned it from a 1 into a 7."
    answers = dict(zip(Step, [seven, one, one, seven], strict=True))
    assert turning_point(answers, 7) == "Centring it by its mass turned it from a 1 into a 7."


def test_for_a_picture_both_steps_are_one():
    answers = {Step.RESIZED: prediction(d8=0.6), Step.CENTRED: prediction(d1=0.9)}
    assert turning_point(answers, 1) == "Fitting and centring it turned it from an 8 into a 1."


def test_where_the_answer_stays_a_change_of_how_sure_it_is_is_told():
    some, more = prediction(d3=0.6), prediction(d3=0.97)
    assert turning_point(dict.fromkeys(Step, some), 3) == "Read as a 3 at every step."
    answers = dict(zip(Step, [some, some, more, more], strict=True))
    assert turning_point(answers, 3) == "Read as a 3 at every step: 60 % sure at first, 97 % in the end."


def test_a_step_without_an_answer_is_passed_over():
    answers = dict(zip(Step, [None, prediction(d1=0.8), prediction(d7=0.8), prediction(d7=0.8)], strict=True))
    assert "turned it from a 1 into a 7" in turning_point(answers, 7)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.SURE, "It is sure: the 4 has 93 %"),
        (Verdict.UNSURE, "it could be a 4 or a 9. Sure is what has at least 90 %."),
        (Verdict.NOT_A_DIGIT, "4 and 9, have 97 % together. Of the digits held out from its training, 98"),
        (Verdict.TWO_DIGITS, "An empty column parts the ink"),
        (Verdict.TOO_LITTLE_INK, "There is ink for 8 of the 784 pixels; no digit of MNIST has less than 15."),
    ],
)
def test_every_verdict_has_its_reason(verdict, words):
    digit = np.full((28, 28), 0.01, np.float32)
    reason = verdict_reason(prediction(verdict, d4=0.93, d9=0.04), 0.91, digit)
    assert words.replace("98", "99.5 %") in reason


@pytest.mark.parametrize(
    ("finding", "changes", "words"),
    [
        (Finding.SMALL, {"size": 0.31}, "it spans 31 % of the canvas"),
        (Finding.LARGE, {"size": 0.95}, "it spans 95 % of the canvas"),
        (Finding.OFF_CENTRE, {"off": (-0.3, 0.02)}, "its middle lies 30 % to the left."),
        (Finding.OFF_CENTRE, {"off": (0.1, -0.2)}, "its middle lies 10 % to the right and 20 % up."),
        (Finding.THIN, {"pen": 0.9}, "0.9 px wide, MNIST's 1.6 to 3.9"),
        (Finding.THICK, {"pen": 5.25}, "5.2 px wide, MNIST's 1.6 to 3.9"),
        (Finding.TILTED, {"lean": -31.0}, "it leans 31° to the left"),
    ],
)
def test_every_finding_is_said_with_its_figure(finding, changes, words):
    measures = replace(USUAL, **changes)
    assert finding in measures.findings
    assert words in finding_in_words(finding, measures)
