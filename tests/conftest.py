"""What several tests need: the real digits, small digits made here, models trained on them, a served app."""

from __future__ import annotations

import os

from tests.support.places import PROJECT

# Before torch is there: beside another busy process its spinning threads make a step of 2 ms one of 300.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
if "PYTEST_XDIST_WORKER" in os.environ:  # the processes share the cores already
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from benchmarks.serving import CHROMIUM, FLAGS, served
from mnist_core.data.mnist import SIZES, Digits, find_data_dir, load_mnist
from mnist_core.errors import DataError
from mnist_core.evaluation import test_sets
from mnist_core.training import final_evaluation, material
from tests.support.browsing import new_visitor
from tests.support.small_training import make_digits


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a person ask for more than the usual number of kills, of tabs and of faults."""
    parser.addoption("--kills", type=int, default=6, metavar="N", help="how often a training is killed (test_kills.py)")
    parser.addoption("--long", action="store_true", help="the long form of the tests marked chaos")
    parser.addoption("--tabs", type=int, default=5, metavar="N", help="how many tabs press Train at once (browser)")


MARKERS = {"browser": "browser", "mnist_train": "data", "mnist_test": "data"}  # fixture → marker
# The files that take the most time, the longest first: begun last, one of them would keep the others waiting.
LONGEST = (
    *("browser/test_training.py", "browser/test_draw.py", "browser/test_navigation.py"),
    *("browser/test_accessibility.py", "browser/test_no_request_leaves.py", "browser/test_inside.py"),
    *("core/training/test_command.py", "core/store/test_onnx_export.py", "browser/test_fetching.py"),
    *("browser/test_double_press.py", "browser/test_teaching.py", "core/training/test_kills.py"),
    *("test_forged_presses.py", "browser/test_mistakes.py", "browser/test_models.py", "browser/test_pictures.py"),
    *("core/evaluation/test_calibration.py", "core/training/test_launcher.py", "core/explain/test_counterfactual.py"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser or the digits, and begin with the files that take the most time."""
    for item in items:
        for fixture, marker in MARKERS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1))  # on a busy machine; the summary names each that was run twice
    places = {PROJECT / "tests" / file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session", autouse=True)
def own_temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the tests a folder for temporary files of their own, and so a lock of the trainings of their own.

    A person's training on this machine neither disturbs them nor is disturbed, and their drawings stay as they are.
    """
    folder = str(tmp_path_factory.mktemp("tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setenv("XDG_CACHE_HOME", folder)
        patch.setenv("MNIST_DRAWINGS", str(Path(folder) / "drawings"))
        patch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(scope="session")
def is_long(pytestconfig: pytest.Config) -> bool:
    """Whether the long form was asked for of the tests marked chaos."""
    return bool(pytestconfig.getoption("--long"))


@pytest.fixture(scope="session")
def mnist_test() -> Digits:
    """The 10,000 real test digits."""
    return _real("test")


@pytest.fixture(scope="session")
def mnist_train() -> Digits:
    """The 60,000 real training digits."""
    return _real("train")


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder of MNIST's four archives as they were published, with the unpacked files."""
    raw = find_data_dir() / "MNIST" / "raw"
    if not all((raw / file).is_file() for name in SIZES for file in (name, f"{name}.gz")):
        pytest.skip("needs the archives of MNIST and the unpacked files")
    return raw


def _real(split: str) -> Digits:
    try:
        return load_mnist(split, fetch=False)
    except DataError as error:
        pytest.skip(f"needs the MNIST digits: {error}")


@pytest.fixture(scope="session")
def made_digits() -> Digits:
    """600 digits that are easy to tell apart."""
    return make_digits()


@pytest.fixture
def small_data(monkeypatch: pytest.MonkeyPatch, made_digits: Digits) -> Digits:
    """Made digits in the place of MNIST, to learn from and to be evaluated by, so that a training takes a second."""
    for module in (material, test_sets):
        monkeypatch.setattr(module, "load", lambda *_, **__: made_digits)
    monkeypatch.setattr(final_evaluation, "DISPUTED_TEST_LABELS", ())
    return made_digits


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A models folder that holds a copy of the shipped model."""
    shutil.copytree(PROJECT / "models" / "classic", tmp_path / "models" / "classic")
    return tmp_path / "models"


@pytest.fixture(scope="session")
def app_address() -> Iterator[str]:
    """The address of the app, served as a visitor's would be."""
    with served() as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium with one visitor, whose tabs share what is cached: the app's scripts are compiled once."""
    expect.set_options(timeout=30_000)  # milliseconds; on a busy machine the usual five seconds are too few
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        new_visitor(chromium)
        yield chromium
