"""Trainings on accelerators, as far as a machine without one can tell: what is chosen, said, refused and never read."""

import json
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import train
from mnist_core.data.mnist import NOT_A_DIGIT, Digits
from mnist_core.errors import Diverged, TrainingError
from mnist_core.model.networks import build_network
from mnist_core.recipe import NETWORKS, preset
from mnist_core.store import runs
from mnist_core.store.models import load_model
from mnist_core.store.runs import State, find_run
from mnist_core.training import devices, loop, worker
from mnist_core.training import speed as speeds
from mnist_core.training.devices import choose_device, describe_device, explain_failure
from mnist_core.training.loop import Training, choose_precision

FLAGS = ("--recipe", "mlp-plus", "--epochs", 2, "--batch-size", 50, "--validation-size", 100, "--threads", 1)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def run(models_dir, *flags):
    return train.main([*map(str, flags), "--models-dir", str(models_dir)])


def pretend(monkeypatch, device, obstacle=""):
    """Let torch say that it has an accelerator."""
    found = torch.device(device) if device else None
    monkeypatch.setattr(
        torch.accelerator,
        "current_accelerator",
        lambda check_available=False: found if check_available else torch.device("cuda"),
    )
    monkeypatch.setattr(devices, "_obstacle", lambda device: obstacle if device != "cpu" else "")


# ------------------------------------------------------------------------------------------------ which device it is


@pytest.mark.parametrize(
    ("here", "obstacle", "chosen"),
    [(None, "", "cpu"), ("cuda", "", "cuda"), ("mps", "", "mps"), ("cuda", "no driver", "cpu"), ("xpu", "", "cpu")],
)
def test_unasked_it_is_the_accelerator_that_works_else_the_processor(monkeypatch, here, obstacle, chosen):
    pretend(monkeypatch, here, obstacle)
    assert choose_device("auto") == chosen
    assert choose_device("cpu") == "cpu"


def test_a_device_that_is_not_here_is_refused_before_anything_begins(tmp_path, capsys, monkeypatch):
    pretend(monkeypatch, None)
    assert run(tmp_path, "--device", "cuda") == 1
    assert capsys.readouterr().err == "train.py: There is no CUDA device here. Available: cpu.\n"
    assert list(tmp_path.iterdir()) == []
    pretend(monkeypatch, "mps")
    assert run(tmp_path, "--device", "cuda") == 1
    assert capsys.readouterr().err == "train.py: There is no CUDA device here. Available: cpu, mps.\n"


def test_a_device_without_a_driver_is_refused_with_what_torch_says(monkeypatch):
    """What it says is torch's own, where this machine has none; its further lines are left out."""
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **_: torch.device("cuda"))

    def zeros(*_, device):
        assert device == "cuda"
        raise RuntimeError("The NVIDIA driver on your system is too old.\nUpdate /usr/lib/driver.")

    monkeypatch.setattr(torch, "zeros", zeros)
    told = r"The CUDA device cannot be used: The NVIDIA driver on your system is too old\. Available: cpu\.$"
    with pytest.raises(TrainingError, match=told):
        choose_device("cuda")
    assert choose_device("auto") == "cpu"


def test_an_unknown_device_is_refused_with_those_that_there_are(tmp_path, capsys):
    with pytest.raises(SystemExit):
        run(tmp_path, "--device", "gpu")
    assert "argument --device: invalid choice: 'gpu' (choose from" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("device", "is_fast", "chosen"),
    [
        ("cuda", True, ("bfloat16", "the card is fast at it")),
        ("cuda", False, ("float32", "the card is not fast at bfloat16")),
        ("mps", True, ("float32", "mps was not tried with bfloat16")),
    ],
)
def test_an_accelerator_multiplies_in_what_it_is_fast_at(monkeypatch, device, is_fast, chosen):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: is_fast)
    assert choose_precision("auto", device) == chosen
    assert choose_precision("float32", device) == ("float32", "the recipe asks for it")


def test_the_card_names_the_devices_one_after_the_other(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100")
    monkeypatch.setattr(devices, "processor_name", lambda: "Zen")
    assert describe_device("cpu") == "cpu: Zen"
    assert describe_device("cuda") == "cuda: NVIDIA H100"
    assert describe_device("cpu", before="cpu: Xeon") == "cpu: Zen"
    assert describe_device("cpu", before="cuda: NVIDIA T4") == "cuda: NVIDIA T4, then cpu: Zen"
    assert describe_device("cpu", before="cuda: NVIDIA T4, then cpu: Xeon") == "cuda: NVIDIA T4, then cpu: Zen"
    assert len(describe_device("cpu", before=f"cuda: {'x' * 600}")) == 500


def test_no_time_is_told_where_a_training_would_take_an_accelerator(monkeypatch):
    pretend(monkeypatch, "cuda")
    monkeypatch.setattr(speeds.machine, "let_others_go_first", lambda: None)
    monkeypatch.setattr(speeds.training_lock, "holder", lambda: "somebody")
    with pytest.raises(SystemExit) as ended:
        speeds.main()
    assert ended.value.code == speeds.ACCELERATED not in (0, speeds.TRAINING_BEGAN)


# ------------------------------------------------------------------------------------------------ steps without waiting


def mixed(digits):
    """Every third of them is labelled as none."""
    return Digits(digits.images, np.where(np.arange(len(digits)) % 3 == 0, NOT_A_DIGIT, digits.labels))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("ood_share", [0.0, 0.3])
def test_between_two_logged_steps_nothing_is_read_from_an_accelerator(made_digits, monkeypatch, network, ood_share):
    """The device `meta` has shapes without numbers: whoever wants to read one from it fails."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # which does not know this device
    monkeypatch.setattr(loop, "log_every", lambda _: 6)
    turned = {"label_smoothing": 0.1, "dropout": 0.2, "affine": 1.0, "elastic": 1.0, "unbent": 0.2, "ema_decay": 0.9}
    recipe = preset("classic", network=network, epochs=1, batch_size=100, ood_share=ood_share, **turned)
    network = build_network(network, 0, 0.2)
    process = Training(recipe, network, mixed(made_digits) if ood_share else made_digits, device="meta")
    steps = process.advance()
    assert list(islice(steps, 5)) == [None] * 5
    with pytest.raises((NotImplementedError, RuntimeError), match="meta"):
        next(steps)  # the sixth is logged


def on_gathered_sums(process):
    """Let a training on the processor gather its sums as on an accelerator."""
    process.gathered = process._no_sums()
    return process


@pytest.mark.parametrize("turned", [{}, {"label_smoothing": 0.2}, {"ood_share": 0.3}], ids=str)
def test_what_is_gathered_on_an_accelerator_is_what_the_processor_adds_up(made_digits, monkeypatch, turned):
    monkeypatch.setattr(loop, "log_every", lambda _: 4)
    recipe = preset("mlp-plus", epochs=2, batch_size=64, validation_size=0, **turned)
    digits = mixed(made_digits) if "ood_share" in turned else made_digits
    histories = []
    for prepare in (lambda process: process, on_gathered_sums):
        process = prepare(Training(recipe, build_network("mlp-plus", 0), digits, made_digits))
        histories.append((list(process.advance()), process.state()[0]))
    (usual, weights), (gathered, same) = histories
    assert all(torch.equal(value, same[name]) for name, value in weights.items())
    for one, other in zip(usual, gathered, strict=True):
        assert (one is None) == (other is None)
        if one:
            assert vars_of(one) == pytest.approx(vars_of(other), rel=1e-5)


def vars_of(entry):
    return {name: getattr(entry, name) for name in entry.__slots__ if name != "seconds"}


def test_a_loss_that_is_no_number_ends_it_at_the_next_logged_step(made_digits, monkeypatch):
    monkeypatch.setattr(loop, "log_every", lambda _: 4)
    process = on_gathered_sums(Training(preset("classic", batch_size=100), build_network("classic", 0), made_digits))
    steps = process.advance()
    next(steps)
    next(process.network.parameters()).data.fill_(float("nan"))
    assert list(islice(steps, 2)) == [None, None]
    with pytest.raises(Diverged, match="at step 4"):
        next(steps)


def test_a_checkpoint_loses_nothing_of_what_was_gathered(made_digits, monkeypatch):
    monkeypatch.setattr(loop, "log_every", lambda _: 4)
    recipe = preset("classic", batch_size=100, epochs=1)
    one, two, whole = (on_gathered_sums(Training(recipe, build_network("classic", 0), made_digits)) for _ in range(3))
    expected = next(filter(None, whole.advance()))
    torch.manual_seed(recipe.seed)
    list(islice(one.advance(), 2))
    two.restore(*one.state())
    assert vars_of(next(filter(None, two.advance()))) == pytest.approx(vars_of(expected), rel=1e-9)


# --------------------------------------------------------------------------------------------------- resumed elsewhere


def test_an_accelerators_random_numbers_are_saved_as_bytes_and_set_again(monkeypatch):
    kept = []
    module = SimpleNamespace(get_rng_state=lambda: torch.arange(3), set_rng_state=kept.append)
    monkeypatch.setattr(torch, "get_device_module", lambda _: module)
    state = devices.random_state(torch.device("cuda"))
    devices.set_random_state(torch.device("cuda"), state)
    assert [each.tolist() for each in kept] == [[0, 1, 2]]


def test_what_began_elsewhere_goes_on_with_random_numbers_of_its_own_the_same_each_time(made_digits):
    recipe = preset("classic", batch_size=100, epochs=1)
    one = Training(recipe, build_network("classic", 0, 0.3), made_digits)
    list(islice(one.advance(), 2))
    tensors, progress = one.state()
    ends = []
    for further in ({}, {"random.cuda": torch.zeros(16, dtype=torch.uint8)}):
        for noise in (1, 2):
            two = Training(recipe, build_network("classic", 0, 0.3), made_digits)
            torch.manual_seed(noise)
            two.restore(tensors | further, json.loads(json.dumps(progress)))
            list(two.advance())
            ends.append(next(two.network.parameters()).detach())
    assert torch.equal(ends[0], ends[1])
    assert torch.equal(ends[2], ends[3])
    assert not torch.equal(ends[0], ends[2])


@pytest.fixture
def stopped(tmp_path, monkeypatch, small_data):  # noqa: ARG001
    """A run that was stopped after three steps, as if on a card."""
    looks = iter(range(99))
    with monkeypatch.context() as patch:
        patch.setattr(worker, "is_asked_to_stop", lambda _: next(looks) == 2)
        patch.setattr(worker, "describe_device", lambda *_, **__: "cuda: NVIDIA T4")
        assert run(tmp_path, *FLAGS, "--name", "mine") == 130
    return tmp_path


def test_a_run_goes_on_only_where_it_began_unless_another_device_is_named(stopped, monkeypatch, capsys):
    pretend(monkeypatch, None)
    monkeypatch.setattr(devices, "processor_name", lambda: "Zen")
    assert run(stopped, "--resume", "mine") == 1
    told = (
        "There is no CUDA device here. Available: cpu. To go on elsewhere, add `--device cpu`: it is then another "
        "training."
    )
    assert capsys.readouterr().err == f"train.py: {told}\n"
    failed = find_run("mine", stopped)
    assert (failed.state, failed.reason, failed.has_checkpoint) == (State.FAILED, told, True)
    assert run(stopped, "--resume", "mine", "--device", "cpu") == 0
    assert load_model("mine", stopped).card.device == "cuda: NVIDIA T4, then cpu: Zen"


def test_a_run_from_before_devices_could_be_chosen_goes_on_on_the_processor(stopped, monkeypatch):
    record = stopped / ".runs" / "mine" / "run.json"
    values = json.loads(record.read_text())
    assert values.pop("device") == "auto"
    record.write_text(json.dumps(values))
    pretend(monkeypatch, "cuda")
    assert find_run("mine", stopped).device == "cpu"
    record.write_text(json.dumps(values | {"device": "tpu"}))
    with pytest.raises(runs.RunError, match="value of the wrong kind"):
        find_run("mine", stopped)


# ------------------------------------------------------------------------------------------------------------ failures

NO_MEMORY = "The memory of {} is not enough for batches of 64. Begin anew with a smaller batch size."


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), NO_MEMORY.format("the CUDA device")),
        (RuntimeError("MPS backend out of memory (MPS allocated"), NO_MEMORY.format("the MPS device")),
        (
            torch.AcceleratorError("CUDA error: unspecified launch failure\nCUDA kernel errors", 719),
            "The CUDA device failed: CUDA error: unspecified launch failure. What was saved before is whole.",
        ),
        (
            RuntimeError("CUDA error: the launch timed out"),
            "The CUDA device failed: CUDA error: the launch timed out. What was saved before is whole.",
        ),
        (RuntimeError("The size of tensor a must match"), None),
        (ZeroDivisionError("CUDA"), None),
    ],
)
def test_a_devices_errors_are_sentences(error, told):
    explained = explain_failure(error, 64)
    assert (explained and str(explained)) == told


def test_a_batch_that_no_memory_holds_is_a_sentence():
    """Torch's own error, of this machine."""
    with pytest.raises(RuntimeError) as raised:
        torch.empty(10**15)
    assert str(explain_failure(raised.value, 64)) == NO_MEMORY.format("this machine")


@pytest.mark.usefixtures("small_data")
def test_a_device_that_vanishes_ends_the_run_in_a_sentence_and_what_was_saved_goes_on(tmp_path, monkeypatch, capsys):
    learn, seen = Training._learn, []

    def vanish(self, batch):
        seen.append(batch)
        if len(seen) == 5:
            raise torch.AcceleratorError("CUDA error: device lost", 1)
        learn(self, batch)

    monkeypatch.setattr(worker, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(worker, "SAVE_SHARE", 1e9)
    with monkeypatch.context() as patch:
        patch.setattr(Training, "_learn", vanish)
        assert run(tmp_path, *FLAGS, "--name", "mine") == 1
    told = "The CUDA device failed: CUDA error: device lost. What was saved before is whole."
    assert capsys.readouterr().err == f"train.py: {told}\n"
    failed = find_run("mine", tmp_path)
    assert (failed.state, failed.reason, failed.has_checkpoint) == (State.FAILED, told, True)
    assert run(tmp_path, "--resume", "mine") == 0
    assert run(tmp_path, *FLAGS, "--name", "whole") == 0
    one, two = (load_model(name, tmp_path).card for name in ("mine", "whole"))
    assert replace(one, weights_sha256="").recipe == two.recipe
    assert one.weights_sha256 == two.weights_sha256


def test_the_memory_of_a_training_is_that_of_its_cuda_device_or_else_of_the_process(monkeypatch):
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda device: {"cuda:1": 5_000_000_000}[str(device)])
    assert devices.measure_memory_of_training(torch.device("cuda", 1)) == 5_000_000_000
    monkeypatch.setattr(devices, "measure_peak_memory", lambda: 700_000_000)
    assert devices.measure_memory_of_training(torch.device("cpu")) == 700_000_000
