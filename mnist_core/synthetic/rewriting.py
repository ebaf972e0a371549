"""A drawing written again by the same hand: its strokes bent anew, so that a few drawings show what many would."""

from __future__ import annotations

import numpy as np

from mnist_core.preprocessing.raster import Strokes
from mnist_core.preprocessing.strokes import read_strokes
from mnist_core.synthetic.handwriting import Hand, bend, trace


def rewrite(strokes: Strokes, pen_width: float, generator: np.random.Generator) -> Strokes:
    """Write strokes again in their place, turned, slanted, stretched, bent and jittered as chance has it."""
    arrays = read_strokes(strokes, pen_width)
    points = np.concatenate(arrays)
    low, high = points.min(0), points.max(0)
    side = max((high - low).max(), pen_width)  # a dot stays one
    hand = Hand(generator)
    written = bend([(stroke - low) / side for stroke in arrays], hand, slant=0.0)
    return [stroke * side + low for stroke in trace(written, hand)]
