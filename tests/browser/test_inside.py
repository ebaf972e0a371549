"""The Inside page as a visitor has it: pressing the network's picture in a real browser, by hand and by keyboard."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from benchmarks.serving import CHROMIUM, copy_app, served
from tests.support.browsing import PHONE, SEVEN, WHOLE_PAGE, answer, draw, fits, new_page, new_visitor, settle, take_tab
from tests.support.trainings import wait_for

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
DESK: ViewportSize = {"width": 1280, "height": 800}
on_both = pytest.mark.parametrize("page", [WHOLE_PAGE, PHONE], indirect=True, ids=["wide", "phone"])
FOLLOWED = re.compile(r"convolution1, map 3, row \d+, column \d+: ", re.IGNORECASE)


@pytest.fixture
def page(request, browser: Browser, app_address: str):
    """The Inside page of `quick`, with nothing drawn."""
    size = getattr(request, "param", WHOLE_PAGE)
    with new_page(browser, f"{app_address}/inside?model=quick", size) as page:
        expect(page.get_by_text("Nothing is drawn yet")).to_be_visible(timeout=30_000)
        settle(page)
        yield page


@on_both
def test_a_drawing_goes_through_the_network_and_any_number_in_it_can_be_followed(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Draw a digit from 0 to 9")).to_be_visible()
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
    settle(page)
    follow = page.get_by_role("button", name=re.compile(r"^map \d+ at ")).first
    follow.click()
    expect(page.get_by_text(re.compile("^Convolution3, map "))).to_be_visible(timeout=30_000)
    fits(page)


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
        settle(page)
        page.get_by_role("link", name="Look inside the network").click()
        expect(page.get_by_role("heading", name="What happens inside the network?")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("This is your drawing.")).to_be_visible(timeout=30_000)
        expect(answer(page).first).to_have_text("7")


def test_the_example_can_be_drawn_on_and_undone_and_leaves_the_draw_page_empty(page: Page) -> None:
    across = [[(0.0, 0.0), (1.0, 0.0)]]
    draw(page, across, left=80, top=140, size=120)
    expect(page.get_by_text("This is your drawing.")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Nothing is drawn yet")).to_be_visible()  # the 2 is read with the stroke, too
    expect(answer(page).first).to_have_text("2")
    page.reload()
    expect(page.get_by_text("Nothing is drawn yet")).to_be_visible()
    page.get_by_role("link", name="Draw").click()
    expect(page.get_by_role("heading", name="What digit did I draw?")).to_be_visible()
    settle(page)
    expect(answer(page)).to_have_text("?")
    page.get_by_role("link", name="Inside").click()
    expect(page.get_by_text("Nothing is drawn yet")).to_be_visible()
    expect(answer(page).first).to_have_text("2")


@pytest.mark.parametrize(
    ("model", "size"), [("quick", DESK), ("accurate", PHONE), ("classic", DESK), ("classic", PHONE)]
)
def test_what_a_press_explains_is_in_sight_and_so_is_what_was_pressed(
    browser: Browser, app_address: str, size: ViewportSize, model: str
) -> None:
    with new_page(browser, f"{app_address}/inside?model={model}&from=Example&example=3", size) as page:
        groups = page.get_by_role("group", name=re.compile(" parameters"))
        expect(page.locator(".st-key-explained")).to_have_count(1)
        settle(page)
        layers = [0]
        if model != "classic":
            expect(groups.first).to_be_visible()
            layers = [0, groups.count() // 2, groups.count() - 1]
        for layer in [*layers, *reversed(layers)]:  # what stands above goes away, or is put there
            if model == "classic":
                pressed = page.get_by_role("button", name=re.compile("^hidden1, node 0: "))
            else:
                pressed = groups.nth(layer).get_by_role("button").first
            pressed.click()
            expect(pressed).to_have_attribute("aria-pressed", "true")
            settle(page)
            expect(page.locator(".st-key-explained")).to_have_count(1)
            expect(page.locator(".st-key-explained p").first).to_be_in_viewport(ratio=1)
            expect(pressed).to_be_in_viewport(ratio=0.99)


@pytest.mark.parametrize(("model", "size"), [("quick", PHONE), ("classic", DESK)])
def test_an_input_that_is_followed_further_back_is_in_sight(
    browser: Browser, app_address: str, size: ViewportSize, model: str
) -> None:
    with new_page(browser, f"{app_address}/inside?model={model}&from=Example&example=3", size) as page:
        explained = page.locator(".st-key-explained")
        for layer in {"quick": ["Convolution3", "Convolution2"], "classic": ["Hidden4", "Hidden3"]}[model]:
            explained.get_by_role("button", name=re.compile(r"^(map|neuron) \d+")).last.click()
            title = explained.get_by_text(re.compile(f"^{layer}, "))
            expect(title).to_be_visible()
            settle(page)
            expect(title).to_be_in_viewport(ratio=1)


@on_both
def test_a_page_that_opens_does_not_scroll(page: Page) -> None:
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0


def test_a_finger_can_aim_at_every_place(browser: Browser, app_address: str) -> None:
    context = new_visitor(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()

    def boxes(buttons: Locator) -> list[list[float]]:
        """Return the place and size of each on the screen."""
        return buttons.evaluate_all(
            "all => all.map(each => each.getBoundingClientRect()).map(box => [box.x, box.y, box.width, box.height])"
        )

    def smallest(buttons: Locator) -> float:
        return min(min(width, height) for _, _, width, height in boxes(buttons))

    page.goto(f"{app_address}/inside?model=accurate&from=Example&example=3")
    tiles = page.get_by_role("group", name=re.compile("^convolution5: ")).get_by_role("button")
    expect(tiles).to_have_count(128)
    settle(page)
    assert smallest(tiles) >= 24
    first = page.get_by_role("group", name=re.compile("^convolution1: ")).get_by_role("button")
    first.nth(5).tap()
    cells = page.get_by_role("group", name="Map 5 of convolution1").get_by_role("button")
    expect(cells).to_have_count(26 * 26)
    settle(page)
    assert smallest(cells) >= 24
    cells.nth(3 * 26 + 4).tap()
    expect(page.get_by_text(re.compile("^Convolution1, map 5, row 3, column 4: "))).to_be_in_viewport()
    fits(page)

    page.goto(f"{app_address}/inside?model=mlp-plus&from=Example&example=3")
    nodes = page.get_by_role("button", name=re.compile("^(hidden.*, node|Answer) "))
    expect(nodes).to_have_count(26 + 26 + 10)
    settle(page)
    assert smallest(nodes) >= 24
    middles = [(x + width / 2, y + height / 2) for x, y, width, height in boxes(nodes)]
    assert min(max(abs(x - u), abs(y - v)) for (x, y), (u, v) in combinations(middles, 2)) >= 24
    context.close()


def test_the_same_digit_can_be_poked_at_and_flipped(page: Page, app_address: str) -> None:
    page.goto(f"{app_address}/inside?model=quick&view=Change%20the%20pixels")
    expect(page.get_by_text("Paint on the digit or change it until the answer flips.")).to_be_visible(timeout=30_000)
    settle(page)
    page.get_by_role("button", name="Erase all").click()
    expect(answer(page).last).to_have_text("?", timeout=30_000)
    expect(answer(page).first).to_have_text("2")  # what was drawn is as it was
    settle(page)
    page.get_by_role("radio", name="Smallest change").click()
    settle(page)
    page.get_by_role("button", name=re.compile("^Find a change that makes it a")).click()
    for title in ("A change you can see (counterfactual)", "A change you hardly see (adversarial)"):
        expect(page.get_by_role("img", name=f"{title}: the difference")).to_be_visible(timeout=60_000)


SLOW_INDEX = """
import time
from pathlib import Path

from ui.services import insights


def has_index(_):
    if not Path("begun").exists():
        return False
    Path("asked").touch()
    while not Path("pressed").exists():
        time.sleep(0.02)
    return True


insights.has_index = has_index
with Path("runs").open("a") as runs:
    runs.write("of the whole page\\n")
"""


@pytest.mark.usefixtures("mnist_train")
def test_as_the_training_digits_become_known_no_press_is_lost_and_nothing_else_runs_again(
    browser: Browser, tmp_path: Path
) -> None:
    copy = copy_app(tmp_path / "app")
    (copy / "streamlit_app.py").write_text(SLOW_INDEX + (copy / "streamlit_app.py").read_text())
    with served(copy) as app:
        page = take_tab(browser, WHOLE_PAGE)
        with page.expect_websocket() as socket:
            page.goto(f"{app}/inside?model=classic&view=Similar%20digits")
        expect(page.get_by_text("looking through the 60,000 training digits")).to_be_visible()
        settle(page)
        runs = (copy / "runs").read_text()
        (copy / "begun").touch()
        wait_for((copy / "asked").exists)
        with socket.value.expect_event("framesent"):
            page.get_by_role("button", name="Clear").click()
        (copy / "pressed").touch()
        expect(page.get_by_text("Draw a digit from 0 to 9")).to_be_visible()
        expect(page.get_by_text("Most similar training digits")).to_have_count(0)
        settle(page)
        assert (copy / "runs").read_text() == runs
        page.close()


@pytest.mark.usefixtures("mnist_test")
def test_a_misread_test_digit_leads_inside(browser: Browser, app_address: str) -> None:
    with new_page(browser, f"{app_address}/mistakes?model=quick&digit=18", WHOLE_PAGE) as page:
        page.get_by_role("link", name="Look inside").click(timeout=30_000)
        expect(page.get_by_text("Test digit 18, a 3.")).to_be_visible(timeout=30_000)
        expect(page.get_by_text(re.compile("^convolution3$"))).to_be_visible(timeout=30_000)
