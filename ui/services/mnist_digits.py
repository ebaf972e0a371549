"""The MNIST digits, kept in memory once they were asked for."""

from __future__ import annotations

import streamlit as st

from mnist_core.data.mnist import Digits, Split, load_mnist, mnist_is_here
from mnist_core.errors import DataError
from mnist_core.settings import read_settings


def are_here() -> bool:
    """Tell whether the MNIST digits are on this machine."""
    return mnist_is_here()


def load(split: Split) -> Digits:
    """Return the MNIST digits of a split; raises `DataError` where they are not to be had."""
    return _load(split, str(read_settings().data_dir))


def find(split: Split) -> Digits | None:
    """Return the MNIST digits of a split, or None where they are not on this machine."""
    try:
        return load(split) if are_here() else None
    except DataError:  # of the right size, and damaged
        return None


@st.cache_resource(max_entries=4, show_spinner="Reading the digits")
def _load(split: Split, data_dir: str) -> Digits:
    return load_mnist(split, data_dir, fetch=False)
