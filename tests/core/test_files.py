"""Files and folders that a reader finds whole or not at all."""

import json
import os
import re
import shutil
from pathlib import Path
from threading import Event, Thread

import pytest

from mnist_core import files
from mnist_core.errors import DamagedModel
from mnist_core.files import (
    parse_json_object,
    read_file,
    reason,
    remove_folder,
    remove_temporary_files,
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


def test_a_removed_folder_leaves_nothing(tmp_path):
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    remove_folder(tmp_path / "folder")
    assert names(tmp_path) == []


def test_a_removed_link_leaves_what_it_leads_to(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    remove_folder(tmp_path / "link")
    assert names(tmp_path) == ["folder"]


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


def test_of_a_file_no_more_is_read_than_is_allowed_and_a_link_to_one_will_do(tmp_path):
    (tmp_path / "text").write_bytes(bytes(1000))
    (tmp_path / "link").symlink_to(tmp_path / "text")
    assert read_file(tmp_path, "link", 1000) == bytes(1000)
    (tmp_path / "empty").touch()
    assert read_file(tmp_path, "empty", 0) == b""


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_never_ends_is_refused_unread(tmp_path, kind):
    if kind == "pipe":
        os.mkfifo(tmp_path / "card.json")
    else:
        (tmp_path / "card.json").symlink_to("/dev/zero")
    with pytest.raises(DamagedModel, match=rf"^card\.json in {re.escape(tmp_path.name)} is not a regular file\.$"):
        read_file(tmp_path, "card.json")


def test_refusals_leave_no_file_open(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    before = len([*Path("/proc/self/fd").iterdir()])
    for name in ("pipe", "folder", "missing") * 5:
        with pytest.raises(DamagedModel):
            read_file(tmp_path, name)
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_half_written_files_are_known_by_their_names(tmp_path):
    for name in (".tmp-a1b2c3d4", ".gitignore", "card.json"):
        (tmp_path / name).touch()
    remove_temporary_files(tmp_path)
    assert names(tmp_path) == [".gitignore", "card.json"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "/home/somebody/models"), "No space left on device"),
        (shutil.Error([("/a", "/b", "[Errno 5] Input/output error: '/a'")]), "Input/output error"),
        (shutil.Error([("/a", "/b", "`/a` is a named pipe")]), "not all of it can be copied"),
        (OSError("/home/somebody"), "the disk refused it"),
    ],
)
def test_why_the_disk_refused_is_told_without_naming_a_folder_of_this_machine(error, words):
    assert reason(error) == words
