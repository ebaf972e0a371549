"""Poking at a digit as a visitor does: a real browser, a mouse, a finger and a keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM, copy_app, served
from tests.support.browsing import PHONE, WHOLE_PAGE, answer, new_page, new_visitor, settle
from tests.support.trainings import wait_for

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

PAGE = """
import streamlit as st
from mnist_core.preprocessing.strokes import digit_from_strokes
from ui.inputs.examples import EXAMPLES
from ui.inside.digit_editor import show_digit_editor

st.set_page_config(layout="wide")
show_digit_editor("quick", digit_from_strokes(EXAMPLES["3"], 18), key="poke")
st.html("<div style='height:1500px'></div>")
"""
LEFT_OF_AN_8 = [(0.37, 0.28), (0.31, 0.38), (0.44, 0.49), (0.3, 0.6), (0.32, 0.72)]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """The address of a page with nothing else on it."""
    copy = copy_app(tmp_path_factory.mktemp("poking"))
    (copy / "streamlit_app.py").write_text(PAGE)
    for page in (copy / "pages").iterdir():
        page.unlink()
    with served(copy) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page with a 3 on it."""
    with new_page(browser, address, WHOLE_PAGE) as page:
        expect(answer(page)).to_have_text("3", timeout=30_000)
        settle(page)
        yield page


def editor(page: Page):
    return page.get_by_role("application", name=re.compile("28 by 28 pixels"))


def ink(page: Page) -> int:
    """Add up the shades that the visitor sees."""
    return editor(page).evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.reduce((sum, part) => sum + part, 0)"
    )


def move_along(page: Page, shares) -> None:
    editor(page).scroll_into_view_if_needed()
    box = editor(page).bounding_box()
    (x, y), *rest = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in shares]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=8)


def test_painting_flips_the_answer_and_undo_takes_it_back(page: Page) -> None:
    before = ink(page)
    move_along(page, LEFT_OF_AN_8)
    page.mouse.up()
    expect(answer(page)).to_have_text("8")
    expect(page.get_by_test_id("poked")).to_contain_text("The answer flipped from 3 to 8.")
    assert ink(page) > before
    settle(page)
    page.get_by_role("button", name="Undo").click()
    expect(answer(page)).to_have_text("3")
    wait_for(lambda: ink(page) == before, 30)


def test_the_answer_moves_while_the_pen_is_down(page: Page) -> None:
    move_along(page, LEFT_OF_AN_8)
    box = editor(page).bounding_box()
    for moment in range(10):  # a hand is never still
        page.wait_for_timeout(100)
        page.mouse.move(box["x"] + box["width"] * 0.32, box["y"] + box["height"] * 0.72 + moment % 2)
    expect(answer(page)).to_have_text("8")
    page.mouse.up()


def test_the_eraser_takes_ink_away(page: Page) -> None:
    before = ink(page)
    page.get_by_text("Eraser").click()
    settle(page)
    move_along(page, [(0.2, 0.2), (0.8, 0.3), (0.2, 0.5), (0.8, 0.7), (0.2, 0.9)])
    page.mouse.up()
    expect(page.get_by_test_id("poked")).not_to_contain_text("until the answer flips")
    assert ink(page) < before


def test_the_keyboard_paints_and_says_where_it_is(page: Page) -> None:
    before = ink(page)
    editor(page).focus()
    for _ in range(12):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(page.locator(".said")).to_have_text("Row 3, column 14, ink 100 %")
    expect(page.get_by_test_id("poked")).not_to_contain_text("until the answer flips")
    assert ink(page) > before


def test_a_finger_paints_and_does_not_scroll_the_page(browser: Browser, address: str) -> None:
    context = new_visitor(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    expect(answer(page)).to_have_text("3", timeout=30_000)
    settle(page)
    editor(page).scroll_into_view_if_needed()
    before, box = ink(page), editor(page).bounding_box()
    assert box["width"] == pytest.approx(336)
    hand = context.new_cdp_session(page)
    for step in range(12):
        point = {"x": box["x"] + box["width"] * 0.35, "y": box["y"] + box["height"] * (0.8 - 0.05 * step)}
        kind = "touchMove" if step else "touchStart"
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.get_by_test_id("poked")).not_to_contain_text("until the answer flips")
    assert ink(page) > before
    assert editor(page).bounding_box()["y"] == pytest.approx(box["y"], abs=1)
    context.close()
