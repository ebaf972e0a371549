"""Files and folders that a reader finds whole or not at all."""

import json
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest

from mnist_core import files
from mnist_core.errors import DamagedModel
from mnist_core.files import (
    copy_folder,
    parse_json_object,
    read_file,
    remove_folder,
    replace_atomically,
    write_atomically,
    write_json,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def fill(*_, **__):
    raise OSError(28, "No space left on device")


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "card.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["card.json"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "card.json"
    write_atomically(path, b"old")
    monkeypatch.setattr(files.os, "fsync", fill)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["card.json"]


def test_a_reader_never_finds_half_a_file(tmp_path):
    path = tmp_path / "note"
    contents = [bytes([65 + turn]) * (100_000 * (turn + 1)) for turn in range(3)]
    write_atomically(path, contents[0])
    over, writes = Event(), []

    def write():
        while not over.is_set():
            for content in contents:
                write_atomically(path, content)
                writes.append(len(content))

    writer = Thread(target=write)
    writer.start()
    try:
        seen = []
        while len(writes) < 50:
            seen.append(path.read_bytes())
    finally:
        over.set()
        writer.join()
    assert set(seen) <= set(contents)
    assert len(set(seen)) > 1  # it was indeed written meanwhile


def test_what_is_written_as_json_is_read_as_json(tmp_path):
    write_json(tmp_path / "note.json", {"a": [1, 2.5, None]})
    assert json.loads((tmp_path / "note.json").read_text()) == {"a": [1, 2.5, None]}


def two_folders(tmp_path):
    """A work folder and its target, each with a file of its own name."""
    folders = tmp_path / "work", tmp_path / "target"
    for folder in folders:
        folder.mkdir()
        (folder / folder.name).write_text(folder.name)
    return folders


def test_a_folder_takes_the_place_of_another_whole(tmp_path):
    work, target = two_folders(tmp_path)
    replace_atomically(work, target)
    assert names(tmp_path) == ["target"]
    assert names(target) == ["work"]


@pytest.mark.parametrize("renaming", [1, 2], ids=["the old one", "the new one"])
@pytest.mark.parametrize("error", [OSError(18, "Invalid cross-device link"), KeyboardInterrupt()], ids=repr)
def test_where_a_folder_cannot_be_moved_the_one_before_stays(tmp_path, monkeypatch, error, renaming):
    work, target = two_folders(tmp_path)
    calls, replace = count(1), Path.replace

    def fail(path, place):
        if next(calls) == renaming:
            raise error
        return replace(path, place)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(type(error)):
        replace_atomically(work, target)
    assert names(tmp_path) == ["target", "work"]
    assert names(target) == ["target"]


def test_an_interruption_just_after_a_folder_was_moved_leaves_the_new_one(tmp_path, monkeypatch):
    work, target = two_folders(tmp_path)
    replace = Path.replace

    def interrupt(path, place):
        replace(path, place)
        if path == work:
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_atomically(work, target)
    assert names(tmp_path) == ["target"]
    assert names(target) == ["work"]


def test_a_folder_goes_where_there_was_none(tmp_path):
    (tmp_path / "work").mkdir()
    replace_atomically(tmp_path / "work", tmp_path / "deep" / "target")
    assert names(tmp_path / "deep") == ["target"]
    assert names(tmp_path) == ["deep"]


def test_a_removed_folder_leaves_nothing(tmp_path):
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    remove_folder(tmp_path / "folder")
    assert names(tmp_path) == []


def test_a_copy_is_hidden_until_it_takes_its_place_and_gone_when_it_fails(tmp_path, monkeypatch):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "note").write_text("kept")
    work = copy_folder(tmp_path / "source", tmp_path / "target")
    assert work.name.startswith(".target-")
    assert (work / "note").read_text() == "kept"
    replace_atomically(work, tmp_path / "target")
    assert names(tmp_path) == ["source", "target"]
    monkeypatch.setattr(files.shutil, "copytree", fill)
    with pytest.raises(OSError, match="No space left"):
        copy_folder(tmp_path / "source", tmp_path / "other")
    assert names(tmp_path) == ["source", "target"]


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[" * 100_000, "\x00"])
def test_what_is_not_json_is_refused_by_name(text):
    with pytest.raises(DamagedModel, match=r"card\.json is not valid JSON"):
        parse_json_object(text, "card.json")


@pytest.mark.parametrize("text", ["[]", "null", "3", '"text"'])
def test_json_that_is_no_object_is_refused(text):
    with pytest.raises(DamagedModel, match=r"card\.json holds no JSON object"):
        parse_json_object(text, "card.json")


def test_a_file_that_is_missing_a_folder_or_too_large_is_refused(tmp_path):
    with pytest.raises(DamagedModel, match=r"note in .* cannot be read: No such file"):
        read_file(tmp_path, "note")
    (tmp_path / "note").mkdir()
    with pytest.raises(DamagedModel, match=r"note in .* cannot be read: Is a directory"):
        read_file(tmp_path, "note")
    (tmp_path / "text").write_text("12345")
    assert read_file(tmp_path, "text", 5) == b"12345"
    with pytest.raises(DamagedModel, match="is over 4 bytes"):
        read_file(tmp_path, "text", 4)
