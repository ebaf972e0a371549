"""Many digits at once, each of them a button: one picture cut into tiles, for the components that show such a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.mnist import SIDE
from ui.theme import colours
from ui.widgets.tiles import as_png, data_url, on_paper

ACROSS = 20  # digits in a row of the picture


@dataclass(frozen=True, slots=True)
class Tile:
    """One digit of a gallery: its index in the test set, or another number, and what is said below it."""

    index: int
    headline: str
    is_wrong: bool
    detail: str
    mark: str = ""
    kind: str = "Test digit"
    id: str = ""  # where an index may come to mean another digit

    @property
    def alt(self) -> str:
        """Its name: what is seen on it, as it stands there, for that is what a visitor would say."""
        return ", ".join(filter(None, (f"{self.kind} {self.index}: {self.headline}", self.detail, self.mark)))


def tiles_data(tiles: Sequence[Tile], images: NDArray[np.uint8], name: str) -> dict[str, Any]:
    """Return what `layTiles` in ui/widgets/digit_tiles.js makes a grid of."""
    palette = colours()
    return {
        "version": f"{hash((tuple(tiles), palette))}",
        "name": name,
        "tiles": [asdict(tile) | {"alt": tile.alt} for tile in tiles],
        "picture": data_url(as_png(_mosaic(images, ACROSS))),
        "across": ACROSS,
        "wrong": palette.wrong,
        "faint": palette.faint,
    }


def _mosaic(images: NDArray[np.uint8], across: int) -> NDArray[np.uint8]:
    """`(N, 28, 28)` digits → one picture with so many of them in a row."""
    rows = -(-len(images) // across)
    cells = np.zeros((rows * across, SIDE, SIDE), np.uint8)
    cells[: len(images)] = on_paper(images)
    return cells.reshape(rows, across, SIDE, SIDE).swapaxes(1, 2).reshape(rows * SIDE, across * SIDE)
