"""The main path as a visitor has it: a real browser, a real mouse, the real canvas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import CHROMIUM, PHONE, SEVEN, WHOLE_PAGE, ZERO, answer, draw, new_page, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture(params=[WHOLE_PAGE, PHONE], ids=["wide", "phone"])
def page(request, browser: Browser, app_address: str) -> Iterator[Page]:
    """The Draw page."""
    with new_page(browser, app_address, request.param) as page:
        expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
        yield page


def seen(page: Page) -> Locator:
    """The tile with what the network sees."""
    return page.get_by_alt_text("The drawing as 28 × 28 pixels, fitted and centred")


def press(page: Page, name: str) -> None:
    """Press one of the page's own buttons; the canvas's tool bar has some of the same names."""
    page.get_by_test_id("stBaseButton-secondary").filter(has_text=name).click()


def ink(page: Page) -> int:
    """Count the white pixels that the visitor sees on the canvas."""
    count = """canvas => {
        const {width, height} = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data
        return data.filter((value, index) => index % 4 === 0 && value > 128).length
    }"""
    return page.locator("canvas.dc-canvas.lower-canvas").evaluate(count)


def test_a_seven_and_a_zero_are_read_small_in_a_corner_and_large(page: Page) -> None:
    expect(answer(page)).to_have_text("?")
    for left, top, size in [(12, 12, 50), (215, 210, 50), (30, 20, 240)]:
        for strokes, digit in [(SEVEN, "7"), (ZERO, "0")]:
            draw(page, strokes, left=left, top=top, size=size)
            expect(answer(page)).to_have_text(digit)
            expect(page.get_by_test_id("confidence")).to_have_text(re.compile(r"^(over )?\d.* % sure$"))
            press(page, "Clear")
            expect(answer(page)).to_have_text("?")
            assert ink(page) == 0


def test_undo_takes_the_last_stroke_off_the_canvas_and_out_of_the_answer(page: Page) -> None:
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("7")
    before, pixels = ink(page), seen(page).get_attribute("src")
    draw(page, [[(-0.2, 0.1), (1.0, 0.9)]], left=60, top=40, size=180)
    expect(seen(page)).not_to_have_attribute("src", pixels)
    press(page, "Undo")
    expect(seen(page)).to_have_attribute("src", pixels)
    assert ink(page) == before
    press(page, "Undo")
    expect(answer(page)).to_have_text("?")
    assert ink(page) == 0


def test_an_example_lies_on_the_canvas_and_can_be_drawn_on(page: Page) -> None:
    press(page, "barred 7")
    expect(answer(page)).to_have_text("7")
    assert ink(page) > 1000
    pixels = seen(page).get_attribute("src")
    draw(page, [[(0, 0), (1, 1)]], left=20, top=60, size=120)
    expect(seen(page)).not_to_have_attribute("src", pixels)


def test_the_plain_resize_is_shown_beside_with_its_own_answer(page: Page) -> None:
    draw(page, SEVEN, left=12, top=12, size=50)
    expect(answer(page)).to_have_text("7")
    page.get_by_text("Show a plain resize").click()
    expect(page.get_by_alt_text("The canvas resized straight to 28 × 28 pixels")).to_be_visible()
    expect(page.get_by_text("From this it would answer")).to_be_visible()


def test_a_finger_draws_too(browser: Browser, app_address: str) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(app_address)
    canvas = page.locator("canvas.upper-canvas")
    expect(canvas).to_be_visible(timeout=30_000)
    settle(page)
    box = canvas.bounding_box()
    fingers = context.new_cdp_session(page)
    corners = [(90, 10), (270, 10), (180, 240)]  # the upper right corner is where a hidden tool bar would be
    dots = [
        (a[0] + (b[0] - a[0]) * step / 10, a[1] + (b[1] - a[1]) * step / 10)
        for a, b in pairwise(corners)
        for step in range(11)
    ]
    for index, (x, y) in enumerate(dots):
        kind = "touchMove" if index else "touchStart"
        point = {"x": box["x"] + x, "y": box["y"] + y}
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(answer(page)).to_have_text("7")
    assert page.evaluate("window.scrollY") == 0
    context.close()


def test_a_picture_is_read_and_the_drawing_is_kept(page: Page, tmp_path) -> None:
    from PIL import Image, ImageDraw

    draw(page, ZERO, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("0")
    sheet = Image.new("L", (500, 400), 225)
    ImageDraw.Draw(sheet).line([(180, 80), (320, 80), (230, 330)], fill=50, width=22, joint="curve")
    sheet.save(tmp_path / "seven.jpg")
    page.get_by_role("radio", name="Use a picture").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "seven.jpg")
    expect(answer(page)).to_have_text("7")
    page.get_by_role("radio", name="Draw").click()
    expect(answer(page)).to_have_text("0")
    assert ink(page) > 1000


def test_the_model_stays_chosen_through_a_reload(page: Page, app_address: str) -> None:
    page.goto(f"{app_address}/?model=classic")
    expect(page.get_by_text("classic answers.")).to_be_visible(timeout=30_000)
