"""How long do people wait for the app, and how much memory does it take?

    python benchmarks/report.py [--only SECTION …] [--against FOLDER] [--rounds N] [--save benchmarks/results]

All from outside: a browser, the page's protocol, processes. With --against, another checkout is measured in turn with
this one, and what is said of both is the ratio within each round. The sections:

"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter, sleep, time
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import compared
from benchmarks.pen import NOTES, after_pen_up, draw_strokes, times, wait_until_quiet, while_drawing
from benchmarks.serving import CHROMIUM, FLAGS, PROJECT, copy_app, served, served_process
from benchmarks.strokes import DIGITS, draw, others_drawing
from mnist_core.machine import count_processors
from mnist_core.store.models import list_models, load_evaluation
from tests.support.websocket_client import Visitor

ROUNDS = 3
STROKES = 50  # of a round, each of so many seconds
STROKE = 0.8
LONG_STROKES = 10
LONG_STROKE = 2.0
OTHERS = 20
VIEWPORT: ViewportSize = {"width": 1280, "height": 1000}
PATIENCE = 300_000  # milliseconds
NAME = "quick-2"  # of the model that a page trains, where there is `quick` already
HAS_CURVE = f"""document.querySelector(".js-plotly-plot")?.data?.some(
    trace => trace.name === "{NAME}" && trace.x.length)"""
HAS_FINISHED = f"""document.body.textContent.includes("{NAME} has finished training")"""
HAS_ANSWERED = f"""document.body.textContent.includes("{NAME} answers.")
    && document.querySelector("[data-testid=answer]")?.textContent === "7\""""
PAINTED = """
const look = () => document.querySelector("h1")?.textContent
    ? requestAnimationFrame(() => window.painted = performance.now())
    : requestAnimationFrame(look)
look()
"""

Found = dict[str, tuple[str, list[float]]]  # what was measured: the unit, and every value


def pen(project: Path, browser: Browser) -> Found:
    """From pen-up to the new bars, 50 strokes of 0.8 s."""
    with served(project) as address, drawing_page(browser, address) as page:
        first, last = zip(*map(after_pen_up, draw_strokes(page, STROKES, STROKE)), strict=True)
    return {
        "pen-up to the first new bars": ("ms", list(first)),
        "pen-up to the new bars that stay": ("ms", list(last)),
    }


def during(project: Path, browser: Browser) -> Found:
    """Answers during strokes of 2 s, and how far they are behind the pen."""
    with served(project) as address, drawing_page(browser, address) as page:
        rates, behind = zip(*map(while_drawing, draw_strokes(page, LONG_STROKES, LONG_STROKE)), strict=True)
    return {
        "answers a second during a stroke": ("", list(rates)),
        "an answer behind the pen": ("ms", [each for stroke in behind for each in stroke]),
    }


def crowd(project: Path, browser: Browser) -> Found:
    """The same as pen while 20 others draw a digit a second at the same server."""
    with (
        served(project) as address,
        drawing_page(browser, address) as page,
        others_drawing(address, OTHERS, pause=1.0) as others,
    ):
        first, last = zip(*map(after_pen_up, draw_strokes(page, STROKES, STROKE)), strict=True)
    return {
        "pen-up to the first new bars, beside 20 others": ("ms", list(first)),
        "pen-up to the new bars that stay, beside 20 others": ("ms", list(last)),
        "a digit of one of the others, sent to answered": ("ms", others["waits"]),
        "errors, in so many rounds": ("count", [float(others["errors"])]),
    }


def command(project: Path, browser: Browser) -> Found:  # noqa: ARG001
    """The command that trains quick, from Enter to the saved and evaluated model."""
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        process = subprocess.Popen(
            [sys.executable, "train.py", "--recipe", "quick", "--models-dir", folder],
            cwd=project,
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = perf_counter() - start
        (card,) = list_models(folder)
        return {
            "train.py, from Enter to the evaluated model": ("s", [wall]),
            "its seconds of training": ("s", [card.seconds]),
            "its test accuracy": ("%", [load_evaluation("quick", folder).accuracy * 100]),
            "its memory at most": ("MB", [usage.ru_maxrss / 1000]),  # which is in kB where Linux is
        }


def training_page(project: Path, browser: Browser) -> Found:
    """The same from a page, from the press on Train to an answer by the new model."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(copy_app(Path(folder), project)) as address,
        browser.new_context(viewport=VIEWPORT) as visitor,
    ):
        page = visitor.new_page()
        page.add_init_script(NOTES)
        page.goto(f"{address}/training")
        train = page.get_by_test_id("stMain").get_by_role("button", name="Train", exact=True)
        train.wait_for()
        wait_until_quiet(page)
        train.click()
        pressed = page.evaluate("window.notes.findLast(([what]) => what === 'up')[1]")
        curve = wait_and_time(page, HAS_CURVE)
        finished = wait_and_time(page, HAS_FINISHED)
        page.get_by_role("link", name="Draw with it").click(timeout=PATIENCE)
        page.get_by_test_id("stMain").get_by_role("button", name="7", exact=True).click(timeout=PATIENCE)
        answered = wait_and_time(page, HAS_ANSWERED)
    return {
        "press on Train to the first point of the curve": ("s", [(curve - pressed) / 1000]),
        "press to the finished model, which can be picked": ("s", [(finished - pressed) / 1000]),
        "press to its answer on the Draw page": ("s", [(answered - pressed) / 1000]),
    }


def start(project: Path, browser: Browser) -> Found:
    """The start of the server, and the first strokes at a new one, drawn at once and 2 s later."""
    found: Found = {}
    for how, seconds in {"at once": 0.0, "2 s later": 2.0}.items():
        begun = time()
        with served(project) as address, browser.new_context(viewport=VIEWPORT) as visitor:
            answering = time() - begun
            page = visitor.new_page()
            page.add_init_script(NOTES + PAINTED)
            page.goto(address, wait_until="commit")
            page.locator("canvas.upper-canvas").wait_for(timeout=PATIENCE)
            sleep(seconds)
            (notes,) = draw_strokes(page, 1, STROKE, clearing=False)
            painted = page.evaluate("performance.timeOrigin + window.painted") / 1000 - begun
        for what, value in {"it answers": answering, "the title is painted": painted}.items():
            found.setdefault(f"server start until {what}", ("s", []))[1].append(value)
        is_lost = not times(notes, "shown")
        first, last = ([], []) if is_lost else ([each / 1000] for each in after_pen_up(notes))
        found[f"pen-up of the first stroke, drawn {how}, to its first bars"] = ("s", first)
        found[f"pen-up of the first stroke, drawn {how}, to the bars that stay"] = ("s", last)
        found[f"first strokes, drawn {how}, that were lost"] = ("count", [float(is_lost)])
    return found


def memory(project: Path, browser: Browser) -> Found:  # noqa: ARG001
    """The memory of the server, by visitors who have drawn ten digits."""
    with served_process(project) as (address, process), ExitStack() as leaving:
        sizes = []
        for _ in range(1 + OTHERS):
            visitor = leaving.enter_context(Visitor(address))
            for digit in DIGITS:
                draw(visitor, digit)
            sizes.append(memory_of(process))
    resident, own = zip(*sizes, strict=True)
    each = {
        what: float(np.polyfit(range(OTHERS), of[1:], 1)[0]) for what, of in {"resident": resident, "own": own}.items()
    }
    return {
        "server with one visitor, resident": ("MB", [resident[0]]),
        "server with one visitor, its own": ("MB", [own[0]]),
        "each of 20 further visitors, resident": ("MB", [each["resident"]]),
        "each of 20 further visitors, its own": ("MB", [each["own"]]),
    }


MEASURES = (pen, during, crowd, command, training_page, start, memory)
SECTIONS: dict[str, Callable[[Path, Browser], Found]] = {measure.__name__: measure for measure in MEASURES}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and save them where asked to."""
    told = "\n".join(f"  {name:<10} {section.__doc__}" for name, section in SECTIONS.items())
    parser = argparse.ArgumentParser(
        description=f"{__doc__}{told}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=[*SECTIONS], metavar="SECTION")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout, measured in turn")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each is measured (default {ROUNDS})")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="write each section with how it was made, as JSON")
    options = parser.parse_args(arguments)

    projects = {"before": options.against.resolve()} if options.against else {}
    projects["now"] = PROJECT
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in options.only:
            rows: list[dict[str, Any]] = []
            for number in range(options.rounds):
                for app in sorted(projects, reverse=bool(number % 2)):  # each goes first in turn
                    load = os.getloadavg()[0]
                    for what, (unit, values) in SECTIONS[name](projects[app], browser).items():
                        shared = {"round": number, "app": app, "load": round(load, 1)}
                        rows.append(
                            shared | {"what": what, "unit": unit, "values": [round(each, 3) for each in values]}
                        )
                print(f"{name}, round {number}, load {load:.1f}\n{compared(rows)}\n", flush=True)
                file = options.save / f"report_{name}.json" if options.save else None
                threads = {"server": 1, "training": count_processors()}
                save_figures(file, chromium=browser.version, threads=threads, rows=rows)  # whole rounds are kept
        browser.close()


@contextmanager
def drawing_page(browser: Browser, address: str) -> Iterator[Page]:
    """Open the Draw page as a new visitor, with what notes the times, and wait until a first stroke was answered."""
    with browser.new_context(viewport=VIEWPORT) as visitor:
        page = visitor.new_page()
        page.add_init_script(NOTES)
        page.goto(address)
        page.locator("canvas.upper-canvas").wait_for()
        wait_until_quiet(page)
        for _ in draw_strokes(page, 1, STROKE):
            pass
        yield page


def wait_and_time(page: Page, condition: str) -> float:
    """Wait until something is true → when, in milliseconds of the page's clock, to within a frame."""
    return float(page.wait_for_function(f"{condition} && performance.now()", timeout=PATIENCE).json_value())


def memory_of(process: int) -> tuple[float, float]:
    """Return the megabytes of a process that lie in memory, and those that it shares with no file (Linux)."""
    lines = dict(line.split(":") for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:])
    resident, own = (int(lines[what].split()[0]) * 1024 / 1e6 for what in ("Rss", "Anonymous"))
    return resident, own


if __name__ == "__main__":
    main()
