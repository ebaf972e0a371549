#!/usr/bin/env bash
# Streamlit 1.67.0, CPython 3.11.7, Linux. Seen on 2026-11-27.
#
# Guess: what a Streamlit server sends to a page leaves at once. Its server is uvicorn on asyncio, and asyncio turns
# Nagle's algorithm off (TCP_NODELAY) for every TCP connection since Python 3.6.
#
# What happens: it stays on, and each run of a page, which sends several small messages, waits for the other side's delayed
# acknowledgement. Streamlit makes its listening socket with
# `socket.socket(family, SOCK_STREAM)`, whose protocol number is 0, and asyncio sets the option only where that number
# says TCP; an accepted connection inherits it. A server that asyncio has opened itself, from a host and a port, has it.
#
# Seen (the milliseconds vary; medians of 30 runs of a page):
#   asyncio's own server: TCP_NODELAY on
#   Streamlit as it comes: TCP_NODELAY off, 44 ms a run
#   Streamlit, option set: TCP_NODELAY on, 22 ms a run
#
# Needs Python 3.11 or newer and Linux. Installs into a temporary folder. Fails if this has changed.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q streamlit==1.67.0 websockets==16.1

cat >page.py <<'PYTHON'
import time

import streamlit as st

st.title("A page")
for number in range(3):
    time.sleep(0.0005)
    st.write(number)
PYTHON

cat >app.py <<'PYTHON'
import os
import socket

import streamlit as st
from starlette.middleware import Middleware


class Look:
    """Says whether a websocket's connection has the option, and sets it where that is asked for."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            connection = send.__self__.transport.get_extra_info("socket")
            if os.environ.get("SET"):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            is_on = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            print("TCP_NODELAY", "on" if is_on else "off", flush=True)
        await self.app(scope, receive, send)


app = st.App("page.py", middleware=[Middleware(Look)])
PYTHON

cat >visit.py <<'PYTHON'
import statistics
import sys
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

with connect(f"ws://127.0.0.1:{sys.argv[1]}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as page:
    taken = []
    for _ in range(31):
        message = BackMsg()
        message.rerun_script.query_string = ""
        start = time.perf_counter()
        page.send(message.SerializeToString())
        while ForwardMsg.FromString(page.recv()).WhichOneof("type") != "script_finished":
            pass
        taken.append(time.perf_counter() - start)
print(f"{1000 * statistics.median(taken[1:]):.0f}")
PYTHON

cat >plain.py <<'PYTHON'
import asyncio
import socket


async def main():
    seen = asyncio.get_running_loop().create_future()

    def look(_, writer):
        option = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        seen.set_result("on" if option else "off")
        writer.close()

    server = await asyncio.start_server(look, "127.0.0.1", 0)
    await asyncio.open_connection(*server.sockets[0].getsockname())
    print("TCP_NODELAY", await seen)


asyncio.run(main())
PYTHON

run() { # a word for the log, and what SET is
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  SET=$2 venv/bin/streamlit run app.py --server.headless true --server.address 127.0.0.1 --server.port "$port" \
    --browser.gatherUsageStats false >"$1.log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/_stcore/health', timeout=1)" 2>/dev/null && break
    sleep 0.2
  done
  venv/bin/python visit.py "$port" >"$1.ms"
  kill $server
  wait $server 2>/dev/null || true
}

run as_it_comes ""
run set 1
plain=$(venv/bin/python plain.py)
first="$(grep -m1 TCP_NODELAY as_it_comes.log)" second="$(grep -m1 TCP_NODELAY set.log)"
echo "asyncio's own server: $plain"
echo "Streamlit as it comes: $first, $(cat as_it_comes.ms) ms a run"
echo "Streamlit, option set: $second, $(cat set.ms) ms a run"
[ "$plain" = "TCP_NODELAY on" ] && [ "$first" = "TCP_NODELAY off" ] && [ "$second" = "TCP_NODELAY on" ]
[ "$(cat as_it_comes.ms)" -gt "$(cat set.ms)" ]
