"""Several characters in a line: in a number all are digits, in a word all are letters, else each is what it is."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core.alphabets import ALPHABETS, CHARACTERS, CLOTHES, DIGITS, SIGNS
from mnist_core.model.number import (
    Number,
    NumberDigit,
    in_context,
    read_number,
    read_number_in_image,
    reads_lines,
    restrict,
)
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.preprocessing.segmentation import Box
from mnist_core.store.models import load_light_model, load_model
from tests.support.alphabets import in_a_line, save_characters, save_model

PEN_WIDTH = 18


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    save_characters(folder)
    save_model(folder, "signs", SIGNS)
    save_model(folder, "clothes", CLOTHES)
    return folder


@pytest.fixture(scope="module")
def letters(models_dir):
    return load_model("letters", models_dir)


def answered(**shares):
    """An answer of these shares, of the class that follows an underscore where Python allows no digit at first."""
    named = {name.removeprefix("_"): share for name, share in shares.items()}
    rest = (1 - sum(named.values())) / (len(CHARACTERS) - len(named))
    return Prediction(np.array([named.get(name, rest) for name in CHARACTERS]), Verdict.UNSURE, classes=CHARACTERS)


def line_of(*answers):
    ink = np.ones((28, 28), np.float32) * 0.4
    ink[:, ::2] = 0
    return Number(tuple(NumberDigit(ink, answer, [], Box(0, 0, 1, 1)) for answer in answers), 1.0)


@pytest.mark.parametrize(
    ("answers", "text", "context"),
    [
        ([answered(_7=0.9), answered(O=0.6, _0=0.3)], "70", "digits"),
        ([answered(I=0.5, L=0.4), answered(Z=0.9), answered(g=0.4, q=0.5)], "129", "digits"),
        ([answered(H=0.9), answered(_0=0.6, O=0.3), answered(_1=0.6, L=0.2, I=0.1)], "HOL", "letters"),
        ([answered(A=0.9), answered(_7=0.9)], "A7", ""),
        ([answered(A=0.9), answered(_0=0.6, O=0.3), answered(_7=0.9)], "A07", ""),
        ([answered(B=0.6, _8=0.3), answered(_1=0.9)], "B1", ""),
        ([answered(B=0.6, _8=0.3), answered(_1=0.8, I=0.1)], "BI", "letters"),
        ([answered(O=0.6, _0=0.3)], "O", ""),
    ],
)
def test_the_others_decide_between_what_looks_alike(answers, text, context):
    read = in_context(line_of(*answers), 0.0)
    assert (read.text, read.context) == (text, context)
    assert all(part.prediction.probabilities.sum() == pytest.approx(1) for part in read.parts)


def test_beside_what_is_refused_nothing_is_known_of_the_others():
    refused = replace(answered(_7=0.9), verdict=Verdict.NOT_A_DIGIT)
    number = line_of(refused, answered(O=0.6, _0=0.3))
    assert in_context(number, 0.0) is number


def test_a_number_of_a_model_of_digits_stays_the_very_same():
    number = line_of(*[Prediction(np.full(10, 0.1), Verdict.UNSURE)] * 2)
    assert in_context(number, 0.0) is number


def test_what_two_letters_look_like_is_shared_among_them_as_their_own_shares_are():
    shares = restrict(
        answered(_9=0.6, g=0.2, q=0.1).probabilities, np.array([c.isalpha() for c in CHARACTERS]), CHARACTERS
    )
    assert shares[CHARACTERS.index("g")] == pytest.approx(0.6, abs=0.01)
    assert shares[CHARACTERS.index("q")] == pytest.approx(0.3, abs=0.01)
    assert shares[CHARACTERS.index("9")] == 0


@pytest.mark.parametrize(("text", "context"), [("HELLO", "letters"), ("2026", "digits"), ("100", "digits"), ("A7", "")])
def test_a_word_and_a_number_are_read(letters, text, context):
    number = read_number(letters, in_a_line(text), PEN_WIDTH)
    assert (number.text, number.context, number.noun) == (text, context, "character")
    assert [number.parts[0].prediction.classes[digit] for digit in number.digits] == list(text)
    assert 0 < number.confidence <= 1


def test_the_light_model_reads_the_same(letters, models_dir):
    light = load_light_model("letters", models_dir)
    for text in ("HELLO", "100"):
        assert (
            read_number(light, in_a_line(text), PEN_WIDTH).text == read_number(letters, in_a_line(text), PEN_WIDTH).text
        )


def test_which_models_read_lines():
    assert {name: reads_lines(alphabet) for name, alphabet in ALPHABETS.items()} == {
        "digits": True,
        "characters": True,
        "signs": False,
        "everything": True,
        "clothes": False,
    }
    assert reads_lines(DIGITS)


@pytest.mark.parametrize("name", ["signs", "clothes"])
def test_signs_and_pictures_are_read_one_at_a_time(models_dir, name):
    model, strokes = load_model(name, models_dir), in_a_line("==")
    number = read_number(model, strokes, PEN_WIDTH)
    assert len(number.parts) == 1
    points = np.concatenate([np.asarray(stroke) for stroke in strokes])
    assert number.boxes == (Box(*points.min(0).tolist(), *points.max(0).tolist()),)


@pytest.mark.parametrize("name", ["signs", "clothes"])
def test_so_they_are_in_a_picture(models_dir, name):
    picture = Image.new("L", (200, 100), 255)
    pen = ImageDraw.Draw(picture)
    for left in (30, 120):
        pen.line([(left, 20), (left + 30, 80)], 0, 8)
    model = load_model(name, models_dir)
    number = read_number_in_image(model, picture)
    assert len(number.parts) == 1
    assert len(read_number_in_image(load_model("quick"), picture).parts) == 2
