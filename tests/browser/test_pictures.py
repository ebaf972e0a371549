"""Pictures as a visitor gives them in a real browser: what cannot be read, the frame on one, several at once."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.serving import CHROMIUM
from tests.support.browsing import PHONE, WHOLE_PAGE, answer, fits, new_page, settle
from tests.support.drawing import seven_and_zero_on_paper, seven_on_paper

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

FILM = """const film = new DataTransfer()
    film.items.add(new File(["\\0\\0\\0\\x14ftypqt  ", new Uint8Array(30_000_000)], "film.mov"))"""
DROP_FILM = f"""zone => {{
    {FILM}
    zone.dispatchEvent(new DragEvent("drop", {{ dataTransfer: film, bubbles: true, cancelable: true }}))
}}"""
CHOOSE_FILM = f"""input => {{
    {FILM}
    input.files = film.files
    input.dispatchEvent(new Event("change", {{ bubbles: true }}))
}}"""


on_a_phone = pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])


@pytest.fixture
def page(request, browser: Browser, app_address: str) -> Iterator[Page]:
    """The Draw page, about to be given a picture."""
    with new_page(browser, app_address, getattr(request, "param", WHOLE_PAGE)) as page:
        expect(page.locator("canvas.upper-canvas")).to_be_visible()
        expect(page.locator(".js-plotly-plot")).to_be_visible()  # the last to come; then the page runs once more
        settle(page)
        page.get_by_role("radio", name="Use a picture").click()
        page.wait_for_function("document.querySelector('input[type=file]')?.accept.startsWith('image/jpeg')")
        yield page


def give(page: Page, **files: bytes) -> None:
    """Give files at once, beside those that lie in the uploader; `name_png` is called "name.png"."""
    page.locator("input[type=file]").set_input_files(
        [
            {"name": name.replace("_", "."), "mimeType": "application/octet-stream", "buffer": content}
            for name, content in files.items()
        ]
    )


def choose(page: Page, name: str) -> None:
    """Choose which of several pictures is looked at."""
    settle(page)
    page.get_by_role("combobox", name="Picture").click()
    page.get_by_role("option", name=name).click()


def frame(page: Page) -> Locator:
    return page.get_by_role("application", name="Crop: ")


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag on the picture; places are shares of it."""
    settle(page)
    picture = page.get_by_alt_text("Your picture")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    (x, y), (to_x, to_y) = [(box["x"] + box["width"] * a, box["y"] + box["height"] * b) for a, b in (start, end)]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to_x, to_y, steps=5)
    page.mouse.up()


def corner(page: Page, name: str) -> tuple[float, float]:
    """Where a corner of the frame is, as shares of the picture."""
    picture, box = (each.bounding_box() for each in (page.get_by_alt_text("Your picture"), frame(page)))
    x = box["x"] + (box["width"] - 1 if "right" in name else 1)
    y = box["y"] + (box["height"] - 1 if "lower" in name else 1)
    return (x - picture["x"]) / picture["width"], (y - picture["y"]) / picture["height"]


def test_what_cannot_be_read_is_said_in_words_and_the_answer_before_is_gone(page: Page) -> None:
    give(page, seven_png=seven_on_paper())
    expect(answer(page)).to_have_text("7")
    give(page, letter_pdf=b"%PDF-1.7")
    expect(page.get_by_test_id("stAlert")).to_contain_text("This is a PDF")
    expect(answer(page)).to_have_text("?")
    choose(page, "1. seven.png")
    expect(answer(page)).to_have_text("7")
    page.locator("input[type=file]").evaluate(CHOOSE_FILM)
    expect(page.get_by_test_id("stAlert")).to_contain_text("This is a video")
    expect(answer(page)).to_have_text("?")
    page.get_by_test_id("stFileUploaderDropzone").evaluate(DROP_FILM)
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("4. film.mov")
    expect(page.get_by_test_id("stAlert")).to_contain_text("This is a video")


def test_why_a_file_was_not_taken_can_be_read_without_a_pointer_on_it(page: Page) -> None:
    page.route("**/upload_file/**", lambda route: route.fulfill(status=413))  # a proxy has a limit of its own
    give(page, seven_png=seven_on_paper())
    reason = page.get_by_test_id("stFileChip").get_by_role("alert")
    expect(reason).to_contain_text("413")
    assert reason.bounding_box()["height"] > 12
    page.unroute("**/upload_file/**")


def test_the_frame_is_dragged_and_resized_and_the_answer_follows(page: Page) -> None:
    give(page, both_png=seven_and_zero_on_paper())
    expect(frame(page)).to_be_visible()
    settle(page)
    found = frame(page).get_attribute("aria-label")
    drag(page, corner(page, "lower right"), (0.48, 0.95))
    expect(answer(page)).to_have_text("7")
    drag(page, corner(page, "upper left"), (0.05, 0.05))
    expect(answer(page)).to_have_text("7")
    settle(page)
    width = frame(page).bounding_box()["width"]
    drag(page, (0.25, 0.5), (0.75, 0.5))
    expect(answer(page)).to_have_text("0")
    settle(page)
    assert frame(page).bounding_box()["width"] == pytest.approx(width, abs=1)
    page.get_by_role("button", name="Find it again").click()
    expect(frame(page)).to_have_attribute("aria-label", found)


def test_the_keys_move_the_frame_and_resize_it_and_take_it_back(page: Page) -> None:
    give(page, both_png=seven_and_zero_on_paper())
    expect(frame(page)).to_be_visible()
    settle(page)
    found = frame(page).get_attribute("aria-label")
    frame(page).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_text("Arrows move the frame")).to_be_visible()
    for _ in range(24):
        page.keyboard.press("Shift+ArrowLeft")
    expect(answer(page)).to_have_text("7")
    for _ in range(24):
        page.keyboard.press("ArrowRight")
    expect(answer(page)).to_have_text("0")
    expect(frame(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(frame(page)).to_have_attribute("aria-label", found)


@on_a_phone
def test_a_finger_moves_the_frame_and_the_page_stays(page: Page) -> None:
    give(page, both_png=seven_and_zero_on_paper())
    expect(frame(page)).to_be_visible()
    settle(page)
    found = frame(page).get_attribute("aria-label")
    frame(page).scroll_into_view_if_needed()
    box, scrolled = frame(page).bounding_box(), page.get_by_test_id("stMain").evaluate("main => main.scrollTop")
    x, y = box["x"] + box["width"] - 3, box["y"] + box["height"] - 3
    fingers = page.context.new_cdp_session(page)
    fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, left, up in [("touchStart", 0, 0), ("touchMove", 40, 5), ("touchMove", 125, 10)]:
        point = {"x": x - left, "y": y - up}
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(answer(page)).to_have_text("7")
    expect(frame(page)).not_to_have_attribute("aria-label", found)
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == scrolled
    fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": False})


@on_a_phone
def test_several_pictures_give_a_table_that_can_be_saved(page: Page, tmp_path: Path) -> None:
    give(page, both_png=seven_and_zero_on_paper(), seven_png=seven_on_paper(), letter_pdf=b"%PDF-1.7")
    table = page.get_by_role("table", name="Pictures")
    expect(table.get_by_role("row")).to_have_count(4)
    expect(table.get_by_role("row", name="2. seven.png")).to_contain_text("sure")
    fits(page)
    choose(page, "2. seven.png")
    expect(answer(page)).to_have_text("7")
    settle(page)  # a run makes the file's address anew
    with page.expect_download() as download:
        page.get_by_role("button", name="Table as CSV").click()
    download.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["both.png", "seven.png", "letter.pdf"]
    assert (rows[1]["answer"], rows[1]["verdict"]) == ("7", "sure")
