"""Alphabets: their order, and what no card may call a class."""

import pytest

from mnist_core.alphabets import (
    ALPHABETS,
    CHARACTERS,
    DIGITS,
    check_classes,
    describe_alphabet,
    find_twins,
    look_alike,
    noun_of,
    thing_of,
    with_article,
    with_shapes,
)


def test_characters_are_in_the_order_of_emnist_balanced():
    """As emnist-balanced-mapping.txt has them: class number and code of the character."""
    codes = [*range(48, 58), *range(65, 91), 97, 98, 100, 101, 102, 103, 104, 110, 113, 114, 116]
    assert [ord(name) for name in CHARACTERS] == codes
    assert len(CHARACTERS) == 47


def test_everything_begins_with_the_characters_and_names_each_class_once():
    everything = ALPHABETS["everything"]
    assert everything[:47] == CHARACTERS
    assert all(check_classes(alphabet) == alphabet for alphabet in ALPHABETS.values())


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["a"], "1 classes"),
        ([str(number) for number in range(10_000)], "10,000 classes"),
        (["a", "b", "a"], "found a twice"),
        (["a", ""], "found ''"),
        (["a", "b\u202ec"], "printable"),
        (["a", "b\n"], "printable"),
        (["a", " b"], "no space around"),
        (["a", "x" * 21], "1 to 20"),
        (["a", 7], "found '7'"),
    ],
)
def test_classes_that_cannot_be_are_refused_with_a_reason(names, reason):
    with pytest.raises(ValueError, match=reason):
        check_classes(names)


def test_markup_in_a_name_is_a_name():
    assert check_classes(["<b>", "**x**"]) == ("<b>", "**x**")


def test_twins_are_those_of_the_alphabet_alone():
    def twins_of(name, classes):
        return [classes[number] for number in find_twins(classes)[classes.index(name)].nonzero()[0]]

    assert twins_of("O", CHARACTERS) == ["0", "O"]
    assert twins_of("q", CHARACTERS) == ["9", "g", "q"]
    assert twins_of("0", DIGITS) == ["0"]
    assert twins_of("K", CHARACTERS) == ["K"]


def test_names_look_alike_where_they_are_one_or_twins():
    assert [look_alike("O", other) for other in ("O", "0", "Q", "9")] == [True, True, False, False]
    assert look_alike("g", "q")
    assert not look_alike("1", "7")


def test_each_alphabet_has_its_noun():
    nouns = {name: noun_of(classes) for name, classes in ALPHABETS.items()}
    assert nouns == {
        "digits": "digit",
        "characters": "character",
        "signs": "character",
        "everything": "character",
        "clothes": "picture",
    }


@pytest.mark.parametrize(
    ("article", "names"),
    [
        ("a", [*"012345679", *"BCDGJKPQTUVWYZ", *"bdgqt", *"+−×÷()[]<>?#%/", "-", "17"]),
        ("an", [*"8", *"AEFHILMNORSX", *"aefhnr", *"=!@&*←→↑↓", "11", "18", "80"]),
        ("a", ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Unicorn"]),
        ("an", ["Ankle boot", "Umbrella", "X-ray", "elephant"]),
    ],
)
def test_the_article_is_that_of_the_name_as_it_is_pronounced(article, names):
    assert [with_article(name) for name in names] == [f"{article} {name}" for name in names]


def test_what_a_model_reads_is_said_in_a_few_words():
    said = {describe_alphabet(alphabet): thing_of(alphabet) for alphabet in ALPHABETS.values()}
    assert said == {
        "digits": "digit",
        "letters and digits": "character",
        "signs": "character",
        "letters, digits and signs": "character",
        "clothes": "piece of clothing",
    }
    assert (describe_alphabet(("a", "b", "c")), thing_of(("a", "b", "c"))) == ("3 characters", "character")
    assert (describe_alphabet(("cat", "dog")), thing_of(("cat", "dog"))) == ("2 pictures", "known picture")


def test_a_class_is_shown_with_the_shapes_that_count_as_it():
    assert [with_shapes(name, CHARACTERS) for name in "CAa7"] == ["C (c)", "A", "a", "7"]
    assert with_shapes("C", ("C", "c")) == "C"
