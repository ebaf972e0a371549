"""Several processes that train one network: as one would, stopped and resumed, and ended with one that dies."""

import copy
import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
import torch
from torch import nn

import train
from mnist_core.data.augmentation import augment, augment_share
from mnist_core.errors import LostRank, TrainingError
from mnist_core.model.card import card_from_json
from mnist_core.model.networks import Dropout
from mnist_core.recipe import preset
from mnist_core.store.models import load_model
from mnist_core.store.runs import State, find_run
from mnist_core.training.distributed import ProcessGroup, SynchronisedNorm, synchronise_norms
from mnist_core.training.ranks import Place, check_place, find_place
from tests.support.places import PROJECT
from ui.models.card_text import describe_training

# Eleven steps an epoch, the last of one digit, of which rank 0 has none; with all that draws random numbers or has a
# state of its own. With larger steps rounding grows within twenty of them, as it does between one thread and two.
FLAGS = (
    *("--recipe", "mlp-plus", "--network", "quick", "--epochs", "2", "--batch-size", "50", "--validation-size", "99"),
    *("--dropout", "0.2", "--affine", "1", "--elastic", "1", "--unbent", "0.3", "--ema-decay", "0.9"),
    *("--learning-rate", "0.0001", "--precision", "float32", "--name", "mine"),
)


def start(models_dir, *flags, **environment):
    """Run the command on few digits in two processes."""
    command = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "tests.support.small_training"]
    return subprocess.run(
        [sys.executable, "-m", *command, *flags, "--models-dir", str(models_dir)],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def result(models_dir):
    """The card, the weights, and the history without its seconds."""
    model = load_model("mine", models_dir)
    lines = [json.loads(line) for line in (models_dir / "mine" / "history.jsonl").read_text().splitlines()]
    return model.card, model.network.state_dict(), [line | {"seconds": None} for line in lines]


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def by_two(tmp_path_factory):
    """What two processes have made, undisturbed."""
    models_dir = tmp_path_factory.mktemp("two")
    ran = start(models_dir, *FLAGS, "--threads", "2")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("mine: recipe mlp-plus, 2 epochs, 2 threads\n") == 1
    return result(models_dir)


def assert_as(by_two, models_dir, *, processes):
    """Weights and loss curve are those of two processes, but for rounding."""
    card, weights, history = result(models_dir)
    two_card, two_weights, two_history = by_two
    assert [line["step"] for line in history] == [line["step"] for line in two_history]
    for one, two in zip(history, two_history, strict=True):
        assert one.keys() == two.keys()
        for name, value in one.items():
            assert value == (pytest.approx(two[name], rel=1e-5) if isinstance(value, float) else two[name])
    for name, values in weights.items():
        assert torch.allclose(values, two_weights[name], rtol=1e-5, atol=1e-5), name
    assert card.processes == processes
    assert two_card.processes == 2
    theirs = {"weights_sha256", "seconds", "created", "threads", "processes", "peak_memory"}
    for name in set(card.__slots__) - theirs - {"temperature", "top_two_threshold"}:
        assert getattr(card, name) == getattr(two_card, name), name


@pytest.mark.slow
@pytest.mark.usefixtures("small_data", "one_thread")
def test_two_processes_learn_what_one_learns(by_two, tmp_path):
    assert train.main([*FLAGS, "--threads", "1", "--models-dir", str(tmp_path)]) == 0
    assert_as(by_two, tmp_path, processes=1)


@pytest.mark.slow
@pytest.mark.usefixtures("small_data", "one_thread")
def test_all_stop_at_one_step_and_resume_bit_for_bit_or_in_one_process(by_two, tmp_path):
    """Rank 1 alone gets the signal."""
    ran = start(tmp_path, *FLAGS, "--threads", "2", STOP_AT="1 5")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith("Stopped; what it learnt is kept. Go on with: python train.py --resume mine\n")
    stopped = find_run("mine", tmp_path)
    assert (stopped.state, stopped.reason) == (State.STOPPED, "at step 6 of 22")
    alone = tmp_path / "alone"
    shutil.copytree(tmp_path / ".runs", alone / ".runs")
    ran = start(tmp_path, "--resume", "mine")
    assert ran.returncode == 0, ran.stderr
    assert result(tmp_path)[0].weights_sha256 == by_two[0].weights_sha256
    assert result(tmp_path)[2] == by_two[2]
    assert train.main(["--resume", "mine", "--models-dir", str(alone)]) == 0
    assert_as(by_two, alone, processes=1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "told"),
    [
        ({"KILL_AT": "1 5"}, "Rank 1 ended without a word: killed, or its machine is gone."),
        ({"FAIL_AT": "1 5"}, "Rank 1 failed: ZeroDivisionError: nobody thought of it"),
    ],
)
def test_a_rank_that_ends_ends_the_run_with_its_reason(tmp_path, way, told):
    ran = start(tmp_path, *FLAGS, "--threads", "2", **way)
    assert ran.returncode == 1
    assert f"train.py: {told}\n" in ran.stderr
    failed = find_run("mine", tmp_path)
    assert (failed.state, failed.reason, failed.has_checkpoint) == (State.FAILED, told, True)


# ------------------------------------------------------------------------------------------------- before they begin


def torchrun(monkeypatch, rank=0, count=2, local_count=None):
    """Let this process be one of several, as torchrun says it."""
    for variable, value in {"RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": local_count or count}.items():
        monkeypatch.setenv(variable, str(value))


@pytest.mark.parametrize(
    ("count", "flags", "told"),
    [
        (
            3,
            ["--batch-size", "64"],
            "Batches of 64 cannot be shared equally by 3 processes. Take a multiple of 3, such as `--batch-size 66`.",
        ),
        (
            4,
            ["--threads", "1"],
            "4 processes on this machine have only 1 thread. Start no more than that (`--nproc-per-node 1`), or give "
            "them more with --threads.",
        ),
        (
            2,
            ["--from", "classic", "--drawings", "drawings.jsonl"],
            "A teaching takes seconds in one process. Start it without torchrun.",
        ),
    ],
)
def test_what_so_many_processes_cannot_do_is_refused_at_once_by_the_first(
    tmp_path, monkeypatch, capsys, count, flags, told
):
    torchrun(monkeypatch, count=count)
    assert train.main([*flags, "--models-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"train.py: {told}\n"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # which it silences
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    torchrun(monkeypatch, rank=1, count=count)
    assert train.main([*flags, "--models-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("rank", "count"), [("2", "2"), ("one", "2"), ("0", ""), ("-1", "2")])
def test_a_place_that_cannot_be_is_refused(monkeypatch, rank, count):
    torchrun(monkeypatch, rank, count)
    with pytest.raises(TrainingError, match=r"^Found "):
        find_place()


def test_without_torchrun_a_process_is_alone(monkeypatch):
    for variable in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(variable, raising=False)
    assert find_place() == Place(0, 1, 0, 1)
    check_place(Place(), preset("classic", batch_size=1), 1, is_lesson=True)


def test_a_resumed_training_is_shared_only_by_as_many_as_its_batches_allow(tmp_path, monkeypatch, capsys):
    train.create_run("mine", "classic", preset("classic", batch_size=50), tmp_path, threads=9)
    monkeypatch.setattr(train, "join", lambda _: train.nullcontext())
    torchrun(monkeypatch, count=3)
    assert train.main(["--resume", "mine", "--models-dir", str(tmp_path)]) == 1
    assert "Batches of 50 cannot be shared equally by 3 processes." in capsys.readouterr().err
    assert find_run("mine", tmp_path).state is State.INTERRUPTED


@pytest.mark.parametrize(
    ("device", "cards", "told"),
    [("mps", 0, "cannot share an MPS device"), ("cuda", 1, "2 processes on this machine have only 1 CUDA devices")],
)
def test_each_needs_a_device_of_its_own(monkeypatch, device, cards, told):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
    with pytest.raises(TrainingError, match=told):
        ProcessGroup(Place(0, 2, 0, 2), None).take_device(device)


def test_all_need_the_same_kind_of_device(monkeypatch):
    monkeypatch.setattr(ProcessGroup, "add_up", lambda _, values: values + 1)  # of another rank, which has one
    with pytest.raises(TrainingError, match=r"1 of 2 processes have a CUDA device\. Add `--device cpu`"):
        ProcessGroup(Place(0, 2, 0, 2), None).take_device("cpu")


def test_the_card_counts_processes_only_where_there_were_several():
    card = load_model("classic").card
    assert "processes" not in card.to_json()
    by_four = replace(card, processes=4, threads=2)
    assert card_from_json(by_four.to_json()) == by_four
    assert "with 2 threads for 4 processes (" in describe_training(by_four)


# ------------------------------------------------------------------------------------------------- shares of a batch


def test_shares_are_all_of_a_batch_and_differ_by_one_digit():
    groups = [ProcessGroup(Place(rank, 3), None) for rank in range(3)]
    assert [group.shard(10) for group in groups] == [(0, 3), (3, 6), (6, 10)]
    assert [group.shard(1) for group in groups] == [(0, 0), (0, 0), (0, 1)]


def test_a_share_is_bent_and_silenced_as_it_is_among_all():
    digits = torch.rand(9, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    layer = Dropout(0.4).train()
    way = {"affine": 1.0, "elastic": 1.5}
    torch.manual_seed(3)
    bent, kept = augment(digits, **way), layer(digits)
    for first, end in ((0, 4), (4, 9), (9, 9)):
        torch.manual_seed(3)
        layer.among = first, 9
        assert torch.allclose(augment_share(digits[first:end], first, 9, **way), bent[first:end], atol=1e-6)
        assert torch.equal(layer(digits[first:end]), kept[first:end])


class ThreadGroup(ProcessGroup):
    """Ranks that are threads of this process."""

    def __init__(self, rank, count, barrier, table):
        super().__init__(Place(rank, count), None)
        self.barrier, self.table = barrier, table

    def add_up(self, values):
        self.table[self.rank] = values.clone()
        self.barrier.wait(30)
        total = torch.stack([self.table[rank] for rank in range(self.count)]).sum(0)
        self.barrier.wait(30)
        return values.copy_(total)


def normalise_in_shares(layer, signal, gradient, ends):
    """Normalise a batch in shares: the results, the gradients by signal, weight and bias, and the layer afterwards."""
    count, table, parts = len(ends), {}, {}
    barrier = threading.Barrier(count)

    def work(rank, first, end):
        own = copy.deepcopy(layer)
        synchronise_norms(own, ThreadGroup(rank, count, barrier, table))
        share = signal[first:end].clone().requires_grad_()
        result = own(share)
        result.backward(gradient[first:end])
        parts[rank] = result.detach(), share.grad, own.weight.grad, own.bias.grad, own

    threads = [threading.Thread(target=work, args=(rank, *ends[rank])) for rank in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results, by_signal, by_weight, by_bias, layers = zip(*(parts[rank] for rank in range(count)), strict=True)
    return torch.cat(results), torch.cat(by_signal), sum(by_weight), sum(by_bias), layers


@pytest.mark.parametrize("ends", [[(0, 6), (6, 12)], [(0, 0), (0, 12)], [(0, 1), (1, 5), (5, 12)]], ids=str)
@pytest.mark.parametrize("shape", [(12, 5), (12, 5, 4, 3)], ids=str)
def test_a_norm_over_shares_is_torchs_over_the_whole(shape, ends):
    torch.manual_seed(1)
    layer = (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(5)
    layer.weight.data.uniform_(0.5, 2)
    layer.bias.data.normal_()
    signal = torch.randn(shape) * 3 + 50  # of which sums of squares would lose digits
    if len(shape) == 4:
        signal = signal.to(memory_format=torch.channels_last)
    gradient = torch.randn(shape)
    whole = copy.deepcopy(layer)
    given = signal.clone().requires_grad_()
    expected = whole(given)
    expected.backward(gradient)
    result, by_signal, by_weight, by_bias, layers = normalise_in_shares(layer, signal, gradient, ends)
    close = {"rtol": 1e-4, "atol": 1e-4}
    torch.testing.assert_close(result, expected.detach(), **close)
    torch.testing.assert_close(by_signal, given.grad, **close)
    torch.testing.assert_close(by_weight, whole.weight.grad, **close)
    torch.testing.assert_close(by_bias, whole.bias.grad, **close)
    for own in layers:
        assert isinstance(own, SynchronisedNorm)
        assert list(own.state_dict()) == list(whole.state_dict())
        for name, values in own.state_dict().items():
            torch.testing.assert_close(values, whole.state_dict()[name], **close)
        copied = copy.deepcopy(own).eval()
        torch.testing.assert_close(copied(signal), whole.eval()(signal), **close)


def test_a_norm_over_shares_takes_bfloat16():
    torch.manual_seed(1)
    signal, gradient = torch.randn(12, 5, 4, 3).bfloat16(), torch.randn(12, 5, 4, 3).bfloat16()
    layer = nn.BatchNorm2d(5)
    whole, given = copy.deepcopy(layer), signal.clone().requires_grad_()
    expected = whole(given)
    expected.backward(gradient)
    result, by_signal, *_ = normalise_in_shares(layer, signal, gradient, [(0, 5), (5, 12)])
    assert result.dtype == by_signal.dtype == torch.bfloat16
    torch.testing.assert_close(result, expected.detach(), rtol=0.02, atol=0.02)
    torch.testing.assert_close(by_signal, given.grad, rtol=0.02, atol=0.02)


# --------------------------------------------------------------------------------------------------------- last words


def test_who_waits_for_the_others_can_be_stopped():
    store = Store()
    first, second = (ProcessGroup(Place(rank, 2), store) for rank in range(2))
    assert not first.meet("loaded", lambda: True)
    assert second.meet("loaded", lambda: True)
    assert first.meet("loaded", lambda: True)
    assert not first.meet("fetched", lambda: True)


class Store(dict):
    """Words by rank, as a store has them."""

    def check(self, keys):
        return all(key in self for key in keys)

    def get(self, key):
        return self[key].encode()

    def set(self, key, value):
        self[key] = value


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({1: "", 2: ""}, ""),
        ({1: "", 2: "The memory is not enough."}, "Rank 2 failed: The memory is not enough."),
        ({1: ""}, "Rank 2 ended without a word: killed, or its machine is gone."),
        ({}, "Rank 1 and 2 ended without a word: killed, or its machine is gone."),
    ],
)
def test_the_first_rank_says_which_other_failed(monkeypatch, words, told):
    monkeypatch.setattr("mnist_core.training.distributed.LAST_WORD", 0.1)
    store = Store()
    for rank, reason in words.items():
        ProcessGroup(Place(rank, 3), store).leave_word(reason)
    group = ProcessGroup(Place(0, 3), store)
    assert group.find_fault() == told
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda _: (_ for _ in ()).throw(RuntimeError("closed")))
    with pytest.raises(LostRank) as lost:
        group.add_up(torch.zeros(1))
    assert str(lost.value) == (told or "The processes of the training have lost each other.")
