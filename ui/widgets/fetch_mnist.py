"""What a page says and offers where the MNIST digits are missing."""

from __future__ import annotations

import streamlit as st

from mnist_core.data.mnist import find_faults
from mnist_core.rights import Right
from mnist_core.settings import read_settings
from mnist_core.training import launcher
from ui.text import verbatim
from ui.widgets.progress import offer_work


def offer_to_fetch(sentence: str) -> None:
    """Say what is missing, offer to fetch the digits, and say how to put them there by hand."""
    raw = read_settings().data_dir / "MNIST" / "raw"
    st.info(f"{sentence} Fetch them here, or put the four `.gz` files into `{raw}`; unpacked ones will do, too.")
    if faults := find_faults():
        st.warning(f"What lies there already is not all of MNIST: {verbatim('; '.join(faults), most=1500)}.")
    offer_work(
        "Fetch the digits (11 MB)",
        "Fetching the digits",
        launcher.launch_fetch,
        right=Right.FETCH,
        icon=":material/download:",
        key=sentence,
    )
