import json
import shutil
from hashlib import sha256
from threading import Event, Thread

import pytest
import torch
from safetensors.torch import save_file

from mnist_core.errors import BadName, DamagedModel, ModelNotFound
from mnist_core.files import copy_folder, take_place
from mnist_core.registry import (
    check_name,
    delete_model,
    list_damaged_models,
    list_models,
    load_evaluation,
    load_model,
    rename_model,
)


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


def test_the_card_says_how_to_make_the_model_again(shelf):
    (card,) = list_models(shelf)
    assert card.command == "python train.py --recipe classic --name classic"
    damage_card(shelf, recipe={**json.loads(card.to_json())["recipe"], "seed": 3, "learning_rate": 0.01})
    (card,) = list_models(shelf)
    assert card.command == "python train.py --recipe classic --name classic --learning-rate 0.01 --seed 3"


def test_the_evaluation_of_the_shipped_model(shelf):
    judgement = load_evaluation("classic", shelf)
    assert (judgement.correct, judgement.seen) == (9832, 10_000)
    assert judgement.accuracy == 0.9832
    assert judgement.without_disputed.seen == 9985


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
        ({"versions": {"torch": 3}}, "versions"),
        ({"preset": "magic"}, "preset"),
        ({"recipe": {"epochs": 0}}, "recipe that cannot be"),
        ({"recipe": {"cuda": True}}, "recipe that cannot be"),
        ({"precision": 16}, "precision = '16'"),
        ({"seconds": float("nan")}, "seconds = 'nan'"),
        ({"surprise": 1}, "unknown or missing entries: surprise"),
    ],
)
def test_a_card_that_cannot_be_true_is_found(shelf, changes, words):
    damage_card(shelf, **changes)
    assert words in reason(shelf)


def test_weights_of_another_network_are_found(shelf):
    path = shelf / "classic" / "weights.safetensors"
    save_file({"answer.weight": torch.zeros(10, 60)}, path)
    damage_card(shelf, weights_sha256=sha256(path.read_bytes()).hexdigest())
    with pytest.raises(DamagedModel, match="do not fit its network"):
        load_model("classic", shelf)


def test_a_pickle_is_never_opened(shelf, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'boom')!r}, 'w')",))

    import pickle

    path = shelf / "classic" / "weights.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    damage_card(shelf, weights_sha256=sha256(path.read_bytes()).hexdigest())
    with pytest.raises(DamagedModel):
        load_model("classic", shelf)
    assert not (tmp_path / "boom").exists()


def test_damaged_and_foreign_folders_hide_no_other(shelf):
    (shelf / "notes").mkdir()
    (shelf / "Bad Name").mkdir()
    (shelf / "readme.txt").write_text("not a folder")
    shutil.copytree(shelf / "classic", shelf / "copy")
    assert [card.name for card in list_models(shelf)] == ["classic"]
    assert {damaged.name for damaged in list_damaged_models(shelf)} == {"notes", "Bad Name", "copy"}


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
    delete_model("notes", shelf)
    delete_model("classic", shelf)
    assert list(shelf.iterdir()) == []
    with pytest.raises(ModelNotFound):
        delete_model("classic", shelf)


def test_a_model_that_is_replaced_again_and_again_is_never_seen_damaged(shelf):
    """Two models of one name, with other weights, take each other's place while they are read."""
    for seed in ("1", "2"):
        folder = copy_folder(shelf / "classic", shelf / seed).replace(shelf / f".{seed}")
        weights = (folder / "weights.safetensors").read_bytes()[:-1] + seed.encode()
        (folder / "weights.safetensors").write_bytes(weights)
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps(card | {"weights_sha256": sha256(weights).hexdigest()}))
    swaps, over = [], Event()

    def swap():
        while not over.is_set():
            for seed in ("1", "2"):
                take_place(copy_folder(shelf / f".{seed}", shelf / "classic"), shelf / "classic")
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
