#!/usr/bin/env bash
# Streamlit 1.67.0, Chromium, CPython 3.11.7, Linux. Seen on 2026-11-28.
#
# Guess: a button that stands outside all fragments runs the whole app when it is pressed, whatever a component inside a
# fragment says at that moment; or, if the two are told together, the wider of the two runs.
#
# What happens: Streamlit's page gathers what widgets say until the browser has nothing else to do, and sends it as one
# message, with the fragment of whoever has a fragment and spoke first. The button's callback is called, the fragment
# alone runs again, and what the callback changed is not shown anywhere else: to the visitor the press did nothing.
# A console warning is written only where two different fragments meet, not where a fragment meets the app.
# The component here speaks upon each press, so that the two always meet; one that reports when it is loaded meets a
# press now and then, the more often the busier the machine.
#
# Seen:
#   the component is silent: pressed 1, the app shows 1, the fragment shows 1
#   the component speaks, too: pressed 2, the app shows 1, the fragment shows 2
#
# Needs Python 3.11 or newer and a Chromium in $CHROMIUM, or one on the path. Installs into a temporary folder. Fails if
# this has changed.
set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q streamlit==1.67.0 playwright==1.65.2

cat >page.py <<'PYTHON'
import streamlit as st

component = st.components.v2.component(
    "echo",
    js="""
    let number = 0
    export default function ({ setStateValue }) {
        const listen = () => window.speaks && setStateValue("number", ++number)
        document.addEventListener("click", listen, true)
        return () => document.removeEventListener("click", listen, true)
    }
    """,
)


def count():
    st.session_state.presses = st.session_state.get("presses", 0) + 1


st.button("Press", on_click=count)
st.write(f"app {st.session_state.get('presses', 0)}")


@st.fragment
def part():
    component(key="echo")
    st.write(f"fragment {st.session_state.get('presses', 0)}")


part()
PYTHON

cat >look.py <<'PYTHON'
import re
import sys

from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[2], args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page()
    page.goto(sys.argv[1])
    page.get_by_text("fragment 0").wait_for()
    for presses, speaks in enumerate((False, True), 1):
        page.evaluate("speaks => { window.speaks = speaks }", speaks)
        page.get_by_role("button", name="Press").click()
        page.get_by_text(f"fragment {presses}").wait_for()
        page.wait_for_timeout(1500)
        shown = re.search(r"app (\d+)", page.get_by_test_id("stMain").inner_text())[1]
        what = "speaks, too" if speaks else "is silent"
        print(f"the component {what}: pressed {presses}, the app shows {shown}, the fragment shows {presses}")
    browser.close()
PYTHON

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/streamlit run page.py --server.headless true --server.address 127.0.0.1 --server.port "$port" \
  --browser.gatherUsageStats false >log 2>&1 &
server=$!
for _ in $(seq 100); do
  python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/_stcore/health', timeout=1)" 2>/dev/null && break
  sleep 0.2
done
venv/bin/python look.py "http://127.0.0.1:$port" "$chromium" | tee seen
diff seen - <<'SEEN'
the component is silent: pressed 1, the app shows 1, the fragment shows 1
the component speaks, too: pressed 2, the app shows 1, the fragment shows 2
SEEN
