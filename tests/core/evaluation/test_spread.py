from math import isnan

import pytest

from mnist_core.evaluation.spread import p_value, summarise


def test_mean_and_deviation_are_those_of_a_textbook():
    spread = summarise([0.2, 0.4, 0.4, 0.4, 0.5, 0.5, 0.7, 0.9])  # of whose tenths the squares add up to 32
    assert spread.mean == pytest.approx(0.5)
    assert spread.deviation == pytest.approx((0.32 / 7) ** 0.5)
    assert str(spread) == "50.00 ± 21.38 %, n = 8"


def test_a_single_training_has_no_spread():
    spread = summarise([0.9925])
    assert isnan(spread.deviation)
    assert str(spread) == "99.25 %, n = 1"


def test_welchs_test_gives_what_it_is_known_to_give():
    """For means 20.82 and 22.98, t = -2.46 and 24.99 degrees of freedom, the example of its article in Wikipedia."""
    one = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
    other = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4]
    assert p_value(one, other) == pytest.approx(0.021, abs=0.0005)
    assert p_value(other, one) == p_value(one, other)


@pytest.mark.parametrize(("one", "other"), [([0.9], [0.8, 0.7]), ([], [0.8, 0.7]), ([0.9, 0.9], [0.8, 0.8])])
def test_nothing_is_said_where_nothing_can_be_told(one, other):
    assert p_value(one, other) is None
