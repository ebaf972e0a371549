import numpy as np
import pytest

from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.preprocessing.raster import centre_by_mass
from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.generate import non_digits
from mnist_core.synthetic.non_digits import NON_DIGITS
from mnist_core.synthetic.textures import TEXTURES

every_texture = pytest.mark.parametrize("texture", TEXTURES, ids=str)


def named(name):
    return next(texture for texture in TEXTURES if texture.name == name)


def paint(name, count=60):
    return non_digits(count, 5, [named(name)]).pixels


def test_a_seed_decides_every_pixel_and_none_is_labelled_as_a_digit():
    some, again, other = (non_digits(200, seed, TEXTURES) for seed in (3, 3, 4))
    assert (again.images == some.images).all()
    assert not (other.images == some.images).all(axis=(1, 2)).any()
    assert some.images.shape == (200, 28, 28)
    assert some.images.dtype == np.uint8
    assert set(some.labels) == {NOT_A_DIGIT}


def test_they_are_a_part_of_what_is_taught_as_no_digit():
    assert len({str(each) for each in (*TEXTURES, *NON_DIGITS, *STYLES)}) == len((*TEXTURES, *NON_DIGITS, *STYLES))
    taught = non_digits(1500, seed=8).pixels
    touching = (taught[:, [0, -1], :].max((1, 2)) > 0.2) & (taught[:, :, [0, -1]].max((1, 2)) > 0.2)
    assert 0.03 < touching.mean() < 0.15  # what is written never reaches the rim


@every_texture
def test_a_texture_has_ink_is_centred_and_never_the_same(texture):
    pixels = non_digits(60, 5, [texture]).pixels
    for each in pixels:
        assert each.sum() > 3
        assert (centre_by_mass(each) == each).all()
    flat = pixels.reshape(60, -1)
    apart = np.linalg.norm(flat[:, None] - flat, axis=2)[np.triu_indices(60, 1)]
    assert np.median(apart) > 4


def test_some_fill_the_picture_and_some_a_part_of_20_pixels():
    for name in ("field", "checkers", "noise"):
        rows, columns = (
            np.array([np.ptp(np.flatnonzero(each)) for each in paint(name).max(axis) > 0.05]) + 1 for axis in (2, 1)
        )
        spans = np.maximum(rows, columns)
        assert 0.2 < (spans > 20).mean() < 0.6
        assert (spans == 20).mean() > 0.3


def test_a_field_is_even_and_a_rim_is_dark_outside():
    clean = [each for each in paint("field") if each.min() == each.max()]
    assert len(clean) >= 10
    assert len({each.max() for each in clean}) >= 4
    framed = paint("rim")
    assert (framed[:, [0, -1], 14].max(1) > framed[:, 14, 14]).mean() > 0.9


def test_hardly_a_stripe_is_alone():
    counts = [
        max(
            (np.diff((each > each.max() / 2).astype(int), axis=axis, prepend=0) == 1).sum(axis).max() for axis in (0, 1)
        )
        for each in paint("stripes", 200)
        if each.std() > 0.3
    ]
    assert len(counts) > 30
    assert (np.array(counts) >= 2).mean() > 0.9


def test_textures_are_painted_by_their_weight():
    shares = [texture.weight / sum(each.weight for each in TEXTURES) for texture in TEXTURES]
    assert sum(shares) == pytest.approx(1)
    light, dark = named("speckles"), named("field")
    only = non_digits(400, 1, [light, dark])
    level = only.pixels.reshape(400, -1).std(1) == 0
    assert 0.05 < level.mean() < 0.4
