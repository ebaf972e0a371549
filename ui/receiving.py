"""What a visitor's messages and files may hold, looked at before Streamlit reads them.

Anybody can send anything in the name of a page. Streamlit takes a message's JSON as it comes, keeps it as long as the
session lasts, and fails before our code runs where it cannot be read: for its depth, or for a number of 5,000 digits.
How long a message may be says `server.maxWidgetStateSize`; but two megabytes of `[],[],…` are fifty once they are read.

Nor does it ask who may say what: anybody may clear all caches of the server, or ask for its files in git. Neither is
among what a page of ours says (`SAID`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_STATE = 4_000_000  # bytes; what all JSON of a message takes in memory, about
SAID = {"rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "backend_operation_request"}
NOTHING: bytes = BackMsg(app_heartbeat=True).SerializeToString()  # what stands for a message that is not let in
NUMBER = 40  # bytes of memory of a value in a list that is none of JSON's, about
COSTS = {",": 50, "[": 70, "{": 250}  # bytes, beside its letters, of a value, a list and a dictionary
MAX_WIDGETS = 500  # of a message; the largest page has about a hundred
MAX_ADDRESS = 10_000  # letters of its query parameters; a link with a drawing has 4,000
MAX_FILES = 2  # that a session keeps: no page shows two uploaders
REFUSED = "refused"  # stands in the state of a component in the place of one that was not let in
_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")


class Reception:
    """ASGI middleware that bounds what a session sends, and so what it keeps in the server's memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on, with what comes over it within bounds."""

        async def receive_within_bounds() -> Message:
            message = await receive()
            if content := message.get("bytes"):
                message["bytes"] = within_bounds(content)
            return message

        await self.app(scope, receive_within_bounds if scope["type"] == "websocket" else receive, send)
        upload = _UPLOAD.search(scope.get("path", ""))
        if scope["type"] == "http" and scope["method"] == "PUT" and upload:
            keep_newest_files(upload[1])


def within_bounds(content: bytes) -> bytes:
    """Return a message of a page without what is too large or cannot be read; what is no message stays as it is.

    A component is told by `REFUSED` in its state, so that its page can say so. What is longer than Streamlit itself
    lets in is left to it: it ends the connection.
    """
    message = BackMsg()
    try:
        message.ParseFromString(content)
    except DecodeError:
        return content
    if message.WhichOneof("type") not in SAID:
        return NOTHING
    if len(content) > get_max_widget_state_size_bytes():
        return content
    states = message.rerun_script.widget_states
    given, taken, left = states.widgets[:MAX_WIDGETS], [], MAX_STATE
    for widget in given:
        cost = _cost(widget)
        if cost <= left and _is_readable(widget):
            left -= cost
            taken.append(widget)
        elif widget.WhichOneof("value") == "json_value":
            taken.append(WidgetState(id=widget.id, json_value=json.dumps({REFUSED: True})))
    is_lost = len(message.rerun_script.query_string) > MAX_ADDRESS
    if taken == given and len(given) == len(states.widgets) and not is_lost:
        return content
    states.CopyFrom(WidgetStates(widgets=taken))
    if is_lost:
        message.rerun_script.query_string = ""
    return bytes(message.SerializeToString())


def keep_newest_files(session: str) -> None:
    """Forget the oldest files that a session has uploaded."""
    files: Any = runtime.get_instance().uploaded_file_mgr
    kept = list(getattr(files, "file_storage", {}).get(session, ()))
    for file in kept[: max(0, len(kept) - MAX_FILES)]:
        files.remove_file(session, file)


def _text(widget: WidgetState) -> str:
    """Return what is read as JSON, or may be: the selection in a chart comes as text."""
    kind = widget.WhichOneof("value")
    if kind in ("json_value", "json_trigger_value"):
        return str(getattr(widget, kind))
    return widget.string_value if kind == "string_value" and widget.string_value.startswith(("{", "[")) else ""


def _cost(widget: WidgetState) -> int:
    """Return how much memory a value takes once it is read, about."""
    kind, text = widget.WhichOneof("value"), _text(widget)
    if kind and kind.endswith("_array_value"):
        return int(widget.ByteSize()) + NUMBER * len(getattr(widget, kind).data)
    weight = len(text) + sum(cost * text.count(letter) for letter, cost in COSTS.items())
    return weight // 3 if kind == "string_value" else weight  # a selection of all 10,000 test digits weighs 7 MB


def _is_readable(widget: WidgetState) -> bool:
    kind, text = widget.WhichOneof("value"), _text(widget)
    try:
        value = json.loads(text) if text else {}
        return kind != "json_value" or isinstance(value, dict)
    except json.JSONDecodeError:
        return kind == "string_value"  # a name may begin with a bracket
    except (ValueError, RecursionError):
        return False
