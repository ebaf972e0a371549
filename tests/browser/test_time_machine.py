"""Back through a training, as a visitor goes: by keys, with a drawing of one's own, and over the test digits."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM, copy_app, served
from mnist_core.data.mnist import Digits
from mnist_core.store.layout import TEST_OVER_TIME
from tests.support.browsing import PHONE, SEVEN, WHOLE_PAGE, answer, draw, new_page, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the app: what is found out about a model is kept beside it."""
    return copy_app(tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="module")
def address(app: Path) -> Iterator[str]:
    """Where it is served."""
    with served(app) as address:
        yield address


def read_as(page: Page, step: str, digit: str) -> None:
    expect(page.get_by_text(re.compile(f"^After step {step} it reads your drawing as {digit} "))).to_be_visible()


@pytest.mark.parametrize("size", [WHOLE_PAGE, PHONE], ids=["desk", "phone"])
def test_a_drawing_is_read_at_every_moment_by_keys_alone(browser: Browser, address: str, size) -> None:
    with new_page(browser, address, size) as page:
        draw(page, SEVEN, left=60, top=40, size=180)
        expect(answer(page)).to_have_text("7")
        settle(page)
        page.get_by_role("link", name="Train", exact=True).click()
        page.get_by_text("Go back through its training").click()
        read_as(page, "[0-9,]+", "a 7")
        slider = page.get_by_role("slider", name=re.compile("after step"))
        slider.focus()
        page.keyboard.press("Home")
        expect(page.get_by_text(re.compile("^After step 0 it reads your drawing as an? [0-9] "))).to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text(re.compile("^After step 1 it reads your drawing as an? [0-9] "))).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("filters after step 1$"))).to_be_visible()
        assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_when_each_test_digit_was_learnt_is_found_out_once(
    browser: Browser,
    address: str,
    app: Path,
    mnist_test: Digits,  # noqa: ARG001
) -> None:
    (app / "models" / "classic" / TEST_OVER_TIME).unlink(missing_ok=True)
    with new_page(
        browser, f"{address}/mistakes?model=classic&show=read+correctly&order=learnt+last+first", WHOLE_PAGE
    ) as page:
        page.get_by_role("button", name="Find it out").click()
        tiles = page.locator(".grid button")
        expect(tiles.first).to_contain_text("since step 8,600", timeout=240_000)
        expect(page.get_by_role("button", name="Find it out")).to_have_count(0)
        tiles.first.click()
        expect(page.get_by_text("Read correctly since step 8,600")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        settle(page)  # it takes the digit out of the address
    with new_page(browser, f"{address}/mistakes?model=classic&order=most+often+forgotten+first", WHOLE_PAGE) as page:
        expect(page.locator(".grid button").first).to_contain_text(re.compile("forgotten [0-9]+ ×"))
