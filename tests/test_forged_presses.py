"""Presses that no page of ours offers, sent to the served app by a visitor without a browser."""

import hashlib
import re

import pytest

from benchmarks.serving import copy_app, served
from mnist_core.rights import VARIABLE
from mnist_core.store import zip_archive
from mnist_core.store.bin import put_in_bin
from mnist_core.store.drawings import add_drawings, keep_strokes
from tests.support.trainings import save_unfinished
from tests.support.websocket_client import Visitor

PLACES = [("training", ""), ("models", ""), ("mistakes", "model=mine"), ("inside", ""), ("", ""), ("mine", "")]
# Buttons whose presses would change something, by the beginnings of their keys or labels.
EXPECTED = [
    *("Train", "Resume", "rename it .runs/half", "rename it mine", "delete it .runs/half", "delete it mine"),
    *("bring back", "Empty the bin", "evaluate mine", "Start a dictation", "Relabel", "Delete", "select all"),
]

OF_A_CLASS = ("rename it", "delete it", "bring back", "Resume", *EXPECTED[-4:])

POPOVERS = re.compile(r"(Rename|Delete) \S+|bin")  # their keys


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A copy of the app with a model that has no evaluation, an unfinished run, a model in the bin, and a drawing."""
    project = copy_app(tmp_path_factory.mktemp("served"))
    models_dir = project / "models"
    archive = zip_archive.open_archive(zip_archive.zip_model("classic", models_dir))
    for name in ("mine", "binned"):
        zip_archive.add_archive(archive, models_dir, name)
    put_in_bin(models_dir / "binned")
    for file in ("evaluation.json", "probabilities.safetensors"):
        (models_dir / "mine" / file).unlink()
    save_unfinished(models_dir, 1, 10)
    add_drawings([keep_strokes([[(60, 60), (200, 60), (120, 230)]], 18, "7")], project / "drawings")
    return project


def collect_buttons(address: str) -> dict[str, dict[str, str]]:
    """What a visitor who may do everything sees: page → key or label of each button → its id."""
    found: dict[str, dict[str, str]] = {}
    for page, query in PLACES:
        with Visitor(address, page, query) as visitor:
            if page == "training":
                for run in ("mine", "half"):
                    visitor.set("managed", string_value=run)
                    for popover in filter(POPOVERS.fullmatch, [key.split("-", 2)[-1] for key in visitor.widgets()]):
                        visitor.set(popover, bool_value=True)
                    collect(visitor, found.setdefault(page, {}))
            collect(visitor, found.setdefault(page, {}))
    return found


def collect(visitor: Visitor, found: dict[str, str]) -> None:
    for element in visitor.elements:
        if element.WhichOneof("type") == "button":
            key = element.button.id.split("-", 2)[-1]
            found[element.button.label if key == "None" else key] = element.button.id


def snapshot(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.usefixtures("mnist_test")  # or there is nothing to evaluate on
def test_no_forged_press_changes_what_a_visitor_may_not_change(workplace, monkeypatch):
    monkeypatch.setenv("MNIST_DRAWINGS", str(workplace / "drawings"))
    with served(workplace) as address:
        buttons = collect_buttons(address)
    pressable = {key for found in buttons.values() for key in found}
    for beginning in EXPECTED:
        assert any(key.startswith(beginning) for key in pressable), f"{beginning} in {sorted(pressable)}"
    before = [snapshot(workplace / folder) for folder in ("models", "drawings")]
    for mode in ("public", "class"):
        monkeypatch.setenv(VARIABLE, mode)
        with served(workplace) as address:
            for page, query in PLACES:
                with Visitor(address, page, query) as visitor:
                    for key, identity in buttons[page].items():
                        if mode == "public" or key.startswith(OF_A_CLASS):
                            visitor.press(identity)
                    assert visitor.words()
        assert [snapshot(workplace / folder) for folder in ("models", "drawings")] == before, mode
