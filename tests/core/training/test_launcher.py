"""Trainings that a page starts: processes of their own, one at a time, that say what is wrong and stop when asked."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from mnist_core import machine
from mnist_core.data.mnist import find_data_dir
from mnist_core.errors import BadName, Busy, DataError, NotAllowed, RunError, TrainingError
from mnist_core.recipe import preset
from mnist_core.store import training_lock
from mnist_core.store.models import load_model
from mnist_core.store.runs import State, ask_to_stop, find_run, list_runs, names_in_use, output_file, read_output
from mnist_core.training import launcher
from mnist_core.training.seeds import delete_group
from tests.support.places import PROJECT
from tests.support.trainings import wait_for

LONG = preset("classic", epochs=300, validation_size=30_000, batch_size=1000)
SHORT = preset("classic", epochs=1, validation_size=30_000, batch_size=1000)
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("mnist_train", "mnist_test")]


@pytest.fixture
def models_dir(tmp_path):
    """A folder of models; what is trained in it ends with the test."""
    folder = tmp_path / "models"
    yield folder
    running = training_lock.holder()
    if running and running.models_dir == str(folder.resolve()):
        with suppress(RunError):
            ask_to_stop(find_run(running.name, folder))
        wait_for(lambda: training_lock.holder() is None)


def test_twenty_presses_at_once_make_one_training_which_stops_when_asked_and_resumes(models_dir):
    def press(number):
        try:
            launcher.launch_training(f"mine-{number}", "classic", LONG, models_dir)
        except Busy as error:
            return str(error)
        return f"mine-{number}"

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(press, range(20)))
    (name,) = names_in_use(models_dir)
    assert answers.count(name) == 1
    refusal = f"The training of {name!r} is running on this machine. Wait for it, or stop it first."
    assert answers.count(refusal) == 19

    assert find_run(name, models_dir).state is State.RUNNING
    with pytest.raises(Busy) as caught:  # late, and for the name in use, it is told the same
        launcher.launch_training(name, "classic", LONG, models_dir)
    assert str(caught.value) == refusal
    wait_for(lambda: len(find_run(name, models_dir).history().steps) > 0)
    ask_to_stop(find_run(name, models_dir))
    wait_for(lambda: training_lock.holder() is None, 30)  # within 2 on a quiet machine
    stopped = find_run(name, models_dir)
    assert stopped.state is State.STOPPED
    steps = len(stopped.history().steps)
    assert "Stopped; what it learnt is kept." in output_file(name, models_dir).read_text()

    with pytest.raises(BadName, match=f"There is a training or a model called {name!r} already"):
        launcher.launch_training(name, "classic", SHORT, models_dir)
    launcher.launch_resumed_training(name, models_dir)
    assert find_run(name, models_dir).state is State.RUNNING
    wait_for(lambda: len(find_run(name, models_dir).history().steps) > steps)


def test_a_training_of_one_epoch_becomes_a_model_though_who_started_it_is_gone(models_dir):
    """It is started by a process that ends at once, as a server does that is restarted."""
    code = (
        "import sys; from pathlib import Path\n"
        "from mnist_core.training import launcher; from mnist_core.recipe import preset\n"
        "recipe = preset('classic', epochs=1, validation_size=30_000, batch_size=1000)\n"
        "launcher.launch_training('mine', 'classic', recipe, Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(models_dir)], cwd=PROJECT, check=True)
    running = training_lock.holder()
    assert running.trains("mine", models_dir)
    assert os.getpriority(os.PRIO_PROCESS, running.pid) == machine.NICENESS == 10
    assert os.getsid(running.pid) == running.pid  # a Ctrl-C to the server is not one to the training
    wait_for(lambda: training_lock.holder() is None)
    model = load_model("mine", models_dir)
    assert model.card.recipe == SHORT
    assert model.card.trained_on == 30_000
    assert not output_file("mine", models_dir).exists()
    (run,) = list_runs(models_dir)
    assert "epoch 1 of 1" in read_output(run).casefold()


def test_a_group_is_stopped_goes_on_and_is_deleted_as_one(models_dir, monkeypatch):
    launcher.launch_training("mine", "classic", LONG, models_dir, seeds=2)
    with pytest.raises(Busy):
        launcher.launch_training("mine", "classic", LONG, models_dir, seeds=2)
    assert training_lock.holder().trains("mine-0", models_dir)
    wait_for(lambda: len(find_run("mine-0", models_dir).history().steps) > 0)
    with pytest.raises(RunError, match=r"'mine-0' is in training\. Stop it first"):
        delete_group("mine", models_dir)
    ask_to_stop(find_run("mine-0", models_dir))
    wait_for(lambda: training_lock.holder() is None, 30)
    assert names_in_use(models_dir) == {"mine-0"}
    with pytest.raises(BadName, match="called 'mine-0' already"):
        launcher.launch_training("mine", "classic", SHORT, models_dir, seeds=2)
    launcher.launch_resumed_training("mine", models_dir)
    assert training_lock.holder().trains("mine-0", models_dir)
    ask_to_stop(find_run("mine-0", models_dir))
    wait_for(lambda: training_lock.holder() is None, 30)
    assert "Stopped; what it learnt is kept." in read_output(find_run("mine-0", models_dir))
    assert [binned.name for binned in delete_group("mine", models_dir)] == ["mine-0"]
    assert not output_file("mine", models_dir).exists()
    assert names_in_use(models_dir) == set()
    monkeypatch.setenv("MNIST_EXPLORER", "class")
    with pytest.raises(NotAllowed, match="each trains one seed at a time"):
        launcher.launch_training("mine", "classic", preset("classic"), models_dir, seeds=2)


def test_what_the_command_refuses_is_said_in_its_own_sentence(models_dir, tmp_path):
    with pytest.raises(RunError, match="There is no unfinished training called 'nobody'"):
        launcher.launch_resumed_training("nobody", models_dir)
    with pytest.raises(BadName, match="cannot be a model's name"):
        launcher.launch_training("../x", "classic", SHORT, models_dir)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrainingError, match=r"started in the folder of the models: Not a directory\."):
        launcher.launch_training("mine", "classic", SHORT, tmp_path / "file" / "models")
    assert not models_dir.exists()
    assert training_lock.holder() is None


def test_a_training_that_ends_before_it_began_says_why(models_dir, monkeypatch):
    run_command = launcher._run_command
    monkeypatch.setattr(launcher, "_run_command", lambda flags, output: run_command([*flags, "--epochs", "0"], output))
    with pytest.raises(TrainingError) as caught:
        launcher.launch_training("mine", "classic", SHORT, models_dir)
    assert str(caught.value) == "error: argument --epochs: found 0, expected a whole number from 1 to 1,000"
    assert names_in_use(models_dir) == set()


def test_a_training_that_does_not_begin_in_time_is_ended(models_dir, monkeypatch):
    started = []

    def run_slowly(_, output):
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        started.append(subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT))
        return started[0]

    monkeypatch.setattr(launcher, "_run_command", run_slowly)
    monkeypatch.setattr(launcher, "START_LIMIT", 0.5)
    with pytest.raises(TrainingError, match="ended before it began"):
        launcher.launch_training("mine", "classic", SHORT, models_dir)
    assert started[0].wait(10) != 0


def test_fetching_what_is_here_ends_at_once(tmp_path):
    shares = list(launcher.launch_fetch(find_data_dir()))
    assert all(0 <= share <= 1 for share in shares)
    assert list(tmp_path.iterdir()) == []


def test_fetching_without_a_network_ends_in_a_sentence(tmp_path, monkeypatch):
    for proxy in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    with pytest.raises(DataError, match=r"^The MNIST digits could not be fetched\."):
        assert set(launcher.launch_fetch(tmp_path / "data")) <= {0.0}
