"""The Training page as a visitor has it: a real browser, real digits, a training in its own process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM, PROJECT, copy_app, served
from mnist_core.data.mnist import mnist_is_here
from mnist_core.store.models import list_models, name_card
from mnist_core.store.runs import State, find_run, list_runs
from mnist_core.store.training_lock import holder
from tests.support.browsing import PHONE, SEVEN, WHOLE_PAGE, answer, draw, new_page, new_visitor, settle
from ui.theme import DARK, LIGHT, channels
from ui.widgets.double_press import DOUBLE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.data,  # the server shows and learns them
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.skipif(not mnist_is_here(), reason="needs the MNIST digits"),
]
PRESS_TRAIN_AT = """moment => {
    const buttons = () => [...document.querySelectorAll("button")]
    setTimeout(() => buttons().find(button => button.textContent.endsWith("Train"))?.click(), moment - Date.now())
}"""
SHIPPED = {path.name for path in (PROJECT / "models").glob("[!.]*")}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the app, in which trainings may leave what they like; one of its recipes takes hours."""
    copy = copy_app(tmp_path_factory.mktemp("app"))
    recipes = copy / "mnist_core" / "recipe.py"
    quick = recipes.read_text()
    assert quick.count("epochs=2,") == 1
    recipes.write_text(quick.replace("epochs=2,", "epochs=900,"))
    return copy


@pytest.fixture(scope="module")
def address(app: Path) -> Iterator[str]:
    """The address of its Training page."""
    with served(app) as address:
        yield f"{address}/training"


@pytest.fixture
def workshop(app: Path) -> Iterator[Path]:
    """The copy with the shipped models alone; no training goes on after the test, and nothing is left of it."""
    yield app
    while running := holder():
        os.kill(running.pid, signal.SIGKILL)
        time.sleep(0.1)
    shutil.rmtree(app / "models" / ".runs", ignore_errors=True)
    for model in (app / "models").glob("[!.]*"):
        if model.name not in SHIPPED:
            shutil.rmtree(model)


@pytest.fixture
def page(browser: Browser, address: str, workshop: Path) -> Iterator[Page]:  # noqa: ARG001, for its end
    with new_page(browser, address, WHOLE_PAGE) as page:
        yield page


def press(page: Page, name: str) -> None:
    main = page.get_by_test_id("stMain")  # while a page runs, the header has a Stop of its own
    main.get_by_role("button", name=name, exact=True).click()


def set_number(page: Page, hyperparameter: str, value: str) -> None:
    box = page.get_by_role("spinbutton", name=hyperparameter)
    box.fill(value)
    box.press("Enter")


def choose_long_training(page: Page, epochs: int) -> None:
    page.get_by_role("radio", name="classic").click()
    expect(page.get_by_text("--recipe classic")).to_be_visible(timeout=60_000)  # the form is that of classic now
    settle(page)
    page.get_by_text("Settings (hyperparameters)", exact=True).click()
    set_number(page, "Epochs", str(epochs))
    expect(page.get_by_text(f"--epochs {epochs}")).to_be_visible(timeout=60_000)


def logged_steps(page: Page, more_than: int = 0) -> int:
    """How many points the loss curve has, once it has more than these; until it is plotted, a chart has no data."""
    enough = """least => {
        const points = document.querySelector(".js-plotly-plot")?.data?.[1]?.x.length
        return points > least && points
    }"""
    return page.wait_for_function(enough, arg=more_than).json_value()


def ranges(page: Page) -> list[list[float]]:
    """The ends of the chart's axes: steps, loss, accuracy."""
    code = """() => {
        const layout = document.querySelector(".js-plotly-plot")._fullLayout
        return [layout.xaxis, layout.yaxis, layout.yaxis2].map(axis => axis.range)
    }"""
    return page.evaluate(code)


def places_in_chart(page: Page) -> tuple[float, float, float, float]:
    """Where on the screen the plot of the loss is, once a drag would zoom it: left, top, width, height."""
    code = "() => document.querySelector('.js-plotly-plot')?._fullLayout?.dragmode === 'zoom'"
    page.wait_for_function(code, timeout=60_000)
    plot = page.locator(".js-plotly-plot .nsewdrag[data-subplot=xy]")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    return box["x"], box["y"], box["width"], box["height"]


def zoom(page: Page) -> None:
    """Drag over the middle of the loss, from a quarter to three quarters of either axis."""
    left, top, width, height = places_in_chart(page)
    page.mouse.move(left + width / 4, top + height / 4)
    page.mouse.down()
    page.mouse.move(left + width * 3 / 4, top + height * 3 / 4, steps=5)
    page.mouse.up()


def go(page: Page, title: str, question: str) -> None:
    page.get_by_role("link", name=title, exact=True).first.click()
    expect(page.get_by_role("heading", name=question)).to_be_visible(timeout=30_000)
    settle(page)


def test_a_training_is_started_watched_drawn_with_stopped_resumed_and_finished(page: Page, workshop: Path) -> None:
    models = workshop / "models"
    choose_long_training(page, 3)
    press(page, "Train")
    expect(page.get_by_text("classic-2 is learning")).to_be_visible(timeout=30_000)
    expect(page.get_by_text(re.compile(r"Epoch 1 of 3, step [\d,]+ of 2,580"))).to_be_visible(timeout=60_000)
    before = logged_steps(page)

    go(page, "Draw", "What digit did I draw?")  # another page, a reload, and drawing while it learns
    page.reload()
    expect(page.locator("canvas.upper-canvas")).to_be_visible(timeout=30_000)
    settle(page)
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("7")

    go(page, "Train", "How does it learn?")
    expect(page.get_by_text("classic-2 is learning")).to_be_visible()
    logged_steps(page, more_than=before)

    pressed = time.monotonic()
    press(page, "Stop")
    while holder():
        assert time.monotonic() - pressed < 30
        time.sleep(0.02)
    seconds = time.monotonic() - pressed
    expect(page.get_by_text(re.compile(r"classic-2 was stopped at step [\d,]+ of 2,580"))).to_be_visible()
    assert find_run("classic-2", models).state is State.STOPPED
    assert seconds < 10, "a busy machine may need longer than the two seconds that were measured, but not so long"

    settle(page)
    page.wait_for_timeout(DOUBLE * 1000)  # sooner, it would be taken for the second press of a double click
    press(page, "Resume")
    expect(page.get_by_text("classic-2 is learning")).to_be_visible(timeout=30_000)
    # It gives way to all else that runs: beside other tests a low priority gets what they leave.
    expect(page.get_by_text("classic-2 has finished training")).to_be_visible(timeout=600_000)
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    assert {card.name for card in list_models(models)} >= {"classic", "classic-2"}

    before = page.evaluate("history.length")
    page.get_by_role("link", name="Draw with it", exact=True).click()
    expect(page).to_have_url(re.compile("model=classic-2"))
    expect(page.get_by_text("classic-2 answers.")).to_be_visible(timeout=30_000)
    assert page.evaluate("history.length") == min(before + 1, 50)  # more is not kept
    page.go_back()
    expect(page.get_by_role("heading", name="How does it learn?")).to_be_visible(timeout=30_000)


@pytest.mark.usefixtures("workshop")
def test_on_a_phone_train_scrolls_once_to_what_it_started(browser: Browser, address: str) -> None:
    with new_page(browser, address, PHONE) as page:
        choose_long_training(page, 50)
        press(page, "Train")
        heading = page.get_by_role("heading", name="classic-2 is learning")
        expect(heading).to_be_in_viewport(timeout=60_000)
        page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
        expect(heading).not_to_be_in_viewport()
        logged_steps(page, more_than=logged_steps(page))  # it was drawn anew meanwhile, and stays where it is
        expect(heading).not_to_be_in_viewport()
        press(page, "Stop")
        expect(page.get_by_text("classic-2 was stopped")).to_be_visible(timeout=60_000)


def test_the_network_that_is_learning_can_be_drawn_with(page: Page) -> None:
    choose_long_training(page, 20)
    press(page, "Train")
    page.get_by_role("link", name="Draw with it while it learns").click(timeout=60_000)
    expect(page.get_by_text("It is not finished: in training")).to_be_visible(timeout=30_000)
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("7", timeout=30_000)
    go(page, "Train", "How does it learn?")
    press(page, "Stop")
    expect(page.get_by_text("classic-2 was stopped")).to_be_visible(timeout=30_000)


def test_a_training_survives_the_server_and_the_next_one_finds_it(
    browser: Browser, address: str, workshop: Path
) -> None:
    with served(workshop) as first, new_page(browser, f"{first}/training", WHOLE_PAGE) as page:
        choose_long_training(page, 50)
        press(page, "Train")
        expect(page.get_by_text("classic-2 is learning")).to_be_visible(timeout=30_000)
    assert holder() is not None
    with new_page(browser, address, WHOLE_PAGE) as page:
        expect(page.get_by_text("classic-2 is learning")).to_be_visible(timeout=30_000)
        press(page, "Stop")
        expect(page.get_by_text("classic-2 was stopped")).to_be_visible(timeout=30_000)


def test_tabs_that_press_at_once_make_one_training(
    browser: Browser, address: str, workshop: Path, request: pytest.FixtureRequest
) -> None:
    with ExitStack() as open_tabs:
        tabs = []
        for _ in range(request.config.getoption("--tabs")):
            tabs.append(open_tabs.enter_context(new_page(browser, address, WHOLE_PAGE)))
            expect(tabs[-1].get_by_role("button", name="Train", exact=True)).to_be_visible(timeout=120_000)
        now = time.time() * 1000
        for tab in tabs:  # all at one moment: a tab that had heard of another's training would have no button left
            tab.evaluate(PRESS_TRAIN_AT, now + 1000 + 200 * len(tabs))
        for tab in tabs:  # each press has been answered, and none can be pressed again
            expect(tab.get_by_role("button", name="Train", exact=True)).to_have_count(0, timeout=120_000)
        tabs[0].bring_to_front()
        tabs[0].reload()
        expect(tabs[0].get_by_text("is learning")).to_be_visible(timeout=120_000)
        made = [run for run in list_runs(workshop / "models") if run.name not in SHIPPED]
        for tab in tabs[1:]:  # what is left is to end it, and they draw its curves every second
            tab.close()
        press(tabs[0], "Stop")
        expect(tabs[0].get_by_text("was stopped at step")).to_be_visible(timeout=60_000)
        assert len(made) == 1


def test_a_zoom_stays_while_the_curves_grow_until_it_is_reset(page: Page) -> None:
    choose_long_training(page, 50)
    press(page, "Train")
    expect(page.get_by_text("classic-2 is learning")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("link", name="Draw with it while it learns")).to_be_visible(timeout=60_000)
    settle(page)  # with that link, the page was shown anew
    before = logged_steps(page)
    whole = ranges(page)
    zoom(page)
    (first, last), losses, _ = zoomed = ranges(page)
    assert [first, last] == pytest.approx([whole[0][1] / 4, whole[0][1] * 3 / 4], rel=0.02)
    assert losses[1] - losses[0] < 0.6 * (whole[1][1] - whole[1][0])
    more = logged_steps(page, more_than=before)
    more = logged_steps(page, more_than=more)
    assert ranges(page)[:2] == zoomed[:2]
    reset = page.get_by_role("button", name="Reset axes")
    reset.focus()
    page.keyboard.press("Enter")
    expect_whole_axis(page, whole[0])
    zoom(page)
    assert ranges(page)[0] != whole[0]
    left, top, width, height = places_in_chart(page)
    page.mouse.dblclick(left + width / 2, top + height / 2)
    expect_whole_axis(page, whole[0])
    press(page, "Stop")
    expect(page.get_by_text("classic-2 was stopped")).to_be_visible(timeout=60_000)


def expect_whole_axis(page: Page, whole: list[float]) -> None:
    code = "whole => String(document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range) === String(whole)"
    page.wait_for_function(code, arg=whole)


def make_twin(workshop: Path) -> None:
    """A second model with other curves."""
    models = workshop / "models"
    shutil.copytree(models / "classic", models / "twin")
    name_card(models / "twin", "twin")
    lines = (models / "twin" / "history.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    raised = [entry | ({"loss": entry["loss"] + 1} if entry["kind"] == "step" else {}) for entry in entries]
    (models / "twin" / "history.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in raised))


PALE = """() => {
    const nodes = [...document.querySelectorAll(".js-plotly-plot .scatterlayer .trace, .js-plotly-plot .traces")]
    const pale = nodes.filter(node => Number(getComputedStyle(node).opacity) < 0.2)
    return [nodes.length, pale.length, [...new Set(pale.map(node => node.__data__[0].trace.legendgroup))].join()]
}"""


def test_the_run_under_the_pointer_stands_out_in_all_charts_and_the_legend(
    browser: Browser, address: str, workshop: Path
) -> None:
    make_twin(workshop)
    with new_page(browser, f"{address}?runs=classic,twin", WHOLE_PAGE) as page:
        left, top, width, height = places_in_chart(page)
        expect_pale(page, [12, 0, ""])  # five lines each, and two names
        page.mouse.move(left + width / 2, top + height - 3)
        expect_pale(page, [12, 6, "twin"])
        page.mouse.move(left + width / 2, top + height * 0.4)
        expect_pale(page, [12, 6, "classic"])
        page.mouse.move(left + width / 2, top - 200)
        expect_pale(page, [12, 0, ""])
        page.locator(".js-plotly-plot .legend .traces").first.hover()
        expect_pale(page, [12, 6, "twin"])


def expect_pale(page: Page, wanted: list[object]) -> None:
    page.wait_for_function(f"wanted => String(({PALE})()) === String(wanted)", arg=wanted)


@pytest.mark.parametrize(("scheme", "ground"), [("light", LIGHT.ground), ("dark", DARK.ground)])
def test_the_chart_is_saved_as_a_picture_in_the_colours_of_the_page(
    browser: Browser, address: str, workshop: Path, tmp_path: Path, scheme: Literal["light", "dark"], ground: str
) -> None:
    make_twin(workshop)
    with new_page(browser, f"{address}?runs=classic,twin", WHOLE_PAGE) as page:
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(".js-plotly-plot .main-svg").first).to_have_css("background-color", css_colour(ground))
        places_in_chart(page)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download plot as a PNG").click()
        assert waiting.value.suggested_filename == "classic_twin.png"
        waiting.value.save_as(tmp_path / "chart.png")
        size = page.locator(".js-plotly-plot").bounding_box()
        page.emulate_media(color_scheme=None)
    with Image.open(tmp_path / "chart.png") as picture:
        assert size
        assert picture.size == pytest.approx((2 * size["width"], 2 * size["height"]), abs=2)
        assert picture.convert("RGBA").getpixel((3, 3)) == (*channels(ground), 255)


def css_colour(colour: str) -> str:
    return f"rgb({', '.join(map(str, channels(colour)))})"


@pytest.mark.usefixtures("workshop")
def test_a_finger_on_the_curves_scrolls_the_page(browser: Browser, address: str) -> None:
    visitor = new_visitor(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    page = visitor.new_page()
    page.goto(f"{address}?runs=classic")
    plot = page.locator(".js-plotly-plot .nsewdrag[data-subplot=xy]")
    plot.wait_for(timeout=60_000)
    settle(page)
    plot.scroll_into_view_if_needed()
    whole, box = ranges(page), plot.bounding_box()
    assert box
    fingers = visitor.new_cdp_session(page)
    for step in range(11):
        point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] - 10 - 20 * step}
        kind = "touchMove" if step else "touchStart"
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    is_above = "before => document.querySelector('.js-plotly-plot .nsewdrag').getBoundingClientRect().y < before - 100"
    page.wait_for_function(is_above, arg=box["y"])
    assert ranges(page) == whole
    visitor.close()
