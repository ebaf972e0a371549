"""A pen in a browser: strokes at a person's pace, and what the page then shows, all by the browser's own clock.

`NOTES`, a script for the page before all others, notes what happens as `[what, milliseconds]`:

- `down`, `move`, `up`: what the mouse does;
- `sent`: a message that asks the server for a run of the page leaves;
- `finished`: the server's word that such a run is over arrives;
- `shown`: the bars or the answer beside them are not what they were.

A thing is noted as it changes in the document; it is on the screen with the next frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from time import perf_counter, sleep

import numpy as np
from playwright.sync_api import Page

from tests.support.drawing import example

Point = tuple[float, float]
Notes = list[tuple[str, float]]

FRAME = 0.016  # seconds from one point of a stroke to the next
QUIET = 300  # milliseconds without anything after which nothing more is expected
LOST = 10_000  # milliseconds after which a press that nothing was sent for counts as lost
NOTES = """
window.notes = []
const note = what => window.notes.push([what, performance.now()])

for (const what of ["down", "move", "up"]) addEventListener(`pointer${what}`, () => note(what), true)

// Both ways messages are protocol buffers of which one field, the last, says what they are.
const RERUN = 11, FINISHED = 6
const read = bytes => {
    let at = 0, field = 0
    const number = () => {
        for (let result = 0, unit = 1; ; unit *= 128) {
            result += (bytes[at] & 127) * unit
            if (bytes[at++] < 128) return result
        }
    }
    while (at < bytes.length) {
        const tag = number()
        const value = number()
        field = tag >> 3
        if ((tag & 7) === 2) at += value
    }
    return field
}
const send = WebSocket.prototype.send
WebSocket.prototype.send = function (message) {
    const bytes = new Uint8Array(message.buffer ?? message, message.byteOffset ?? 0, message.byteLength)
    if (read(bytes) === RERUN) note("sent")
    return send.call(this, message)
}
window.WebSocket = class extends WebSocket {
    constructor(...where) {
        super(...where)
        this.addEventListener("message", ({ data }) => {
            if (read(new Uint8Array(data)) === FINISHED) note("finished")
        })
    }
}

let shown = ""
new MutationObserver(() => {
    const bars = [...document.querySelectorAll(".bars .point path")].map(bar => bar.getAttribute("d"))
    const words = [...document.querySelectorAll("[data-testid=answer], [data-testid=confidence]")]
    const now = [...bars, ...words.map(each => each.textContent)].join()
    if (!bars.length || now === shown) return
    shown = now
    note("shown")
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true })

window.isQuiet = (quiet, lost) => {
    const last = what => window.notes.findLast(each => !what || each[0] === what)?.[1] ?? 0
    const now = performance.now()
    const isSent = last("sent") >= last("up") || now - last("up") > lost
    return isSent && last("finished") > last("sent") && now - last() > quiet
}
"""


def draw_strokes(page: Page, count: int, seconds: float, *, clearing: bool = True) -> Iterator[Notes]:
    """Draw that many strokes of digits, clearing the canvas for each digit; yields what was noted of each."""
    for title in cycle("0123456789"):
        if clearing:
            clear(page)
        for stroke in example(title):
            if not count:
                return
            yield draw(page, [tuple(segment[-2:]) for segment in stroke["path"]], seconds)
            count -= 1


def draw(page: Page, corners: Sequence[Point], seconds: float) -> Notes:
    """Draw a stroke with the mouse, in so many seconds, and wait until all is quiet; returns what was noted."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box
    page.evaluate("window.notes = []")
    start, number, points = perf_counter(), 0, space_evenly(corners, round(seconds / FRAME))
    while number < len(points):  # where the browser is late, points are left out, as it does itself
        x, y = points[number]
        page.mouse.move(box["x"] + x, box["y"] + y)
        if number == 0:
            page.mouse.down()
        next_one = max(number + 1, int((perf_counter() - start) / FRAME))
        number = next_one if number == len(points) - 1 else min(next_one, len(points) - 1)
        sleep(max(0.0, start + number * FRAME - perf_counter()))
    page.mouse.up()
    wait_until_quiet(page)
    return [(what, when) for what, when in page.evaluate("window.notes")]


def clear(page: Page) -> None:
    """Clear the canvas."""
    page.evaluate("window.notes = []")
    page.get_by_test_id("stMain").get_by_role("button", name="Clear", exact=True).click()
    wait_until_quiet(page)


def wait_until_quiet(page: Page) -> None:
    """Wait until what the page has asked for is answered and nothing happens any more."""
    page.wait_for_function(f"window.isQuiet({QUIET}, {LOST})", polling=50, timeout=120_000)


def space_evenly(corners: Sequence[Point], count: int) -> list[Point]:
    """Return so many points along a line, at equal distances."""
    line = np.array(corners, float)
    lengths = [0.0, *np.cumsum(np.hypot(*np.diff(line, axis=0).T))]
    steps = np.linspace(0, lengths[-1], count)
    return list(zip(*(np.interp(steps, lengths, axis).tolist() for axis in line.T), strict=True))


# --------------------------------------------------------------------------------------------- what the notes say


def after_pen_up(notes: Notes) -> tuple[float, float]:
    """Return the milliseconds from pen-up to the first new answer, and to the one that stays.

    Nought where the answer that stays was there before pen-up.
    """
    up = times(notes, "up")[-1]
    assert times(notes, "shown"), "the stroke was not answered"
    changes = [when - up for when in times(notes, "shown") if when > up] or [0.0]
    return changes[0], changes[-1]


def while_drawing(notes: Notes) -> tuple[float, list[float]]:
    """Return the answers a second during a stroke, and how many milliseconds each was behind the pen.

    The bars, or the answer beside them, change after the server has said that a run is over. The message that asked for
    it is found by counting, which is right as long as the next one leaves after that word. Several changes by one run
    are one answer, there with the last of them. It is behind by the age, then, of the newest point that was drawn as
    its message left.
    """
    down, up = times(notes, "down")[0], times(notes, "up")[-1]
    sent, finished, moved = times(notes, "sent"), times(notes, "finished"), times(notes, "move")
    answers: dict[int, float] = {}  # by the number of the message, when
    for when in times(notes, "shown"):
        if answered := sum(each <= when for each in finished):
            answers[answered - 1] = when
    drawn = {number: max(each for each in moved if each <= sent[number]) for number in answers}
    behind = [when - drawn[number] for number, when in answers.items() if down <= when <= up]
    return len(behind) / (up - down) * 1000, behind


def times(notes: Notes, what: str) -> list[float]:
    """Return when something was noted, in milliseconds."""
    return [when for each, when in notes if each == what]
