"""Letters and signs that a program writes, and what is none of them."""

import numpy as np
import pytest

from mnist_core.alphabets import CHARACTERS, DIGITS, MERGED, SIGNS
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.preprocessing.raster import as_bytes, centre_by_mass
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.synthetic.character_styles import CHARACTER_STYLES, SIGN_STYLES
from mnist_core.synthetic.digit_styles import STYLES, Style
from mnist_core.synthetic.generate import PEN_WIDTH, draw, non_characters, synthetic_characters
from mnist_core.synthetic.handwriting import Hand
from mnist_core.synthetic.non_characters import ALIKE, non_character_shapes
from mnist_core.synthetic.skeletons.capitals import CAPITALS
from mnist_core.synthetic.skeletons.notation import written
from mnist_core.synthetic.skeletons.small_letters import SMALL_LETTERS
from mnist_core.synthetic.textures import Texture
from tests.support.writing import assert_a_pen_can_draw, assert_fills_the_frame

EVERYTHING = CHARACTERS + SIGNS
NEW_STYLES = tuple(style for style in (*CHARACTER_STYLES, *SIGN_STYLES) if style not in STYLES)
every_class = pytest.mark.parametrize("name", sorted({style.label for style in NEW_STYLES}))


def styles_of(name: str) -> list[Style]:
    return [style for style in NEW_STYLES if style.label == name]


def hand(seed: int = 0) -> Hand:
    return Hand(np.random.default_rng(seed))


def write(style: Style, count: int, seed: int = 5) -> np.ndarray:
    """Write characters in one style → `(count, 28, 28)`, ink 1."""
    generator = np.random.default_rng(seed)
    images = [as_bytes(digit_from_strokes(draw(style, generator), PEN_WIDTH)) for _ in range(count)]
    return np.stack(images).astype(np.float32) / np.float32(255)


def test_every_class_has_styles_and_every_style_a_name_of_its_own():
    assert {style.label for style in CHARACTER_STYLES} == set(CHARACTERS)
    assert {style.label for style in SIGN_STYLES} == set(SIGNS)
    names = [str(style) for style in (*CHARACTER_STYLES, *SIGN_STYLES)]
    assert len(set(names)) == len(names)
    assert CHARACTER_STYLES[: len(STYLES)] == STYLES


def test_every_letter_is_written_large_and_small():
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert "".join(CAPITALS) == letters
    assert "".join(SMALL_LETTERS) == letters.lower().replace("o", "")  # an o is an O


@pytest.mark.parametrize("small", sorted(set(MERGED) - {"o"}))
def test_a_class_of_two_letters_is_written_as_either_alike(small):
    of_class = [style for style in CHARACTER_STYLES if style.label == MERGED[small]]
    as_small = [style.weight for style in of_class if style.name.startswith(f"{small} ")]
    assert sum(as_small) == pytest.approx(sum(style.weight for style in of_class) / 2)


def test_a_style_of_a_digit_says_which_and_no_other_does():
    assert {style.digit for style in STYLES} == set(range(10))
    with pytest.raises(ValueError, match="'A'"):
        _ = next(style for style in CHARACTER_STYLES if style.label == "A").digit


def test_a_seed_decides_every_pixel():
    some, again, other = (synthetic_characters(400, seed, EVERYTHING) for seed in (3, 3, 4))
    assert (again.images == some.images).all()
    assert (again.labels == some.labels).all()
    assert not (other.images == some.images).all(axis=(1, 2)).any()


@pytest.mark.parametrize("classes", [DIGITS, CHARACTERS, SIGNS, EVERYTHING, ("b", "a", "?")])
def test_there_are_as_many_of_each_class_in_no_order(classes):
    some = synthetic_characters(3 * len(classes), 1, classes)
    assert some.images.shape == (3 * len(classes), 28, 28)
    assert some.images.dtype == np.uint8
    assert some.labels.dtype == np.int64
    assert np.bincount(some.labels, minlength=len(classes)).tolist() == [3] * len(classes)
    assert (np.diff(some.labels) < 0).any()


def test_a_label_is_the_place_of_its_class():
    lying, standing = (
        pixels.any(1).sum(1) / pixels.any(2).sum(1)
        for pixels in (of_class(("−", "!"), label) > 0.1 for label in (0, 1))
    )
    assert (lying > 2).mean() > 0.9
    assert (standing < 0.8).mean() > 0.9
    turned = of_class(("!", "−"), 1) > 0.1
    assert ((turned.any(1).sum(1) / turned.any(2).sum(1)) > 2).mean() > 0.9


def of_class(classes: tuple[str, ...], label: int) -> np.ndarray:
    some = synthetic_characters(60, 2, classes)
    return some.pixels[some.labels == label]


def test_a_class_without_styles_is_refused():
    with pytest.raises(ValueError, match="classes: found Trouser, expected"):
        synthetic_characters(5, 0, ("A", "Trouser"))


def test_something_is_asked_before_each_is_written():
    class EnoughError(Exception):
        pass

    asked = []

    def before_each() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise EnoughError

    for write_some in (synthetic_characters, non_characters):
        asked.clear()
        with pytest.raises(EnoughError):
            write_some(9, 0, CHARACTERS, before_each=before_each)


@every_class
def test_strokes_are_what_a_pen_can_draw(name):
    generator = np.random.default_rng(1)
    for style in 3 * styles_of(name):
        strokes = draw(style, generator)
        assert 1 <= len(strokes) <= 7, style
        for stroke in strokes:
            assert_a_pen_can_draw(stroke)
            assert (np.asarray(stroke) > 0).all(), style
            assert (np.asarray(stroke) < 280).all(), style


@every_class
def test_a_style_fills_the_frame_and_is_never_the_same(name):
    for style in styles_of(name):
        pixels = write(style, 4)
        for each in pixels:
            assert_fills_the_frame(each)
            assert 0.03 < each.mean() < 0.33, style
            assert (centre_by_mass(each) == each).all(), style
        flat = pixels.reshape(4, -1)
        apart = np.linalg.norm(flat[:, None] - flat, axis=2)[np.triu_indices(4, 1)]
        assert apart.min() > 0.25, style
        assert np.median(apart) > 3, style


@every_class
def test_a_skeleton_stays_near_its_box(name):
    for seed, style in enumerate(5 * styles_of(name)):
        points = np.concatenate([np.array(stroke) for stroke in style.build(hand(seed))])
        assert points.min() > -0.9, style
        assert points[:, 0].max() < 2.4, style  # a wide w that goes on to the right
        assert points[:, 1].max() < 1.4, style


@pytest.mark.parametrize(
    "classes", [CHARACTERS, EVERYTHING, DIGITS + SIGNS], ids=["characters", "everything", "digits"]
)
def test_what_is_none_is_labelled_so_and_decided_by_the_seed(classes):
    some, again, other = (non_characters(300, seed, classes) for seed in (3, 3, 4))
    assert some.images.shape == (300, 28, 28)
    assert some.labels.tolist() == [NOT_A_DIGIT] * 300
    assert (again.images == some.images).all()
    assert not (other.images == some.images).all(axis=(1, 2)).any()


@pytest.mark.parametrize(
    "classes", [CHARACTERS, EVERYTHING, DIGITS + SIGNS], ids=["characters", "everything", "digits"]
)
def test_what_is_none_holds_no_class_and_nothing_alike(classes):
    shapes = non_character_shapes(classes)
    builders = {shape.build for shape in shapes if not isinstance(shape, Texture)}
    alike = {name for row in ALIKE if set(row) & set(classes) for name in row} | set(classes)
    for style in (*CHARACTER_STYLES, *SIGN_STYLES):
        assert (style.build in builders) == (style.label not in alike), str(style)
    assert len({str(shape) for shape in shapes}) == len(shapes)
    assert sum(isinstance(shape, Texture) for shape in shapes) > 5


def test_what_is_none_can_be_drawn():
    generator = np.random.default_rng(0)
    for shape in non_character_shapes(CHARACTERS):
        if not isinstance(shape, Texture):
            for _ in range(5):
                for stroke in draw(shape, generator):
                    assert_a_pen_can_draw(stroke)


# ------------------------------------------------------------------------------------------------------- notation


def test_a_way_is_written_near_its_points():
    for seed in range(20):
        bar, ring = written("0,50 60,50 / @30,50,60,100,0,360", widths=(1, 1))(hand(seed))
        assert np.array(bar) == pytest.approx(np.array([[0, 0.5], [0.6, 0.5]]), abs=0.4)
        far = np.hypot(*((np.array(ring) - (0.3, 0.5)) / (0.3, 0.5)).T)
        assert far == pytest.approx(1, abs=0.7)


def test_a_corner_stands_twice_and_an_end_that_is_met_stays_there():
    for seed in range(20):
        roof, bar = written("0,100 30,0! 60,100 / 30,0 30,60")(hand(seed))
        assert len(roof) == 4
        assert roof[1] == roof[2] == bar[0]


def test_half_of_the_samples_leave_out_what_they_may():
    build = written("0,0 50,0 ?90,0 /? 0,50 50,50")
    built = [build(hand(seed)) for seed in range(400)]
    assert np.mean([len(strokes[0]) == 3 for strokes in built]) == pytest.approx(0.5, abs=0.1)
    assert np.mean([len(strokes) == 2 for strokes in built]) == pytest.approx(0.5, abs=0.1)


def test_script_leads_in_from_the_left_and_out_to_the_right():
    build = written("< 0,0 30,100 >", widths=(1, 1))
    longer = [stroke for seed in range(200) for (stroke,) in [build(hand(seed))] if len(stroke) > 2]
    assert 60 < len(longer) < 190
    assert min(stroke[0][0] for stroke in longer) < -0.2
    assert max(stroke[-1][0] for stroke in longer) > 0.5


@pytest.mark.parametrize("notation", ["0,0 50", "@1,2,3", "0,0 x,y"])
def test_what_is_no_notation_is_refused(notation):
    with pytest.raises(ValueError, match=r"found|could not"):
        written(notation)
