"""What the server does before Streamlit: hosts that it does not answer for, cookies in another site's iframe."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from streamlit import config
from streamlit.web.server.app_discovery import discover_asgi_app

from tests.support.places import APP
from ui.serving import Doorway


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

    sent = []

    async def keep(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", host.encode())]}
    with ThreadPoolExecutor(1) as thread:  # where Playwright is at work, this one has a loop already
        thread.submit(asyncio.run, Doorway(page)(scope, None, keep)).result()
    start, body = sent
    arriving = [value.decode() for name, value in start["headers"] if name == b"set-cookie"]
    return start["status"], body["body"].decode(), arriving


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


def test_the_served_app_tells_a_host_that_is_not_allowed_so(app_address):
    name = urlsplit(app_address).netloc
    for host, status in ((name, 200), ("mnist.test", 421)):
        connection = HTTPConnection(name, timeout=30)
        connection.request("GET", "/", headers={"Host": host})
        assert connection.getresponse().status == status
        connection.close()
