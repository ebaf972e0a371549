"""What does a stroke cost the server, and how long do many visitors wait for it?

    python benchmarks/strokes.py [--against FOLDER] [--save benchmarks/results/strokes.json]

Serves the app and speaks its websocket protocol as a browser does, without one: a visitor opens the Draw page and then
sends whole digits, as the canvas reports them after pen-up. First one visitor sends digit after digit, and the server's
processor time is divided by their number. Then many visitors send a digit every two seconds, at moments of their own,
and each waits for the end of the run that it causes. With --against, another checkout is measured in turn with this
one.

Processor time hardly hangs on what else the machine does; the waits do.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice, takewhile
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np
from websockets.exceptions import ConnectionClosed

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import strokes
from benchmarks.serving import PROJECT, served_process
from tests.support.drawing import canvas_state, example
from tests.support.websocket_client import Visitor

ROUNDS = 3
ALONE = 200  # digits of the one visitor
WARM_UP = 30
VISITORS = (30, 60)
EACH = 10  # digits of each of many visitors
PAUSE = 2.0  # seconds from one to the next
DIGITS = [canvas_state(example(title)) for title in "0123456789"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout, measured in turn")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each is measured (default {ROUNDS})")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    projects = {"before": options.against.resolve()} if options.against else {}
    projects["now"] = PROJECT
    rows = []
    for number in range(options.rounds):
        for name, project in projects.items():
            rows.append({"round": number, "app": name} | measure(project))
            print(rows[-1], flush=True)
    print(strokes(rows))
    save_figures(options.save, rows=rows)


def measure(project: Path) -> dict[str, Any]:
    """Serve a checkout and measure it: one visitor, then many."""
    with served_process(project) as (address, process):
        row = draw_alone(address, process)
        for count in VISITORS:
            row[f"of_{count}"] = draw_together(address, process, count)
        return row


def draw_alone(address: str, process: int) -> dict[str, Any]:
    """Send digit after digit → milliseconds of processor for each, and the messages that come back."""
    with Visitor(address) as visitor:
        digits = cycle(DIGITS)
        for digit in islice(digits, WARM_UP):
            draw(visitor, digit)
        before = processor_seconds(process)
        waits, messages = zip(*(draw(visitor, digit) for digit in islice(digits, ALONE)), strict=True)
        spent = processor_seconds(process) - before
        return {
            "processor_ms": spent / ALONE * 1000,
            "wait_ms": float(np.median(waits)),
            "messages": messages[-1],
            "errors": has_failed(visitor),
        }


def draw_together(address: str, process: int, count: int) -> dict[str, Any]:
    """Let many visitors draw a digit every two seconds → percentiles of their waits, in milliseconds, and errors."""
    with ExitStack() as leaving, ThreadPoolExecutor(count) as threads:
        visitors = [leaving.enter_context(Visitor(address)) for _ in range(count)]
        for visitor in visitors:
            draw(visitor, DIGITS[-1])
        before, start = processor_seconds(process), perf_counter()
        afters = [PAUSE * number / count for number in range(count)]
        waits = [wait for each in threads.map(draw_now_and_then, visitors, afters) for wait in each]
        spent, lasted = processor_seconds(process) - before, perf_counter() - start
        return {
            "p50_ms": float(np.percentile(waits, 50)),
            "p95_ms": float(np.percentile(waits, 95)),
            "digits": len(waits),
            "errors": count * EACH - len(waits) + sum(map(has_failed, visitors)),
            "processor_share": spent / lasted,
        }


@contextmanager
def others_drawing(address: str, count: int, pause: float) -> Iterator[dict[str, Any]]:
    """Let others draw, from a process of their own, while the block lasts; it fills what it gives with their waits.

    The block begins when each of them was answered once.
    """
    here, there = multiprocessing.Pipe()
    others = multiprocessing.get_context("spawn").Process(target=_draw_until_told, args=(there, address, count, pause))
    others.start()
    here.recv()
    found: dict[str, Any] = {}
    try:
        yield found
    finally:
        here.send(None)
        found |= here.recv()
        others.join()


def _draw_until_told(told: Connection, address: str, count: int, pause: float) -> None:
    with ExitStack() as leaving, ThreadPoolExecutor(count) as threads:
        visitors = [leaving.enter_context(Visitor(address)) for _ in range(count)]
        for visitor in visitors:
            draw(visitor, DIGITS[-1])
        told.send(None)
        pending = [
            threads.submit(
                draw_now_and_then,
                visitor,
                pause * number / count,
                pause,
                takewhile(lambda _: not told.poll(), cycle(DIGITS)),
            )
            for number, visitor in enumerate(visitors)
        ]
        told.poll(None)
        lost = sum(each.done() for each in pending)
        waits = [wait for each in pending for wait in each.result()]
        told.send({"waits": waits, "errors": lost + sum(map(has_failed, visitors))})


def draw_now_and_then(
    visitor: Visitor, after: float, pause: float = PAUSE, digits: Iterable[dict[str, Any]] = DIGITS[:EACH]
) -> list[float]:
    """Draw a digit every so many seconds, the first after some → milliseconds waited for each that was answered."""
    sleep(after)
    waits = []
    for digit in digits:
        try:
            waits.append(draw(visitor, digit)[0])
        except (OSError, ConnectionClosed):  # also where it took too long
            return waits
        sleep(max(0.0, pause - waits[-1] / 1000))
    return waits


def draw(visitor: Visitor, digit: dict[str, Any]) -> tuple[float, int]:
    """Send a drawing and wait until its run is over → milliseconds, and the messages that came."""
    start = perf_counter()
    visitor.send_json("canvas", digit, wait=False)
    for count, message in enumerate(visitor.messages(), 1):
        if message.HasField("script_finished"):
            return (perf_counter() - start) * 1000, count
    raise AssertionError("messages never end")


def has_failed(visitor: Visitor) -> bool:
    """Tell whether the page shows that something went wrong."""
    return any(element.HasField("exception") for element in visitor.elements)


def processor_seconds(process: int) -> float:
    """Return how long a process has kept processors busy, its threads together (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
