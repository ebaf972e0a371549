"""The Draw page: what digit did I draw?"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.alphabets import CLOTHES, DIGITS, noun_of, one_of
from mnist_core.errors import DrawingError, MnistExplorerError, ModelError, RunError
from mnist_core.model.prediction import Prediction
from mnist_core.preprocessing.raster import Digit
from ui import frame
from ui.draw.all_models import show_all_models
from ui.draw.canvas_tools import is_erasing, offer_room, show_tools
from ui.draw.labelling import offer_to_label
from ui.draw.picture_table import show_picture_table
from ui.draw.preprocessing_stages import show_why
from ui.draw.robustness_maps import show_robustness
from ui.draw.share import offer_to_share, open_link
from ui.inputs import canvas
from ui.inputs.digit_input import DigitInput
from ui.inputs.fabric import Drawing
from ui.inputs.picture_upload import take_picture
from ui.services import answering, training_runs
from ui.services.answering import LoadedModel
from ui.text import describe_progress, describe_score, verbatim
from ui.widgets.answer import show_answer
from ui.widgets.charts import show_probabilities
from ui.widgets.mini_answer import mini_answer
from ui.widgets.number_digits import Reading, choose_digit, read_digits
from ui.widgets.tiles import show_digit

DRAW, PICTURE = "Draw", "Use a picture"
TITLES = {"digit": "What digit did I draw?", "character": "What character did I draw?", "picture": "What did I draw?"}
PHOTO = "A photo or a screenshot, of one alone on an empty ground."
NO_INK_LEFT = ("No ink is left", "Draw on the canvas, or undo.")
NEWEST = 2.0  # seconds between two looks at a network that is learning
CLOSER = {"Why this answer": show_why, "All models": show_all_models, "How robust": show_robustness}
BLANK = np.zeros((28, 28), np.float32)

PLAIN_HELP = (
    "Most demos shrink the whole canvas to 28 × 28 pixels. MNIST's digits were fitted into 20 × 20 pixels and centred "
    "by their mass, so a drawing that is small, large or off-centre then looks like nothing the network has learnt."
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where on the page stands what changes with a stroke, but for what stands below all else."""

    canvas: DeltaGenerator
    sharing: DeltaGenerator | None  # a picture has no link
    telling: DeltaGenerator
    choosing: DeltaGenerator  # one digit of several
    labelling: DeltaGenerator
    seeing: DeltaGenerator
    comparing: DeltaGenerator | None  # where that is asked for
    below: DeltaGenerator


def main() -> None:
    """Show the page: what stays as it is here, what changes with a stroke by `live`."""
    title = st.container()
    giving, telling, seeing = make_columns()
    below = st.container(horizontal=True, vertical_alignment="bottom")
    with below:
        name = frame.pick_model()
    classes = answering.list_alphabets().get(name or "", DIGITS)
    noun = noun_of(classes)
    title.title(TITLES[noun])
    if name is None:
        return
    with canvas.room_for_canvas(giving):
        way = st.segmented_control(
            "Input", [DRAW, PICTURE], default=DRAW, required=True, key="way", label_visibility="collapsed"
        )
        if way == DRAW:
            open_link()
        pad = st.container()
        share = show_tools(classes) if way == DRAW else None
        if way == DRAW and noun == "picture":
            what = "Clothes" if classes == CLOTHES else "Such pictures"
            st.caption(f"{what} can hardly be drawn with a pen, but try.")
    answered, choosing = telling.container(), telling.container()
    labelling = telling.container(horizontal=True, gap="xsmall", vertical_alignment="center")
    with seeing:
        st.markdown("**What the network sees**")
        seen = st.container()
        is_laid = way == DRAW and canvas.background()  # and seen as it lies there
        compares = not is_laid and st.toggle(
            "Compare with a simple resize", key="plain", persist_state="session", help=PLAIN_HELP
        )
    places = Places(pad, share, answered, choosing, labelling, seen, seeing if compares else None, below)
    is_learning = frame.is_learning(name)
    st.fragment(run_every=NEWEST if is_learning else None)(live)(name, way, is_learning, canvas.is_wide(), places)
    frame.mention_damaged()
    answering.spare_collector()


def make_columns() -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Return places for what is given, the answer and what the network sees: beside a wide canvas, one for both."""
    if canvas.is_wide() and st.session_state.get("way") != PICTURE:
        giving, other = st.columns([5.6, 4.4], gap="large")
        return giving, other, other
    giving, telling, seeing = st.columns([3.4, 4, 2.6], gap="large")
    return giving, telling, seeing


def live(name: str, way: str, was_learning: bool, was_wide: bool, places: Places) -> None:
    """Show all that changes with a stroke, so that nothing else runs again; while the model learns, its newest answer.

    What stays as it is would cost the server as much again, were it sent anew: see benchmarks/strokes.py.
    """
    if frame.is_learning(name) != was_learning or canvas.is_wide() != was_wide:
        st.rerun()
    drawing = given = None
    with places.canvas:
        try:
            if way == DRAW:
                drawing = canvas.show_canvas(erasing=is_erasing())
                given = canvas.read_digit(drawing)
            else:
                given = take_picture(answering.list_alphabets().get(name, DIGITS))
        except MnistExplorerError as error:
            st.warning(verbatim(error))
    loaded = problem = None
    try:
        loaded = answering.load(name)
    except (ModelError, RunError) as error:
        if name not in answering.list_labels():
            st.rerun()  # the picker then shows another one
        problem = error
    reading = st.fragment(read)(loaded, way, given, drawing, places)  # first, for its place decides who it is
    if loaded:
        if way == PICTURE:
            show_picture_table(loaded)
        show_read(loaded, reading, places)
    elif problem:
        st.error(verbatim(problem))
        for place in filter(None, (places.sharing, places.comparing, places.choosing, places.labelling, places.below)):
            place.empty()


def read(
    loaded: LoadedModel | None, way: str, given: DigitInput | None, drawing: Drawing | None, places: Places
) -> Reading:
    """Show what a model reads, and in what; while a stroke is drawn on a drawing, this alone runs, with that stroke."""
    if loaded is None:
        places.telling.empty()
        places.seeing.empty()
        return Reading()
    is_moving = False
    if drawing is not None:
        with_stroke = canvas.add_stroke_at_hand(drawing, erasing=is_erasing())
        if with_stroke is not drawing:
            with suppress(DrawingError):  # told of once the canvas reports it
                given, is_moving = canvas.read_digit(with_stroke), True
    reading = read_digits(loaded, given)
    with places.telling:
        answer = reading.number or reading.prediction
        show_answer(answer, NO_INK_LEFT if given else invite(way, loaded.card.classes), is_moving=is_moving)
        with st.container(gap=None):
            show_probabilities(reading.prediction, key="probabilities", classes=loaded.card.classes)
            if drawing is not None:
                canvas.listen_to_pen()
    with places.seeing:
        show_what_it_sees(reading.given, noun_of(loaded.card.classes))
    return reading


def show_read(loaded: LoadedModel, reading: Reading, places: Places) -> None:
    """Show what follows from an answer, everywhere else on the page."""
    given, prediction = reading.given, reading.prediction
    if reading.number:
        with places.choosing:
            choose_digit(reading.number)
    else:
        places.choosing.empty()  # a place is kept for later runs by the first one that writes there
    if given and prediction and not canvas.background():
        with places.labelling:
            offer_to_label(loaded.name, given, prediction)
    else:
        places.labelling.empty()
    if places.comparing:
        with places.comparing:
            show_simple_resize(loaded, given)
    if places.sharing:
        if given:
            with places.canvas:
                offer_room(is_number=reading.number is not None)
        if under := canvas.background():
            with places.canvas:
                canvas.show_background_note(under, find_flip(loaded, under.digit, prediction))
        with places.sharing:
            offer_to_share(loaded, given, reading.number or prediction)
    with places.below:
        show_small_print(loaded, given, reading.seconds)
    if given and prediction:
        look_closer(loaded, given, prediction)


def invite(way: str, classes: tuple[str, ...]) -> tuple[str, str]:
    """Return what an empty page invites to, and how."""
    if way == DRAW:
        return canvas.invitation_for(classes)
    how = "A scan, a screenshot or a photo of handwriting."
    return f"Choose a picture of one {one_of(classes)}", PHOTO if noun_of(classes) == "picture" else how


def find_flip(loaded: LoadedModel, digit: Digit, prediction: Prediction | None) -> tuple[str, str] | None:
    """Return the answer to the digit as it was laid, and the answer now, where both are answers and differ."""
    original, _ = answering.ask(loaded, digit)
    if original is None or prediction is None or original.is_refused or prediction.is_refused:
        return None
    return (original.name, prediction.name) if prediction.digit != original.digit else None


def show_what_it_sees(given: DigitInput | None, noun: str) -> None:
    """Show the 28 × 28 pixels that the network gets."""
    if given and not given.stages and given.resized is None:
        show_digit(given.digit, f"The {noun}'s own 28 × 28 pixels, with what was drawn and erased")
    else:
        show_digit(given.digit if given else BLANK, "The drawing as 28 × 28 pixels, fitted and centred")


def show_simple_resize(loaded: LoadedModel, given: DigitInput | None) -> None:
    """Show the pixels of a simple resize beside the answer to them."""
    resized = given.resized if given else None
    show_digit(BLANK if resized is None else resized, "The canvas resized straight to 28 × 28 pixels")
    if answer := None if resized is None else answering.ask(loaded, resized)[0]:
        st.markdown("From this it would answer")
        st.html(mini_answer(answer))


def show_small_print(loaded: LoadedModel, given: DigitInput | None, seconds: float) -> None:
    """Say which model answers, how good it is, and how long it took."""
    if loaded.run:
        score = describe_progress(loaded.run, training_runs.read_history(loaded.run))
    else:
        score = describe_score(loaded.evaluation)
    sentence = f"**{verbatim(loaded.name)}** answers. {score}"
    if given:
        sentence += f" Preprocessing took {given.seconds * 1000:.1f} ms, the network {seconds * 1000:.1f} ms."
    st.caption(sentence)


def look_closer(loaded: LoadedModel, given: DigitInput, prediction: Prediction) -> None:
    """Show one of the further views, if one is asked for; the others cost nothing."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = st.segmented_control("Look closer", list(CLOSER), key="closer", persist_state="session")
        is_drawn = given.strokes or given.resized is None
        inside = {"model": loaded.label, "from": "Drawing" if is_drawn else "Picture"}
        label = "Look inside the network"
        st.page_link("pages/inside.py", label=label, icon=":material/account_tree:", query_params=inside)
    if view:
        CLOSER[view](loaded, given, prediction)


frame.require()
main()
