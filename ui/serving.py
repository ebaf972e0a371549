"""What the server does at its start and for requests before Streamlit sees them, for an app that others are let in to.

`prepare` chooses the mode (see `mnist_core.rights`) where nobody said one, asks for enough open files, and has imported
what the first visitor's page needs while their browser still loads Streamlit's own.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from mnist_core.errors import MnistExplorerError
from mnist_core.rights import VARIABLE, Mode, read_mode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from streamlit import App

# "Misdirected Request": this server does not answer for that host (RFC 9110, 15.5.20).
MISDIRECTED = 421
HEALTH = "/_stcore/health"  # asked for by what watches over the server, under any name
METRICS = "/_stcore/metrics"
UNKNOWN_HOST = (
    "MNIST Explorer is not served under the name {host}.\n\nWhoever runs it can start it with\n"
    "    --server.allowedHosts {host}\nand with this option once more for each further name.\n"
)


OPEN_FILES = 8192  # as many as a server of this kind needs; each visitor keeps some, and macOS begins with 256
AT_START = {
    Mode.OWN: "",
    Mode.CLASS: "MNIST Explorer is served to a class: visitors draw, train within limits, and rename and delete what "
    f"visitors have made. {VARIABLE}=public lets them draw, look and compare only, {VARIABLE}=own do everything.",
    Mode.PUBLIC: "MNIST Explorer is served to the public: visitors draw, look and compare.",
}


def prepare() -> None:
    """Choose the mode where nobody said one, say which it is, and let the server open enough files."""
    if not os.environ.get(VARIABLE):
        os.environ[VARIABLE] = Mode.CLASS if is_for_others() else Mode.OWN
    try:
        words = AT_START[read_mode()]
    except ValueError as error:
        sys.exit(str(error))
    if words:
        print(words, flush=True)
    allow_open_files()
    # One digit is too little work to share, and threads would fight over the cores. A training chooses for itself.
    os.environ["OMP_NUM_THREADS"] = "1"  # read as NumPy and torch are imported


@asynccontextmanager
async def warm_up(app: App) -> AsyncIterator[None]:  # noqa: ARG001
    """Import what the first visitor's page needs, while their browser still loads what Streamlit's page is made of.

    Streamlit calls it once it knows the components that are installed; the server listens a moment later.
    """
    threading.Thread(target=_get_ready_to_draw, name="warm-up", daemon=True).start()
    yield


def _get_ready_to_draw() -> None:
    """Import what the Draw page needs, and load the model that answers there first."""
    import pandas  # noqa: F401, for Streamlit looks for data frames in what components are given
    from plotly.graph_objects import Figure  # noqa: F401

    from ui import frame  # noqa: F401
    from ui.draw import (  # noqa: F401
        all_models,
        canvas_tools,
        labelling,
        picture_table,
        preprocessing_stages,
        robustness_maps,
        share,
    )
    from ui.inputs import picture_upload  # noqa: F401
    from ui.services import answering, catalogue
    from ui.widgets import number_digits  # noqa: F401

    with suppress(MnistExplorerError):
        if best := catalogue.find_best():
            answering.load(best)


def is_for_others() -> bool:
    """Tell whether the server listens, or may be reached through a proxy, on more than this machine's own address."""
    names = [config.get_option("server.address") or "0.0.0.0", *(config.get_option("server.allowedHosts") or ["*"])]
    return not all(_is_loopback(name) for name in names)


def allow_open_files() -> None:
    """Raise the soft limit of open files as far as it may be, up to `OPEN_FILES`."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # a system may have a limit that it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


# What a page may load, and from where: whatever a stranger's text says, nothing comes from elsewhere or goes there, and
# no script that it brings runs. Streamlit reads its messages with WebAssembly, Plotly's WebGL compiles what draws ten
# thousand points, the scripts of components come from addresses in the browser's memory (blob:), and one script stands
# in Streamlit's page, a line for search engines.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA=' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
PROTECTION = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]


class Doorway:
    """ASGI middleware for what Streamlit leaves unsaid or undone.

    It loads a page under any host name, but then refuses the page's connection where the name is not in
    `server.allowedHosts`, and the visitor sees grey bars for ever: here such a request is answered in words.

    With `server.xsrfCookieSameSite = "none"`, uploads should work in another site's iframe; browsers that block
    third-party cookies refuse them all the same (403), unless the cookie is `Partitioned` (CHIPS).

    Every answer says what a page may load (`POLICY`), and Streamlit's page of metrics, which tells of all visitors, is
    not there.

    It makes its sockets so that the system gathers small messages until the browser has acknowledged the one before,
    which takes 40 ms: the answer to each stroke waited for that.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            _send_at_once(send)
            await self.app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in PROTECTION}
                told = [_partition(*header) for header in message["headers"] if header[0].lower() not in ours]
                message["headers"] = [*told, *PROTECTION]
            await send(message)

        host = Headers(scope=scope).get("host")
        if not is_host_allowed(host) and not scope["path"].endswith(HEALTH):
            words = UNKNOWN_HOST.format(host=re.sub(r":\d+$", "", host or "NAME"))
            await PlainTextResponse(words, MISDIRECTED)(scope, receive, send_protected)
            return

        if scope["path"].endswith(METRICS):
            await PlainTextResponse("Not found", 404)(scope, receive, send_protected)
            return
        await self.app(scope, receive, send_protected)


def _send_at_once(send: Send) -> None:
    """Turn off Nagle's algorithm for a connection, as asyncio does for sockets that say of themselves they are TCP."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)  # of uvicorn's side of a websocket
    connection = transport.get_extra_info("socket") if transport else None
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _partition(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Mark a cookie for use in another site's iframe as one of that site alone."""
    is_for_frames = name.lower() == b"set-cookie" and b"SameSite=None" in value and b"Partitioned" not in value
    return name, value + b"; Partitioned" if is_for_frames else value
