"""From the numbers to the digits and to the canvas, as a visitor goes: a real browser, the real digits."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.serving import CHROMIUM
from mnist_core.store.models import load_answers
from tests.support.browsing import PHONE, WHOLE_PAGE, answer, draw, new_page, new_visitor, settle
from tests.support.trainings import wait_for

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.usefixtures("mnist_test"),  # the server shows them
]


@pytest.fixture
def page(request, browser: Browser, app_address: str):
    """The Mistakes page of `classic`."""
    with new_page(browser, f"{app_address}/mistakes?model=classic", getattr(request, "param", WHOLE_PAGE)) as page:
        expect(tiles(page).first).to_be_visible(timeout=30_000)
        settle(page)
        yield page


def tiles(page: Page, name: str = "misread") -> Locator:
    """The digits in the gallery of that name."""
    return page.get_by_role("group", name=re.compile(name)).get_by_role("button")


def cell(page: Page, label: int, given: int) -> Locator:
    """A cell of the confusion matrix."""
    return page.get_by_role("button", name=re.compile(f"× {label} read as {given}$"))


def test_two_clicks_to_a_digit_of_a_cell_and_one_more_to_the_canvas(page: Page) -> None:
    answers = load_answers("classic")
    misread = [i for i in range(10_000) if answers.labels[i] == 4 and answers.given[i] == 9]

    cell(page, 4, 9).click()
    expect(tiles(page, "4 read as 9")).to_have_count(len(misread))
    expect(page).to_have_url(re.compile("true=4&read=9"))

    tiles(page, "4 read as 9").first.click()
    surest = max(misread, key=lambda i: answers.confidences[i])
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("A 4, read as 9")).to_be_visible()
    expect(page).to_have_url(re.compile(f"digit={surest}"))

    settle(page)
    drawer.get_by_role("button", name="Load on the canvas").click()
    expect(page.get_by_role("heading", name="What digit did I draw?")).to_be_visible(timeout=30_000)
    expect(answer(page)).to_have_text("9", timeout=30_000)
    expect(page.get_by_text(f"Test digit {surest:,}, a 4")).to_be_visible()

    page.get_by_role("link", name="Back to the mistakes").click()
    expect(page.get_by_role("dialog").get_by_text("A 4, read as 9")).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile("true=4&read=9"))


def test_the_digit_on_the_canvas_can_be_changed_until_the_answer_flips(browser: Browser, app_address: str) -> None:
    seven = f"{app_address}/mistakes?model=classic&show=all+digits&digit=0"  # the first test digit is a plain 7
    with new_page(browser, seven, WHOLE_PAGE) as page:
        page.get_by_role("button", name="Load on the canvas").click()
        expect(answer(page)).to_have_text("7", timeout=30_000)
        draw(
            page,
            [[(0.0, 0.0), (0.05, 0.0), (1.0, 0.0)], [(0.0, 0.0), (0.0, 0.5), (1.0, 0.5)]],
            left=70,
            top=80,
            size=130,
        )
        expect(answer(page)).not_to_have_text("7")


def test_a_second_press_on_a_cell_shows_all_mistakes_again(page: Page) -> None:
    cell(page, 7, 2).click()
    expect(page.get_by_text("8 digits misread, 7 read as 2")).to_be_visible()
    settle(page)
    cell(page, 7, 2).click()
    expect(page.get_by_text("168 digits misread")).to_be_visible()


@pytest.mark.parametrize("page", [WHOLE_PAGE, PHONE], indirect=True, ids=["wide", "phone"])
def test_each_cell_lies_over_its_square_of_the_picture(page: Page) -> None:
    def is_in_place(label: int, given: int) -> bool:
        matrix = page.locator(".js-plotly-plot .heatmaplayer image").first.bounding_box()
        box = cell(page, label, given).bounding_box()
        width, height = matrix["width"] / 10, matrix["height"] / 10
        square = [matrix["x"] + width * given, matrix["y"] + height * label, width, height]
        return [box[side] for side in ("x", "y", "width", "height")] == pytest.approx(square, abs=2)

    for label, given in [(0, 0), (4, 9), (9, 0), (9, 9)]:
        wait_for(lambda place=(label, given): is_in_place(*place), 30)


def test_a_finger_presses_the_cell_that_it_taps_and_scrolls_over_the_matrix(browser: Browser, app_address: str) -> None:
    context = new_visitor(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{app_address}/mistakes?model=classic")
    expect(tiles(page).first).to_be_visible(timeout=30_000)
    expect(page.locator(".js-plotly-plot .heatmaplayer image").first).to_be_visible()  # or what is tapped may move yet
    for label, given in [(4, 9), (7, 2), (9, 3)]:
        settle(page)
        cell(page, label, given).scroll_into_view_if_needed()
        box = cell(page, label, given).bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.get_by_text(f"digits misread, {label} read as {given}")).to_be_visible()
    settle(page)
    cell(page, 5, 5).scroll_into_view_if_needed()
    box = cell(page, 5, 5).bounding_box()
    fingers = context.new_cdp_session(page)
    for step in range(11):
        point = {"x": box["x"] + 5, "y": box["y"] + 5 - 20 * step}
        kind = "touchMove" if step else "touchStart"
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_for(lambda: cell(page, 5, 5).bounding_box()["y"] < box["y"] - 100, 30)
    context.close()


def test_the_matrix_is_walked_with_the_arrow_keys(page: Page) -> None:
    cell(page, 0, 0).focus()
    for key in ["ArrowDown"] * 4 + ["ArrowLeft", "ArrowUp", "ArrowDown"]:
        page.keyboard.press(key)
    expect(cell(page, 3, 9)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 digits misread, 2 read as 8")).to_be_visible()


def test_the_gallery_is_walked_with_the_arrow_keys(page: Page) -> None:
    first, second = tiles(page).first, tiles(page).nth(1)
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(second).to_be_focused()
    said = second.get_attribute("aria-label")
    page.keyboard.press("Enter")
    index = re.search(r"Test digit (\d+):", said)[1]
    expect(page.get_by_role("dialog").get_by_text(f"It is test digit {int(index):,}.")).to_be_visible()


def test_a_link_opens_what_it_was_made_for(browser: Browser, app_address: str) -> None:
    link = f"{app_address}/mistakes?model=classic&true=4&read=9&order=by+index&sure=50&sure=100"
    with new_page(browser, link, WHOLE_PAGE) as page:
        expect(page.get_by_text("4 read as 9, confidence 50 % to 100 %")).to_be_visible(timeout=30_000)
        expect(tiles(page, "4 read as 9").nth(1)).to_be_visible()
        settle(page)
        shown = [tile.get_attribute("aria-label") for tile in tiles(page, "4 read as 9").all()]
        indices = [int(re.search(r"Test digit (\d+)", label)[1]) for label in shown]
        assert indices == sorted(indices)
        tiles(page, "4 read as 9").first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        settle(page)
        page.get_by_role("button", name="Next").click()
        expect(page).to_have_url(re.compile(f"digit={indices[1]}"))
        page.keyboard.press("Escape")
        expect(page).not_to_have_url(re.compile("digit="))
        expect(page).to_have_url(re.compile("true=4&read=9"))


def test_both_files_can_be_had(page: Page, tmp_path) -> None:
    for label, start in (("List as CSV", b"index,true digit,read as"), ("Gallery as PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        download.value.save_as(tmp_path / "file")
        content = (tmp_path / "file").read_bytes()
        assert content.startswith(start)
        assert label != "List as CSV" or content.count(b"\n") == 169


def test_digits_are_picked_on_the_map(browser: Browser, app_address: str) -> None:
    with new_page(browser, f"{app_address}/mistakes?model=classic&more=Map", WHOLE_PAGE) as page:
        page.get_by_role("radio", name="Box").click(timeout=30_000)
        page.wait_for_function(
            "[...document.querySelectorAll('.js-plotly-plot')].at(-1)?._fullLayout?.dragmode === 'select'"
        )
        plot = page.locator(".js-plotly-plot").last
        expect(plot.locator("canvas").first).to_be_attached(timeout=30_000)
        settle(page)
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=5)
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6, steps=5)
        page.mouse.up()
        picked = tiles(page, "picked on the map")
        expect(picked.first).to_be_visible(timeout=30_000)
        picked.first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
