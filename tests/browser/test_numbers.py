"""Several digits in a line, written with the mouse, are read as the number that they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM
from tests.support.browsing import PHONE, SEVEN, ZERO, answer, draw, new_page, settle
from tests.support.trainings import wait_for

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

FOUR = [[(0.2, 0.0), (0.0, 0.6), (0.7, 0.6)], [(0.5, 0.2), (0.4, 1.0)]]
TWO = [[(0.05, 0.25), (0.2, 0.03), (0.45, 0.0), (0.6, 0.2), (0.5, 0.5), (0.0, 1.0), (0.65, 1.0)]]


@pytest.fixture
def page(browser: Browser, app_address: str) -> Iterator[Page]:
    """The Draw page on a phone, where there is the least space."""
    with new_page(browser, app_address, PHONE) as page:
        expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
        yield page


def test_42_is_read_and_what_is_left_of_it_once_a_stroke_is_taken_back(page: Page) -> None:
    draw(page, FOUR, left=30, top=70, size=110)
    expect(answer(page)).to_have_text("4")
    draw(page, TWO, left=160, top=70, size=110)
    expect(answer(page)).to_have_text("42")
    expect(page.get_by_test_id("detail")).to_have_text("2 digits, each read on its own")
    choice = page.get_by_role("radiogroup", name="Look at digit")
    expect(choice.get_by_role("radio")).to_have_text(["4", "2"])
    settle(page)
    page.get_by_role("button", name="Undo").click()
    expect(answer(page)).to_have_text("4")
    expect(choice).to_have_count(0)


def test_who_runs_out_of_space_gets_a_wide_canvas_and_the_drawing_outlives_a_reload(page: Page) -> None:
    draw(page, TWO, left=20, top=70, size=100)
    draw(page, ZERO, left=120, top=70, size=100)
    expect(answer(page)).to_have_text("20")
    settle(page)
    page.get_by_role("button", name="More room").click()
    canvas = page.locator("canvas.upper-canvas")
    expect(canvas).to_have_attribute("width", "560")
    draw(page, SEVEN, left=380, top=70, size=100)
    expect(answer(page)).to_have_text("207")
    draw(page, FOUR, left=470, top=70, size=80)
    expect(answer(page)).to_have_text("2074")
    room = page.viewport_size["width"] - 32
    wait_for(lambda: canvas.bounding_box()["width"] <= room, 30)  # none of it has to be scrolled to

    page.reload()
    expect(answer(page)).to_have_text("2074", timeout=30_000)
    expect(canvas).to_have_attribute("width", "560")
    settle(page)
    page.get_by_role("button", name="Square").click()
    expect(canvas).to_have_attribute("width", "280")
    expect(answer(page)).to_have_text("2074")
    wait_for(lambda: canvas.bounding_box()["width"] == 280, 30)


def test_a_digit_of_a_number_can_be_looked_into(page: Page) -> None:
    draw(page, SEVEN, left=30, top=70, size=110)
    draw(page, TWO, left=160, top=70, size=110)
    expect(answer(page)).to_have_text("72")
    settle(page)
    page.get_by_role("radio", name="2", exact=True).click()
    settle(page)
    page.get_by_role("link", name="Look inside the network").click()
    expect(page.get_by_text("This is digit 2 of 2.")).to_be_visible(timeout=30_000)
    expect(answer(page)).to_have_text("2")
