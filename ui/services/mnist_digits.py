"""The MNIST digits, kept in memory once they were asked for."""

from __future__ import annotations

import streamlit as st

from mnist_core.data import mnist
from mnist_core.data.mnist import Digits, Split, load_mnist, mnist_is_here
from mnist_core.errors import DataError
from mnist_core.settings import read_settings
from ui.services.stamps import FilesStamp, stamp_files


def are_here() -> bool:
    """Tell whether the MNIST digits are on this machine."""
    return mnist_is_here()


def load(split: Split) -> Digits:
    """Return the MNIST digits of a split; raises `DataError` where they are not to be had."""
    return _load(split, str(read_settings().data_dir))


def find(split: Split) -> Digits | None:
    """Return the MNIST digits of a split, or None where they are not on this machine."""
    return load(split) if are_here() and _can_load(split, str(read_settings().data_dir), _stamp()) else None


def find_faults() -> list[str]:
    """Say what is wrong with the files in the data folder; they are read again only when they have changed."""
    return _find_faults(str(read_settings().data_dir), _stamp())


def _stamp() -> FilesStamp:
    return stamp_files(mnist.list_candidates())


@st.cache_resource(max_entries=4, show_spinner="Reading the digits")
def _load(split: Split, data_dir: str) -> Digits:
    return load_mnist(split, data_dir, fetch=False)


@st.cache_data(max_entries=8, show_spinner=False)
def _can_load(split: Split, data_dir: str, stamp: FilesStamp) -> bool:  # noqa: ARG001, the stamp is part of the key
    """Tell whether the digits are whole: damaged ones of the right size are not read at each run."""
    try:
        _load(split, data_dir)
    except DataError:
        return False
    return True


@st.cache_data(max_entries=4, show_spinner=False)
def _find_faults(data_dir: str, stamp: FilesStamp) -> list[str]:  # noqa: ARG001
    return mnist.find_faults(data_dir)
