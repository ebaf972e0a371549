"""It learns from you: a drawing that is misread is named, taught, read, and taken back."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from benchmarks.serving import CHROMIUM, served
from mnist_core.data.mnist import mnist_is_here
from mnist_core.store.models import list_models
from tests.support.browsing import WHOLE_PAGE, answer, draw, new_page, settle
from tests.support.places import PROJECT

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
FLAGGED = [[(0.0, 0.26), (0.42, 0.1), (0.62, 0.0), (0.56, 0.5), (0.5, 1.0)]]  # a 1 with a long, flat flag
PLACES = [(60, 40, 190), (70, 60, 160), (30, 30, 200), (90, 50, 150), (60, 40, 180)]


def test_a_flagged_1_is_taught_read_and_taken_back(browser, tmp_path: Path, monkeypatch) -> None:
    if not mnist_is_here():
        pytest.skip("needs the MNIST digits")
    for name in ("classic", "quick"):
        shutil.copytree(PROJECT / "models" / name, tmp_path / "models" / name)
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("MNIST_DRAWINGS", str(tmp_path / "drawings"))
    with served() as address, new_page(browser, f"{address}/?model=classic", WHOLE_PAGE) as page:
        for place, (left, top, size) in enumerate(PLACES):
            if place:
                page.get_by_role("button", name="Clear").click()
                expect(answer(page)).to_have_text("?")
            draw(page, FLAGGED, left=left, top=top, size=size)
            expect(answer(page)).to_have_text("7")
            settle(page)
            page.locator("canvas.upper-canvas").press("1")
            expect(page.get_by_text("Kept as a 1")).to_be_visible()
            settle(page)
        page.get_by_role("link", name="Teach it").click()
        expect(page.get_by_role("heading", name="How does it read my hand?")).to_be_visible()
        expect(page.get_by_text("the model may come to see that too often")).to_be_visible()
        settle(page)
        page.get_by_role("button", name="Teach classic 5 drawings").click()
        outcome = page.get_by_role("table", name="Before and after")
        expect(outcome).to_be_visible(timeout=120_000)
        expect(outcome.get_by_role("row", name="My drawings, learnt from")).to_contain_text("5")
        expect(outcome.get_by_role("row", name="MNIST test digits of 10,000")).to_contain_text("9,8")
        assert "classic-mine" in [card.name for card in list_models(tmp_path / "models")]

        page.get_by_role("link", name="Draw", exact=True).click()
        expect(page.get_by_role("heading", name="What digit did I draw?")).to_be_visible()
        settle(page)
        page.get_by_role("combobox", name="Model").click()
        page.get_by_role("option", name="classic-mine").click()
        expect(answer(page)).to_have_text("1")  # the same drawing, which lies there still

        page.get_by_role("link", name="Mine").click()
        expect(page.get_by_role("button", name="Undo: delete it")).to_be_visible()
        settle(page)
        page.get_by_role("button", name="Undo: delete it").click()
        expect(page.get_by_text("classic-mine is in the bin.")).to_be_visible()
        assert [card.name for card in list_models(tmp_path / "models")] == ["classic", "quick"]
