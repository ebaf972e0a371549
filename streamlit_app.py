"""MNIST Explorer: the router. Start it with `streamlit run streamlit_app.py`.

Streamlit imports this file once, for the server that it declares, and runs it for every change on a visitor's page.
"""

import streamlit as st

if __name__ == "__main__":
    from ui import frame, theme

    st.set_page_config(page_icon="✏️", layout="wide")  # before st.navigation
    st.session_state[frame.FRAMED] = True
    page = frame.build()
    st.set_page_config(page_title=f"{page.title} · {frame.APP}")
    frame.enter(page)
    theme.apply()
    page.run()
else:
    from starlette.middleware import Middleware

    from mnist_core.settings import read_settings
    from mnist_core.store.changes import sweep_models
    from ui.receiving import Reception
    from ui.serving import Doorway, prepare, warm_up

    prepare()
    sweep_models(read_settings().models_dir)
    app = st.App(__file__, lifespan=warm_up, middleware=[Middleware(Doorway), Middleware(Reception)])
