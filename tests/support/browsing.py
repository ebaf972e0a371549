"""What a visitor does in a real browser, shared by the tests that use one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

# Corners of the strokes, as shares of the drawing's size.
SEVEN = [[(0.0, 0.0), (0.8, 0.0), (0.3, 1.0)]]
ZERO = [[(0.5, 0.0), (0.1, 0.25), (0.05, 0.6), (0.3, 1.0), (0.7, 0.95), (0.85, 0.55), (0.75, 0.15), (0.48, 0.0)]]
WHOLE_PAGE: ViewportSize = {"width": 1280, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}


def new_tab(browser: Browser, size: ViewportSize) -> Page:
    """Open a tab beside the others of this visitor, whose browser has the app's scripts by now."""
    page = browser.contexts[0].new_page()
    page.set_viewport_size(size)
    return page


@contextmanager
def new_page(browser: Browser, address: str, size: ViewportSize) -> Iterator[Page]:
    """Open a page; any request that leaves the machine, and any error in the page, fails the test."""
    page = new_tab(browser, size)
    problems: list[str] = []
    local = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    page.on("request", lambda call: None if call.url.startswith(local) else problems.append(call.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    settle(page)
    yield page
    page.close()
    assert not problems, problems


def settle(page: Page) -> None:
    """Wait until the app has run."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=120_000)


def draw(page: Page, strokes: Sequence[Sequence[tuple[float, float]]], *, left: float, top: float, size: float) -> None:
    """Draw with the mouse; left, top and size are pixels of the canvas."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    for stroke in strokes:
        (x, y), *rest = [(box["x"] + left + size * x, box["y"] + top + size * y) for x, y in stroke]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(x, y, steps=8)
        page.mouse.up()


def answer(page: Page) -> Locator:
    """The digit that the network answers."""
    return page.get_by_test_id("answer")
