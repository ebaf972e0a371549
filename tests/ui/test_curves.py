"""Lines of learning curves: few enough points for a browser, whatever was logged."""

from itertools import pairwise

import pytest

from ui.training.curve import MAX_POINTS, thin


@pytest.mark.parametrize("count", [0, 1, 750, 1000])
def test_a_line_of_a_training_is_drawn_whole(count):
    assert thin(range(count)) == list(range(count))


@pytest.mark.parametrize("count", [1001, 1999, 5000, 70_001])
def test_a_longer_line_is_thinned_to_its_last_point(count):
    thinned = thin(range(count))
    assert MAX_POINTS / 2 <= len(thinned) <= MAX_POINTS
    assert thinned[-1] == count - 1
    assert len({after - before for before, after in pairwise(thinned)}) == 1
