"""The Inside page as a visitor has it: pressing the network's picture in a real browser, by hand and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM
from tests.support.browsing import PHONE, SEVEN, WHOLE_PAGE, answer, draw, new_page, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
FOLLOWED = re.compile(r"convolution1, map 3, row \d+, column \d+: ", re.IGNORECASE)


@pytest.fixture(params=[WHOLE_PAGE, PHONE], ids=["wide", "phone"])
def page(request, browser: Browser, app_address: str):
    """The Inside page of `quick`, with nothing drawn."""
    with new_page(browser, f"{app_address}/inside?model=quick", request.param) as page:
        expect(page.get_by_text("Nothing is drawn yet")).to_be_visible(timeout=30_000)
        settle(page)
        yield page


def test_a_drawing_goes_through_the_network_and_any_number_in_it_can_be_followed(page: Page) -> None:
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page).first).to_have_text("7", timeout=30_000)
    expect(page.get_by_text("This is your drawing.")).to_be_visible()
    expect(page.get_by_text(re.compile("^The answer 7: "))).to_be_visible()

    tile = page.get_by_role("group", name=re.compile("convolution1")).get_by_role("button").nth(3)
    tile.click()
    expect(page.get_by_text(FOLLOWED)).to_be_visible(timeout=30_000)
    expect(tile).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name=re.compile("^Answer 2: ")).click()
    expect(page.get_by_text(re.compile("^The answer 2: "))).to_be_visible(timeout=30_000)
    follow = page.get_by_role("button", name=re.compile(r"^map \d+ at ")).first
    follow.click()
    expect(page.get_by_text(re.compile("^Convolution3, map "))).to_be_visible(timeout=30_000)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= page.viewport_size["width"]


def test_the_arrow_keys_walk_over_the_maps_and_enter_chooses_the_strongest_place(page: Page) -> None:
    tiles = page.get_by_role("group", name=re.compile("convolution1")).get_by_role("button")
    tiles.first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(tiles.nth(3)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(FOLLOWED)).to_be_visible(timeout=30_000)


def test_the_nodes_of_a_perceptron_can_be_pressed_and_walked_through(browser: Browser, app_address: str) -> None:
    with new_page(browser, f"{app_address}/inside?model=classic&from=Example&example=8", WHOLE_PAGE) as page:
        node = page.get_by_role("button", name=re.compile("^hidden2, node 4: "))
        node.click(timeout=30_000)
        expect(page.get_by_text(re.compile(r"^Hidden2, neuron (8|9)\d: "))).to_be_visible(timeout=30_000)
        settle(page)
        answers = page.get_by_role("button", name=re.compile("^Answer 0: "))
        answers.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_text(re.compile("^The answer 1: "))).to_be_visible(timeout=30_000)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")
        expect(page.get_by_text(re.compile("^Hidden4, neuron "))).to_be_visible(timeout=30_000)


def test_a_drawing_can_be_taken_along_from_the_draw_page(browser: Browser, app_address: str) -> None:
    with new_page(browser, f"{app_address}/?model=quick", WHOLE_PAGE) as page:
        draw(page, SEVEN, left=60, top=40, size=180)
        expect(answer(page).first).to_have_text("7", timeout=30_000)
        page.get_by_role("link", name="Look inside the network").click()
        expect(page.get_by_role("heading", name="What happens inside the network?")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("This is your drawing.")).to_be_visible(timeout=30_000)
        expect(answer(page).first).to_have_text("7")


def test_the_same_digit_can_be_poked_at_and_flipped(page: Page) -> None:
    expect(page.get_by_text("Paint on the digit or change it until the answer flips.")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Erase all").click()
    expect(answer(page).last).to_have_text("?", timeout=30_000)
    expect(answer(page).first).to_have_text("2")  # what was drawn is as it was
    page.get_by_role("button", name=re.compile("^Make it a")).click()
    for title in ("A change you can see (counterfactual)", "For the network alone (adversarial)"):
        expect(page.get_by_role("img", name=f"{title}: the difference")).to_be_visible(timeout=60_000)


@pytest.mark.usefixtures("mnist_test")
def test_a_misread_test_digit_leads_inside(browser: Browser, app_address: str) -> None:
    with new_page(browser, f"{app_address}/mistakes?model=quick&digit=18", WHOLE_PAGE) as page:
        page.get_by_role("link", name="Look inside").click(timeout=30_000)
        expect(page.get_by_text("Test digit 18, a 3.")).to_be_visible(timeout=30_000)
        expect(page.get_by_text(re.compile("^convolution3$"))).to_be_visible(timeout=30_000)
