"""The training loop: a recipe and digits in, a trained network and its history out.

The digits stay in memory as one uint8 tensor from which batches are sliced: a DataLoader that turns one image at a
time into a tensor needs over thirty times as long to bring the same batches. On an accelerator that is its own memory,
where all randomness but the digits' order is drawn, too, and nothing is read from it between two logged steps: to wait
for a number at each step would leave it idle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from math import cos, isfinite, pi
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mnist_core.data.augmentation import augment, augment_share
from mnist_core.data.mnist import NOT_A_DIGIT, Digits
from mnist_core.errors import Diverged, TrainingError
from mnist_core.model.inference import Model
from mnist_core.model.networks import Dropout
from mnist_core.recipe import NEED_TWO, Recipe
from mnist_core.store.history import Entry, Epoch, RateChange, Step, log_every
from mnist_core.training.devices import random_state, set_random_state
from mnist_core.training.distributed import ProcessGroup, synchronise_norms


@dataclass(slots=True)
class _MetricSums:
    """Sums over digits, divided once: a mean of unequal batches would be wrong."""

    loss: float = 0.0
    correct: int = 0
    seen: int = 0

    def add(self, loss: float, correct: int, seen: int) -> None:
        self.loss += loss * seen
        self.correct += correct
        self.seen += seen

    def mean_loss(self) -> float:
        return self.loss / max(1, self.seen)  # none where all are out-of-distribution

    def accuracy(self) -> float:
        return self.correct / max(1, self.seen)


@dataclass(slots=True)
class _Progress:
    """How far a training is, but for its tensors."""

    step: int = 0
    epoch: int = 0  # passes done
    seconds: float = 0.0
    recent: _MetricSums = field(default_factory=_MetricSums)  # since the last logged step
    whole: _MetricSums = field(default_factory=_MetricSums)  # since the epoch began
    best: float = -1.0  # validation accuracy
    epochs_since_best: int = 0
    rate_factor: float = 1.0  # what the scheduled learning rate is multiplied by, as somebody has asked for
    rate_changes: int = 0  # how often that was


class AdamW:
    """AdamW (Loshchilov and Hutter 2019) with torch's defaults, by the operation that its fused optimizer calls.

    An optimizer of `torch.optim` imports torch's compiler when it is made, for more than a second.
    """

    def __init__(self, network: nn.Module, weight_decay: float) -> None:
        self.weights = list(network.parameters())
        self.weight_decay = weight_decay
        self.state = [
            {
                "step": torch.zeros((), device=each.device),  # on an accelerator the operation counts there
                "exp_avg": torch.zeros_like(each),
                "exp_avg_sq": torch.zeros_like(each),
            }
            for each in self.weights
        ]

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Change the weights that have a gradient."""
        learnt = [
            (each, each.grad, *state.values())
            for each, state in zip(self.weights, self.state, strict=True)
            if each.grad is not None
        ]
        weights, gradients, steps, averages, squares = map(list, zip(*learnt, strict=True))
        torch._foreach_add_(steps, 1)
        torch._fused_adamw_(
            *(weights, gradients, averages, squares, [], steps),
            lr=learning_rate,
            beta1=0.9,
            beta2=0.999,
            weight_decay=self.weight_decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


class Average:
    """The exponential moving average (EMA) of a network's weights and running statistics, which forgets the first ones.

    Until step 9 / (1 - decay), the 9,000th for 0.999, it is the mean of about the last ninth of the steps. In a
    checkpoint it has the names of torch's `AveragedModel`, which takes eight times as long for `quick`.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = deepcopy(network)
        self.decay = decay
        self.count = torch.tensor(0)
        pairs = list(zip(self.network.state_dict().values(), network.state_dict().values(), strict=True))
        self.numbers = [pair for pair in pairs if pair[0].is_floating_point()]
        self.counts = [pair for pair in pairs if not pair[0].is_floating_point()]  # of the batches that were normalised

    def update(self) -> None:
        """Take in the weights as they are now."""
        count = int(self.count)
        weight = 1 - min(self.decay, (1 + count) / (10 + count)) if count else 1.0
        averages, values = map(list, zip(*self.numbers, strict=True))
        torch._foreach_lerp_(averages, values, weight)
        for average, value in self.counts:
            average.copy_(value)
        self.count += 1

    def state_dict(self) -> dict[str, Tensor]:
        """Return all of it by name."""
        weights = self.network.state_dict().items()
        return {"n_averaged": self.count} | {f"module.{name}": value for name, value in weights}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go back to what `state_dict` returned."""
        self.network.load_state_dict(_below("module", state))
        self.count.copy_(state["n_averaged"])


def fit(recipe: Recipe, network: nn.Module, training: Digits, validation: Digits | None = None) -> Iterator[Entry]:
    """Train the network in place, yielding what is logged; it is left in evaluation mode, with the weights to keep.

    Raises `Diverged`, naming the step, once the loss is not a finite number. `train.py` takes the same way, through
    `Training.run`, and saves checkpoints between the steps.
    """
    yield from Training(recipe, network, training, validation).run()


class Training:
    """A training that can be saved after any step and resumed, bit for bit on the same device.

    `advance` goes on from where it is; `learnt` is the network to keep; `state` and `restore` carry everything from
    one process to the next.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: nn.Module,
        training: Digits,
        validation: Digits | None = None,
        precision: str | None = None,
        device: str = "cpu",
        processes: ProcessGroup | None = None,
        teachers: Sequence[Model] = (),
    ) -> None:
        self.recipe = recipe
        self.processes = processes
        self.device = torch.device(device)
        if device == "cuda":  # or a convolution may add up in another order each time
            torch.backends.cudnn.deterministic = True
        self.teachers = teachers
        for each in teachers:
            each.network.to(self.device)
        self.images = torch.from_numpy(training.images).to(self.device)
        self.labels = torch.from_numpy(training.labels).to(self.device)
        self.validation = validation
        self.bfloat16 = (precision or choose_precision(recipe.precision, device)[0]) == "bfloat16"
        self.network = network.to(self.device).to(memory_format=torch.channels_last)  # convolutions are quicker so
        if processes:
            synchronise_norms(network, processes)
        self.ema = Average(network, recipe.ema_decay)
        self.optimizer = AdamW(network, recipe.weight_decay)
        self.digits_an_epoch = _digits_an_epoch(recipe, len(training))
        self.steps_an_epoch = -(-self.digits_an_epoch // recipe.batch_size)
        self.steps = recipe.epochs * self.steps_an_epoch
        self.progress = _Progress()
        self.gathered = None if device == "cpu" and not processes else self._no_sums()
        self.order = torch.Generator().manual_seed(recipe.seed)
        self.order_before_epoch = self.order.get_state()
        torch.manual_seed(recipe.seed)  # for dropout and augmentation
        self._clock = time.perf_counter()

    @property
    def learnt(self) -> nn.Module:
        """The network to keep: the one that is trained, or the EMA of its weights where the recipe has one."""
        return self.ema.network if self.recipe.ema_decay else self.network

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to do, by the recipe's epochs or by its patience."""
        patience = self.recipe.patience
        return self.progress.epoch >= self.recipe.epochs or 0 < patience <= self.progress.epochs_since_best

    def run(self, after_step: Callable[[Training], bool] = lambda _: False) -> Iterator[Entry]:
        """Go on to the end, yielding what is logged; the network is then in evaluation mode, with the weights to keep.

        `after_step` is called between two steps, when the training may be saved; by returning True it ends it there.
        Raises `Diverged`, naming the step.
        """
        for entry in self.advance():
            if entry:
                yield entry
            if after_step(self):
                return
        self.network.load_state_dict(self.learnt.state_dict())
        self.network.eval()

    def advance(self) -> Iterator[Entry | None]:
        """Go on to the end; yields what is logged, and None after each step that is not.

        Between two yields the training stands still and may be saved. Raises `Diverged`, naming the step.
        """
        self._clock = time.perf_counter()
        distance = log_every(self.steps)
        while not self.is_over:
            self.network.train()
            self.order_before_epoch = self.order.get_state()
            order = torch.randperm(len(self.labels), generator=self.order)[: self.digits_an_epoch]
            batches = order.to(self.device).split(self.recipe.batch_size)
            for batch in batches[self.progress.step - self.progress.epoch * self.steps_an_epoch :]:
                self._learn(batch)
                logged = self.progress.step % distance == 0 or self.progress.step == self.steps
                yield self._step_entry() if logged else None
            yield self._epoch_entry()

    def learning_rate_at(self, step: int) -> float:
        """Return the learning rate of one step, counted from 0, by the recipe and by what was asked for since."""
        rate = learning_rate_at(self.recipe, step, self.steps)
        return rate if self.progress.rate_factor == 1 else rate * self.progress.rate_factor

    def change_rate(self, factor: float) -> RateChange:
        """Multiply the scheduled learning rate by a factor from the next step on; returns what is logged of that."""
        progress = self.progress
        progress.rate_factor = factor
        progress.rate_changes += 1
        step = max(1, progress.step)
        return RateChange(step, factor, self.learning_rate_at(min(progress.step, self.steps - 1)), self.count_seconds())

    def _learn(self, batch: Tensor) -> None:
        recipe, progress = self.recipe, self.progress
        whole = len(batch)
        first, end = self.processes.shard(whole) if self.processes else (0, whole)
        batch = batch[first:end]
        labels = self.labels[batch]
        images = self.images.index_select(0, batch)  # row by row; [batch] would copy byte by byte
        digits = self._bend(to_pixels(images), first, whole)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            logits = self._answer(digits, first, whole)
            answers = ask_teachers(self.teachers, digits) if self.teachers else None
        smoothed = self._loss(logits, labels, answers)
        if self.processes:  # its share of the mean; without a digit it has none, and takes part all the same
            smoothed = smoothed * (len(labels) / whole) if len(labels) else logits.sum()
        self.network.zero_grad()
        smoothed.backward()
        if self.processes:
            self.processes.add_up_gradients(self.network)
        self.optimizer.step(self.learning_rate_at(progress.step))
        if recipe.ema_decay:
            self.ema.update()

        progress.step += 1
        if self.gathered is not None:
            self._gather(self.gathered, logits.detach(), labels)
            return
        loss = smoothed.item()
        if recipe.label_smoothing or recipe.ood_share:  # what runs, and training and validation, are compared by
            logits = logits.detach()
            if recipe.ood_share:
                is_digit = labels != NOT_A_DIGIT
                logits, labels = logits[is_digit], labels[is_digit]
            loss = functional.cross_entropy(logits, labels, reduction="sum").item() / max(1, len(labels))
        if not isfinite(loss):
            raise self._diverged()
        correct = int((logits.argmax(1) == labels).sum())
        for sums in (progress.recent, progress.whole):
            sums.add(loss, correct, len(labels))

    def _bend(self, digits: Tensor, first: int, whole: int) -> Tensor:
        """Augment a share of a batch, its digits from `first` on of so many, of which the first ones stay as sharp."""
        affine, elastic = self.recipe.affine, self.recipe.elastic
        all_sharp = round(self.recipe.unbent * whole)
        sharp = min(max(0, all_sharp - first), len(digits))
        if self.processes:
            place = max(0, first - all_sharp), whole - all_sharp
            bent = augment_share(digits[sharp:], *place, affine=affine, elastic=elastic)
        else:
            bent = augment(digits[sharp:], affine=affine, elastic=elastic)
        return torch.cat([digits[:sharp], bent]) if sharp else bent

    def _answer(self, digits: Tensor, first: int, whole: int) -> Tensor:
        """Return the logits of a share of a batch: its digits from `first` on of so many."""
        if self.processes:
            for layer in self.network.modules():
                if isinstance(layer, Dropout):
                    layer.among = first, whole
        logits: Tensor = self.network(digits).float()
        return logits

    def _no_sums(self) -> Tensor:
        exact = torch.float32 if self.device.type == "mps" else torch.float64  # which Apple's do not have
        return torch.zeros(3, dtype=exact, device=self.device)

    @staticmethod
    def _gather(sums: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a batch's loss, how many are right and how many digits it has, without waiting for any of them."""
        is_digit = labels != NOT_A_DIGIT
        loss = functional.cross_entropy(logits, labels, reduction="sum", ignore_index=NOT_A_DIGIT)
        correct = (logits.argmax(1) == labels).sum()
        sums += torch.stack([loss.to(sums.dtype), correct.to(sums.dtype), is_digit.sum().to(sums.dtype)])

    def collect(self) -> None:
        """Bring the metric sums up to date where they were gathered on an accelerator, or by several processes.

        All of these do it at the same step. Raises `Diverged`.
        """
        if self.gathered is None:
            return
        if self.processes:
            self.processes.add_up(self.gathered)
        loss, correct, seen = self.gathered.tolist()
        self.gathered.zero_()
        if not isfinite(loss):
            raise self._diverged()
        for sums in (self.progress.recent, self.progress.whole):
            sums.add(loss / max(1, seen), int(correct), int(seen))

    def _loss(self, logits: Tensor, labels: Tensor, answers: Tensor | None = None) -> Tensor:
        """Return the loss to learn from, given what teachers answered where there are any.

        What is not a digit should be taken for each of the ten alike, and for what the teachers take it.
        """
        smoothing = self.recipe.label_smoothing
        if not self.recipe.ood_share and answers is None:
            return functional.cross_entropy(logits, labels, label_smoothing=smoothing)
        ten = logits.shape[1]
        one_hot = labels[:, None] == torch.arange(ten, device=labels.device)
        is_digit = (labels != NOT_A_DIGIT)[:, None]  # chosen by `where`: how many they are an accelerator need not tell
        targets = torch.where(is_digit, one_hot * (1 - smoothing) + smoothing / ten, 1 / ten)
        if answers is not None:  # distillation (Hinton, Vinyals and Dean 2015) at temperature 1
            targets = torch.lerp(targets, answers, self.recipe.distillation)
        return functional.cross_entropy(logits, targets)

    def _step_entry(self) -> Step:
        self.collect()
        progress = self.progress
        rate = self.learning_rate_at(progress.step - 1)
        entry = Step(progress.step, self.steps, progress.recent.mean_loss(), self.count_seconds(), rate)
        progress.recent = _MetricSums()
        return entry

    def _epoch_entry(self) -> Epoch:
        self.collect()
        progress = self.progress
        if not all(weights.isfinite().all() for weights in self.network.state_dict().values()):
            raise self._diverged()
        validation = self._validate()
        progress.epoch += 1
        self.order_before_epoch = self.order.get_state()  # of the next one, should it be saved in between
        if validation:
            better = validation.accuracy() > progress.best
            progress.best = max(progress.best, validation.accuracy())
            progress.epochs_since_best = 0 if better else progress.epochs_since_best + 1
        entry = Epoch(
            progress.epoch,
            self.recipe.epochs,
            progress.step,
            progress.whole.mean_loss(),
            progress.whole.accuracy(),
            validation.mean_loss() if validation else None,
            validation.accuracy() if validation else None,
            self.count_seconds(),
        )
        progress.whole = _MetricSums()
        return entry

    def _validate(self) -> _MetricSums | None:
        if not self.validation or not self.processes:
            return _evaluate(self.learnt, self.validation, self.device) if self.validation else None
        first, end = self.processes.shard(len(self.validation))
        share = self.validation[first:end]
        sums = _evaluate(self.learnt, share, self.device) if share else _MetricSums()
        loss, *counts = self.processes.add_up(torch.tensor([sums.loss, sums.correct, sums.seen], dtype=torch.float64))
        return _MetricSums(float(loss), *map(int, counts))

    def _diverged(self) -> Diverged:
        return Diverged(
            f"The loss was no longer a finite number at step {self.progress.step:,}. Try a smaller learning rate."
        )

    def count_seconds(self) -> float:
        """Return how long this training has been going on, all its sessions together."""
        now = time.perf_counter()
        self.progress.seconds += now - self._clock
        self._clock = now
        return self.progress.seconds

    # -------------------------------------------------------------------------------------------- save, resume

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return all that `restore` needs: tensors of the processor by name, and what JSON can hold."""
        self.collect()
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        if self.recipe.ema_decay:
            tensors |= {f"average.{name}": value for name, value in self.ema.state_dict().items()}
        for index, values in enumerate(self.optimizer.state):
            tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
        self.count_seconds()
        tensors |= {"random": torch.get_rng_state(), "order": self.order_before_epoch}
        if self.device.type != "cpu":
            tensors[f"random.{self.device.type}"] = random_state(self.device)
        return {name: value.cpu().contiguous() for name, value in tensors.items()}, asdict(self.progress)

    def restore(self, tensors: dict[str, Tensor], progress: dict[str, Any]) -> None:
        """Go back to a saved state; raises `TrainingError` where it belongs to another training.

        What was saved on another device goes on from the same weights, but with random numbers of this one, seeded by
        the recipe and the step.
        """
        try:
            self.network.load_state_dict(_below("network", tensors))
            if self.recipe.ema_decay:
                self.ema.load_state_dict(_below("average", tensors))
            for index, values in enumerate(self.optimizer.state if progress["step"] else ()):
                for name, value in values.items():
                    value.copy_(tensors[f"optimizer.{index}.{name}"])
            self.order.set_state(tensors["order"])
            self.order_before_epoch = tensors["order"]
            torch.set_rng_state(tensors["random"])
            on_device = {name.partition(".")[2]: value for name, value in tensors.items() if name.startswith("random.")}
            if self.device.type in on_device:
                set_random_state(self.device, on_device[self.device.type])
            elif on_device or self.device.type != "cpu":
                torch.manual_seed(self.recipe.seed + progress["step"])
            tallies = {name: _MetricSums(**progress[name]) for name in ("recent", "whole")}
            self.progress = _Progress(**progress | tallies)
        except (KeyError, RuntimeError, TypeError) as error:
            raise TrainingError("The checkpoint does not belong to this training. Begin it anew.") from error


def _digits_an_epoch(recipe: Recipe, digits: int) -> int:
    """Return how many digits an epoch shows: all, but for one that would be a batch by itself where that cannot be.

    It is another one each time, for the order is.
    """
    one_is_left = digits % recipe.batch_size == 1
    return digits - 1 if one_is_left and recipe.network in NEED_TWO else digits


@torch.no_grad()
def ask_teachers(teachers: Sequence[Model], digits: Tensor) -> Tensor:
    """`(N, 1, 28, 28)` pixels 0…1 → `(N, K)` probabilities, the mean of what trained models answer."""
    answers = [(each.network(digits).float() / each.card.temperature).softmax(1) for each in teachers]
    return torch.stack(answers).mean(0)


def to_pixels(images: Tensor) -> Tensor:
    """`(N, 28, 28)` uint8 → `(N, 1, 28, 28)` float32, 0…1."""
    return images.unsqueeze(1).float() / 255


def learning_rate_at(recipe: Recipe, step: int, steps: int) -> float:
    """Return the learning rate of one step, counted from 0.

    One cycle (Smith 2018) rises along a cosine from a 25th of the highest value and falls to a 10,000th of where it
    began, as torch's `OneCycleLR` does, or to the recipe's last rate where that is more; being a function of the step
    alone, it needs no state of its own.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    highest = recipe.learning_rate
    first = highest / 25
    summit = recipe.warmup * steps - 1
    if step < summit:
        return _between(first, highest, step / summit)
    last = max(first / 10_000, highest * recipe.last_rate)
    return _between(highest, last, (step - summit) / max(steps - 1 - summit, 1e-9))


def choose_precision(asked: str, device: str = "cpu") -> tuple[str, str]:
    """Return the numbers to multiply in on a device, "float32" or "bfloat16", and why."""
    if asked != "auto":
        return asked, "the recipe asks for it"
    if device == "cuda":
        is_fast = torch.cuda.is_bf16_supported(including_emulation=False)
        return ("bfloat16", "the card is fast at it") if is_fast else ("float32", "the card is not fast at bfloat16")
    if device != "cpu":
        return "float32", f"{device} was not tried with bfloat16"
    abilities = torch.cpu.get_capabilities()
    for ability, name in {"amx_bf16": "AMX", "avx512_bf16": "AVX-512 BF16"}.items():
        if abilities.get(ability):
            return "bfloat16", f"the processor is fast at it ({name})"
    return "float32", "the processor is not fast at bfloat16"


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + cos(pi * share))


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(f"{prefix}."): value for name, value in tensors.items() if name.startswith(f"{prefix}.")}


@torch.inference_mode()
def _evaluate(network: nn.Module, digits: Digits, device: torch.device) -> _MetricSums:
    network.eval()
    sums = _MetricSums()
    every_image, every_label = torch.from_numpy(digits.images).to(device), torch.from_numpy(digits.labels).to(device)
    for images, labels in zip(every_image.split(1000), every_label.split(1000), strict=True):
        logits = network(to_pixels(images))
        sums.add(functional.cross_entropy(logits, labels).item(), int((logits.argmax(1) == labels).sum()), len(labels))
    return sums
