"""Pressed twice, as people do: each thing is done once, and what comes under the pointer meanwhile is not pressed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.serving import CHROMIUM, copy_app, served
from mnist_core.recipe import preset
from mnist_core.store.bin import list_bin
from mnist_core.store.runs import State, create_run, end_run, list_runs
from mnist_core.store.zip_archive import zip_model
from tests.support.browsing import PHONE, WHOLE_PAGE, new_page, settle

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the app, with runs to delete."""
    copy = copy_app(tmp_path_factory.mktemp("app"))
    for number, name in enumerate(("third", "second", "first")):
        created = f"2999-01-0{number + 1}T12:00:00+00:00"  # the first is the newest, so the page offers it
        run = create_run(name, "quick", preset("quick"), copy / "models", threads=1, created=created)
        shutil.copy(copy / "models" / "classic" / "history.jsonl", run.folder / "history.jsonl")
        end_run(run, State.STOPPED, "at step 1")
    return copy


@pytest.fixture(scope="module")
def address(app: Path) -> Iterator[str]:
    """Where it is served."""
    with served(app) as address:
        yield address


def aim(page: Page, button: Locator) -> None:
    """Hold the pointer over a button that has come to rest."""
    expect(button).to_be_enabled()
    settle(page)  # opening a pop-over runs the page, too
    button.hover()  # waits until a pop-over has come to rest


def press_twice(page: Page, pause: float) -> None:
    """Press a place twice, whatever stands there the second time."""
    for rest in (pause, 0):
        page.mouse.down()
        page.mouse.up()
        page.wait_for_timeout(rest)  # what a person does is tested here, and no wait for the page
    settle(page)


def wait_until_drawn(page: Page) -> None:
    """Wait until nothing above the tools of a run will change its height any more."""
    expect(page.get_by_text("Measuring how long")).to_have_count(0, timeout=120_000)
    expect(page.locator(".js-plotly-plot .legend, .js-plotly-plot .xtick").first).to_be_attached()
    expect(page.get_by_role("region", name="All runs")).to_be_visible()
    settle(page)


def unfinished(app: Path) -> list[str]:
    return [run.name for run in list_runs(app / "models") if run.folder.parent.name == ".runs"]


# Milliseconds after the first press: while it is answered, and once another page is shown.
@pytest.mark.parametrize(("pause", "size"), [(100, WHOLE_PAGE), (400, PHONE), (600, WHOLE_PAGE)])
def test_one_run_is_deleted_named_and_brought_back(browser: Browser, address: str, app: Path, pause, size) -> None:
    with new_page(browser, f"{address}/training", size) as page:
        wait_until_drawn(page)
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text("Delete the unfinished run first, its weights and its history?")).to_be_visible()
        aim(page, page.get_by_role("button", name="Delete it"))
        press_twice(page, pause)
        expect(page.get_by_text("first was deleted.")).to_be_visible()
        expect(page.get_by_role("button", name="Delete it")).to_have_count(0)  # the pop-over has closed
        assert unfinished(app) == ["second", "third"]
        assert [binned.name for binned in list_bin(app / "models")] == ["first"]
        expect(page.get_by_role("combobox", name="Run", exact=True)).to_have_value("second")
        expect(page.get_by_role("button", name="Remove second")).to_be_visible()  # its curves are shown now
        settle(page)
        page.wait_for_timeout(1000)  # a person reads it; sooner, it is taken for the second press of a double click
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.get_by_text("first is back.")).to_be_visible()
        expect(page.get_by_role("button", name="Undo", exact=True)).to_have_count(0)
        assert unfinished(app) == ["first", "second", "third"]


def test_a_pop_over_that_is_open_does_not_turn_to_another_run(browser: Browser, address: str, app: Path) -> None:
    """Another tab deletes the run that this one asks about."""
    with new_page(browser, f"{address}/training", WHOLE_PAGE) as page:
        wait_until_drawn(page)
        page.get_by_role("button", name="Delete", exact=True).click()
        press = page.get_by_role("button", name="Delete it")
        aim(page, press)  # before the run goes: what runs the page after that closes the pop-over
        shutil.move(app / "models" / ".runs" / "first", app / "elsewhere")
        press_twice(page, 400)
        expect(page.get_by_text("'first' is gone already.")).to_be_visible()
        expect(press).to_have_count(0)
        assert unfinished(app) == ["second", "third"]
        shutil.move(app / "elsewhere", app / "models" / ".runs" / "first")


@pytest.mark.parametrize("pause", [100, 600])
def test_one_model_is_added_from_a_zip(browser: Browser, address: str, app: Path, pause) -> None:
    with new_page(browser, f"{address}/models?models=quick", WHOLE_PAGE) as page:
        file = {"name": "quick.zip", "mimeType": "application/zip", "buffer": zip_model("quick", app / "models")}
        page.locator("input[type=file]").set_input_files(file)
        aim(page, page.get_by_role("button", name="Add it"))
        press_twice(page, pause)
        expect(page.get_by_role("heading", name="quick-2", exact=True)).to_be_visible()
        expect(page.get_by_text("Which model is best?")).to_be_visible()
        expect(page.get_by_text("called 'quick-2' already")).to_have_count(0)
    assert {path.name for path in (app / "models").glob("quick*")} == {"quick", "quick-2"}
    shutil.rmtree(app / "models" / "quick-2")
