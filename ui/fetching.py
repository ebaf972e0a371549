"""What a page says and offers where the MNIST digits are missing."""

from __future__ import annotations

import streamlit as st

from mnist_core import jobs
from mnist_core.errors import MnistExplorerError
from ui import loaders


def offer_to_fetch(sentence: str) -> None:
    """Say what is missing, offer to fetch the digits, and say how to put them there by hand."""
    raw = loaders.data_folder() / "MNIST" / "raw"
    st.info(f"{sentence} Fetch them here, or put the four `.gz` files into `{raw}`.")
    if st.button("Fetch the digits (11 MB)", type="primary", icon=":material/download:", key=sentence):
        bar = st.progress(0.0, "Fetching the digits")
        try:
            for share in jobs.fetch_mnist():
                bar.progress(share, f"Fetching the digits: {share:.0%}")
        except MnistExplorerError as error:
            bar.empty()
            st.error(str(error))
            return
        st.rerun()
