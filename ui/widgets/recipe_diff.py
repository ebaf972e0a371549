"""In which settings recipes differ."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mnist_core.recipe import Recipe, recipe_to_json
from ui.widgets.hyperparameters import describe_hyperparameter, describe_value


def show_differences(recipes: Mapping[str, Recipe]) -> None:
    """Say in which settings the recipes of several runs or models differ, called as in the form."""
    if len(recipes) < 2:
        return
    settings = {name: recipe_to_json(recipe) for name, recipe in recipes.items()}
    rows = [
        {"Setting": describe_hyperparameter(setting)}
        | {name: describe_value(values[setting]) for name, values in settings.items()}
        for setting in next(iter(settings.values()))
        if len({values[setting] for values in settings.values()}) > 1
    ]
    st.header("What differs between their recipes")
    if rows:
        st.dataframe(rows, height="content", hide_index=True, alt="The settings in which the recipes differ")
    else:
        st.caption("Nothing: they were trained by the same recipe.")
