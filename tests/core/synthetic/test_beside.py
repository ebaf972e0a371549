"""Pictures written in a process of its own: what arrives, what fails, and how it ends."""

import subprocess
import time

import numpy as np
import pytest

from mnist_core.alphabets import SIGNS
from mnist_core.synthetic.beside import written_beside
from mnist_core.synthetic.generate import non_digits, synthetic_digits, write_others


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    found = []

    class Noted(subprocess.Popen):
        def __init__(self, *given, **named):
            super().__init__(*given, **named)
            found.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return found


@pytest.mark.parametrize("write", [synthetic_digits, non_digits])
def test_what_another_process_writes_is_what_this_one_would(write, started):
    with written_beside(write, 150, 7, processors=2) as written:  # more than a pipe holds
        there, here = written(), write(150, 7)
    assert np.array_equal(there.images, here.images)
    assert np.array_equal(there.labels, here.labels)
    assert len(started) == 1


def test_another_process_is_told_the_classes(started):
    with written_beside(write_others, 60, 7, SIGNS, processors=2) as written:
        there, here = written(), write_others(60, 7, SIGNS)
    assert np.array_equal(there.images, here.images)
    assert np.array_equal(there.labels, here.labels)
    assert len(started) == 1


def test_with_one_processor_no_process_is_started(started):
    with written_beside(synthetic_digits, 1, 0, processors=1) as written:
        assert written() is None
    assert started == []


def test_a_process_that_fails_or_cannot_be_started_gives_none(monkeypatch, capfd):
    with written_beside(synthetic_digits, 1, -1, processors=2) as written:
        assert written() is None
    assert capfd.readouterr() == ("", "")

    def refuse(*_, **__):
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with written_beside(synthetic_digits, 1, 0, processors=2) as written:
        assert written() is None


def test_a_process_that_is_killed_gives_none(started):
    with written_beside(synthetic_digits, 10**6, 0, processors=2) as written:
        started[0].kill()
        assert written() is None


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_the_process_ends_with_the_block(started, error):
    begun = time.monotonic()
    try:
        with written_beside(synthetic_digits, 10**6, 0, processors=2):
            if error:
                raise error
    except KeyboardInterrupt:
        assert error
    assert started[0].returncode < 0
    assert time.monotonic() - begun < 30
