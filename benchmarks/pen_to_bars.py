"""How long after pen-up do the new bars stand on the page?

    python benchmarks/pen_to_bars.py [--strokes-count 50] [--save benchmarks/results/pen_to_bars.json]

Serves the app, draws strokes with a mouse in headless Chromium, and takes three times inside the browser: pen-up, the
canvas component's message to the server, and the first bar that changes. The component waits 200 ms by itself after
pen-up; what comes after its message is our share.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import pen_to_bars
from benchmarks.serving import CHROMIUM, FLAGS, served

STROKES_A_DRAWING = 5

CLOCK = """
window.moments = {}
const send = WebSocket.prototype.send
WebSocket.prototype.send = function (...message) {
    if (window.moments.up && !window.moments.sent) window.moments.sent = performance.now()
    return send.apply(this, message)
}
document.addEventListener("mouseup", () => { window.moments = {up: performance.now()} }, true)
const bars = () => [...document.querySelectorAll(".bars .point path")].map(bar => bar.getAttribute("d")).join()
let shown = ""
new MutationObserver(() => {
    const now = bars()
    if (now === shown) return
    shown = now
    if (window.moments.sent && !window.moments.drawn) window.moments.drawn = performance.now()
}).observe(document, {subtree: true, childList: true, attributes: true})
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes-count", type=int, default=50, metavar="N", help="strokes to draw (default 50)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    with served() as address, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS).new_page()
        page.add_init_script(CLOCK)
        page.goto(address)
        page.locator("canvas.upper-canvas").wait_for()
        page.wait_for_timeout(3000)  # the model is loaded after the page is drawn
        times = np.array([draw_one(page, number) for number in range(options.strokes_count)])

    columns = {
        "pen-up to the component's message": times[:, 1] - times[:, 0],
        "message to new bars (our share)": times[:, 2] - times[:, 1],
        "pen-up to new bars": times[:, 2] - times[:, 0],
    }
    rows = [
        {"what": what, "strokes": len(values), "median_ms": np.median(values), "95th_ms": np.percentile(values, 95)}
        for what, values in columns.items()
    ]
    print(pen_to_bars(rows))
    save_figures(options.save, rows=rows)


def draw_one(page: Page, number: int) -> tuple[float, float, float]:
    """Draw one more stroke, beginning anew after every fifth; returns pen-up, message and bars in milliseconds."""
    if number % STROKES_A_DRAWING == 0 and number:
        page.get_by_test_id("stBaseButton-secondary").filter(has_text="Clear").click()
        page.wait_for_timeout(800)
    generator = np.random.default_rng(number)
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box
    corner = np.array([box["x"], box["y"]])
    (x, y), *rest = corner + generator.uniform(30, 250, (3, 2))
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=10)
    page.mouse.up()
    page.wait_for_function("window.moments.drawn")
    moments = page.evaluate("window.moments")
    page.wait_for_timeout(300)
    return moments["up"], moments["sent"], moments["drawn"]


if __name__ == "__main__":
    main()
