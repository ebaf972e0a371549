"""MNIST Explorer: the router. Start it with `streamlit run streamlit_app.py`."""

import streamlit as st

from ui import frame

st.set_page_config(page_title="MNIST Explorer", page_icon="✏️", layout="wide")  # before st.navigation
st.session_state[frame.FRAMED] = True
frame.build().run()
