#!/usr/bin/env bash
# Streamlit 1.67.0, Plotly 7.1.0, Chromium, CPython 3.11.7, Linux. Seen on 2026-11-27.
#
# Guess: `st.plotly_chart(figure, key="bars")` whose ten numbers change is updated where it stands: its documentation calls
# the key "a stable identity", a field with a key stays the same whatever else about it changes, and the chart's React
# component calls `Plotly.react`, which is made for that.
#
# What happens: the key is one part of an identity that is a hash of the whole figure. The browser throws the chart away
# and makes another one from nothing, so zoom, hover and whatever a script knew of it are gone.
# `Plotly.react` is reached another way: Streamlit's component listens to Plotly's own events, so a script that changes
# `chart.data` and emits `plotly_redraw` has the same element drawn anew.
#
# Seen:
#   a field with a key, another hint: the same element
#   a chart with a key, other numbers: another element
#   chart.data and an event: the same element, its bar is 9 high
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
venv/bin/pip install -q streamlit==1.67.0 plotly==7.1.0 playwright==1.65.2

cat >page.py <<'PYTHON'
import plotly.graph_objects as go
import streamlit as st

number = st.session_state.setdefault("number", 1)
st.button("Change", on_click=lambda: st.session_state.update(number=number + 1))
st.text_input("A field", placeholder=f"hint {number}", key="field")
st.plotly_chart(go.Figure(go.Bar(x=["a"], y=[number]), {"yaxis": {"range": [0, 10]}}), key="bars")
st.write(f"run {number}")
PYTHON

cat >look.py <<'PYTHON'
import sys

from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[2], args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page()
    page.goto(sys.argv[1])
    page.locator(".st-key-bars .bars path").wait_for()
    field = page.locator(".st-key-field input").element_handle()
    chart = page.locator(".st-key-bars .js-plotly-plot").element_handle()
    page.get_by_role("button", name="Change").click()
    page.get_by_text("run 2").wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.locator(".st-key-bars .bars path").wait_for()
    page.wait_for_timeout(1000)

    def fate(element):
        return "the same element" if element.evaluate("element => element.isConnected") else "another element"

    print("a field with a key, another hint:", fate(field))
    print("a chart with a key, other numbers:", fate(chart))
    chart = page.locator(".st-key-bars .js-plotly-plot").element_handle()
    path = "chart => chart.querySelector('.bars path').getAttribute('d')"
    before = chart.evaluate(path)
    chart.evaluate("chart => { chart.data = [{...chart.data[0], y: [9]}]; chart.emit('plotly_redraw') }")
    page.wait_for_function(f"([chart, before]) => ({path})(chart) !== before", arg=[chart, before])
    height = chart.evaluate("chart => chart.calcdata[0][0].s")
    print(f"chart.data and an event: {fate(chart)}, its bar is {height} high")
PYTHON

port=$((20000 + RANDOM % 20000))
venv/bin/python -m streamlit run page.py --server.port $port --server.address 127.0.0.1 --server.headless true \
    --browser.gatherUsageStats false >server.txt 2>&1 &
server=$!
for _ in $(seq 60); do
    venv/bin/python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/_stcore/health')" 2>/dev/null && break
    sleep 1
done
venv/bin/python look.py "http://127.0.0.1:$port" "$chromium" | tee seen.txt
diff seen.txt - <<'SEEN'
a field with a key, another hint: the same element
a chart with a key, other numbers: another element
chart.data and an event: the same element, its bar is 9 high
SEEN
