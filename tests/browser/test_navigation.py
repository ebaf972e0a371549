"""From page to page, and back, as a visitor goes: one entry of the browser's history a page, with its query."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.serving import CHROMIUM, served
from tests.support.browsing import PHONE, WHOLE_PAGE, new_visitor, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

QUESTIONS = {
    "Draw": "What digit did I draw?",
    "Inside": "What happens inside the network?",
    "Train": "How does it learn?",
    "Mistakes": "Which test digits does it get wrong?",
    "Mine": "How does it read my hand?",
    "Models": "Which model is best?",
}
QUERIES = {
    "Draw": {"model": ["classic"]},
    "Inside": {"model": ["classic"], "from": ["Example"]},
    "Train": {},
    "Mistakes": {"model": ["classic"], "true": ["4"], "read": ["9"]},
    "Mine": {"model": ["classic"]},
    "Models": {},
}
WITH_PICKER = ("Draw", "Inside", "Mistakes", "Mine")
# Each ordered pair of pages once, without a leap between them.
WALK = [
    *("Inside", "Mine", "Models", "Mine", "Mistakes", "Mine", "Train", "Mine", "Draw", "Mine", "Inside", "Models"),
    *("Mistakes", "Models", "Train", "Models", "Draw", "Models", "Inside", "Mistakes", "Train", "Mistakes", "Draw"),
    *("Mistakes", "Inside", "Train", "Draw", "Train", "Inside", "Draw", "Inside"),
]

LOOKING = 120_000  # milliseconds; at first a network looks through the training digits, once
ASKS_FOR = """query => {
    const asked = new URLSearchParams(location.search)
    return JSON.stringify(Object.fromEntries([...asked.keys()].sort().map(key => [key, asked.getAll(key)]))) === query
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab with a history of its own, which is not full."""
    context = new_visitor(browser, viewport=WHOLE_PAGE)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert not problems, problems


def link(page: Page, title: str) -> Locator:
    """The link of that name in the navigation."""
    return page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True)


def picker(page: Page) -> Locator:
    """The model picker."""
    return page.get_by_role("combobox", name=re.compile("^Model"))


def pick(page: Page, model: str) -> None:
    """Choose a model in the picker."""
    picker(page).click()
    page.get_by_role("option", name=model, exact=True).click()
    expect(page).to_have_url(re.compile(f"model={model}"))
    settle(page)


def is_on(page: Page, title: str) -> None:
    """Wait until that page is there, and has run."""
    expect(page.get_by_role("heading", name=QUESTIONS[title])).to_be_visible()
    expect(page).to_have_title(f"{title} · MNIST Explorer")
    expect(link(page, title)).to_have_attribute("aria-current", "page")
    settle(page)


def entries(page: Page) -> int:
    """How many entries the tab's history has."""
    count: int = page.evaluate("history.length")
    return count


def has_query(page: Page, query: dict[str, list[str]]) -> None:
    """Wait until the address asks for this, and for nothing else."""
    page.wait_for_function(ASKS_FOR, arg=json.dumps(query, sort_keys=True, separators=(",", ":")))


def test_each_press_from_page_to_page_is_one_entry_with_its_query_and_back_leads_there(
    page: Page, app_address: str
) -> None:
    assert len(set(pairwise(WALK))) == len(WALK) - 1 == 30
    page.goto(f"{app_address}/mistakes?model=classic&true=4&read=9")
    is_on(page, "Mistakes")
    link(page, "Inside").click()
    is_on(page, "Inside")
    page.get_by_role("radio", name="Example", exact=True).click()
    has_query(page, QUERIES["Inside"])
    settle(page)
    before = entries(page)
    for count, (origin, target) in enumerate(pairwise(WALK), 1):
        link(page, target).click()
        is_on(page, target)
        has_query(page, QUERIES[target])
        assert entries(page) == before + count, f"{origin} → {target}"
    for title in WALK[-2::-1]:
        page.go_back()
        is_on(page, title)
        has_query(page, QUERIES[title])
        if title in WITH_PICKER:
            expect(picker(page)).to_have_value("classic")


def test_back_and_forward_keep_the_model_that_was_picked_last(page: Page, app_address: str) -> None:
    page.goto(f"{app_address}/?model=classic")
    is_on(page, "Draw")
    link(page, "Inside").click()
    is_on(page, "Inside")
    pick(page, "quick")  # in a fragment alone
    page.go_back()
    is_on(page, "Draw")
    expect(picker(page)).to_have_value("quick")
    has_query(page, {"model": ["quick"]})
    pick(page, "accurate")
    page.go_forward()
    is_on(page, "Inside")
    expect(picker(page)).to_have_value("accurate")
    has_query(page, {"model": ["accurate"]})
    page.reload()
    is_on(page, "Inside")
    expect(picker(page)).to_have_value("accurate")


def test_back_three_times_at_once_leads_to_the_first_of_four_pages(page: Page, app_address: str) -> None:
    page.goto(f"{app_address}/mistakes?model=classic&true=4&read=9")
    is_on(page, "Mistakes")
    for title in ("Draw", "Train", "Inside"):
        link(page, title).click()
        is_on(page, title)
    page.evaluate("history.back(); setTimeout(() => history.back()); setTimeout(() => history.back(), 50)")
    is_on(page, "Mistakes")
    has_query(page, QUERIES["Mistakes"])
    expect(picker(page)).to_have_value("classic")


@pytest.mark.usefixtures("mnist_test")  # the server shows them
def test_back_closes_the_drawer_and_forward_opens_it(page: Page, app_address: str) -> None:
    page.goto(f"{app_address}/mistakes?model=classic&true=4&read=9")
    is_on(page, "Mistakes")
    before, drawer = entries(page), page.get_by_role("dialog")
    page.get_by_role("group", name=re.compile("4 read as 9")).get_by_role("button").first.click()
    expect(drawer).to_be_visible()
    expect(page).to_have_url(re.compile("digit="))
    first = page.evaluate("location.search")
    settle(page)
    page.go_back()
    expect(drawer).to_have_count(0)
    has_query(page, QUERIES["Mistakes"])
    page.go_forward()
    expect(drawer).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Next").click()
    expect(page).not_to_have_url(re.compile(re.escape(first)))
    settle(page)
    assert entries(page) == before + 1
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    has_query(page, QUERIES["Mistakes"])
    settle(page)
    assert entries(page) == before + 1
    page.go_forward()  # so it was not left behind
    expect(drawer).to_be_visible()


@pytest.mark.usefixtures("mnist_test")
def test_the_links_on_the_pages_make_one_entry_each_and_back_leads_to_where_they_were_pressed(
    page: Page, app_address: str
) -> None:
    page.goto(f"{app_address}/mistakes?model=classic&true=4&read=9&digit=247")
    drawer = page.get_by_role("dialog")
    before = entries(page)
    for role, name, target in (("link", "Look inside", "Inside"), ("button", "Load on the canvas", "Draw")):
        expect(drawer.get_by_text("It is test digit 247.")).to_be_visible(timeout=LOOKING)
        settle(page)
        drawer.get_by_role(role, name=name).click()
        is_on(page, target)
        expect(picker(page)).to_have_value("classic")
        assert entries(page) == before + 1, name
        page.go_back()
        expect(drawer.get_by_text("It is test digit 247.")).to_be_visible(timeout=LOOKING)
        has_query(page, QUERIES["Mistakes"] | {"digit": ["247"]})
    page.go_forward()
    is_on(page, "Draw")
    page.get_by_role("link", name="Back to the mistakes").click()
    expect(drawer.get_by_text("It is test digit 247.")).to_be_visible(timeout=LOOKING)
    has_query(page, QUERIES["Mistakes"] | {"digit": ["247"]})
    assert entries(page) == before + 2
    page.go_back()
    is_on(page, "Draw")
    page.get_by_role("link", name="Look inside the network").click()
    is_on(page, "Inside")
    has_query(page, {"model": ["classic"]})  # the drawing is what is looked at where the address does not say
    assert entries(page) == before + 2
    page.go_back()
    is_on(page, "Draw")


def test_a_model_that_a_link_names_is_picked_and_back_does_not_undo_it(page: Page, app_address: str) -> None:
    page.goto(f"{app_address}/?model=quick")
    is_on(page, "Draw")
    link(page, "Models").click()
    is_on(page, "Models")
    before = entries(page)
    page.get_by_role("button", name="See its mistakes").first.click()  # of the best one
    is_on(page, "Mistakes")
    expect(picker(page)).to_have_value("accurate")
    assert entries(page) == before + 1
    page.go_back()
    is_on(page, "Models")
    page.go_back()
    is_on(page, "Draw")
    expect(picker(page)).to_have_value("accurate")


def test_an_address_that_asks_for_what_cannot_be_is_mended_and_back_leads_out_of_it(
    page: Page, app_address: str
) -> None:
    page.goto(app_address)
    is_on(page, "Draw")
    before = entries(page)
    page.goto(f"{app_address}/mistakes?model=nonsense&true=77&digit=99999")
    is_on(page, "Mistakes")
    expect(page.get_by_text("which cannot be. That is ignored.")).to_be_visible()
    has_query(page, {"model": ["accurate"]})
    for _ in range(entries(page) - before):  # on the way in, what is mended before the script is there is an entry
        page.go_back()
        settle(page)
    is_on(page, "Draw")


@pytest.mark.parametrize("path", ["train", "inside"])
def test_the_first_visitor_of_a_server_may_come_by_a_deep_link(page: Page, path: str) -> None:
    title = {"inside": "Inside"}.get(path, "Train")
    with served() as address:
        page.goto("about:blank")
        before = entries(page)
        page.goto(f"{address}/{path}")
        is_on(page, title)
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert entries(page) == before + 1
        page.reload()
        is_on(page, title)
        expect(page).to_have_url(f"{address}/{path}")
        link(page, "Draw").click()
        is_on(page, "Draw")
        assert entries(page) == before + 2
        page.go_back()
        is_on(page, title)
        expect(page).to_have_url(f"{address}/{path}")


def test_all_links_fit_beside_the_menu_and_are_walked_by_keyboard(page: Page, app_address: str) -> None:
    page.goto(app_address)
    is_on(page, "Draw")
    for width in (1280, 640, 390, 360):
        page.set_viewport_size({"width": width, "height": PHONE["height"]})
        page.wait_for_function("width => innerWidth === width", arg=width)
        settle(page)
        expect(page.get_by_text("MNIST Explorer", exact=True)).to_be_visible()
        menu = page.get_by_role("button", name="Main menu").bounding_box()
        boxes = [link(page, title).bounding_box() for title in QUESTIONS]
        assert [round(box["y"]) for box in boxes] == [round(boxes[0]["y"])] * 6, width
        assert boxes[0]["x"] >= 0, width
        assert boxes[-1]["x"] + boxes[-1]["width"] <= menu["x"], width
        assert min(box["height"] for box in boxes) >= 24, width
    link(page, "Draw").focus()
    for title in ("Inside", "Train"):
        page.keyboard.press("Tab")
        expect(link(page, title)).to_be_focused()
        assert link(page, title).evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    is_on(page, "Train")
    expect(link(page, "Train")).to_be_focused()
    expect(page.locator("[aria-current=page]")).to_have_count(1)


def test_a_link_that_is_opened_in_a_new_tab_asks_for_what_this_tab_shows(page: Page, app_address: str) -> None:
    page.goto(f"{app_address}/mistakes?model=classic&true=4")
    is_on(page, "Mistakes")
    link(page, "Draw").click()
    is_on(page, "Draw")
    with page.context.expect_page() as opened:
        link(page, "Mistakes").click(modifiers=["Control"])
    is_on(opened.value, "Mistakes")
    has_query(opened.value, {"model": ["classic"], "true": ["4"]})
    is_on(page, "Draw")
