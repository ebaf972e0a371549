"""The images that models were evaluated by, read or written, and kept in memory once they were asked for."""

from __future__ import annotations

from threading import Lock

import numpy as np
import streamlit as st

from mnist_core.data.digits import Digits
from mnist_core.data.loading import list_candidates
from mnist_core.errors import DataError
from mnist_core.evaluation.test_sets import MNIST_TEST, TEST_SETS, TestSet
from mnist_core.settings import read_settings
from ui.services import mnist_digits
from ui.services.catalogue import EvaluatedModel
from ui.services.stamps import FilesStamp, stamp_files

_getting = Lock()  # one at a time leaves the other processor to those who draw


def are_here(test_set: TestSet) -> bool:
    """Tell whether a test set can be had on this machine."""
    return mnist_digits.are_here() if test_set is MNIST_TEST else test_set.is_here()


def find(test_set: TestSet, classes: tuple[str, ...]) -> Digits | None:
    """Return the images of a test set, whose labels are places among the classes; None where they are not to be had.

    What our program writes takes some seconds the first time.
    """
    if test_set is MNIST_TEST:
        return mnist_digits.find("test")
    if not are_here(test_set):
        return None
    files = list_candidates(test_set.data_set) if test_set.data_set else []
    return _find(test_set.key, classes, str(read_settings().data_dir), stamp_files(files))


def find_for(evaluated: EvaluatedModel) -> Digits | None:
    """Return the images that a model has answered; None where they are not to be had, or are others."""
    digits = find(evaluated.test_set, evaluated.classes)
    return digits if digits and np.array_equal(digits.labels, evaluated.answers.labels) else None


@st.cache_resource(max_entries=4, show_spinner="Getting the test images")
def _find(key: str, classes: tuple[str, ...], data_dir: str, stamp: FilesStamp) -> Digits | None:  # noqa: ARG001, the key
    try:
        with _getting:
            return TEST_SETS[key].load(classes, data_dir)
    except DataError:
        return None
