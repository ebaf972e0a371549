"""A training that keeps its network at some moments, and what it is asked for later."""

import shutil

import numpy as np
import pytest
import torch

import train
from mnist_core.alphabets import SIGNS
from mnist_core.errors import DamagedModel, ModelError, NotAllowed
from mnist_core.evaluation import test_sets
from mnist_core.files import read_metadata
from mnist_core.rights import VARIABLE
from mnist_core.store.history import read_history
from mnist_core.store.layout import HISTORY, SNAPSHOTS, VALIDATION_OVER_TIME
from mnist_core.store.models import load_model
from mnist_core.store.over_time import load_over_time
from mnist_core.store.runs import find_run
from mnist_core.store.snapshots import moments_of, read_snapshots
from mnist_core.store.zip_archive import add_archive, open_archive, zip_model
from mnist_core.training import material, moments, worker
from mnist_core.training.moments import answer_over_time

FLAGS = ["--recipe", "mlp-plus", "--epochs", "2", "--batch-size", "50", "--validation-size", "100", "--threads", "1"]
STEPS = 20


pytestmark = pytest.mark.usefixtures("small_data")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def begin(models_dir, name, *flags):
    return train.main([*FLAGS, "--name", name, "--models-dir", str(models_dir), *flags])


def kept(models_dir, name):
    model = load_model(name, models_dir)
    return read_snapshots(models_dir / name, {key: value.numpy() for key, value in model.network.state_dict().items()})


def ask(name, kind, models_dir):
    shares = list(answer_over_time(name, kind, models_dir))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    return load_over_time(kind, load_model(name, models_dir).card, models_dir)


def test_a_training_keeps_its_moments_and_learns_as_without_them(tmp_path):
    assert begin(tmp_path, "mine") == begin(tmp_path, "plain", "--no-snapshots") == 0
    assert kept(tmp_path, "mine").steps == moments_of(STEPS)
    assert not (tmp_path / "plain" / SNAPSHOTS).exists()
    one, other = (load_model(name, tmp_path).network.state_dict() for name in ("mine", "plain"))
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_stopped_and_resumed_it_keeps_the_same_moments(tmp_path, monkeypatch):
    assert begin(tmp_path, "whole") == 0
    looks = iter(range(1, 100))
    monkeypatch.setattr(worker, "is_asked_to_stop", lambda _: next(looks) == 8)
    assert begin(tmp_path, "mine") == train.STOPPED
    assert find_run("mine", tmp_path).snapshots
    monkeypatch.setattr(worker, "is_asked_to_stop", lambda _: False)
    assert train.main(["--resume", "mine", "--models-dir", str(tmp_path)]) == 0
    whole, mine = ((tmp_path / name / SNAPSHOTS).read_bytes() for name in ("whole", "mine"))
    assert read_metadata(whole) | {"created": ""} == read_metadata(mine) | {"created": ""}
    for one, other in zip(kept(tmp_path, "whole").tensors, kept(tmp_path, "mine").tensors, strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_training_goes_on_though_its_moments_are_damaged(tmp_path, monkeypatch):
    looks = iter(range(1, 100))
    monkeypatch.setattr(worker, "is_asked_to_stop", lambda _: next(looks) == 8)
    assert begin(tmp_path, "mine") == train.STOPPED
    (tmp_path / ".runs" / "mine" / SNAPSHOTS).write_bytes(b"no snapshots")
    monkeypatch.setattr(worker, "is_asked_to_stop", lambda _: False)
    assert train.main(["--resume", "mine", "--models-dir", str(tmp_path)]) == 0
    with pytest.raises(DamagedModel):
        kept(tmp_path, "mine")


def test_it_is_asked_for_digits_at_each_moment_and_that_is_kept(tmp_path, made_digits):
    assert begin(tmp_path, "mine") == 0
    found = ask("mine", "validation", tmp_path)
    assert found.steps == (*moments_of(STEPS), STEPS)
    assert found.values.sum((1, 2)).tolist() == [100] * len(found.steps)
    accuracies = found.values.trace(axis1=1, axis2=2)
    assert accuracies[0] < 40 < accuracies[-1]

    answers = ask("mine", "test", tmp_path).values
    assert answers.shape == (len(found.steps), len(made_digits))
    assert (answers[0] == made_digits.labels).mean() < 0.4 < (answers[-1] == made_digits.labels).mean()


def test_what_does_not_belong_to_the_model_or_is_damaged_is_not_read(tmp_path):
    assert begin(tmp_path, "mine") == 0
    ask("mine", "validation", tmp_path)
    card, file = load_model("mine", tmp_path).card, tmp_path / "mine" / VALIDATION_OVER_TIME
    content = file.read_bytes()
    assert load_over_time("validation", card, tmp_path)
    for bad in (content[:-1], b"", content.replace(card.weights_sha256.encode(), b"0" * 64)):
        file.write_bytes(bad)
        assert load_over_time("validation", card, tmp_path) is None
    file.write_bytes(content.replace(b"values", b"valued"))
    assert load_over_time("validation", card, tmp_path) is None


def test_it_says_why_it_cannot_be_asked(tmp_path, monkeypatch):
    assert begin(tmp_path, "plain", "--no-snapshots") == begin(tmp_path, "mine") == 0
    with pytest.raises(ModelError, match=r"snapshots\.safetensors"):
        list(answer_over_time("plain", "test", tmp_path))
    going = answer_over_time("mine", "test", tmp_path)
    next(going)
    shutil.rmtree(tmp_path / "mine")
    with pytest.raises(ModelError):
        list(going)
    monkeypatch.setenv(VARIABLE, "public")
    with pytest.raises(NotAllowed):
        list(answer_over_time("plain", "test", tmp_path))


def test_a_zip_takes_the_moments_along(tmp_path):
    assert begin(tmp_path, "mine") == 0
    ask("mine", "validation", tmp_path)
    packed = zip_model("mine", tmp_path)
    (tmp_path / "elsewhere").mkdir()
    add_archive(open_archive(packed), tmp_path / "elsewhere")
    for file in (SNAPSHOTS, VALIDATION_OVER_TIME):
        assert (tmp_path / "elsewhere" / "mine" / file).read_bytes() == (tmp_path / "mine" / file).read_bytes()
    assert kept(tmp_path / "elsewhere", "mine").steps == moments_of(STEPS)


def test_what_a_model_has_learnt_from_is_written_again_to_count_its_validation_set(tmp_path, monkeypatch):
    monkeypatch.setattr(material, "OF_A_CLASS", 25)
    monkeypatch.setattr(test_sets, "OF_A_CLASS", 2)
    assert begin(tmp_path, "mine", "--data", "signs") == 0
    found = ask("mine", "validation", tmp_path)
    assert found.values.shape[1:] == (len(SIGNS), len(SIGNS))
    assert set(found.values.sum((1, 2)).tolist()) == {100}
    said = [epoch.validation_accuracy for epoch in read_history(tmp_path / "mine" / HISTORY).epochs]
    assert found.values[-1].trace() / 100 == pytest.approx(said[-1], abs=0.02)  # the same set, or nearly none is right
    assert said[-1] > 0.2


def test_who_leaves_ends_the_writing(tmp_path, monkeypatch):
    monkeypatch.setattr(material, "OF_A_CLASS", 25)
    monkeypatch.setattr(test_sets, "OF_A_CLASS", 2)
    assert begin(tmp_path, "mine", "--data", "signs") == 0
    written = []
    monkeypatch.setattr(material, "OF_A_CLASS", 5000)
    writing = material.load_material
    monkeypatch.setattr(
        moments,
        "load_material",
        lambda *given, before_each, **more: writing(
            *given, before_each=lambda: (written.append(1), before_each()), **more
        ),
    )
    going = answer_over_time("mine", "validation", tmp_path)
    assert next(going) < moments.WRITING
    going.close()
    assert 0 < len(written) < 100_000
