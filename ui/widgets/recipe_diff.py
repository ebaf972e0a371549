"""In which dials recipes differ."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mnist_core.recipe import Recipe, recipe_to_json
from ui.widgets.hyperparameters import dial_in_words


def show_differences(recipes: Mapping[str, Recipe]) -> None:
    """Say in which dials the recipes of several runs or models differ, by the names of both; a dial's is the form's."""
    if len(recipes) < 2:
        return
    dials = {name: recipe_to_json(recipe) for name, recipe in recipes.items()}
    rows = [
        {"Dial": dial_in_words(dial)} | {name: str(values[dial]) for name, values in dials.items()}
        for dial in next(iter(dials.values()))
        if len({values[dial] for values in dials.values()}) > 1
    ]
    st.subheader("What differs between their recipes")
    if rows:
        st.dataframe(rows, height="content", hide_index=True, alt="The dials in which the recipes differ")
    else:
        st.caption("Nothing: they were trained by the same recipe.")
