import numpy as np
import pytest

from mnist_core.prediction import Prediction, Verdict
from ui.words import duration, percent, score_in_words, verdict_in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (4.6, "5 s"), (59, "59 s"), (61, "1 min"), (135, "2 min 10 s"), (659, "10 min"), (3900, "1 h 5 min")],
)
def test_a_duration_is_said_as_exactly_as_it_can_be_known(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [
        *((1.0, "over 99.9 %"), (0.99991, "over 99.9 %"), (0.999, "99.9 %"), (0.9871, "98.7 %"), (0.93, "93 %")),
        *((0.505, "50 %"), (0.02, "2 %"), (0.0123, "1.2 %"), (0.0004, "under 0.1 %"), (0.0, "under 0.1 %")),
    ],
)
def test_a_share_is_never_said_as_a_certainty(share, words):
    assert percent(share) == words


def test_an_unsure_verdict_names_both_candidates():
    shares = np.full(10, 0.01)
    shares[[4, 9]] = 0.5, 0.42
    assert verdict_in_words(Prediction(shares, Verdict.UNSURE)) == "Unsure: it could be a 4 or a 9."


@pytest.mark.parametrize("verdict", Verdict)
def test_every_doubt_has_its_words(verdict):
    words = verdict_in_words(Prediction(np.full(10, 0.1), verdict))
    assert bool(words) == (verdict is not Verdict.SURE)


def test_a_model_without_a_judgement_is_said_to_have_none():
    assert score_in_words(None) == "It has not been judged on the test digits."
