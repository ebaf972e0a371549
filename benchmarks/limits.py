"""What does the upper end of anything that a visitor can set cost the others?

    python benchmarks/limits.py [--save benchmarks/results/limits.json]

Serves a copy of the app. One visitor draws all the while, and the time of each stroke is what others wait; another sets
one thing after another to its upper end, or sends what no page would. Memory is that of the server's process, as Linux
tells it: the most meanwhile, and what is kept a second later. What is loaded once for all, as the digits are, is loaded
before. Needs the MNIST digits.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from zlib import crc32

import numpy as np
from PIL import Image
from websockets.exceptions import ConnectionClosed

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.conditions import save_figures
from benchmarks.figures import limits
from benchmarks.serving import copy_app, served
from mnist_core.store.history import MAX_LINES, Step, entry_to_line
from mnist_core.store.models import name_card
from mnist_core.store.zip_archive import zip_model
from tests.support.drawing import canvas_state, example
from tests.support.websocket_client import Visitor

SIDE = 4096  # pixels of a large picture
PAUSE = 0.1  # seconds between two strokes of the one who draws
SETTLING = 1.0  # seconds before and after
MAX_MODELS = 100  # as many as are added to
TOGETHER = 8  # visitors who do the same at once
PICTURE = "Use a picture"


@dataclass(frozen=True, slots=True)
class Row:
    """What one thing costs: seconds for the one who does it, seconds that another waits for a stroke, megabytes."""

    setting: str
    seconds: float
    usual_wait: float
    longest_wait: float
    peak: float
    kept: float


Work = Callable[[Visitor], object]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and save it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="measure what has this in its name")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures and how they were made, as JSON")
    options = parser.parse_args(arguments)

    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        project = copy_app(Path(folder) / "app")
        zipped = zip_with_long_history(project / "models")
        with served(project) as address:
            warm_up(address)
            for setting, work in settings(zipped, project / "models"):
                if options.only in setting:
                    rows.append(asdict(measure(address, setting, work)))
    print(limits(rows))
    save_figures(options.save, rows=rows)


def settings(zipped: bytes, models_dir: Path) -> Iterator[tuple[str, Work]]:
    """Yield each thing that is set, and how a visitor of the Draw page comes to do it."""
    for name, content in messages().items():
        yield f"a message: {name}", partial(Visitor.send_json, component="canvas", value=content)
    yield "a message: an address of 1.9 MB", lambda visitor: visitor.open("", "digit=" + "9" * 1_900_000)
    yield "a link with the longest drawing", lambda visitor: visitor.open("", f"drawing={longest_link()}")
    yield "pen width of 10⁹", lambda visitor: visitor.set("pen_width", double_array_value=[1e9])
    for name, picture in pictures().items():
        yield f"a picture: {name}", partial(show_picture, picture=picture)
    progressive = pictures()["progressive JPEG, 4096 × 4096"]
    yield f"the same by {TOGETHER} visitors at once", lambda visitor: by_many(visitor, progressive)
    yield "20 files stored, shown or not", lambda visitor: [visitor.send_file("x", zipped) for _ in range(20)]
    for view in ("All models", "How robust"):
        yield f"Draw: {view}", partial(look_closer, view=view)
    a_digit = "from=Test+digit&digit=8"
    for view in ("Pixels that matter", "Similar digits", "Change the pixels"):
        yield f"Inside: {view}", partial(Visitor.open, page="inside", query=f"{a_digit}&view={view.replace(' ', '+')}")
    yield "Inside: the smallest change", partial(find_change, query=f"{a_digit}&view=Smallest+change")
    for view in ("Digit+by+digit", "Confidence", "Map"):
        yield (
            f"Mistakes: all 10,000 digits, {view.replace('+', ' ')}",
            partial(Visitor.open, page="mistakes", query=f"show=all+digits&more={view}"),
        )
    three = "models=accurate&models=quick&models=mlp-plus"
    yield "Models: three side by side", partial(Visitor.open, page="models", query=three)
    for button in ("ONNX model", "Whole folder (zip)"):
        yield f"Models: {button} of accurate", partial(take_away, button=button)
    yield f"Models: a zip with {MAX_LINES:,} lines, added", partial(add_zip, zipped=zipped)
    yield "Train: its history drawn", partial(Visitor.open, page="training")
    yield "Train: every setting at its upper end", set_highest
    yield "Train: a name of 1.9 MB", set_long_name
    yield f"{MAX_MODELS} models: opened anew", lambda visitor: many_models(visitor, models_dir)
    for page in ("", "inside", "mistakes", "training"):
        yield f"{MAX_MODELS} models: {page or 'draw'}", partial(Visitor.open, page=page)
    yield f"{MAX_MODELS} models: Models, the first 10 s of their reading drawings", watch_models_read
    yield f"{MAX_MODELS} models: Draw, All models", lambda visitor: look_closer(visitor, "All models")


def measure(address: str, setting: str, work: Work) -> Row:
    """Do one thing while somebody else draws."""
    with Visitor(address) as visitor, watched(address) as (waits, memory):
        time.sleep(SETTLING)
        before, usual = memory[-1], float(np.median(waits))
        waits.clear()
        memory.clear()
        begun = time.perf_counter()
        with suppress(ConnectionClosed):
            work(visitor)
        seconds = time.perf_counter() - begun
        time.sleep(SETTLING)
        return Row(setting, seconds, usual, max(waits), max(memory) - before, memory[-1] - before)


@contextmanager
def watched(address: str) -> Iterator[tuple[list[float], list[float]]]:
    """Draw in one thread and look at the server's memory in another; yields seconds and megabytes, as they come."""
    waits: list[float] = []
    memory: list[float] = []
    over = Event()
    server = find_server()

    def draw() -> None:
        with Visitor(address) as other:
            while not over.wait(PAUSE):
                begun = time.perf_counter()
                other.press(f"example {len(waits) % 10}")
                waits.append(time.perf_counter() - begun)

    def look() -> None:
        while not over.wait(0.01):
            memory.append(memory_of(server))

    threads = [Thread(target=draw), Thread(target=look)]
    for thread in threads:
        thread.start()
    while not (waits and memory):
        time.sleep(0.01)
    try:
        yield waits, memory
    finally:
        over.set()
        for thread in threads:
            thread.join()


def find_server() -> int:
    """Return the process of the app that this one serves."""
    children = [
        child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return next(int(child) for child in children if b"streamlit" in Path(f"/proc/{child}/cmdline").read_bytes())


def memory_of(process: int) -> float:
    """Return the megabytes that a process has in memory."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1000


def warm_up(address: str) -> None:
    """Open all pages, so that what is loaded once for all is there."""
    with Visitor(address) as visitor:
        for page in ("inside", "mistakes", "training", "models", ""):
            visitor.open(page)
        visitor.open("inside", "from=Test+digit&digit=4&view=Similar+digits")
        visitor.open("")
        show_picture(visitor, pictures()["16 bit, 4096 × 4096, 42 kB"])
    server, before = find_server(), 0.0
    while abs(memory_of(server) - before) > 1:  # until it has looked through the training digits
        before = memory_of(server)
        time.sleep(5)


# ------------------------------------------------------------------------------------------------ what is done


def messages() -> dict[str, str]:
    """Return what can be sent in the canvas's name."""

    def state(objects: str) -> str:
        return f'{{"drawing": {{"raw": {{"objects": [{objects}]}}, "data": null}}, "backgroundFit": null}}'

    def path(commands: int) -> str:
        curve = '["Q", 100.12345678901234, 100.5, 101.5, 100.5]'
        return f'{{"type": "Path", "strokeWidth": 18, "path": [["M", 1, 1], {", ".join([curve] * commands)}]}}'

    return {
        "24.8 MB": state(path(500_000)),
        "1.9 MB of small lists": state(", ".join(["[]"] * 470_000)),
        "a drawing of 9,500 curves, about the longest that is read": state(path(9_500)),
        "nested 100,000 deep": state("[" * 100_000 + "]" * 100_000),
        "a number of 5,000 digits": state("9" * 5_000),
        "1,000 strokes": json.dumps(canvas_state(example("1") * 1_000)),
    }


def longest_link() -> str:
    """Return the letters of a drawing that are as many as a link may have: one stroke with a pen of 18 pixels."""
    points = 1_490
    steps = bytes(37 * number % 100 for number in range(2 * points))  # there and back, up to 12 pixels each
    content = bytes([18, points & 127 | 128, points >> 7]) + steps
    return urlsafe_b64encode((crc32(content) & 0xFFFF).to_bytes(2, "big") + content).decode().rstrip("=")


def pictures() -> dict[str, bytes]:
    """Return pictures that take the most."""
    white = Image.new("RGB", (SIDE, SIDE), "white")
    white.paste(0, (1000, 500, 1300, 3500))
    grey = np.asarray(white.convert("L"), dtype=np.uint16) * 257
    return {
        "16 bit, 4096 × 4096, 42 kB": _file(Image.fromarray(grey), "PNG"),
        "RGBA, 4096 × 4096": _file(white.convert("RGBA"), "PNG"),
        "progressive JPEG, 4096 × 4096": _file(white, "JPEG", progressive=True),
    }


def _file(picture: Image.Image, kind: str, **options: bool) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def show_picture(visitor: Visitor, picture: bytes) -> None:
    """Choose a picture on the Draw page."""
    visitor.set("way", string_array_value=[PICTURE])
    visitor.upload("picture", "digit.png", picture)


def by_many(visitor: Visitor, picture: bytes) -> None:
    """Let several visitors choose a picture at once."""
    visitors = [Visitor(visitor.address) for _ in range(TOGETHER)]
    threads = [Thread(target=show_picture, args=(each, picture)) for each in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in visitors:
        each.close()


def look_closer(visitor: Visitor, view: str) -> None:
    """Draw a digit and look closer at its answer."""
    visitor.press("example 8")
    visitor.set("closer", string_array_value=[view])
    visitor.press("example 3")


def set_highest(visitor: Visitor) -> None:
    """Set all hyperparameters of `accurate` to their upper ends, without pressing Train."""
    visitor.open("training")
    visitor.set("recipe", string_array_value=["accurate"])
    for name, highest in (("epochs", 1000), ("batch_size", 10_000)):
        visitor.set(f"accurate {name}", int_value=highest)
    for name, most in (("affine", 2.0), ("elastic", 4.0), ("synthetic", 2.0), ("ood_share", 2.0)):
        visitor.set(f"accurate {name}", double_array_value=[most])


def set_long_name(visitor: Visitor) -> None:
    """Type a name that the text field would not let in."""
    visitor.open("training")
    visitor.set("name of a quick", string_value="x" * 1_900_000)


def find_change(visitor: Visitor, query: str) -> None:
    """Let the smallest change be searched for."""
    visitor.open("inside", query)
    visitor.press(next(each for each in visitor.widgets() if each.endswith(" seek")))


def take_away(visitor: Visitor, button: str) -> None:
    """Download what is made only then."""
    visitor.open("models", "models=accurate")
    visitor.download(button)


def watch_models_read(visitor: Visitor) -> None:
    """Open the page on which each model reads 2,000 drawings once, two seconds each."""
    visitor.open("models", wait=False)
    time.sleep(10)


def zip_with_long_history(models_dir: Path) -> bytes:
    """Return a model whose history is as long as may be."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(models_dir / "quick", Path(folder) / "long")
        name_card(Path(folder) / "long", "long")
        steps = [Step(n, MAX_LINES, 1.0 / n, float(n), 0.001) for n in range(1, MAX_LINES + 1)]
        (Path(folder) / "long" / "history.jsonl").write_text("".join(map(entry_to_line, steps)))
        return zip_model("long", Path(folder))


def add_zip(visitor: Visitor, zipped: bytes) -> None:
    """Add a model from a zip."""
    visitor.open("models")
    visitor.upload("zip 0", "long.zip", zipped)
    visitor.press("Add it")


def many_models(visitor: Visitor, models_dir: Path) -> None:
    """Put as many models beside the others as can be added, and open the page."""
    for number in range(MAX_MODELS - len(list(models_dir.glob("*/card.json")))):
        shutil.copytree(models_dir / "accurate", models_dir / f".copy-{number}")
        name_card(models_dir / f".copy-{number}", f"copy-{number}")
        (models_dir / f".copy-{number}").rename(models_dir / f"copy-{number}")
    visitor.open("")


if __name__ == "__main__":
    main()
