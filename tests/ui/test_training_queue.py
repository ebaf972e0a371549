"""The trainings that wait for their turn: in order, one a visitor, and never for ever."""

from threading import Event

import pytest

from mnist_core import rights
from mnist_core.errors import BadName, Busy, NotAllowed, RunError, TrainingError
from mnist_core.recipe import preset
from mnist_core.rights import VARIABLE, Limits
from mnist_core.store.runs import State, create_run, end_run
from tests.support.trainings import wait_for
from ui.services import training_queue

RECIPE = preset("quick")


class Machine:
    """What stands in for the trainings of this machine: busy until it is told otherwise, and what was begun on it."""

    def __init__(self):
        self.is_free = Event()
        self.begun = []
        self.error = None

    def launch(self, name, _preset, _recipe, _models_dir, *, snapshots):  # noqa: ARG002
        if not self.is_free.is_set():
            raise Busy("Another training is running.")
        if self.error:
            raise self.error
        self.begun.append(name)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A class that shares a machine; at the end nothing waits."""
    monkeypatch.setenv(VARIABLE, "class")
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path))
    monkeypatch.setattr(training_queue, "LOOK", 0.01)
    machine = Machine()
    monkeypatch.setattr(training_queue.launcher, "launch_training", machine.launch)
    monkeypatch.setattr(training_queue, "_queue", training_queue._Queue())
    yield machine
    machine.is_free.set()
    wait_for(lambda: training_queue._queue.thread is None)


def waiting():
    return [each.name for each in training_queue.list_waiting()]


def test_trainings_begin_in_the_order_in_which_they_were_asked_for(machine):
    for visitor in range(3):
        training_queue.join(f"from-{visitor}", "quick", RECIPE, visitor)
    assert waiting() == ["from-0", "from-1", "from-2"]
    machine.is_free.set()
    wait_for(lambda: not waiting())
    assert machine.begun == ["from-0", "from-1", "from-2"]


@pytest.mark.usefixtures("machine")
def test_thirty_who_leave_the_name_as_it_is_get_one_each():
    names = [training_queue.join("quick-2", "quick", RECIPE, visitor) for visitor in range(3)]
    assert names == ["quick-2", "quick", "quick-3"]
    assert training_queue.join("mine-2", "quick", RECIPE, 3) == "mine-2"
    assert training_queue.join("mine-2", "quick", RECIPE, 4) == "mine-2-2"


def test_a_visitor_has_one_training_waiting_and_can_take_it_out(machine):
    training_queue.join("first", "quick", RECIPE, "a visitor")
    with pytest.raises(NotAllowed, match="A training of yours is waiting already"):
        training_queue.join("second", "quick", RECIPE, "a visitor")
    training_queue.leave("another visitor")
    assert waiting() == ["first"]
    training_queue.leave("a visitor")
    assert waiting() == []
    training_queue.join("second", "quick", RECIPE, "a visitor")
    machine.is_free.set()
    wait_for(lambda: machine.begun == ["second"])


@pytest.mark.usefixtures("machine")
def test_a_full_queue_says_so(monkeypatch):
    monkeypatch.setattr(rights, "CLASS_LIMITS", Limits(epochs=50, batch_size=1000, minutes=1, waiting=1, made=9))
    training_queue.join("first", "quick", RECIPE, "a visitor")
    with pytest.raises(NotAllowed, match="The queue is full: 1 are waiting"):
        training_queue.join("second", "quick", RECIPE, "another")


@pytest.mark.usefixtures("machine")
def test_a_name_that_cannot_be_is_refused_at_once():
    with pytest.raises(BadName):
        training_queue.join("../quick", "quick", RECIPE, "a visitor")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TrainingError("No space is left."), "No space is left."),
        (RuntimeError("with a path"), "It could not begin: RuntimeError."),
    ],
)
def test_one_that_cannot_begin_is_told_why_once_and_holds_up_nobody(machine, error, words):
    training_queue.join("first", "quick", RECIPE, "a visitor")
    machine.error = error
    machine.is_free.set()
    wait_for(lambda: not waiting())
    machine.error = None
    training_queue.join("second", "quick", RECIPE, "another")
    wait_for(lambda: machine.begun == ["second"])
    assert training_queue.take_refusal("another") == ""
    assert training_queue.take_refusal("a visitor") == words
    assert training_queue.take_refusal("a visitor") == ""


def test_what_is_resumed_waits_for_its_turn_too(machine, monkeypatch, tmp_path):
    monkeypatch.setattr(
        training_queue.launcher,
        "launch_resumed_training",
        lambda name, _: machine.launch(f"{name} again", *[None] * 3, snapshots=True),
    )
    end_run(create_run("half", "quick", RECIPE, tmp_path, by_visitor=True), State.STOPPED)
    training_queue.join("first", "quick", RECIPE, "a visitor")
    training_queue.join_to_resume("half", "another")
    assert waiting() == ["first", "half"]
    with pytest.raises(RunError, match="There is no unfinished training called 'none'"):
        training_queue.join_to_resume("none", "a third")
    machine.is_free.set()
    wait_for(lambda: not waiting())
    assert machine.begun == ["first", "half again"]


def test_alone_nothing_waits(monkeypatch):
    monkeypatch.setenv(VARIABLE, "own")
    assert not training_queue.is_used()
