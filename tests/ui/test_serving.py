"""What the server does at its start and before Streamlit.

The mode that it chooses, open files, hosts that it does not answer for, cookies in another site's iframe.
"""

import asyncio
import hashlib
import os
import re
import socket
import subprocess
import sys
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
import streamlit
import uvicorn
from playwright.sync_api import expect
from streamlit import config
from streamlit.web.server.app_discovery import discover_asgi_app
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from benchmarks.serving import served
from mnist_core.rights import VARIABLE, read_mode
from tests.support.places import APP, PROJECT
from tests.support.websocket_client import Visitor
from ui.serving import POLICY, Doorway, prepare


@pytest.fixture
def allow_hosts():
    """Let only these hosts in, until the test ends."""
    before = config.get_option("server.allowedHosts")
    yield lambda *hosts: config.set_option("server.allowedHosts", list(hosts))
    config.set_option("server.allowedHosts", before)


def answer(host: str, *cookies: str, path: str = "/") -> tuple[int, str, list[str]]:
    """Ask for a page of that host, which sets these cookies; returns status, text, and the cookies that arrive."""

    async def page(_scope, _receive, send):
        headers = [(b"set-cookie", cookie.encode()) for cookie in cookies]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"the page"})

    start, body = ask(page, host, path)
    arriving = [value.decode() for name, value in start["headers"] if name == b"set-cookie"]
    return start["status"], body["body"].decode(), arriving


def ask(app, host: str = "localhost", path: str = "/") -> list[dict]:
    """The messages of an app's answer, as they come out of the doorway."""
    sent = []

    async def keep(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", host.encode())]}
    with ThreadPoolExecutor(1) as thread:  # where Playwright is at work, this one has a loop already
        thread.submit(asyncio.run, Doorway(app)(scope, None, keep)).result()
    return sent


def test_the_server_stands_behind_the_doorway():
    assert discover_asgi_app(APP).app_name == "app"


def test_a_host_that_is_not_allowed_is_told_what_to_do(allow_hosts):
    allow_hosts("localhost", "class.test")
    status, words, _ = answer("mnist.test:8501")
    assert status == 421
    assert words.startswith("MNIST Explorer is not served under the name mnist.test.")
    assert "--server.allowedHosts mnist.test\n" in words


@pytest.mark.parametrize("host", ["localhost:8501", "class.test", "CLASS.test:443"])
def test_a_host_that_is_allowed_gets_the_page(allow_hosts, host):
    allow_hosts("localhost", "class.test")
    assert answer(host)[:2] == (200, "the page")


def test_the_health_of_the_server_is_told_under_any_name(allow_hosts):
    allow_hosts("class.test")
    assert answer("10.0.0.7:8501", path="/mnist/_stcore/health")[0] == 200


def test_a_cookie_for_other_sites_is_partitioned_and_no_other():
    own, foreign = "a=1; Path=/; SameSite=Lax", "b=2; Path=/; SameSite=None; Secure"
    assert answer("localhost", own, foreign)[2] == [own, f"{foreign}; Partitioned"]


def test_every_answer_says_what_a_page_may_load_and_streamlits_own_word_on_it_does_not_count():
    async def page(_scope, _receive, send):
        headers = [(b"Content-Security-Policy", b"default-src *"), (b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    headers = ask(page)[0]["headers"]
    assert headers[0] == (b"content-type", b"text/html")
    assert dict(headers[1:]).keys() == {b"content-security-policy", b"x-content-type-options", b"referrer-policy"}
    assert b"default-src 'self';" in dict(headers)[b"content-security-policy"]


def test_the_one_script_in_streamlits_page_may_run():
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text()
    scripts = [script for script in re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) if script]
    hashes = [b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert re.findall(r"'sha256-(\S+)'", POLICY) == hashes


def test_the_served_app_has_no_page_of_metrics_and_its_pages_run_under_the_policy(browser, app_address):
    page = browser.new_page()
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(app_address)
    page.get_by_role("button", name="8", exact=True).click()
    expect(page.get_by_test_id("answer")).to_contain_text("8")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert page.request.get(f"{app_address}/_stcore/metrics").status == 404
    assert [words for words in told if "Content Security Policy" in words] == []
    with page.expect_event("console", lambda message: "Content Security Policy" in message.text):
        page.evaluate("document.body.appendChild(new Image()).src = 'http://stranger.example/picture.png'")
    page.close()


def test_the_served_app_tells_a_host_that_is_not_allowed_so(app_address):
    name = urlsplit(app_address).netloc
    for host, status in ((name, 200), ("mnist.test", 421)):
        connection = HTTPConnection(name, timeout=30)
        connection.request("GET", "/", headers={"Host": host})
        assert connection.getresponse().status == status
        connection.close()


@pytest.mark.parametrize(
    ("address", "hosts", "mode"),
    [
        ("127.0.0.1", ["localhost", "127.0.0.1"], "own"),
        ("::1", ["localhost", "[::1]"], "own"),
        ("localhost", ["127.0.0.2"], "own"),
        ("0.0.0.0", ["localhost"], "class"),
        ("192.0.2.7", ["localhost"], "class"),
        (None, ["localhost"], "class"),  # every address that the machine has
        ("127.0.0.1", ["localhost", "class.test"], "class"),  # through a proxy
        ("127.0.0.1", [], "class"),  # which lets every name in
        ("127.0.0.1", ["*"], "class"),
    ],
)
def test_without_a_word_the_mode_is_that_of_who_can_reach_the_server(monkeypatch, capsys, address, hosts, mode):
    options = {"server.address": address, "server.allowedHosts": hosts}
    monkeypatch.setattr(config, "get_option", options.__getitem__)
    monkeypatch.setenv(VARIABLE, "")
    prepare()
    assert read_mode() == mode
    assert ("served to a class" in capsys.readouterr().out) == (mode == "class")


def test_a_mode_that_was_said_stands_and_is_told(monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "public")
    prepare()
    assert read_mode() == "public"
    assert capsys.readouterr().out == "MNIST Explorer is served to the public: visitors draw, look and compare.\n"


def test_with_a_word_that_is_no_mode_nothing_is_served(monkeypatch):
    monkeypatch.setenv(VARIABLE, "pubic")
    with pytest.raises(SystemExit, match="MNIST_EXPLORER is 'pubic'; expected one of own, class, public"):
        prepare()


@pytest.mark.parametrize(("soft", "hard", "wanted"), [(256, 10_000, 8192), (64, 512, 512), (9000, 10_000, 9000)])
def test_as_many_files_may_be_open_as_are_needed_and_may_be(soft, hard, wanted):
    code = "import resource; from ui.serving import allow_open_files; allow_open_files(); "
    code += "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    limits = f"ulimit -S -n {soft}; ulimit -H -n {hard}; exec {sys.executable} -c '{code}'"
    told = subprocess.run(["bash", "-c", limits], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert told.stdout == f"{wanted}\n", told.stderr


@pytest.mark.chaos
@pytest.mark.slow
def test_a_server_that_begins_with_few_open_files_outlives_many_page_loads(is_long):
    soft, loads = (256, 1000) if is_long else (80, 45)
    with served(prefix=["bash", "-c", f'ulimit -S -n {soft}; exec "$@"', "bash"]) as address, ExitStack() as open_tabs:
        for _ in range(loads):
            visitor = open_tabs.enter_context(Visitor(address, "training"))
            assert "How does it learn?" in visitor.words()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at the sockets of a process as Linux tells them")
def test_what_the_server_sends_to_a_page_leaves_at_once():
    """Uvicorn serves a socket that was made as Streamlit makes its own, and the kernel says how it is set."""
    seen = []

    async def page(scope, receive, send):
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        seen.append(sends_at_once(scope["client"]))
        await send({"type": "websocket.close"})

    listening = socket.socket(socket.AF_INET)  # Streamlit too names no protocol, and asyncio then takes it for none
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(Doorway(page), ws="websockets-sansio", lifespan="off", log_level="error"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        with (
            connect(f"ws://127.0.0.1:{listening.getsockname()[1]}/", proxy=None) as visitor,
            suppress(ConnectionClosed),
        ):
            visitor.recv(timeout=60)
    finally:
        server.should_exit = True
        thread.join(60)
        listening.close()
    assert seen == [True]


def sends_at_once(peer):
    """Tell whether this process sends without waiting over its connection to that address."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):  # it may be gone, or connected with nothing
            if str(entry.readlink()).startswith("socket:"):
                with socket.socket(fileno=os.dup(int(entry.name))) as connection:
                    if connection.getpeername() == tuple(peer):
                        return bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    return None
