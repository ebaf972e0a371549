import numpy as np
import pytest

from mnist_core.alphabets import CHARACTERS
from mnist_core.model.prediction import Prediction, Verdict
from ui.draw.all_models import Voice, describe_agreement


def voice(name, digit):
    if digit == "?":
        return Voice(name, Prediction(np.full(10, 0.1), Verdict.NOT_A_DIGIT))
    return Voice(name, Prediction(np.eye(10)[digit], Verdict.SURE) if digit is not None else None)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"a": 7}, "The only model answers 7."),
        ({"a": 7, "b": 7}, "Both models answer 7."),
        ({"a": 7, "b": 7, "c": 7, "d": 7}, "All four models answer 7."),
        ({"a": 7, "b": 7, "c": 1, "d": 7}, "Three of four models answer 7; c answers 1."),
        ({"a": 1, "b": 7, "c": 7, "d": 7}, "Three of four models answer 7; a answers 1."),
        ({"a": 1, "b": 7, "c": 7, "d": 1, "e": 7}, "Three of five models answer 7; a and d answer 1."),
        ({"a": 1, "b": 7, "c": 9}, "One of three models answers 1; b answers 7; c answers 9."),
        ({"a": 7, "b": None, "c": 7}, "Both models answer 7; b gives no answer."),
        ({"a": 7, "b": None}, "The only model answers 7; b gives no answer."),
        ({"a": None}, "No model answers."),
        ({"a": 7, "b": "?", "c": 7}, "Two of three models answer 7; b takes it for no digit."),
        ({"a": "?", "b": 0}, "One of two models answers 0; a takes it for no digit."),
        ({"a": "?", "b": "?"}, "No model takes it for one digit."),
        ({str(name): 3 for name in range(12)}, "All 12 models answer 3."),
    ],
)
def test_a_sentence_says_who_agrees(answers, sentence):
    assert describe_agreement([voice(name, digit) for name, digit in answers.items()]) == sentence


def test_models_of_another_alphabet_are_told_by_their_names():
    def reads(name, answer):
        return Voice(name, Prediction(np.eye(47)[CHARACTERS.index(answer)], Verdict.SURE, classes=CHARACTERS))

    said = describe_agreement([reads("a", "R"), reads("b", "R"), reads("c", "B")], " of letters and digits")
    assert said == "Two of three models of letters and digits answer R; c answers B."
    forged = Prediction(np.eye(2)[0], Verdict.SURE, classes=("**x**", "y"))
    assert describe_agreement([Voice("a", forged)]) == r"The only model answers \*\*x\*\*."
