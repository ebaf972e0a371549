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
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from streamlit.proto.ClientState_pb2 import ClientState

MAX_STATE = 4_000_000  # bytes; what all JSON of a message takes in memory, about
TRIGGERS = {"trigger_value", "string_trigger_value", "json_trigger_value", "chat_input_value"}  # none is a state
SAID = {"rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "backend_operation_request"}
NOTHING: bytes = BackMsg(app_heartbeat=True).SerializeToString()  # what stands for a message that is not let in
NUMBER = 40  # bytes of memory of a value in a list that is none of JSON's, about
COSTS = {",": 50, "[": 70, "{": 250}  # bytes, beside its letters, of a value, a list and a dictionary
MAX_WIDGETS = 500  # of a message; the largest page has about a hundred
MAX_ADDRESS = 10_000  # letters of its query parameters; a link with a drawing has 4,000
MAX_NAVIGATION = 10_000  # bytes of a message that names the pages; ours has a thousand
MAX_FILES = 50  # that a session keeps; of a picture that was read, nothing but its name
MAX_FILE_MEMORY = 60_000_000  # bytes of those files
REFUSED = "refused"  # stands in the state of a component in the place of one that was not let in
_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")


class Reception:
    """ASGI middleware that bounds what a session sends, and so what it keeps in the server's memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on, with what comes over it within bounds."""
        tab = Tab()

        async def receive_within_bounds() -> Message:
            message = await receive()
            if content := message.get("bytes"):
                message["bytes"] = tab.let_in(content)
            return message

        async def send_and_follow(message: Message) -> None:
            tab.page = page_shown_by(message.get("bytes") or b"") or tab.page
            await send(message)

        if scope["type"] == "websocket":
            await self.app(scope, receive_within_bounds, send_and_follow)
        else:
            await self.app(scope, receive, send)
        upload = _UPLOAD.search(scope.get("path", ""))
        if scope["type"] == "http" and scope["method"] == "PUT" and upload:
            keep_newest_files(upload[1])


class Tab:
    """What a tab's messages are understood by: the hash of the page that is shown, and the values of its widgets."""

    def __init__(self, page: str = "") -> None:
        self.page = page
        self._values: dict[str, int] = {}  # by the widget's id; a hash of each

    def let_in(self, content: bytes) -> bytes:
        """Return a message as it may go on; what is no message stays as it is."""
        message = BackMsg()
        try:
            message.ParseFromString(content)
        except DecodeError:
            return content
        kind = message.WhichOneof("type")
        if kind not in SAID:
            return NOTHING
        if len(content) > get_max_widget_state_size_bytes():  # Streamlit ends the connection
            return content
        if kind != "rerun_script":
            return content
        is_changed = bound(message.rerun_script)
        if not self._is_of_page(message.rerun_script) or _is_said_twice(message.rerun_script):
            return NOTHING
        is_changed |= self._widen(message.rerun_script)
        return bytes(message.SerializeToString()) if is_changed else content

    def _is_of_page(self, asked: ClientState) -> bool:
        """Tell whether this is of the page that is shown, or leads to one; what a part of a left page says is neither.

        One that was just drawn may have its first word after the visitor has gone Back. Streamlit would run that part,
        take its page for the one that is shown, and leave the tab empty.
        """
        if not asked.fragment_id:
            self.page = asked.page_script_hash
        return not self.page or asked.page_script_hash in ("", self.page)

    def _widen(self, asked: ClientState) -> bool:
        """Have the whole page run where several widgets speak in one message; return whether a part alone would have.

        What is said in one moment comes as one message, for the part that spoke first. A button elsewhere that is
        pressed as a chart says that it is there would have its callback called, and nothing of it shown.
        """
        before, self._values, changes = self._values, {}, 0
        for widget in asked.widget_states.widgets:
            kind, value = widget.WhichOneof("value"), hash(widget.SerializeToString())
            if kind in TRIGGERS:
                changes += 1
                continue
            self._values[widget.id] = value
            # A component has no value until it speaks; other widgets have theirs without a word of the visitor.
            changes += before[widget.id] != value if widget.id in before else kind == "json_value"
        is_widened = bool(asked.fragment_id) and changes > 1
        if is_widened:
            asked.fragment_id = ""
        return is_widened


def _is_said_twice(asked: ClientState) -> bool:
    """Tell whether a part that runs again by itself names a press, which comes at once in a message of its own."""
    return asked.is_auto_rerun and any(widget.WhichOneof("value") in TRIGGERS for widget in asked.widget_states.widgets)


def bound(asked: ClientState) -> bool:
    """Take from what a page asks for what is too large or cannot be read; return whether there was any.

    A component is told by `REFUSED` in its state, so that its page can say so.
    """
    states = asked.widget_states
    given, taken, left = states.widgets[:MAX_WIDGETS], [], MAX_STATE
    for widget in given:
        cost = _cost(widget)
        if cost <= left and _is_readable(widget):
            left -= cost
            taken.append(widget)
        elif widget.WhichOneof("value") == "json_value":
            taken.append(WidgetState(id=widget.id, json_value=json.dumps({REFUSED: True})))
    is_lost = len(asked.query_string) > MAX_ADDRESS
    if taken == given and len(given) == len(states.widgets) and not is_lost:
        return False
    states.CopyFrom(WidgetStates(widgets=taken))
    if is_lost:
        asked.query_string = ""
    return True


def page_shown_by(content: bytes) -> str:
    """Return the hash of the page that a message to the browser leads to; nothing where it is none of navigation."""
    if len(content) > MAX_NAVIGATION:
        return ""
    message = ForwardMsg.FromString(content)
    return str(message.navigation.page_script_hash) if message.WhichOneof("type") == "navigation" else ""


def keep_newest_files(session: str) -> None:
    """Forget the oldest files that a session has uploaded, where they are too many or too large."""
    files: Any = runtime.get_instance().uploaded_file_mgr
    kept = dict(getattr(files, "file_storage", {}).get(session, {}))
    taken = 0
    for place, (number, file) in enumerate(reversed(kept.items())):
        taken += len(file.data)
        if place >= MAX_FILES or taken > MAX_FILE_MEMORY:
            files.remove_file(session, number)


def forget_content(file: UploadedFile) -> None:
    """Keep of a file that was read its name alone, so that its uploader goes on showing it."""
    file.truncate(0)
    if context := get_script_run_ctx():
        empty = UploadedFileRec(file.file_id, file.name, file.type, b"")
        files: Any = context.uploaded_file_mgr
        files.add_file(context.session_id, empty)


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
