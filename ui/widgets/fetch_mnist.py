"""What a page says and offers where the MNIST digits are missing."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from mnist_core.data.mnist import fetched_share, find_obstacle
from mnist_core.errors import DataError
from mnist_core.rights import Right, why_not
from mnist_core.training import launcher
from ui.services import mnist_digits
from ui.text import verbatim
from ui.widgets.progress import offer_work

_WAITING = "_waits for the digits"  # in the session: its visitor has pressed the button


def offer_to_fetch(needed: str) -> None:
    """Say what the digits are needed for and what is wrong, offer to fetch them, and say how to do it by hand.

    Whoever presses while they are being fetched sees how far that is; so does who pressed before the page ran anew.
    """
    faults, obstacle = mnist_digits.find_faults(), find_obstacle()
    missing = "" if faults else ", and they are not on this machine yet"
    can_fetch = not obstacle and not why_not(Right.FETCH)
    st.info(
        f"{needed}{missing}. {'Fetch them here, or put' if can_fetch else 'Put'} the four `.gz` files into `MNIST/raw` "
        "in the data folder (`MNIST_DATA`, else `data`); unpacked ones will do, too."
    )
    if faults:
        st.warning(f"What lies there already is not all of MNIST: {verbatim('; '.join(faults), most=1500)}.")
    if obstacle:
        st.warning(obstacle)
        return
    is_fetching = can_fetch and launcher.is_fetching()
    waits = is_fetching and _WAITING in st.session_state
    if is_fetching and not waits and not st.session_state.get(needed):  # the button's key: it is not pressed just now
        st.caption(f"They are being fetched already ({fetched_share():.0%}): press to follow it.")
    offer_work(
        "Fetch the digits (11 MB)",
        "Fetching the digits",
        _fetch,
        right=Right.FETCH,
        icon=":material/download:",
        key=needed,
        is_begun=waits,
    )


def _fetch() -> Iterator[float]:
    st.session_state[_WAITING] = True
    try:
        yield from launcher.launch_fetch()
    except DataError:
        st.session_state.pop(_WAITING, None)
        raise
    st.session_state.pop(_WAITING, None)  # not where the page runs anew meanwhile: it goes on waiting
