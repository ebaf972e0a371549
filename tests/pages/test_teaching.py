"""Teaching on the Mine page without a browser: what is offered and refused, and what is shown of the outcome."""

import shutil
from types import SimpleNamespace

import pytest

from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import TrainingError
from mnist_core.recipe import preset
from mnist_core.store.bin import list_bin
from mnist_core.store.drawings import GivenAnswer, add_drawings, delete_drawings, keep_strokes
from mnist_core.store.models import list_models, name_card
from mnist_core.store.runs import State, create_run, end_run
from mnist_core.store.teaching import Change, TaughtDrawing, Teaching, write_teaching
from tests.support.paging import html, open_page, press, run, words
from ui.inputs.examples import EXAMPLES
from ui.inputs.fabric import PEN_WIDTH
from ui.widgets import double_press


def answer(digit):
    return GivenAnswer("classic", digit, "sure", 0.98)


@pytest.fixture(autouse=True)
def kept(monkeypatch, shelf, tmp_path):
    """Three drawings, beside a models folder with `classic` alone."""
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    monkeypatch.setenv("MNIST_DRAWINGS", str(tmp_path / "mine"))
    monkeypatch.setattr(double_press, "DOUBLE", 0)
    kept = [keep_strokes(EXAMPLES[digit], PEN_WIDTH, digit) for digit in "173"]
    add_drawings(kept, tmp_path / "mine")
    return kept


@pytest.fixture
def launched(monkeypatch):
    """What would have been taught: the names, and the ids of the drawings."""
    from ui.mine import teaching

    launched = []
    monkeypatch.setattr(teaching, "launch_teaching", lambda name, start, ids, *_: launched.append((name, start, ids)))
    return launched


def taught(kept, shelf, *, lost=3, more_letters=1):
    """Put a model that was taught beside the others; it reads the 1 now, and no more the 3, and has forgotten some."""
    shutil.copytree(shelf / "classic", shelf / "classic-mine")
    name_card(shelf / "classic-mine", "classic-mine")
    one, seven, three = kept
    drawings = (
        TaughtDrawing(one.id, 1, False, answer(7), answer(1)),
        TaughtDrawing(seven.id, 7, False, answer(7), answer(7)),
        TaughtDrawing(three.id, 3, True, answer(3), answer(8)),
        TaughtDrawing("deleted since", NOT_A_DIGIT, False, answer(4), GivenAnswer("classic", 4, "not a digit", 0.4)),
    )
    mnist = Change(10_000, 9820, 9820 - lost, 0, lost)
    letters = Change(1000, 60, 60 + more_letters, more_letters, 0)
    teaching = Teaching("classic", drawings, mnist, Change(2000, 1900, 1900, 0, 0), letters)
    write_teaching(teaching, shelf / "classic-mine")


def test_the_picked_model_is_taught_all_drawings_or_those_selected(kept, launched):
    at = open_page("mine.py")
    assert "That makes a new model, **classic-mine**, in some seconds; classic stays as it is." in words(at)
    assert at.button(key="teach").label == "Teach classic 3 drawings"
    at.session_state["_picked_drawings"] = frozenset({kept[0].id})
    run(at)
    assert at.button(key="teach").label == "Teach classic this 1 drawing"
    assert "the model may come to see that too often" in words(at)
    at.button(key="teach").click()
    run(at)
    assert launched == [("classic-mine", "classic", [kept[0].id])]


def test_a_refusal_is_said_where_it_was_asked_for(monkeypatch):
    from ui.mine import teaching

    def refuse(*_):
        raise TrainingError("The training of 'other' is running on this machine.")

    monkeypatch.setattr(teaching, "launch_teaching", refuse)
    at = open_page("mine.py")
    at.button(key="teach").click()
    run(at)
    assert "'other' is running" in at.error[0].value
    assert not run(at).error


def test_before_and_after_are_shown_with_what_turned_right_and_wrong(kept, shelf):
    taught(kept, shelf)
    at = open_page("mine.py")
    at.selectbox(key="model").set_value("classic-mine")
    run(at)
    said, table = words(at), html(at)
    assert "**classic-mine** was taught 3 drawings (1 more held out), from classic." in said
    for title, note, before, after in (
        ("My drawings, learnt from", "of 3", 1, 3),
        ("My drawings, held out", "of 1", 1, 0),
        ("MNIST test digits", "of 10,000; 0 won, 3 lost: as chance does, too", "9,820", "9,817"),
        ("Digits drawn by our program", "of 2,000; the same ones", "1,900", "1,900"),
        ("Letters called sure", "of 1,000; fewer are better", 60, 61),
    ):
        cells = f'<td class="number">{before}</td><td class="number">{after}</td>'
        assert f'{title}<span class="note">{note}</span></td>{cells}' in table
    assert "1: 7 → 1" in table
    assert "3: 3 → 8" in table
    assert "**Read now**: 2" in said
    assert "forgotten" not in said


def test_what_forgets_more_than_it_may_is_said_and_does_not_answer_by_itself(kept, shelf):
    taught(kept, shelf, lost=16, more_letters=21)
    at = open_page("mine.py")
    assert at.selectbox(key="model").value == "classic"
    at.session_state["_taught"] = "classic-mine"
    run(at)
    assert at.selectbox(key="model").value == "classic"
    (warning,) = at.warning
    assert "It has learnt your hand and forgotten others'." in warning.value
    assert "16 fewer than before" in warning.value
    assert "21 more than before" in warning.value


def test_the_model_that_was_just_taught_answers(kept, shelf):
    at = open_page("mine.py")
    at.session_state["_taught"] = "classic-mine"
    taught(kept, shelf)
    assert run(at).selectbox(key="model").value == "classic-mine"
    at.selectbox(key="model").set_value("classic")
    assert run(at).selectbox(key="model").value == "classic"  # chosen once, not for ever


def test_undo_puts_it_into_the_bin_and_the_model_before_answers(kept, shelf):
    taught(kept, shelf)
    at = open_page("mine.py")
    at.selectbox(key="model").set_value("classic-mine")
    run(at)
    press(at, "Undo: delete it")
    assert at.selectbox(key="model").value == "classic"
    assert [card.name for card in list_models(shelf)] == ["classic"]
    assert [binned.name for binned in list_bin(shelf)] == ["classic-mine"]
    assert "is in the bin" in words(at)


def test_a_teaching_whose_history_is_damaged_is_said_to_have_ended_all_the_same(shelf):
    run_of = create_run("classic-mine", "classic", preset("classic"), shelf)
    end_run(run_of, State.STOPPED, "at step 3 of 90")
    (run_of.folder / "history.jsonl").write_bytes(b"no history\n")
    at = open_page("mine.py")
    at.session_state["_taught"] = "classic-mine"
    run(at)
    assert not at.exception
    assert "classic-mine was stopped at step 3 of 90" in at.warning[0].value.replace("\\", "")


def test_what_a_teaching_came_to_is_shown_also_once_the_drawings_are_gone(kept, shelf, tmp_path):
    taught(kept, shelf)
    delete_drawings({each.id for each in kept}, tmp_path / "mine")
    at = open_page("mine.py")
    at.selectbox(key="model").set_value("classic-mine")
    run(at)
    assert "**classic-mine** was taught 3 drawings" in words(at)
    assert not [button for button in at.button if button.key == "teach"]


def test_while_another_training_runs_there_is_nothing_to_press(monkeypatch):
    from ui.services import training_runs

    other = SimpleNamespace(name="other", started_from="", folder=None)
    monkeypatch.setattr(training_runs, "find_current", lambda: other)
    at = open_page("mine.py")
    assert "A training is running: other" in at.info[0].value
    assert not [button for button in at.button if button.key == "teach"]
