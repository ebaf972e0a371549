"""The form that begins a training: its recipe, its settings, its name, and how long it will take here."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from mnist_core.errors import RecipeError
from mnist_core.recipe import MAX_SEEDS, PRESETS, Recipe, SeedGroup, changed_hyperparameters, preset, preset_claim
from mnist_core.rights import Right, check_limits, limits, why_not
from mnist_core.settings import read_settings
from mnist_core.store.runs import free_name
from mnist_core.training import launcher
from mnist_core.training.material import IN_PLACE_OF, needed_data_set
from mnist_core.training.seeds import free_group_name
from ui.services import training_queue, training_runs
from ui.text import describe_estimate, verbatim
from ui.training.groups import count_seeds
from ui.training.running import LIVE
from ui.training.start import begin, show_command, this_visitor, wait_for_turn
from ui.widgets.fetch_mnist import offer_to_fetch
from ui.widgets.hyperparameters import NAMES, choose_hyperparameters, describe_changes, session_key, setting_label

SEEDS_HELP = (
    "How many trainings, one after another, that differ in nothing but their random numbers: from the seed in the "
    "settings on. The curves then show their mean and how far they differ."
)
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
    models_dir = read_settings().models_dir
    seeds = choose_seeds()
    wish = free_name(chosen, models_dir) if seeds is None else free_group_name(f"{chosen}-seeds", models_dir)
    name = st.text_input("Name", wish, max_chars=64, key=f"name of a {chosen}{' group' if seeds else ''}").strip()
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
        label = f"Train {count_seeds(seeds)}" if seeds else "Train"
        is_pressed = st.button(label, type="primary", icon=":material/play_arrow:", key="Train")
        if is_pressed and training_queue.is_used():
            wait_for_turn(lambda: training_queue.join(name, chosen, recipe, this_visitor(), snapshots=snapshots))
        elif is_pressed:
            launch = partial(launcher.launch_training, name, chosen, recipe, models_dir)
            first = SeedGroup(name, recipe.seed, seeds).run_name(recipe.seed) if seeds else name
            begin(first, lambda: launch(snapshots=snapshots, seeds=seeds))
        st.fragment(run_every=LIVE if training_runs.is_measuring() else None)(show_estimate)(recipe, seeds or 1)
    if bounds := limits():
        st.caption(
            f"One training runs at a time; others wait for their turn. After {bounds.minutes} minutes it is stopped, "
            "and what it has learnt is kept."
        )
    show_command(chosen, recipe, name, snapshots=snapshots, seeds=seeds)


def choose_seeds() -> int | None:
    """Ask for how many seeds to train, one after another; None for a single training, which is no group."""
    if limits():
        return None
    seeds = st.number_input("Seeds", 1, MAX_SEEDS, 1, key="seeds", help=SEEDS_HELP, persist_state="session")
    return seeds if seeds > 1 else None


def describe_recipe(chosen: str, recipe: Recipe) -> str:
    """Return what a preset claims, or how the recipe differs from it: then it is another training."""
    if not changed_hyperparameters(chosen, recipe).keys() - {"seed"}:
        return preset_claim(chosen)
    changes = verbatim(describe_changes(preset(chosen), recipe))
    return f"{chosen} with other settings: {changes}. What {chosen} reaches says nothing of this training."


def show_estimate(recipe: Recipe, seeds: int) -> None:
    """Say how long so many trainings will take here, one after another, as soon as that is known.

    It never runs the page anew, which could swallow a press elsewhere.
    """
    if training_runs.is_measuring():
        st.caption("Measuring how long it will take here …")
    elif estimate := training_runs.estimate(recipe):
        st.caption(describe_estimate(replace(estimate, seconds=seeds * estimate.seconds)))
