"""`train.py` on 600 digits that are made here, as a command: `python -m tests.support.small_training FLAG …`."""

from __future__ import annotations

import os
import sys

import numpy as np

import train
from mnist_core.data.mnist import Digits
from mnist_core.evaluation import test_sets
from mnist_core.training import final_evaluation, material, worker


def make_digits() -> Digits:
    """Return digits that are easy to tell apart: a noisy bar whose row says which digit it is."""
    generator = np.random.default_rng(7)
    labels = np.arange(600) % 10
    images = generator.integers(0, 60, (600, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 2 * label : 6 + 2 * label, 4:24] = 255
    return Digits(images, labels.astype(np.int64))


def main() -> None:
    """Run the command; `FAIL_AT`, `KILL_AT`, `STOP_AT` are a rank and a step, after which that befalls it."""
    digits = make_digits()
    worker.load = material.load = test_sets.load = lambda *_, **__: digits  # type: ignore[attr-defined]
    vars(final_evaluation)["DISPUTED_TEST_LABELS"] = ()
    for way in ("FAIL_AT", "KILL_AT", "STOP_AT"):
        if way in os.environ:
            _end_at(way, *map(int, os.environ[way].split()))
    code = train.main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)


def _end_at(way: str, rank: int, step: int) -> None:
    from mnist_core.training.loop import Training

    learn = Training._learn

    def learn_or_end(self: Training, batch: object) -> None:
        if self.progress.step == step and os.environ["RANK"] == str(rank):
            if way == "FAIL_AT":
                raise ZeroDivisionError("nobody thought of it")
            os.kill(os.getpid(), 9 if way == "KILL_AT" else 15)
        learn(self, batch)  # type: ignore[arg-type]

    Training._learn = learn_or_end  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
