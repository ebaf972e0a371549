"""The Inside page without a browser: what it shows of a digit's way through each network."""

import re
import shutil

import numpy as np
import pytest

from mnist_core.errors import Untraceable
from mnist_core.explain.activations import follow, trace
from mnist_core.model.prediction import predict
from mnist_core.preprocessing.strokes import digit_from_strokes
from mnist_core.settings import read_settings
from mnist_core.store.models import load_answers, load_model
from tests.support import paging
from tests.support.drawing import canvas_state, example, seven_on_paper
from tests.support.paging import html, press, run, words
from tests.support.trainings import save_unfinished
from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import PEN_WIDTH, drawing_from_objects
from ui.inside.feature_maps import place_from_browser
from ui.services import answering, insights
from ui.services.answering import LoadedModel
from ui.theme import LIGHT

MODELS = ("classic", "mlp-plus", "quick", "accurate")


@pytest.fixture(autouse=True)
def nobody_looks_through_the_training_digits(monkeypatch):
    """For each model that takes many times as long as the rest of a test."""
    monkeypatch.setattr(insights, "has_index", lambda _: False)


def open_page(**address):
    return paging.open_page("inside.py", **address)


def number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def headings(at) -> list[str]:
    return [heading.value for heading in at.header]


@pytest.mark.parametrize("name", MODELS)
def test_with_nothing_drawn_an_example_is_shown_and_said_to_be_one(name):
    at = open_page(model=name)
    assert not at.exception
    assert "Nothing is drawn yet, so this is an example, a 2." in words(at)
    assert headings(at) == ["From the pixels to the answer, layer by layer"]
    on_canvas = digit_from_strokes(drawing_from_objects(example("2")).strokes, PEN_WIDTH)
    prediction = predict(load_model(name), on_canvas)
    assert 'data-testid="answer"' in html(at)
    logit = trace(load_model(name), on_canvas)[-1].values[prediction.digit]
    assert f"**The answer {prediction.digit}: {number(logit)}**" in words(at)


def test_the_example_lies_on_the_canvas_until_it_is_drawn_on_or_cleared():
    at = open_page(model="quick")
    pad = at.session_state["_pad"]
    assert [each["path"][0] for each in pad.latest] == [["M", *EXAMPLES["2"][0][0]]]
    at.session_state["canvas"] = canvas_state([*pad.latest, *example("8")])
    run(at)
    assert "This is your drawing." in words(at)
    press(at, "Undo")
    at.session_state["canvas"] = canvas_state(example("2"))
    run(at)
    assert "Nothing is drawn yet, so this is an example, a 2." in words(at)  # which it is again
    press(at, "Clear")
    at.session_state["canvas"] = canvas_state([])
    run(at)
    assert "Draw a digit from 0 to 9" in html(at)
    assert not headings(at)  # nothing puts an example into the way


def test_an_example_that_nobody_has_drawn_on_does_not_follow_to_the_draw_page():
    at = open_page(model="quick")
    assert at.session_state["_pad"].latest
    del at.session_state["canvas"]  # as a browser has it, which shows one page at a time
    run(at.switch_page("pages/draw.py"))
    assert "Draw a digit from 0 to 9" in html(at)
    assert not at.session_state["_pad"].latest


def test_an_example_that_was_drawn_on_is_a_drawing_on_all_pages():
    at = open_page(model="quick")
    at.session_state["canvas"] = canvas_state([*at.session_state["_pad"].latest, *example("8")])
    run(at)
    del at.session_state["canvas"]
    run(at.switch_page("pages/draw.py"))
    assert len(at.session_state["_pad"].latest) == 2


@pytest.mark.parametrize(
    ("view", "heading"),
    [
        ("Layers", "From the pixels to the answer, layer by layer"),
        ("Pixels that matter", "Which pixels matter"),
        ("Similar digits", "Most similar training digits"),
        ("Change the pixels", "Change the pixels"),
        ("Smallest change", "The smallest change that flips the answer"),
    ],
)
def test_a_view_has_an_address_and_the_others_cost_nothing(monkeypatch, view, heading):
    costly = {"Layers": "look_inside", "Pixels that matter": "explain", "Similar digits": "has_index"}
    for other, function in costly.items():
        if other != view:
            monkeypatch.setattr(insights, function, None)
    at = open_page(model="quick", from_="Example", view=view)
    assert headings(at) == [heading]
    assert not at.subheader  # an h3 would leap
    at.segmented_control(key="view").set_value("Smallest change")
    run(at)
    assert headings(at) == ["The smallest change that flips the answer"]


def test_the_view_stays_while_nothing_is_drawn():
    at = open_page(model="quick", view="Change the pixels")
    press(at, "Clear")
    assert not headings(at)
    at.session_state["canvas"] = canvas_state(example("8"))
    run(at)
    assert headings(at) == ["Change the pixels"]


def test_a_drawing_on_the_canvas_is_what_is_looked_at():
    at = open_page(model="quick")
    at.session_state["canvas"] = canvas_state(example("8"))
    run(at)
    assert "This is your drawing." in words(at)
    assert "**The answer 8: " in words(at)
    assert "an example" not in words(at)


def test_a_picture_is_looked_at_until_it_is_removed_or_another_is_chosen():
    at = open_page(model="quick", from_="Picture")
    assert not headings(at)
    at.file_uploader(key="picture").set_value(("seven.png", seven_on_paper(), "image/png"))
    run(at)
    assert "This is your picture." in words(at)
    assert "**The answer 7: " in words(at)
    at.file_uploader(key="picture").set_value(("letter.png", b"Dear Sir or Madam", "image/png"))
    run(at)
    assert "This is a text; what can be read is PNG, JPEG" in at.warning[0].value
    assert "This is your picture." not in words(at)


@pytest.mark.parametrize("name", MODELS)
def test_a_number_that_is_chosen_is_followed_back_to_what_made_it(name):
    at = open_page(model=name, from_="Example", example="3")
    digit = digit_from_strokes(EXAMPLES["3"], PEN_WIDTH)
    model = load_model(name)
    for layer in trace(model, digit)[1:]:
        if not layer.parameters:
            continue
        unit = tuple(int(place) for place in np.unravel_index(layer.values.argmax(), layer.values.shape))
        at.session_state["_unit"] = layer.name, unit
        run(at)
        assert not at.exception
        found = follow(model, digit, layer.name, unit)
        assert f": {number(found.value)}**" in words(at)
        assert f"{found.inputs.size:,} inputs, each times its weight, add up to" in words(at)
        largest = found.products.max()
        assert f"+{largest:.2f}</td>" in html(at)
        buttons = [button.label for button in at.button if button.key and button.key.startswith("follow ")]
        is_first = layer.name in ("hidden1", "convolution1")
        assert bool(buttons) != is_first  # pixels come from nowhere


def test_an_input_can_be_followed_in_turn():
    at = open_page(model="quick", from_="Example")
    button = next(button for button in at.button if (button.key or "").startswith("follow convolution3"))
    channel, row, column = map(int, re.findall(r"\d+", button.label))
    button.click()
    run(at)
    assert f"**Convolution3, map {channel}, row {row}, column {column}: " in words(at)
    button = next(button for button in at.button if (button.key or "").startswith("follow convolution2"))
    button.click()
    run(at)
    assert "**Convolution2, map " in words(at)
    assert "it is the largest of its square" in words(at)


def test_a_number_that_another_network_lacks_gives_way_to_its_answer():
    at = open_page(model="quick", from_="Example")
    at.session_state["_unit"] = "convolution3", (63, 2, 2)
    run(at)
    assert "**Convolution3, map 63" in words(at)
    at.selectbox(key="model").set_value("classic")
    run(at)
    assert "**The answer 2: " in words(at)


def test_the_methods_say_what_they_can_and_cannot_in_their_docstrings_words():
    at = open_page(model="classic", from_="Example", view="Pixels that matter")
    for said in ("its slope", "Share the evidence out", "Cover a small square", "But it speaks only of the ink"):
        assert said in words(at)
    assert html(at).count("for the 2") >= 3
    assert "Green: evidence for 2. Orange: evidence for" in words(at)
    at.selectbox(key="why 2 of 10").set_value(7)
    run(at)
    assert html(at).count("Occlusion for the 7") == 1
    assert "Green: evidence for 7. Orange: evidence for 2." in words(at)
    at.selectbox(key="rival 2 7 of 10").set_value(-1)
    run(at)
    assert "Green: evidence for 7. Orange: evidence against 7." in words(at)


def test_a_test_digit_is_looked_at_with_its_neighbours(monkeypatch, mnist_test):
    at = open_page(model="classic", from_="Test digit", digit="247", view="Similar digits")
    assert f"Test digit 247, a {mnist_test.labels[247]}." in words(at)
    assert "looking through the 60,000 training digits, once" in words(at)
    monkeypatch.undo()
    monkeypatch.setattr(insights, "has_index", lambda _: True)  # asked for them, it waits
    run(at)
    assert "looking through" not in words(at)
    for_network, by_pixels = insights.find_similar(answering.load("classic"), mnist_test.pixels[247], 8)
    for each in (for_network, by_pixels):
        assert f"a {each.labels[0]} · {each.distances[0]:.1f}" in html(at)


@pytest.mark.usefixtures("mnist_test")
def test_the_next_digit_that_is_misread_is_a_press_away():
    wrong = np.flatnonzero(~load_answers("classic").right).tolist()
    at = open_page(model="classic", from_="Test digit", digit=str(wrong[3]))

    press(at, "Next misread")
    assert at.number_input(key="digit").value == wrong[4]
    at.number_input(key="digit").set_value(9999)
    run(at)
    press(at, "Next misread")
    assert at.number_input(key="digit").value == wrong[0]


@pytest.mark.usefixtures("mnist_test")
@pytest.mark.parametrize("name", ["classic", "accurate"])  # nodes and links, feature maps
def test_a_test_digit_is_said_to_be_read_right_or_wrong_in_words_and_colour(name):
    answers = load_answers(name)
    sure = answers.confidences > 0.95
    for index, word, colour in (
        (np.flatnonzero(answers.right & sure)[0], "Right", LIGHT.answer),
        (np.flatnonzero(~answers.right & sure)[0], "Wrong", LIGHT.wrong),
    ):
        at = open_page(model=name, from_="Test digit", digit=str(index))
        assert not at.exception
        shown = re.findall(r'data-testid="answer"[^>]*color:(#\w+);[^>]*>(\d)<', html(at))
        assert shown == [(colour, str(answers.given[index]))]
        assert html(at).count(f">{word}, ") == 1
        picture = " ".join(element.proto.json for element in at.get("bidi_component"))
        assert f'style=\\"fill:{colour}\\">{answers.given[index]}<' in picture or f'"answer": "{colour}"' in picture
        at.segmented_control(key="view").set_value("Change the pixels")
        run(at)
        shown = re.findall(r'data-testid="answer"[^>]*color:(#\w+);[^>]*>(\d)<', html(at))
        assert shown == [(colour, str(answers.given[index]))] * 2  # above, and beside the pixels that can be changed
        assert html(at).count(f">{word}, ") == 2
        at.button(key="poke Shift left").click()
        run(at)
        assert html(at).count(f">{word}, ") == 1  # what was changed may be another digit


@pytest.mark.usefixtures("mnist_test")
def test_a_label_that_is_disputed_is_said_to_be_so():
    at = open_page(model="classic", from_="Test digit", digit="947")
    assert "Test digit 947, an 8. Its label is disputed: it says 8, and of five people" in words(at)


def test_without_the_data_the_page_says_what_is_missing_and_shows_the_rest(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DATA", str(tmp_path))
    at = open_page(model="classic", from_="Test digit")
    assert "they are not on this machine yet" in words(at)
    at = open_page(model="classic", from_="Example", view="Similar digits")
    assert "which training digits it resembles" in words(at)
    at.segmented_control(key="view").set_value("Layers")
    run(at)
    assert "**The answer 2: " in words(at)


def test_a_network_without_stages_leaves_the_rest_of_the_page(monkeypatch):
    def refuse(loaded: LoadedModel, _: object) -> None:
        raise Untraceable(f"The network of {loaded.name!r} is no list of layers, so its inside cannot be shown.")

    monkeypatch.setattr(insights, "look_inside", refuse)
    at = open_page(model="classic", from_="Example")
    assert "'classic' is no list of layers" in words(at)
    at.segmented_control(key="view").set_value("Pixels that matter")
    run(at)
    assert "Which pixels matter" in headings(at)
    assert "Cover a small square" in words(at)


def test_what_the_address_asks_for_and_cannot_be_is_said():
    at = open_page(model="classic", from_="Nowhere", example="10")
    assert "from = 'Nowhere' and example = '10', which cannot be" in words(at)
    assert "Nothing is drawn yet" in words(at)


@pytest.mark.usefixtures("mnist_test")
@pytest.mark.parametrize(("written", "index"), [("007", "7"), ("1e3", "1,000")])
def test_a_test_digit_may_be_asked_for_in_other_digits(written, index):
    at = open_page(model="classic", from_="Test digit", digit=written)
    assert not at.warning
    assert f"Test digit {index}, a " in words(at)


@pytest.mark.usefixtures("mnist_test")
def test_a_test_digit_that_is_none_is_said_and_ignored():
    at = open_page(model="classic", from_="Test digit", digit="10000")
    assert "digit = '10000', which cannot be" in words(at)
    assert "Test digit 0, a 7." in words(at)


def test_of_a_training_that_was_interrupted_it_is_not_said_that_it_is_still_learning(monkeypatch, shelf):
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    save_unfinished(shelf, seed=1, step=5)
    at = open_page(model="half (unfinished)", from_="Example", view="Similar digits")
    assert "Its training is not finished: similar training digits can be shown when it is." in words(at)
    at.segmented_control(key="view").set_value("Smallest change")
    run(at)
    assert "Its training is not finished: changes can be searched for when it is." in words(at)


def test_without_a_model_the_page_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path))
    at = open_page()
    assert not at.exception
    assert "python train.py --recipe quick" in words(at)


def test_a_damaged_model_hides_nothing(monkeypatch, tmp_path):
    shutil.copytree(read_settings().models_dir / "classic", tmp_path / "classic")
    (tmp_path / "broken").mkdir()
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path))
    at = open_page(from_="Example")
    assert "**models/broken** is not used" in words(at)
    assert "**The answer 2: " in words(at)


NON_DIGITS = {"convolution1": (16, 12, 12), "answer": (10,)}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (["convolution1", [15, 0, 11]], ("convolution1", (15, 0, 11))),
        (["answer", [9]], ("answer", (9,))),
        (["answer", [10]], None),
        (["answer", [-1]], None),
        (["answer", [True]], None),
        (["answer", ["1"]], None),
        (["answer", [1.0]], None),
        (["answer", [1, 2, 3]], None),
        (["convolution1", [1]], None),
        (["nonsense", [1]], None),
        ([{}, [1]], None),
        ("answer", None),
        (None, None),
    ],
)
def test_what_a_browser_sends_is_a_unit_or_nothing(sent, expected):
    assert place_from_browser(sent, NON_DIGITS) == expected
