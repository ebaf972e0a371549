"""A button for work that takes a while and says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from mnist_core.errors import MnistExplorerError
from mnist_core.rights import Right, why_not
from ui.text import verbatim


def offer_work(
    label: str,
    doing: str,
    work: Callable[[], Iterable[float]],
    *,
    right: Right,
    icon: str,
    key: str,
    is_begun: bool = False,
) -> None:
    """Show the button; once pressed, a bar that follows the shares 0…1, and at the end the whole page anew.

    Visitors who have no right to that work are told so in the button's place.
    """
    if reason := why_not(right):
        st.caption(verbatim(reason))
    elif do_work(label, doing, work, icon=icon, key=key, is_begun=is_begun):
        st.rerun()


def do_work(
    label: str, doing: str, work: Callable[[], Iterable[float]], *, icon: str, key: str, is_begun: bool = False
) -> bool:
    """Show the button; once pressed, or begun before, a bar that follows the shares 0…1. Tells whether it is done now.

    What a person can mend is said in the bar's place.
    """
    if not st.button(label, type="primary", icon=icon, key=key) and not is_begun:
        return False
    bar = st.progress(0.0, doing)
    try:
        for share in work():
            bar.progress(share, f"{doing}: {share:.0%}")
    except (MnistExplorerError, OSError) as error:
        bar.empty()
        st.error(verbatim(error))
        return False
    return True
