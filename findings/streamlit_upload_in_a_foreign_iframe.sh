#!/usr/bin/env bash
# Streamlit 1.67.0, Playwright 1.65.2, Debian's Chromium 156.0.8078.108. Seen on 2026-11-27.
#
# Guess: `server.xsrfCookieSameSite = "none"` over HTTPS makes `st.file_uploader` work in another site's iframe, for that
# is the example that the option's own description gives.
#
# What happens: the upload is refused all the same, 403, as with the default "lax". The server does send its cookie with
# `SameSite=None; Secure`, and the browser does not keep it, for it blocks third-party cookies. Streamlit compares the
# cookie with a header that the page makes of it, and finds neither. With `; Partitioned` (CHIPS) behind the same cookie,
# added on its way by ASGI middleware, the upload is taken, 204.
#
# Seen:
#   lax: 403, cookies kept: 0
#   none: 403, cookies kept: 0
#   none and Partitioned: 204, cookies kept: 1
#
# Needs Python 3.11 or newer, openssl and Chromium. Installs into a temporary folder. Fails if this has changed.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q streamlit==1.67.0 playwright==1.65.2
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 2 -subj /CN=app.test 2>/dev/null

cat >page.py <<'PYTHON'
import streamlit as st

file = st.file_uploader("A file")
st.write("Arrived" if file else "Nothing yet")
PYTHON

cat >partitioned.py <<'PYTHON'
import streamlit as st
from starlette.middleware import Middleware


class Partition:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def mark(message):
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, value + b"; Partitioned" if name == b"set-cookie" else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await self.app(scope, receive, mark)


app = st.App("page.py", middleware=[Middleware(Partition)])
PYTHON

cat >visit.py <<'PYTHON'
import http.server
import shutil
import ssl
import sys
import threading

from playwright.sync_api import sync_playwright

port = sys.argv[1]


class Frame(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<iframe src="https://app.test:{port}/" width="800" height="600"></iframe>'.encode())

    def log_message(self, *_):
        pass


site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Frame)
secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
secured.load_cert_chain("certificate.pem", "key.pem")
site.socket = secured.wrap_socket(site.socket, server_side=True)
threading.Thread(target=site.serve_forever, daemon=True).start()
chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
names = "MAP app.test 127.0.0.1, MAP other.test 127.0.0.1"
flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", f"--host-resolver-rules={names}"]
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium, args=flags)
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"https://other.test:{site.server_port}/")
    upload = page.frame_locator("iframe").locator("input[type=file]")
    upload.wait_for(state="attached", timeout=60_000)
    with page.expect_response(lambda response: "upload_file" in response.url and response.request.method == "PUT") as answer:
        upload.set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"})
    print(f"{answer.value.status}, cookies kept: {len(context.cookies())}")
    browser.close()
PYTHON

try() { # the script, the value of the option
  local port
  port=$(venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  venv/bin/streamlit run "$1" --server.port "$port" --server.address 127.0.0.1 --server.headless true \
    --browser.gatherUsageStats false --server.sslCertFile certificate.pem --server.sslKeyFile key.pem \
    --server.xsrfCookieSameSite "$2" >log 2>&1 &
  server=$!
  for _ in $(seq 100); do
    curl -sk "https://127.0.0.1:$port/_stcore/health" >/dev/null && break
    sleep 0.2
  done
  venv/bin/python visit.py "$port"
  kill "$server"
  wait "$server" 2>/dev/null || true
}

{
  echo "lax: $(try page.py lax)"
  echo "none: $(try page.py none)"
  echo "none and Partitioned: $(try partitioned.py none)"
} | tee seen
diff seen - <<'SEEN'
lax: 403, cookies kept: 0
none: 403, cookies kept: 0
none and Partitioned: 204, cookies kept: 1
SEEN
