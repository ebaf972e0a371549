"""What people draw that is none of an alphabet's characters: other scripts, figures, scribbles, and what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, radians, sin

from mnist_core.alphabets import TWINS
from mnist_core.preprocessing.raster import Point
from mnist_core.synthetic.character_styles import CHARACTER_STYLES, SIGN_STYLES
from mnist_core.synthetic.digit_styles import Style
from mnist_core.synthetic.handwriting import Hand, Points
from mnist_core.synthetic.non_digits import NON_DIGITS, NonDigit
from mnist_core.synthetic.skeletons.notation import written
from mnist_core.synthetic.skeletons.other_scripts import FIGURES, OTHER_SCRIPTS
from mnist_core.synthetic.textures import TEXTURES, Texture

# What may be taken for one another, beside the twins: who knows only one of a row is not asked about the others.
ALIKE = (
    *TWINS,
    *(("×", "X"), ("+", "t"), ("(", "C"), ("/", "1", "I", "L"), (")", "1", "I", "J"), ("[", "C", "I", "L"), ("]", "J")),
    *(("−", "1", "I", "L"), ("!", "I"), ("<", "C", "L"), ("↑", "T"), ("↓", "J"), ("?", "2"), ("@", "Q")),
    *(("6", "b", "G"), ("8", "B"), ("0", "D", "Q"), ("4", "Y"), ("7", "T"), ("&", "8"), ("÷", "I"), ("=", "Z")),
)
KEPT = ("heart", "star", "spiral", "face", "wave", "scribble", "strokes at random")
SCRIPTS, FIGURES_SHARE, FOREIGN, OVERLAID = 12.0, 4.0, 6.0, 4.0  # weights, as scribbles have 6


def non_character_shapes(classes: Sequence[str]) -> tuple[NonDigit | Texture, ...]:
    """Return what is none of the classes, each with how often it is drawn: shapes by strokes, and textures."""
    known = [style for style in (*CHARACTER_STYLES, *SIGN_STYLES) if style.label in classes]
    alike = {name for row in ALIKE if set(row) & set(classes) for name in row}
    foreign = [
        style for style in (*CHARACTER_STYLES, *SIGN_STYLES) if style.label not in classes and style.label not in alike
    ]
    foreign_weight = sum(style.weight for style in foreign)
    return (
        *(NonDigit(name, SCRIPTS / len(OTHER_SCRIPTS), written(strokes)) for name, strokes in OTHER_SCRIPTS.items()),
        *(NonDigit(name, FIGURES_SHARE / len(FIGURES), written(strokes)) for name, strokes in FIGURES.items()),
        *(NonDigit(str(style), FOREIGN * style.weight / foreign_weight, style.build) for style in foreign),
        *(shape for shape in NON_DIGITS if shape.name in KEPT),
        NonDigit("characters overlaid", OVERLAID, _overlaid(known)),
        NonDigit("characters in a row", OVERLAID / 2, _in_a_row(known)),
        *TEXTURES,
    )


def _overlaid(known: Sequence[Style]) -> Callable[[Hand], list[Points]]:
    """Two characters over one another, one of them turned by any angle."""

    def build(hand: Hand) -> list[Points]:
        angle, size = radians(hand.between(0, 360)), hand.between(0.7, 1.2)
        right, down = 0.35 + hand.between(-0.3, 0.3), 0.5 + hand.between(-0.3, 0.3)
        along, across = size * cos(angle), size * sin(angle)

        def turned(x: float, y: float) -> Point:
            x, y = x - 0.35, y - 0.5  # the middle of most
            return x * along - y * across + right, x * across + y * along + down

        return _one_of(known, hand) + [[turned(*point) for point in stroke] for stroke in _one_of(known, hand)]

    return build


def _in_a_row(known: Sequence[Style]) -> Callable[[Hand], list[Points]]:
    """Three or four characters beside one another, as a word has them."""

    def build(hand: Hand) -> list[Points]:
        strokes: list[Points] = []
        for _ in range(int(hand.between(3, 5))):
            right = max((x for stroke in strokes for x, _ in stroke), default=0.0) + hand.between(0.1, 0.3)
            strokes += [[(x + right, y) for x, y in stroke] for stroke in _one_of(known, hand)]
        return strokes

    return build


def _one_of(known: Sequence[Style], hand: Hand) -> list[Points]:
    return known[int(hand.between(0, len(known)))].build(hand)
