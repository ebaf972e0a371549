# ruff: noqa: ARG001, D103 (the table at the end says what each kind shows; a blank one has no use for strokes)
"""Made photos of pen strokes, kind by kind: what a picture may have beside the ink, and pictures without any digit.

Each kind is a function of strokes (any unit) and a generator that returns a picture; `take_photo` makes a file of it.
They show each kind in its whole range; they are made, not taken. A sheet is `(H, W)` grey, 0…1; ink is 1.0 where full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

from mnist_core.preprocessing.raster import Strokes

Sheet = NDArray[np.float64]
Colour = tuple[int, int, int]

WIDTH, HEIGHT = 600, 800  # pixels
PENS = (0.02, 0.06)  # of the digit's longer side
ROW = 1.6  # times as wide as high is a row of digits
ROWS = (200, 480)  # pixels; the length of such a row


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of photo."""

    description: str
    make: Callable[[Strokes, np.random.Generator], Image.Image]
    has_digit: bool = True
    is_blank: bool = False  # nothing was written there, so nothing stands out


def take_photo(strokes: Strokes, kind: str, generator: np.random.Generator) -> bytes:
    """Return strokes of any unit as a photo of this kind: a JPEG file, or PNG where a JPEG cannot hold it."""
    photo = KINDS[kind].make(strokes, generator)
    file = BytesIO()
    if photo.mode in ("RGBA", "I;16") or max(photo.size) < 100:
        photo.save(file, "PNG")
    else:
        photo.save(file, "JPEG", quality=80)
    return file.getvalue()


# ------------------------------------------------------------------------------------------------------------- parts


def expose(sheet: Sheet, generator: np.random.Generator, blur: tuple[float, float] = (0.5, 1.5)) -> Image.Image:
    """Photograph a sheet: a little out of focus, with noise."""
    photo = as_image(sheet).filter(ImageFilter.GaussianBlur(generator.uniform(*blur)))
    noise = generator.normal(0, generator.uniform(2, 5), sheet.shape)
    return Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8))


def as_image(sheet: Sheet) -> Image.Image:
    """Return a sheet as a picture."""
    return Image.fromarray((sheet.clip(0, 1) * 255).astype(np.uint8))


def draw_ink(
    strokes: Strokes,
    corner: NDArray[np.float64],
    length: float,
    pen: float,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> Sheet:
    """Draw strokes with their upper left corner there and the longer side so long, all in pixels."""
    fine = 2 if max(size) > 100 else 8  # dots a pixel
    points = np.concatenate([np.asarray(stroke, dtype=np.float64) for stroke in strokes])
    scale = length / max(np.ptp(points, axis=0).max(), 1e-9)
    sheet = Image.new("L", (size[0] * fine, size[1] * fine))
    pencil, radius = ImageDraw.Draw(sheet), pen * fine / 2
    for stroke in strokes:
        path = ((np.asarray(stroke) - points.min(0)) * scale + corner) * fine
        pencil.line(path.ravel().tolist(), fill=255, width=max(1, round(pen * fine)))
        for x, y in path:
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(sheet.reduce(fine), dtype=np.float64) / 255


def write(
    strokes: Strokes,
    generator: np.random.Generator,
    lengths: tuple[float, float] = (150, 420),
    pens: tuple[float, float] = PENS,
    margin: float = 60,
) -> Sheet:
    """Write a digit, or a row of them, anywhere on a sheet → its ink."""
    width, height = np.ptp(np.concatenate([np.asarray(stroke, dtype=np.float64) for stroke in strokes]), axis=0)
    is_row = width > ROW * height
    length = generator.uniform(*(ROWS if is_row else lengths))
    pen = (length * height / width if is_row else length) * generator.uniform(*pens)
    free = np.array([WIDTH, HEIGHT]) - length - 2 * margin
    corner = margin + generator.uniform(size=2) * free
    return draw_ink(strokes, corner, length, pen)


def lay_on(paper: Sheet, ink: Sheet, generator: np.random.Generator, strengths: tuple[float, float]) -> Sheet:
    """Lay ink on paper, as much darker than it as the strengths say."""
    return paper * (1 - ink * generator.uniform(*strengths))


BLACK, PENCIL = (0.55, 0.85), (0.2, 0.35)  # how much darker ink is than the paper, a share


def across(generator: np.random.Generator) -> Sheet:
    """Return a ramp of -0.5…0.5, or somewhat more, in any direction."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j] - 0.5
    angle = generator.uniform(0, 2 * np.pi)
    ramp: Sheet = np.cos(angle) * x + np.sin(angle) * y
    return ramp


def light_paper(generator: np.random.Generator) -> Sheet:
    """Return white paper in uneven light."""
    paper: Sheet = generator.uniform(0.75, 0.94) - generator.uniform(0.08, 0.31) * across(generator)
    return paper


def ruling(
    generator: np.random.Generator,
    pitch: float,
    *,
    turned: float = 0.0,
    squared: bool = False,
    waves: float = 0.0,
    aslant: float = 0.0,
    thickness: tuple[float, float] = (1.5, 3),
) -> Sheet:
    """Return where lines are, 0 or 1: turned by so many degrees, waved by so many pixels, seen so far from the side."""
    y, x = np.mgrid[0 : HEIGHT * 1.0, 0 : WIDTH * 1.0]
    y, x = y - HEIGHT / 2, x - WIDTH / 2
    if aslant:
        angle = generator.uniform(0, 2 * np.pi)
        depth = 1 + aslant * (np.cos(angle) * x + np.sin(angle) * y) / HEIGHT
        y, x = y / depth, x / depth
    if waves:
        length, phase = generator.uniform(200, 600), generator.uniform(0, 2 * np.pi, 2)
        y, x = (
            y + waves * np.sin(2 * np.pi * x / length + phase[0]),
            x + waves * np.sin(2 * np.pi * y / length + phase[1]),
        )
    angle = np.radians(turned)
    down, right = np.cos(angle) * y - np.sin(angle) * x, np.cos(angle) * x + np.sin(angle) * y
    wide = generator.uniform(*thickness)
    shift = generator.uniform(0, pitch, 2)
    is_line = (down + shift[0]) % pitch < wide
    if squared:
        is_line |= (right + shift[1]) % pitch < wide
    return np.asarray(is_line, np.float64)


def rule(paper: Sheet, lines: Sheet, generator: np.random.Generator) -> Sheet:
    """Print lines on paper, 15 to 40 % darker."""
    return paper * (1 - lines * generator.uniform(0.15, 0.4))


def side_strip(paper: Sheet, generator: np.random.Generator) -> Sheet:
    """Let a dark strip of the table show along one side."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    lean = generator.uniform(-0.03, 0.03)
    down, right = y + lean * (x - WIDTH / 2), x - lean * (y - HEIGHT / 2)
    inwards = [down, HEIGHT - down, right, WIDTH - right][generator.integers(4)]
    return np.where(inwards < generator.uniform(10, 50), generator.uniform(0.15, 0.45), paper)


def shadow(paper: Sheet, generator: np.random.Generator, softness: tuple[float, float] = (20, 80)) -> Sheet:
    """Lay a shadow over part of it, 20 to 45 % darker."""
    depth, soft = generator.uniform(0.2, 0.45), generator.uniform(*softness)
    return paper * (1 - depth / (1 + np.exp(-soft * (across(generator) - generator.uniform(-0.25, 0.25)))))


def in_place(sheet: Sheet, ink: Sheet, generator: np.random.Generator, margin: tuple[float, float]) -> Image.Image:
    """Cut a photo out close to the ink."""
    photo = expose(sheet, generator)
    rows, columns = (np.flatnonzero((ink > 0).any(axis)) for axis in (1, 0))
    around = generator.uniform(*margin) * max(np.ptp(rows), np.ptp(columns))
    return photo.crop((columns[0] - around, rows[0] - around, columns[-1] + 1 + around, rows[-1] + 1 + around))


# --------------------------------------------------------------------------------------------------- a sheet of paper


def paper(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator)
    return expose(lay_on(light_paper(generator), ink, generator, BLACK), generator)


def marker(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator, pens=(0.09, 0.14))
    return expose(lay_on(light_paper(generator), ink, generator, BLACK), generator)


def pencil(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator)
    return expose(lay_on(light_paper(generator), ink, generator, PENCIL), generator)


def board(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator)
    return expose(1 - lay_on(light_paper(generator), ink, generator, BLACK), generator)


def shaded(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator)
    return expose(shadow(lay_on(light_paper(generator), ink, generator, BLACK), generator), generator)


def table(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator)
    return expose(side_strip(lay_on(light_paper(generator), ink, generator, BLACK), generator), generator)


def pencil_and_table(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator)
    return expose(side_strip(lay_on(light_paper(generator), ink, generator, PENCIL), generator), generator)


def neighbour(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    length = generator.uniform(150, 420)
    pen = length * generator.uniform(*PENS)
    corner = 60 + generator.uniform(size=2) * (np.array([WIDTH, HEIGHT]) - length - 120)
    ink = draw_ink(strokes, corner, length, pen)
    half = draw_ink(strokes, np.array([-length / 2, corner[1]]), min(length, 2 * corner[0] - 40), pen)
    return expose(lay_on(light_paper(generator), np.maximum(ink, half), generator, BLACK), generator)


def cut(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator)
    return in_place(lay_on(light_paper(generator), ink, generator, BLACK), ink, generator, (0, 0.06))


def faint(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A clean scan."""
    ink = write(strokes, generator)
    sheet = lay_on(np.full_like(ink, generator.uniform(0.85, 0.97)), ink, generator, (0.05, 0.12))
    noise = generator.normal(0, generator.uniform(0, 0.8), ink.shape)
    return Image.fromarray((np.rint(sheet * 255) + np.rint(noise)).clip(0, 255).astype(np.uint8))


def small(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator, lengths=(40, 100), pens=(0.06, 0.12))
    return expose(lay_on(light_paper(generator), ink, generator, BLACK), generator)


def glare(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator, pens=(0.03, 0.07))
    sheet = lay_on(light_paper(generator) * generator.uniform(0.6, 0.9), ink, generator, BLACK)
    rows, columns = np.nonzero(ink)
    at = generator.integers(len(rows))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    radius = generator.uniform(0.1, 0.25) * max(np.ptp(rows), np.ptp(columns))
    bright = np.exp(-(((y - rows[at]) ** 2 + (x - columns[at]) ** 2) / radius**2) / 2)
    return expose(sheet + bright * generator.uniform(0.1, 0.3), generator)


# ----------------------------------------------------------------------------------------------------------- lines


def _on_lines(
    pitches: tuple[float, float],
    turned: tuple[float, float] = (0, 0),
    *,
    squared: bool = False,
    waves: tuple[float, float] = (0, 0),
    aslant: tuple[float, float] = (0, 0),
) -> Callable[[Strokes, np.random.Generator], Image.Image]:
    def make(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
        ink = write(strokes, generator)
        lines = ruling(
            generator,
            generator.uniform(*pitches),
            turned=generator.uniform(*turned) * generator.choice([-1, 1]),
            squared=squared,
            waves=generator.uniform(*waves),
            aslant=generator.uniform(*aslant),
        )
        return expose(lay_on(rule(light_paper(generator), lines, generator), ink, generator, BLACK), generator)

    return make


def dark_squares(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ink = write(strokes, generator, lengths=(200, 420), pens=(0.025, 0.06))
    pen = ink.sum() / max(1, np.hypot(*np.gradient(ink)).sum() / 2)
    lines = ruling(
        generator,
        generator.uniform(30, 90),
        turned=generator.uniform(-45, 45),
        squared=True,
        thickness=(1.5, max(1.6, min(3, 0.45 * pen))),
    )
    return expose(lay_on(light_paper(generator), np.maximum(lines, ink), generator, BLACK), generator)


def rule_once(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """One line through the digit, as dark as the ink or less."""
    ink = write(strokes, generator, pens=(0.03, 0.07))
    rows, columns = np.nonzero(ink)
    slope = generator.uniform(-0.15, 0.15)
    share = generator.uniform(0.3, 1)  # of the digit's height
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    at = rows.min() + share * np.ptp(rows) + slope * (x - columns.mean())
    line = (abs(y - at) < generator.uniform(0.75, 1.5)) * generator.uniform(0.4, 1)
    return expose(lay_on(light_paper(generator), np.maximum(ink, line), generator, BLACK), generator)


def margin(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A red line along the margin, on plain or ruled paper."""
    ink = write(strokes, generator)
    sheet = light_paper(generator)
    if generator.random() < 0.5:
        sheet = rule(sheet, ruling(generator, generator.uniform(35, 90), turned=generator.uniform(-4, 4)), generator)
    columns = np.flatnonzero((ink > 0).any(0))
    room = columns[0] if columns[0] > WIDTH - columns[-1] else WIDTH - columns[-1]
    at = generator.uniform(0.2, 0.85) * room
    at = at if columns[0] > WIDTH - columns[-1] else WIDTH - at
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    line = abs(x - at + generator.uniform(-0.05, 0.05) * (y - HEIGHT / 2)) < generator.uniform(0.75, 2)
    grey = lay_on(sheet, ink, generator, BLACK)
    tint = 1 - line[..., None] * np.array([0.12, 0.6, 0.6]) * generator.uniform(0.5, 1)
    return Image.merge("RGB", [expose(grey * tint[..., channel], generator) for channel in range(3)])


# ---------------------------------------------------------------------------------------------- a picture in a picture


def _turn(sheet: Sheet, degrees: float, fill: float) -> Sheet:
    turned: Sheet = ndimage.rotate(sheet, degrees, reshape=False, order=1, cval=fill)
    return turned


def note(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A sheet that lies on a darker table, turned a little."""
    side = np.array([generator.uniform(220, 480), generator.uniform(220, 560)])
    corner = (np.array([WIDTH, HEIGHT]) - side) * generator.uniform(0.2, 0.8, 2)
    length = generator.uniform(0.35, 0.75) * side.min()
    place = corner + (side - length) * generator.uniform(0.3, 0.7, 2)
    ink = draw_ink(strokes, place, length, length * generator.uniform(0.03, 0.07))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    is_note = (x >= corner[0]) & (x < corner[0] + side[0]) & (y >= corner[1]) & (y < corner[1] + side[1])
    degrees = generator.uniform(-12, 12)
    where, ink = (_turn(part, degrees, 0) for part in (is_note.astype(float), ink))
    grain = ndimage.gaussian_filter(generator.normal(0, 1, (HEIGHT, WIDTH)), (1, 40))
    top = generator.uniform(0.15, 0.5) + grain * generator.uniform(0, 0.5)
    sheet = top * (1 - where) + lay_on(light_paper(generator), ink, generator, BLACK) * where
    return expose(sheet, generator)


def _text(sheet: Image.Image, place: tuple[float, float], words: str, size: float, fill: int | Colour) -> None:
    ImageDraw.Draw(sheet).text(place, words, fill=fill, font=ImageFont.load_default(size))


def _words(generator: np.random.Generator, count: int) -> str:
    letters = list("abcdefghiklmnoprstuvw")
    return " ".join("".join(generator.choice(letters, generator.integers(3, 9))).capitalize() for _ in range(count))


def canvas(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A screenshot of a page with a canvas on it, dark or light, with words and a button beside it."""
    width, height = (int(side) for side in generator.uniform((500, 400), (1200, 900)))
    page = Image.new("RGB", (width, height), "white")
    brush = ImageDraw.Draw(page)
    side = generator.uniform(0.3, 0.75) * min(width, height)
    left = generator.uniform(0.06, 0.94) * (width - side)
    top = generator.uniform(0.12, 0.9) * (height - side)
    if generator.random() < 0.6:
        brush.rectangle((0, 0, width, 0.05 * height), fill=tuple(generator.integers(0, 200, 3).tolist()))
    is_dark = generator.random() < 0.7
    rim = int(generator.integers(0, 190))
    inside = int(generator.integers(0, 40)) if is_dark else 255
    brush.rectangle((left, top, left + side, top + side), fill=(inside,) * 3, outline=(rim,) * 3, width=2)
    size = generator.uniform(0.02, 0.04) * height
    for place in ((left, top + side + 8), (left + side + 12, top + 0.2 * side), (left, top - 1.8 * size)):
        if generator.random() < 0.7:
            _text(page, place, _words(generator, int(generator.integers(1, 4))), size, (30, 30, 30))
    length = generator.uniform(0.45, 0.8) * side
    corner = np.array([left, top]) + (side - length) * generator.uniform(0.3, 0.7, 2)
    ink = draw_ink(strokes, corner, length, length * generator.uniform(0.05, 0.12), (width, height))
    colour = 255 if is_dark else int(generator.integers(0, 60))
    page.paste((colour,) * 3, (0, 0), as_image(ink))
    return page


def cell(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A box that was printed for the digit."""
    side = generator.uniform(0.5, 0.9) * WIDTH
    corner = (np.array([WIDTH, HEIGHT]) - side) * generator.uniform(0.1, 0.9, 2)
    length = generator.uniform(0.35, 0.75) * side
    ink = draw_ink(
        strokes, corner + (side - length) * generator.uniform(0.25, 0.75, 2), length, length * generator.uniform(*PENS)
    )
    box = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(box).rectangle((*corner, *(corner + side)), outline=255, width=int(generator.integers(2, 9)))
    frame = _turn(np.asarray(box) / 255, generator.uniform(-8, 8), 0)
    return expose(lay_on(light_paper(generator), np.maximum(ink, frame), generator, BLACK), generator)


def window(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A window with a clear margin and a soft shadow, as systems capture it."""
    photo = np.asarray(paper(strokes, generator).resize((300, 400)))
    around = int(generator.uniform(0.05, 0.4) * 300)
    opacity = np.pad(np.full(photo.shape, 255.0), around)
    soft = ndimage.gaussian_filter(opacity, around / 4) * generator.uniform(0, 0.5)
    grey = np.pad(photo, around)
    return Image.merge("LA", [Image.fromarray(grey), as_image(np.maximum(opacity, soft) / 255)]).convert("RGBA")


def heading(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A printed heading above the digit, or a label beside it."""
    length = generator.uniform(200, 420)
    corner = np.array([60, 170]) + generator.uniform(size=2) * (np.array([WIDTH, HEIGHT]) - length - [120, 230])
    ink = draw_ink(strokes, corner, length, length * generator.uniform(*PENS))
    print_ = Image.new("L", (WIDTH, HEIGHT))
    size = generator.uniform(0.08, 0.16) * length
    if generator.random() < 0.6:
        place = (generator.uniform(20, 120), corner[1] - generator.uniform(1.6, 2.6) * size)
        _text(print_, place, _words(generator, int(generator.integers(1, 4))), size, 255)
    else:
        _text(
            print_,
            (max(8, corner[0] - generator.uniform(1.8, 3) * size), corner[1]),
            f"{generator.integers(1, 30)})",
            size,
            255,
        )
    words = np.asarray(print_) / 255 * generator.uniform(0.6, 1)
    return expose(lay_on(light_paper(generator), np.maximum(ink, words), generator, BLACK), generator)


# ------------------------------------------------------------------------------------------------- ink that looks odd


def thick_and_small(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A brush of a small canvas that reaches its rim."""
    side = int(generator.integers(28, 65))
    pen = side * generator.uniform(0.12, 0.2)
    length = side * generator.uniform(0.85, 1.02) - pen
    corner = (np.array([side, side]) - length) / 2
    points = np.concatenate([np.asarray(stroke, dtype=np.float64) for stroke in strokes])
    extent = np.ptp(points, axis=0)
    corner = corner + (1 - extent / extent.max()) * length / 2
    ink = draw_ink(strokes, corner, length, pen, (side, side))
    return as_image(1 - ink * generator.uniform(0.8, 1))


def soft(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """Out of focus and cut out tight."""
    length = generator.uniform(80, 200)
    pen = length * generator.uniform(0.08, 0.16)
    width, height = (int(length * share) for share in generator.uniform(1.2, 1.5, 2))
    ink = draw_ink(strokes, (np.array([width, height]) - length) / 2, length, pen, (width, height))
    sheet = generator.uniform(0.3, 0.9) * (1 - ink * generator.uniform(0.35, 0.8))
    photo = as_image(sheet).filter(ImageFilter.GaussianBlur(length * generator.uniform(0.02, 0.06)))
    noise = generator.normal(0, generator.uniform(1, 3), sheet.shape)
    return Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8))


def mottled(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A marker on paper that is mottled all over."""
    length = generator.uniform(80, 200)
    pen = length * generator.uniform(0.08, 0.16)
    width, height = (int(length * share) for share in generator.uniform(1.2, 1.6, 2))
    ink = draw_ink(strokes, (np.array([width, height]) - length) / 2, length, pen, (width, height))
    grain = ndimage.gaussian_filter(generator.normal(0, 1, ink.shape), generator.uniform(0.02, 0.04) * length)
    sheet = generator.uniform(0.3, 0.8) * (1 - ink * generator.uniform(0.5, 0.8))
    photo = as_image(sheet + grain / grain.std() * generator.uniform(0.03, 0.11) * sheet.mean())
    return expose(np.asarray(photo) / 255, generator)


def hue(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """Ink and paper of nearly the same brightness and of different colours."""
    ink = write(strokes, generator, pens=(0.03, 0.1))
    weights = np.array([0.299, 0.587, 0.114])
    while True:
        colours = generator.uniform(20, 235, (2, 3))
        colours[1] += (colours[0] - colours[1]) @ weights + generator.normal(0, 4)
        if abs(colours[0] - colours[1]).max() > 90 and colours.min() >= 0 and colours.max() <= 255:
            break
    photo = colours[0] + ink[..., None] * (colours[1] - colours[0])
    photo = photo + generator.normal(0, generator.uniform(1, 4), photo.shape)
    return Image.fromarray(photo.clip(0, 255).astype(np.uint8))


def tiny(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """8 to 20 pixels a side, light on dark or dark on light."""
    side = int(generator.integers(8, 21))
    ink = draw_ink(strokes, np.array([1.0, 1.0]), side - 2, side * generator.uniform(0.09, 0.14), (side, side))
    return as_image(ink if generator.random() < 0.5 else 1 - ink)


def of_8_bits(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A file of 16 bits that uses 8 of them only."""
    return Image.fromarray(np.asarray(paper(strokes, generator)).astype(np.uint16))


def painted(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """Drawn with a brush in a paint program, in any size."""
    side = int(generator.integers(28, 600))
    length = side * generator.uniform(0.4, 0.85)
    corner = (side - length) * generator.uniform(0.2, 0.8, 2)
    ink = draw_ink(strokes, corner, length, length * generator.uniform(0.07, 0.15), (side, side))
    return as_image(ink if generator.random() < 0.5 else 1 - ink)


# ------------------------------------------------------------------------------------------------------------ no digit


def blank(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    return expose(light_paper(generator), generator)


def blank_shadow(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    return expose(shadow(light_paper(generator), generator, softness=(20, 400)), generator)


def blank_light_falls(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ramp = across(generator) - generator.uniform(-0.4, 0.4)
    shape = abs(ramp) if generator.random() < 0.3 else ramp
    return expose(generator.uniform(0.5, 0.7) * (1 + generator.uniform(0.3, 0.9) * shape), generator)


def blank_strip(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    return expose(side_strip(light_paper(generator), generator), generator)


def blank_fold(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ramp = (across(generator) - generator.uniform(-0.3, 0.3)) * HEIGHT
    wide = generator.uniform(2, 12)
    relief = (
        generator.uniform(0.05, 0.3) * np.exp(-((ramp / wide) ** 2)) * np.where(ramp < 0, 1, generator.uniform(-1, 1))
    )
    return expose(light_paper(generator) * (1 - relief), generator)


def blank_margin(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    ramp = (across(generator) - generator.uniform(-0.35, 0.35)) * HEIGHT
    line = abs(ramp) < generator.uniform(0.75, 3)
    return expose(light_paper(generator) * (1 - line * generator.uniform(0.15, 0.7)), generator)


def blank_ruled(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    lines = ruling(
        generator,
        generator.uniform(18, 90),
        turned=generator.uniform(-45, 45),
        squared=generator.random() < 0.5,
        waves=generator.choice([0, generator.uniform(3, 12)]),
        aslant=generator.choice([0, generator.uniform(0.1, 0.5)]),
    )
    return expose(rule(light_paper(generator), lines, generator), generator)


def pattern(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """Stripes, checks, grids, gradients or noise all over, in any size."""
    side = int(generator.integers(28, 400))
    y, x = np.mgrid[0 : 1 : side * 1j, 0 : 1 : side * 1j]
    angle = generator.uniform(0, np.pi)
    right, down = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    count, share = generator.uniform(2, 15), generator.uniform(0.2, 0.8)
    stripes = (right * count) % 1 < share
    other = (down * count) % 1 < share
    noise = ndimage.gaussian_filter(generator.normal(0, 1, (side, side)), generator.uniform(0, side / 20))
    sheets = [stripes, stripes ^ other, stripes | other, right, noise / (4 * noise.std()) + 0.5]
    sheet = np.asarray(sheets[generator.integers(len(sheets))], dtype=float)
    low, high = np.sort(generator.uniform(0, 1, 2))
    return as_image(low + (high - low) * sheet)


def yellow(strokes: Strokes, generator: np.random.Generator) -> Image.Image:
    """A blue pen on yellow paper."""
    ink = write(strokes, generator)
    paper = light_paper(generator)[..., None] * [1, generator.uniform(0.85, 0.97), generator.uniform(0.45, 0.75)]
    sheet = paper * (1 - ink[..., None] * generator.uniform(*BLACK) * [1, 0.85, 0.45])
    return Image.merge("RGB", [expose(sheet[..., channel], generator) for channel in range(3)])


def put_in_a_row(
    digits: Sequence[Strokes], generator: np.random.Generator, gaps: tuple[float, float] = (0.1, 0.6)
) -> Strokes:
    """Write digits beside each other, as a hand does: not all as high, up and down, now nearer and now further apart.

    Gaps are from ink to ink, in heights.
    """
    row: list[NDArray[np.float64]] = []
    right, gap = 0.0, generator.uniform(*gaps)
    for strokes in digits:
        arrays = [np.asarray(stroke, dtype=np.float64) for stroke in strokes]
        points = np.concatenate(arrays)
        low, extent = points.min(0), np.ptp(points, axis=0)
        scale = generator.uniform(0.88, 1.12) / max(extent[1], extent[0] / 1.2, 1e-9)
        foot = 1 - scale * extent[1] + generator.uniform(-0.06, 0.06)
        row += [(stroke - low) * scale + [right, foot] for stroke in arrays]
        right += scale * extent[0] + gap * generator.uniform(0.7, 1.3)
    return [[(float(x), float(y)) for x, y in stroke] for stroke in row]


TURNED = (5, 45)  # degrees
KINDS: dict[str, Kind] = {
    "paper": Kind("white paper in uneven light", paper),
    "ruled": Kind("ruled paper, lines 35 to 90 pixels apart, 15 to 40 % darker than it", _on_lines((35, 90), (0, 2))),
    "squared": Kind("squared paper, 18 to 90 pixels", _on_lines((18, 90), (0, 2), squared=True)),
    "ruled turned": Kind("ruled paper turned by 5 to 45°", _on_lines((35, 90), TURNED)),
    "squared turned": Kind("squared paper turned by 5 to 45°", _on_lines((18, 90), TURNED, squared=True)),
    "squared curled": Kind(
        "squared paper that waves by 4 to 14 pixels, turned by up to 15°",
        _on_lines((25, 90), (0, 15), squared=True, waves=(4, 14)),
    ),
    "squared aslant": Kind(
        "squared paper seen aslant, turned by up to 30°", _on_lines((25, 90), (0, 30), squared=True, aslant=(0.2, 0.8))
    ),
    "dark squares": Kind("squares as dark as the ink, their lines less than half as thick", dark_squares),
    "one line": Kind("a single ruled line through the digit, as dark as the ink or less", rule_once),
    "margin": Kind("a red line along the margin, plain or ruled paper", margin),
    "shadow": Kind("a shadow over part of it, 20 to 45 % darker", shaded),
    "table": Kind("a dark strip of the table along one edge", table),
    "pencil and table": Kind("a faint pencil beside such a strip", pencil_and_table),
    "glare": Kind("a bright spot of light on the digit", glare),
    "neighbour": Kind("half a digit that comes in from the edge", neighbour),
    "heading": Kind("a printed heading above it, or a label beside it", heading),
    "cut": Kind("cut out close to the digit", cut),
    "marker": Kind("a pen of 9 to 14 % of the digit", marker),
    "yellow": Kind("a blue pen on yellow paper", yellow),
    "pencil": Kind("faint, 20 to 35 % darker than the paper", pencil),
    "faint": Kind("a clean scan, 5 to 12 % darker than the paper", faint),
    "board": Kind("light on dark", board),
    "small": Kind("a digit of 5 to 12 % of the picture", small),
    "note": Kind("a note on a darker table, 220 to 560 of 600 × 800 pixels, turned by up to 12°", note),
    "canvas": Kind("a screenshot of a page with a canvas, words and a button", canvas),
    "cell": Kind("a printed box around it", cell),
    "window": Kind("a window with a clear margin and a soft shadow", window),
    "thick and small": Kind("28 to 64 pixels, a brush of 12 to 20 %, up to the rim", thick_and_small),
    "soft": Kind("out of focus and cut out tight", soft),
    "mottled": Kind("a marker on mottled paper, cut out tight", mottled),
    "hue": Kind("another colour of the same brightness", hue),
    "tiny": Kind("8 to 20 pixels a side", tiny),
    "8 of 16 bits": Kind("a 16-bit file that uses 8 bits", of_8_bits),
    "painted": Kind("a brush of a paint program, 28 to 600 pixels a side", painted),
    "blank": Kind("nothing on it", blank, has_digit=False, is_blank=True),
    "blank, shadow": Kind("a shadow, sharp or soft", blank_shadow, has_digit=False, is_blank=True),
    "blank, light falls": Kind("light that falls off", blank_light_falls, has_digit=False, is_blank=True),
    "blank, table": Kind("a strip of the table", blank_strip, has_digit=False, is_blank=True),
    "blank, fold": Kind("a fold", blank_fold, has_digit=False, is_blank=True),
    "blank, margin": Kind("a single line in any direction", blank_margin, has_digit=False, is_blank=True),
    "blank, lines": Kind("lines or squares, turned, curled or aslant", blank_ruled, has_digit=False, is_blank=True),
    "pattern": Kind("stripes, checks, a grid, a gradient or noise all over", pattern, has_digit=False),
}
NUMBER_KINDS = ("paper", "yellow", "ruled", "squared", "ruled turned", "shadow", "table", "pencil", "marker", "board")
