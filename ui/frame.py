"""The frame around every page: its navigation, and the model that answers on all of them."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from mnist_core.alphabets import DIGITS, describe_alphabet
from mnist_core.recipe import preset, training_command
from mnist_core.settings import read_settings
from mnist_core.store.runs import State, free_name
from ui.assets import read_asset
from ui.query_params import forget_address, put_in_address, take_from_address
from ui.services import answering, catalogue, training_runs
from ui.text import verbatim

APP = "MNIST Explorer"
MODEL = "model"  # in the address of a page, and in the session: the one that the picker shows
PICK = "pick"  # in the address that a press on a link goes to: the one that is to answer from now on
ALIAS = "train"  # the Train page, whose file gives it another address, answers at that of its title, too
FRAMED, SHOWN = "_framed", "_shown_page"  # in the session

_show_navigation = st.components.v2.component(
    "navigation",
    html=f'<div class="frame"><span class="name">{APP}</span><nav aria-label="Pages"></nav></div>',
    css=read_asset("navigation.css"),
    js=read_asset("navigation.js"),
)
_follow = st.components.v2.component("follow", js=read_asset("follow.js"))


def pages() -> list[StreamlitPage]:
    """Return the pages, in the order of the navigation.

    They have no icons: a browser would fetch that of the page it shows from outside.
    """
    return [
        st.Page("pages/draw.py", title="Draw", default=True),
        st.Page("pages/inside.py", title="Inside"),
        st.Page("pages/training.py", title="Train"),
        st.Page("pages/mistakes.py", title="Mistakes"),
        st.Page("pages/mine.py", title="Mine"),
        st.Page("pages/models.py", title="Models"),
    ]


def build() -> StreamlitPage:
    """Declare the pages; returns the one that is asked for."""
    by_its_title = st.Page("pages/training.py", title="Train", url_path=ALIAS, visibility="hidden")
    return st.navigation([*pages(), by_its_title], position="hidden")


def enter(page: StreamlitPage) -> None:
    """Enter a page, whose address counts where another one was shown before, and show the links to all of them.

    The script of the navigation keeps the browser's history, too.
    """
    if st.session_state.get(SHOWN) != page.url_path:
        st.session_state[SHOWN] = page.url_path
        forget_address()
    links = tuple({"title": each.title, "path": each.url_path} for each in pages())  # see `kept` in ui/inputs/canvas.py
    _show_navigation(key="navigation", data={"pages": links, "alias": ALIAS, "current": page.title})


def require() -> None:
    """Make sure that a page stands in its frame; the first line of every page.

    A folder called `pages` makes Streamlit run a page without its frame for the first visitor of a deep link.
    """
    if not st.session_state.pop(FRAMED, False):
        build()
        st.rerun()


def go(page: str, model: str) -> None:
    """Go to another page, as by a link, and let that model answer there."""
    path = next(each.url_path for each in pages() if each.title == page)
    _follow(key="follow", data={"address": f"{path}?{urlencode({MODEL: model})}"})


def pick_model() -> str | None:
    """Show the model picker, whose choice all pages share and which begins with the best one for digits.

    None where there is no model, with what to do.
    """
    alphabets = answering.list_alphabets()
    names = list(alphabets)
    if not names:
        command = training_command("quick", preset("quick"), free_name("quick", read_settings().models_dir))
        st.info(
            "There is no model to answer yet. Train one on the Train page, or with this command, which takes some "
            f"seconds and fetches the digits it needs:\n\n```\n{command}\n```"
        )
        mention_damaged()
        return None
    best, of_digits = catalogue.find_best(), [name for name in names if alphabets[name] == DIGITS]
    default = best if best in (of_digits or names) else (of_digits or names)[0]
    asked = take_from_address(PICK) or (None if picked_model() else take_from_address(MODEL))
    chosen = asked or picked_model() or default
    if chosen not in names:  # it was chosen while it was learning, or it is gone
        finished = training_runs.name_of(chosen)
        chosen = finished if finished in names else default
    if chosen != picked_model():
        st.session_state[MODEL] = chosen
    # Also as its default: a browser may miss the first of two runs, and with it what was set.
    st.selectbox(
        "Model",
        names,
        names.index(chosen),
        format_func=lambda name: name_with_alphabet(name, alphabets.get(name, DIGITS)),
        key=MODEL,
        persist_state="session",
        width=260,
    )
    put_in_address(MODEL, chosen, default)
    st.query_params.pop(PICK, None)
    return chosen


def name_with_alphabet(name: str, classes: tuple[str, ...]) -> str:
    """Return how the picker shows a model: by its name, and what it reads where that is not digits."""
    return name if classes == DIGITS else f"{name} · {describe_alphabet(classes)}"


def picked_model() -> str | None:
    """Return the model that was picked last, also before the picker is shown."""
    picked: str | None = st.session_state.get(MODEL)
    return picked


def answer_by(name: str) -> None:
    """Let a model answer from now on; to be called before the picker is shown, or by a press."""
    st.session_state[MODEL] = name


def is_learning(name: str | None) -> bool:
    """Tell whether that is a training in progress, whose answers change by themselves."""
    if name is None or not training_runs.is_unfinished(name):  # asked after every stroke: no folder is read
        return False
    run = training_runs.list_answering().get(name)
    return run is not None and run.state is State.RUNNING


def mention_damaged() -> None:
    """Name the folders among the models that cannot be used, and say why."""
    for damaged in catalogue.read().damaged:
        st.caption(f"The folder **models/{verbatim(damaged.name)}** is not used. {verbatim(damaged.reason)}")
