"""The Training page as a visitor has it: a real browser, real digits, a training in its own process."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM, PROJECT, copy_app, served
from mnist_core.data.mnist import mnist_is_here
from mnist_core.store.models import list_models
from mnist_core.store.runs import State, find_run, list_runs
from mnist_core.store.training_lock import holder
from tests.support.browsing import PHONE, SEVEN, WHOLE_PAGE, answer, draw, new_page, settle
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
