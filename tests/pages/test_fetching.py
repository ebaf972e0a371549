"""What a page says and offers where the digits are not to be had."""

import os
import subprocess
import sys

import pytest

from mnist_core.data import idx_files, mnist
from mnist_core.training import launcher
from tests.support import paging
from tests.support.mirrors import HURRIED, let_all_go_through, mirror, silent
from tests.support.paging import press, run, words
from tests.support.places import PROJECT
from ui.services import mnist_digits
from ui.text import verbatim
from ui.widgets import fetch_mnist

FETCH = "Fetch the digits (11 MB)"


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """An empty data folder."""
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def open_page():
    return paging.open_page("mistakes.py", model="classic")


def labels(at):
    return [button.label for button in at.button]


@pytest.mark.chaos
def test_where_every_mirror_hangs_a_press_ends_in_a_sentence(monkeypatch, folder):
    def run_hurried(flags, output):
        command = [sys.executable, "-c", HURRIED, *flags]
        return subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT)

    monkeypatch.setattr(launcher, "_run_command", run_hurried)
    with mirror(silent) as hanging:
        let_all_go_through(hanging, monkeypatch)
        at = press(open_page(), FETCH)
        assert len(hanging.asked) == 2
    (said,) = at.error.values
    assert said == verbatim(
        "The MNIST digits could not be fetched. Tried for train-images-idx3-ubyte: "
        "ossci-datasets.s3.amazonaws.com did not send the file in time; yann.lecun.com did not send the file in time. "
        "Check the connection and try again, or put the four .gz files into MNIST/raw in the data folder "
        "(`MNIST_DATA`, else data/); unpacked ones will do."
    )
    assert FETCH in labels(at)
    assert run(at).error.values == []
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [".lock"]


def test_who_pressed_goes_on_waiting_when_the_page_runs_anew(monkeypatch):
    begun, is_left = [], [True]

    def launch(**_):
        begun.append("asked")
        yield 0.4
        if is_left:  # as when something else on the page is pressed meanwhile
            is_left.clear()
            fetch_mnist.st.rerun()

    monkeypatch.setattr(launcher, "launch_fetch", launch)
    monkeypatch.setattr(launcher, "is_fetching", lambda **_: bool(begun))
    at = open_page()
    assert not begun
    press(at, FETCH)
    assert begun == ["asked", "asked"]


def test_who_did_not_press_is_told_that_they_are_being_fetched(monkeypatch):
    monkeypatch.setattr(launcher, "is_fetching", lambda **_: True)
    monkeypatch.setattr(fetch_mnist, "fetched_share", lambda _: 0.4)
    at = open_page()
    assert "They are being fetched already (40%): press to follow it." in words(at)
    assert FETCH in labels(at)


def test_into_a_folder_that_may_not_be_written_to_nothing_is_offered_to_be_fetched(monkeypatch, folder):
    monkeypatch.setattr(fetch_mnist, "find_obstacle", lambda _: "The data folder may not be written to, so …")
    at = open_page()
    assert FETCH not in labels(at)
    assert at.warning.values == ["The data folder may not be written to, so …"]
    assert "Put the four `.gz` files into `MNIST/raw` in the data folder" in at.info[0].value
    assert "Fetch them here" not in words(at)
    assert str(folder) not in words(at)


def test_what_lies_there_and_cannot_be_read_is_not_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(mnist_digits, "find_faults", lambda: ["MNIST/raw/t10k-labels-idx1-ubyte may not be read"])
    at = open_page()
    assert "MNIST/raw/t10k-labels-idx1-ubyte may not be read" in at.warning[0].value
    assert "not on this machine" not in words(at)


def test_wrong_files_are_read_once_and_again_when_they_change(monkeypatch, folder):
    """Each look at them takes the checksum of 55 MB."""
    read = []
    look = idx_files.read

    def count(path, *rest):
        read.append(path.name)
        return look(path, *rest)

    monkeypatch.setattr(idx_files, "read", count)
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, size in mnist.SIZES.items():
        (raw / name).touch()
        os.truncate(raw / name, size)
    for split in ("train", "test"):  # all have the right size
        assert mnist_digits.find(split) is None
    assert len(faults := mnist_digits.find_faults()) == 4
    assert all("has the right size but other bytes" in fault for fault in faults)
    read.clear()
    for _ in range(3):
        assert mnist_digits.find("train") is mnist_digits.find("test") is None
        assert mnist_digits.find_faults() == faults
    assert read == []
    (raw / "t10k-labels-idx1-ubyte").write_bytes(b"half")
    assert "has 4 bytes" in mnist_digits.find_faults()[-1]
