"""Receive a file of known size over HTTP in bounded time and space, whatever the other side does.

Every byte that arrives counts, those of headers, of redirects and of a proxy's answers too: all pass through
`_LimitedStream`. What the other side says in words is never repeated, for it would be shown as ours.
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING
from urllib import request
from urllib.error import HTTPError, URLError

from mnist_core.errors import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STALL = 10.0  # seconds; who is silent for so long is given up
GRACE = 20.0  # seconds until the pace counts
MIN_PACE = 50_000  # bytes a second, on average; who is slower is given up
MAX_OVERHEAD = 100_000  # bytes beside the file's: headers, redirects
CHUNK = 65_536  # bytes


def receive(address: str, size: int, until: float) -> Iterator[bytes]:
    """Yield the bytes of a file that has `size` of them, before `time.monotonic()` is `until`.

    Raises `DataError`, which says what the other side did instead, as "answered 404".
    """
    received = 0
    asked = request.Request(address, headers={"User-Agent": "mnist-explorer"})
    try:
        with _opener(_Budget(until, size + MAX_OVERHEAD)).open(asked, timeout=STALL) as response:
            while chunk := response.read1(CHUNK):
                received += len(chunk)
                if received > size:
                    break
                yield chunk
    except (OSError, HTTPException, ValueError) as error:  # ValueError: an address to which it redirects is none
        raise DataError(_describe(error)) from error
    if received > size:
        raise DataError(f"sent more than the {size:,} bytes of the file")
    if received < size:
        raise DataError(f"broke off after {received:,} of {size:,} bytes")


def _describe(error: Exception) -> str:
    """Say what went wrong, in our own words and the operating system's."""
    if isinstance(error, HTTPError):
        return f"answered {error.code}"
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "did not send the file in time"
    if isinstance(cause, OSError) and cause.strerror:
        return f"cannot be reached ({cause.strerror})"
    return "cannot be reached" if isinstance(cause, OSError) else "sent no valid answer"


@dataclass(slots=True)
class _Budget:
    """The time and the bytes that one file may take."""

    until: float
    most: int  # bytes
    begun: float = field(default_factory=time.monotonic)
    received: int = 0  # bytes

    def wait(self) -> float:
        """Return for how many seconds the next bytes may be waited for; raises `TimeoutError` where for none."""
        now = time.monotonic()
        left = min(STALL, self.until - now, self.begun + GRACE + self.received / MIN_PACE - now)
        if left <= 0:
            raise TimeoutError
        return left

    def spend(self, count: int) -> None:
        """Count bytes; raises `DataError` where they are too many."""
        self.received += count
        if self.received > self.most:
            raise DataError(f"sent more than {self.most:,} bytes")


class _LimitedStream(io.RawIOBase):
    """What a connection receives, within the budget."""

    def __init__(self, connection: socket.socket, budget: _Budget) -> None:
        self._connection, self._budget = connection, budget
        self._stream = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._connection.settimeout(self._budget.wait())
        count = self._stream.readinto(buffer)
        self._budget.spend(count or 0)
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Be the socket of which `HTTPResponse` makes its file, and uses nothing else."""
        return io.BufferedReader(self)


class _LimitedHandler(request.AbstractHTTPHandler):
    """Opens connections of which all that is received counts."""

    http_request = https_request = request.AbstractHTTPHandler.do_request_

    def __init__(self, budget: _Budget) -> None:
        super().__init__()
        self._budget = budget

    def http_open(self, asked: request.Request) -> HTTPResponse:
        return self.do_open(self._limit(HTTPConnection), asked)

    def https_open(self, asked: request.Request) -> HTTPResponse:
        return self.do_open(self._limit(HTTPSConnection), asked)

    def _limit(self, kind: type[HTTPConnection]) -> Callable[..., HTTPConnection]:
        def connect(host: str, *, timeout: float) -> HTTPConnection:
            connection = kind(host, timeout=timeout)
            connection.response_class = self._answer  # type: ignore[assignment]
            return connection

        return connect

    def _answer(self, connection: socket.socket, method: str) -> HTTPResponse:
        return HTTPResponse(_LimitedStream(connection, self._budget), method=method)  # type: ignore[arg-type]


def _opener(budget: _Budget) -> request.OpenerDirector:
    """Return what opens HTTP and HTTPS, through a proxy where the environment names one, and nothing else: no FTP."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        _LimitedHandler(budget),
        request.HTTPRedirectHandler(),
        request.HTTPErrorProcessor(),
        request.HTTPDefaultErrorHandler(),
        request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
