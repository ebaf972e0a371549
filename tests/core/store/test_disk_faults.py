"""Whatever call to the disk fails, and wherever a process is killed: nothing is lost, and nothing is left lying."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data.mnist import Digits
from mnist_core.errors import MnistExplorerError
from mnist_core.evaluation import test_sets
from mnist_core.recipe import preset
from mnist_core.store.bin import empty_bin, list_bin, put_in_bin
from mnist_core.store.changes import sweep_models
from mnist_core.store.maps import save_map
from mnist_core.store.models import load_model, name_card
from mnist_core.store.runs import (
    bring_back,
    create_run,
    delete_run,
    find_run,
    finish_run,
    finished_run,
    output_file,
    rename_run,
    run_folder,
    write_note,
)
from mnist_core.store.zip_archive import add_archive, open_archive, zip_model
from mnist_core.training import final_evaluation
from tests.support.faults import KILLED, Disk, failing
from tests.support.places import PROJECT

pytestmark = pytest.mark.chaos

MOVING = ("rename", "replace", "mkdir", "rmdir", "unlink", "write")  # what a reader may see the effect of
ERRORS = (errno.ENOSPC, errno.EACCES, errno.EIO)
QUICK = PROJECT / "models" / "quick"
Act = Callable[[], object]
Prepare = Callable[[Path], Act]  # looks first, as a page does, and returns what its button does


def make_world(models_dir: Path) -> None:
    """Make a models folder with two models, two runs, and a model and a run in the bin."""
    for name in ("mine", "gone"):
        (models_dir / name).mkdir(parents=True)
        for file in ("card.json", "weights.safetensors", "history.jsonl"):
            shutil.copy(QUICK / file, models_dir / name)
        name_card(models_dir / name, name)
    shutil.copy(PROJECT / "models" / "SHA256SUMS", models_dir)
    for name in ("half", "lost", "mine"):
        create_run(name, "quick", preset("quick"), models_dir, threads=1, replace_model=True)
        (run_folder(name, models_dir) / "checkpoint.safetensors").write_bytes(b"half of a network")
        output_file(name, models_dir).write_text("what it printed")
    put_in_bin(run_folder("lost", models_dir))
    output_file("lost", models_dir).unlink()
    put_in_bin(models_dir / "gone")
    complete = run_folder("mine", models_dir)  # all that is left to do is to move it to its place
    for file in ("card.json", "weights.safetensors", "history.jsonl"):
        shutil.copy(models_dir / "mine" / file, complete)
    (complete / "history.jsonl").write_text("")


def add(models_dir: Path) -> Act:
    return lambda: add_archive(open_archive(ZIP[0]), models_dir, "added")


ZIP: list[bytes] = []


def model_of(name: str, models_dir: Path):
    return finished_run(load_model(name, models_dir).card, models_dir)


def rename_model(models_dir: Path) -> Act:
    found = model_of("mine", models_dir)
    return lambda: rename_run(found, "renamed", models_dir)


def rename_unfinished(models_dir: Path) -> Act:
    found = find_run("half", models_dir)
    return lambda: rename_run(found, "renamed", models_dir)


def note_model(models_dir: Path) -> Act:
    found = model_of("mine", models_dir)
    return lambda: write_note(found, "a note", models_dir)


def note_unfinished(models_dir: Path) -> Act:
    found = find_run("half", models_dir)
    return lambda: write_note(found, "a note", models_dir)


def delete_model(models_dir: Path) -> Act:
    found = model_of("mine", models_dir)
    return lambda: delete_run(found, models_dir)


def delete_unfinished(models_dir: Path) -> Act:
    found = find_run("half", models_dir)
    return lambda: delete_run(found, models_dir)


def bring_model_back(models_dir: Path) -> Act:
    (binned,) = (each for each in list_bin(models_dir) if each.is_model)
    return lambda: bring_back(binned, models_dir)


def bring_model_back_under_another_name(models_dir: Path) -> Act:
    create_run("gone", "quick", preset("quick"), models_dir, threads=1, created="2026-01-01T00:00:00+00:00")
    return bring_model_back(models_dir)


def bring_unfinished_back(models_dir: Path) -> Act:
    (binned,) = (each for each in list_bin(models_dir) if not each.is_model)
    return lambda: bring_back(binned, models_dir)


def empty(models_dir: Path) -> Act:
    (binned,) = (each for each in list_bin(models_dir) if each.is_model)
    return lambda: empty_bin([binned])


def finish_one_that_replaces(models_dir: Path) -> Act:
    run = find_run("mine", models_dir)
    return lambda: finish_run(run)


def begin_anew(models_dir: Path) -> Act:
    recipe = preset("quick", seed=7)
    created = "2026-01-01T00:00:00+00:00"
    return lambda: create_run("half", "quick", recipe, models_dir, threads=1, created=created, restart=True)


def keep_a_map(models_dir: Path) -> Act:
    card = load_model("mine", models_dir).card
    return lambda: save_map(np.zeros((10, 2), np.float32), card, models_dir)


def evaluate(models_dir: Path) -> Act:
    return lambda: list(final_evaluation.evaluate_again("mine", models_dir))


ACTIONS: dict[str, Prepare] = {
    act.__name__: act
    for act in (
        *(add, rename_model, rename_unfinished, delete_model, delete_unfinished, bring_model_back),
        *(bring_model_back_under_another_name, bring_unfinished_back, empty, finish_one_that_replaces, begin_anew),
        *(keep_a_map, evaluate, note_model, note_unfinished),
    )
}


def contents(folder: Path, name: str) -> dict[str, str]:
    """The files of a folder by their sums; a card in the bin may bear the name that it is to have outside."""
    files = {}
    for file in sorted(path for path in folder.rglob("[!.]*") if path.is_file()):
        content = file.read_bytes()
        if file.name == "card.json":
            content = json.dumps(json.loads(content) | {"name": name}).encode()
        files[str(file.relative_to(folder))] = sha256(content).hexdigest()
    files.pop("output.txt", None)  # what was printed is kept where it can be
    if "evaluation.json" not in files:
        files.pop("probabilities.safetensors", None)  # they tell nothing alone
    return files


def look(models_dir: Path) -> list[object]:
    """All that a person can find: models, unfinished runs, and what is in the bin, whenever that got there."""
    models = [path for path in models_dir.glob("[!.]*") if path.is_dir()]
    runs = [path for path in (models_dir / ".runs").glob("[!.]*") if path.is_dir()]
    for model in models:
        card = json.loads((model / "card.json").read_text())
        weights = (model / "weights.safetensors").read_bytes()
        assert (card["name"], card["weights_sha256"]) == (model.name, sha256(weights).hexdigest())
    for run in runs:
        assert json.loads((run / "run.json").read_text())["preset"] == "quick"
    entries = [(str(path.relative_to(models_dir)), contents(path, path.name)) for path in (*models, *runs)]
    binned = [(each.name, each.is_model, contents(each.folder, each.name)) for each in list_bin(models_dir)]
    return [sorted(entries, key=str), sorted(binned, key=str)]


def list_litter(models_dir: Path) -> list[str]:
    """What is hidden and no place of ours, and what a training needs that is over."""
    hidden = [path for path in models_dir.rglob(".*") if path.name not in (".runs", ".bin")]
    spent = [path for name in ("run.json", "checkpoint.safetensors") for path in models_dir.glob(f"[!.]*/{name}")]
    return [str(path.relative_to(models_dir)) for path in (*hidden, *spent)]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """A models folder, to be copied for each fault."""
    models_dir = tmp_path_factory.mktemp("world") / "models"
    make_world(models_dir)
    ZIP[:] = [zip_model("mine", models_dir)]
    return models_dir


@pytest.fixture(autouse=True)
def few_digits(monkeypatch):
    """Ten digits in the place of MNIST's test digits."""
    digits = Digits(np.zeros((10, 28, 28), np.uint8), np.arange(10))
    monkeypatch.setattr(test_sets, "load", lambda *_, **__: digits)
    monkeypatch.setattr(final_evaluation, "DISPUTED_TEST_LABELS", ())


def copy(world: Path, place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(world, place))


def with_copy_in_bin(models_dir: Path, state: list[object]) -> list[object]:
    """The state after a rename where the disk refused to delete what bore the old name: that is in the bin, too."""
    entries, binned = state
    former = [("mine", True, contents(models_dir / "mine", "mine"))] if (models_dir / "mine").exists() else []
    return [entries, sorted([*binned, *former], key=str)]


def try_out(act: Act, models_dir: Path, disk: Disk) -> tuple[str | None, str]:
    """Act on a failing disk; returns the refusal, and what is wrong with it."""
    try:
        with failing(disk):
            act()
    except MnistExplorerError as error:
        told = str(error)
        return told, f"a path is told: {told}" if "/somewhere" in told or str(models_dir) in told else ""
    except Exception as error:
        return None, f"raw: {error!r}"
    return None, ""


@pytest.mark.parametrize("is_lasting", [False, True], ids=["once", "from there on"])
@pytest.mark.parametrize("action", ACTIONS)
def test_whatever_call_fails_the_refusal_is_a_sentence_and_all_is_as_before_or_done(
    world, tmp_path, is_long, action, is_lasting
):
    models_dir = copy(world, tmp_path / "models")
    act, whole = ACTIONS[action](models_dir), Disk(at=0)
    assert try_out(act, models_dir, whole) == (None, "")
    assert list_litter(models_dir) == []
    after = look(models_dir)
    problems: list[str] = []
    for at, call in enumerate(whole.calls, 1):
        if is_lasting and not is_long and call not in MOVING:
            continue
        for error in ERRORS if is_long else ERRORS[at % 3 :][:1]:
            act = ACTIONS[action](copy(world, models_dir))
            before = look(models_dir)
            done = [after, with_copy_in_bin(models_dir, after)] if action == "rename_model" else [after]
            told, wrong = try_out(act, models_dir, Disk(at, error, is_lasting))
            found = [wrong] if wrong else []
            if told and "as it was before" in told and look(models_dir) != before:
                found.append("it is not as it was before")
            sweep_models(models_dir)
            if look(models_dir) not in (done if told is None else [before, *done]):
                found.append("neither as before nor done")
            if litter := list_litter(models_dir):
                found.append(f"{litter} is left")
            problems += [f"call {at}, {call}, {errno.errorcode[error]}: {problem}; told: {told}" for problem in found]
    assert problems == [], "\n".join(problems)


def test_wherever_a_process_is_killed_the_next_sweep_leaves_all_as_before_or_done(is_long):
    ran = subprocess.run(
        [sys.executable, "-m", "tests.core.store.test_disk_faults", str(int(is_long))],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    told = json.loads(ran.stdout)
    assert told["problems"] == []
    assert told["kills"] > 100


# --------------------------------------------------------------------------- the warm process that forks and kills


def in_a_child(act: Act, disk: Disk) -> int:
    """Act in a process of its own; returns its exit code, and fills in what it asked of the disk if it came through."""
    reader, writer = os.pipe()
    if child := os.fork():
        os.close(writer)
        with os.fdopen(reader) as file:
            disk.calls[:] = file.read().split()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 99
    try:
        with failing(disk):
            act()
        os.write(writer, " ".join(disk.calls).encode())
        code = 0
    finally:
        os._exit(code)


def _main(is_long: bool) -> None:
    import tempfile

    import torch

    torch.set_num_threads(1)  # what forks must have no threads
    digits = Digits(np.zeros((10, 28, 28), np.uint8), np.arange(10))
    test_sets.load = lambda *_, **__: digits
    final_evaluation.DISPUTED_TEST_LABELS = ()
    problems, kills = [], 0
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = place
        world, models_dir = Path(place) / "world" / "models", Path(place) / "models"
        make_world(world)
        ZIP[:] = [zip_model("mine", world)]
        for name, prepare in ACTIONS.items():
            whole = Disk(at=0)
            assert in_a_child(prepare(copy(world, models_dir)), whole) == 0, name
            after = look(models_dir)
            for at, call in enumerate(whole.calls, 1):
                if not is_long and call not in MOVING:
                    continue
                act = prepare(copy(world, models_dir))
                before = look(models_dir)
                done = [after, with_copy_in_bin(models_dir, after)] if name == "rename_model" else [after]
                code = in_a_child(act, Disk(at))
                sweep_models(models_dir)
                kills += code == KILLED
                if code != KILLED or look(models_dir) not in [before, *done] or list_litter(models_dir):
                    problems.append(f"{name}, call {at}, {call}: exit code {code}, {list_litter(models_dir)}")
    print(json.dumps({"kills": kills, "problems": problems}))


if __name__ == "__main__":
    _main(is_long=sys.argv[1] == "1")
