"""The Mine page as a visitor has it: a dictation, tiles that are pressed, files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM, served
from mnist_core.store.drawings import keep_strokes, read_drawings
from tests.support.browsing import PHONE, SEVEN, answer, draw, fits, new_page, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the drawings, which is not there yet."""
    monkeypatch.setenv("MNIST_DRAWINGS", str(tmp_path / "mine"))
    return tmp_path / "mine"


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:  # noqa: ARG001, the server is told of it
    """The Draw page on a phone, whose server keeps drawings in that folder."""
    with served() as address, new_page(browser, f"{address}/?model=classic", PHONE) as page:
        yield page


def press(page: Page, name: str) -> None:
    settle(page)  # what is pressed sooner may be made anew
    page.get_by_role("button", name=name, exact=True).click()


def test_a_dictation_is_written_and_what_was_kept_is_deleted_and_comes_back(page: Page, folder: Path) -> None:
    draw(page, SEVEN, left=80, top=60, size=160)
    expect(answer(page)).to_have_text("7")
    page.get_by_role("link", name="Mine", exact=True).click()
    press(page, "Start a dictation")
    writes = page.get_by_role("heading", name="Write a")
    expect(page.get_by_text("1 of 30, 0 kept")).to_be_visible()
    first = writes.inner_text()
    draw(page, SEVEN, left=60, top=40, size=180)
    press(page, "Next")
    expect(page.get_by_text("2 of 30, 1 kept")).to_be_visible()
    draw(page, SEVEN, left=60, top=40, size=180)
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 of 30, 2 kept")).to_be_visible()
    canvas = page.locator("canvas.upper-canvas")
    canvas.press("Enter")  # puts the pen down, and goes nowhere
    for _ in range(8):
        canvas.press("ArrowDown")
    canvas.press("Enter")
    canvas.press("Control+Enter")
    expect(page.get_by_text("4 of 30, 3 kept")).to_be_visible()
    fits(page)
    press(page, "Stop")
    expect(page.get_by_text("The dictation is over: 3 drawings of 30 kept.")).to_be_visible()
    kept = read_drawings(folder).kept
    assert kept[0].label == first[-1]
    assert [drawing.answer.digit for drawing in kept[:2]] == [7, 7]

    tiles = page.get_by_role("group", name="3 drawings").get_by_role("button")
    expect(tiles).to_have_count(3)
    tiles.nth(0).click()
    tiles.nth(0).press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 selected.")).to_be_visible()
    expect(tiles.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(tiles.nth(2)).to_have_attribute("aria-pressed", "false")
    press(page, "Delete")
    expect(page.get_by_text("2 drawings deleted.")).to_be_visible()
    assert read_drawings(folder).kept == kept[:1]
    press(page, "Undo")
    expect(page.get_by_role("group", name="3 drawings").get_by_role("button", pressed=False)).to_have_count(3)
    assert {drawing.id for drawing in read_drawings(folder).kept} == {drawing.id for drawing in kept}
    fits(page)

    page.get_by_role("link", name="Draw", exact=True).click()
    expect(answer(page)).to_have_text("7")  # what lay there before the dictation


def test_a_file_with_bad_lines_is_added_and_what_is_downloaded_is_the_same(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="Mine", exact=True).click()
    expect(page.get_by_text("There are none yet")).to_be_visible()
    lines = [keep_strokes([[(0, 0), (40, 0), (20, 60)]], 4, "7").to_line(), b"{\n", b"{}\n"]
    upload = {"name": "given.jsonl", "mimeType": "application/jsonl", "buffer": b"".join(lines)}
    page.locator("input[type=file]").set_input_files(upload)
    expect(page.get_by_test_id("stAlert")).to_contain_text("given.jsonl: 1 drawing added. 2 lines are no drawings")
    expect(page.get_by_role("button", name=re.compile("^Drawing 1: 7"))).to_be_visible()
    settle(page)
    with page.expect_download() as download:
        press(page, "Download all (JSONL)")
    assert json.loads(download.value.path().read_bytes()) == json.loads(lines[0])
    assert [drawing.label for drawing in read_drawings(folder).kept] == ["7"]
