#!/usr/bin/env bash
# Streamlit 1.67.0, CPython 3.11.7, Linux. Seen on 2026-11-28.
#
# Guess: what a fragment of a page still says after the visitor has gone to another page is ignored: each message names
# the page that it is on, and Streamlit logs that a fragment "does not exist anymore".
#
# What happens: it depends on when the message comes. Once the next page has run, it is ignored. While the next page runs,
# it is kept for afterwards; then the fragment is looked for in vain, and before that the server has told the browser that
# the page shown is the one that was left. The browser hides all that belongs to the other one: the tab is empty.
# Where the next page has not begun to run, the two messages become one, for the page that was left.
#
# Seen (the page that the server says last is shown, after the visitor went from A to B):
#   nothing said late: B
#   said after B has run: B
#   said while B runs: A
#   said before B runs: A
#
# Needs Python 3.11 or newer and Linux. Installs into a temporary folder. Fails if this has changed.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q streamlit==1.67.0 websockets==16.1

cat >app.py <<'PYTHON'
import time

import streamlit as st


@st.fragment
def part():
    st.button("Press")


def a():
    part()


def b():
    time.sleep(1.5)
    st.title("B")


def slow():
    time.sleep(1.5)
    part()


st.navigation([st.Page(a, title="A", default=True), st.Page(b, title="B"), st.Page(slow, title="Slow")]).run()
PYTHON

cat >visit.py <<'PYTHON'
import sys
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect


class Tab:
    def __init__(self):
        self.socket = connect(f"ws://127.0.0.1:{sys.argv[1]}/_stcore/stream", subprotocols=["streamlit"], max_size=None)
        self.pages, self.shown, self.fragment = {}, "", ""

    def ask(self, page="", fragment=""):
        message = BackMsg()
        message.rerun_script.page_script_hash = page
        message.rerun_script.fragment_id = fragment
        self.socket.send(message.SerializeToString())

    def read(self, until=None, patience=4.0):
        """Follow what the server says is shown, until a run is over, or until it is silent."""
        while True:
            try:
                message = ForwardMsg.FromString(self.socket.recv(timeout=patience))
            except TimeoutError:
                return
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.shown = message.new_session.page_script_hash
            elif kind == "navigation":
                self.shown = message.navigation.page_script_hash
                self.pages = {page.page_name: page.page_script_hash for page in message.navigation.app_pages}
            elif kind == "delta" and message.delta.fragment_id:
                self.fragment = message.delta.fragment_id
            if kind == until:
                return


def go(late):
    tab = Tab()
    tab.ask()
    tab.read("script_finished")
    a, b = tab.pages["A"], tab.pages["B"]
    if late == "before":  # another run is in progress, so that B waits
        tab.ask(tab.pages["Slow"])
        time.sleep(0.5)
    tab.ask(b)
    if late == "while":
        tab.read("navigation")
        time.sleep(0.3)
    if late == "after":
        tab.read("script_finished")
    if late:
        tab.ask(a, tab.fragment)
    tab.read()
    return next(name for name, page in tab.pages.items() if page == tab.shown)


for late, words in (
    ("", "nothing said late"), ("after", "said after B has run"), ("while", "said while B runs"), ("before", "said before B runs")
):
    print(f"{words}: {go(late)}", flush=True)
PYTHON

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/streamlit run app.py --server.headless true --server.address 127.0.0.1 --server.port "$port" \
  --browser.gatherUsageStats false >log 2>&1 &
server=$!
for _ in $(seq 100); do
  python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/_stcore/health', timeout=1)" 2>/dev/null && break
  sleep 0.2
done
venv/bin/python visit.py "$port" | tee seen
diff seen - <<'SEEN'
nothing said late: B
said after B has run: B
said while B runs: A
said before B runs: A
SEEN
