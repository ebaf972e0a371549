"""The Models page in a real browser: a model is taken away, given back, and refused where it is none."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.serving import CHROMIUM, copy_app, served
from mnist_core.model.prediction import probabilities
from mnist_core.store.models import load_model
from mnist_core.store.zip_archive import zip_model
from mnist_core.synthetic.generate import synthetic_digits
from tests.support.browsing import PHONE, WHOLE_PAGE, fits, new_page, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the app, whose models may change: `classic` and `quick`."""
    copy = copy_app(tmp_path_factory.mktemp("app"))
    for name in ("accurate", "characters", "mlp-plus"):
        shutil.rmtree(copy / "models" / name)
    return copy


@pytest.fixture(scope="module")
def address(workshop: Path) -> Iterator[str]:
    """The address of its Models page."""
    with served(workshop) as address:
        yield f"{address}/models"


def is_ready(page: Page, table: str = "All models") -> None:
    """Wait until all that can be known is said."""
    expect(page.get_by_role("table", name=table, exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="Add a model")).to_be_visible(timeout=30_000)
    settle(page)


def give(page: Page, content: bytes, name: str = "model.zip") -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "application/zip", "buffer": content})


@pytest.mark.slow
def test_the_page_fits_a_phone_and_its_choice_is_in_the_address(browser: Browser, address: str) -> None:
    with new_page(browser, f"{address}?models=classic&models=quick", PHONE) as page:
        is_ready(page)
        expect(page.get_by_role("heading", name="classic", exact=True)).to_be_visible()
        expect(page.get_by_role("heading", name="quick", exact=True)).to_be_visible()
        expect(page.get_by_text(re.compile("of 2,000 read"))).to_have_count(2, timeout=60_000)
        for container in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
            assert page.evaluate(f"{container}.scrollWidth <= {container}.clientWidth")
        names = page.get_by_role("table", name="All models").locator("td:first-child")
        assert names.all_inner_texts() == ["quick", "classic"]  # the best first
        page.get_by_role("button", name="Remove classic").click()
        expect(page.get_by_role("heading", name="classic", exact=True)).to_have_count(0)
        expect(page.get_by_role("heading", name="quick", exact=True)).to_be_visible()
        expect(page).to_have_url(re.compile(r"models=quick$|/models$"))


@pytest.mark.slow
def test_names_are_whole_and_nothing_is_cut_off_between_a_phone_and_a_desktop(
    browser: Browser, app_address: str
) -> None:
    four = "&".join(f"models={name}" for name in ("accurate", "classic", "mlp-plus", "quick"))
    with new_page(browser, f"{app_address}/models?{four}", WHOLE_PAGE) as page:
        is_ready(page, "Digits")  # beside it there is one of letters
        expect(page.get_by_text(re.compile("of 2,000 read"))).to_have_count(4, timeout=120_000)
        table = page.get_by_role("table", name="Digits", exact=True)
        for width in (641, 704, 768, 900, 1024, 1100, 1280):
            page.set_viewport_size({"width": width, "height": 1000})
            fits(page)
            settle(page)
            name = page.get_by_role("cell", name="mlp-plus", exact=True)
            assert name.bounding_box()["height"] < 45, width  # one line
            assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth"), width


@pytest.mark.slow
def test_the_program_that_is_downloaded_answers_as_the_model_does(browser: Browser, address: str) -> None:
    with new_page(browser, f"{address}?models=quick", WHOLE_PAGE) as page:
        is_ready(page)
        with page.expect_download(timeout=180_000) as arriving:
            page.get_by_role("button", name="ONNX model").click()
        assert arriving.value.suggested_filename == "quick.onnx"
        session = onnxruntime.InferenceSession(arriving.value.path().read_bytes(), providers=["CPUExecutionProvider"])
        digits = synthetic_digits(20, seed=6)
        (answers,) = session.run(None, {"digits": digits.images})
        assert np.abs(answers - probabilities(load_model("quick"), digits.pixels)).max() < 1e-5


def test_a_model_is_taken_away_and_given_back_under_another_name(
    browser: Browser, address: str, workshop: Path
) -> None:
    with new_page(browser, f"{address}?models=quick", WHOLE_PAGE) as page:
        is_ready(page)
        with page.expect_download() as arriving:
            page.get_by_role("button", name="Whole folder (zip)").click()
        give(page, arriving.value.path().read_bytes(), "quick.zip")
        expect(page.get_by_text("It holds quick: 99.32 % of the test digits, as it says")).to_be_visible(timeout=30_000)
        expect(page.get_by_label("Name")).to_have_value("quick-2")
        settle(page)
        page.get_by_role("button", name="Add it").click()
        expect(page.get_by_text("quick-2 was added.")).to_be_visible(timeout=30_000)
        expect(page.get_by_role("heading", name="quick-2", exact=True)).to_be_visible()
        ours, theirs = workshop / "models" / "quick", workshop / "models" / "quick-2"
        for file in ("weights.safetensors", "history.jsonl", "evaluation.json", "probabilities.safetensors"):
            assert (theirs / file).read_bytes() == (ours / file).read_bytes()
        settle(page)
        page.get_by_role("button", name="Draw with it").last.click()
        expect(page.get_by_role("heading", name="What digit did I draw?")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("quick-2 answers.")).to_be_visible(timeout=30_000)
    shutil.rmtree(theirs)


def test_a_picture_in_a_zips_words_is_not_fetched(browser: Browser, address: str) -> None:
    content = BytesIO()
    with ZipFile(content, "w") as file:
        file.writestr(
            "quick/card.json", json.dumps({"format": "![x](http://a.test/x.png) :red[y] $z$ `q` _i_ www.a.test"})
        )
        file.writestr("quick/weights.safetensors", b"")
    with new_page(browser, address, WHOLE_PAGE) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        is_ready(page)
        give(page, content.getvalue())
        alert = page.get_by_role("alert").filter(has_text="card.json has format")
        expect(alert).to_be_visible(timeout=30_000)
        said = alert.inner_text().replace("\u2060", "")
        assert "'![x](http://a.test/x.png) :red[y] $z$ `q` _i_ www.a.test', expected 1." in said
        assert alert.locator("img, a, code, em, .katex").count() == 0
        assert not [url for url in asked if "a.test" in url]


def test_a_bad_zip_is_refused_with_a_sentence_and_a_good_one_may_follow(
    browser: Browser, address: str, workshop: Path
) -> None:
    content = BytesIO()
    with ZipFile(content, "w") as file:
        file.writestr("quick/weights.pt", b"a pickle")
    with new_page(browser, address, WHOLE_PAGE) as page:
        is_ready(page)
        give(page, content.getvalue())
        refusal = page.get_by_text("The zip holds 'quick/weights.pt', which is no file of a model")
        expect(refusal).to_be_visible(timeout=30_000)
        assert sorted(path.name for path in (workshop / "models").glob("*/")) == ["classic", "quick"]
        settle(page)
        page.get_by_role("button", name=re.compile("Remove")).last.click()
        expect(refusal).to_have_count(0)
        give(page, zip_model("classic"))
        expect(page.get_by_text("It holds classic")).to_be_visible(timeout=30_000)
