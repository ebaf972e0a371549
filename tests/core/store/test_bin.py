"""The bin: what is deleted or replaced can be brought back, for a week, whatever has got its name meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from mnist_core.errors import RunError
from mnist_core.recipe import preset
from mnist_core.store import bin as runs_bin
from mnist_core.store.bin import Binned, count_bytes, empty_bin, list_bin, put_in_bin, sweep_bin
from mnist_core.store.models import load_model, name_card
from mnist_core.store.runs import State, bring_back, create_run, find_run, free_name, list_runs


def begun(models_dir, name="half"):
    return create_run(name, "quick", preset("quick"), models_dir, threads=1)


def set_back(binned, days):
    """Let something have been put into the bin so many days ago."""
    before = binned.since - timedelta(days=days)
    binned.folder.rename(binned.folder.with_name(f"{before:%Y%m%dT%H%M%S.%fZ}-run-{binned.name}"))


def test_a_model_goes_and_comes_back_file_for_file(shelf):
    before = {path.name: path.read_bytes() for path in (shelf / "classic").iterdir()}
    binned = put_in_bin(shelf / "classic")
    assert list_runs(shelf) == []
    assert list_bin(shelf) == [binned]
    assert (binned.name, binned.is_model) == ("classic", True)
    assert abs(datetime.now(UTC) - binned.since) < timedelta(minutes=10)
    assert count_bytes([binned]) == sum(map(len, before.values()))
    assert free_name("classic", shelf) == "classic"
    assert bring_back(binned, shelf) == "classic"
    assert {path.name: path.read_bytes() for path in (shelf / "classic").iterdir()} == before
    assert list_bin(shelf) == []


def test_an_unfinished_run_comes_back_as_one(tmp_path):
    run = begun(tmp_path)
    binned = put_in_bin(run.folder)
    assert (binned.name, binned.is_model) == ("half", False)
    assert list_runs(tmp_path) == []
    assert bring_back(binned, tmp_path) == "half"
    assert find_run("half", tmp_path).state is State.INTERRUPTED


def test_the_newest_is_listed_first_and_what_is_not_ours_is_left_alone(tmp_path):
    for name in ("one", "two", "1-run-odd"):
        put_in_bin(begun(tmp_path, name).folder)
    for strange in ("notes", "20269999T999999.000000Z-run-never", ".half-removed"):
        (tmp_path / ".bin" / strange).mkdir()
    assert [binned.name for binned in list_bin(tmp_path)] == ["1-run-odd", "two", "one"]
    empty_bin(list_bin(tmp_path))
    assert list_bin(tmp_path) == []
    assert len(list((tmp_path / ".bin").iterdir())) == 3


def test_where_the_name_is_taken_by_now_a_model_comes_back_under_another_that_its_card_bears_too(shelf):
    binned = put_in_bin(shelf / "classic")
    begun(shelf, "classic")
    assert bring_back(binned, shelf) == "classic-2"
    assert load_model("classic-2", shelf).card.name == "classic-2"


def test_a_model_whose_new_name_was_written_before_a_crash_comes_back_whole(shelf):
    binned = put_in_bin(shelf / "classic")
    name_card(binned.folder, "classic-2")
    assert bring_back(binned, shelf) == "classic"
    assert load_model("classic", shelf).card.name == "classic"


def test_a_damaged_model_comes_back_as_it_was(shelf):
    (shelf / "classic" / "card.json").write_text("{")
    assert bring_back(put_in_bin(shelf / "classic"), shelf) == "classic"
    assert (shelf / "classic" / "card.json").read_text() == "{"


def test_of_twenty_who_bring_one_back_at_once_one_does_and_the_others_are_told(shelf):
    binned = put_in_bin(shelf / "classic")

    def press(_):
        try:
            return bring_back(binned, shelf)
        except (RunError, OSError) as error:
            return str(error)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(press, range(20)))
    back = [answer for answer in answers if answer.startswith("classic")]
    assert len(back) == 1
    assert {*answers} - {*back} == {"'classic' is in the bin no more."}
    assert load_model(back[0], shelf).card.name == back[0]


@pytest.mark.parametrize("look", [sweep_bin, lambda models_dir: put_in_bin(begun(models_dir, "next").folder)])
def test_what_has_lain_there_for_a_week_is_gone_at_the_next_look(tmp_path, look):
    for name, days in (("old", 7.01), ("young", 6.99)):
        set_back(put_in_bin(begun(tmp_path, name).folder), days)
    look(tmp_path)
    assert {binned.name for binned in list_bin(tmp_path)} - {"next"} == {"young"}
    assert not [path for path in (tmp_path / ".bin").iterdir() if path.name.endswith("old")]


def test_what_cannot_be_deleted_hinders_nobody(tmp_path, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    set_back(put_in_bin(begun(tmp_path, "old").folder), 8)
    monkeypatch.setattr(runs_bin, "remove_folder", refuse)
    put_in_bin(begun(tmp_path, "new").folder)
    assert [binned.name for binned in list_bin(tmp_path)] == ["new", "old"]


def test_emptying_leaves_what_was_put_there_since_and_forgives_what_is_gone(tmp_path):
    first, second = (put_in_bin(begun(tmp_path, name).folder) for name in ("first", "second"))
    listed = list_bin(tmp_path)
    third = put_in_bin(begun(tmp_path, "third").folder)
    bring_back(first, tmp_path)
    empty_bin(listed)
    empty_bin(listed)
    assert list_bin(tmp_path) == [third]
    assert not second.is_there
    assert find_run("first", tmp_path).name == "first"
    assert count_bytes(listed) == 0


def test_what_is_no_longer_there_is_said_to_be_gone(tmp_path):
    gone = Binned("half", False, datetime.now(UTC), tmp_path / ".bin" / "x")
    with pytest.raises(RunError, match=r"^'half' is in the bin no more\.$"):
        bring_back(gone, tmp_path)


def test_names_that_are_no_text_go_and_come_back_too(tmp_path):
    strange = tmp_path / "bad\udcff"
    strange.mkdir()
    binned = put_in_bin(strange)
    assert list_bin(tmp_path) == [binned]
    assert bring_back(binned, tmp_path) == "bad\udcff"
    assert strange.is_dir()
