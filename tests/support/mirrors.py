"""Servers that give MNIST's files as they should, or as badly as a server can."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PAUSE = 0.02  # seconds between the pieces of what never ends


@dataclass
class Mirror:
    """A server on this machine: its address, what it was asked for, and the word that lets it go on or end."""

    address: str
    asked: list[str] = field(default_factory=list)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    is_closed: threading.Event = field(default_factory=threading.Event)


# What a package that another test has loaded asks for by itself: onnxruntime reports its use.
NOT_OURS = "mobile.events.data.microsoft.com"

# `train.py`, which waits half a second where it waits ten.
HURRIED = "import sys; from mnist_core.data import download; download.STALL = 0.5; import train; sys.exit(train.main())"

Behaviour = Callable[[socket.socket, str, Mirror], None]


@contextmanager
def mirror(behave: Behaviour) -> Iterator[Mirror]:
    """Run a server that behaves so towards each who asks; it ends with the block, whatever it was doing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        served = Mirror(f"http://127.0.0.1:{server.getsockname()[1]}/")

        def answer(connection: socket.socket) -> None:
            with connection, suppress(OSError):  # who asked has gone
                request = b""
                while b"\r\n\r\n" not in request:
                    if not (part := connection.recv(4096)):
                        return
                    request += part
                address = request.split()[1].decode()
                if not address.startswith(NOT_OURS):
                    served.asked.append(address)
                behave(connection, address.rpartition("/")[2], served)

        def accept() -> None:
            with suppress(OSError):  # closed
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield served
        finally:
            served.is_closed.set()
            served.may_go_on.set()
            server.shutdown(socket.SHUT_RDWR)


def let_all_go_through(proxy: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every mirror be asked by way of this server, in the processes that are started, too."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, proxy.address)


def give(content: bytes, length: int | None = None) -> bytes:
    """Return an answer with that content, which says that it has that length."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content) if length is None else length, content)


def good(raw: Path) -> Behaviour:
    """Give the archives in a folder."""
    return lambda connection, name, _: connection.sendall(give((raw / name).read_bytes()))


def hesitant(raw: Path) -> Behaviour:
    """Give the archives in a folder as slowly as is put up with, 100 kB a second, until it may go on."""

    def behave(connection: socket.socket, name: str, served: Mirror) -> None:
        if not name.endswith(".gz"):  # asked as a proxy, to be a tunnel
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        answer = give((raw / name).read_bytes())
        while answer and not served.may_go_on.wait(0.2):
            connection.sendall(answer[:20_000])
            answer = answer[20_000:]
        connection.sendall(answer)

    return behave


def always(answer: bytes) -> Behaviour:
    """Answer the same to everybody."""
    return lambda connection, *_: connection.sendall(answer)


def silent(_: socket.socket, __: str, served: Mirror) -> None:
    """Take the request and never answer."""
    served.is_closed.wait()


def endless(start: bytes, piece: bytes) -> Behaviour:
    """Begin so, then send the piece again and again."""

    def behave(connection: socket.socket, _: str, served: Mirror) -> None:
        connection.sendall(start)
        while not served.is_closed.wait(PAUSE):
            connection.sendall(piece)

    return behave
