import json
import os
import shutil
import signal
from hashlib import sha256
from threading import Event, Thread

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save
from safetensors.torch import load, save_file
from safetensors.torch import save as save_tensors

from mnist_core.errors import BadName, DamagedModel, ModelNotFound, NotEvaluated, RunError
from mnist_core.recipe import preset, training_command
from mnist_core.store.maps import load_map
from mnist_core.store.models import (
    check_name,
    list_models,
    load_answers,
    load_evaluation,
    load_light_model,
    load_model,
    name_card,
    rename_model,
)
from mnist_core.store.runs import create_run, delete_run, list_runs
from mnist_core.store.zip_archive import add_archive, open_archive, zip_model
from tests.support.models import copy_hidden, list_damaged_models, swap_in
from tests.support.places import PROJECT


def damage_card(shelf, **changes):
    path = shelf / "classic" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def reason(shelf):
    """Why the only folder cannot be used; it must not be listed, and must not be loaded."""
    assert list_models(shelf) == []
    (damaged,) = list_damaged_models(shelf)
    with pytest.raises(DamagedModel):
        load_model(damaged.name, shelf)
    return damaged.reason


def test_the_shipped_model_is_listed_and_answers(shelf):
    assert [card.name for card in list_models(shelf)] == ["classic"]
    assert list_damaged_models(shelf) == []
    model = load_model("classic", shelf)
    assert not model.network.training
    assert model.network(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


def again(card):
    return training_command(card.preset, card.recipe, card.name)


def test_the_card_says_how_to_make_the_model_again(shelf):
    (card,) = list_models(shelf)
    assert again(card) == "python train.py --recipe classic --name classic"
    damage_card(shelf, recipe={**json.loads(card.to_json())["recipe"], "seed": 3, "learning_rate": 0.01})
    (card,) = list_models(shelf)
    assert again(card) == "python train.py --recipe classic --name classic --learning-rate 0.01 --seed 3"


def test_a_cards_note_is_read_and_written_and_a_card_without_one_has_no_such_entry(shelf):
    (card,) = list_models(shelf)
    assert card.note == ""
    assert "note" not in json.loads(card.to_json())  # readers that know of no notes refuse what they do not know
    damage_card(shelf, note="The best of four.")
    (card,) = list_models(shelf)
    assert card.note == "The best of four."
    assert json.loads(card.to_json())["note"] == "The best of four."


def test_the_evaluation_of_the_shipped_model(shelf):
    evaluation = load_evaluation("classic", shelf)
    assert (evaluation.correct, evaluation.seen) == (9832, 10_000)
    assert evaluation.accuracy == 0.9832
    assert evaluation.without_disputed.seen == 9985


@pytest.mark.parametrize("position", [10, 5000, -1])
def test_one_flipped_bit_in_the_weights_is_found(shelf, position):
    path = shelf / "classic" / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    assert "not those its card was written for" in reason(shelf)


def test_truncated_weights_are_found(shelf):
    path = shelf / "classic" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    assert "not those its card was written for" in reason(shelf)


@pytest.mark.parametrize("name", ["weights.safetensors", "card.json"])
def test_a_missing_file_is_named(shelf, name):
    (shelf / "classic" / name).unlink()
    assert f"{name} in classic cannot be read" in reason(shelf)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"format": 1}'])
def test_a_broken_card_is_found(shelf, text):
    (shelf / "classic" / "card.json").write_text(text)
    assert "card.json" in reason(shelf)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "format 2, expected 1"),
        ({"name": "other"}, "belongs to a model called 'other'"),
        ({"parameters": "many"}, "parameters = 'many'"),
        ({"temperature": 0}, "temperature"),
        ({"top_two_threshold": 1.5}, "top_two_threshold = '1.5'"),
        ({"top_two_threshold": "much"}, "top_two_threshold = 'much'"),
        ({"versions": {"torch": 3}}, "versions"),
        ({"preset": "magic"}, "preset"),
        ({"recipe": {"epochs": 0}}, "recipe that cannot be"),
        ({"recipe": {"cuda": True}}, "recipe that cannot be"),
        ({"precision": 16}, "precision = '16'"),
        ({"seconds": float("nan")}, "seconds = 'nan'"),
        ({"seconds": True}, "seconds = 'True'"),
        ({"threads": True}, "threads = 'True'"),
        ({"trained_on": 10**400}, "trained_on = '1000"),
        ({"format": True}, "format = 'True'"),
        ({"held_out": -1}, "held_out = '-1'"),
        ({"started_from": "quick", "drawings": 5, "held_out": 6}, "more drawings were held out than there were"),
        ({"surprise": 1}, "unknown or missing entries: surprise"),
        ({"created": "yesterday"}, "created = 'yesterday'"),
        ({"created": ""}, "created = ''"),
        *(
            ({"device": text}, "expected up to 500 printable letters")
            for text in ("\udcff", "\0", "\n", "\u202e", "x" * 501)
        ),
        ({"versions": {"\udcff": "1"}}, "expected up to 500 printable letters"),
        ({"versions": {"torch": "\udcff"}}, "expected up to 500 printable letters"),
        ({"recipe": {"\udcff": 1}}, "expected up to 500 printable letters"),
        ({"\udcff": 1}, "expected up to 500 printable letters"),
    ],
)
def test_a_card_that_cannot_be_true_is_found(shelf, changes, words):
    damage_card(shelf, **changes)
    assert words in reason(shelf)
    assert reason(shelf).isprintable()  # a page shows it


def test_weights_of_another_network_are_found(shelf):
    path = shelf / "classic" / "weights.safetensors"
    save_file({"answer.weight": torch.zeros(10, 60)}, path)
    damage_card(shelf, weights_sha256=sha256(path.read_bytes()).hexdigest())
    for load_anyhow in (load_model, load_light_model):
        with pytest.raises(DamagedModel, match="do not fit its network"):
            load_anyhow("classic", shelf)


def test_a_pickle_is_never_opened(shelf, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'boom')!r}, 'w')",))

    import pickle

    path = shelf / "classic" / "weights.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    damage_card(shelf, weights_sha256=sha256(path.read_bytes()).hexdigest())
    for load_anyhow in (load_model, load_light_model):
        with pytest.raises(DamagedModel):
            load_anyhow("classic", shelf)
    assert not (tmp_path / "boom").exists()


def test_damaged_and_foreign_folders_hide_no_other(shelf):
    (shelf / "notes").mkdir()
    (shelf / "Bad Name").mkdir()
    (shelf / "readme.txt").write_text("not a folder")
    shutil.copytree(shelf / "classic", shelf / "copy")
    assert [card.name for card in list_models(shelf)] == ["classic"]
    assert {damaged.name for damaged in list_damaged_models(shelf)} == {"notes", "Bad Name", "copy"}


def test_a_folder_whose_name_is_no_text_is_shown_with_its_reason(shelf):
    (shelf / "bad\udcff").mkdir()
    (damaged,) = list_damaged_models(shelf)
    assert damaged.name == "bad?"
    assert damaged.reason.startswith(r"'bad\udcff' cannot be a model's name")
    assert [card.name for card in list_models(shelf)] == ["classic"]


def test_an_unknown_model_is_answered_with_those_that_exist(shelf):
    with pytest.raises(ModelNotFound, match=r"no model called 'cnn2'\. Available: classic\."):
        load_model("cnn2", shelf)


def test_no_folder_at_all_is_an_empty_shelf(tmp_path):
    assert list_models(tmp_path / "nowhere") == []
    with pytest.raises(ModelNotFound, match="Available: none"):
        load_model("classic", tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["", "-x", "_x", "A", "a b", "a/b", "..", "../x", "a.b", "é", "a" * 65, "a\n", "a\0"])
def test_names_that_no_model_may_have_are_refused(name, tmp_path):
    with pytest.raises(BadName):
        check_name(name)
    with pytest.raises(BadName):
        load_model(name, tmp_path)


@pytest.mark.parametrize("name", ["a", "7", "classic", "my_model-2", "a" * 64])
def test_names_that_a_model_may_have(name):
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "com9", "lpt1", "lpt0"])
def test_names_that_windows_has_for_devices_are_no_new_models_but_an_older_one_answers(shelf, name):
    with pytest.raises(BadName, match=f"^'{name}' cannot be a model's name: on Windows it is a device"):
        rename_model("classic", name, shelf)
    with pytest.raises(BadName, match="on Windows it is a device"):
        create_run(name, "quick", preset("quick"), shelf)
    with pytest.raises(BadName, match="on Windows it is a device"):
        add_archive(open_archive(zip_model("classic", shelf)), shelf, name)
    (shelf / "classic").rename(shelf / name)
    name_card(shelf / name, name)
    assert [card.name for card in list_models(shelf)] == [name]
    assert load_model(name, shelf).card.name == name
    assert add_archive(open_archive(zip_model(name, shelf)), shelf, "other").name == "other"


@pytest.mark.parametrize("name", ["con.txt", "nul.tar.gz", "com1."])
def test_nor_are_those_with_a_suffix(name):
    with pytest.raises(BadName):
        check_name(name)


@pytest.mark.parametrize("name", ["console", "con-2", "com10", "lpt", "null"])
def test_names_that_only_begin_like_a_device_are_fine(name):
    assert check_name(name) == name


@pytest.fixture
def nobody_waits():
    """Fail instead of waiting for a pipe for ever."""

    def fail(*_):
        raise AssertionError("waited for 20 seconds")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pipe(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def endless(path):
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


@pytest.mark.usefixtures("nobody_waits")
@pytest.mark.parametrize("put", [pipe, endless])
@pytest.mark.parametrize("name", ["card.json", "weights.safetensors"])
def test_a_pipe_or_a_device_in_the_place_of_a_file_is_a_damaged_model(shelf, put, name):
    put(shelf / "classic" / name)
    assert reason(shelf) == f"{name} in classic is not a regular file."


@pytest.mark.usefixtures("nobody_waits")
@pytest.mark.parametrize("put", [pipe, endless])
def test_no_file_of_a_model_is_waited_for(shelf, put):
    (card,) = list_models(shelf)
    for name in ("evaluation.json", "probabilities.safetensors", "map.safetensors", "history.jsonl"):
        put(shelf / "classic" / name)
    put(shelf / "SHA256SUMS")
    for read in (load_evaluation, load_answers):
        with pytest.raises(DamagedModel, match="is not a regular file"):
            read("classic", shelf)
    assert load_map(card, 10, shelf) is None
    (run,) = list_runs(shelf)
    with pytest.raises(RunError, match=r"^history\.jsonl is not a regular file\.$"):
        run.history()
    with pytest.raises(RunError, match=r"^Whether 'classic' came with the project cannot be read from SHA256SUMS"):
        delete_run(run, shelf)
    assert list_runs(shelf) == [run]


def test_a_link_to_a_file_will_do(shelf, tmp_path):
    (shelf / "classic" / "weights.safetensors").rename(tmp_path / "elsewhere")
    (shelf / "classic" / "weights.safetensors").symlink_to(tmp_path / "elsewhere")
    assert load_model("classic", shelf).card.name == "classic"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["answer.bias", "hidden1.linear.weight"])
def test_weights_that_are_no_numbers_are_found(shelf, name, number):
    path = shelf / "classic" / "weights.safetensors"
    tensors = load(path.read_bytes())
    tensors[name].view(-1)[-1] = number
    path.write_bytes(save_tensors(tensors))
    damage_card(shelf, weights_sha256=sha256(path.read_bytes()).hexdigest())
    for load_anyhow in (load_model, load_light_model):
        with pytest.raises(
            DamagedModel, match=r"^The model 'classic' is damaged: its weights hold what is no number\.$"
        ):
            load_anyhow("classic", shelf)


@pytest.mark.parametrize("temperature", [0.05, 0.01, 20, 100])
def test_temperatures_that_calibration_may_have_found_are_believed(shelf, temperature):
    damage_card(shelf, temperature=temperature)
    assert load_model("classic", shelf).card.temperature == temperature


@pytest.mark.parametrize("temperature", [0, 1e-9, 0.009, 101, 3.5e9])
def test_temperatures_at_which_all_answers_are_alike_or_none_are_not(shelf, temperature):
    damage_card(shelf, temperature=temperature)
    with pytest.raises(DamagedModel, match="says temperature = "):
        load_model("classic", shelf)


def test_a_card_from_before_the_precision_was_chosen_is_read(shelf):
    path = shelf / "classic" / "card.json"
    values = json.loads(path.read_text())
    kept = {name: value for name, value in values.items() if name not in ("precision", "precision_reason")}
    path.write_text(json.dumps(kept))
    (card,) = list_models(shelf)
    assert (card.precision, card.precision_reason) == ("float32", "the recipe asks for it")


def test_a_renamed_model_is_the_same_under_its_new_name(shelf):
    before = {path.name: path.read_bytes() for path in (shelf / "classic").iterdir()}
    digits = torch.rand(5, 1, 28, 28)
    answers = load_model("classic", shelf).network(digits)
    rename_model("classic", "elder", shelf)
    assert [path.name for path in shelf.iterdir()] == ["elder"]
    assert [card.name for card in list_models(shelf)] == ["elder"]
    assert torch.equal(load_model("elder", shelf).network(digits), answers)
    after = {path.name: path.read_bytes() for path in (shelf / "elder").iterdir()}
    assert after.keys() == before.keys()
    assert {name for name in before if before[name] != after[name]} == {"card.json"}


def test_a_model_is_not_renamed_to_a_name_in_use_or_a_bad_one(shelf):
    shutil.copytree(shelf / "classic", shelf / "notes")  # in use, though what is there is damaged
    with pytest.raises(BadName, match="There is a model called 'notes' already"):
        rename_model("classic", "notes", shelf)
    with pytest.raises(BadName, match="cannot be a model's name"):
        rename_model("classic", "../x", shelf)
    with pytest.raises(ModelNotFound, match="no model called 'nobody'"):
        rename_model("nobody", "x", shelf)
    with pytest.raises(DamagedModel):
        rename_model("notes", "x", shelf)
    assert sorted(path.name for path in shelf.iterdir()) == ["classic", "notes"]
    assert [card.name for card in list_models(shelf)] == ["classic"]


def test_a_model_is_deleted_whole_or_damaged(shelf):
    shutil.copytree(shelf / "classic", shelf / "notes")
    for found in list_runs(shelf):
        delete_run(found, shelf)
    assert list_runs(shelf) == []
    assert [path.name for path in shelf.iterdir()] == [".bin"]


def test_a_model_that_is_replaced_again_and_again_is_never_seen_damaged(shelf):
    """Two models of one name, with other weights, take each other's place while they are read."""
    for seed in ("1", "2"):
        folder = copy_hidden(shelf / "classic", shelf).replace(shelf / f".{seed}")
        weights = (folder / "weights.safetensors").read_bytes()[:-1] + seed.encode()
        (folder / "weights.safetensors").write_bytes(weights)
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps(card | {"weights_sha256": sha256(weights).hexdigest()}))
    swaps, over = [], Event()

    def swap():
        while not over.is_set():
            for seed in ("1", "2"):
                swap_in(copy_hidden(shelf / f".{seed}", shelf), shelf / "classic")
                swaps.append(seed)

    swapper = Thread(target=swap)
    swapper.start()
    try:
        seen, found = 0, []
        while seen < 100 or len(swaps) < 100:
            found += list_damaged_models(shelf)
            seen += 1
    finally:
        over.set()
        swapper.join()
    assert found == []


# ------------------------------------------------------------------------------------------------ what it answered


def keep_answers(shelf, **changes):
    """Write probabilities.safetensors anew, with some of its tensors changed; None leaves one out."""
    path = shelf / "classic" / "probabilities.safetensors"
    tensors = load_file(path) | changes
    path.write_bytes(save({name: tensor for name, tensor in tensors.items() if tensor is not None}))


def test_the_answers_of_a_model_are_read_without_the_digits(shelf, monkeypatch):
    monkeypatch.setenv("MNIST_DATA", str(shelf / "nowhere"))
    answers = load_answers("classic", shelf)
    assert answers.probabilities.shape == (10_000, 10)
    assert answers.labels.dtype == np.int64
    assert answers.right.sum() == 9832


@pytest.mark.parametrize("name", ["evaluation.json", "probabilities.safetensors"])
def test_a_model_without_a_judgement_is_not_damaged_but_not_judged(shelf, name):
    (shelf / "classic" / name).unlink()
    with pytest.raises(NotEvaluated, match=rf"'classic' has no {name}\. Evaluate it anew"):
        load_answers("classic", shelf)
    assert load_model("classic", shelf)


def test_answers_from_before_their_labels_were_kept_are_not_judged(shelf):
    keep_answers(shelf, labels=None)
    with pytest.raises(NotEvaluated, match=r"'classic' were kept without their labels\. Evaluate it anew"):
        load_answers("classic", shelf)


TEST = np.full((10_000, 10), 0.1, np.float32)
LABELS = np.arange(10_000).astype(np.uint8) % 10


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"test": None}, "found labels, expected labels, test"),
        ({"surprise": LABELS}, "found labels, surprise, test"),
        ({"test": TEST.astype(np.float64)}, "found float64"),
        ({"labels": LABELS.astype(np.int64)}, "and int64"),
        ({"labels": LABELS[:, None]}, r"uint8 \(10000, 1\)"),
        ({"labels": LABELS[:-1]}, "for 9999 labels"),
        ({"test": TEST[:, :9]}, r"\(10000, 9\)"),
        ({"test": TEST[:0], "labels": LABELS[:0]}, "N > 0"),
        ({"test": TEST * np.float32(1.01)}, "no probabilities"),
        ({"test": TEST * np.float32("nan")}, "no probabilities"),
        ({"test": TEST * np.float32("inf")}, "no probabilities"),
        ({"test": TEST * np.float32(3e38)}, "no probabilities"),
        ({"test": TEST + np.array([0.2, -0.2] + [0] * 8, np.float32)}, "no probabilities"),
        ({"labels": LABELS + np.uint8(1)}, "found the label 10, expected 0…9"),
        ({"labels": LABELS}, "not those its evaluation was made from"),
        ({"test": TEST}, "not those its evaluation was made from"),
    ],
)
def test_answers_that_cannot_be_true_are_found(shelf, changes, words):
    keep_answers(shelf, **changes)
    with pytest.raises(DamagedModel, match=words):
        load_answers("classic", shelf)


@pytest.mark.parametrize("content", [b"", b"not tensors", b"\xff" * 1000, bytes(10_000_001)])
def test_a_file_that_holds_no_answers_is_found(shelf, content):
    (shelf / "classic" / "probabilities.safetensors").write_bytes(content)
    with pytest.raises(DamagedModel, match=r"probabilities\.safetensors"):
        load_answers("classic", shelf)


def test_answers_in_numbers_that_numpy_does_not_know_are_found(shelf):
    tensors = {"test": torch.zeros(4, 10, dtype=torch.bfloat16), "labels": torch.zeros(4, dtype=torch.uint8)}
    save_file(tensors, shelf / "classic" / "probabilities.safetensors")
    with pytest.raises(DamagedModel, match=r"probabilities\.safetensors"):
        load_answers("classic", shelf)


@pytest.mark.parametrize(
    "changes",
    [
        {"calibration_error": 0.0},
        {"loss": 0.01},
        {"without_disputed": {"correct": 9985, "seen": 9985}},
        {"without_disputed": {"correct": 9832, "seen": 10_000}},  # as where none is disputed
    ],
)
def test_a_figure_that_does_not_follow_from_the_answers_is_found(shelf, changes):
    path = shelf / "classic" / "evaluation.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(DamagedModel, match="not those its evaluation was made from"):
        load_answers("classic", shelf)


def test_an_evaluation_that_is_damaged_is_said_of_the_answers_too(shelf):
    (shelf / "classic" / "evaluation.json").write_text('{"correct": 3}')
    with pytest.raises(DamagedModel, match=r"evaluation\.json"):
        load_answers("classic", shelf)


def test_answers_of_a_model_that_is_replaced_meanwhile_are_those_of_one_of_the_two(shelf, monkeypatch):
    """Another model takes its place between the reading of its evaluation and of its answers."""
    from mnist_core.store import models

    read, swaps = models.read_file, []

    def swap_and_read(folder, name, *limit):
        if name == "probabilities.safetensors" and not swaps:
            swaps.append(swap_in(copy_hidden(PROJECT / "models" / "quick", folder.parent), folder))
        return read(folder, name, *limit)

    monkeypatch.setattr(models, "read_file", swap_and_read)
    assert load_answers("classic", shelf).right.sum() == load_evaluation("quick").correct
    assert len(swaps) == 1
