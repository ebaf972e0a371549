"""Several processes that train one network: each learns from its share of every batch, and all take the same step.

It is data parallelism: the ranks draw the same order and the same random numbers, those of the whole batch, and take
theirs of them; batch normalisation and gradients are summed over all. So the loss curve is that of one process with the
same batches, but for rounding. Rank 0 alone writes; after each step all agree on whether to stop and to save.

Whoever is alone needs nothing of this.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mnist_core.errors import LostRank, TrainingError
from mnist_core.machine import Device
from mnist_core.training.ranks import Place

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store

TIMEOUT = timedelta(minutes=5)  # that one waits in a step for another which is there and says nothing
LAST_WORD = 3.0  # seconds in which one that ends has said why
LOOK_EVERY = 0.02  # seconds


class Order(NamedTuple):
    """What all do after a step, as rank 0 says; any of them can ask to stop."""

    stops: bool
    saves: bool
    rate_factor: float


class ProcessGroup:
    """The processes of a training; what fails because another one has ended raises `LostRank`, which says how."""

    def __init__(self, place: Place, store: Store) -> None:
        self.place = place
        self.rank, self.count = place.rank, place.count
        self.store = store

    def __deepcopy__(self, _: dict[int, Any]) -> ProcessGroup:  # a network that is copied stays in it
        return self

    def shard(self, count: int) -> tuple[int, int]:
        """Return where this rank's share of so many digits begins and ends; shares differ by one digit at most."""
        return self.rank * count // self.count, (self.rank + 1) * count // self.count

    def add_up(self, values: Tensor) -> Tensor:
        """Put the sum over all ranks into a tensor; all get the very same."""
        with self._together():
            distributed.all_reduce(values)
        return values

    def add_up_gradients(self, network: nn.Module) -> None:
        """Sum the gradients over all ranks, as one tensor."""
        gradients = [weights.grad for weights in network.parameters() if weights.grad is not None]
        sums = self.add_up(torch.cat([each.flatten() for each in gradients]))
        parts = sums.split([each.numel() for each in gradients])
        torch._foreach_copy_(gradients, [part.view_as(each) for part, each in zip(parts, gradients, strict=True)])

    def agree(self, order: Order) -> Order:
        """Tell the others what to do next, or be told."""
        factor = order.rate_factor if self.rank == 0 else 0.0
        sums = self.add_up(torch.tensor([order.stops, order.saves, factor], dtype=torch.float64))
        stops, saves, factor = sums.tolist()
        return Order(stops > 0, stops + saves > 0, factor)

    def meet(self, where: str, is_stopped: Callable[[], bool]) -> bool:
        """Wait, however long it takes, until all have come there; returns False where this one is to stop before."""
        with self._together():
            self.store.set(f"{where}/{self.rank}", "-")
            while not self.store.check([f"{where}/{rank}" for rank in range(self.count)]):
                if is_stopped():
                    return False
                time.sleep(LOOK_EVERY)
        return True

    def share(self, content: bytes = b"") -> bytes:
        """Return the bytes of rank 0 on every rank."""
        with self._together():
            size = torch.tensor([len(content)])
            distributed.broadcast(size, 0)
            sent = torch.zeros(int(size), dtype=torch.uint8)
            if self.rank == 0 and content:
                sent.copy_(torch.frombuffer(bytearray(content), dtype=torch.uint8))
            distributed.broadcast(sent, 0)
        return sent.numpy().tobytes()

    def share_words(self, one: str, other: str) -> tuple[str, str]:
        """Return two words of rank 0 on every rank."""
        one, _, other = self.share(f"{one}\n{other}".encode()).decode().partition("\n")
        return one, other

    def take_device(self, device: Device) -> None:
        """Make sure that each rank has a device of its own, and all the same kind; raises `TrainingError`."""
        if device == "mps":
            raise TrainingError("Several processes cannot share an MPS device. Add `--device cpu`.")
        if device == "cuda":
            found = torch.cuda.device_count()
            if self.place.local_count > found:
                raise TrainingError(
                    f"{self.place.local_count} processes on this machine have only {found} CUDA devices."
                )
            torch.cuda.set_device(self.place.local_rank)
        accelerated = int(self.add_up(torch.tensor([float(device != "cpu")])))
        if accelerated not in (0, self.count):
            raise TrainingError(f"{accelerated} of {self.count} processes have a CUDA device. Add `--device cpu`.")

    def leave_word(self, reason: str) -> None:
        """Say why this rank ends; nothing where it has done its work, was asked to stop, or has lost the others."""
        with suppress(RuntimeError):  # nobody is there to hear it
            self.store.set(f"word/{self.rank}", reason or "-")

    def find_fault(self) -> str:
        """Say which of the other ranks failed or ended without a word, waiting a little for that; empty where none."""
        silent = set(range(self.count)) - {self.rank}
        end = time.monotonic() + LAST_WORD
        while silent and time.monotonic() < end:
            for rank in sorted(silent):
                with suppress(RuntimeError):
                    if self.store.check([f"word/{rank}"]):
                        silent.remove(rank)
                        if (word := self.store.get(f"word/{rank}").decode(errors="replace")) != "-":
                            return f"Rank {rank} failed: {word}"
            time.sleep(LOOK_EVERY)
        names = " and ".join(map(str, sorted(silent)))
        return f"Rank {names} ended without a word: killed, or its machine is gone." if silent else ""

    @contextmanager
    def _together(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            fault = self.find_fault() if self.rank == 0 else ""
            raise LostRank(fault or "The processes of the training have lost each other.") from error


@contextmanager
def join(place: Place) -> Iterator[ProcessGroup]:
    """Find the other processes, and part from them in the end; raises `TrainingError` where they are not found."""
    from torch.distributed.rendezvous import rendezvous

    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() and distributed.is_nccl_available() else "gloo"
    try:
        store, rank, count = next(rendezvous("env://", timeout=TIMEOUT))
        distributed.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=TIMEOUT)
    except (RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise TrainingError(f"The processes of the training have not found each other: {reason}.") from error
    try:
        yield ProcessGroup(place, store)
    finally:
        with suppress(RuntimeError):
            distributed.destroy_process_group()


def synchronise_norms(network: nn.Module, processes: ProcessGroup) -> None:
    """Let every batch normalisation of a network take the mean and variance over the batches of all ranks.

    Torch's `SyncBatchNorm` does so on accelerators alone. What a layer has, and its names, stay as they are.
    """
    for layer in network.modules():
        if isinstance(layer, _BatchNorm):
            layer.__class__ = SynchronisedNorm
            layer.processes = processes  # type: ignore[assignment]


class SynchronisedNorm(_BatchNorm):
    """Batch normalisation over the shares of all ranks; in evaluation mode it is torch's own."""

    processes: ProcessGroup
    running_mean: Tensor  # which ours keep, as they do a momentum
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, signal: Tensor) -> Tensor:
        """Normalise this rank's `(n, C, …)` share of a batch; a share may be empty."""
        if not self.training:
            return super().forward(signal)
        mean, variance, count = self._measure(signal)
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)
        result: Tensor = _Normalise.apply(
            signal, self.weight, self.bias, mean, variance, count, self.eps, self.processes
        )
        return result

    def _check_input_dim(self, _: Tensor) -> None:
        pass

    @torch.no_grad()
    def _measure(self, signal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return mean and variance of each channel over all ranks, `(C,)`, and over how many numbers they are.

        The shares' own are put together (Chan, Golub and LeVeque 1979): sums of squares would lose digits.
        """
        channels = len(self.weight)
        shares = torch.zeros(self.processes.count, 2 * channels + 1, device=signal.device)
        if len(signal):
            # Its running statistics are of the share alone, and forgotten; `var_mean` takes twenty times as long.
            scratch = torch.zeros(2, channels, device=signal.device)
            own = torch.batch_norm_update_stats(signal, scratch[0], scratch[1], 0.0)
            shares[self.processes.rank, : 2 * channels] = torch.cat(own)
            shares[self.processes.rank, 2 * channels :].fill_(signal.numel() / channels)
        means, variances, counts = self.processes.add_up(shares).split([channels, channels, 1], dim=1)
        count = counts.sum()
        mean = (counts * means).sum(0) / count
        return mean, (counts * (variances + (means - mean) ** 2)).sum(0) / count, count


class _Normalise(torch.autograd.Function):
    """`(signal - mean) / deviation · weight + bias`, where mean and deviation hang on the signals of all ranks."""

    @staticmethod
    def forward(
        context: Any,
        signal: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
        count: Tensor,
        eps: float,
        processes: ProcessGroup,
    ) -> Tensor:
        context.save_for_backward(signal, weight, mean, (variance + eps).rsqrt(), count)
        context.eps, context.processes = eps, processes
        return torch.native_batch_norm(signal, weight, bias, mean, variance, False, 0.0, eps)[0]

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Torch's backward pass subtracts the means over the share; those over all ranks are put in their place."""
        signal, weight, mean, scale, count = context.saved_tensors
        if len(signal):
            by_signal, by_weight, by_bias = torch.ops.aten.native_batch_norm_backward(
                gradient, signal, weight, None, None, mean, scale, True, context.eps, [True, True, True]
            )
        else:  # torch's kernel is not made for a share without digits
            by_signal, by_weight, by_bias = torch.empty_like(signal), torch.zeros_like(weight), torch.zeros_like(weight)
        whole = context.processes.add_up(torch.stack([by_weight, by_bias])) / count
        if len(signal):
            share = torch.stack([by_weight, by_bias]) / (signal.numel() / len(weight))
            slope, offset = weight * scale * (share - whole)
            slope = slope * scale
            wide = (1, -1, *[1] * (signal.dim() - 2))
            by_signal = torch.addcmul(
                by_signal + (offset - slope * mean).view(wide), signal, slope.view(wide).to(signal.dtype)
            ).to(gradient.dtype)
        return by_signal, by_weight, by_bias, None, None, None, None, None
