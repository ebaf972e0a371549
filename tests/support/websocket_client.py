"""A visitor without a browser: it speaks with the served app as Streamlit's page does, and can say what no page says.

    with Visitor(address, "mistakes", query="digit=4") as visitor:
        assert "Mistakes" in visitor.words()
        visitor.set("Show", string_value="Misread digits")
        visitor.press("Next")

Each of these waits until the app has run. A widget is named by its id, its key or its label; a value by its name among
the fields of Streamlit's `WidgetState`. An id that no page has shown is sent as it is.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileUploaderState, FileURLs, UploadedFileInfo
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

PATIENCE = 120  # seconds for one message of the app
XSRF = "_streamlit_xsrf"
SPOKEN = ("body", "label", "message", "value")  # the fields of an element that hold what it says
TRIGGERS = ("trigger_value", "string_trigger_value", "json_trigger_value")  # count in one run alone


class Visitor:
    """One session: what its page shows, and the values of its widgets."""

    def __init__(self, address: str, page: str = "", query: str = "", *, headers: dict[str, str] | None = None) -> None:
        """Connect as a browser does and open a page; the headers replace those of the browser's."""
        self.address = address.rstrip("/")
        self.deltas: dict[tuple[int, ...], Delta] = {}
        self.values: dict[str, WidgetState] = {}
        self.session_id = ""
        self.page_hash = ""
        self._numbers = count(1)
        with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=PATIENCE) as reply:
            cookies = [cookie.split(";")[0].split("=", 1) for cookie in reply.headers.get_all("Set-Cookie") or ()]
        self.xsrf = dict(cookies).get(XSRF, "")
        sent = {"Origin": self.address, "Cookie": f"{XSRF}={self.xsrf}"} | (headers or {})
        self._open = ExitStack()
        connection = connect(
            f"ws://{urlsplit(self.address).netloc}/_stcore/stream",
            additional_headers={name: value for name, value in sent.items() if value},
            subprotocols=["streamlit", self.xsrf],  # type: ignore[list-item]  # plain strings do
            max_size=None,
            open_timeout=PATIENCE,
            proxy=None,
        )
        self.socket = self._open.enter_context(connection)
        self.open(page, query)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave; the server notices."""
        self._open.close()

    def open(self, page: str = "", query: str = "", *, wait: bool = True) -> None:
        """Go to a page by the last part of its address, with query parameters."""
        self.page_hash = ""
        self.rerun(ClientState(page_name=page, query_string=query), wait=wait)

    def press(self, widget: str, *, wait: bool = True) -> None:
        """Press a button."""
        self.set(widget, trigger_value=True, wait=wait)

    def set(self, widget: str, *, wait: bool = True, **value: Any) -> None:
        """Give a widget a value: `string_value="accurate"`, `double_array_value=[0.5]`, `bool_value=True`, …"""
        (kind, content), identity = next(iter(value.items())), self.find(widget)
        state = WidgetState(id=identity)
        if isinstance(content, FileUploaderState):
            getattr(state, kind).CopyFrom(content)
        elif isinstance(content, list):
            getattr(state, kind).data.extend(content)
        else:
            setattr(state, kind, content)
        self.values[identity] = state
        self.rerun(ClientState(fragment_id=self.fragment_of(identity)), wait=wait)
        if kind in TRIGGERS:
            del self.values[identity]

    def send_json(self, component: str, value: object, *, wait: bool = True) -> None:
        """Give a component with a script of its own a state: `{"drawing": …}`; text is sent as it is."""
        self.set(component, json_value=value if isinstance(value, str) else json.dumps(value), wait=wait)

    def trigger(self, component: str, event: str, value: object, *, wait: bool = True) -> None:
        """Send an event of a component, as its script's `setTriggerValue` does."""
        identity = f"$$STREAMLIT_INTERNAL_KEY_{self.find(component)}__events"
        self.set(identity, json_trigger_value=json.dumps([{"event": event, "value": value}]), wait=wait)

    def upload(self, widget: str, name: str, content: bytes, *, wait: bool = True) -> int:
        """Choose a file in an uploader, whether it shows one of that name or not; returns the status of its upload."""
        place, status = self.send_file(name, content)
        if status < 300:
            file = UploadedFileInfo(name=name, size=len(content), file_id=place.file_id, file_urls=place)
            self.set(widget, file_uploader_state_value=FileUploaderState(uploaded_file_info=[file]), wait=wait)
        return status

    def send_file(self, name: str, content: bytes) -> tuple[FileURLs, int]:
        """Store a file with the server for this session, as an uploader does first; returns where, and the status."""
        request = BackMsg()
        request.file_urls_request.session_id = self.session_id
        request.file_urls_request.request_id = str(next(self._numbers))
        request.file_urls_request.file_names.append(name)
        self.send(request)
        place = next(m for m in self.messages() if m.HasField("file_urls_response")).file_urls_response.file_urls[0]
        edge = "a-line-that-no-file-has"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        put = urllib.request.Request(
            self.address + place.upload_url, head.encode() + content + f"\r\n--{edge}--\r\n".encode(), method="PUT"
        )
        put.add_header("Content-Type", f"multipart/form-data; boundary={edge}")
        put.add_header("Cookie", f"{XSRF}={self.xsrf}")
        put.add_header("X-Xsrftoken", self.xsrf)
        try:
            with urllib.request.urlopen(put, timeout=PATIENCE) as reply:
                return place, reply.status
        except urllib.error.HTTPError as error:
            return place, error.code

    def download(self, widget: str) -> bytes:
        """Return the file of a download button, which may be made only now."""
        shown = self.widgets()[self.find(widget)]
        place = shown.url
        if shown.deferred_file_id:
            message = BackMsg()
            request = message.backend_operation_request
            request.request_id, request.session_id = str(next(self._numbers)), self.session_id
            request.deferred_file.file_id = shown.deferred_file_id
            self.send(message)
            reply = next(m for m in self.messages() if m.HasField("backend_operation_response"))
            place = reply.backend_operation_response.deferred_file.url
        with urllib.request.urlopen(self.address + place, timeout=PATIENCE) as file:
            return bytes(file.read())

    def rerun(self, state: ClientState | None = None, *, wait: bool = True) -> None:
        """Ask for a run of the page with all values of its widgets, and wait until it is over."""
        state = state or ClientState()
        state.page_script_hash = self.page_hash
        state.widget_states.widgets.extend(self.values.values())
        state.context_info.timezone, state.context_info.locale = "UTC", "en-US"
        state.context_info.url, state.context_info.color_scheme = self.address, "light"
        self.send(BackMsg(rerun_script=state))
        if wait:
            self.wait()

    def send(self, message: BackMsg | bytes) -> None:
        """Send a message, or bytes that are none."""
        self.socket.send(message if isinstance(message, bytes) else message.SerializeToString())

    def wait(self, patience: float = PATIENCE) -> None:
        """Read until a run is over that another one does not follow at once."""
        for message in self.messages(patience):
            over = message.WhichOneof("type") == "script_finished"
            if over and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return

    def messages(self, patience: float = PATIENCE) -> Iterator[ForwardMsg]:
        """Yield what the app sends, and keep what it shows.

        Raises `TimeoutError`, and `websockets.exceptions.ConnectionClosed` where the app has refused a message.
        """
        while True:
            content = self.socket.recv(timeout=patience)
            message = ForwardMsg.FromString(content if isinstance(content, bytes) else content.encode())
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._begin(message)
            elif kind == "navigation":
                self.page_hash = message.navigation.page_script_hash
            elif kind == "delta":
                self.deltas[tuple(message.metadata.delta_path)] = message.delta
            yield message

    @property
    def elements(self) -> list[Element]:
        """What the page shows, from the top to the bottom."""
        shown = sorted(self.deltas.items())
        return [delta.new_element for _, delta in shown if delta.WhichOneof("type") == "new_element"]

    def widgets(self) -> dict[str, Any]:
        """Return the page's widgets by id."""
        contents = [getattr(element, element.WhichOneof("type") or "empty") for element in self.elements]
        return {identity: content for content in contents if (identity := getattr(content, "id", ""))}

    def find(self, widget: str) -> str:
        """Return the id of a widget that is shown, by its key or its label; what is not shown is taken for an id."""
        for identity, content in self.widgets().items():
            if widget in (identity, identity.split("-", 2)[-1], getattr(content, "label", None)):  # $$ID-hash-key
                return identity
        return widget

    def words(self) -> str:
        """Return all that the page says."""
        contents = [getattr(element, element.WhichOneof("type") or "empty") for element in self.elements]
        said = [getattr(content, field, "") for content in contents for field in SPOKEN]
        return "\n".join(text for text in said if isinstance(text, str) and text and "<style>" not in text)

    def _begin(self, message: ForwardMsg) -> None:
        """Forget what this run will show anew: all of a page, or what its fragment shows."""
        session: NewSession = message.new_session
        self.page_hash = session.page_script_hash
        self.session_id = session.initialize.session_id or self.session_id
        fragments = set(message.metadata.run.fragment_ids)
        self.deltas = {
            path: delta for path, delta in self.deltas.items() if fragments and delta.fragment_id not in fragments
        }

    def fragment_of(self, identity: str) -> str:
        for delta in self.deltas.values():
            content: Any = getattr(delta.new_element, delta.new_element.WhichOneof("type") or "empty")
            if getattr(content, "id", "") == identity:
                return delta.fragment_id
        return ""
