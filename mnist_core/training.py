"""The training loop: a recipe and digits in, a trained network and its history out.

The digits stay in memory as one uint8 tensor from which batches are sliced: a DataLoader that turns one image at a
time into a tensor needs over thirty times as long to bring the same batches.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.data import Digits
from mnist_core.errors import Diverged
from mnist_core.recipe import Recipe

LOG_EVERY = 100  # steps


@dataclass(frozen=True, slots=True)
class Step:
    """What is logged every 100 steps. `loss` is the mean per digit since the entry before."""

    step: int  # steps done, all epochs together
    steps: int  # of the whole training
    loss: float
    seconds: float  # since the start


@dataclass(frozen=True, slots=True)
class Epoch:
    """What is logged after each pass over the training digits; accuracies are 0…1.

    Training figures are gathered on the way, with dropout on, so they can lie below those of the validation.
    Validation figures are None where no digits were held out.
    """

    epoch: int  # passes done
    epochs: int
    step: int
    training_loss: float
    training_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float


Entry = Step | Epoch


def entry_to_json(entry: Entry) -> dict[str, object]:
    """Return one line of `history.jsonl`."""
    return {"kind": type(entry).__name__.lower(), **asdict(entry)}


@dataclass(slots=True)
class _Tally:
    """Sums over digits, divided once: a mean of unequal batches would be wrong."""

    loss: float = 0.0
    correct: int = 0
    seen: int = 0

    def add(self, logits: Tensor, labels: Tensor, mean_loss: Tensor) -> None:
        self.loss += mean_loss.item() * len(labels)
        self.correct += int((logits.argmax(1) == labels).sum())
        self.seen += len(labels)

    def mean_loss(self) -> float:
        return self.loss / self.seen

    def accuracy(self) -> float:
        return self.correct / self.seen


def to_pixels(images: Tensor) -> Tensor:
    """`(N, 28, 28)` uint8 → `(N, 1, 28, 28)` float32, 0…1."""
    return images.unsqueeze(1).float() / 255


def fit(recipe: Recipe, network: nn.Module, training: Digits, validation: Digits | None = None) -> Iterator[Entry]:
    """Train the network in place, yielding what is logged; it is left in evaluation mode.

    Raises `Diverged`, naming the step, once the loss is not a finite number.
    """
    torch.manual_seed(recipe.seed)  # for the dropout
    order = torch.Generator().manual_seed(recipe.seed)
    images, labels = torch.from_numpy(training.images), torch.from_numpy(training.labels)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, fused=True)
    steps = recipe.epochs * -(-len(training) // recipe.batch_size)
    start = time.perf_counter()
    step = 0
    recent = _Tally()

    for epoch in range(1, recipe.epochs + 1):
        network.train()
        whole = _Tally()
        for batch in torch.randperm(len(training), generator=order).split(recipe.batch_size):
            batch_labels = labels[batch]
            logits = network(to_pixels(images[batch]))
            loss = functional.cross_entropy(logits, batch_labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

            step += 1
            for tally in (recent, whole):
                tally.add(logits, batch_labels, loss)
            if step % LOG_EVERY == 0 or step == steps:
                mean = recent.mean_loss()
                if not torch.isfinite(torch.tensor(mean)):
                    raise Diverged(f"The loss was no longer finite at step {step}. Try a smaller learning rate.")
                yield Step(step, steps, mean, time.perf_counter() - start)
                recent = _Tally()

        network.eval()
        held_out = _judge(network, validation) if validation else None
        yield Epoch(
            epoch,
            recipe.epochs,
            step,
            whole.mean_loss(),
            whole.accuracy(),
            held_out.mean_loss() if held_out else None,
            held_out.accuracy() if held_out else None,
            time.perf_counter() - start,
        )


@torch.inference_mode()
def _judge(network: nn.Module, digits: Digits) -> _Tally:
    tally = _Tally()
    for images, labels in zip(
        torch.from_numpy(digits.images).split(1000), torch.from_numpy(digits.labels).split(1000), strict=True
    ):
        logits = network(to_pixels(images))
        tally.add(logits, labels, functional.cross_entropy(logits, labels))
    return tally
