"""The answer moves while the stroke is drawn, and what counts in the end is what the canvas reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.serving import CHROMIUM
from mnist_core.preprocessing.raster import as_bytes
from mnist_core.preprocessing.strokes import digit_from_strokes
from tests.support.browsing import PHONE, WHOLE_PAGE, answer, canvas_places, new_page, new_visitor, settle
from tests.support.trainings import wait_for
from ui.inputs.fabric import PEN_WIDTH, drawing_from_objects
from ui.widgets.tiles import on_paper, tile

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
TOP, STEM = [(60, 60), (200, 60)], [(200, 60), (110, 250)]  # of a seven, in canvas pixels
STILL = "[role=status][aria-live=polite]"


@pytest.fixture
def page(browser: Browser, app_address: str) -> Iterator[Page]:
    with new_page(browser, f"{app_address}/?model=quick", WHOLE_PAGE) as page:
        wait_until_it_hears(page)
        yield page


def wait_until_it_hears(page: Page) -> None:
    """Wait until the bars have said that they can be moved, by when the pen is listened to, too."""
    expect(page.locator(".st-key-probabilities .bars")).to_be_attached(timeout=30_000)
    settle(page)


def moving_answer(page: Page) -> Locator:
    """What is answered to the stroke at hand."""
    return page.locator("[role=status][aria-live=off]").get_by_test_id("answer")


def height_of_answer(page: Page) -> float:
    """Where the answer stands; it may be made anew while this asks, so it is found and measured at once."""
    measure = """() => document.querySelector("[data-testid=answer]")?.getBoundingClientRect().y"""
    height: float = page.wait_for_function(measure).json_value()
    return height


def bars(page: Page) -> list[str]:
    """The outlines of the ten bars."""
    return page.locator(".st-key-probabilities .bars .point path").evaluate_all(
        "all => all.map(e => e.getAttribute('d'))"
    )


def move(page: Page, *places: tuple[float, float]) -> None:
    """Move the mouse over the canvas."""
    for x, y in canvas_places(page, places):
        page.mouse.move(x, y, steps=10)


def press_down(page: Page, place: tuple[float, float]) -> None:
    move(page, place)
    page.mouse.down()


def sees_the_strokes(page: Page) -> bool:
    """Whether the tile shows the strokes of the canvas, as this tab keeps them; at once after an answer, not yet."""
    drawing = drawing_from_objects(json.loads(page.evaluate("sessionStorage.getItem('drawing')"))["objects"])
    digit = digit_from_strokes(drawing.strokes, PEN_WIDTH)
    return seen(page).get_attribute("src") == unescape(tile(on_paper(as_bytes(digit)), "", 196).split('"')[1])


def seen(page: Page) -> Locator:
    return page.get_by_alt_text("The drawing as 28 × 28 pixels, fitted and centred")


def test_the_answer_changes_before_the_pen_is_up_and_ends_as_the_strokes_are(page: Page) -> None:
    chart = page.locator(".st-key-probabilities .js-plotly-plot").element_handle()
    empty, place = bars(page), height_of_answer(page)
    press_down(page, TOP[0])
    move(page, *TOP)
    expect(moving_answer(page)).to_have_text("?")  # a line that lies is no digit
    wait_for(lambda: bars(page) != empty, 30)
    halfway = bars(page)
    move(page, *STEM)
    expect(moving_answer(page)).to_have_text("7")
    wait_for(lambda: bars(page) != halfway, 30)
    assert height_of_answer(page) == place  # nothing jumps
    page.mouse.up()
    expect(answer(page)).to_have_text("7")
    wait_for(lambda: sees_the_strokes(page), 30)
    assert chart.evaluate("chart => chart.isConnected")  # the same chart all along
    expect(page.get_by_role("figure", name="7: over 99.9 %")).to_be_visible()


def test_a_finger_sees_it_move_too_and_a_second_finger_changes_nothing(browser: Browser, app_address: str) -> None:
    context = new_visitor(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{app_address}/?model=quick")
    wait_until_it_hears(page)
    session = context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(canvas_places(page, places))]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    (left, top), (right, _), (foot, bottom) = *TOP, STEM[1]
    touch("touchStart", (left, top))
    for share in range(1, 11):
        touch("touchMove", (left + (right - left) * share / 10, top))
    expect(moving_answer(page)).to_have_text("?")
    touch("touchStart", (right, top), (20, 270))  # and it stays there
    touch("touchMove", (right, top))
    for share in range(1, 11):
        touch("touchMove", (right + (foot - right) * share / 10, top + (bottom - top) * share / 10))
    expect(moving_answer(page)).to_have_text("7")
    touch("touchEnd")
    expect(answer(page)).to_have_text("7")
    wait_for(lambda: sees_the_strokes(page), 30)
    context.close()


def test_a_stroke_may_leave_the_canvas_and_end_outside(page: Page) -> None:
    press_down(page, (140, 30))
    move(page, (140, 260), (420, 320))
    expect(moving_answer(page)).not_to_have_text("1")
    page.mouse.up()
    expect(answer(page)).not_to_have_text("1")
    wait_for(lambda: sees_the_strokes(page), 30)


def test_the_next_stroke_goes_on_from_the_first_and_undo_and_clear_forget_it(page: Page) -> None:
    press_down(page, (140, 30))
    move(page, (140, 260))
    page.mouse.up()
    expect(answer(page)).to_have_text("1")
    wait_for(lambda: sees_the_strokes(page), 30)
    one = seen(page).get_attribute("src")
    press_down(page, (60, 140))
    move(page, (220, 140))
    expect(moving_answer(page)).not_to_have_text("1")  # with the first one it is a cross
    page.mouse.up()
    expect(page.locator(STILL)).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Undo", exact=True).last.click()
    expect(answer(page)).to_have_text("1")
    expect(seen(page)).to_have_attribute("src", one)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(answer(page)).to_have_text("?")
    settle(page)
    press_down(page, (140, 30))
    move(page, (140, 260))
    expect(moving_answer(page)).to_have_text("1")  # on the canvas that was wiped
    page.mouse.up()
    expect(seen(page)).to_have_attribute("src", one)


def test_the_keys_see_it_move_too(page: Page) -> None:
    canvas = page.locator("canvas.upper-canvas")
    canvas.focus()
    for key in ["ArrowUp"] * 10 + ["Space"] + ["ArrowDown"] * 20:
        page.keyboard.press(key)
    expect(moving_answer(page)).to_have_text("1")
    page.keyboard.press("Space")
    expect(answer(page)).to_have_text("1")


SLOW = """
const send = WebSocket.prototype.send
WebSocket.prototype.send = function (...message) { setTimeout(() => send.apply(this, message), 400) }
"""


def test_over_a_slow_connection_and_in_two_tabs_each_ends_with_its_own_strokes(
    browser: Browser, app_address: str
) -> None:
    context = new_visitor(browser, viewport=WHOLE_PAGE)
    context.add_init_script(SLOW)
    tabs = context.new_page(), context.new_page()
    for tab in tabs:
        tab.goto(f"{app_address}/?model=quick")
        wait_until_it_hears(tab)
    for tab, strokes in zip(tabs, ([TOP, STEM], [[(140, 30), (140, 150)], [(140, 150), (140, 260)]]), strict=True):
        tab.bring_to_front()
        for stroke in strokes:  # the second is begun before the first one is answered
            press_down(tab, stroke[0])
            move(tab, *stroke)
            tab.mouse.up()
    for tab, digit in zip(tabs, "71", strict=True):
        expect(answer(tab)).to_have_text(digit)
        wait_for(lambda tab=tab: sees_the_strokes(tab), 30)
    context.close()


# Another version of the component may call its canvas and its button otherwise.
OTHERWISE = """
const find = DocumentFragment.prototype.querySelector
DocumentFragment.prototype.querySelector = function (selector) {
    return /upper-canvas|Update the app/.test(selector) ? null : find.call(this, selector)
}
"""


def test_where_the_pen_cannot_be_heard_the_page_works_by_the_report_alone(browser: Browser, app_address: str) -> None:
    context = new_visitor(browser, viewport=WHOLE_PAGE)
    page = context.new_page()
    page.add_init_script(OTHERWISE)
    page.goto(f"{app_address}/?model=quick")
    wait_until_it_hears(page)
    before = bars(page)
    press_down(page, TOP[0])
    move(page, *TOP, *STEM)
    page.wait_for_timeout(500)
    assert moving_answer(page).count() == 0
    assert bars(page) == before
    page.mouse.up()
    expect(answer(page)).to_have_text("7")
    wait_for(lambda: bars(page) != before, 30)
    context.close()
