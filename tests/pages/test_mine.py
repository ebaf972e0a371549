"""The Mine page without a browser: what it shows of the drawings that were kept, and what its presses do to them."""

import gzip
import json
import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import pytest

from mnist_core.alphabets import ALPHABETS, CHARACTERS, CLOTHES, DIGITS
from mnist_core.rights import VARIABLE
from mnist_core.store import drawings as store
from mnist_core.store.drawings import (
    FILE,
    NO_DIGIT,
    add_drawings,
    delete_drawings,
    keep_strokes,
    parse_drawings,
    read_drawings,
)
from tests.support.alphabets import FORGED, in_a_line, save_characters, save_model
from tests.support.drawing import canvas_state, example
from tests.support.paging import html, open_page, press, run, words
from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import PEN_WIDTH
from ui.widgets import double_press


@pytest.fixture(autouse=True)
def folder(monkeypatch, shelf, tmp_path):
    """A folder of drawings, empty yet, beside a models folder with `classic` alone."""
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    monkeypatch.setenv("MNIST_DRAWINGS", str(tmp_path / "mine"))
    monkeypatch.setattr(double_press, "DOUBLE", 0)
    return tmp_path / "mine"


def drawing(title, label=None):
    return keep_strokes(EXAMPLES[title], PEN_WIDTH, label or title)


@pytest.fixture
def kept(folder):
    """Two drawings that `classic` reads, one with the wrong label, and a dot that is said to be no digit."""
    dot = keep_strokes([[(100, 100), (101, 101)]], PEN_WIDTH, NO_DIGIT)
    kept = [drawing("2"), drawing("7"), drawing("3", "8"), dot]
    add_drawings(kept, folder)
    return kept


def labels(folder):
    return [each.label for each in read_drawings(folder).kept]


def tiles(at):
    found = [each for each in at.get("bidi_component") if each.proto.component_name == "drawing_tiles"]
    return json.loads(found[0].proto.json)["tiles"] if found else []


def headlines(at):
    return [tile["headline"] for tile in tiles(at)]


def select(at, *drawings):
    at.session_state["_picked_drawings"] = frozenset(each.id for each in drawings)
    return run(at)


def choose(at, key, value):
    at.selectbox(key=key).set_value(value)
    return run(at)


def give(at, **files):
    for name, content in files.items():
        at.file_uploader[0].upload(f"{name}.jsonl", content, "application/jsonl")
    return run(at)


def draw_on_canvas(at, title):
    at.session_state["canvas"] = canvas_state(example(title))
    return run(at)


def test_the_empty_page_says_what_it_is_for_and_where_drawings_are_kept(folder):
    said = words(open_page("mine.py"))
    assert "There are none yet. Say what a drawing is on the Draw page, or write some to dictation" in said
    assert "`drawings.jsonl`" in said
    assert "`MNIST_DRAWINGS`" in said
    assert "never leave this machine" in said
    assert str(folder) not in said


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("mode", "reason"), [("public", "but not keep drawings"), ("class", "only where the app runs on one's own machine")]
)
def test_where_nothing_is_kept_the_page_says_why_and_shows_nothing(monkeypatch, mode, reason):
    monkeypatch.setenv(VARIABLE, mode)
    at = open_page("mine.py")
    assert reason in at.info[0].value
    assert not at.button
    assert not tiles(at)
    assert not at.get("download_button")
    assert not at.get("file_uploader")


@pytest.mark.usefixtures("kept")
def test_each_drawing_has_its_label_and_what_the_picked_model_answers():
    shown = tiles(open_page("mine.py"))
    assert [tile["headline"] for tile in shown] == ["not a digit", "8 → 3", "7", "2"]
    assert [tile["is_wrong"] for tile in shown] == [False, True, False, False]
    assert shown[1]["alt"].startswith("Drawing 3: 8 → 3, ")


@pytest.mark.usefixtures("kept")
def test_drawings_are_chosen_by_label_and_by_whether_they_are_misread():
    at = open_page("mine.py")
    assert headlines(choose(at, "which of mine", "misread")) == ["8 → 3"]
    assert "**1 drawing, misread**" in words(at)
    assert headlines(choose(at, "which of mine", "read correctly")) == ["not a digit", "7", "2"]
    assert headlines(choose(at, "label of mine", "7")) == ["7"]
    assert headlines(choose(at, "label of mine", NO_DIGIT)) == ["not a digit"]
    assert headlines(choose(at, "label of mine", "9")) == []
    assert "**No drawings, label 9, read correctly**" in words(at)


@pytest.mark.usefixtures("kept")
def test_every_model_has_its_score_with_the_interval_and_what_is_no_digit_counts_apart():
    said = words(open_page("mine.py"))
    assert "Read, of 3" in said
    assert "Refused, of 1" in said
    assert '<td class="number share best">2</td><td class="number">21 to 94 %</td><td class="number">1</td>' in said


@pytest.mark.usefixtures("kept")
def test_without_a_model_the_drawings_are_there_with_their_labels(monkeypatch, tmp_path):
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path / "none"))
    at = open_page("mine.py")
    assert headlines(at) == ["not a digit", "8", "7", "2"]
    assert "There is no model to answer yet" in words(at)


def test_the_selected_ones_are_relabelled_and_one_press_takes_it_back(kept, folder):
    at = select(open_page("mine.py"), kept[0], kept[2])
    assert "2 selected." in words(at)
    press(choose(at, "new label", "3"), "Relabel")
    assert labels(folder) == ["3", "7", "3", NO_DIGIT]
    assert "2 drawings are labelled 3 now." in words(at)
    press(at, "Undo")
    assert labels(folder) == ["2", "7", "8", NO_DIGIT]
    assert "Undo" not in {button.label for button in at.button}


def test_the_selected_ones_are_deleted_and_come_back(kept, folder):
    at = press(select(open_page("mine.py"), kept[1]), "Delete")
    assert labels(folder) == ["2", "8", NO_DIGIT]
    assert "1 drawing deleted." in words(at)
    press(at, "Undo")
    assert {each.id for each in read_drawings(folder).kept} == {each.id for each in kept}


@pytest.mark.usefixtures("kept")
def test_all_that_are_shown_are_selected_and_none_of_the_others(folder):
    at = choose(open_page("mine.py"), "label of mine", "7")
    press(press(at, "Select all"), "Delete")
    assert labels(folder) == ["2", "8", NO_DIGIT]


def test_what_is_selected_and_not_shown_is_left_alone(kept, folder):
    at = choose(select(open_page("mine.py"), *kept), "label of mine", "7")
    press(at, "Delete")
    assert labels(folder) == ["2", "8", NO_DIGIT]


def test_what_another_tab_has_deleted_meanwhile_is_said(kept, folder):
    at = select(open_page("mine.py"), kept[0], kept[1])
    delete_drawings({kept[0].id}, folder)
    press(at, "Relabel")
    assert labels(folder) == ["0", "8", NO_DIGIT]
    assert "1 drawing is labelled 0 now. 1 drawing had been deleted meanwhile." in words(at)
    select(at, kept[1])
    delete_drawings({kept[1].id}, folder)
    press(at, "Delete")
    assert labels(folder) == ["8", NO_DIGIT]
    assert "1 drawing had been deleted meanwhile." in words(at)


@pytest.mark.parametrize("button", ["Relabel", "Delete"])
def test_where_the_disk_refuses_all_is_as_it_was_and_is_said(monkeypatch, kept, folder, button):
    at = select(open_page("mine.py"), kept[0])
    before = (folder / FILE).read_bytes()

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_atomically", refuse)
    press(at, button)
    assert "All is as it was before." in at.warning[0].value
    assert (folder / FILE).read_bytes() == before


def test_what_could_not_be_taken_back_still_can_be(monkeypatch, kept, folder):
    at = press(select(open_page("mine.py"), kept[0]), "Delete")
    with monkeypatch.context() as patch:
        patch.setattr(store, "write_atomically", lambda *_: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
        press(at, "Undo")
    assert "All is as it was before." in at.warning[0].value
    press(at, "Undo")
    assert sorted(labels(folder)) == ["2", "7", "8", NO_DIGIT]


def test_a_file_that_cannot_be_read_is_left_as_it_is(folder):
    (folder / FILE).mkdir(parents=True)
    at = open_page("mine.py")
    assert "drawings.jsonl" in at.error[0].value
    assert "Nothing of it was changed." in at.error[0].value
    assert not at.get("file_uploader")


def test_lines_that_are_no_drawings_are_counted_and_stay(kept, folder):
    (folder / FILE).write_bytes(b"{\n" + (folder / FILE).read_bytes())
    at = open_page("mine.py")
    assert "1 line is no drawing: line 1 is not JSON. They stay where they are." in words(at)
    press(select(at, kept[0]), "Delete")
    assert (folder / FILE).read_bytes().startswith(b"{\n")


def test_of_files_the_good_lines_are_added_and_the_others_are_told_of(kept, folder):
    good, there = drawing("9").to_line(), kept[0].to_line()
    at = give(open_page("mine.py"), first=good + b"{\n" + there + b'{"label": "x"}', second=b"\xff\n" * 5)
    told = at.warning[0].value
    assert (
        "**first.jsonl**: 1 drawing added, 1 was there already. 2 lines are no drawings: line 2 is not JSON; " in told
    )
    assert "**second.jsonl**: 0 drawings added. 5 lines are no drawings: line 1 is not JSON; " in told
    assert labels(folder) == ["2", "7", "8", NO_DIGIT, "9"]
    press(at, "Undo")
    assert labels(folder) == ["2", "7", "8", NO_DIGIT]


def test_a_file_that_is_packed_is_added_and_a_damaged_one_is_said(folder):
    packed = gzip.compress(drawing("9").to_line())
    at = give(open_page("mine.py"), good=packed, cut=packed[:-9])
    assert "**cut.jsonl**: The file was packed by gzip and is damaged. Nothing of it was added." in at.warning[0].value
    assert labels(folder) == ["9"]


def test_a_strangers_file_name_is_shown_as_it_is(folder):
    at = give(open_page("mine.py"), **{"![a](//stranger.example/1)": b"{"})
    assert r"**\!\[a\]" in at.warning[0].value
    assert not folder.exists() or labels(folder) == []


def test_a_dictation_names_each_digit_as_often_as_the_others():
    open_page("mine.py")
    from ui.mine.dictation import choose_labels  # beside a component, which only a page's run can import

    for length in (10, 30, 100):
        assert set(Counter(choose_labels(length, DIGITS, random.Random(1))).values()) == {length // 10}
    assert sorted(Counter(choose_labels(23, DIGITS, random.Random(1))).values()) == [2] * 7 + [3] * 3
    assert choose_labels(30, DIGITS, random.Random(1)) != choose_labels(30, DIGITS, random.Random(2))


def test_what_is_written_is_kept_with_its_label_and_the_answer_until_the_end(folder):
    at = press(choose(open_page("mine.py"), "dictated", 10), "Start a dictation")
    asked = at.session_state["_dictation"].labels
    assert f"Write a {asked[0]}".replace("a 8", "an 8") in words(at)
    press(draw_on_canvas(at, "7"), "Next")
    assert f"Your {asked[0]} is read as" in words(at)
    press(at, "Skip")
    press(draw_on_canvas(at, "2"), "Next")
    (first, second) = read_drawings(folder).kept
    assert (first.label, first.answer.model, first.answer.digit) == (asked[0], "classic", 7)
    assert (second.label, second.answer.digit) == (asked[2], 2)
    for _ in range(7):
        press(at, "Skip")
    assert "The dictation is over: 2 drawings of 10 kept." in words(at)
    assert len(tiles(at)) == 2


def test_an_empty_canvas_is_not_kept_and_is_said_and_one_can_stop_at_any_time(folder):
    at = press(open_page("mine.py"), "Start a dictation")
    press(at, "Next")
    assert "Nothing is drawn yet, so nothing was kept." in at.warning[0].value
    assert "1 of 30, 0 kept" in at.get("progress")[0].proto.text
    press(at, "Stop")
    assert "The dictation is over: 0 drawings of 30 kept." in words(at)
    assert not folder.exists()


def test_what_cannot_be_kept_stays_on_the_canvas(monkeypatch, folder):
    at = press(open_page("mine.py"), "Start a dictation")
    draw_on_canvas(at, "7")
    folder.parent.joinpath("blocked").write_text("")
    monkeypatch.setenv("MNIST_DRAWINGS", str(folder.parent / "blocked"))
    press(at, "Next")
    assert "The drawing was not kept" in at.warning[0].value
    assert str(folder.parent) not in at.warning[0].value
    monkeypatch.setenv("MNIST_DRAWINGS", str(folder))
    press(at, "Next")
    assert len(labels(folder)) == 1


def test_a_download_is_read_again_as_it_is(kept, folder):
    lines = b"".join(each.to_line() for each in kept)
    assert list(parse_drawings(lines).kept) == kept
    assert "Download all (JSONL)" in [each.proto.label for each in open_page("mine.py").get("download_button")]
    assert [path.name for path in folder.iterdir()] == [FILE]


# ------------------------------------------------------------------------------------------------- other alphabets


@contextmanager
def shipped_models():
    """Let the models that came with the project be found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MNIST_MODELS")
        yield


@pytest.fixture
def letters(shelf):
    """A model of characters beside `classic`."""
    with shipped_models():
        return save_characters(shelf)


@pytest.fixture
def mixed(folder, letters):  # noqa: ARG001
    """Drawings of letters, digits, and what is none; one is of a merged class, one looks like a digit."""
    given = (("A", "A"), ("C", "c"), ("O", "O"), ("7", "7"), ("3", NO_DIGIT))
    kept = [keep_strokes(in_a_line([shape]), PEN_WIDTH, label) for shape, label in given]
    add_drawings(kept, folder)
    return kept


def test_drawings_are_chosen_and_relabelled_by_the_classes_of_the_picked_model(mixed, folder):
    at = open_page("mine.py", model="letters")
    assert len(headlines(at)) == 5
    assert headlines(choose(at, "label of mine", "C"))[0].split(" ")[0] == "c"
    options = at.selectbox(key="label of mine").options
    assert options[:2] == ["any", "0"]
    assert options[-2:] == ["not a character", "not a digit"]
    assert "C (c)" in options
    press(choose(select(choose(at, "label of mine", "A"), mixed[0]), "new label", "a"), "Relabel")
    assert labels(folder) == ["a", "c", "O", "7", NO_DIGIT]
    assert "1 drawing is labelled a now." in words(at)


def test_a_model_of_digits_is_not_asked_what_looks_like_one_and_is_to_refuse_letters(mixed):
    said = words(open_page("mine.py", model="classic")).replace("\\", "")
    assert "**Models of digits**" in said
    assert "Read, of 1" in said
    assert "Refused, of 3" in said  # A, c and what is not a digit
    assert "1 drawing is left out: what is labelled O may be a digit or not." in said
    assert "**Models of letters and digits**" in said
    assert "Read, of 4" in said
    assert "what is labelled “not a digit” may be a character or not" in said
    assert said.index("Models of digits") < said.index("Models of letters")
    assert "It learns that what is labelled A, c is no digit." in said
    assert len(mixed) == 5


def test_what_nobody_can_tell_apart_is_read(folder):
    add_drawings([keep_strokes(EXAMPLES["0"], PEN_WIDTH, label) for label in ("0", "O", "Q")], folder)
    with shipped_models():
        at = open_page("mine.py", model="characters")
        said = words(at)
        (wrong,) = headlines(choose(at, "which of mine", "misread"))
        right = tiles(choose(at, "which of mine", "read correctly"))
    assert "Read, of 3" in said
    assert "answered with the label or what looks like it" in said
    assert wrong in ("Q → 0", "Q → O")
    assert sorted(tile["headline"] for tile in right) == ["0", "O"]
    assert min(float(tile["detail"].removesuffix(" %")) for tile in right) > 90  # both shares, not the larger one alone


def test_models_are_told_apart_only_from_those_of_their_own_alphabet():
    open_page("mine.py")
    from ui.mine.scores import Standing, describe_lead  # beside a component, which only a page's run can import

    right, wrong = (True,) * 10, (False,) * 10
    letters = [Standing(name, CHARACTERS, read, ()) for name, read in (("good", right), ("bad", wrong))]
    assert describe_lead(letters).startswith("**good** reads your hand better than bad")
    assert describe_lead(letters[:1]) == ""
    same = [Standing(name, CHARACTERS, right, ()) for name in ("one", "other")]
    assert describe_lead(same) == "10 characters are too few to tell the models apart."


@pytest.mark.usefixtures("letters")
def test_a_dictation_asks_for_the_characters_of_the_picked_model(folder):
    at = open_page("mine.py", model="letters")
    assert at.selectbox(key="dictated").label == "Characters"
    assert at.selectbox(key="dictated").value == 50
    press(at, "Start a dictation")
    asked = at.session_state["_dictation"].labels
    assert set(asked) == set(CHARACTERS)
    press(draw_on_canvas(at, "7"), "Next")
    assert labels(folder) == [asked[0]]
    assert f"Your {asked[0]} is read as" in words(at)


def test_what_is_to_be_written_is_said_so_that_it_cannot_be_mistaken():
    open_page("mine.py")
    from ui.mine.dictation import describe_task  # beside a component, which only a page's run can import

    assert describe_task("8", DIGITS) == "Write an 8"
    said = [describe_task(label, CHARACTERS) for label in ("0", "A", "a", "C")]
    assert said == ["Write the digit 0", "Write a capital A", "Write a small a", "Write a C or a c"]
    assert describe_task("Ankle boot", CLOTHES) == "Draw an Ankle boot"
    assert describe_task("+", ALPHABETS["signs"]) == "Write a +"


def test_any_class_name_is_shown_as_it_is(shelf, folder):
    with shipped_models():
        save_model(shelf, "forged", FORGED)
    add_drawings([drawing("7", name) for name in FORGED], folder)
    at = open_page("mine.py", model="forged")
    assert {headline.split(" →")[0] for headline in headlines(at)} == set(FORGED)
    press(select(at, read_drawings(folder).kept[0]), "Relabel")
    assert r"labelled \<b\>x\</b\> now" in words(at)
    assert "<b>x</b>" not in html(at)
    press(at, "Start a dictation")
    at.session_state["_dictation"] = replace(at.session_state["_dictation"], labels=("<b>x</b>",) * 2)
    press(draw_on_canvas(at, "7"), "Next")
    assert "Draw a &lt;b&gt;x&lt;/b&gt;" in html(at)
    assert "Your &lt;b&gt;x&lt;/b&gt; is read as" in html(at)


def test_a_model_of_clothes_is_not_taught_and_says_why(shelf, kept):
    with shipped_models():
        save_model(shelf, "clothes", CLOTHES)
    at = open_page("mine.py", model="clothes")
    assert "reads pictures, and how it could learn drawings without forgetting them was not tried" in words(at)
    assert not [button for button in at.button if button.key == "teach"]
    assert len(kept) == 4
