"""A button for work that takes a while and says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from mnist_core.errors import MnistExplorerError
from mnist_core.rights import Right, why_not


def offer_work(
    label: str, doing: str, work: Callable[[], Iterable[float]], *, right: Right, icon: str, key: str
) -> None:
    """Show the button; once pressed, a bar that follows the shares 0…1, and at the end the whole page anew.

    Visitors who have no right to that work are told so in the button's place.
    """
    if reason := why_not(right):
        st.caption(reason)
    elif do_work(label, doing, work, icon=icon, key=key):
        st.rerun()


def do_work(label: str, doing: str, work: Callable[[], Iterable[float]], *, icon: str, key: str) -> bool:
    """Show the button; once pressed, a bar that follows the shares 0…1. Tells whether the work was done just now.

    What a person can mend is said in the bar's place.
    """
    if not st.button(label, type="primary", icon=icon, key=key):
        return False
    bar = st.progress(0.0, doing)
    try:
        for share in work():
            bar.progress(share, f"{doing}: {share:.0%}")
    except (MnistExplorerError, OSError) as error:
        bar.empty()
        st.error(str(error))
        return False
    return True
