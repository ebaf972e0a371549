"""The Inside page: what happens inside the network?"""

from dataclasses import replace

import numpy as np
import streamlit as st

from mnist_core.alphabets import noun_of, with_article
from mnist_core.data.data_sets import MNIST
from mnist_core.data.label_errors import DISPUTED_VOTES
from mnist_core.errors import MnistExplorerError, ModelError, RunError
from mnist_core.evaluation.test_sets import TestSet, choose_test_set, find_test_set
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.raster import Digit
from mnist_core.preprocessing.strokes import digit_from_strokes
from ui import frame
from ui.inputs import canvas
from ui.inputs.digit_input import DigitInput
from ui.inputs.examples import CHARACTERS, EXAMPLES, examples_for
from ui.inputs.fabric import CANVAS_SIDE, PEN_WIDTH
from ui.inputs.picture_upload import take_picture
from ui.inside.attribution_maps import show_which_pixels
from ui.inside.contributions import show_one_number
from ui.inside.digit_editor import show_digit_editor
from ui.inside.feature_maps import is_unit, show_feature_maps
from ui.inside.node_link import ALL_LAYERS, show_node_link
from ui.inside.sight import anchor, bring_into_sight
from ui.inside.smallest_change import show_smallest_change
from ui.query_params import (
    follow_former,
    numbers,
    oddities_in_address,
    one_of,
    put_in_address,
    take_from_address,
)
from ui.services import answering, catalogue, insights, test_digits
from ui.services.answering import LoadedModel
from ui.text import describe_votes, speak_of, verbatim
from ui.widgets.answer import show_answer
from ui.widgets.fetch_mnist import offer_to_fetch
from ui.widgets.number_digits import choose_digit, read_digits
from ui.widgets.similar_digits import describe_training_set, show_similar
from ui.widgets.tiles import show_digit

DRAWING, PICTURE, EXAMPLE, SOURCE = "Drawing", "Picture", "Example", "from"
TESTS = {noun: f"Test {noun}" for noun in ("digit", "character", "picture")}  # by what the model reads
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
            SOURCE: one_of((DRAWING, PICTURE, *TESTS.values(), EXAMPLE)),
            "example": one_of({*EXAMPLES, *CHARACTERS}),
            "view": one_of({speak_of(noun, view) for noun in TESTS for view in VIEWS}),
        }
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = frame.pick_model()
        if name is None:
            return
        try:
            loaded = answering.load(name)
        except (ModelError, RunError) as error:
            st.error(verbatim(error))
            return
        source = choose_source(loaded.card.classes)
    test_set = test_set_of(loaded)
    strange += " " + oddities_in_address({"digit": numbers(0, test_set.count(loaded.card.classes) - 1)})
    if strange.strip():
        st.warning(strange)
    giving, looking = st.columns([3, 7], gap="large")
    giving = canvas.room_for_canvas(giving)
    with giving:
        try:
            given = take(source, loaded, test_set)
        except MnistExplorerError as error:
            st.warning(verbatim(error))
            return
    try:
        reading = read_digits(loaded, given)
        given, prediction = reading.given, reading.prediction
        with giving:
            if reading.number:
                choose_digit(reading.number)
            if given:
                st.caption(given.description)
                show_answer(prediction, ("No ink is left", "Draw on the canvas, or undo."))
            elif source == DRAWING:
                show_answer(None, canvas.invitation_for(loaded.card.classes))
        if given and prediction:
            with looking:
                show_view(loaded, given.digit, prediction)
    except (ModelError, RunError) as error:
        st.error(verbatim(error))
    frame.mention_damaged()


def take(source: str, loaded: LoadedModel, test_set: TestSet) -> DigitInput | None:
    """Return what is looked at, from where it comes; raises `MnistExplorerError` for what cannot be read."""
    if source == DRAWING:
        return take_drawing(loaded)
    if source == PICTURE:
        return take_picture(loaded.card.classes)
    return take_example(loaded.card.classes) if source == EXAMPLE else take_test_digit(loaded, test_set)


def choose_source(classes: tuple[str, ...]) -> str:
    """Show where what is looked at comes from; of clothes there are no examples."""
    noun = noun_of(classes)
    sources = [DRAWING, PICTURE, TESTS[noun], *([EXAMPLE] if examples_for(classes) else [])]
    follow_former(SOURCE, dict.fromkeys(TESTS.values(), TESTS[noun]))  # of another model
    if st.session_state.get(SOURCE, DRAWING) not in sources:
        st.session_state[SOURCE] = TESTS[noun]
    source: str = st.segmented_control(
        "Look at", sources, default=DRAWING, required=True, key=SOURCE, bind="query-params"
    )
    return source


def test_set_of(loaded: LoadedModel) -> TestSet:
    """Return what a model was evaluated by, or would be where it was not, or by what we do not have."""
    found = find_test_set(loaded.evaluation.test_set) if loaded.evaluation else None
    return found or choose_test_set(loaded.card.recipe)


def show_view(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:
    """Show the one view that is chosen; the others cost nothing."""
    noun = prediction.noun
    spoken = {view: speak_of(noun, view) for view in VIEWS}
    follow_former("view", {speak_of(each, view): view for each in TESTS if each != noun for view in VIEWS})
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default=next(iter(VIEWS)),
        format_func=lambda view: spoken[view],
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
        wrap=True,
    )
    heading, show = VIEWS[view]
    st.header(speak_of(noun, heading))
    show(loaded, digit, prediction)


# ---------------------------------------------------------------------------------------------------- the digit


def take_drawing(loaded: LoadedModel) -> DigitInput | None:
    """Show the canvas, whose drawing is that of the Draw page; where it is empty, it begins with an example."""
    given = canvas.take_drawing(example=EXAMPLES["2"] if "2" in loaded.card.classes else ())
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Undo", on_click=canvas.undo, icon=":material/undo:")
        st.button("Clear", on_click=canvas.clear, icon=":material/delete:")
    if given and canvas.holds_example():
        return replace(given, description="Nothing is drawn yet, so this is an example, a 2. Draw on it, or clear it.")
    return given


def take_test_digit(loaded: LoadedModel, test_set: TestSet) -> DigitInput | None:
    """Show which test digit it is, and the way to the next one that the model misreads."""
    classes = loaded.card.classes
    noun = noun_of(classes)
    data_set = test_set.data_set
    is_of_others = data_set is not None and data_set.classes != classes  # than its recipe says
    digits = None if is_of_others else test_digits.find(test_set, classes)
    if digits is None:
        if data_set and not is_of_others:
            offer_to_fetch(f"To look at the test {noun}s, the {verbatim(data_set.things)} are needed", data_set)
        else:
            st.info(f"There are no test {noun}s of its classes.")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        index = pick_index(len(digits), noun)
        if not loaded.is_unfinished:  # it has not been evaluated
            st.button("Next misread", on_click=go_to_next_misread, args=(loaded.name,), icon=":material/skip_next:")
    digit, label = digits[index : index + 1].pixels[0], int(digits.labels[index])
    words = f"{TESTS[noun]} {index:,}, {with_article(classes[label])}."
    show_digit(digit, words, width=CANVAS_SIDE)
    is_disputed = test_set.key == MNIST.key and index in DISPUTED_VOTES
    votes = f" {describe_votes(DISPUTED_VOTES[index])}" if is_disputed else ""
    return DigitInput(digit, f"{verbatim(words)}{votes}", label=label)


def pick_index(count: int, noun: str) -> int:
    """Show which test digit it is; the address says so, too."""
    if st.session_state.get("digit", 0) >= count:  # of a model with more
        st.session_state["digit"] = 0
    if numbers(0, count - 1)([asked := take_from_address("digit") or ""]):
        st.session_state["digit"] = int(float(asked))
    index = st.number_input(
        TESTS[noun], 0, count - 1, 0, key="digit", persist_state="session", width=150, help=f"0 to {count - 1:,}"
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


def take_example(classes: tuple[str, ...]) -> DigitInput:
    """Show the examples to choose from."""
    examples = examples_for(classes)
    if st.session_state.get("example") not in examples:  # it was one for another model
        st.session_state.pop("example", None)
    title = st.segmented_control(
        "Example",
        list(examples),
        default="2" if "2" in examples else next(iter(examples)),
        required=True,
        key="example",
        bind="query-params",
        label_visibility="collapsed",
    )
    digit = digit_from_strokes(examples[title], PEN_WIDTH)
    words = f"An example: {with_article(title)}."
    show_digit(digit, words, width=CANVAS_SIDE)
    return DigitInput(digit, verbatim(words))


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
        followed = insights.follow(loaded, digit, *chosen)
        show_one_number(layers, chosen[0], followed, prediction.classes, choose_unit)

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


def show_reminders(loaded: LoadedModel, digit: Digit, prediction: Prediction) -> None:
    """Show the training digits most like it, as soon as they have been looked through."""
    noun = prediction.noun
    data_set = insights.training_set_of(loaded.card)
    if loaded.is_unfinished:
        st.caption(f"Its training is not finished: similar training {noun}s can be shown when it is.")
    elif data_set is None:
        is_written = loaded.card.recipe.is_written
        why = f": our program writes the {noun}s anew for each training" if is_written else ""
        st.caption(f"What it has learnt from is not kept{why}.")
    elif insights.find_training(data_set) is None:
        needed = f"To see which training {noun}s it resembles, the {verbatim(data_set.things)} are needed"
        offer_to_fetch(needed, data_set)
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
    things = describe_training_set(loaded)
    st.caption(f"The network is looking through the {things}, once. A large one takes half a minute.")


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
