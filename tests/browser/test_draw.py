"""The main path as a visitor has it: a real browser, a real mouse, the real canvas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.serving import CHROMIUM, copy_app, served
from mnist_core.preprocessing.strokes import digit_from_strokes
from tests.support.browsing import (
    PHONE,
    SEVEN,
    WHOLE_PAGE,
    ZERO,
    answer,
    draw,
    fits,
    new_page,
    new_visitor,
    settle,
    take_tab,
)
from tests.support.trainings import wait_for
from ui.inputs.examples import EXAMPLES

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

# In the place of the Train page: one that lays a digit on the canvas, which needs no data set.
LAYING_PAGE = """
import streamlit as st
from mnist_core.preprocessing.strokes import digit_from_strokes
from ui import frame
from ui.inputs import canvas
from ui.inputs.examples import EXAMPLES

frame.require()
if st.button("Lay a 3"):
    canvas.set_background(digit_from_strokes(EXAMPLES["3"], 18), "Test digit 18, a 3")
    st.switch_page("pages/draw.py")
"""
on_both = pytest.mark.parametrize("page", [WHOLE_PAGE, PHONE], indirect=True, ids=["wide", "phone"])
TO_AN_8 = [[(0.36, 0.25), (0.32, 0.36), (0.46, 0.48), (0.3, 0.61), (0.32, 0.75)]]


@pytest.fixture(scope="module")
def laying_address(tmp_path_factory) -> Iterator[str]:
    """The address of the app with that page."""
    copy = copy_app(tmp_path_factory.mktemp("laying"))
    (copy / "pages" / "training.py").write_text(LAYING_PAGE)
    with served(copy) as address:
        yield address


@pytest.fixture
def page_with_a_3(browser: Browser, laying_address: str) -> Iterator[Page]:
    """The Draw page after a 3 was laid on its canvas."""
    with new_page(browser, f"{laying_address}/training", WHOLE_PAGE) as page:
        lay_a_3(page)
        yield page


@pytest.fixture
def page(request, browser: Browser, app_address: str) -> Iterator[Page]:
    """The Draw page."""
    with new_page(browser, app_address, getattr(request, "param", WHOLE_PAGE)) as page:
        expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
        yield page


def seen(page: Page) -> Locator:
    """The tile with what the network sees."""
    return page.get_by_alt_text("The drawing as 28 × 28 pixels, fitted and centred")


def pixels_of(tile: Locator) -> str:
    """Return what a tile shows once the app has run."""
    settle(tile.page)
    return tile.get_attribute("src") or ""


def press(page: Page, name: str) -> None:
    """Press one of the page's own buttons, once none is made anew; the canvas's tool bar has some of the same names."""
    settle(page)
    page.get_by_test_id("stBaseButton-secondary").filter(has_text=name).click()


def take_portrait_of_a_seven(file: Path) -> None:
    """Save a photo as phones do: lying on its side, with a note (EXIF) of how the phone was held."""
    sheet = Image.new("L", (600, 800), 225)
    ImageDraw.Draw(sheet).line([(160, 160), (440, 160), (260, 660)], fill=50, width=44, joint="curve")
    held = Image.Exif()
    held[ExifTags.Base.Orientation] = 6  # to be turned by 90° clockwise
    sheet.transpose(Image.Transpose.ROTATE_90).save(file, exif=held)


COUNT_INK = """canvas => {
    const {width, height} = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data
    return data.filter((value, index) => index % 4 === 0 && value > 128).length
}"""


def ink(page: Page) -> int:
    """Count the white pixels that the visitor sees on the canvas."""
    return page.locator("canvas.dc-canvas.lower-canvas").evaluate(COUNT_INK)


def wait_for_ink(page: Page, amount: str) -> None:
    """Wait until there are so many white pixels: "> 500"."""
    canvas = page.locator("canvas.dc-canvas.lower-canvas").element_handle()
    page.wait_for_function(f"canvas => ({COUNT_INK})(canvas) {amount}", arg=canvas)


def test_a_seven_and_a_zero_are_read_small_in_a_corner_and_large(page: Page) -> None:
    expect(answer(page)).to_have_text("?")
    for left, top, size in [(12, 12, 50), (215, 210, 50), (30, 20, 240)]:
        for strokes, digit in [(SEVEN, "7"), (ZERO, "0")]:
            draw(page, strokes, left=left, top=top, size=size)
            expect(answer(page)).to_have_text(digit)
            expect(page.get_by_test_id("confidence")).to_have_text(re.compile(r"^(over )?\d.* % sure$"))
            press(page, "Clear")
            expect(answer(page)).to_have_text("?")
            wait_for_ink(page, "=== 0")


@pytest.mark.parametrize("path", ["/?model=quick", "/inside?model=quick"], ids=["draw", "inside"])
@pytest.mark.parametrize("width", [641, 768, 1024])
def test_the_whole_canvas_can_be_drawn_on_beside_other_columns(
    browser: Browser, app_address: str, path: str, width: int
) -> None:
    with new_page(browser, app_address + path, {"width": width, "height": 1000}) as page:
        expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
        settle(page)
        canvas = page.locator("canvas.upper-canvas").bounding_box()
        column = page.get_by_test_id("stColumn").first.bounding_box()
        assert column["x"] + column["width"] >= canvas["x"] + 280
        press(page, "Clear")  # on Inside an example lies there
        wait_for_ink(page, "=== 0")
        draw(page, SEVEN, left=225, top=210, size=60)
        expect(answer(page).first).to_have_text("7", timeout=30_000)
        fits(page)


def test_undo_takes_the_last_stroke_off_the_canvas_and_out_of_the_answer(page: Page) -> None:
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("7")
    pixels, before = pixels_of(seen(page)), ink(page)
    draw(page, [[(-0.2, 0.1), (1.0, 0.9)]], left=60, top=40, size=180)
    expect(seen(page)).not_to_have_attribute("src", pixels)
    press(page, "Undo")
    expect(seen(page)).to_have_attribute("src", pixels)
    wait_for_ink(page, f"=== {before}")
    press(page, "Undo")
    expect(answer(page)).to_have_text("?")
    wait_for_ink(page, "=== 0")


def test_an_example_lies_on_the_canvas_and_can_be_drawn_on(page: Page) -> None:
    press(page, "barred 7")
    expect(answer(page)).to_have_text("7")
    wait_for_ink(page, "> 1000")
    pixels = pixels_of(seen(page))
    draw(page, [[(0, 0), (1, 1)]], left=20, top=60, size=120)
    expect(seen(page)).not_to_have_attribute("src", pixels)


def test_the_plain_resize_is_shown_beside_with_its_own_answer(page: Page) -> None:
    draw(page, SEVEN, left=12, top=12, size=50)
    expect(answer(page)).to_have_text("7")
    page.get_by_text("Compare with a simple resize").click()
    expect(page.get_by_alt_text("The canvas resized straight to 28 × 28 pixels")).to_be_visible()
    expect(page.get_by_text("From this it would answer")).to_be_visible()


def test_a_finger_draws_too(browser: Browser, app_address: str) -> None:
    context = new_visitor(browser, viewport=PHONE, has_touch=True, is_mobile=True)
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


@on_both
def test_a_picture_is_read_and_the_drawing_is_kept(page: Page, tmp_path) -> None:
    draw(page, ZERO, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("0")
    take_portrait_of_a_seven(tmp_path / "seven.jpg")
    page.get_by_role("radio", name="Use a picture").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "seven.jpg")
    expect(answer(page)).to_have_text("7")
    shown = page.get_by_alt_text("Your picture")
    expect(shown).to_have_js_property("complete", True)
    width, height = shown.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert width / height == pytest.approx(3 / 4, abs=0.01)
    assert shown.bounding_box()["height"] <= 281  # no taller than the canvas, so that the answer stays in sight
    page.get_by_role("radio", name="Draw").click()
    expect(answer(page)).to_have_text("0")
    wait_for_ink(page, "> 1000")

    page.get_by_role("radio", name="Use a picture").click()
    expect(answer(page)).to_have_text("7")  # it is still there, and goes along
    page.get_by_role("link", name="Look inside the network").click()
    expect(page.get_by_text("This is your picture.")).to_be_visible(timeout=30_000)
    expect(answer(page).first).to_have_text("7")
    looking = page.get_by_text("The network is looking through")  # until it has, the page runs anew by itself
    expect(looking).to_have_count(0, timeout=180_000)
    settle(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("This is your picture.")).to_have_count(0, timeout=30_000)
    expect(page.locator("input[type=file]")).to_be_attached()


@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_the_caption_of_a_tall_picture_is_not_as_narrow(page: Page, tmp_path) -> None:
    sheet = Image.new("L", (60, 4000), 225)
    ImageDraw.Draw(sheet).line([(30, 300), (30, 3700)], fill=50, width=20)
    sheet.save(tmp_path / "tall.png")
    page.get_by_role("radio", name="Use a picture").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "tall.png")
    caption = page.get_by_text("The digit was found here.")
    expect(caption).to_be_visible(timeout=30_000)
    settle(page)
    assert caption.bounding_box()["height"] < 50  # two lines on a phone


def lay_a_3(page: Page) -> None:
    page.get_by_role("button", name="Lay a 3").click()
    expect(answer(page)).to_have_text("3", timeout=30_000)
    settle(page)


def go_to(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def laid_words(page: Page) -> Locator:
    return page.get_by_test_id("laid")


def seen_with_marks(page: Page) -> Locator:
    return page.get_by_alt_text("The digit's own 28 × 28 pixels, with what was drawn and erased")


def shown(page: Page) -> np.ndarray:
    """The `(280, 280)` shades that the visitor sees on the canvas: the strokes over the digit."""
    shades = """root => {
        const [below, above] = ["background-canvas", "canvas.lower-canvas"].map(name => {
            const canvas = root.querySelector(`.dc-${name}`)
            return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
        })
        const shades = []
        for (let i = 0; i < above.length; i += 4) {
            const opacity = above[i + 3] / 255
            shades.push(Math.round(above[i] * opacity + below[i] * (1 - opacity)))
        }
        return shades
    }"""
    return np.array(page.locator(".dc-container").evaluate(shades)).reshape(280, 280)


def test_a_laid_digit_is_shown_pixel_by_pixel_and_changed_until_the_answer_flips(page_with_a_3: Page) -> None:
    page = page_with_a_3
    digit = np.rint(digit_from_strokes(EXAMPLES["3"], 18) * 255)
    wait_for(lambda: np.array_equal(shown(page), np.kron(digit, np.ones((10, 10)))))
    expect(laid_words(page)).to_have_text(re.compile("^Test digit 18, a 3, lies on the canvas. Draw on it or erase"))
    untouched = pixels_of(seen_with_marks(page))

    draw(page, TO_AN_8, left=0, top=0, size=280)
    expect(answer(page)).to_have_text("8")
    expect(laid_words(page)).to_have_text("Test digit 18, a 3, lies on the canvas. The answer flipped from 3 to 8.")
    settle(page)
    drawn, before = pixels_of(seen_with_marks(page)), shown(page)

    page.get_by_role("radio", name="Eraser").click()
    settle(page)
    draw(page, [[(0, 0.5), (1, 0.5)]], left=20, top=0, size=240)
    expect(seen_with_marks(page)).not_to_have_attribute("src", drawn)
    assert before[115:125, 40:240].max() == 255
    wait_for(lambda: shown(page)[115:125, 40:240].max() == 0)  # answers come before the canvas has drawn the stroke

    press(page, "Undo")
    expect(seen_with_marks(page)).to_have_attribute("src", drawn)
    wait_for(lambda: np.array_equal(shown(page), before))
    press(page, "Undo")
    expect(seen_with_marks(page)).to_have_attribute("src", untouched)
    expect(answer(page)).to_have_text("3")


def test_a_laid_digit_and_what_was_done_to_it_survive_a_look_at_another_page(page_with_a_3: Page) -> None:
    page = page_with_a_3
    draw(page, TO_AN_8, left=0, top=0, size=280)
    expect(answer(page)).to_have_text("8")
    settle(page)
    before, pixels = shown(page), pixels_of(seen_with_marks(page))
    go_to(page, "Train")
    expect(page.get_by_role("button", name="Lay a 3")).to_be_visible()
    go_to(page, "Draw")
    expect(seen_with_marks(page)).to_have_attribute("src", pixels)
    expect(laid_words(page)).to_contain_text("The answer flipped from 3 to 8.")
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    wait_for(lambda: np.array_equal(shown(page), before))

    press(page, "Clear")
    expect(answer(page)).to_have_text("?")
    expect(laid_words(page)).to_have_count(0)
    wait_for(lambda: shown(page).max() == 0)
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("7")

    go_to(page, "Train")
    lay_a_3(page)
    wait_for(lambda: shown(page)[:, :70].max() == 0)  # nothing of the seven is left
    expect(seen_with_marks(page)).not_to_have_attribute("src", pixels)


def test_the_model_stays_chosen_through_a_reload(page: Page, app_address: str) -> None:
    page.goto(f"{app_address}/?model=classic")
    expect(page.get_by_text("classic answers.")).to_be_visible(timeout=30_000)


@on_both
def test_a_closer_look_follows_the_drawing_and_keeps_to_the_page(page: Page) -> None:
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("7")
    page.get_by_role("radio", name="How robust").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text(re.compile(r"^It stays a 7 in (all )?\d+ "))).to_have_count(2)
    press(page, "Clear")
    expect(page.get_by_text(re.compile("^It stays"))).to_have_count(0)
    draw(page, ZERO, left=60, top=40, size=180)
    expect(page.get_by_text(re.compile(r"^It stays a 0 in "))).to_have_count(2)
    expect(page.locator(".js-plotly-plot")).to_have_count(3)
    page.get_by_role("radio", name="All models").click()
    expect(page.locator("table.models tbody tr").first).to_contain_text("picked")
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
    fits(page)


@on_both
def test_the_steps_stand_side_by_side_and_two_by_two_on_a_phone(page: Page) -> None:
    press(page, "tiny 4")
    page.get_by_role("radio", name="Why this answer").click()
    expect(page.get_by_text("What most demos read")).to_be_visible()
    settle(page)
    tiles = [page.get_by_alt_text(f"{step}: ") for step in ("Canvas resized", "Fitting", "Redrawing", "Centring")]
    boxes = [tile.bounding_box() for tile in tiles]
    rows = sorted({round(box["y"]) for box in boxes})
    is_phone = page.viewport_size == PHONE
    assert [rows.index(round(box["y"])) for box in boxes] == ([0, 0, 1, 1] if is_phone else [0, 0, 0, 0])
    assert all(box["width"] == 168 and box["x"] + 168 <= page.viewport_size["width"] for box in boxes)


def test_the_model_that_a_link_names_answers_on_the_next_page_too(browser: Browser, app_address: str) -> None:
    with new_page(browser, f"{app_address}/?model=classic", WHOLE_PAGE) as page:
        picker = page.get_by_role("combobox", name=re.compile("Model"))
        expect(picker).to_have_value("classic", timeout=30_000)
        page.get_by_role("link", name="Inside", exact=True).click()
        expect(page.get_by_role("heading", name="What happens inside the network?")).to_be_visible(timeout=30_000)
        settle(page)
        expect(picker).to_have_value("classic")
        expect(page.get_by_role("button", name=re.compile("^hidden2, node 4: "))).to_be_visible(timeout=30_000)


def test_a_drawing_stays_while_the_pens_width_is_run_through(browser: Browser, app_address: str) -> None:
    page = take_tab(browser, WHOLE_PAGE)  # whose errors are not looked at: a canvas that is taken away has one
    page.goto(app_address)
    expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
    settle(page)
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("7")
    settle(page)
    before = ink(page)
    page.get_by_role("button", name=re.compile("^Pen")).click()
    slider = page.get_by_role("slider", name="Pen width")
    slider.focus()
    for _ in range(8):  # as a key that is held down does
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(30)
    expect(slider).to_have_value("26")
    page.wait_for_timeout(1000)
    settle(page)
    page.keyboard.press("Escape")
    wait_for_ink(page, f"=== {before}")  # a busy browser needs longer to draw it anew
    page.close()


def canvas_of(page: Page) -> Locator:
    return page.get_by_role("application", name="Canvas to draw a digit on")


def is_focused(canvas: Locator) -> bool:
    return canvas.evaluate("canvas => canvas.getRootNode().activeElement === canvas")


def ring_of(canvas: Locator) -> str:
    return canvas.evaluate("canvas => getComputedStyle(canvas.parentElement.querySelector('.keyboard')).display")


def hold(page: Page, key: str, times: int) -> None:
    """Hold a key down until it has come that often."""
    for _ in range(times):
        page.keyboard.down(key)
    page.keyboard.up(key)


def test_a_seven_is_drawn_by_keyboard_alone_and_taken_back(page: Page) -> None:
    canvas = canvas_of(page)
    expect(canvas).to_have_accessible_description(re.compile("^Arrows move the pen .*, space puts it down"))
    assert ring_of(canvas) == "none"
    page.get_by_role("radio", name="Draw").focus()
    page.keyboard.press("Tab")
    assert is_focused(canvas)
    assert ring_of(canvas) == "block"
    hold(page, "ArrowUp", 7)
    hold(page, "ArrowLeft", 6)
    assert ink(page) == 0  # the pen is up
    page.keyboard.press("Space")
    hold(page, "ArrowRight", 12)
    page.keyboard.down("ArrowDown")  # two keys at once make a slope
    hold(page, "ArrowLeft", 6)
    hold(page, "ArrowDown", 9)
    expect(page.get_by_test_id("answer")).to_have_text("7")  # before the pen is lifted
    expect(answer(page)).to_have_count(0)
    page.keyboard.press("Space")
    expect(answer(page)).to_have_text("7")
    assert is_focused(canvas)
    said = canvas.locator("xpath=following-sibling::div").locator(".said")
    expect(said).to_have_text(re.compile(r"^Pen up, row \d+, column \d+ of 28$"))

    pixels, before = pixels_of(seen(page)), ink(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+ArrowRight")
    wait_for_ink(page, f"> {before + 500}")
    page.keyboard.press("Backspace")
    wait_for_ink(page, f"< {before + 100}")  # the edge of a stroke is another once it is drawn anew
    settle(page)
    expect(seen(page)).to_have_attribute("src", pixels)
    page.keyboard.press("Control+z")
    expect(answer(page)).to_have_text("?")
    page.keyboard.press("Tab")
    assert not is_focused(canvas)
    assert ring_of(canvas) == "none"


def test_a_pen_that_is_down_is_lifted_where_the_visitor_leaves_and_a_mouse_draws_nothing_into_its_stroke(
    page: Page,
) -> None:
    canvas = canvas_of(page)
    canvas.focus()
    page.keyboard.press("Space")
    hold(page, "ArrowDown", 6)
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.move(box["x"] + 250, box["y"] + 30, steps=5)
    page.keyboard.press("Tab")
    expect(answer(page)).to_have_text("1")
    wait_for(lambda: ink(page) == pytest.approx(60 * 18 + np.pi * 9**2, rel=0.05), 30)


def test_whoever_draws_with_a_pointer_still_scrolls_with_the_keys(browser: Browser, app_address: str) -> None:
    with new_page(browser, f"{app_address}/inside?model=quick", PHONE) as page:
        canvas = canvas_of(page)
        draw(page, SEVEN, left=60, top=40, size=180)
        expect(page.get_by_text("This is your drawing.")).to_be_visible(timeout=30_000)
        settle(page)
        assert not is_focused(canvas)
        before, drawn = page.get_by_test_id("stMain").evaluate("main => main.scrollTop"), ink(page)
        page.keyboard.press("Space")
        page.wait_for_function(f"document.querySelector('[data-testid=stMain]').scrollTop > {before}")
        assert ink(page) == drawn
        canvas.focus()
        assert is_focused(canvas)  # with the keys it is reached as before


def test_a_reload_keeps_the_drawing_of_this_tab_until_it_is_cleared(browser: Browser, app_address: str) -> None:
    address = f"{app_address}/?model=quick"
    with new_page(browser, address, WHOLE_PAGE) as page, new_page(browser, address, WHOLE_PAGE) as other:
        draw(page, SEVEN, left=60, top=40, size=180)
        expect(answer(page)).to_have_text("7")
        pixels = pixels_of(seen(page))
        page.reload()
        expect(seen(page)).to_have_attribute("src", pixels, timeout=30_000)  # bit for bit

        other.reload()
        settle(other)
        expect(answer(other)).to_have_text("?")
        draw(other, ZERO, left=60, top=40, size=180)
        expect(answer(other)).to_have_text("0")
        for tab, digit in ((page, "7"), (other, "0")):
            tab.reload()
            expect(answer(tab)).to_have_text(digit)

        page.bring_to_front()
        go_to(page, "Inside")
        expect(page.get_by_text("This is your drawing.")).to_be_visible(timeout=30_000)
        page.reload()
        expect(page.get_by_text("This is your drawing.")).to_be_visible(timeout=30_000)
        go_to(page, "Draw")
        expect(seen(page)).to_have_attribute("src", pixels)
        press(page, "Clear")
        expect(answer(page)).to_have_text("?")
        settle(page)
        go_to(page, "Inside")  # where an example lies on the empty canvas, which nobody drew
        expect(page.get_by_text("Nothing is drawn yet")).to_be_visible(timeout=30_000)
        page.goto(address)
        expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
        settle(page)
        expect(answer(page)).to_have_text("?")
        wait_for_ink(page, "=== 0")


def test_a_link_brings_the_drawing_and_what_is_made_of_it_survives_a_reload(browser: Browser, app_address: str) -> None:
    with new_page(browser, f"{app_address}/?model=quick", WHOLE_PAGE) as page:
        draw(page, SEVEN, left=60, top=40, size=180)
        expect(answer(page)).to_have_text("7")
        settle(page)  # what is pressed sooner may be made anew, closed
        confidence = page.get_by_test_id("confidence").inner_text()
        page.get_by_test_id("stPopover").filter(has_text="Share").click()
        link = page.get_by_test_id("stCode").filter(has_text="drawing=").inner_text().strip()
        assert len(link) < 200
    with new_page(browser, link, WHOLE_PAGE) as page:
        expect(answer(page)).to_have_text("7")
        expect(page.get_by_test_id("confidence")).to_have_text(confidence)
        expect(page.get_by_text("quick answers.")).to_be_visible()
        linked, entries = pixels_of(seen(page)), page.evaluate("history.length")
        draw(page, [[(-0.2, 0.1), (1.0, 0.9)]], left=60, top=40, size=180)
        expect(seen(page)).not_to_have_attribute("src", linked)
        settle(page)
        changed, pixels = ink(page), pixels_of(seen(page))
        page.reload()
        expect(seen(page)).to_have_attribute("src", pixels)
        wait_for_ink(page, f"=== {changed}")
        assert page.evaluate("history.length") == entries  # strokes and reloads make none


def test_a_browser_that_keeps_nothing_works_as_well(browser: Browser, app_address: str) -> None:
    page = browser.contexts[0].new_page()
    page.add_init_script("Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('denied') }})")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(app_address)
    expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
    settle(page)
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("7")
    page.reload()
    expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
    settle(page)
    expect(answer(page)).to_have_text("?")
    draw(page, ZERO, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("0")
    assert not problems
    page.close()


def test_a_drawing_is_saved_as_a_picture_with_its_answer(page: Page) -> None:
    press(page, "barred 7")
    expect(answer(page)).to_have_text("7")
    settle(page)
    page.get_by_test_id("stPopover").filter(has_text="Share").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PNG").click()
    assert download.value.suggested_filename == "drawing-by-accurate.png"
    saved = Image.open(download.value.path()).convert("L")
    canvas = np.asarray(saved)[40:320, 40:320]
    assert np.abs(canvas.astype(int) - shown(page)).mean() < 3  # edges are smoothed a little otherwise
    assert np.asarray(saved)[:, 680:].min() < 200  # the answer stands beside it


@on_both
def test_the_examples_fill_two_rows_at_most(page: Page) -> None:
    buttons = page.locator(".st-key-examples").get_by_role("button")
    expect(buttons).to_have_count(12)
    boxes = [button.bounding_box() for button in buttons.all()]
    assert len({round(box["y"]) for box in boxes}) <= 2
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24  # which WCAG 2.2 asks of what is pressed
