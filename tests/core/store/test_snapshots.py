"""Snapshots of a training: few bytes, about as the network was, and nothing that a stranger's file could do."""

import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from mnist_core.errors import DamagedModel
from mnist_core.files import read_metadata
from mnist_core.model.networks import build_network
from mnist_core.store.history import read_history
from mnist_core.store.layout import HISTORY, MAX_SNAPSHOTS, SNAPSHOTS
from mnist_core.store.models import load_light_model
from mnist_core.store.over_time import load_over_time
from mnist_core.store.snapshots import BUDGET, MOMENTS, SnapshotRecorder, moments_of, read_snapshots
from tests.support.places import PROJECT

STEPS = 1000


def grow(network="quick"):
    """A network as it changes, ever further from its first weights: every layer along three directions."""
    generator = np.random.default_rng(0)
    first = {name: value.numpy() for name, value in build_network(network, 1).state_dict().items()}
    ways = {}
    for name, values in first.items():
        sides = (values.shape[0], values.size // values.shape[0]) if values.ndim > 1 else (values.size, 1)
        left, right = (generator.standard_normal((side, 3)) for side in sides)
        ways[name] = (0.05 * left @ right.T).reshape(values.shape)
    for step in moments_of(STEPS):
        share = np.log1p(step) / np.log1p(STEPS)
        yield (
            step,
            {
                name: (values + share * ways[name]).astype(np.float32) if values.dtype.kind == "f" else values
                for name, values in first.items()
            },
        )


def record(moments):
    recorder = None
    for step, tensors in moments:
        recorder = recorder or SnapshotRecorder.begin(STEPS, "2026-01-01T00:00:00+00:00", tensors)
        recorder.record(step, tensors)
    return recorder


def keep(content, folder):
    (folder / SNAPSHOTS).write_bytes(content)
    return folder


def change(content, notes=None, tensors=None):
    """The file with other notes, or other tensors."""
    return save(tensors or load(content), read_metadata(content) | (notes or {}))


def test_the_moments_lie_ever_further_apart_and_the_last_is_the_model():
    moments = moments_of(8600)
    assert len(moments) == MOMENTS - 1
    assert moments[:4] == (0, 1, 2, 3)
    assert all(np.diff(moments)[4:] > 0)
    assert 5000 < moments[-1] < 8600
    assert moments_of(1) == (0,)
    assert moments_of(2) == (0, 1)


@pytest.mark.parametrize("network", ["classic", "mlp-plus", "quick", "accurate"])
def test_every_network_is_kept_within_the_budget_and_about_as_it_was(network, tmp_path):
    moments = dict(grow(network))
    recorder = record(moments.items())
    assert len(recorder.content) < BUDGET + 10_000 < 1_500_000 <= MAX_SNAPSHOTS
    kept = read_snapshots(keep(recorder.content, tmp_path), moments[0])
    assert kept.steps == tuple(moments)
    assert kept.created == "2026-01-01T00:00:00+00:00"
    for then, tensors in zip(kept.tensors, moments.values(), strict=True):
        assert then.keys() == tensors.keys()
        for name, values in tensors.items():  # errors do not add up
            assert np.abs(then[name] - values).max() < 0.01 * np.abs(values).max(initial=1)


def test_a_recording_goes_on_as_if_it_had_not_been_interrupted():
    moments = list(grow("classic"))
    whole = record(moments)
    first = record(moments[:12])
    first.record(*moments[12])  # written, but its checkpoint was not
    resumed = SnapshotRecorder.resume(first.content, moments[11][0], STEPS, moments[0][1])
    assert resumed.recorded == [step for step, _ in moments[:12]]
    for step, tensors in moments[12:]:
        assert resumed.is_due(step)
        resumed.record(step, tensors)
        assert not resumed.is_due(step)
    assert load(resumed.content).keys() == load(whole.content).keys()
    for name, packed in load(whole.content).items():
        assert np.array_equal(load(resumed.content)[name], packed)


def test_a_network_with_infinite_numbers_is_left_out():
    (step, tensors), *_ = grow()
    recorder = record([(step, tensors)])
    name = next(iter(tensors))
    recorder.record(1, tensors | {name: np.full_like(tensors[name], np.nan)})
    assert recorder.recorded == [0]


BAD = {
    "steps that go back": {"steps": "[0, 5, 3]"},
    "a step twice": {"steps": "[0, 5, 5]"},
    "a step that is no number": {"steps": '["0", 1, 2]'},
    "true for a step": {"steps": "[true, 2, 3]"},
    "no list": {"steps": "3"},
    "no JSON": {"steps": "[0,"},
    "a deep list": {"steps": "[" * 5000},
    "too few steps": {"steps": "[0, 1]"},
    "no rank": {"rank": "x"},
    "rank 0": {"rank": "0"},
    "another rank": {"rank": "1"},
    "a huge rank": {"rank": "1000000000"},
}


@pytest.mark.parametrize("notes", BAD.values(), ids=BAD)
def test_notes_that_cannot_be_are_refused(notes, tmp_path):
    moments = list(grow("classic"))[:3]
    keep(change(record(moments).content, notes), tmp_path)
    with pytest.raises(DamagedModel, match=r"^snapshots\.safetensors is damaged"):
        read_snapshots(tmp_path, moments[0][1])


def test_files_that_cannot_be_are_refused(tmp_path):
    moments = list(grow("quick"))[:2]
    content = record(moments).content
    packed = load(content)
    one_more = {"steps": json.dumps([0, 1, 2])}
    bad = {
        "cut off": content[: len(content) // 2],
        "empty": b"",
        "one byte more in a moment": change(content, tensors=packed | {"1": np.append(packed["1"], np.uint8(0))}),
        "one byte less": change(content, tensors=packed | {"1": packed["1"][:-1]}),
        "of another kind": change(content, tensors=packed | {"1": packed["1"].astype(np.int32)}),
        "called otherwise": change(content, one_more, packed | {"x": packed["1"]}),
    }
    for each in bad.values():
        keep(each, tmp_path)
        with pytest.raises(DamagedModel):
            read_snapshots(tmp_path, moments[0][1])
    keep(content, tmp_path)
    with pytest.raises(DamagedModel):  # of another network
        read_snapshots(tmp_path, next(grow("classic"))[1])
    (tmp_path / SNAPSHOTS).unlink()
    with pytest.raises(DamagedModel, match="cannot be read"):
        read_snapshots(tmp_path, moments[0][1])


@pytest.mark.parametrize("name", ["quick", "classic"])
def test_the_shipped_ones_are_those_of_the_model(name):
    model = load_light_model(name)
    folder = PROJECT / "models" / name
    assert (folder / SNAPSHOTS).stat().st_size <= 1_500_000
    kept = read_snapshots(folder, model.tensors)
    assert len(kept.steps) == MOMENTS - 1
    found = load_over_time("validation", model.card)
    assert found.steps[:-1] == kept.steps
    accuracies = found.values.trace(axis1=1, axis2=2) / found.values.sum((1, 2))
    assert accuracies[0] < 0.2
    assert accuracies[-2] > 0.96
    assert accuracies[-1] == pytest.approx(read_history(folder / HISTORY).validation_accuracies[-1], abs=0.0005)
