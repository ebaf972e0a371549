"""What a training logs, written, read back while it grows, smoothed and given away."""

import csv
import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from mnist_core.errors import RunError, TrainingError
from mnist_core.store import history as histories
from mnist_core.store.history import (
    Epoch,
    History,
    Step,
    entry_to_line,
    history_to_csv,
    log_every,
    read_history,
    smooth,
    tensorboard_log,
)
from tests.support.places import PROJECT

STEPS = (Step(5, 20, 2.25, 0.5, 0.001), Step(10, 20, 1.5, 1.0, 0.002), Step(20, 20, 1.0, 2.5, None))
EPOCHS = (Epoch(1, 2, 10, 1.9, 0.5, 1.7, 0.625, 1.25), Epoch(2, 2, 20, 1.2, 0.75, None, None, 2.75))


@pytest.fixture
def path(tmp_path):
    """A history of three steps and two epochs."""
    file = tmp_path / "history.jsonl"
    file.write_text("".join(map(entry_to_line, (STEPS[0], STEPS[1], EPOCHS[0], STEPS[2], EPOCHS[1]))))
    return file


def test_what_is_logged_is_read_back(path):
    assert read_history(path) == History(STEPS, EPOCHS)


def test_a_line_is_json_that_says_its_kind():
    assert json.loads(entry_to_line(STEPS[0])) == {
        **{"kind": "step", "step": 5, "steps": 20, "loss": 2.25, "seconds": 0.5},
        "learning_rate": 0.001,
    }
    assert entry_to_line(EPOCHS[0]).endswith("}\n")


def test_no_file_is_no_history(tmp_path):
    assert read_history(tmp_path / "history.jsonl") == History()


def test_a_last_line_that_is_being_written_is_left_out_wherever_it_is_cut(path):
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(last, len(whole)):
        path.write_bytes(whole[:end])
        assert read_history(path) == History(STEPS, EPOCHS[:1])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "[]",
        "3",
        "null",
        "{}",
        "[" * 100_000,
        '{"kind": "loss", "step": 1}',
        '{"kind": ["step"], "step": 1, "steps": 2, "loss": 1.0, "seconds": 1.0}',
        '{"kind": "step", "step": 1, "steps": 2, "loss": 1.0}',
        '{"kind": "step", "step": 1, "steps": 2, "loss": 1.0, "seconds": 1.0, "surprise": 1}',
        '{"kind": "step", "step": 1, "steps": 2, "loss": NaN, "seconds": 1.0}',
        '{"kind": "step", "step": 1, "steps": 2, "loss": Infinity, "seconds": 1.0}',
        '{"kind": "step", "step": 1, "steps": 2, "loss": 1e999, "seconds": 1.0}',
        '{"kind": "step", "step": 1, "steps": 2, "loss": 1' + "0" * 400 + ', "seconds": 1.0}',
        '{"kind": "step", "step": 1.5, "steps": 2, "loss": 1.0, "seconds": 1.0}',
        '{"kind": "step", "step": true, "steps": 2, "loss": 1.0, "seconds": 1.0}',
        '{"kind": "step", "step": "1", "steps": 2, "loss": 1.0, "seconds": 1.0}',
        '{"kind": "step", "step": 1, "steps": 2, "loss": null, "seconds": 1.0}',
        '{"kind": "step", "step": 1, "steps": 2, "loss": [1.0], "seconds": 1.0}',
        '{"kind": "epoch", "step": 1, "steps": 2, "loss": 1.0, "seconds": 1.0}',
        entry_to_line(replace(STEPS[0], steps=0)).strip(),
        entry_to_line(replace(STEPS[0], step=0)).strip(),
        entry_to_line(replace(STEPS[0], step=21)).strip(),
        entry_to_line(replace(STEPS[0], steps=10**9 + 1)).strip(),
        entry_to_line(replace(STEPS[0], seconds=-0.1)).strip(),
        entry_to_line(replace(EPOCHS[0], epoch=0)).strip(),
        entry_to_line(replace(EPOCHS[0], epoch=3)).strip(),
        entry_to_line(replace(EPOCHS[0], epochs=10**10)).strip(),
        entry_to_line(replace(EPOCHS[0], step=0)).strip(),
        entry_to_line(replace(EPOCHS[0], step=10**50)).strip(),
        entry_to_line(replace(EPOCHS[0], seconds=-0.1)).strip(),
        entry_to_line(replace(EPOCHS[0], training_accuracy=1.1)).strip(),
        entry_to_line(replace(EPOCHS[0], validation_accuracy=-0.1)).strip(),
        "\udcff\x00",
    ],
    ids=lambda line: line[:160],
)
def test_a_line_that_is_no_entry_is_named_by_its_number(path, line):
    lines = path.read_text().splitlines()
    lines[2] = line
    path.write_text("\n".join(lines) + "\n", errors="surrogateescape")
    with pytest.raises(RunError) as caught:
        read_history(path)
    assert str(caught.value) == "Line 3 of history.jsonl is not an entry of a history."


def test_a_history_that_cannot_be_read_or_is_too_large_is_refused(tmp_path, path, monkeypatch):
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunError, match="folder cannot be read: Is a directory"):
        read_history(tmp_path / "folder")
    monkeypatch.setattr(histories, "MAX_HISTORY", 10)
    with pytest.raises(RunError, match=r"history\.jsonl is over 10 bytes"):
        read_history(path)


def test_a_history_of_more_lines_than_any_training_logs_is_refused_before_they_are_read(path, monkeypatch):
    path.write_text(entry_to_line(STEPS[0]) * 5_000)
    assert len(read_history(path).steps) == 5_000
    path.write_text(entry_to_line(STEPS[0]) * 5_001)
    monkeypatch.setattr(histories, "_read_entry", None)
    with pytest.raises(RunError, match=r"has 5,001 lines; a training logs 5,000 at most"):
        read_history(path)


@pytest.mark.parametrize("steps", [1, 300, 999, 10**9])
def test_no_training_logs_as_much_as_may_be_read(steps):
    assert steps // log_every(steps) + 1_000 < histories.MAX_LINES  # and an entry an epoch


def test_a_history_from_before_learning_rates_were_logged_is_read(tmp_path):
    old = '{"kind": "step", "step": 100, "steps": 8600, "loss": 1.5, "seconds": 0.25}\n'
    (tmp_path / "history.jsonl").write_text(old)
    assert read_history(tmp_path / "history.jsonl").steps == (Step(100, 8600, 1.5, 0.25, None),)


@pytest.mark.parametrize("name", [path.name for path in (PROJECT / "models").glob("[!.]*/")])
def test_the_history_of_every_shipped_model_is_read(name):
    assert read_history(PROJECT / "models" / name / "history.jsonl").epochs


def test_the_shipped_models_history_is_read():
    """As its lines are, read by JSON alone."""
    path = PROJECT / "models" / "classic" / "history.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    found = read_history(path)
    assert len(found.epochs) == 10
    assert [step.step for step in found.steps] == [line["step"] for line in lines if line["kind"] == "step"]
    assert found.validation_accuracies == [line["validation_accuracy"] for line in lines if line["kind"] == "epoch"]
    assert found.seconds == max(line["seconds"] for line in lines)


def test_what_follows_from_a_history():
    assert History(STEPS, EPOCHS).seconds == 2.75
    assert History(STEPS).seconds == 2.5
    assert History().seconds == 0.0
    assert History(STEPS, EPOCHS).validation_accuracies == [0.625]


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.9, 0.99])
def test_smoothing_is_that_of_pandas(weight):
    values = np.random.default_rng(1).normal(2, 1, 300)
    expected = pd.Series(values).ewm(alpha=1 - weight, adjust=True).mean()
    assert smooth(list(values), weight) == pytest.approx(expected.tolist())


def test_smoothing_pulls_no_value_towards_zero():
    assert smooth([3.0] * 5, 0.99) == pytest.approx([3.0] * 5)
    assert smooth([], 0.9) == []


@pytest.mark.parametrize("steps", [1, 2, 299, 300, 599, 600, 601, 1_500, 2_345, 8_600, 60_000, 1_000_000])
def test_logged_steps_are_round_numbers_and_enough(steps):
    distance = log_every(steps)
    assert str(distance).rstrip("0") in ("1", "2", "5")
    assert distance == 1 or 300 <= steps // distance <= 750


def test_the_distance_between_logged_steps_of_known_trainings():
    assert {steps: log_every(steps) for steps in (24, 430, 600, 8_600, 9_380)} == {
        **{24: 1, 430: 1, 600: 2, 8_600: 20, 9_380: 20}
    }


def test_the_table_is_read_by_csv_and_holds_every_value():
    rows = list(csv.DictReader(StringIO(history_to_csv(History(STEPS, EPOCHS)))))
    assert [(row["kind"], row["step"]) for row in rows] == [
        *(("step", "5"), ("step", "10"), ("epoch", "10"), ("step", "20"), ("epoch", "20"))
    ]
    assert rows[0] == {
        **{"kind": "step", "step": "5", "steps": "20", "loss": "2.25", "seconds": "0.5", "learning_rate": "0.001"},
        **{"epoch": "", "epochs": "", "training_loss": "", "training_accuracy": ""},
        **{"validation_loss": "", "validation_accuracy": "", "factor": ""},
    }
    assert rows[2]["validation_accuracy"] == "0.625"
    assert rows[4]["validation_accuracy"] == ""


def test_the_table_is_read_by_pandas_without_a_loss():
    losses = tuple(replace(STEPS[0], step=step, loss=1 / (step + 1)) for step in range(100))
    table = pd.read_csv(StringIO(history_to_csv(History(losses))))
    assert table["loss"].tolist() == [step.loss for step in losses]


def test_without_tensorboard_its_log_is_refused_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        tensorboard_log(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_tensorboard_log_says_what_the_history_says(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    add = tensorboard_log(tmp_path)
    for entry in (
        Step(10, 20, 0.5, 1.0, 0.001),
        Epoch(1, 2, 10, 0.6, 0.8, 0.4, 0.9, 1.1),
        Step(20, 20, 0.25, 2.0, 0.002),
    ):
        add(entry)
    log = EventAccumulator(str(tmp_path)).Reload()
    assert [(event.step, event.value) for event in log.Scalars("loss")] == [(10, 0.5), (20, 0.25)]
    assert [event.step for event in log.Scalars("learning_rate")] == [10, 20]
    assert log.Scalars("validation/accuracy")[0].value == pytest.approx(0.9)


def test_the_table_has_no_negative_zero():
    """Beside true values below zero, which stay as they are."""
    steps = replace(STEPS[0], loss=-0.0), replace(STEPS[1], loss=-1e-9)
    rows = list(csv.DictReader(StringIO(history_to_csv(History(steps, (replace(EPOCHS[0], validation_loss=-0.0),))))))
    assert [row["loss"] for row in rows] == ["0.0", "-1e-09", ""]
    assert rows[2]["validation_loss"] == "0.0"


@pytest.mark.parametrize(
    ("changes", "is_guessing"),
    [
        ({"validation_accuracy": 0.1135}, True),
        ({"validation_accuracy": 0.14}, False),
        ({"validation_accuracy": 0.9}, False),
        ({"validation_accuracy": None, "training_accuracy": 0.11}, True),
        ({"validation_accuracy": None, "training_accuracy": 0.5}, False),
        ({"validation_accuracy": 0.1, "step": 99}, False),  # at its first steps
        ({"validation_accuracy": 0.1, "step": 6, "epoch": 3}, True),  # it had no more
    ],
    ids=str,
)
def test_a_network_that_is_no_better_than_one_answer_is_guessing(changes, is_guessing):
    right = Epoch(1, 3, 200, 0.1, 0.98, 0.1, 0.98, 1.0)
    last = replace(right, epoch=2, step=400)
    assert History(STEPS, (right, replace(last, **changes))).is_guessing(10) == is_guessing


def test_of_more_classes_a_smaller_share_is_more_than_guessing():
    last = Epoch(2, 3, 400, 3.7, 0.1, 3.6, 0.1, 1.0)
    assert not History(STEPS, (last,)).is_guessing(47)
    assert History(STEPS, (replace(last, validation_accuracy=1 / 47),)).is_guessing(47)


def test_before_its_first_epoch_no_network_is_said_to_be_guessing():
    assert not History(STEPS).is_guessing(10)
    assert History(STEPS).last_accuracy is None
