"""Fetching the digits from mirrors that do all that they should not: it ends, and the next mirror is tried."""

import errno
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from torchvision.datasets import MNIST

from mnist_core.data import download, fetching, idx_files, mnist
from mnist_core.data.data_sets import MNIST as MNIST_DATA_SET
from mnist_core.data.mnist import COUNTS, FILES, load_mnist
from mnist_core.errors import DataError
from tests.support.mirrors import always, endless, give, good, mirror, silent

IMAGES, LABELS = FILES["test"]  # the labels are the smallest file: 4,542 bytes packed
RIGHT_SIZE = bytes(4_542)
OK = b"HTTP/1.1 200 OK\r\n"

pytestmark = pytest.mark.chaos


@pytest.fixture
def folder(tmp_path, published):
    """A data folder that has the test digits without their labels."""
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / IMAGES).symlink_to(published / IMAGES)
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """Give up after fractions of a second, look at the test digits alone, and use no proxy of the environment's."""
    monkeypatch.setattr(mnist, "MNIST", replace(MNIST_DATA_SET, files=MNIST_DATA_SET.of("test")))
    monkeypatch.setattr(download, "STALL", 0.2)
    monkeypatch.setattr(download, "GRACE", 0.3)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def fetch(folder: Path, *mirrors: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Load the test digits by way of these mirrors; return what was refused, or nothing. Fail where it does not end."""
    monkeypatch.setattr(MNIST, "mirrors", list(mirrors))
    said = []

    def load() -> None:
        try:
            assert len(load_mnist("test", folder)) == COUNTS["test"]
        except DataError as error:
            said.append(str(error))

    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "it does not end"
    return "".join(said)


def leftovers(folder: Path) -> set[str]:
    """What lies in the data folder beside the files that were there and the lock."""
    return {path.name for path in folder.rglob("*")} - {"MNIST", "raw", IMAGES, ".lock"}


MISDEEDS = {
    "never answers": (silent, "did not send the file in time"),
    "drips its answer": (endless(b"", b"H"), "did not send the file in time"),
    "drips its headers": (endless(OK, b"X"), "did not send the file in time"),
    "drips the file": (endless(give(b"", 4_542), b"1"), "did not send the file in time"),
    "drips a file in chunks": (
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n1\r\n"),
        "did not send the file in time",
    ),
    "stops in the middle": (
        lambda connection, *rest: (connection.sendall(give(bytes(2_000), 4_542)), silent(connection, *rest)),
        "did not send the file in time",
    ),
    "sends without end": (endless(OK + b"\r\n", bytes(100_000)), "sent more than the 4,542 bytes of the file"),
    "sends headers without end": (endless(OK, b"X: " + b"y" * 60_000 + b"\r\n"), "sent more than 104,542 bytes"),
    "redirects with an answer without end": (
        endless(b"HTTP/1.1 302 Found\r\nLocation: /here\r\n\r\n", bytes(50_000)),
        "sent more than 104,542 bytes",
    ),
    "sends wrong bytes": (always(give(RIGHT_SIZE)), "sent a file that is not MNIST's"),
    "sends a page": (always(give(b"<html>Welcome</html>")), "broke off after 20 of 4,542 bytes"),
    "has not got it": (always(b"HTTP/1.1 404 ![x](http://x.y/z.png)\r\n\r\n"), "answered 404"),
    "closes half-way": (always(give(bytes(2_000), 4_542)), "broke off after 2,000 of 4,542 bytes"),
    "closes at once": (always(b""), "cannot be reached"),
    "is no web server": (always(b"220 mail ready\r\n"), "sent no valid answer"),
    "redirects to itself": (always(b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n"), "answered 302"),
    "redirects to a file": (always(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"), "answered 302"),
    "redirects to FTP": (always(b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\n\r\n"), "sent no valid answer"),
    "redirects to nonsense": (
        always(b"HTTP/1.1 302 Found\r\nLocation: http://[::1/x\r\n\r\n"),
        "sent no valid answer",
    ),
}


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_a_mirror_that_misbehaves_is_given_up_and_the_next_one_tried(folder, published, monkeypatch, misdeed):
    behave, words = MISDEEDS[misdeed]
    with mirror(behave) as bad:
        said = fetch(folder, bad.address, bad.address, monkeypatch=monkeypatch)
        assert bad.asked
        assert leftovers(folder) == set()
        assert said == (
            "The MNIST digits could not be fetched. The MNIST digits in the data folder are not all there, not all "
            "readable, or damaged: missing: t10k-labels-idx1-ubyte. Tried for t10k-labels-idx1-ubyte: "
            f"127.0.0.1 {words}; 127.0.0.1 {words}. Check the connection and try again, or put the four .gz files into "
            "MNIST/raw in the data folder (`MNIST_DATA`, else data/); unpacked ones will do."
        )
        with mirror(good(published)) as next_one:
            assert fetch(folder, bad.address, next_one.address, monkeypatch=monkeypatch) == ""
            assert next_one.asked == [f"/{LABELS}.gz"]
    assert leftovers(folder) == {LABELS}


def test_who_failed_is_asked_last_from_then_on(folder, published, monkeypatch):
    (folder / "MNIST" / "raw" / IMAGES).unlink()
    with mirror(always(b"")) as bad, mirror(good(published)) as next_one:
        assert fetch(folder, bad.address, next_one.address, monkeypatch=monkeypatch) == ""
        assert bad.asked == [f"/{IMAGES}.gz"]
        assert next_one.asked == [f"/{IMAGES}.gz", f"/{LABELS}.gz"]


def test_a_whole_fetch_has_a_limit_however_well_each_file_comes(folder, monkeypatch):
    monkeypatch.setattr(fetching, "FETCH_LIMIT", 0.5)
    monkeypatch.setattr(download, "GRACE", 1000.0)
    with mirror(endless(give(b"", 4_542), b"1")) as slow:
        assert "did not send the file in time" in fetch(folder, slow.address, monkeypatch=monkeypatch)


def test_through_a_proxy_that_hangs_it_ends_too(folder, monkeypatch):
    monkeypatch.delenv("no_proxy")
    with mirror(silent) as proxy, mirror(endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")) as dripping:
        for each in (proxy, dripping):
            monkeypatch.setenv("https_proxy", each.address)
            said = fetch(folder, "https://mirror.example/", monkeypatch=monkeypatch)
            assert "mirror.example did not send the file in time" in said
            assert each.asked == ["mirror.example:443"]


def test_who_waits_for_another_program_gives_up_in_the_end(folder, monkeypatch):
    monkeypatch.setattr(fetching, "FETCH_LIMIT", 0.3)
    with FileLock(folder / "MNIST" / ".lock"):
        said = fetch(folder, "http://127.0.0.1:9/", monkeypatch=monkeypatch)
    assert said == "Another program has been fetching the MNIST digits for too long. Try again later."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("what", ["the archive", "the file"])
def test_a_full_disk_is_named_and_nothing_is_left_lying_half(folder, published, monkeypatch, what):
    monkeypatch.setattr(mnist, "MNIST", MNIST_DATA_SET)
    if what == "the archive":
        (folder / "full").symlink_to("/dev/full")
        monkeypatch.setattr(fetching, "archive_path", lambda *_: folder / "full", raising=True)
    else:

        def fill(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(idx_files, "write_atomically", fill)
    with mirror(good(published)) as source:
        said = fetch(folder, source.address, source.address, monkeypatch=monkeypatch)
        assert len(source.asked) == 1  # another mirror would not help
    assert said == (
        "The disk of the data folder is full: to fetch the MNIST digits, 65 MB must be free there. "
        "Mend that, or choose another folder (`MNIST_DATA`)."
    )
    assert leftovers(folder) <= {"full"}


def test_what_a_killed_fetch_left_is_taken_away(folder, published, monkeypatch):
    downloads = folder / "MNIST" / ".fetched"
    downloads.mkdir()
    os.mkfifo(downloads / f"{LABELS}.gz")  # and nothing there is waited for
    with mirror(good(published)) as source:
        assert fetch(folder, source.address, monkeypatch=monkeypatch) == ""
    assert not downloads.exists()
