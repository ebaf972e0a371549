"""Readable and usable for everybody: axe-core looks at every page, in each state, in light and in dark."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM, PROJECT, copy_app, served
from mnist_core.store.training_lock import hold
from tests.support.browsing import PHONE, SEVEN, WHOLE_PAGE, answer, draw, new_page, settle
from tests.support.drawing import seven_on_paper
from tests.support.trainings import save_unfinished
from ui.theme import DARK, LIGHT, contrast

AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.skipif(not AXE.exists(), reason="needs axe-core: npm ci"),
    pytest.mark.usefixtures("mnist_test"),  # the server shows them
]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOK = """async rules => {
    const { violations } = await axe.run({ resultTypes: ["violations"], runOnly: rules })
    return violations.flatMap(({ id, impact, nodes }) => nodes.map(node => [
        id, `${impact} ${id}: ${node.html.slice(0, 300)} | ${node.failureSummary.replace(/\\s+/g, " ")}`
    ]))
}"""
# In Streamlit's own widgets, where no theme, style or attribute of ours reaches; none of them is serious.
THEIRS = {
    "presentation-role-conflict": ["stFileUploaderDropzone"],  # a section that is named and has no role
    "region": ["stFloatingOverlayPortal", "stSkipToContent"],  # tooltips and a link that skips lie beside the landmarks
}
# What is renewed gets its colour back within a while; what turns for ever does not count.
HAS_FADED = """document.getAnimations().every(
    animation => animation.playState !== "running" || animation.effect.getComputedTiming().iterations === Infinity
)"""
Look = Callable[[str], None]
SCRIBBLE = [[(0.1, 0.1), (0.9, 0.9), (0.1, 0.9), (0.9, 0.1), (0.5, 0.0), (0.5, 1.0), (0.0, 0.5), (1.0, 0.5)]]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the app, whose models may change."""
    return copy_app(tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="module")
def address(workshop: Path) -> Iterator[str]:
    """Its address."""
    with served(workshop) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The Draw page, for one who wants nothing to move: what fades in has less contrast."""
    with new_page(browser, f"{address}/?model=quick", WHOLE_PAGE) as page:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        yield page
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")


@pytest.fixture
def look(page: Page) -> Iterator[Look]:
    """Look at a state of the page in both themes; what was found in any of them fails the test at its end."""
    found: dict[str, str] = {}

    def look(state: str) -> None:
        for theme in turn_over(page):
            for words in what_stays(page):
                found.setdefault(words, f"{state}, {theme}")

    yield look
    assert not found, "\n".join(f"{state}: {words}" for words, state in found.items())


def what_stays(page: Page) -> list[str]:
    """What axe finds at two looks: while a page runs anew, as it may at any time, what it has yet to renew is pale."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())  # a script tag is what the page's policy does not let run
    for _ in range(2):
        settle(page)
        expect(page.locator("[data-stale=true]")).to_have_count(0)
        page.wait_for_function(HAS_FADED)
        found = [
            words
            for rule, words in page.evaluate(LOOK, RULES)
            if not any(place in words for place in THEIRS.get(rule, ()))
        ]
        if not found:
            break
    return found


def turn_over(page: Page) -> Iterator[str]:
    """Give the theme that the page is in, then turn the system to the other one, which the page must follow."""
    first, second = ("dark", "light") if scheme(page) == "dark" else ("light", "dark")
    yield first
    page.emulate_media(color_scheme=second)
    page.wait_for_function(
        "text => getComputedStyle(document.documentElement).getPropertyValue('--text') === text",
        arg={"light": LIGHT, "dark": DARK}[second].text,
        timeout=60_000,
    )
    yield second


def scheme(page: Page) -> str:
    """The theme that the page is in."""
    return page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).colorScheme")


def go(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).click()
    settle(page)


def give(page: Page, name: str, kind: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": content})


def test_the_draw_page(page: Page, look: Look) -> None:
    look("empty")
    draw(page, SEVEN, left=60, top=40, size=180)
    expect(answer(page)).to_have_text("7")
    for view in ("Why this answer", "All models", "How robust"):
        choose(page, view)
        look(view)
    page.get_by_test_id("stBaseButton-secondary").filter(has_text="Clear").click()
    expect(answer(page)).to_have_text("?")
    draw(page, SCRIBBLE, left=20, top=20, size=230)
    expect(page.get_by_test_id("confidence")).to_have_text("Not a digit")
    look("not a digit")
    choose(page, "Use a picture")
    give(page, "seven.png", "image/png", seven_on_paper())
    expect(page.get_by_alt_text("Your picture")).to_be_visible()
    look("a picture")
    give(page, "none.png", "image/png", b"none")
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    page.set_viewport_size(PHONE)
    look("a picture that is none, on a phone")


@pytest.mark.parametrize("model", ["classic", "quick"])
def test_the_inside_page(page: Page, look: Look, address: str, model: str) -> None:
    go(page, f"{address}/inside?model={model}&from=Test+digit&digit=8")
    pressed = page.locator(".map, g[role=button]").nth(20)
    pressed.click()
    expect(pressed).to_have_attribute("aria-pressed", "true")
    look("a place is pressed")
    choose(page, "Pixels that matter")
    look("which pixels matter")
    choose(page, "Similar digits")
    expect(page.get_by_text("pixel by pixel")).to_be_visible(timeout=120_000)
    look("similar digits")
    choose(page, "Change the pixels")
    page.get_by_role("button", name="Turn left").click()
    expect(page.get_by_test_id("poked")).not_to_contain_text("until the answer flips")
    look("changed")
    choose(page, "Smallest change")
    page.locator(".st-key-flip-seek button").click()
    changed = page.get_by_role("img", name="A change you can see (counterfactual): the digit")
    expect(changed).to_be_visible(timeout=120_000)
    page.set_viewport_size(PHONE)
    look("the smallest change, on a phone")


def test_the_train_page(page: Page, look: Look, address: str, workshop: Path) -> None:
    models = workshop / "models"
    go(page, f"{address}/training")
    page.get_by_test_id("stExpander").locator("summary").first.click()
    expect(page.get_by_role("spinbutton", name="Epochs")).to_be_visible()
    look("the settings")
    run = save_unfinished(models, seed=0, step=60)
    go(page, f"{address}/training")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Delete it")).to_be_visible()
    look("interrupted, and about to be deleted")
    page.get_by_role("button", name="Delete it").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    look("deleted")
    undo.click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    with hold("half", models):
        go(page, f"{address}/training")
        expect(page.get_by_role("heading", name="half is learning")).to_be_visible()
        look("in training")
        shutil.copytree(models / "quick", models / "half")
        card = json.loads((models / "half" / "card.json").read_text())
        (models / "half" / "card.json").write_text(json.dumps(card | {"name": "half"}))
        shutil.rmtree(run.folder)
    expect(page.get_by_role("link", name="See its mistakes")).to_be_visible()
    page.set_viewport_size(PHONE)
    look("finished, on a phone")
    shutil.rmtree(models / "half")


def test_the_mistakes_page(page: Page, look: Look, address: str) -> None:
    for view in ("Digit by digit", "Confidence", "Map"):
        go(page, f"{address}/mistakes?model=classic&beside=quick&true=4&read=9&more={view.replace(' ', '+')}")
        expect(page.get_by_role("button", name=re.compile("Test digit .* 4 → 9")).first).to_be_visible()
        expect(page.locator(".js-plotly-plot")).to_have_count(2)
        look(view)
    go(page, f"{address}/mistakes?model=classic&show=all+digits&digit=947")  # its label is disputed, and it is unsure
    expect(page.get_by_role("dialog").get_by_text("What every model answers")).to_be_visible()
    look("a digit is open")
    page.get_by_role("button", name="Load on the canvas").click()
    expect(page.get_by_test_id("laid")).to_be_visible()
    look("the Draw page with it")
    go(page, f"{address}/mistakes?model=classic")
    expect(page.get_by_role("button", name=re.compile("^Test digit")).first).to_be_visible()
    page.set_viewport_size(PHONE)
    look("on a phone")


def test_the_mine_page(page: Page, look: Look, address: str) -> None:
    go(page, f"{address}/mine?model=classic")
    look("empty")
    page.get_by_role("button", name="Start a dictation").click()
    draw(page, SEVEN, left=60, top=40, size=180)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("is read as 7")).to_be_visible()
    look("a dictation")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name=re.compile("^Drawing 1: ")).click()
    expect(page.get_by_text("1 selected.")).to_be_visible()
    look("a drawing is selected")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    look("it is deleted")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=re.compile("^Drawing 1: "))).to_be_visible()
    settle(page)
    give(page, "none.jsonl", "application/jsonl", b"none")
    expect(page.get_by_text("1 line is no drawing")).to_be_visible()
    page.set_viewport_size(PHONE)
    look("a file that holds none, on a phone")


def test_the_models_page(page: Page, look: Look, address: str) -> None:
    go(page, f"{address}/models?models=quick")
    look("one model")
    go(page, f"{address}/models?models=quick&models=classic")
    page.get_by_test_id("stExpander").locator("summary").first.click()
    give(page, "none.zip", "application/zip", b"none")
    expect(page.get_by_text("Nothing of it was kept.")).to_be_visible()
    look("two models, and a zip that is none")
    page.set_viewport_size(PHONE)
    look("two models, on a phone")


def test_the_pages_without_a_model(page: Page, look: Look, address: str, workshop: Path) -> None:
    models = (workshop / "models").rename(workshop / "elsewhere")
    damaged = workshop / "models" / "damaged"
    damaged.mkdir(parents=True)
    (damaged / "card.json").write_text("{")
    for place in ("", "inside", "training", "mistakes", "mine", "models"):
        go(page, f"{address}/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look(f"/{place}")
    shutil.rmtree(workshop / "models")
    models.rename(workshop / "models")


RING = """element => {
    const ring = getComputedStyle(element)
    return element.matches("circle")
        ? [ring.stroke, parseFloat(ring.strokeWidth)] : [ring.outlineColor, parseFloat(ring.outlineWidth)]
}"""


@pytest.mark.parametrize(
    ("place", "focusable"),
    [
        ("mistakes?model=classic", [".grid button", ".cells button", ".st-key-cell-4-9 button"]),
        ("inside?model=classic&from=Example", ["g[role=button]"]),
        ("inside?model=quick&from=Example", [".map", ".digit.answer"]),  # the answer that is chosen
        ("inside?model=quick&from=Example&view=Change+the+pixels", ["canvas[role=application]"]),
    ],
)
def test_what_has_the_keyboards_focus_has_a_ring(page: Page, address: str, place: str, focusable: list[str]) -> None:
    go(page, f"{address}/{place}")
    for theme in turn_over(page):
        for focused in focusable:
            element = page.locator(focused).first
            expect(element).to_be_visible()
            page.keyboard.press("Tab")  # a ring is shown to those who use the keyboard
            element.focus()
            page.wait_for_function(HAS_FADED)
            circle = element.locator("circle").last
            colour, width = (circle if focused.startswith("g[") else element).evaluate(RING)
            red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
            assert width >= 2, (theme, focused)
            ground = {"light": LIGHT, "dark": DARK}[theme].ground
            assert contrast(f"#{red:02x}{green:02x}{blue:02x}", ground) >= 3, (theme, focused)


def test_the_buttons_that_change_a_digit_have_names_of_their_own(page: Page, address: str) -> None:
    go(page, f"{address}/inside?model=quick&from=Example&view=Change+the+pixels")
    for name in ("Shift left", "Shift up", "Shift down", "Shift right", "Turn left", "Turn right"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(1)
