"""Fetching the digits in a process: one for all who wait for it, gone when nobody does."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from mnist_core.data.mnist import fetched_share, mnist_is_here
from mnist_core.errors import DataError
from mnist_core.training import launcher
from tests.support.mirrors import HURRIED, hesitant, let_all_go_through, mirror, silent
from tests.support.places import PROJECT
from tests.support.trainings import wait_for


@pytest.fixture
def started(monkeypatch):
    """The processes that are started to fetch; none outlives the test."""
    processes = []
    run = launcher._run_command

    def note(flags, output):
        processes.append(run(flags, output))
        return processes[-1]

    monkeypatch.setattr(launcher, "_run_command", note)
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def follow(folder: Path, shares: list[float]) -> threading.Thread:
    """Wait for the digits as one more visitor does."""
    thread = threading.Thread(target=lambda: shares.extend(launcher.launch_fetch(folder)), daemon=True)
    thread.start()
    return thread


def is_gone(pid: int) -> bool:
    """Tell whether there is no such process, not even a zombie."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


def test_two_who_press_at_once_share_a_process_which_goes_on_for_the_one_who_stays(
    tmp_path, published, monkeypatch, started
):
    folder = tmp_path / "data"
    with mirror(hesitant(published)) as source:
        let_all_go_through(source, monkeypatch)
        leaving, staying = launcher.launch_fetch(folder), []
        thread = follow(folder, staying)
        next(leaving)
        wait_for(lambda: any(staying) and next(leaving) > 0, 60)  # both see how far it is
        leaving.close()
        assert launcher.is_fetching(folder)
        source.may_go_on.set()
        thread.join(60)
    assert len(started) == 1
    assert started[0].returncode == 0
    assert mnist_is_here(folder)
    assert fetched_share(folder) == 1.0
    assert staying == sorted(staying)
    assert sorted(path.name for path in (folder / "MNIST").iterdir()) == [".lock", "raw"]
    assert not launcher.is_fetching(folder)


def test_when_nobody_waits_the_process_ends_and_leaves_nothing(tmp_path, published, monkeypatch, started):
    monkeypatch.setattr(launcher, "PATIENCE", 0.5)
    folder = tmp_path / "data"
    with mirror(hesitant(published)) as source:
        let_all_go_through(source, monkeypatch)
        assert any(launcher.launch_fetch(folder))  # waits until something is here, and no longer
        wait_for(lambda: not launcher.is_fetching(folder) and is_gone(started[0].pid), 10)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [".lock"]


def test_a_fetch_that_does_not_end_when_it_is_asked_to_is_killed(tmp_path, monkeypatch, started):
    monkeypatch.setattr(launcher, "PATIENCE", 0.5)
    monkeypatch.setattr(launcher, "END_LIMIT", 0.5)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )

    def run_deaf(_, output):
        process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, stderr=output)
        process.stdout.readline()
        process.stdout.close()
        started.append(process)
        return process

    monkeypatch.setattr(launcher, "_run_command", run_deaf)
    next(launcher.launch_fetch(tmp_path))
    wait_for(lambda: not launcher.is_fetching(tmp_path) and is_gone(started[0].pid), 10)
    assert started[0].returncode == -signal.SIGKILL


def test_a_fetch_in_a_terminal_is_seen_by_a_page_and_not_begun_twice(tmp_path, published, monkeypatch, started):
    folder = tmp_path / "data"
    with mirror(hesitant(published)) as source:
        let_all_go_through(source, monkeypatch)
        command = [sys.executable, "train.py", "--fetch-only", "--data-dir", str(folder)]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as terminal:
            wait_for(lambda: fetched_share(folder) > 0, 60)
            shares = []
            thread = follow(folder, shares)
            wait_for(lambda: any(shares), 60)
            asked = list(source.asked)
            source.may_go_on.set()
            assert terminal.communicate()[0] == (
                f"Fetching the MNIST digits (11 MB)\nThe MNIST digits are in {folder}.\n"
            )
        thread.join(60)
    assert terminal.returncode == 0
    assert mnist_is_here(folder)
    archives = [address for address in source.asked if address.endswith(".gz")]
    assert len(asked) == 2  # a tunnel to the first mirror, which is refused, and the first file from the second
    assert len(archives) == len(set(archives)) == 4
    assert len(started) == 1


def test_ended_from_outside_it_leaves_nothing_and_says_so(tmp_path, published, monkeypatch, started):
    with mirror(hesitant(published)) as source:
        let_all_go_through(source, monkeypatch)
        shares = launcher.launch_fetch(tmp_path)
        assert any(shares)
        started[0].terminate()
        with pytest.raises(DataError) as caught:
            list(shares)
    assert str(caught.value) == "Fetching the digits was ended before all were here. Try again."
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_where_no_process_can_be_started_that_is_said(tmp_path, monkeypatch):
    def refuse(*_):
        raise BlockingIOError(11, "Resource temporarily unavailable", "/some/where/python")

    monkeypatch.setattr(launcher, "_run_command", refuse)
    with pytest.raises(DataError) as caught:
        list(launcher.launch_fetch(tmp_path))
    assert str(caught.value) == "Fetching the digits cannot be started: Resource temporarily unavailable."
    assert not launcher.is_fetching(tmp_path)


def test_the_command_line_names_the_data_folder_and_the_sentence_for_pages_does_not(tmp_path, monkeypatch):
    with mirror(silent) as hanging:
        let_all_go_through(hanging, monkeypatch)
        command = [sys.executable, "-c", HURRIED, "--fetch-only", "--data-dir", str(tmp_path)]
        ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    folder, refusal = ran.stderr.splitlines()
    assert ran.returncode == 1
    assert folder == f"The data folder is {tmp_path}."
    assert refusal == (
        "train.py: The MNIST digits could not be fetched. Tried for train-images-idx3-ubyte: "
        "ossci-datasets.s3.amazonaws.com did not send the file in time; yann.lecun.com did not send the file in time. "
        "Check the connection and try again, or put the four .gz files into MNIST/raw in the data folder "
        "(`MNIST_DATA`, else data/); unpacked ones will do."
    )
