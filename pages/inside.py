"""The Inside page: what happens inside the network?"""

from dataclasses import replace

import numpy as np
import streamlit as st

from mnist_core.data.label_errors import DISPUTED_VOTES
from mnist_core.data.mnist import COUNTS, a_digit
from mnist_core.errors import MnistExplorerError, ModelError, RunError
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.raster import Digit
from mnist_core.preprocessing.strokes import digit_from_strokes
from ui import frame
from ui.inputs import canvas
from ui.inputs.digit_input import DigitInput
from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import CANVAS_SIDE, PEN_WIDTH
from ui.inputs.picture_upload import take_picture
from ui.inside.attribution_maps import show_which_pixels
from ui.inside.contributions import show_one_number
from ui.inside.digit_editor import show_digit_editor
from ui.inside.feature_maps import is_unit, show_feature_maps
from ui.inside.node_link import ALL_LAYERS, show_node_link
from ui.inside.sight import anchor, bring_into_sight
from ui.inside.smallest_change import show_smallest_change
from ui.query_params import numbers, oddities_in_address, one_of, put_in_address, take_from_address
from ui.services import answering, catalogue, insights, mnist_digits, training_runs
from ui.services.answering import LoadedModel
from ui.text import describe_votes, verbatim
from ui.widgets.answer import show_answer
from ui.widgets.fetch_mnist import offer_to_fetch
from ui.widgets.number_digits import choose_digit, read_digits
from ui.widgets.similar_digits import show_similar
from ui.widgets.tiles import show_digit

SOURCES = DRAWING, PICTURE, TEST, EXAMPLE = "Drawing", "Picture", "Test digit", "Example"
LOOKING = 1.0  # seconds between two looks at whether the training digits have been looked through
UNIT, PRESSES = "_unit", "_presses"  # in the session: the layer and unit that is followed; how often one was chosen


def main() -> None:
    """Show the page."""
    st.title("What happens inside the network?")
    st.fragment(live)()


def live() -> None:
    """Show all that changes with a stroke."""
    strange = oddities_in_address(
        {
            "model": one_of({*answering.list_labels()}),
            "from": one_of(SOURCES),
            "digit": numbers(0, COUNTS["test"] - 1),
            "example": one_of(EXAMPLES),
            "view": one_of(VIEWS),
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
            given = {
                DRAWING: take_drawing,
                PICTURE: take_picture,
                TEST: lambda: take_test_digit(name),
                EXAMPLE: take_example,
            }[source]()
        except MnistExplorerError as error:
            st.warning(verbatim(error))
            return
    try:
        loaded = answering.load(name)
        reading = read_digits(loaded, given)
        given, prediction = reading.given, reading.prediction
        with giving:
            if reading.number:
                choose_digit(reading.number)
            if given:
                st.caption(given.description)
                show_answer(prediction, ("No ink is left", "Draw on the canvas, or undo."))
            elif source == DRAWING:
                show_answer(None, canvas.INVITATION)
        if given and prediction:
            with looking:
                show_view(loaded, given.digit, prediction)
    except (ModelError, RunError) as error:
        st.error(verbatim(error))
    frame.mention_damaged()


def show_view(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:
    """Show the one view that is chosen; the others cost nothing."""
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default=next(iter(VIEWS)),
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
        wrap=True,
    )
    heading, show = VIEWS[view]
    st.header(heading)
    show(loaded, digit, prediction)


# ---------------------------------------------------------------------------------------------------- the digit


def take_drawing() -> DigitInput | None:
    """Show the canvas, whose drawing is that of the Draw page; where it is empty, it begins with an example."""
    given = canvas.take_drawing(example=EXAMPLES["2"])
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Undo", on_click=canvas.undo, icon=":material/undo:")
        st.button("Clear", on_click=canvas.clear, icon=":material/delete:")
    if given and canvas.holds_example():
        return replace(given, description="Nothing is drawn yet, so this is an example, a 2. Draw on it, or clear it.")
    return given


def take_test_digit(name: str) -> DigitInput | None:
    """Show which test digit it is, and the way to the next one that the model misreads."""
    digits = mnist_digits.find("test")
    if digits is None:
        offer_to_fetch("To look at the test digits, the MNIST digits are needed")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        index = pick_index(len(digits))
        if not training_runs.is_unfinished(name):  # it has not been evaluated
            st.button("Next misread", on_click=go_to_next_misread, args=(name,), icon=":material/skip_next:")
    digit, label = digits[index : index + 1].pixels[0], int(digits.labels[index])
    words = f"Test digit {index:,}, {a_digit(label)}."
    show_digit(digit, words, width=CANVAS_SIDE)
    if index in DISPUTED_VOTES:
        words += f" {describe_votes(DISPUTED_VOTES[index])}"
    return DigitInput(digit, words, label=label)


def pick_index(count: int) -> int:
    """Show which test digit it is; the address says so, too."""
    if numbers(0, count - 1)([asked := take_from_address("digit") or ""]):
        st.session_state["digit"] = int(float(asked))
    index = st.number_input(
        "Test digit", 0, count - 1, 0, key="digit", persist_state="session", width=150, help="0 to 9,999"
    )
    put_in_address("digit", str(index), "0")
    return index


def go_to_next_misread(name: str) -> None:
    """Go to the next test digit that the model misreads; after the last comes the first."""
    try:
        wrong = np.flatnonzero(~catalogue.read_evaluated(name).answers.right)
    except ModelError as error:
        st.toast(verbatim(error))
        return
    if len(wrong):
        after = wrong[wrong > st.session_state["digit"]]
        st.session_state["digit"] = int(after[0] if len(after) else wrong[0])


def take_example() -> DigitInput:
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
    digit = digit_from_strokes(EXAMPLES[title], PEN_WIDTH)
    words = f"An example: a {title}.".replace("a 8", "an 8")
    show_digit(digit, words, width=CANVAS_SIDE)
    return DigitInput(digit, words)


# -------------------------------------------------------------------------------------------------- the network


def show_network(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:
    """Show the network as a picture, and beside what is pressed in it how that number was made."""
    try:
        layers, diagram = insights.look_inside(loaded, digit)
    except ModelError as error:  # the rest of the page needs no layers
        st.info(verbatim(error))
        return
    weighted = [layer for layer in layers if layer.parameters]
    chosen = chosen_unit({layer.name: layer.values.shape for layer in weighted}, prediction)

    def explain() -> None:
        show_one_number(layers, chosen[0], insights.follow(loaded, digit, *chosen), choose_unit)

    if diagram:
        show_node_link(diagram, prediction, chosen=chosen, key="nodes", on_choose=choose_unit, explain=explain)
    else:
        show_feature_maps(weighted, prediction, chosen=chosen, key="maps", on_choose=choose_unit, explain=explain)
    bring_into_sight(st.session_state.get(PRESSES, 0), anchor(ALL_LAYERS if diagram else chosen[0]))


def choose_unit(layer: str, unit: tuple[int, ...]) -> None:
    """Follow this number from now on."""
    st.session_state[UNIT] = layer, unit
    st.session_state[PRESSES] = st.session_state.get(PRESSES, 0) + 1


def chosen_unit(shapes: dict[str, tuple[int, ...]], prediction: Prediction) -> tuple[str, tuple[int, ...]]:
    """Return the number that is followed: the one that was chosen, if this network has it, or its answer."""
    layer, unit = st.session_state.get(UNIT, ("", ()))
    shape = shapes.get(layer, ())
    if shape and is_unit(unit, shape):
        return layer, unit
    return list(shapes)[-1], (prediction.digit,)


# --------------------------------------------------------------------------------------------- the other views


def show_reminders(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:  # noqa: ARG001, a view
    """Show the training digits most like it, as soon as they have been looked through."""
    if loaded.is_unfinished:
        st.caption("Its training is not finished: similar training digits can be shown when it is.")
    elif mnist_digits.find("train") is None:
        offer_to_fetch("To see which training digits it resembles, the MNIST digits are needed")
    else:
        waits = LOOKING if not insights.has_index(loaded) else None
        st.fragment(run_every=waits)(show_similar_when_known)(loaded.label, digit)


def show_similar_when_known(label: str, digit: Digit) -> None:
    """Show them, or that the training digits are being looked through; nothing else on the page runs again for it."""
    try:
        loaded = answering.load(label)
        if insights.has_index(loaded):
            show_similar(loaded, digit)
            return
    except MnistExplorerError as error:  # the model has gone while it was shown
        st.warning(verbatim(error))
        return
    st.caption("The network is looking through the 60,000 training digits, once. A large one takes half a minute.")


def show_editor(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:
    """Show the digit's pixels, to be changed."""
    show_digit_editor(loaded.label, digit, prediction.label, key="poke")


def show_flip(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:
    """Offer to search for the smallest change to another answer."""
    show_smallest_change(loaded, digit, prediction, key="flip")


VIEWS = {  # in the address and on the control: the heading, and what shows it
    "Layers": ("From the pixels to the answer, layer by layer", show_network),
    "Pixels that matter": ("Which pixels matter", show_which_pixels),
    "Similar digits": ("Most similar training digits", show_reminders),
    "Change the pixels": ("Change the pixels", show_editor),
    "Smallest change": ("The smallest change that flips the answer", show_flip),
}

frame.require()
main()
