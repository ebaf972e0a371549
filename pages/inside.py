"""The Inside page: what happens inside the network?"""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnist_core.data.mnist import COUNTS, DISPUTED_VOTES
from mnist_core.errors import MnistExplorerError, ModelError, RunError
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.strokes import Digit, digit_from_strokes, digit_with_marks
from ui import frame
from ui.inputs import canvas
from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import PEN_WIDTH, SIDE
from ui.inputs.picture_upload import take_picture
from ui.inside.attribution_maps import show_which_pixels
from ui.inside.contributions import show_one_number
from ui.inside.feature_maps import is_unit, show_feature_maps
from ui.inside.node_link import show_node_link
from ui.inside.poke import show_poke, show_smallest_change
from ui.query_params import numbers, oddities_in_address, one_of
from ui.services import insights, loaders
from ui.text import a_digit, votes_in_words
from ui.widgets.answer import show_answer
from ui.widgets.fetch_mnist import offer_to_fetch
from ui.widgets.similar_digits import show_alike
from ui.widgets.tiles import show_digit

SOURCES = DRAWING, PICTURE, TEST, EXAMPLE = "Drawing", "Picture", "Test digit", "Example"
LOOKING = 1.0  # seconds between two looks at whether the training digits have been looked through
UNIT = "_unit"  # in the session: the stage and unit that is followed


@dataclass(frozen=True, slots=True)
class Looked:
    """The digit that is looked at, and what it is, as a sentence."""

    digit: Digit
    words: str


def main() -> None:
    """Show the page."""
    st.title("What happens inside the network?")
    st.fragment(live)()


def live() -> None:
    """Show all that changes with a stroke."""
    strange = oddities_in_address(
        {
            "model": one_of({*loaders.names()}),
            "from": one_of(SOURCES),
            "digit": numbers(0, COUNTS["test"] - 1),
            "example": one_of(EXAMPLES),
        }
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = frame.pick_model()
        if name is None:
            return
        source = st.segmented_control(
            "Look at", SOURCES, default=DRAWING, required=True, key="from", bind="query-params"
        )
    if strange:
        st.warning(strange)
    giving, looking = st.columns([3, 7], gap="large")
    giving = canvas.room_for_canvas(giving)
    with giving:
        try:
            looked = {
                DRAWING: take_drawing,
                PICTURE: take_your_picture,
                TEST: lambda: take_test_digit(name),
                EXAMPLE: take_example,
            }[source]()
        except MnistExplorerError as error:
            st.warning(str(error))
            return
    if looked is None:
        return
    try:
        prediction, _ = loaders.ask(name, looked.digit)
        with giving:
            st.caption(looked.words)
            show_answer(prediction, ("No ink is left", "Draw on the canvas, or undo."))
        if prediction is None:
            return
        with looking:
            show_network(name, looked.digit, prediction)
        st.subheader("Which pixels matter")
        show_which_pixels(name, looked.digit, prediction)
        st.subheader("What it reminds the network of")
        show_reminders(name, looked.digit)
        st.subheader("Poke it")
        show_poke(name, looked.digit, key="poke")
        st.subheader("The smallest change that flips it")
        show_smallest_change(name, looked.digit, prediction, key="flip")
    except (ModelError, RunError) as error:
        st.error(str(error))
    frame.mention_damaged()


# ---------------------------------------------------------------------------------------------------- the digit


def take_drawing() -> Looked | None:
    """Show the canvas, whose drawing is that of the Draw page, and below it the digit that it becomes."""
    laid = canvas.laid()
    drawing = canvas.show_canvas(st.session_state.get("pen_width", PEN_WIDTH))
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Undo", on_click=canvas.undo, icon=":material/undo:")
        st.button("Clear", on_click=canvas.clear, icon=":material/delete:")
    if laid:
        return Looked(digit_with_marks(laid.digit, drawing.marks, SIDE), f"{laid.title}, lies on the canvas.")
    if drawing.marks:
        return Looked(digit_from_strokes(drawing.strokes, drawing.pen_width), "This is your drawing.")
    return Looked(example("2"), "Nothing is drawn yet, so this is an example, a 2.")


def take_your_picture() -> Looked | None:
    """Show the uploader, with the picture of the Draw page where there is one."""
    given = take_picture()
    return Looked(given.digit, "This is your picture.") if given else None


def take_test_digit(name: str) -> Looked | None:
    """Show which test digit it is, and the way to the next one that the model misreads."""
    digits = loaders.digits("test")
    if digits is None:
        offer_to_fetch("To look at the test digits, the MNIST digits are needed; they are not on this machine yet.")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        index = st.number_input(
            "Test digit", 0, len(digits) - 1, 0, key="digit", bind="query-params", width=150, help="0 to 9,999"
        )
        if not name.endswith(loaders.UNFINISHED):  # it has not been judged
            st.button("Next it misreads", on_click=go_to_next_misread, args=(name,), icon=":material/skip_next:")
    digit = digits[index : index + 1].pixels[0]
    words = f"Test digit {index:,}, {a_digit(int(digits.labels[index]))}."
    show_digit(digit, words, width=SIDE)
    if index in DISPUTED_VOTES:
        words += f" {votes_in_words(DISPUTED_VOTES[index])}"
    return Looked(digit, words)


def go_to_next_misread(name: str) -> None:
    """Go to the next test digit that the model misreads; after the last comes the first."""
    try:
        wrong = np.flatnonzero(~loaders.judged(name).answers.right)
    except ModelError as error:
        st.toast(str(error))
        return
    if len(wrong):
        after = wrong[wrong > st.session_state["digit"]]
        st.session_state["digit"] = int(after[0] if len(after) else wrong[0])


def take_example() -> Looked:
    """Show the examples to choose from."""
    title = st.segmented_control(
        "Example",
        list(EXAMPLES),
        default="2",
        required=True,
        key="example",
        bind="query-params",
        label_visibility="collapsed",
    )
    digit, words = example(title), f"An example: a {title}.".replace("a 8", "an 8")
    show_digit(digit, words, width=SIDE)
    return Looked(digit, words)


def example(title: str) -> Digit:
    """Return an example as the network sees it."""
    return digit_from_strokes(EXAMPLES[title], PEN_WIDTH)


# -------------------------------------------------------------------------------------------------- the network


def show_network(name: str, digit: Digit, prediction: Prediction) -> None:
    """Show the network as a picture, and one of its numbers followed back."""
    try:
        stages, diagram = insights.look_inside(name, digit)
    except ModelError as error:  # the rest of the page needs no stages
        st.info(str(error))
        return
    weighted = [stage for stage in stages if stage.parameters]
    chosen = chosen_unit({stage.name: stage.values.shape for stage in weighted}, prediction)
    if diagram:
        show_node_link(diagram, prediction, chosen=chosen, key="network", on_choose=choose_unit)
    else:
        show_feature_maps(weighted, prediction, chosen=chosen, key="network", on_choose=choose_unit)
    st.subheader("Follow one number")
    show_one_number(stages, chosen[0], insights.follow(name, digit, *chosen), choose_unit)


def choose_unit(stage: str, unit: tuple[int, ...]) -> None:
    """Follow this number from now on."""
    st.session_state[UNIT] = stage, unit


def chosen_unit(shapes: dict[str, tuple[int, ...]], prediction: Prediction) -> tuple[str, tuple[int, ...]]:
    """Return the number that is followed: the one that was chosen, if this network has it, or its answer."""
    stage, unit = st.session_state.get(UNIT, ("", ()))
    shape = shapes.get(stage, ())
    if shape and is_unit(unit, shape):
        return stage, unit
    return list(shapes)[-1], (prediction.digit,)


# ------------------------------------------------------------------------------------------------ the neighbours


def show_reminders(name: str, digit: Digit) -> None:
    """Show the training digits most like it, as soon as they have been looked through."""
    if name.endswith(loaders.UNFINISHED):
        st.caption("It is not finished: what it is reminded of can be seen once it has learnt.")
    elif loaders.digits("train") is None:
        offer_to_fetch("To see which training digits it resembles, the MNIST digits are needed.")
    elif insights.can_tell_alike(name):
        show_alike(name, digit)
    else:
        st.fragment(run_every=LOOKING)(wait_for_alike)(name)


def wait_for_alike(name: str) -> None:
    """Say that the training digits are being looked through, until they have been."""
    try:
        if insights.can_tell_alike(name):
            st.rerun()
    except MnistExplorerError as error:  # the model has gone while it was shown
        st.warning(str(error))
        return
    st.caption("The network is looking through the 60,000 training digits, once. A large one takes half a minute.")


frame.require()
main()
