"""Whatever strangers write, the browser asks nothing of another machine: addresses, folders, cards, zips, typed names.

A page with an address is all that a stranger needs to send, and a zip or a shared folder of models all that one needs
to give.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocket, expect

from benchmarks.serving import CHROMIUM, copy_app, served
from mnist_core.model.card import card_from_json
from mnist_core.recipe import preset
from mnist_core.store import training_lock
from mnist_core.store.runs import State, create_run, end_run
from tests.support.browsing import WHOLE_PAGE, new_visitor, settle
from tests.support.places import PROJECT
from ui.receiving import MAX_ADDRESS

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]

HOST = "stranger.example"
PAYLOADS = {  # as short as they can be, for what an address says is shown up to 40 letters
    "picture": f"![a](http://{HOST}/1)",
    "picture of any scheme": f"![a](//{HOST}/2)",
    "picture by reference": f"![a]\n\n[a]: http://{HOST}/3",
    "link": f"[a](http://{HOST}/4)",
    "autolink": f"<http://{HOST}/5>",
    "bare address": f"www.{HOST}/6",
    "img": f"<img src=//{HOST}/7>",
    "iframe": f"<iframe src=//{HOST}/8>",
    "svg": f"<svg><image href=//{HOST}/9>",
    "style": f"<style>@import '//{HOST}/10'",
    "style of an element": f"<p style=background:url(//{HOST}/11)>",
    "script": f"<script src=//{HOST}/12>",
    "leaving": f"<meta http-equiv=refresh content=0;//{HOST}/13>",
    "LaTeX": f"$\\includegraphics{{//{HOST}/14}}$",
    "LaTeX link": f"$\\href{{//{HOST}/15}}a$",
    "icon": ":material/home: :streamlit: :smile:",
    "colour": ":red[a] :blue-badge[b]",
    "data": "![a](data:image/svg+xml,<svg/>)",
    "out of an attribute": f"'\"><img src=//{HOST}/16>",
    "out of a code span": f"`![a](http://{HOST}/17)`",
}
IN_A_NAME = f"![a](https:{HOST}) <img src=https:{HOST}> `b` $x$ :streamlit:"  # of a file: without a slash
ALL = " ".join(PAYLOADS.values())
IN_A_LINE = " ".join(ALL.split())  # as a card must have it
PAGES = ("", "inside", "training", "train", "mistakes", "mine", "models")
PARAMETERS = (
    *("model", "pick", "drawing", "from", "digit", "example", "view", "beside", "show", "true", "read", "order"),
    *("sure", "more", "models", "unheard-of", "runs", "latest", "axis", "log", "smoothing", "filter"),
)
ELSEWHERE = """() => [...document.querySelectorAll("[href], [src]")].map(each => each.href || each.src)
    .filter(url => typeof url === "string" && /^https?:/.test(url) && new URL(url).host !== location.host)"""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the app whose folder of models is full of what strangers wrote."""
    copy = copy_app(tmp_path_factory.mktemp("app"))
    models = copy / "models"
    for name in ("accurate", "mlp-plus", "quick"):
        shutil.rmtree(models / name)
    card = json.loads((models / "classic" / "card.json").read_text())
    plant_model(
        models / "noted",
        card | {"name": "noted", "note": IN_A_LINE[:500], "device": IN_A_LINE[:500], "precision": IN_A_LINE[:90]},
    )
    plant_model(models / IN_A_NAME, card)
    plant_model(models / "line\nbreak", card)
    for number, odd in enumerate(
        (
            {"name": IN_A_LINE[:400]},
            {"preset": IN_A_LINE[:400]},
            {"format": IN_A_LINE[:400]},
            {IN_A_LINE[:400]: 1},
            {"recipe": {IN_A_LINE[:400]: 1}},
            {"created": IN_A_LINE[:400]},
            {"note": "\x00" + IN_A_LINE[:400]},
        )
    ):
        plant_model(models / f"odd-{number}", card | odd)
    recipe = preset("classic", epochs=1)
    end_run(create_run("failed", "classic", recipe, models), State.FAILED, ALL)
    stopped = create_run("stopped", "classic", recipe, models)
    end_run(stopped, State.STOPPED, PAYLOADS["picture"])
    (stopped.folder / "history.jsonl").write_text(json.dumps({"kind": ALL}) + "\n")
    for name, values in (("run-1", {ALL: 1}), ("run-2", {"preset": ALL}), (IN_A_NAME, {})):
        folder = models / ".runs" / name
        folder.mkdir()
        record = json.loads((stopped.folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps(record | values))
    (models / ".bin" / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-model-{IN_A_NAME}").mkdir(parents=True)
    return copy


def plant_model(folder: Path, card: dict[str, object]) -> None:
    """Make the folder of a model with that card."""
    shutil.copytree(PROJECT / "models" / "classic", folder)
    (folder / "card.json").write_text(json.dumps(card))


@pytest.fixture(scope="module")
def address(workshop: Path) -> Iterator[str]:
    """Where it is served, without the MNIST digits, so that it is the same on every machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_DATA", str(workshop / "data"))
        with served(workshop) as address:
            yield address


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A tab that heeds not what the server lets pages load: that is a second wall, and here the first one counts."""
    page = new_visitor(browser, viewport=WHOLE_PAGE, bypass_csp=True).new_page()
    yield page
    page.context.close()


@contextmanager
def nothing_leaves(page: Page) -> Iterator[None]:
    """Keep every request within the machine; fail where one was meant for another, or a link leads there."""
    asked: list[str] = []
    outside = re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1:)")

    def stop(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    def note(socket: WebSocket) -> None:
        if outside.match(socket.url):
            asked.append(socket.url)

    page.route(outside, stop)
    page.on("websocket", note)
    yield
    page.unroute(outside)
    page.remove_listener("websocket", note)
    assert asked == []
    assert page.evaluate(ELSEWHERE) == []
    assert page.url.startswith("http://127.0.0.1:")


def as_typed(words: str) -> re.Pattern[str]:
    """What matches words that are shown letter by letter, though signs that nobody sees keep them from being links."""
    return re.compile("\u2060?".join(map(re.escape, words)))


def visit(page: Page, address: str) -> None:
    """Open a page, and wait until it has shown all."""
    page.goto(address)
    settle(page)
    expect(page.locator("h1, [role=dialog]").first).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.evaluate("() => new Promise(done => requestIdleCallback(() => requestAnimationFrame(done)))")  # all is drawn


def test_the_parameters_are_all_that_pages_look_for():
    found = set()
    for path in [*PROJECT.glob("pages/*.py"), *PROJECT.glob("ui/**/*.py")]:
        tree = ast.parse(path.read_text())
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            keys: list[ast.AST] = []
            if isinstance(node, ast.Call):
                named = {keyword.arg: keyword.value for keyword in node.keywords}
                function = ast.unparse(node.func)
                if "bind" in named:
                    keys = [named["key"]]
                elif function.endswith("_address") or function in ("follow_former", "st.query_params.get"):
                    keys = node.args[:1]
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "st.query_params":
                keys = [node.slice]
            for key in keys:
                value = key.value if isinstance(key, ast.Constant) else constants.get(ast.unparse(key))
                found |= {value} if isinstance(value, str) else set()
    assert len(found) > 12
    assert found <= {*PARAMETERS}


@pytest.mark.parametrize("name", PAGES)
def test_no_address_makes_the_browser_ask_elsewhere(page, address, name, is_long):
    parts = [PARAMETERS[first : first + 8] for first in reversed(range(0, len(PARAMETERS), 8))]  # the model's last
    loads = [dict.fromkeys(part, ALL) for part in parts]  # all at once are not let in
    assert all(len(urlencode(load)) < MAX_ADDRESS for load in loads)
    if is_long:  # every payload in every parameter, each in all its length
        words = [*PAYLOADS.values()]
        loads[:0] = [
            {each: words[(turn + place) % len(words)] for place, each in enumerate(PARAMETERS)}
            for turn in range(len(words))
        ]
    for load in loads:
        with nothing_leaves(page):
            visit(page, f"{address}/{name}?{urlencode(load)}")
    if name in ("inside", "mistakes"):
        said = page.get_by_test_id("stAlert").filter(has_text="The address asks for")
        expect(said.first).to_contain_text(as_typed(f"model = '{PAYLOADS['picture']}"))


def test_no_unheard_of_page_does(page, address):
    with nothing_leaves(page):
        visit(page, f"{address}/{quote(IN_A_NAME)}?{urlencode({IN_A_NAME: ALL})}")


def test_what_lies_among_the_models_is_shown_as_it_was_written(page, address):
    with nothing_leaves(page):
        visit(page, f"{address}/models?models=noted&models=classic")
        everything = page.get_by_test_id("stMain")
        expect(everything).to_contain_text(as_typed(PAYLOADS["picture"]))  # of the note
        visit(page, f"{address}/training")
        expect(everything).to_contain_text(as_typed("failed failed. " + PAYLOADS["picture"]))
        expect(everything).to_contain_text(as_typed(f"{IN_A_NAME} is unreadable."))
        page.get_by_role("button", name="Bin (1)").click()
        expect(page.get_by_text("Deleted or replaced")).to_be_visible()
        page.keyboard.press("Escape")


def visit_form(page: Page, address: str) -> None:
    """Open the Train page, where it needs no digits that are not here."""
    visit(page, f"{address}/training")
    page.get_by_role("button", name="Learn from synthetic digits").click()
    expect(page.get_by_text("It learns from synthetic digits")).to_be_visible()
    settle(page)


def test_the_names_that_are_typed_are_repeated_as_typed(page, address):
    with nothing_leaves(page):
        visit_form(page, address)
        for words in (PAYLOADS["picture"], PAYLOADS["img"]):
            name = page.get_by_label("Name", exact=True)
            name.fill(words)
            name.press("Enter")
            settle(page)
            page.get_by_role("button", name="Train", exact=True).click()
            said = page.get_by_test_id("stAlert").filter(has_text="cannot be a model's name")
            expect(said).to_contain_text(as_typed(f"'{words}' cannot be a model's name"))


def test_a_training_elsewhere_is_named_only_where_that_can_be_a_name(page, address, workshop):
    with training_lock.hold("x", workshop / "other"), nothing_leaves(page):
        visit_form(page, address)
        said = page.get_by_test_id("stAlert").filter(has_text="is running on this machine")
        expect(said).to_contain_text("A training of 'x' is running")
        expect(said).not_to_contain_text(str(workshop))
        note = training_lock.lock_folder() / "training.json"
        note.write_text(json.dumps(json.loads(note.read_text()) | {"name": PAYLOADS["picture"]}))
        visit_form(page, address)
        expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
        expect(said).to_have_count(0)


def test_a_zip_is_refused_in_words_that_ask_nothing(page, address):
    card = card_from_json((PROJECT / "models" / "classic" / "card.json").read_text())
    weights = (PROJECT / "models" / "classic" / "weights.safetensors").read_bytes()
    good = replace(card, name="given", note=IN_A_LINE[:500]).to_json()
    with nothing_leaves(page):
        visit(page, f"{address}/models")
        for member, text, said in (
            (f"x/{PAYLOADS['picture']}", good, "outside its folder"),
            (f"x/{IN_A_NAME}", good, "outside its folder"),
            ("x/card.json", json.dumps(json.loads(good) | {"name": PAYLOADS["picture"]}), PAYLOADS["picture"]),
        ):
            packed = BytesIO()
            with ZipFile(packed, "w") as file:
                file.writestr(member, text)
                file.writestr("x/weights.safetensors", weights)
            given = {"name": f"{IN_A_NAME}.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
            page.get_by_test_id("stFileUploader").locator("input").set_input_files(given)
            expect(page.get_by_test_id("stAlert").filter(has_text="Nothing of it was kept")).to_contain_text(
                as_typed(said)
            )
