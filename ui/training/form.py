"""The form that begins a training: its recipe, its settings, its name, and how long it will take here."""

from __future__ import annotations

import streamlit as st

from mnist_core.errors import RecipeError
from mnist_core.recipe import PRESETS, Recipe, changed_hyperparameters, preset, preset_claim
from mnist_core.rights import Right, check_limits, limits, why_not
from mnist_core.settings import read_settings
from mnist_core.store.runs import free_name
from mnist_core.training import launcher
from mnist_core.training.material import IN_PLACE_OF, needed_data_set
from ui.services import training_queue, training_runs
from ui.text import describe_estimate, verbatim
from ui.training.running import LIVE
from ui.training.start import begin, show_command, this_visitor, wait_for_turn
from ui.widgets.fetch_mnist import offer_to_fetch
from ui.widgets.hyperparameters import NAMES, choose_hyperparameters, describe_changes, session_key, setting_label

SNAPSHOTS_HELP = "The network at some moments of its training, 1.5 MB at most, kept beside the model."


@st.fragment
def form() -> None:
    """Show what decides a training, how long it will take here, and the button that starts it."""
    st.header("Train a network")
    if reason := why_not(Right.START):
        st.caption(verbatim(reason))
        return
    chosen = st.segmented_control(
        "Recipe", list(PRESETS), default="quick", required=True, key="recipe", persist_state="session"
    )
    claim = st.empty()
    with st.expander("Settings (hyperparameters)"):
        changes = choose_hyperparameters(chosen)
        snapshots = st.toggle("Keep snapshots for the time machine", True, key="snapshots", help=SNAPSHOTS_HELP)
    name = st.text_input(
        "Name", free_name(chosen, read_settings().models_dir), max_chars=64, key=f"name of a {chosen}"
    ).strip()
    try:
        recipe = preset(chosen, **changes)
        check_limits(recipe)
    except RecipeError as error:
        st.warning(verbatim(f"{setting_label(error.field, changes['data'])}: {error.problem}"))
        return
    claim.caption(describe_recipe(chosen, recipe))
    data_set = needed_data_set(recipe)
    if data_set and not training_runs.has_material(recipe):
        offer_to_fetch(f"To train, the {verbatim(data_set.things)} are needed", data_set)
        if written := IN_PLACE_OF.get(recipe.data):
            st.button(
                f"Learn from {NAMES[written]}",
                icon=":material/gesture:",
                help="Written by a program; nothing is downloaded. The same as the setting *Learns from*.",
                on_click=st.session_state.update,
                args=({session_key(chosen, "data"): written},),
            )
        return
    if recipe.data != preset(chosen).data:
        st.caption(f"It learns from {NAMES[recipe.data]}, not from {NAMES[preset(chosen).data]}.")
    elsewhere = None if training_queue.is_used() else training_runs.find_holder()
    if elsewhere:  # ours would be shown in this form's place
        st.info(
            f"A training of '{verbatim(elsewhere.name)}' is running on this machine, begun from another folder of "
            "models. There can be one at a time."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        is_pressed = st.button("Train", type="primary", icon=":material/play_arrow:")
        if is_pressed and training_queue.is_used():
            wait_for_turn(lambda: training_queue.join(name, chosen, recipe, this_visitor(), snapshots=snapshots))
        elif is_pressed:
            models_dir = read_settings().models_dir
            begin(name, lambda: launcher.launch_training(name, chosen, recipe, models_dir, snapshots=snapshots))
        st.fragment(run_every=LIVE if training_runs.is_measuring() else None)(show_estimate)(recipe)
    if bounds := limits():
        st.caption(
            f"One training runs at a time; others wait for their turn. After {bounds.minutes} minutes it is stopped, "
            "and what it has learnt is kept."
        )
    show_command(chosen, recipe, name, snapshots=snapshots)


def describe_recipe(chosen: str, recipe: Recipe) -> str:
    """Return what a preset claims, or how the recipe differs from it: then it is another training."""
    if not changed_hyperparameters(chosen, recipe).keys() - {"seed"}:
        return preset_claim(chosen)
    changes = describe_changes(preset(chosen), recipe)
    return f"{chosen} with other settings: {changes}. What {chosen} reaches says nothing of this training."


def show_estimate(recipe: Recipe) -> None:
    """Say how long the training will take here, as soon as that is known.

    It never runs the page anew, which could swallow a press elsewhere.
    """
    if training_runs.is_measuring():
        st.caption("Measuring how long it will take here …")
    elif estimate := training_runs.estimate(recipe):
        st.caption(describe_estimate(estimate))
