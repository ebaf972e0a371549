"""The filter of the runs: which words find which runs."""

from pathlib import Path

import pytest

from mnist_core.recipe import preset
from mnist_core.store.models import Damaged
from mnist_core.store.runs import Run, State
from ui.training.view import matching


def a_run(name: str, recipe: str = "classic", state: State = State.STOPPED, note: str = "", **changes: object) -> Run:
    return Run(
        name=name,
        preset=recipe,
        recipe=preset(recipe, **changes),
        threads=1,
        created="2026-11-28T00:00:00+00:00",
        state=state,
        note=note,
        folder=Path(name),
    )


RUNS = [
    a_run("first", learning_rate=0.01),
    a_run("second", learning_rate=0.001, seed=1),
    a_run("third", "quick", State.FAILED, "Too *slow*", seed=10),
    a_run("clothes", "quick", data="fashion"),
]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["first", "second", "third", "clothes"]),
        ("IRS", ["first"]),
        ("quick", ["third", "clothes"]),
        ("quick third", ["third"]),
        ("quick second", []),
        ("fashion", ["clothes"]),
        ("stopped classic", ["first", "second"]),
        ("*slow*", ["third"]),
        ("learning_rate=0.01", ["first"]),
        ("learning_rate=1e-2", ["first"]),
        ("seed=1", ["second"]),
        ("data=mnist", ["first", "second", "third"]),
        ("data=mnis", []),
        ("nonsense=1", []),
        ("=", []),
    ],
)
def test_every_word_of_the_filter_has_to_occur(words, found):
    assert [run.name for run in matching(RUNS, words)] == found


def test_of_what_cannot_be_read_the_name_is_known():
    broken = Damaged("torn", "run.json cannot be read: classic", Path("torn"))
    assert matching([broken], "to") == [broken]
    assert matching([broken], "classic") == []
    assert matching([broken], "seed=1") == []
