"""How many digits does each model read from a photo, whatever it shows beside the ink?

    python benchmarks/photos.py --strokes FILE.jsonl.gz [--strokes …] [--save benchmarks/results/photos.json]

The strokes (files as for drawings.py) are drawn as photos of 600 × 800 pixels: a pen on paper in uneven light, out of
focus, with noise, as a JPEG file. The digit lies anywhere, its longer side 150 to 420 pixels, the pen 2 to 6 % of it.
These are made photos: they show what a picture may have beside the ink, not what people photograph.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.drawings import read_drawings
from mnist_core.errors import PictureError
from mnist_core.evaluation.metrics import Score, score
from mnist_core.model.inference import Model
from mnist_core.model.prediction import SURE, probabilities
from mnist_core.preprocessing.pictures import digit_from_image, open_picture
from mnist_core.preprocessing.raster import Digit, Strokes
from mnist_core.settings import read_settings
from mnist_core.store.models import list_models, load_model

Sheet = NDArray[np.float64]  # (H, W), 0…1

WIDTH, HEIGHT = 600, 800  # pixels
KINDS = {
    "paper": "white paper in uneven light",
    "ruled": "ruled paper, lines 35 to 90 pixels apart and 15 to 40 % darker than the paper",
    "squared": "squared paper, 18 to 90 pixels",
    "shadow": "a shadow over part of it, 20 to 45 % darker",
    "table": "a dark strip of the table along one edge",
    "neighbour": "half a digit that comes in from the edge",
    "cut": "cut out close to the digit",
    "marker": "a pen of 9 to 14 % of the digit",
    "pencil": "faint, 20 to 35 % darker than the paper",
    "board": "light on dark",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One model on the photos of one kind from one source; a refused photo counts as misread."""

    source: str
    kind: str
    model: str
    score: Score
    refused: int  # photos in which nothing was found
    sure_and_wrong: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=Path, action="append", required=True, metavar="FILE", help="may be repeated")
    parser.add_argument("--models-dir", type=Path, default=read_settings().models_dir, metavar="DIR")
    parser.add_argument("--photos", type=int, default=200, help="of each kind and source (default 200)")
    parser.add_argument(
        "--seed", type=int, default=0, help="decides which digits, and what the photos show (default 0)"
    )
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    models = [load_model(card.name, options.models_dir) for card in list_models(options.models_dir)]
    rows: list[Row] = []
    for file in options.strokes:
        drawings, _ = read_drawings(file)
        chosen = np.random.default_rng(options.seed).permutation(len(drawings))[: options.photos]
        for kind in KINDS:
            generator = np.random.default_rng(options.seed)
            photos = [(drawings[i][0], take_photo(drawings[i][1], kind, generator)) for i in chosen]
            rows += read_photos(file.name.split(".")[0], kind, photos, models)
            print(table(rows[-len(models) :]), flush=True)
    save_figures(options.save, rows=[asdict(row) for row in rows])


# -------------------------------------------------------------------------------------------------------- measuring


def read_photos(source: str, kind: str, photos: Sequence[tuple[int, bytes]], models: Sequence[Model]) -> list[Row]:
    """Read labelled photos with every model, as the page does."""
    digits: list[Digit] = []
    found: list[int] = []
    for label, photo in photos:
        try:
            digits.append(digit_from_image(open_picture(photo)))
            found.append(label)
        except PictureError:
            pass
    rows = []
    for model in models:
        answers = probabilities(model, np.stack(digits))
        is_right = answers.argmax(1) == found
        wrong = int((~is_right & (answers.max(1) >= SURE)).sum())
        refused = len(photos) - len(found)
        rows.append(Row(source, kind, model.card.name, score(int(is_right.sum()), len(photos)), refused, wrong))
    return rows


def take_photo(strokes: Strokes, kind: str, generator: np.random.Generator) -> bytes:
    """Return strokes of any unit as a photo of this kind, a JPEG file."""
    length = generator.uniform(150, 420)
    pen = length * (generator.uniform(0.09, 0.14) if kind == "marker" else generator.uniform(0.02, 0.06))
    free = np.array([WIDTH, HEIGHT]) - length - 120
    corner = 60 + generator.uniform(size=2) * free
    ink = draw_ink(strokes, corner, length, pen)
    if kind == "neighbour":
        ink = np.maximum(
            ink, draw_ink(strokes, np.array([-length / 2, corner[1]]), min(length, 2 * corner[0] - 40), pen)
        )
    paper = make_paper(kind, generator)
    strength = generator.uniform(0.2, 0.35) if kind == "pencil" else generator.uniform(0.55, 0.85)
    grey = paper * (1 - ink * strength)
    if kind == "board":
        grey = 1 - grey
    photo = Image.fromarray((grey * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(generator.uniform(0.5, 1.5)))
    noise = generator.normal(0, generator.uniform(2, 5), grey.shape)
    photo = Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8))
    if kind == "cut":
        rows, columns = (np.flatnonzero((ink > 0).any(axis)) for axis in (1, 0))
        margin = generator.uniform(0, 0.06) * length
        photo = photo.crop((columns[0] - margin, rows[0] - margin, columns[-1] + 1 + margin, rows[-1] + 1 + margin))
    file = BytesIO()
    photo.save(file, "JPEG", quality=80)
    return file.getvalue()


def draw_ink(strokes: Strokes, corner: NDArray[np.float64], length: float, pen: float) -> Sheet:
    """Draw strokes with their upper left corner there and the longer side so long, all in pixels."""
    fine = 2  # dots a pixel
    points = np.concatenate([np.asarray(stroke, dtype=np.float64) for stroke in strokes])
    scale = length / max(np.ptp(points, axis=0).max(), 1e-9)
    sheet = Image.new("L", (WIDTH * fine, HEIGHT * fine))
    pencil, radius = ImageDraw.Draw(sheet), pen * fine / 2
    for stroke in strokes:
        path = ((np.asarray(stroke) - points.min(0)) * scale + corner) * fine
        pencil.line(path.ravel().tolist(), fill=255, width=max(1, round(pen * fine)))
        for x, y in path:
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(sheet.reduce(fine), dtype=np.float64) / 255


def make_paper(kind: str, generator: np.random.Generator) -> Sheet:
    """Return a sheet in uneven light, with what the kind of photo has on it."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j] - 0.5

    def across() -> Sheet:
        angle = generator.uniform(0, 2 * np.pi)
        slope: Sheet = np.cos(angle) * x + np.sin(angle) * y
        return slope

    paper: Sheet = generator.uniform(0.75, 0.94) - generator.uniform(0.08, 0.31) * across()
    lean, thickness = generator.uniform(-0.03, 0.03), generator.uniform(1.5, 3)
    down, right = y * HEIGHT + lean * x * WIDTH, x * WIDTH - lean * y * HEIGHT
    if kind in ("ruled", "squared"):
        pitch = generator.uniform(35 if kind == "ruled" else 18, 90)
        is_line = down % pitch < thickness
        if kind == "squared":
            is_line |= right % pitch < thickness
        paper = paper * np.where(is_line, 1 - generator.uniform(0.15, 0.4), 1)
    if kind == "shadow":
        depth, softness = generator.uniform(0.2, 0.45), generator.uniform(20, 80)
        paper = paper * (1 - depth / (1 + np.exp(-softness * (across() - generator.uniform(-0.25, 0.25)))))
    if kind == "table":
        inwards = [down + HEIGHT / 2, HEIGHT / 2 - down, right + WIDTH / 2, WIDTH / 2 - right][generator.integers(4)]
        paper = np.where(inwards < generator.uniform(10, 50), generator.uniform(0.15, 0.45), paper)
    return paper.clip(0, 1)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as lines of a Markdown table."""
    return "\n".join(
        f"| {row.source} | {row.kind} | {row.model} | {row.score.accuracy:.1%} | {row.sure_and_wrong} | {row.refused} |"
        for row in rows
    )


if __name__ == "__main__":
    main()
