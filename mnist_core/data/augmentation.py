"""Digits bent a little, so that no network sees the same one twice.

A digit is turned, scaled, stretched, slanted and shifted (the affine part), and its pixels are pushed along a smooth
random field (the elastic part); one resampling does both. All randomness comes from the generator passed, or from
torch's own. Positions are (x, y) in pixels from the middle of the digit, y down.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from mnist_core.data.mnist import SIDE

# The affine ranges at strength 1. A draw is uniform between minus and plus this.
ROTATION = 0.21  # radians, 12 degrees
SCALING = 0.12  # of the logarithm, so that twice as large is as likely as half as large
STRETCH = 0.12  # the same, wider and lower or the reverse, area kept
SHEAR = 0.2  # pixels sideways for each pixel down
SHIFT = 1.5  # pixels

SMOOTHNESS = 4.0  # pixels; the sigma of Simard, Steinkraus and Platt, "Best Practices for CNNs", 2003


def augment(pixels: Tensor, *, affine: float, elastic: float, generator: torch.Generator | None = None) -> Tensor:
    """Bend each digit in its own way: `(N, 1, 28, 28)` pixels 0…1 → the same, ink still 0…1.

    `affine` 0…2 scales the ranges of the affine part; `elastic` 0…4 is how far the elastic part moves a pixel, in
    pixels, as a root mean square (Simard et al. 2003 moved by 2.0). With both 0 the very same tensor comes back.
    """
    return augment_share(pixels, 0, len(pixels), affine=affine, elastic=elastic, generator=generator)


def augment_share(
    pixels: Tensor,
    first: int,
    count: int,
    *,
    affine: float,
    elastic: float,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Bend the digits from `first` on of so many as `augment` bends them among all, drawing random numbers for all."""
    if affine == 0 and elastic == 0:
        return pixels
    here, device = slice(first, first + len(pixels)), pixels.device
    with torch.autocast(device.type, enabled=False):  # bfloat16 would round positions to 1/16 of a pixel
        matrices = random_matrices(count, affine, generator, device)[here]
        field = random_field(count, elastic, generator, device, here) if elastic else None
        return warp(pixels, matrices, field)


def random_matrices(
    count: int, strength: float, generator: torch.Generator | None = None, device: torch.device | str = "cpu"
) -> Tensor:
    """Draw affine maps → `(N, 2, 3)`: rotation times slant times stretch, and the shift as the last column."""
    ranges = _ranges(str(device)) * strength
    draws = (2 * torch.rand(count, 6, generator=generator, device=device) - 1) * ranges
    angle, scaling, stretch, shear, right, down = draws.unbind(1)
    cos, sin = angle.cos(), angle.sin()
    width, height = (scaling + stretch).exp(), (scaling - stretch).exp()
    x_row = (cos * width, (cos * shear - sin) * height, right)
    y_row = (sin * width, (sin * shear + cos) * height, down)
    return torch.stack((*x_row, *y_row), dim=1).view(count, 2, 3)


def random_field(
    count: int,
    rms: float,
    generator: torch.Generator | None = None,
    device: torch.device | str = "cpu",
    here: slice = slice(None),
) -> Tensor:
    """Draw smooth displacements → `(N, 2, 28, 28)`, x and y in pixels, of root mean square length `rms`.

    Those that are `here` come back, though random numbers are drawn for all.

    They are white noise under a Gaussian of 4 pixels, as two matrix products. Each row of the matrix has length 1,
    so the noise keeps its variance, and a pixel at the border moves as far as one in the middle.
    """
    noise = torch.randn(count, 2, SIDE, SIDE, generator=generator, device=device)[here]
    blur = _gaussian(str(device))
    return torch.matmul(blur * (rms / 2**0.5), noise) @ blur.T


def warp(pixels: Tensor, matrices: Tensor, field: Tensor | None = None) -> Tensor:
    """Resample digits, bilinearly: what comes to lie at position p is what was at `matrices · (p, 1) + field`.

    `(N, 1, 28, 28)` pixels, `(N, 2, 3)` maps and `(N, 2, 28, 28)` displacements → `(N, 1, 28, 28)`; beyond the border
    there is no ink.
    """
    positions = matrices @ _positions(str(pixels.device))
    if field is not None:
        positions += field.flatten(2)
    grid = positions.div_(SIDE / 2).view(-1, 2, SIDE, SIDE).permute(0, 2, 3, 1)  # grid_sample counts from -1 to 1
    return functional.grid_sample(pixels, grid, padding_mode="zeros", align_corners=False)


# Kept on each device: to bring them there at each step would let it wait for the processor.
@cache
def _ranges(device: str) -> Tensor:
    """The affine ranges at strength 1 → `(6,)`."""
    return torch.tensor([ROTATION, SCALING, STRETCH, SHEAR, SHIFT, SHIFT], device=device)


@cache
def _positions(device: str) -> Tensor:
    """Where each pixel lies, and a 1 for the shift → `(3, 784)`."""
    axis = torch.arange(SIDE) - (SIDE - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack((x, y, torch.ones_like(x))).flatten(1).to(device)


@cache
def _gaussian(device: str) -> Tensor:
    """The blur along one axis → `(28, 28)`, rows of length 1."""
    axis = torch.arange(SIDE, dtype=torch.float32)
    return functional.normalize(torch.exp(-((axis[:, None] - axis) ** 2) / (2 * SMOOTHNESS**2)), dim=1).to(device)
