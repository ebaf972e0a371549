"""From a picture or photo of a digit to the digit as MNIST would show it, `(28, 28)`, ink 1.0 on 0.0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from mnist_core.data.mnist import SIDE
from mnist_core.errors import PictureError
from mnist_core.preprocessing.picture_files import make_plain
from mnist_core.preprocessing.picture_files import open_picture as open_picture
from mnist_core.preprocessing.raster import BOX, Digit, centre_by_mass

if TYPE_CHECKING:
    from mnist_core.preprocessing.ink import Ink

MIN_STROKE_WIDTH = 1.6  # pixels; their 5th percentile
MIN_SIDE = 28  # pixels of the longer side; a smaller picture is made finer first
MIN_SHEET = 24  # pixels a side
MIN_ON_SHEET = 0.15  # of its longer side; a digit on a sheet is not smaller
MAX_STROKE = 0.16  # of its length; its strokes are not thicker
COLOUR_SIDE = 48  # pixels of the shorter side; a picture so small shows which colours stand out
MIN_HUE = 4.0  # times the contrast in brightness (its square): then it is the colour that parts ink from paper
LEAST_MORE, MOST_HIGHER = 0.15, 1.5  # heights; a row that goes on beyond a sheet is so much longer, not so much higher
OUTLINE = 0.1  # of full ink; a digit begins and ends where there is more


class Region(NamedTuple):
    """A part of a picture, in its pixels; `right` and `bottom` lie just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height."""
        return self.right - self.left, self.bottom - self.top

    def moved(self, right: int, down: int) -> Region:
        """Return it moved by so many pixels."""
        return Region(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def reduced(self, factor: int) -> Region:
        """Return it in pixels so many times as large; one that is in there in part counts."""
        return Region(self.left // factor, self.top // factor, -(-self.right // factor), -(-self.bottom // factor))

    def within(self, size: tuple[int, int]) -> Region:
        """Return what of it lies within a picture of that width and height; raises `PictureError` for nothing."""
        left, top, right, bottom = self
        inside = Region(max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1]))
        if min(inside.size) < 1:
            raise PictureError("The part that was chosen lies outside the picture.")
        return inside


@dataclass(frozen=True, slots=True)
class PictureStages:
    """A picture on its way to a digit: where it was looked for, what is darker than the paper there, what is the digit.

    `darkness` and `ink` are `(H, W)` of the region, 0…1, finer where the picture is tiny; full ink is 1.0.
    """

    picture: Image.Image  # upright, 8 bits, at most about 512 pixels a side
    region: Region  # the sheet, window or canvas in the picture, or all of it; or where the visitor says
    darkness: NDArray[np.float32]  # ruled lines and all
    ink: NDArray[np.float32]  # of the digit alone
    place: Region  # of that ink
    digit: Digit
    finer: int = 1  # times as many pixels a side have `darkness` and `ink`
    row: NDArray[np.float32] | None = None  # ink of it and all that stand beside it, where they were looked for
    column: NDArray[np.float32] | None = None  # of those above and below it, where none stands beside it

    @property
    def ink_of_row(self) -> NDArray[np.float32]:
        """The ink of all that stand in a row; where that was not looked for, or none is beside it, of the digit."""
        return self.ink if self.row is None else self.row


def digit_from_image(image: Image.Image) -> Digit:
    """Find the digit in a picture, dark on light or light on dark, and show it as MNIST would → `(28, 28)`.

    Raises `PictureError` where nothing stands out from the paper.
    """
    return stages_from_image(image).digit


def stages_from_image(image: Image.Image, region: Region | None = None, *, of_row: bool = False) -> PictureStages:
    """Take a picture through the stages of `digit_from_image`; a region of it, if given, as if it were the picture.

    The region is in pixels of `make_plain(image)`, and what of it lies outside is left out. With `of_row` what stands
    beside the digit is looked for, too; a single digit stays the same. Raises `PictureError` where nothing stands out
    from the paper.
    """
    picture = make_plain(image)
    try:
        return _find_stages(picture, region, of_row=of_row, is_text=False)
    except PictureError:
        if not of_row:
            raise
        return _find_stages(picture, region, of_row=True, is_text=True)


def _find_stages(picture: Image.Image, region: Region | None, *, of_row: bool, is_text: bool) -> PictureStages:
    from mnist_core.preprocessing.ink import find_ink  # scipy takes a while to import, and a drawing does not need it

    find = partial(find_ink, of_row=of_row, is_text=is_text)
    finer = -(-MIN_SIDE // max(picture.size))  # times; more than 1 for a picture that is tiny
    if region is None:
        grey = _to_grey(picture, finer)
        everything = Region(0, 0, *grey.shape[::-1])
        region, ink = _look_inside(grey, find) or (everything, find(grey))
        if ink.row is not ink.ink and (wider := _look_around(region, ink, grey, find)):
            region, ink = everything, wider
        region = region.reduced(finer)
    else:
        region = region.within(picture.size)
        ink = find(_to_grey(picture.crop(region), finer))
    place = bounds_of(ink.ink > OUTLINE).reduced(finer).moved(region.left, region.top)
    row = ink.row if of_row else None
    digit = digit_from_ink(ink.ink)
    return PictureStages(picture, region, ink.darkness, ink.ink, place, digit, finer, row, ink.column)


def place_of_all(stages: PictureStages) -> Region:
    """Return where in the picture all the digits are that were found in a row, or above each other."""
    ink = stages.ink_of_row if stages.column is None else np.maximum(stages.ink_of_row, stages.column)
    return bounds_of(ink > OUTLINE).reduced(stages.finer).moved(stages.region.left, stages.region.top)


def keep_rows(stages: PictureStages) -> PictureStages:
    """Return stages without what takes most room: what a number can be read in, but not where in the picture it is."""
    nothing = np.zeros((1, 1), np.float32)
    row, column = (None if ink is None else _cut_out(ink) for ink in (stages.row, stages.column))
    return replace(stages, picture=Image.new("L", (1, 1)), darkness=nothing, ink=nothing, row=row, column=column)


def _cut_out(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    place = bounds_of(ink > 0)
    return ink[place.top : place.bottom, place.left : place.right].copy()


def digit_from_ink(ink: NDArray[np.float32]) -> Digit:
    """Show ink `(H, W)`, 1.0 where it is full, as MNIST would → `(28, 28)`."""
    place = bounds_of(ink > OUTLINE)
    return centre_by_mass(_shrink(_thicken(ink[place.top : place.bottom, place.left : place.right])))


def _look_inside(grey: NDArray[np.float32], find: Callable[..., Ink], deeper: int = 1) -> tuple[Region, Ink] | None:
    """Return the sheet, window, canvas or box in a picture that a digit stands on, and its ink; None where none is.

    A sheet may hold another one, as a screenshot of a window with a canvas.
    """
    from scipy import ndimage

    from mnist_core.preprocessing.sheets import find_sheets

    for sheet in find_sheets(grey):
        if sheet.sum() < MIN_SHEET**2:
            continue
        place = bounds_of(sheet)
        part = (slice(place.top, place.bottom), slice(place.left, place.right))
        nearest = ndimage.distance_transform_edt(~sheet[part], return_distances=False, return_indices=True)
        inside = grey[part][tuple(nearest)]  # what lies around it is painted over with the paper next to it
        if deeper and (found := _look_inside(inside, find, deeper - 1)):
            return found[0].moved(place.left, place.top), found[1]
        try:
            ink = find(inside, sheet[part])
        except PictureError:
            continue
        if ink.is_free and _is_written_on(place, ink.ink > 0.5):
            return place, ink
    return None


def _look_around(sheet: Region, ink: Ink, grey: NDArray[np.float32], find: Callable[..., Ink]) -> Ink | None:
    """Return the ink in all of a picture where a row goes on beyond a sheet, which then is only squares on paper."""
    row = bounds_of(ink.row > OUTLINE)
    height = row.size[1]
    if sheet.size == grey.shape[::-1] or min(row.left, sheet.size[0] - row.right) > height:
        return None
    try:
        wider = find(grey)
    except PictureError:
        return None
    row, around = row.moved(sheet.left, sheet.top), bounds_of(wider.row > OUTLINE)
    is_longer = around.size[0] > row.size[0] + height * LEAST_MORE and around.size[1] < MOST_HIGHER * height
    is_around = around.left <= row.left + 2 and around.right >= row.right - 2
    return wider if is_longer and is_around else None


def _is_written_on(sheet: Region, ink: NDArray[np.bool_]) -> bool:
    """Tell whether ink on a sheet is large enough, and no blob, as what a thick 0 encloses is."""
    length = max(bounds_of(ink).size)
    thickness = 2 * ink.sum() / np.hypot(*np.gradient(np.pad(ink, 1).astype(np.float32))).sum()
    return bool(length >= MIN_ON_SHEET * max(sheet.size) and thickness < MAX_STROKE * length)


def bounds_of(mask: NDArray[np.bool_]) -> Region:
    """Return the smallest region that holds all that is true."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    return Region(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def plain_resize_image(image: Image.Image) -> Digit:
    """Resize a picture straight to `(28, 28)`, as most demos do: what the pipeline is compared with."""
    return np.asarray(image.convert("L").resize((SIDE, SIDE)), dtype=np.float32) / np.float32(255)


def _to_grey(image: Image.Image, finer: int = 1) -> NDArray[np.float32]:
    """Return what `make_plain` returned as `(H, W)`, 0…1: its brightness, or the colour that parts ink from paper.

    With more pixels where it is tiny: `finer` times as many a side.
    """
    if finer > 1:
        image = image.resize((image.width * finer, image.height * finer), Image.Resampling.BICUBIC)
    if image.mode == "RGBA":
        image = _undo_alpha(image)
    grey = np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255)
    if image.mode == "L":
        return grey
    direction = _colour_of_ink(image)
    if direction is None:
        return grey
    along = np.asarray(image.convert("RGB"), dtype=np.float32) @ direction
    low, high = np.quantile(along, (0.001, 0.999))
    grey = np.float32(0.2) + np.float32(0.8) * np.clip((along - low) / max(high - low, 1e-6), 0, 1)
    return np.asarray(grey, np.float32)


def _colour_of_ink(image: Image.Image) -> NDArray[np.float32] | None:
    """Return the direction `(3,)` in red, green and blue in which most stands out, where brightness hardly does."""
    from scipy import ndimage

    factor = max(1, round(min(image.size) / COLOUR_SIDE))
    small = np.asarray(image.convert("RGB").reduce(factor), dtype=np.float32)
    window = int(0.4 * min(small.shape[:2])) | 1
    away = small - np.stack([ndimage.median_filter(small[..., channel], window) for channel in range(3)], -1)
    moments = np.einsum("yxi,yxj->ij", away, away)
    brightness = np.array([0.299, 0.587, 0.114])
    brightness /= np.linalg.norm(brightness)
    strengths, directions = np.linalg.eigh(moments)
    if strengths[-1] < MIN_HUE * (brightness @ moments @ brightness):
        return None
    direction: NDArray[np.float32] = directions[:, -1].astype(np.float32)
    return direction


def _undo_alpha(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on paper that contrasts with what is on it."""
    opacity = np.asarray(image.getchannel("A"), dtype=np.float64)
    shade = np.asarray(image.convert("L"), dtype=np.float64)
    mean = (shade * opacity).sum() / max(opacity.sum(), 1)
    paper = Image.new("RGBA", image.size, "white" if mean < 128 else "black")
    return Image.alpha_composite(paper, image)


def _thicken(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Widen strokes that would come out thinner than MNIST has them: a pen on paper is finer than its digits' pen."""
    pixel = max(ink.shape) / BOX  # of the digit, in pixels of the picture
    edge = np.hypot(*np.gradient(np.pad(ink, 1))).sum()
    stroke_width = 2 * ink.sum() / max(edge, 1e-6)
    reach = round((MIN_STROKE_WIDTH * pixel - stroke_width) / 2)
    if pixel <= 1 or reach < 1:
        return ink
    wider = Image.fromarray((ink * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(2 * reach + 1))
    return np.asarray(wider, dtype=np.float32) / np.float32(255)


def _shrink(ink: NDArray[np.float32]) -> Digit:
    """Resize by area to 20 pixels on the longer side, in the middle of 28 × 28."""
    height, width = ink.shape
    scale = BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(
        Image.fromarray(ink).resize(size, Image.Resampling.BOX if scale <= 1 else Image.Resampling.BILINEAR)
    )
    digit = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    digit[top : top + size[1], left : left + size[0]] = small
    return np.clip(digit, 0, 1)
