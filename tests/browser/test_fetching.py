"""Visitors of one server who wait for the digits: one fetch for all, none for nobody."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM, served
from mnist_core.data.mnist import mnist_is_here
from tests.support.browsing import WHOLE_PAGE, new_page
from tests.support.mirrors import Mirror, hesitant, let_all_go_through, mirror
from tests.support.trainings import wait_for

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.chaos,
]


@pytest.fixture
def source(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror that gives the first bytes of the digits, and the others once it may; the data folder is empty."""
    monkeypatch.setenv("MNIST_DATA", str(tmp_path / "data"))
    with mirror(hesitant(published)) as hesitating:
        let_all_go_through(hesitating, monkeypatch)
        yield hesitating


def press_and_wait(*tabs: Page) -> None:
    for tab in tabs:
        tab.get_by_role("button", name="Fetch the digits (11 MB)").click()
    for tab in tabs:
        expect(tab.get_by_text(re.compile(r"Fetching the digits: \d+%"))).to_be_visible()


def count_processes(folder: Path) -> int:
    """How many processes fetch into that folder."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return sum("--fetch-only" in line and str(folder) in line for line in listed.splitlines())


def test_one_process_fetches_for_all_who_wait_and_ends_when_nobody_does(
    browser: Browser, source: Mirror, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    with served() as address:
        page = f"{address}/mistakes?model=classic"
        with new_page(browser, page, WHOLE_PAGE) as alone:
            press_and_wait(alone)
            wait_for(lambda: len(source.asked) == 2, 60)  # the tunnel, which is refused, and the first file
            assert count_processes(folder) == 1
            alone.close()
        wait_for(lambda: count_processes(folder) == 0, 20)
        assert [path.name for path in folder.rglob("*") if path.is_file()] == [".lock"]

        source.asked.clear()
        with new_page(browser, page, WHOLE_PAGE) as leaving, new_page(browser, page, WHOLE_PAGE) as staying:
            press_and_wait(leaving, staying)
            wait_for(lambda: len(source.asked) == 2, 60)
            assert count_processes(folder) == 1
            leaving.close()
            source.may_go_on.set()
            expect(staying.get_by_role("button", name="Fetch the digits (11 MB)")).to_have_count(0)
        assert mnist_is_here(folder)
        assert len(source.asked) == 5
        wait_for(lambda: count_processes(folder) == 0, 20)
