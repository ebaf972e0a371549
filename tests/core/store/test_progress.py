"""What a training says of itself while it takes no steps."""

import os

import pytest

from mnist_core.store.layout import PROGRESS
from mnist_core.store.progress import Phase, Progress, clear_progress, read_progress, write_progress


@pytest.mark.parametrize("phase", Phase)
def test_what_is_written_is_read_back_until_it_is_cleared(tmp_path, phase):
    assert read_progress(tmp_path) is None
    write_progress(tmp_path, phase, 0.25)
    assert read_progress(tmp_path) == Progress(phase, 0.25)
    clear_progress(tmp_path)
    clear_progress(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"phase": "resting", "share": 0}', b'{"phase": "writing", "share": 1.5}', b"\xff"]
)
def test_what_cannot_be_read_is_none(tmp_path, content):
    (tmp_path / PROGRESS).write_bytes(content)
    assert read_progress(tmp_path) is None


def test_a_pipe_is_not_waited_for_and_no_more_read_than_it_may_have(tmp_path):
    (tmp_path / PROGRESS).write_bytes(b'{"phase": "writing", "share": 0.5}' + b" " * 10_000)
    assert read_progress(tmp_path) is None
    (tmp_path / PROGRESS).unlink()
    os.mkfifo(tmp_path / PROGRESS)
    assert read_progress(tmp_path) is None
