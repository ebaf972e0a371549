import json
import subprocess
import sys
from dataclasses import asdict, replace
from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.data.mnist import NOT_A_DIGIT, Digits, split_training
from mnist_core.errors import Diverged, TrainingError
from mnist_core.model.networks import build_network
from mnist_core.recipe import NEED_TWO, NETWORKS, preset
from mnist_core.store.history import Epoch, Step
from mnist_core.training import loop
from mnist_core.training.loop import Training, choose_precision, fit, learning_rate_at
from tests.support.places import PROJECT

RECIPE = preset("classic", epochs=3, validation_size=100)

# All that has a state of its own: dropout, augmentation, batch normalisation, the running mean, the schedule.
HARD = {
    "epochs": 3,
    "validation_size": 100,
    "batch_size": 64,  # 8 steps an epoch, the last of 52 digits
    "dropout": 0.2,
    "affine": 1.0,
    "elastic": 1.0,
    "ema_decay": 0.9,
    "schedule": "one-cycle",
    "weight_decay": 0.01,
    "label_smoothing": 0.1,
}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Batches as small as these gain nothing by more, and lose much beside another busy process."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def train(digits, recipe=RECIPE):
    network = build_network(recipe.network, recipe.seed, recipe.dropout)
    history = list(fit(recipe, network, *split_training(digits, recipe.validation_size)))
    return network, history


def bare():
    """A network without any randomness but its first weights."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))


def assert_same_weights(one, two):
    assert one.state_dict().keys() == two.state_dict().keys()
    for name, value in one.state_dict().items():
        assert torch.equal(value, two.state_dict()[name]), name


def test_a_network_learns_digits_that_are_easy_to_tell_apart(made_digits):
    _, history = train(made_digits, preset("classic", epochs=12, validation_size=100))
    last = history[-1]
    assert last.validation_accuracy > 0.95
    assert last.training_loss < 0.5


def test_the_same_recipe_gives_the_same_weights_bit_for_bit(made_digits):
    one, two = train(made_digits)[0], train(made_digits)[0]
    assert_same_weights(one, two)
    other = train(made_digits, replace(RECIPE, seed=1))[0]
    assert not torch.equal(next(one.parameters()), next(other.parameters()))


# ------------------------------------------------------------------------------------ against hand-written loops


def test_it_is_the_same_mathematics_as_the_usual_way(made_digits):
    """Against a DataLoader, plain Adam and a hand-written loop, on a network without dropout."""
    recipe = preset(
        "classic", epochs=2, validation_size=0, batch_size=600
    )  # one batch, so that its order plays no part
    ours, usual = bare(), bare()
    list(fit(recipe, ours, made_digits))
    images = torch.tensor(made_digits.images / 255, dtype=torch.float32).unsqueeze(1)
    optimizer = torch.optim.Adam(usual.parameters(), lr=recipe.learning_rate)
    for _ in range(recipe.epochs):
        for batch, labels in DataLoader(TensorDataset(images, torch.from_numpy(made_digits.labels)), batch_size=600):
            optimizer.zero_grad()
            functional.cross_entropy(usual(batch), labels).backward()
            optimizer.step()
    for a, b in zip(ours.parameters(), usual.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_its_optimizer_is_that_of_torch_bit_for_bit(made_digits):
    """With a weight that has no gradient, which stays as it is."""
    ours, theirs = (build_network("quick", 0).to(memory_format=torch.channels_last) for _ in range(2))
    for network in (ours, theirs):
        network.register_parameter("idle", nn.Parameter(torch.ones(3)))
    optimizer = loop.AdamW(ours, weight_decay=0.1)
    usual = torch.optim.AdamW(theirs.parameters(), weight_decay=0.1, fused=True)
    digits, labels = torch.from_numpy(made_digits.pixels[:50]).unsqueeze(1), torch.from_numpy(made_digits.labels[:50])
    for rate in (0.001, 0.02, 0.003):
        usual.param_groups[0]["lr"] = rate
        for network in (ours, theirs):
            network.zero_grad()
            functional.cross_entropy(network(digits), labels).backward()
        optimizer.step(rate)
        usual.step()
    assert_same_weights(ours, theirs)
    assert ours.idle.tolist() == [1, 1, 1]


def test_a_training_does_without_torchs_compiler():
    """Which takes more than a second to import, and sympy with it."""
    code = """
import sys
import numpy as np
from mnist_core.data.mnist import Digits
from mnist_core.model.networks import build_network
from mnist_core.recipe import preset
from mnist_core.training.loop import fit
digits = Digits(np.zeros((20, 28, 28), np.uint8), np.arange(20) % 10)
recipe = preset("accurate", epochs=1, batch_size=10, precision="bfloat16")
network = build_network("accurate", 0, 0.3)
assert list(fit(recipe, network, digits, digits))
print(sorted({"sympy", "torch._dynamo", "torch._inductor"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def by_hand(network, digits, recipe):
    """The textbook's loop, with what a recipe can turn written out."""
    images = torch.tensor(digits.images / 255, dtype=torch.float32).unsqueeze(1)
    labels = torch.from_numpy(digits.labels)
    wanted = torch.eye(10)[labels] * (1 - recipe.label_smoothing) + recipe.label_smoothing / 10
    wanted[labels == NOT_A_DIGIT] = 0.1
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    order = torch.Generator().manual_seed(recipe.seed)
    steps = recipe.epochs * -(-len(labels) // recipe.batch_size)
    cycle = OneCycleLR(optimizer, recipe.learning_rate, total_steps=steps + 1, cycle_momentum=False)
    if recipe.schedule == "one-cycle":
        cycle = OneCycleLR(
            optimizer, recipe.learning_rate, total_steps=steps, pct_start=recipe.warmup, cycle_momentum=False
        )
    torch.manual_seed(recipe.seed)
    done = 0
    for _ in range(recipe.epochs):
        for batch in torch.randperm(len(labels), generator=order).split(recipe.batch_size):
            for group in optimizer.param_groups:
                group["lr"] = cycle.get_last_lr()[0] if recipe.schedule == "one-cycle" else recipe.learning_rate
            optimizer.zero_grad()
            loss = -(wanted[batch] * network(images[batch]).log_softmax(1)).sum(1).mean()
            loss.backward()
            optimizer.step()
            done += 1
            if done < steps:
                cycle.step()


@pytest.mark.parametrize(
    "turned",
    [
        {},
        {"weight_decay": 0.5},
        {"label_smoothing": 0.3},
        {"dropout": 0.6},
        {"schedule": "one-cycle"},
        {"schedule": "one-cycle", "warmup": 0.6},
    ],
    ids=str,
)
def test_each_hyperparameter_does_what_a_hand_written_loop_does(made_digits, turned):
    plain = preset("classic", epochs=2, validation_size=0, batch_size=250, learning_rate=0.003, dropout=0.0)
    recipe = replace(plain, **turned)
    ours, hand, unturned = (build_network("classic", 0, r.dropout) for r in (recipe, recipe, plain))
    list(fit(recipe, ours, made_digits))
    by_hand(hand, made_digits, recipe)
    list(fit(plain, unturned, made_digits))
    for a, b, c in zip(ours.parameters(), hand.parameters(), unturned.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-4)
        assert turned == {} or not torch.allclose(a, c, atol=1e-4)  # the hyperparameter does something that can be seen


@pytest.mark.parametrize("network", ["mlp-plus", "quick"])
def test_the_kept_network_is_the_running_mean_of_all_it_has_been(made_digits, network):
    """By its formula, written out: after the first step a copy, then decay min(d, (1 + n) / (10 + n))."""
    recipe = preset("classic", network=network, epochs=2, validation_size=0, batch_size=64, ema_decay=0.9)
    process = Training(recipe, build_network(network, 0, recipe.dropout), made_digits)
    mean, count = {}, 0
    for entry in process.advance():
        if isinstance(entry, Epoch):
            continue
        for name, value in process.network.state_dict().items():
            decay = min(0.9, (1 + count) / (10 + count)) if count else 0.0
            averaged = value.is_floating_point() and count
            mean[name] = decay * mean[name] + (1 - decay) * value.double() if averaged else value.double().clone()
        count += 1
    kept = process.learnt.state_dict()
    assert count == 20
    assert any("running_var" in name for name in kept)
    for name, value in kept.items():
        assert torch.allclose(value.double(), mean[name], rtol=1e-4, atol=1e-6), name
        if name.endswith("num_batches_tracked"):
            assert value == 20
    assert not torch.allclose(kept["answer.weight"], process.network.state_dict()["answer.weight"], rtol=1e-3)


def test_the_running_mean_has_the_bits_and_the_names_of_torchs_own(made_digits):
    """So that a checkpoint that was saved with torch's goes on as it would have."""
    network = build_network("quick", 0)
    ours = loop.Average(network, decay=0.5)

    def by_decay(averages, values, count):
        if averages[0].is_floating_point():
            torch._foreach_lerp_(averages, values, 1 - min(0.5, (1 + int(count)) / (10 + int(count))))
        else:
            torch._foreach_copy_(averages, values)

    theirs = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=by_decay, use_buffers=True)
    digits = torch.from_numpy(made_digits.pixels[:50]).unsqueeze(1)
    for _ in range(12):  # from the 9th on it is the decay that decides
        with torch.no_grad():
            network(digits)
            for weights in network.parameters():
                weights.mul_(1.1)
        ours.update()
        theirs.update_parameters(network)
    saved = theirs.state_dict()
    assert list(ours.state_dict()) == list(saved)
    assert all(torch.equal(value, saved[name]) for name, value in ours.state_dict().items())
    again = loop.Average(build_network("quick", 1), decay=0.5)
    again.load_state_dict(saved)
    assert_same_weights(again, ours)


def test_without_a_running_mean_the_last_network_is_kept(made_digits):
    recipe = preset("classic", network="mlp-plus", epochs=1, validation_size=0)
    process = Training(recipe, build_network("mlp-plus", 0), made_digits)
    list(process.advance())
    assert process.learnt is process.network


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("steps", [3, 7, 117, 1000])
def test_one_cycle_is_that_of_torch_step_by_step(warmup, steps):
    recipe = preset("classic", schedule="one-cycle", learning_rate=0.02, warmup=warmup)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = OneCycleLR(optimizer, 0.02, total_steps=steps, pct_start=warmup, cycle_momentum=False)
    for step in range(steps):
        assert learning_rate_at(recipe, step, steps) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9)
        optimizer.step()
        if step < steps - 1:
            theirs.step()


@pytest.mark.parametrize("warmup", [0.0, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("steps", [1, 2])
def test_the_shortest_one_cycle_is_a_learning_rate_still(warmup, steps):
    """Torch itself divides by zero at two steps and half of them warmup."""
    recipe = preset("classic", schedule="one-cycle", learning_rate=0.02, warmup=warmup)
    assert all(0 < learning_rate_at(recipe, step, steps) <= 0.02 for step in range(steps))


@pytest.mark.parametrize(("last_rate", "last"), [(0.3, 0.006), (1.0, 0.02), (1e-9, 0.02 / 250_000)])
def test_one_cycle_falls_to_the_last_rate_where_the_recipe_has_one(last_rate, last):
    recipe = preset("classic", schedule="one-cycle", learning_rate=0.02, last_rate=last_rate)
    rates = [learning_rate_at(recipe, step, 200) for step in range(200)]
    assert rates[-1] == pytest.approx(last)
    assert max(rates) == pytest.approx(0.02)
    assert rates.index(max(rates)) in (49, 50)
    assert sorted(rates[50:], reverse=True) == rates[50:]


def test_a_constant_learning_rate_is_constant():
    assert {learning_rate_at(preset("classic", learning_rate=0.02), step, 100) for step in range(100)} == {0.02}


# ---------------------------------------------------------------------------------------------- what is logged


def test_the_history_counts_every_step_and_every_epoch(made_digits):
    recipe = preset(
        "classic", epochs=4, validation_size=100, batch_size=3
    )  # 167 steps an epoch, the last of two digits
    _, history = train(made_digits, recipe)
    steps = [entry for entry in history if isinstance(entry, Step)]
    epochs = [entry for entry in history if isinstance(entry, Epoch)]
    assert [entry.step for entry in steps] == list(range(2, 669, 2))
    assert {entry.steps for entry in steps} == {668}
    assert {entry.learning_rate for entry in steps} == {0.001}
    assert [entry.step for entry in epochs] == [167, 334, 501, 668]
    assert [entry.epoch for entry in epochs] == [1, 2, 3, 4]
    assert {entry.epochs for entry in epochs} == {4}
    assert all(a.seconds <= b.seconds for a, b in pairwise(history))


@pytest.mark.parametrize(("network", "steps"), [("mlp-plus", 3), ("quick", 4), ("accurate", 4), ("classic", 4)])
def test_a_last_batch_of_one_digit_is_left_out_where_it_cannot_be_normalised(made_digits, network, steps):
    recipe = preset("classic", network=network, epochs=2, validation_size=0, batch_size=20)
    digits = made_digits[:61]
    epochs = [entry for entry in fit(recipe, build_network(network, 0), digits) if isinstance(entry, Epoch)]
    assert [entry.step for entry in epochs] == [steps, 2 * steps]
    process = Training(recipe, build_network(network, 0), digits)
    list(islice(process.advance(), steps))
    assert process.progress.whole.seen == (60 if network == "mlp-plus" else 61)


def test_a_last_batch_of_two_digits_is_learnt_from(made_digits):
    recipe = preset("mlp-plus", epochs=1, validation_size=0, batch_size=20)
    process = Training(recipe, build_network("mlp-plus", 0), made_digits[:62])
    list(islice(process.advance(), 4))
    assert process.progress.whole.seen == 62


@pytest.mark.parametrize("network", [name for name in NETWORKS if name not in NEED_TWO])
def test_the_other_networks_learn_from_one_digit_at_a_time(made_digits, network):
    recipe = preset("classic", network=network, epochs=1, validation_size=0, batch_size=1)
    *_, epoch = fit(recipe, build_network(network, 0), made_digits[:3])
    assert epoch.step == 3


def test_the_last_step_is_logged_wherever_the_distance_falls(made_digits, monkeypatch):
    monkeypatch.setattr(loop, "log_every", lambda _: 5)
    _, history = train(made_digits, preset("classic", epochs=1, validation_size=0, batch_size=50))
    assert [entry.step for entry in history if isinstance(entry, Step)] == [5, 10, 12]


def test_the_logged_loss_is_the_mean_over_the_digits_since_the_entry_before(made_digits, monkeypatch):
    """The weighted mean of the single steps' losses: the last batch is smaller than the others."""
    recipe = preset("classic", epochs=1, validation_size=0, batch_size=110)  # five batches of 110 and one of 50
    every = [entry for entry in train(made_digits, recipe)[1] if isinstance(entry, Step)]
    monkeypatch.setattr(loop, "log_every", lambda _: 4)
    sparse = train(made_digits, recipe)[1]
    losses = [entry.loss for entry in every]
    assert [entry.loss for entry in sparse[:2]] == pytest.approx(
        [np.mean(losses[:4]), (losses[4] * 110 + losses[5] * 50) / 160]
    )
    assert sparse[-1].training_loss == pytest.approx(np.average(losses, weights=[110] * 5 + [50]))


def test_the_logged_loss_is_that_of_the_true_digits_though_the_labels_are_smoothed(made_digits):
    recipe = preset("classic", epochs=1, validation_size=0, batch_size=600, label_smoothing=0.4)
    step, epoch = fit(recipe, bare(), made_digits)
    logits = bare()(torch.from_numpy(made_digits.pixels).unsqueeze(1))
    expected = functional.cross_entropy(logits, torch.from_numpy(made_digits.labels)).item()
    assert step.loss == epoch.training_loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
def test_what_is_no_digit_should_be_taken_for_each_of_the_ten_alike(made_digits, label_smoothing):
    mixed = with_outliers(made_digits)
    recipe = preset(
        "classic",
        epochs=2,
        validation_size=0,
        batch_size=250,
        dropout=0.0,
        ood_share=0.5,
        label_smoothing=label_smoothing,
    )
    ours, hand = build_network("classic", 0), build_network("classic", 0)
    list(fit(recipe, ours, mixed))
    by_hand(hand, mixed, recipe)
    for one, other in zip(ours.parameters(), hand.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_what_is_no_digit_is_neither_right_nor_wrong(made_digits):
    recipe = preset("classic", epochs=1, validation_size=0, batch_size=900, ood_share=0.5)
    step, epoch = fit(recipe, bare(), with_outliers(made_digits))
    logits = bare()(torch.from_numpy(made_digits.pixels).unsqueeze(1))
    labels = torch.from_numpy(made_digits.labels)
    assert step.loss == epoch.training_loss == pytest.approx(functional.cross_entropy(logits, labels).item(), rel=1e-5)
    assert epoch.training_accuracy == pytest.approx((logits.argmax(1) == labels).float().mean().item())


def test_a_batch_without_any_digit_does_no_harm(made_digits):
    recipe = preset("classic", epochs=1, validation_size=0, batch_size=1, ood_share=0.5)
    few = made_digits[:2]
    none = Digits(few.images, np.array([few.labels[0], NOT_A_DIGIT]))
    *_, epoch = fit(recipe, bare(), none)
    assert np.isfinite(epoch.training_loss)
    assert epoch.training_accuracy in (0, 1)


def with_outliers(digits):
    """Every digit, and half as many images that are labelled as none: noise."""
    noise = np.random.default_rng(0).integers(0, 256, (len(digits) // 2, 28, 28), dtype=np.uint8)
    labels = np.full(len(noise), NOT_A_DIGIT)
    return Digits(np.concatenate([digits.images, noise]), np.concatenate([digits.labels, labels]))


def test_the_learning_rate_is_logged_as_it_was_at_that_step(made_digits):
    recipe = preset("classic", epochs=2, validation_size=0, batch_size=100, schedule="one-cycle")
    rates = [entry.learning_rate for entry in train(made_digits, recipe)[1] if isinstance(entry, Step)]
    assert rates == [learning_rate_at(recipe, step, 12) for step in range(12)]
    assert max(rates) == pytest.approx(0.001)
    assert rates[0] == pytest.approx(0.001 / 25)


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_the_validation_figures_are_those_of_the_finished_network(made_digits, ema_decay):
    network, history = train(made_digits, replace(RECIPE, ema_decay=ema_decay))
    validation = made_digits[-100:]
    with torch.inference_mode():
        logits = network(torch.from_numpy(validation.pixels).unsqueeze(1))
    labels = torch.from_numpy(validation.labels)
    assert not network.training
    assert history[-1].validation_accuracy == pytest.approx((logits.argmax(1) == labels).float().mean().item())
    assert history[-1].validation_loss == pytest.approx(functional.cross_entropy(logits, labels).item(), rel=1e-5)


def test_without_held_out_digits_there_are_no_validation_figures(made_digits):
    network = build_network("classic", 0)
    history = list(fit(preset("classic", epochs=1, validation_size=0), network, made_digits))
    assert history[-1].validation_accuracy is None
    assert history[-1].validation_loss is None


# ------------------------------------------------------------------------------------------------------ early end


@pytest.fixture
def empty_digits():
    """Digits without ink: whatever is learnt, one in ten is right, and no epoch is better than the first."""
    return Digits(np.zeros((200, 28, 28), np.uint8), np.arange(200) % 10)


def test_patience_ends_the_training_after_so_many_epochs_without_a_better_one(empty_digits):
    recipe = preset("classic", epochs=9, validation_size=100, patience=2)
    epochs = [entry for entry in train(empty_digits, recipe)[1] if isinstance(entry, Epoch)]
    assert [entry.validation_accuracy for entry in epochs] == [0.1, 0.1, 0.1]


def test_without_patience_it_goes_on_to_the_end(empty_digits):
    recipe = preset("classic", epochs=5, validation_size=100)
    assert train(empty_digits, recipe)[1][-1].epoch == 5


def test_a_better_epoch_makes_it_patient_again(made_digits, monkeypatch):
    """Right answers after each epoch: 3, 3, 4, 4, 4. Two of patience are used up only after the fifth."""
    counts = iter([3, 3, 4, 4, 4, 9])
    monkeypatch.setattr(loop, "_evaluate", lambda *_: loop._MetricSums(loss=1.0, correct=next(counts), seen=10))
    history = train(made_digits, preset("classic", epochs=9, validation_size=100, patience=2))[1]
    assert history[-1].epoch == 5


def test_patience_outlasts_an_interruption(empty_digits):
    recipe = preset("classic", epochs=9, validation_size=100, patience=2)
    one = Training(recipe, build_network("classic", 0), *split_training(empty_digits, 100))
    epochs = []
    for entry in one.advance():
        epochs += [entry] if isinstance(entry, Epoch) else []
        if len(epochs) == 2:
            break
    two = Training(recipe, build_network("classic", 0), *split_training(empty_digits, 100))
    two.restore(*carried(one))
    assert [entry.epoch for entry in two.advance() if isinstance(entry, Epoch)] == [3]


# ------------------------------------------------------------------------------------------------------ precision


def test_bfloat16_learns_and_keeps_its_weights_in_float32(made_digits):
    recipe = preset("quick", epochs=8, validation_size=100, batch_size=64, precision="bfloat16")
    network, history = train(made_digits, recipe)
    assert history[-1].validation_accuracy > 0.95
    assert {weights.dtype for weights in network.parameters()} == {torch.float32}
    exact, _ = train(made_digits, replace(recipe, precision="float32"))
    assert not torch.equal(network.answer.weight, exact.answer.weight)  # it did multiply in bfloat16


@pytest.mark.parametrize(
    ("asked", "abilities", "chosen", "why"),
    [
        ("auto", {"amx_bf16": True, "avx512_bf16": True}, "bfloat16", "the processor is fast at it (AMX)"),
        ("auto", {"avx512_bf16": True}, "bfloat16", "the processor is fast at it (AVX-512 BF16)"),
        ("auto", {"amx_bf16": False, "avx512_bf16": False, "avx2": True}, "float32", "not fast at bfloat16"),
        ("auto", {}, "float32", "not fast at bfloat16"),
        ("float32", {"amx_bf16": True}, "float32", "the recipe asks for it"),
        ("bfloat16", {}, "bfloat16", "the recipe asks for it"),
    ],
)
def test_the_precision_is_chosen_by_what_the_processor_can_and_says_so(monkeypatch, asked, abilities, chosen, why):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities)
    precision, reason = choose_precision(asked)
    assert precision == chosen
    assert why in reason


# ------------------------------------------------------------------------------------------------------- failures


class NotANumber(nn.Module):
    """A network whose answer is no number at one of its training steps."""

    def __init__(self, step):
        super().__init__()
        self.linear = nn.Linear(784, 10)
        self.step, self.calls = step, 0

    def forward(self, digits):
        self.calls += self.training
        return self.linear(digits.flatten(1)) * (float("nan") if self.calls == self.step else 1.0)


@pytest.mark.parametrize("step", [1, 7, 10, 13])
def test_a_loss_that_is_no_number_ends_the_training_and_names_the_step(made_digits, step):
    recipe = preset(
        "classic", epochs=2, batch_size=50
    )  # 10 steps an epoch, and an evaluation between, which is no step
    process = Training(recipe, NotANumber(step), *split_training(made_digits, 100))
    with pytest.raises(Diverged, match=rf"at step {step}\. Try a smaller learning rate"):
        list(process.advance())


def test_weights_that_are_no_numbers_are_found_at_the_end_of_the_epoch(made_digits):
    """Though the loss did not show it."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    network.register_parameter("idle", nn.Parameter(torch.tensor(float("inf"))))
    with pytest.raises(Diverged, match="step 10"):
        list(fit(preset("classic", epochs=1, validation_size=0), network, made_digits))


# --------------------------------------------------------------------------------------------- put down, take up


def carried(process):
    """What reaches the next process: tensors through a file's bytes, the rest through JSON."""
    tensors, progress = process.state()
    return load(save(tensors)), json.loads(json.dumps(progress))


def without_seconds(entries):
    return [{**asdict(entry), "seconds": None} for entry in entries if entry]


def hard_training(digits, network, precision):
    recipe = preset("classic", network=network, precision=precision, **HARD)
    fresh = build_network(network, recipe.seed, recipe.dropout)
    return Training(recipe, fresh, *split_training(digits, recipe.validation_size), precision)


KINDS = [("quick", "float32"), ("quick", "bfloat16"), ("mlp-plus", "float32"), ("classic", "bfloat16")]


@pytest.fixture(scope="module")
def uninterrupted(made_digits):
    """Trainings that nothing disturbed, and all that they yielded, by network and precision."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "log_every", lambda _: 5)
        found = {}
        for kind in KINDS:  # one after the other: each begins by seeding the global randomness
            process = hard_training(made_digits, *kind)
            found[kind] = process, list(process.advance())
        return found


@pytest.mark.parametrize(
    "yields",
    [
        pytest.param(1, id="after the first step"),
        pytest.param(4, id="between two logged steps"),
        pytest.param(5, id="after a logged step"),
        pytest.param(8, id="after the last step of an epoch"),
        pytest.param(9, id="after an epoch"),
        pytest.param(10, id="after the first step of the second epoch"),
        pytest.param(15, id="in the second epoch"),
        pytest.param(18, id="after the second epoch"),
        pytest.param(26, id="after the last step of all"),
        pytest.param(27, id="at the end"),
    ],
)
@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_a_training_put_down_and_taken_up_ends_as_if_nothing_had_been(
    made_digits, uninterrupted, monkeypatch, kind, yields
):
    monkeypatch.setattr(loop, "log_every", lambda _: 5)
    whole, entries = uninterrupted[kind]
    one = hard_training(made_digits, *kind)
    before = list(islice(one.advance(), yields))
    state = carried(one)
    torch.manual_seed(99 + yields)  # another process knows nothing of this one's randomness
    two = hard_training(made_digits, *kind)
    two.restore(*state)
    after = list(two.advance())
    assert without_seconds([*before, *after]) == without_seconds(entries)
    assert_same_weights(two.network, whole.network)
    assert_same_weights(two.learnt, whole.learnt)
    assert two.progress.seconds > one.progress.seconds or yields == 27


def test_it_can_be_put_down_after_every_single_step(made_digits, uninterrupted):
    process = hard_training(made_digits, "mlp-plus", "float32")
    while not process.is_over:
        next(iter(process.advance()))
        state = carried(process)
        torch.manual_seed(1)
        process = hard_training(made_digits, "mlp-plus", "float32")
        process.restore(*state)
    assert_same_weights(process.learnt, uninterrupted["mlp-plus", "float32"][0].learnt)


@pytest.mark.parametrize("yields", [1, 2, 3, 4])
def test_it_is_taken_up_bit_for_bit_where_one_digit_is_left_out(made_digits, yields):
    def begin():
        recipe = preset("mlp-plus", epochs=2, validation_size=0, batch_size=200)
        return Training(recipe, build_network("mlp-plus", 0), made_digits[:401])

    whole = begin()
    entries = list(whole.advance())
    one = begin()
    before = list(islice(one.advance(), yields))
    state = carried(one)
    two = begin()
    two.restore(*state)
    assert len(entries) == 6
    assert without_seconds([*before, *two.advance()]) == without_seconds(entries)
    assert_same_weights(two.learnt, whole.learnt)


@pytest.mark.parametrize(
    "harm",
    [
        lambda tensors, _: tensors.pop("random"),
        lambda tensors, _: tensors.pop("order"),
        lambda tensors, _: tensors.pop("network.answer.bias"),
        lambda tensors, _: tensors.pop("average.module.answer.bias"),
        lambda tensors, _: tensors.pop("optimizer.0.exp_avg"),
        lambda tensors, _: tensors.update(random=torch.zeros(3)),
        lambda tensors, _: tensors.update({"network.answer.bias": torch.zeros(3)}),
        lambda _, progress: progress.pop("recent"),
        lambda _, progress: progress.update(surprise=1),
        lambda _, progress: progress.update(whole=None),
    ],
)
def test_a_state_that_does_not_belong_to_it_is_refused(made_digits, harm):
    one, two = (hard_training(made_digits, "mlp-plus", "float32") for _ in range(2))
    next(iter(one.advance()))
    tensors, progress = carried(one)
    harm(tensors, progress)
    with pytest.raises(TrainingError, match="does not belong to this training"):
        two.restore(tensors, progress)


def test_the_state_of_another_network_is_refused(made_digits):
    one, two = hard_training(made_digits, "quick", "float32"), hard_training(made_digits, "classic", "float32")
    with pytest.raises(TrainingError, match="does not belong to this training"):
        two.restore(*carried(one))
