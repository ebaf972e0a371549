"""How long a training will take: arithmetic over what was measured, and measuring without disturbing anybody."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from mnist_core import machine
from mnist_core.errors import TrainingError
from mnist_core.recipe import NETWORKS, preset
from mnist_core.store import training_lock
from mnist_core.training import speed as speeds
from mnist_core.training.speed import NetworkSpeed, Speed, estimate, measure_speed

SPEED = Speed(
    start=3.0,
    writing=0.001,
    augmentation=0.00005,
    networks=dict.fromkeys(NETWORKS, NetworkSpeed(step=0.01, digit=0.0001, evaluation=0.00002)),
    is_shared=False,
)


def seconds(speed=SPEED, *, is_evaluated=True, **changes):
    return estimate(preset("quick", **changes), speed, is_evaluated=is_evaluated).seconds


def test_an_estimate_counts_start_steps_validation_calibration_and_evaluation():
    """55,000 digits in 215 steps of 256, two epochs: each term by hand."""
    learning = 2 * (215 * 0.01 + 55_000 * 0.0001) * 1.05
    validating, calibrating, evaluating = 2 * 5_000 * 0.00002, 5_000 * (2 * 0.00002 + 0.00005), 10_000 * 0.00002
    assert seconds() == pytest.approx(3 + learning + validating + calibrating + evaluating)
    assert seconds(is_evaluated=False) == pytest.approx(seconds() - 0.2)


def test_an_estimate_counts_the_writing_of_synthetic_digits_letters_and_scribbles_and_learning_from_them():
    added = round(55_000 * 0.5)
    steps = -(-(55_000 + added) // 256) - 215
    learning = 2 * (steps * 0.01 + added * 0.0001) * 1.05
    assert seconds(synthetic=0.3, ood_share=0.2) == pytest.approx(seconds() + added * 0.001 + learning)
    assert seconds(data="synthetic") - seconds(data="synthetic", epochs=1) < seconds() - seconds(epochs=1)
    assert seconds(data="synthetic", epochs=1) > 40_000 * 0.001 + 3


def test_augmented_digits_take_longer_each_time_they_are_shown():
    assert seconds(affine=1.0) == pytest.approx(seconds() + 2 * 55_000 * 0.00005 * 1.05)
    assert seconds(elastic=1.0) == seconds(affine=1.0) == seconds(affine=1.0, elastic=1.0)


@pytest.mark.parametrize("batch_size", [1, 64, 10_000])
def test_a_batch_size_changes_the_number_of_steps_alone(batch_size):
    steps = -(-55_000 // batch_size)
    assert seconds(batch_size=batch_size) == pytest.approx(seconds() + 2 * (steps - 215) * 0.01 * 1.05)


def test_where_others_use_the_machine_it_is_the_least():
    assert not estimate(preset("quick"), SPEED).is_least
    assert estimate(preset("quick"), replace(SPEED, is_shared=True)).is_least


@pytest.mark.parametrize(("load", "is_shared"), [(0.0, False), (0.9, False), (1.1, True), (9.0, True)])
def test_a_load_above_a_quarter_of_the_processors_is_that_of_others(monkeypatch, load, is_shared):
    monkeypatch.setattr(machine, "count_processors", lambda: 4)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    assert speeds._is_shared() == is_shared


def test_a_machine_is_measured_without_disturbing_this_process():
    torch.manual_seed(3)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    speed = measure_speed()
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert speed.networks.keys() == set(NETWORKS)
    assert speed.start > 0
    recipe = preset("classic", batch_size=256)
    short = estimate(recipe, speed).seconds
    assert 0 < short < 3000
    assert estimate(replace(recipe, epochs=500), speed).seconds > 5 * short
    one = replace(recipe, epochs=1, validation_size=30_000)
    assert estimate(replace(one, synthetic=2.0, ood_share=2.0), speed).seconds > estimate(one, speed).seconds + 5


def test_it_measures_with_the_low_priority_of_a_training(monkeypatch):
    """The priority is taken first, before torch is imported; what follows it does not come to pass here."""

    def take_it():
        raise KeyboardInterrupt

    monkeypatch.setattr(machine, "let_others_go_first", take_it)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(KeyboardInterrupt):
        speeds.main()


def test_it_ends_when_a_training_begins(monkeypatch, tmp_path):
    """The process that looks whether a training has begun finds one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    run, begun = subprocess.run, []

    def run_beside_a_training(command, **options):
        with training_lock.hold("mine", tmp_path):
            code = "import mnist_core.training.speed as speed; speed._end_when_a_training_begins()"
            begun.append(command)
            return run([sys.executable, "-c", code], **options)

    monkeypatch.setattr(subprocess, "run", run_beside_a_training)
    assert measure_speed() is None
    assert len(begun) == 1


@pytest.mark.parametrize(
    "outcome",
    [
        subprocess.TimeoutExpired("python", 90),
        subprocess.CalledProcessError(1, "python"),
        OSError("no memory"),
        subprocess.CompletedProcess([], 0, b"{"),
        subprocess.CompletedProcess([], 0, b'{"start": "soon"}'),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_a_measurement_that_fails_is_a_sentence(monkeypatch, outcome):
    def fail(*_, **__):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(TrainingError, match="could not be measured"):
        measure_speed()
