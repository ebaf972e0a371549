"""What a page says and offers where the MNIST digits, or another data set, are missing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import streamlit as st

from mnist_core.data.data_sets import MNIST, DataSet
from mnist_core.data.loading import fetched_share, find_faults, find_obstacle
from mnist_core.errors import DataError
from mnist_core.rights import Right, why_not
from mnist_core.training import launcher
from ui.services import mnist_digits
from ui.text import verbatim
from ui.widgets.progress import offer_work

_WAITING = "_waits for the digits"  # in the session: its visitor has pressed the button


def offer_to_fetch(needed: str, data_set: DataSet = MNIST) -> None:
    """Say what a data set is needed for and what is wrong, offer to fetch it, and say how to do it by hand.

    Whoever presses while they are being fetched sees how far that is; so does who pressed before the page ran anew.
    """
    is_mnist = data_set is MNIST
    faults, obstacle = mnist_digits.find_faults() if is_mnist else find_faults(data_set), find_obstacle(data_set)
    missing = "" if faults else ", and they are not on this machine yet"
    can_fetch = not obstacle and not why_not(Right.FETCH)
    things = "digits" if is_mnist else verbatim(data_set.things)
    st.info(
        f"{needed}{missing}. {'Fetch them here, or put' if can_fetch else 'Put'} the four `.gz` files into "
        f"`{verbatim(data_set.folder)}/raw` in the data folder (`MNIST_DATA`, else `data`); unpacked ones will do, too."
    )
    if faults:
        found = verbatim("; ".join(faults), most=1500)
        st.warning(f"What lies there already is not all of {verbatim(data_set.name)}: {found}.")
    if obstacle:
        st.warning(obstacle)
        return
    is_fetching = can_fetch and launcher.is_fetching(data_set=data_set)
    waits = is_fetching and st.session_state.get(_WAITING) == data_set.key
    if is_fetching and not waits and not st.session_state.get(needed):  # the button's key: it is not pressed just now
        st.caption(f"They are being fetched already ({fetched_share(data_set):.0%}): press to follow it.")
    offer_work(
        f"Fetch the {things} ({data_set.download_size // 10**6} MB)",
        f"Fetching the {things}",
        partial(_fetch, data_set),
        right=Right.FETCH,
        icon=":material/download:",
        key=needed,
        is_begun=waits,
    )


def _fetch(data_set: DataSet) -> Iterator[float]:
    st.session_state[_WAITING] = data_set.key
    try:
        yield from launcher.launch_fetch(data_set=data_set)
    except DataError:
        st.session_state.pop(_WAITING, None)
        raise
    st.session_state.pop(_WAITING, None)  # not where the page runs anew meanwhile: it goes on waiting
