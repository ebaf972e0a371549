"""What the server does for requests before Streamlit sees them, for an app that others are let in to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# "Misdirected Request": this server does not answer for that host (RFC 9110, 15.5.20).
MISDIRECTED = 421
HEALTH = "/_stcore/health"  # asked for by what watches over the server, under any name
UNKNOWN_HOST = (
    "MNIST Explorer is not served under the name {host}.\n\nWhoever runs it can start it with\n"
    "    --server.allowedHosts {host}\nand with this option once more for each further name.\n"
)


class Doorway:
    """ASGI middleware for what Streamlit leaves unsaid or undone.

    It loads a page under any host name, but then refuses the page's connection where the name is not in
    `server.allowedHosts`, and the visitor sees grey bars for ever: here such a request is answered in words.

    With `server.xsrfCookieSameSite = "none"`, uploads should work in another site's iframe; browsers that block
    third-party cookies refuse them all the same (403), unless the cookie is `Partitioned` (CHIPS).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host")
        if not is_host_allowed(host) and not scope["path"].endswith(HEALTH):
            words = UNKNOWN_HOST.format(host=re.sub(r":\d+$", "", host or "NAME"))
            await PlainTextResponse(words, MISDIRECTED)(scope, receive, send)
            return

        async def send_with_partitioned_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [_partition(*header) for header in message["headers"]]
            await send(message)

        await self.app(scope, receive, send_with_partitioned_cookies)


def _partition(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Mark a cookie for use in another site's iframe as one of that site alone."""
    is_for_frames = name.lower() == b"set-cookie" and b"SameSite=None" in value and b"Partitioned" not in value
    return name, value + b"; Partitioned" if is_for_frames else value
