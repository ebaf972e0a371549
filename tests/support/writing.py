"""What must hold of all that is written by a program, digit or not, shared by the tests of both."""

import numpy as np
from numpy.typing import NDArray


def assert_a_pen_can_draw(stroke: NDArray[np.floating]) -> None:
    """A stroke of canvas pixels has two points or more, all of them numbers, and no leaps."""
    assert np.isfinite(stroke).all()
    assert len(stroke) >= 2
    assert np.hypot(*np.diff(stroke, axis=0).T).max() < 30


def assert_fills_the_frame(pixels: NDArray[np.floating]) -> None:
    """The ink of `(28, 28)` spans 20 pixels on its longer side."""
    rows, columns = ((pixels > 0.1).any(axis) for axis in (1, 0))
    assert max(np.ptp(np.flatnonzero(rows)), np.ptp(np.flatnonzero(columns))) + 1 == 20
