"""A button for work that takes a while and says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from mnist_core.errors import MnistExplorerError


def offer_work(label: str, doing: str, work: Callable[[], Iterable[float]], *, icon: str, key: str) -> None:
    """Show the button; once pressed, in its place a bar that follows the shares 0…1, and at the end the page anew.

    What a person can mend is said then, above the button.
    """
    failed = f"_failed: {key}"
    if failed in st.session_state:
        st.error(st.session_state.pop(failed))
    place = st.empty()
    if not place.button(label, type="primary", icon=icon, key=key):
        return
    bar = place.progress(0.0, doing)  # a second press would begin anew
    try:
        for share in work():
            bar.progress(share, f"{doing}: {share:.0%}")
    except (MnistExplorerError, OSError) as error:
        st.session_state[failed] = str(error)
    st.rerun()
