"""Alphabets: the classes that a model tells apart, by name and in order. An alphabet is data, and a card carries it.

A class may have several shapes: EMNIST Balanced counts c and C as one, for they look alike, but a and A as two.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DIGITS = tuple("0123456789")
CHARACTERS = (*DIGITS, *"ABCDEFGHIJKLMNOPQRSTUVWXYZ", *"abdefghnqrt")  # EMNIST Balanced, Cohen et al. 2017
SIGNS = (*"+−×÷=()[]<>?!#%&@*/", *"←→↑↓")
CLOTHES = (  # Fashion-MNIST, Xiao et al. 2017
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
ALPHABETS = {
    "digits": DIGITS,
    "characters": CHARACTERS,
    "signs": SIGNS,
    "everything": CHARACTERS + SIGNS,
    "clothes": CLOTHES,
}
# Classes that nobody can tell apart by their shape alone: l, a shape of L, is a stroke, as 1 and I are.
TWINS = (("0", "O"), ("1", "I", "L"), ("2", "Z"), ("5", "S"), ("9", "g", "q"))
MERGED = {letter: letter.upper() for letter in "cijklmopsuvwxyz"}  # how EMNIST Balanced counts them

MAX_CLASSES = 100
MAX_CLASS_NAME = 20  # characters


def check_classes(names: Sequence[object]) -> tuple[str, ...]:
    """Return the names of classes as they are; raises `ValueError` where they cannot be those of an alphabet."""
    if not 2 <= len(names) <= MAX_CLASSES:
        raise ValueError(f"found {len(names):,} classes, expected 2 to {MAX_CLASSES}")
    for name in names:
        check_class(name)
    if doubled := sorted({str(name) for name in names if list(names).count(name) > 1}):
        raise ValueError(f"found {', '.join(doubled)} twice, expected each class once")
    return tuple(map(str, names))


def check_class(name: object) -> str:
    """Return a class's name as it is; raises `ValueError` where it cannot be one."""
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_CLASS_NAME or not name.isprintable():
        raise ValueError(f"found {str(name)[:40]!r}, expected 1 to {MAX_CLASS_NAME} printable characters a class")
    if name != " ".join(name.split()):
        raise ValueError(f"found the class {name!r}, expected no space around it, and single ones within")
    return name


@lru_cache
def find_twins(classes: tuple[str, ...]) -> NDArray[np.bool_]:
    """Tell of each two classes of an alphabet whether they look alike: `(K, K)`, each being its own twin."""
    alike = np.array([[look_alike(name, other) for other in classes] for name in classes])
    alike.flags.writeable = False
    return alike


def look_alike(name: str, other: str) -> bool:
    """Tell whether two names are one class, or of classes that nobody can tell apart."""
    return name == other or any(name in twins and other in twins for twins in TWINS)


def merged_into(name: str, classes: Sequence[str]) -> tuple[str, ...]:
    """Return the other shapes that count as a class: c for C, where c is none of its own."""
    return tuple(shape for shape, other in MERGED.items() if other == name and shape not in classes)


def with_shapes(name: str, classes: Sequence[str]) -> str:
    """Return a class's name with the other shapes that count as it: "C (c)"."""
    shapes = merged_into(name, classes)
    return f"{name} ({', '.join(shapes)})" if shapes else name


def noun_of(classes: Sequence[str]) -> str:
    """Return what one thing of an alphabet is called: a digit, a character, or a picture."""
    if classes == DIGITS:
        return "digit"
    return "character" if all(len(name) == 1 for name in classes) else "picture"


def thing_of(classes: Sequence[str]) -> str:
    """Return what a thing is not that a model refuses: a digit, a character, a piece of clothing."""
    if classes == CLOTHES:
        return "piece of clothing"
    noun = noun_of(classes)
    return "known picture" if noun == "picture" else noun


def one_of(classes: Sequence[str]) -> str:
    """Return what there is to be written or shown for a model, in the singular: "letter or digit", "sign"."""
    if classes == CHARACTERS:
        return "letter or digit"
    if classes == SIGNS:
        return "sign"
    if classes == CHARACTERS + SIGNS:
        return "letter, digit or sign"
    return "thing" if classes != CLOTHES and noun_of(classes) == "picture" else thing_of(classes)


def describe_alphabet(classes: Sequence[str]) -> str:
    """Say in a few words what a model reads: "letters and digits", "clothes", "12 pictures"."""
    said = {"characters": "letters and digits", "everything": "letters, digits and signs"}
    name = next((name for name, known in ALPHABETS.items() if classes == known), None)
    return said.get(name, name) if name else f"{len(classes)} {noun_of(classes)}s"


def with_article(name: str) -> str:
    """Put the article before the name of a class, as it is pronounced: "a U", "an F", "an 8", "an Ankle boot"."""
    first = name.split("-")[0].split("/")[0]
    if len(first) == 1:
        is_vowel = first.lower() in "aefhilmnorsx8=!*@&←→↑↓"  # an ef, an equals sign, an ampersand, an arrow
    elif first.isdecimal():
        is_vowel = first.startswith("8") or first in ("11", "18")
    else:
        is_vowel = first.lower().startswith(tuple("aeiou")) and not first.lower().startswith(
            ("uni", "use", "eu", "one")
        )
    return f"{'an' if is_vowel else 'a'} {name}"
