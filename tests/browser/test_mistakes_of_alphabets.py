"""The confusion matrix of many classes in a real browser: pressed, walked with the keys, and scrolled in its box."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.serving import CHROMIUM, served
from mnist_core.alphabets import CHARACTERS
from mnist_core.evaluation.test_sets import WRITTEN_TEST
from tests.support.alphabets import pretend_evaluation, save_model
from tests.support.browsing import PHONE, WHOLE_PAGE, new_page, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """The app with one model, which reads letters and takes one in five for the next one."""
    models_dir = tmp_path_factory.mktemp("models")
    pretend_evaluation(models_dir, save_model(models_dir, "letters", CHARACTERS), WRITTEN_TEST, data="characters")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_MODELS", str(models_dir))
        with served() as address:
            yield f"{address}/mistakes?model=letters"


def cell(page: Page, label: str, given: str) -> Locator:
    """A cell of the confusion matrix."""
    return page.get_by_role("button", name=re.compile(f"× {label} read as {given}$"))


def box_of(page: Page) -> Locator:
    """What the matrix scrolls in."""
    return page.locator(".box")


@pytest.mark.parametrize("size", [WHOLE_PAGE, PHONE], ids=["wide", "phone"])
def test_a_cell_is_pressed_and_the_names_of_its_row_and_column_stay_in_sight(browser: Browser, address, size) -> None:
    with new_page(browser, address, size) as page:
        expect(cell(page, "q", "r")).to_be_attached(timeout=60_000)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        cell(page, "q", "r").scroll_into_view_if_needed()
        outer, inner = box_of(page).bounding_box(), cell(page, "q", "r").bounding_box()
        assert outer["x"] < inner["x"] < outer["x"] + outer["width"]
        names = [box_of(page).get_by_text(name, exact=True) for name in "qr"]
        row, column = names[0].last.bounding_box(), names[1].first.bounding_box()
        assert row["y"] == pytest.approx(inner["y"], abs=2)
        assert row["x"] == pytest.approx(outer["x"], abs=60)
        assert column["x"] == pytest.approx(inner["x"], abs=2)
        assert column["y"] == pytest.approx(outer["y"], abs=60)
        cell(page, "q", "r").click()
        expect(page.get_by_text("characters misread, q read as r")).to_be_visible()
        expect(cell(page, "q", "r")).to_have_attribute("aria-pressed", "true")


def test_the_matrix_is_walked_with_the_arrow_keys_from_one_cell_that_is_there_to_the_next(browser, address) -> None:
    with new_page(browser, address, WHOLE_PAGE) as page:
        expect(cell(page, "0", "0")).to_be_attached(timeout=60_000)
        settle(page)
        cell(page, "0", "0").focus()
        for key, label, given in (("ArrowRight", "0", "1"), ("ArrowDown", "1", "1"), ("ArrowLeft", "0", "1")):
            page.keyboard.press(key)
            expect(cell(page, label, given)).to_be_focused()
        page.keyboard.press("ArrowUp")  # nothing is there
        expect(cell(page, "0", "1")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("characters misread, 0 read as 1")).to_be_visible()


def test_a_link_to_a_cell_that_is_far_off_shows_it_in_the_box(browser: Browser, address) -> None:
    with new_page(browser, f"{address}&true=r&read=t", WHOLE_PAGE) as page:
        expect(cell(page, "r", "t")).to_have_attribute("aria-pressed", "true", timeout=60_000)
        settle(page)
        outer, inner = box_of(page).bounding_box(), cell(page, "r", "t").bounding_box()
        for side, size in (("x", "width"), ("y", "height")):
            assert outer[side] <= inner[side]
            assert inner[side] + inner[size] <= outer[side] + outer[size] + 1
        assert np.isclose(inner["width"], 24)
