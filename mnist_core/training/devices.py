"""What a training computes on: the processor, or the accelerator that torch finds here.

Nothing here imports torch before it has to.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from mnist_core.errors import TrainingError, without_folders
from mnist_core.machine import Device, measure_peak_memory, processor_name
from mnist_core.model.card import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    import torch

ACCELERATORS: dict[Device, str] = {"cuda": "CUDA", "mps": "MPS"}  # what they are called
THEN = ", then "  # between two devices of one training
NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "Cannot allocate memory")


def available_devices() -> tuple[Device, ...]:
    """Return the devices that a training can use here, the processor first."""
    import torch

    with warnings.catch_warnings(action="ignore"):  # of a driver that is too old: then there is none
        found = torch.accelerator.current_accelerator(check_available=True)
    return ("cpu", *(device for device in ACCELERATORS if found and device == found.type))


def choose_device(asked: Device, began_on: str = "") -> Device:
    """Return the device that was asked for.

    For "auto" that is where a training began, by what its card says, else the accelerator, where there is one that
    works. Raises `TrainingError` where it is not here, or cannot be used.
    """
    available = available_devices()
    if asked == "auto":
        asked = next((device for device in ("cpu", *ACCELERATORS) if device == _type_of(began_on)), "auto")
    if asked == "auto":
        return next((device for device in available[1:] if not _obstacle(device)), "cpu")
    if asked not in available:
        elsewhere = " To go on elsewhere, add `--device cpu`: it is then another training." if began_on else ""
        names = ", ".join(available)
        raise TrainingError(f"There is no {ACCELERATORS[asked]} device here. Available: {names}.{elsewhere}")
    if obstacle := _obstacle(asked):
        raise TrainingError(f"The {ACCELERATORS[asked]} device cannot be used: {obstacle}. Available: cpu.")
    return asked


def describe_device(device: Device, before: str = "") -> str:
    """Return what a card says of a device: its type, and which one it is; first those on which the training was before.

    Another one of the same type counts as the same.
    """
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else processor_name()  # Apple's is part of the processor
    *earlier, last = before.split(THEN)
    if last and _type_of(last) != device:
        earlier.append(last)
    return THEN.join([*earlier, f"{device}: {name}"])[:MAX_TEXT_LENGTH]


def explain_failure(error: Exception, batch_size: int) -> TrainingError | None:
    """Return the sentence for an error that is a device's: too little memory, or it is gone; None for any other."""
    import torch

    if not isinstance(error, RuntimeError):
        return None
    told = _text(error)
    accelerator = next((name for name in ACCELERATORS.values() if name in told), None)
    if isinstance(error, torch.OutOfMemoryError) or any(words in told for words in NO_MEMORY):
        owner = f"the {accelerator} device" if accelerator else "this machine"
        return TrainingError(
            f"The memory of {owner} is not enough for batches of {batch_size:,}. Begin anew with a smaller batch size."
        )
    if isinstance(error, torch.AcceleratorError) or accelerator:
        device = f"{accelerator or 'other'} device"
        return TrainingError(f"The {device} failed: {_first_line(error)}. What was saved before is whole.")
    return None


def measure_memory_of_training(device: torch.device) -> int:
    """Return how many bytes a training has had at most so far: of a CUDA device, elsewhere of the whole process."""
    import torch

    return torch.cuda.max_memory_reserved(device) if device.type == "cuda" else measure_peak_memory()


def random_state(device: torch.device) -> torch.Tensor:
    """Return the state of an accelerator's random numbers, as bytes."""
    import torch

    state: torch.Tensor = torch.get_device_module(device).get_rng_state()
    return state.cpu()


def set_random_state(device: torch.device, state: torch.Tensor) -> None:
    """Go back to what `random_state` returned."""
    import torch

    torch.get_device_module(device).set_rng_state(state)


def _obstacle(device: Device) -> str:
    """Say why not even one number can be put on a device; empty where it can, always on the processor."""
    import torch

    try:
        torch.zeros((), device=device)
    except (RuntimeError, AssertionError) as error:  # whatever its driver says
        return _first_line(error)
    return ""


def _type_of(described: str) -> str:
    return described.rpartition(THEN)[2].partition(":")[0]


def _text(error: Exception) -> str:
    return str(error.args[0]) if error.args else ""  # an accelerator's error may have its number beside it


def _first_line(error: Exception) -> str:
    return without_folders(_text(error).strip().partition("\n")[0]).rstrip(".")
