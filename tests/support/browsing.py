"""What a visitor does in a real browser, shared by the tests that use one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Request, ViewportSize

# Corners of the strokes, as shares of the drawing's size.
SEVEN = [[(0.0, 0.0), (0.8, 0.0), (0.3, 1.0)]]
ZERO = [[(0.5, 0.0), (0.1, 0.25), (0.05, 0.6), (0.3, 1.0), (0.7, 0.95), (0.85, 0.55), (0.75, 0.15), (0.48, 0.0)]]
EMPTY = "about:blank"
WHOLE_PAGE: ViewportSize = {"width": 1280, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}

NOTE_TRAFFIC = """
window.asked = window.answered = 0
window.WebSocket = class extends WebSocket {
    constructor(...all) {
        super(...all)
        this.addEventListener("message", () => { window.answered = performance.now() })
    }
    send(...all) {
        window.asked = performance.now()
        super.send(...all)
    }
}"""
# What is asked shows as a run only once the app has begun to answer; a second is long, but some messages get no answer.
HAS_RUN = """() => {
    const { asked = 0, answered = 0 } = window, now = performance.now()
    return document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
        && now - answered > 50 && now - asked > (answered > asked ? 50 : 1000)
}"""


def new_visitor(browser: Browser, **options: Any) -> BrowserContext:
    """Open the browser for another visitor, in whose tabs `settle` knows what was asked and answered."""
    visitor = browser.new_context(**options)
    visitor.add_init_script(NOTE_TRAFFIC)
    return visitor


def take_tab(browser: Browser, size: ViewportSize) -> Page:
    """Take an empty tab of the visitor, or open one.

    A tab that has shown the app has its scripts compiled, and shows it again in half the processor time of a new one.
    It is the one in front: in others a browser takes a second for each move of the mouse.
    """
    visitor = browser.contexts[0]
    tab = next((tab for tab in visitor.pages if tab.url == EMPTY), None) or visitor.new_page()
    tab.set_viewport_size(size)
    tab.bring_to_front()
    return tab


@contextmanager
def new_page(browser: Browser, address: str, size: ViewportSize) -> Iterator[Page]:
    """Open a page; any request that leaves the machine, and any error in the page, fails the test."""
    page = take_tab(browser, size)
    problems: list[str] = []
    local = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")

    def check_request(request: Request) -> None:
        if not request.url.startswith(local):
            problems.append(request.url)

    def note_error(error: Error) -> None:
        problems.append(str(error))

    page.on("request", check_request)
    page.on("pageerror", note_error)
    try:
        page.goto(address)
        settle(page)
        yield page
    except BaseException:
        page.close()  # whatever it was left in, no other test is to meet it
        raise
    if not page.is_closed():
        page.remove_listener("request", check_request)
        page.remove_listener("pageerror", note_error)
        page.goto(urljoin(address, "/_stcore/health"))
        page.evaluate("sessionStorage.clear()")  # the drawing that the tab keeps is not the next test's
        page.goto(EMPTY)
    assert not problems, problems


def settle(page: Page) -> None:
    """Wait until the app has run, and has answered all that it was asked: a press asks it at once."""
    page.wait_for_function(HAS_RUN, polling=50, timeout=120_000)


def fits(page: Page) -> None:
    """Wait until nothing is wider than the screen."""
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= innerWidth")


def draw(page: Page, strokes: Sequence[Sequence[tuple[float, float]]], *, left: float, top: float, size: float) -> None:
    """Draw with the mouse, in the tab that this brings to the front; left, top and size are pixels of the canvas."""
    page.bring_to_front()
    for stroke in strokes:
        (x, y), *rest = canvas_places(page, [(left + size * x, top + size * y) for x, y in stroke])
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(x, y, steps=8)
        page.mouse.up()


def canvas_places(page: Page, places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return where on the page places on the canvas are, once it is in sight; a wide one is smaller on a phone."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    scale = box["width"] / canvas.evaluate("canvas => canvas.width")
    return [(box["x"] + x * scale, box["y"] + y * scale) for x, y in places]


def answer(page: Page) -> Locator:
    """The digit that the network answers; not what it answers to a stroke at hand, which is not read out either."""
    return page.locator("[role=status][aria-live=polite]").get_by_test_id("answer")
