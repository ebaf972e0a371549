"""The training digits that a digit resembles: for the network, and pixel by pixel."""

from __future__ import annotations

import streamlit as st

from mnist_core.alphabets import DIGITS, noun_of, with_article
from mnist_core.data.data_sets import MNIST
from mnist_core.errors import MnistExplorerError
from mnist_core.preprocessing.raster import Digit
from ui.services import insights
from ui.services.answering import LoadedModel
from ui.services.insights import Neighbours
from ui.text import verbatim
from ui.widgets.tiles import show_digits

SIMILAR = 8  # training digits


def show_similar(loaded: LoadedModel, digit: Digit) -> None:
    """Show the training digits that are most like a digit, with their distances."""
    try:
        with st.spinner(f"Looking through the {describe_training_set(loaded)}"):
            for_network, by_pixels = insights.find_similar(loaded, digit, SIMILAR)
    except MnistExplorerError as error:
        st.warning(verbatim(error))
        return
    st.markdown("**As the network sees them:** the smallest distances in its last hidden layer")
    show_neighbours(for_network, loaded.card.classes)
    st.markdown("**Pixel by pixel:** the smallest distances between the images")
    show_neighbours(by_pixels, loaded.card.classes)


def describe_training_set(loaded: LoadedModel) -> str:
    """Say how many digits there are that a model has learnt from: "60,000 training digits"."""
    data_set = insights.training_set_of(loaded.card) or MNIST
    return f"{data_set.counts['train']:,} training {noun_of(loaded.card.classes)}s"


def show_neighbours(neighbours: Neighbours, classes: tuple[str, ...] = DIGITS) -> None:
    """Show training digits, nearest first, each over its label and its distance."""
    captions = [
        f"{with_article(classes[label])} · {distance:.1f}"
        for label, distance in zip(neighbours.labels, neighbours.distances, strict=True)
    ]
    show_digits(neighbours.images, captions, width=64)
