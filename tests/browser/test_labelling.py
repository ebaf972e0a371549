"""Saying what a drawing is: by a press, and by keys that mean nothing else where they are pressed."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from benchmarks.serving import CHROMIUM, served
from mnist_core.store.drawings import read_drawings
from tests.support.alphabets import save_characters
from tests.support.browsing import PHONE, SEVEN, answer, draw, new_page, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


def labels(folder: Path) -> list[str]:
    return [kept.label for kept in read_drawings(folder).kept]


def test_a_drawing_is_named_by_a_press_and_by_keys(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_DRAWINGS", str(tmp_path / "drawings"))
    with served() as address, new_page(browser, address, PHONE) as page:
        draw(page, SEVEN, left=80, top=60, size=160)
        expect(answer(page)).to_have_text("7")
        assert not (tmp_path / "drawings").exists()
        settle(page)  # what is pressed sooner may be made anew
        page.get_by_role("button", name="It is a …").click()
        settle(page)
        page.locator(".st-key-labels").get_by_role("button", name="1", exact=True).click()
        expect(page.get_by_text("Kept as a 1")).to_be_visible()
        assert labels(tmp_path / "drawings") == ["1"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        settle(page)
        page.get_by_role("button", name="Take back").click()
        expect(page.get_by_role("button", name="It is a …")).to_be_visible()
        settle(page)
        page.locator("canvas.upper-canvas").press("4")
        expect(page.get_by_text("Kept as a 4")).to_be_visible()
        settle(page)
        page.get_by_role("button", name="Take back").focus()
        page.keyboard.press("Enter")  # it is the button's here
        expect(page.get_by_role("button", name="It is a …")).to_be_visible()
        settle(page)
        page.get_by_role("combobox", name="Model").press("5")
        page.keyboard.press("Escape")
        page.get_by_role("heading", name="What digit did I draw?").click()  # the keys are the page's then
        page.keyboard.press("Enter")
        expect(page.get_by_text("Kept as a 7")).to_be_visible()
        assert labels(tmp_path / "drawings") == ["7"]


def test_letters_are_keys_too_and_an_r_does_not_run_the_page_anew(browser, tmp_path, monkeypatch):
    save_characters(tmp_path / "models", "letters")
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("MNIST_DRAWINGS", str(tmp_path / "drawings"))
    with served() as address, new_page(browser, f"{address}/?model=letters", PHONE) as page:
        draw(page, SEVEN, left=80, top=60, size=160)
        heading = page.get_by_role("heading", level=1)
        for key, kept in (("r", "an r"), ("c", "a C"), ("A", "an A")):
            expect(page.get_by_role("button", name="It is a …")).to_be_visible()
            settle(page)
            heading.click()  # the keys are the page's then
            page.evaluate("document.addEventListener('keydown', event => window.came = event.key)")
            page.keyboard.press(key)
            expect(page.get_by_text(f"Kept as {kept},")).to_be_visible()
            assert page.evaluate("window.came") is None  # where Streamlit listens
            settle(page)
            page.get_by_role("button", name="Take back").click()
        expect(page.get_by_role("button", name="It is a …")).to_be_visible()
        settle(page)
        page.get_by_role("button", name="It is a …").click()
        page.locator(".st-key-labels").get_by_text("C (c)", exact=True).click()
        expect(page.get_by_text("Kept as a C,")).to_be_visible()
        assert labels(tmp_path / "drawings") == ["C"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
