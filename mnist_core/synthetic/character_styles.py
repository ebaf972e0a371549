"""The ways the world writes its letters and signs, beside those of its digits.

A class of an alphabet has the shapes of all that it counts as: "C" those of C and those of c, each half of the time.
"""

from __future__ import annotations

from collections.abc import Sequence

from mnist_core.alphabets import MERGED
from mnist_core.synthetic.digit_styles import STYLES, Style
from mnist_core.synthetic.skeletons.capitals import CAPITALS, Way
from mnist_core.synthetic.skeletons.notation import written
from mnist_core.synthetic.skeletons.signs import SIGNS
from mnist_core.synthetic.skeletons.small_letters import SMALL_LETTERS


def _styles(character: str, ways: Sequence[Way]) -> tuple[Style, ...]:
    """Return the ways to write a character, under the class that it counts as; their weights add up to 1."""
    label, total = MERGED.get(character, character), sum(way.weight for way in ways)
    prefix = "" if label == character else f"{character} "
    return tuple(Style(label, prefix + way.name, way.weight / total, written(way.strokes)) for way in ways)


_letters = (*CAPITALS.items(), *SMALL_LETTERS.items())
CHARACTER_STYLES = STYLES + tuple(style for letter, ways in _letters for style in _styles(letter, ways))
SIGN_STYLES = tuple(style for sign, ways in SIGNS.items() for style in _styles(sign, ways))
