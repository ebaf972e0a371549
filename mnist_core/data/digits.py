"""Images of 28 × 28 pixels with their labels: digits in MNIST, characters in EMNIST, clothes in Fashion-MNIST.

Images are uint8, `(N, 28, 28)`, ink 255 on 0; labels are int64, `(N,)`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Split = Literal["train", "test"]

SIDE = 28  # pixels
NOT_A_DIGIT = -1  # the label of what is of none of the classes; the published data sets have none


@dataclass(frozen=True, slots=True)
class Digits:
    """Images uint8 `(N, 28, 28)`, ink 255 on 0, with their labels int64 `(N,)`."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def pixels(self) -> NDArray[np.float32]:
        """The images as float32 `(N, 28, 28)`, ink 1.0 on 0.0."""
        return self.images.astype(np.float32) / np.float32(255)

    def __getitem__(self, index: slice) -> Digits:
        return Digits(self.images[index], self.labels[index])


def split_training(digits: Digits, validation_size: int) -> tuple[Digits, Digits]:
    """Split digits into those to learn from and the last `validation_size`, to choose by."""
    border = len(digits) - validation_size
    if validation_size < 0 or border <= 0:
        raise ValueError(
            f"validation_size: found {validation_size} of {len(digits)} digits, expected to leave some to learn from"
        )
    return digits[:border], digits[border:]


def checksum(digits: Digits) -> str:
    """Return the SHA-256 of the pixels followed by the labels: the data set's name on a model's card."""
    found = hashlib.sha256(digits.images.ravel().data)  # a copy of the training digits would be 47 MB
    found.update(digits.labels.ravel().data)
    return found.hexdigest()
