"""How long does the Mistakes page need until the last of 200 misread digits is on the screen?

    python benchmarks/gallery.py [--rounds 5] [--save benchmarks/results/gallery.json]

Needs the MNIST digits and Chromium. Serves a copy of the app with a model that misreads exactly 200 test digits, and
takes the time inside the browser until the last tile is there and its picture decoded and painted:

- cold: the first visitor of a new server, with an empty browser cache;
- reload: the same visitor reloads the page;
- from Draw: the visitor comes from the Draw page through the menu, counted from the click.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import gallery
from benchmarks.serving import CHROMIUM, FLAGS, copy_app, served
from mnist_core.data.label_errors import DISPUTED_TEST_LABELS
from mnist_core.evaluation.metrics import Answers, evaluate
from mnist_core.files import write_json
from mnist_core.store.models import load_answers

MISREAD = 200
NAME = "two-hundred"
CLOCK = """
window.began = 0
const tiles = root => [...root.querySelectorAll("*")].flatMap(
    part => part.shadowRoot ? [...part.shadowRoot.querySelectorAll(".digit")] : [])
const look = async () => {
    const found = window.shown ? [] : tiles(document)
    if (found.length === COUNT) {
        window.shown = -1
        const picture = new Image()
        picture.src = found[0].style.backgroundImage.slice(5, -2)
        await picture.decode()
        requestAnimationFrame(() => requestAnimationFrame(() => window.shown = performance.now() - window.began))
    }
    requestAnimationFrame(look)
}
look()
""".replace("COUNT", str(MISREAD))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="servers to start (default 5)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = copy_app(Path(folder))
        add_model(app / "models")
        times = []
        for _ in range(options.rounds):
            with served(app) as address:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                times.append(open_three_times(browser.new_page(viewport={"width": 1280, "height": 900}), address))
                browser.close()

    rows = [
        {"opened": how, "median_s": np.median(values), "least_s": min(values), "most_s": max(values)}
        for how, values in zip(("cold", "reload", "from Draw"), zip(*times, strict=True), strict=True)
    ]
    print(gallery(rows))
    save_figures(options.save, rows=rows)


def open_three_times(page: Page, address: str) -> tuple[float, float, float]:
    """Return the seconds until the gallery is there: cold, reloaded, and reached through the menu."""
    page.add_init_script(CLOCK)
    page.goto(f"{address}/mistakes?model={NAME}")
    cold = wait_for_gallery(page)
    page.reload()
    reloaded = wait_for_gallery(page)
    page.get_by_role("link", name="Draw", exact=True).click()
    page.locator("canvas.upper-canvas").wait_for()
    page.wait_for_timeout(2000)
    page.evaluate("window.shown = 0, window.began = performance.now()")
    page.get_by_role("link", name="Mistakes", exact=True).click()
    return cold, reloaded, wait_for_gallery(page)


def wait_for_gallery(page: Page) -> float:
    """Return the seconds from the beginning of the clock to the last tile."""
    page.wait_for_function("window.shown > 0", timeout=60_000)
    return float(page.evaluate("window.shown")) / 1000


def add_model(models: Path) -> None:
    """Add a copy of `classic` that misreads 200 digits: some that it was least sure of are made wrong too."""
    classic = load_answers("classic")
    probabilities = classic.probabilities.copy()
    least_sure = np.argsort(np.where(classic.right, classic.margins, np.inf))
    for index in least_sure[: MISREAD - int((~classic.right).sum())]:
        row = probabilities[index]
        first, second = np.argsort(-row)[:2]
        row[[first, second]] = row[[second, first]]
    shutil.copytree(models / "classic", models / NAME)
    card = json.loads((models / NAME / "card.json").read_text())
    write_json(models / NAME / "card.json", card | {"name": NAME})
    write_json(
        models / NAME / "evaluation.json", evaluate(probabilities, classic.labels, DISPUTED_TEST_LABELS).to_json()
    )
    save_file(Answers(probabilities, classic.labels).to_tensors(), models / NAME / "probabilities.safetensors")


if __name__ == "__main__":
    main()
