"""The drawing canvas, and the ways to wipe it, take back a stroke, put an example or lay a test digit on it.

What is drawn is kept by the browser, for this tab alone: a reload finds it. A laid digit is kept by the session. Image
data is never asked for: strokes are smaller, sharper, and safe to receive.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from html import escape
from time import perf_counter
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit_drawable_canvas import st_canvas

from mnist_core.alphabets import DIGITS, one_of
from mnist_core.errors import DrawingError
from mnist_core.model.number import reads_lines
from mnist_core.preprocessing.raster import Digit, Point, as_bytes
from mnist_core.preprocessing.stages import stages_from_strokes
from mnist_core.preprocessing.strokes import Mark, digit_with_marks
from ui.assets import read_asset
from ui.inputs import stroke_at_hand
from ui.inputs.digit_input import DigitInput
from ui.inputs.fabric import (
    CANVAS_SIDE,
    INK,
    PAPER,
    PEN_WIDTH,
    WIDE,
    Drawing,
    drawing_from_objects,
    in_square,
    objects_from_json,
    path_object,
    polyline_object,
)
from ui.inputs.stroke_code import MAX_LETTERS, decode_strokes
from ui.receiving import REFUSED
from ui.text import verbatim
from ui.theme import colours
from ui.widgets.tiles import as_png, data_url

PEN_WIDTHS = (8, 30)  # pixels
EDGE = 24  # pixels; ink so near to the right edge has no room beside it
INVITATION = (  # while it is empty
    "Draw a digit from 0 to 9",
    "Anywhere on the black square, at any size. Several in a line are a number.",
)

_KEY, _SCRIPT = "canvas", "canvas_script"
_STATE, _ASIDE = "_pad", "_laid_aside"

# Until a mouse hovers, and for ever on a touch screen, the component's own tool bar lies invisible over the upper right
# corner of the canvas and swallows every stroke that begins there. Its tools are ours below, so it is taken away.
# A laid digit keeps its edges on screens that have more pixels than the canvas. The script also gives the canvas a name
# and a pen that is moved by keys, and has the browser keep the drawing.
_run_script = st.components.v2.component(
    "canvas_script", js=read_asset("inputs/find_canvas.js") + read_asset("inputs/canvas.js")
)


# Above 640 px of window Streamlit narrows columns until a canvas of 280 px is cut off. A single other column narrows in
# its place, to what the pictures and tables of a network need, and then goes below.
CANVAS_COLUMN = """
<style>
@media (min-width: 641px) {
    [data-testid=stColumn]:has(.st-key-canvas_column) { min-width: 282px }
}
@media (min-width: 641px) and (max-width: 1100px) {
    [data-testid=stColumn]:has(.st-key-canvas_column) + [data-testid=stColumn]:last-child { flex: 99 1 480px }
}
</style>
"""


@dataclass(frozen=True, slots=True)
class BackgroundDigit:
    """A digit that lies on the canvas under the strokes: its pixels `(28, 28)`, ink 1.0 on 0.0, and what it is."""

    digit: Digit
    title: str
    label: int | None  # where it is known
    picture: str  # its address
    origin: dict[str, list[str]]  # what stood in the address of the page that it came from


@dataclass(slots=True)
class _Pad:
    """What the canvas starts from, and what is on it. A new version makes the browser start again.

    The browser needs a moment to follow; until it does, what it reports is `outdated`.
    """

    objects: list[Any] = field(default_factory=list)
    version: int = 0
    latest: list[Any] = field(default_factory=list)
    reported: list[Any] = field(default_factory=list)
    outdated: list[Any] | None = None
    background: BackgroundDigit | None = None
    pen_width: int | None = None
    example: list[Any] = field(default_factory=list)  # what a page began with, and nobody drew
    link: str = ""  # the letters in the address that it began with
    is_wide: bool = False
    is_untouched: bool = True  # since the page was loaded; what the browser has kept may be put there

    @property
    def holds_example(self) -> bool:
        """Whether nothing but the example lies there; its paths come back from the browser as they were."""
        return bool(self.example) and _paths(self.latest) == _paths(self.example)

    def start_from(self, objects: list[Any], *, by_visitor: bool = True) -> None:
        self.example = []
        self.is_untouched = self.is_untouched and not by_visitor
        self.outdated = self.reported
        self.objects = self.latest = objects
        self.version += 1

    def follow(self, reported: list[Any]) -> None:
        self.reported = reported
        if reported != self.outdated:
            self.is_untouched = self.is_untouched and _paths(reported) == _paths(self.objects)
            self.latest = reported
            self.outdated = None


def invitation_for(classes: tuple[str, ...]) -> tuple[str, str]:
    """Return what an empty canvas invites to, where a model of these classes answers, and how."""
    if classes == DIGITS:
        return INVITATION
    several = "Several in a line are a number or a word." if reads_lines(classes) else "One at a time."
    return f"Draw a {one_of(classes)}", f"Anywhere on the black square, at any size. {several}"


def take_drawing(*, erasing: bool = False, example: Sequence[Sequence[Point]] = ()) -> DigitInput | None:
    """Show the canvas and return the digit that is on it; None until there is a stroke, or a digit to change.

    Takes and raises what `show_canvas` does.
    """
    return read_digit(show_canvas(erasing=erasing, example=example))


def read_digit(drawing: Drawing) -> DigitInput | None:
    """Return the digit that a drawing is, or what it makes of the digit that lies on the canvas; None for nothing.

    Raises `DrawingError` for what cannot be read.
    """
    start = perf_counter()
    if under := background():
        changed = digit_with_marks(under.digit, drawing.marks, CANVAS_SIDE)
        return DigitInput(
            changed,
            f"{verbatim(under.title)}, lies on the canvas.",
            seconds=perf_counter() - start,
            label=None if drawing.marks else under.label,
        )
    if not drawing.marks:
        return None
    strokes = in_square(drawing.strokes) if is_wide() else drawing.strokes
    stages = stages_from_strokes(strokes, drawing.pen_width, CANVAS_SIDE)
    return DigitInput(
        stages.centred,
        "This is your drawing.",
        seconds=perf_counter() - start,
        strokes=strokes,
        pen_width=drawing.pen_width,
        stages=stages,
    )


def show_canvas(*, erasing: bool = False, example: Sequence[Sequence[Point]] = ()) -> Drawing:
    """Show the canvas and return what is drawn on it.

    An empty canvas begins with the strokes of the example, which are forgotten with the page unless they are changed.
    Raises `DrawingError` for what cannot be read.
    """
    pad, pen_width = _pad(), st.session_state.get("pen_width", PEN_WIDTH)
    comes_back, has_new_pen = _KEY not in st.session_state, pad.pen_width not in (None, pen_width)
    if comes_back and pad.holds_example:
        pad.start_from([], by_visitor=False)
    if comes_back and example and not pad.latest and not pad.background:
        pad.start_from([path_object(stroke, PEN_WIDTH) for stroke in example], by_visitor=False)
        pad.example = pad.objects
    if (comes_back or has_new_pen) and pad.latest != pad.objects:  # of several pens in a row, the browser forgets all
        pad.start_from(pad.latest)
    pad.pen_width = pen_width
    with st.container(gap=None):
        kept: tuple[
            Any, ...
        ] = ()  # no list: Streamlit would look into it for a data frame, a millisecond for each stroke
        reported = _report_of_canvas(pad, PAPER if erasing else INK)
        try:
            if REFUSED in st.session_state[_KEY]:
                raise DrawingError("The drawing is too long to be read. Clear it and draw again.")
            pad.follow(objects_from_json(reported))
            drawing = drawing_from_objects(pad.latest)
            if pad.background is None and not pad.holds_example:
                kept = tuple(pad.latest)
        finally:  # also where it cannot be read
            _run_script(
                key=_SCRIPT,
                height=1,
                data={"penWidth": pen_width, "link": pad.link, "objects": None if pad.is_untouched else kept},
                on_undo_change=undo,
                on_kept_change=_restore,
            )
    if drawing.ignored:
        others = "1 other object was" if drawing.ignored == 1 else f"{drawing.ignored} other objects were"
        st.caption(f"Only pen strokes are read; {others} ignored.")
    return drawing


def add_stroke_at_hand(drawing: Drawing, *, erasing: bool = False) -> Drawing:
    """Return a drawing with the stroke that is being drawn on it, if there is one that can be read."""
    pad = _pad()
    points = stroke_at_hand.read(pad.version, len(pad.latest))
    if not points:
        return drawing
    stroke = Mark(points, float(pad.pen_width or PEN_WIDTH), erases=erasing)
    return replace(drawing, marks=[*drawing.marks, stroke])


def listen_to_pen() -> None:
    """Have whoever calls this run anew, again and again, while a stroke is drawn."""
    pad = _pad()
    stroke_at_hand.listen(pad.version, len(pad.latest))


def _report_of_canvas(pad: _Pad, colour: str) -> object:
    """Show the component, which takes what it was sent for its own, and return what it says is on it."""
    try:
        return st_canvas(
            stroke_width=pad.pen_width,
            stroke_color=colour,
            background_color=PAPER,
            background_image=pad.background.picture if pad.background else None,
            height=CANVAS_SIDE,
            width=WIDE if pad.is_wide else CANVAS_SIDE,
            initial_drawing={"objects": pad.objects, "version": pad.version},
            key=_KEY,
        ).json_data
    except (AttributeError, KeyError, TypeError):
        return {"objects": []}


def drawing() -> Drawing:
    """Return what is drawn, without a digit that lies under it."""
    return drawing_from_objects(_pad().latest)


def is_wide() -> bool:
    """Tell whether the canvas has room for several digits beside each other."""
    return _pad().is_wide


def can_be_wide() -> bool:
    """Tell whether the canvas is square and may be made wide."""
    return not is_wide() and background() is None


def is_at_edge() -> bool:
    """Tell whether what is drawn reaches the right edge of the square canvas."""
    return reach_of(drawing().marks) > CANVAS_SIDE - EDGE


def reach_of(marks: Sequence[Mark]) -> float:
    """Return how far to the right marks reach, in canvas pixels; the pen is not counted."""
    return max((x for mark in marks for x, _ in mark.points), default=0.0)


def widen() -> None:
    """Make the canvas wide; what is drawn stays where it is."""
    pad = _pad()
    pad.is_wide = True
    pad.start_from(pad.latest)


def narrow() -> None:
    """Make the canvas square again; what is drawn is made as small as it must be to stay on it."""
    pad = _pad()
    pad.is_wide = False
    marks = drawing_from_objects(pad.latest).marks
    scale = (CANVAS_SIDE - EDGE) / max(reach_of(marks), 1.0)
    if scale < 1:
        small = [[(x * scale, y * scale) for x, y in mark.points] for mark in marks]
        pad.latest = [polyline_object(points, mark.width * scale) for points, mark in zip(small, marks, strict=True)]
    pad.start_from(pad.latest)


def room_for_canvas(column: DeltaGenerator) -> DeltaGenerator:
    """Return a place in the column that stays as wide as the canvas, or as a digit of its size."""
    st.html(CANVAS_COLUMN)
    return column.container(key="canvas_column")


def set_background(digit: Digit, title: str, label: int | None = None) -> None:
    """Replace what is on the canvas by a digit, to be drawn and erased on; the title says what it is, "a 4"."""
    enlarged = np.kron(digit, np.ones((CANVAS_SIDE // len(digit), CANVAS_SIDE // len(digit)), np.float32))
    pad = _pad()
    pad.is_wide = False
    picture = data_url(as_png(as_bytes(enlarged)))
    pad.background = BackgroundDigit(
        digit, title, label, picture, {key: st.query_params.get_all(key) for key in st.query_params}
    )
    pad.start_from([])


def holds_example() -> bool:
    """Tell whether what lies on the canvas is the example that it began with, and nothing else."""
    return _pad().holds_example


def background() -> BackgroundDigit | None:
    """Return the digit that lies on the canvas."""
    return _pad().background


def show_background_note(under: BackgroundDigit, flip: tuple[str, str] | None) -> None:
    """Say which digit lies on the canvas, and the name of the answer before and after where it has flipped."""
    palette = colours()
    outcome = "Draw on it or erase until the answer flips."
    if flip:
        before, now = map(escape, flip)
        outcome = f'<b style="color:{palette.text}">The answer flipped from {before} to {now}.</b>'
    words = f"{escape(under.title)}, lies on the canvas. {outcome}"
    st.html(f'<div data-testid="laid" style="font-size:0.875rem;color:{palette.faint}">{words}</div>')


def clear() -> None:
    """Wipe the canvas."""
    pad = _pad()
    pad.background = None
    pad.start_from([])


def undo() -> None:
    """Take back the last stroke; a digit that lies there stays."""
    pad = _follow_newest()
    example = pad.example
    pad.start_from(pad.latest[:-1])
    pad.example = example  # which it is again, once what was drawn on it is taken back


def count_strokes(*, newest: bool = False) -> int:
    """Return how many strokes are drawn, if asked for also those that no run of the page has seen yet."""
    return len((_follow_newest() if newest else _pad()).latest)


def newest_drawing() -> Drawing:
    """Return what is drawn, also where no run of the page has seen it yet; raises `DrawingError`."""
    return drawing_from_objects(_follow_newest().latest)


def lay_aside() -> None:
    """Empty the canvas, and make it square; `bring_back` puts on it again what was there."""
    pad = _pad()
    st.session_state[_ASIDE] = [] if pad.holds_example else pad.latest, pad.background, pad.is_wide
    pad.is_wide = False
    clear()


def bring_back() -> None:
    """Put on the canvas again what was laid aside."""
    if aside := st.session_state.pop(_ASIDE, None):
        pad = _pad()
        objects, pad.background, pad.is_wide = aside
        pad.start_from(objects)


def set_strokes(strokes: Sequence[Sequence[Point]], pen_width: int) -> None:
    """Replace what is on the canvas by these strokes."""
    pad = _pad()
    pad.background = None
    pad.start_from([path_object(stroke, pen_width) for stroke in strokes])


def open_link(letters: str) -> None:
    """Begin with the drawing of a link, once in a session; raises `DrawingError` for what is none."""
    pad = _pad()
    if letters == pad.link:
        return
    marks = decode_strokes(letters).marks
    pad.background, pad.link = None, letters
    pad.is_wide = reach_of(marks) > CANVAS_SIDE
    pad.start_from([polyline_object(mark.points, mark.width) for mark in marks], by_visitor=False)


def _restore() -> None:
    """Go on with what the browser has kept, unless the visitor has begun already."""
    pad, kept = _pad(), st.session_state[_SCRIPT].get("kept")
    if not pad.is_untouched:
        return
    try:
        objects = objects_from_json(kept)
        marks = drawing_from_objects(objects).marks
    except DrawingError:
        pad.start_from([])
    else:
        pad.is_wide = reach_of(marks) > CANVAS_SIDE
        pad.start_from(objects)
        pad.link = str(kept.get("link", ""))[:MAX_LETTERS]


def _paths(objects: Sequence[Any]) -> list[Any]:
    return [each.get("path") if isinstance(each, dict) else None for each in objects]


def _follow_newest() -> _Pad:
    """Return the pad with what the canvas reported last, which may be so new that no run of the page has seen it."""
    pad = _pad()
    with suppress(KeyError, TypeError, DrawingError):
        pad.follow(objects_from_json(st.session_state[_KEY]["drawing"]["raw"]))
    return pad


def _pad() -> _Pad:
    if _STATE not in st.session_state:
        st.session_state[_STATE] = _Pad()
    pad: _Pad = st.session_state[_STATE]
    return pad
