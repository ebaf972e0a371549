import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from mnist_core.data.augmentation import augment, random_field, random_matrices, warp


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def pixels(mnist_train):
    return torch.from_numpy(mnist_train[:2000].pixels).unsqueeze(1)


@pytest.fixture(scope="module")
def blobs():
    """300 round spots of ink at random places, for tests that need no real digits."""
    generator = np.random.default_rng(3)
    x, y = np.meshgrid(np.arange(28), np.arange(28))
    spots = [np.exp(-((x - a) ** 2 + (y - b) ** 2) / 12) for a, b in generator.uniform(10, 18, (300, 2))]
    return torch.tensor(np.array(spots), dtype=torch.float32).unsqueeze(1)


def test_no_strength_gives_the_very_same_tensor(blobs):
    assert augment(blobs, affine=0, elastic=0) is blobs


@pytest.mark.parametrize(("affine", "elastic"), [(1, 0), (0, 2), (1, 2), (2, 4)])
def test_a_bent_digit_has_the_shape_and_range_of_a_digit(blobs, affine, elastic):
    for digits in (blobs, torch.ones_like(blobs)):
        before = digits.clone()
        bent = augment(digits, affine=affine, elastic=elastic)
        assert bent.shape == digits.shape
        assert bent.dtype == torch.float32
        assert bent.min() >= 0
        assert bent.max() <= 1
        assert not torch.allclose(bent, digits, atol=0.1)
        assert torch.equal(digits, before)  # not in place


@pytest.mark.parametrize(("affine", "elastic"), [(1, 0), (0, 2), (1, 2)])
def test_the_same_generator_bends_in_the_same_way(blobs, affine, elastic):
    one, two, other = (augment(blobs, affine=affine, elastic=elastic, generator=seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.allclose(one, other, atol=0.1)


def test_a_generator_leaves_the_global_randomness_alone_and_without_one_it_decides(blobs):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    augment(blobs, affine=1, elastic=2, generator=seeded(1))
    assert torch.equal(torch.get_rng_state(), before)
    one = augment(blobs, affine=1, elastic=2)
    torch.manual_seed(5)
    assert torch.equal(augment(blobs, affine=1, elastic=2), one)


@pytest.mark.parametrize(("affine", "elastic"), [(1, 0), (0, 2)])
def test_each_digit_of_a_batch_is_bent_in_its_own_way(blobs, affine, elastic):
    bent = augment(blobs[:1].expand(50, -1, -1, -1), affine=affine, elastic=elastic)
    for i in range(50):
        apart = (bent - bent[i]).abs().amax((1, 2, 3))
        assert (apart > 0.02).sum() == 49


def test_to_bend_is_to_warp_by_a_random_map_and_field_of_those_strengths_even_under_autocast(blobs):
    generator = seeded(1)
    expected = warp(blobs, random_matrices(300, 0.7, generator), random_field(300, 1.5, generator))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        bent = augment(blobs, affine=0.7, elastic=1.5, generator=seeded(1))
    assert torch.equal(bent, expected)


@pytest.mark.parametrize(
    ("affine", "elastic", "tolerance"),
    [(0.5, 0, 0.02), (1, 0, 0.02), (0, 1, 0.02), (0, 2, 0.03), (1, 1.5, 0.03), (2, 3, 0.08)],
)
def test_the_ink_stays_on_the_paper(pixels, affine, elastic, tolerance):
    bent = augment(pixels, affine=affine, elastic=elastic, generator=seeded(0))
    assert (bent.sum() / pixels.sum()).item() == pytest.approx(1, abs=tolerance)


@pytest.mark.parametrize("rms", [0.5, 2.0, 4.0])
def test_the_field_moves_pixels_as_far_as_asked_at_the_border_too(rms):
    field = random_field(4000, rms, seeded(0))
    lengths = field.square().sum(1).mean(0).sqrt()  # (28, 28)
    assert lengths.square().mean().sqrt().item() == pytest.approx(rms, rel=0.02)
    assert lengths.min().item() == pytest.approx(rms, rel=0.05)
    assert lengths.max().item() == pytest.approx(rms, rel=0.05)


def test_the_field_has_no_favourite_direction():
    field = random_field(4000, 2.0, seeded(0))
    assert field.mean((0, 2, 3)).abs().max() < 0.03
    x, y = field.unbind(1)
    assert x.std().item() == pytest.approx(math.sqrt(2), rel=0.02)  # each axis has half of the square
    assert y.std().item() == pytest.approx(math.sqrt(2), rel=0.02)
    assert abs((x * y).mean().item()) < 0.05


def test_the_field_is_noise_under_a_gaussian_of_4_pixels():
    """Two pixels d apart then correlate as exp(-d² / (4 · 4²)), in the middle, where no border cuts the Gaussian."""
    x = random_field(8000, math.sqrt(2), seeded(0))[:, 0]
    for apart in (1, 4, 8):
        expected = math.exp(-(apart**2) / 64)
        assert (x[:, 14, 10] * x[:, 14, 10 + apart]).mean().item() == pytest.approx(expected, abs=0.05)
        assert (x[:, 10, 14] * x[:, 10 + apart, 14]).mean().item() == pytest.approx(expected, abs=0.05)


def test_the_maps_keep_to_their_ranges():
    identity = torch.eye(2, 3)
    assert torch.allclose(random_matrices(100, 0), identity.expand(100, 2, 3))
    maps = random_matrices(20_000, 1.0, seeded(0)).double()
    assert torch.allclose(maps.mean(0).float(), identity, atol=0.02)  # no favourite direction
    shifts = maps[:, :, 2]
    assert 1.45 < shifts.abs().max() <= 1.5
    angles = torch.atan2(maps[:, 1, 0], maps[:, 0, 0]).rad2deg()  # of the image of the x axis, which shear leaves alone
    assert 11.5 < angles.abs().max() <= 12.1
    areas = torch.det(maps[:, :, :2])
    assert math.exp(-0.24) <= areas.min() < math.exp(-0.23)
    assert math.exp(0.23) < areas.max() <= math.exp(0.2401)
    slants = (maps[:, :, 0] * maps[:, :, 1]).sum(1) / areas  # of the axes' images, per unit of height: shear itself
    assert 0.19 < slants.abs().max() <= 0.2 * math.exp(0.25)


def test_a_known_map_agrees_with_pillow(pixels):
    """Turned by 10°, stretched, slanted and shifted."""
    digits = pixels[:100]
    cos, sin = math.cos(math.radians(10)), math.sin(math.radians(10))
    a, b, c, d, e, f = cos * 1.1, -sin * 0.9 + 0.15, 1.3, sin * 1.1, cos * 0.9, -0.7
    bent = warp(digits, torch.tensor([[a, b, c], [d, e, f]]).expand(100, 2, 3))
    middle = 16  # Pillow counts from the corner, and does not blend with what is beyond it: hence a frame of 2 pixels
    from_corner = (a, b, c + middle * (1 - a - b), d, e, f + middle * (1 - d - e))
    for digit, ours in zip(digits[:, 0].numpy(), bent[:, 0].numpy(), strict=True):
        framed = Image.fromarray(np.pad(digit, 2))
        theirs = framed.transform((32, 32), Image.Transform.AFFINE, from_corner, Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(theirs)[2:-2, 2:-2] - ours).max() < 1e-3


def test_random_maps_agree_with_torchs_own_grid(pixels):
    digits = pixels[:200]
    maps = random_matrices(200, 2.0, seeded(0))
    theta = maps * torch.tensor([1, 1, 1 / 14])  # torch's shift is in halves of the digit
    grid = functional.affine_grid(theta, [200, 1, 28, 28], align_corners=False)
    expected = functional.grid_sample(digits, grid, align_corners=False)
    assert torch.allclose(warp(digits, maps), expected, atol=1e-4)


def test_a_field_of_whole_pixels_moves_a_digit_by_whole_pixels(pixels):
    digits = pixels[:100]
    field = torch.zeros(100, 2, 28, 28)
    field[:, 0], field[:, 1] = 2.0, -1.0
    moved = warp(digits, torch.eye(2, 3).expand(100, 2, 3), field)
    expected = torch.zeros_like(digits)
    expected[:, :, 1:, :-2] = digits[:, :, :-1, 2:]  # what lies at p was at p + (2, -1): left by 2, down by 1
    assert torch.allclose(moved, expected, atol=1e-5)
