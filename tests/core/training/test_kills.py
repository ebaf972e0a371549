"""Trainings killed at random instants: nobody ever reads half a file, and each resumes to the very same weights.

`pytest tests/core/training/test_kills.py --kills 50 -s -n 0` kills 50 times between the first checkpoint and the end,
and says where; a kill that came sooner or later is counted apart, and another one follows. A warm process, which has
torch already, forks each training, so that one lives for about a second. Every other training is to replace a model
that is there.
"""

import contextlib
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import PROJECT

FLAGS = (
    *("--recipe", "mlp-plus", "--network", "quick", "--epochs", "20", "--batch-size", "50", "--held-out", "100"),
    *("--dropout", "0.2", "--affine", "1", "--elastic", "1", "--ema-decay", "0.9", "--precision", "float32"),
    *("--schedule", "one-cycle", "--threads", "1", "--name", "mine", "--replace"),
)


@pytest.mark.slow
def test_a_training_that_is_killed_resumes_to_the_same_weights_and_no_reader_sees_half_of_anything(request, tmp_path):
    kills = request.config.getoption("--kills")
    seed = random.SystemRandom().randrange(10**6)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.core.training.test_kills", str(kills), str(seed), str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120 + 60 * kills,
    )
    assert ran.returncode == 0, f"seed {seed}\n{ran.stdout[-3000:]}\n{ran.stderr[-6000:]}"
    print(f"seed {seed}: {ran.stdout}")
    fell = json.loads(ran.stdout.splitlines()[-1])
    assert fell["problems"] == []
    assert fell["in training"] + fell["while it was put in its place"] == kills
    assert fell["trained on to the same weights and history"] == fell["trainings"] >= kills
    assert fell["looks"] > 3 * kills


# --------------------------------------------------------------------------- the warm process that forks and kills


def _main(kills: int, seed: int, folder: Path) -> None:
    import signal
    import time
    from collections import Counter

    import numpy as np
    import torch

    import train
    from mnist_core.data.mnist import Digits
    from mnist_core.errors import RunError
    from mnist_core.evaluation import test_sets
    from mnist_core.store.checkpoints import load_checkpoint, load_trained
    from mnist_core.store.models import list_models, load_model
    from mnist_core.store.runs import Run, State, list_runs
    from mnist_core.training import final_evaluation, material, worker
    from tests.support.models import list_damaged_models

    torch.set_num_threads(1)  # what forks must have no threads
    chance = random.Random(seed)
    generator = np.random.default_rng(seed)
    labels = np.arange(600) % 10
    images = generator.integers(0, 60, (600, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 2 * label : 6 + 2 * label, 4:24] = 255
    digits = Digits(images, labels.astype(np.int64))
    material.load = test_sets.load = lambda *_, **__: digits
    final_evaluation.DISPUTED_TEST_LABELS = ()
    worker.SAVE_EVERY = 0.0
    os.fsync = lambda _: None  # it is for power failures; without it checkpoints are written ten times as often

    def fork(*flags: str) -> int:
        """Train in a process of its own; returns its id."""
        if child := os.fork():
            return child
        code = 99
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            code = train.main(flags)
        finally:
            os._exit(code)

    def finish(child: int) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def read_all(models_dir: Path) -> list[str]:
        """Read what a page reads, all of it; returns what it should not have met."""
        problems = []
        for run in list_runs(models_dir):
            if not isinstance(run, Run):
                problems.append(f"{run.name} is shown as damaged: {run.reason}")
                continue
            if run.state not in (State.RUNNING, State.INTERRUPTED, State.FINISHED):
                problems.append(f"{run.name} is {run.state}: {run.reason}")
            try:
                run.history()
                for _ in range(5):
                    if run.state is not State.FINISHED and load_checkpoint(run):
                        load_trained(run)
            except RunError as error:
                if run.folder.is_dir() and "has not saved a network yet" not in str(error):
                    problems.append(f"{run.name}: {error}")
        problems += [f"the model {model.name} is damaged: {model.reason}" for model in list_damaged_models(models_dir)]
        for card in list_models(models_dir):
            load_model(card.name, models_dir)
        return problems

    def result(models_dir: Path) -> tuple[bytes, list[dict[str, object]]]:
        """The weights' bytes, and the history but for the seconds."""
        folder = models_dir / "mine"
        lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
        return (folder / "weights.safetensors").read_bytes(), [line | {"seconds": None} for line in lines]

    def unlike(models_dir: Path) -> str:
        """Say in what a finished training differs from the one that nothing disturbed; nothing where it does not."""
        weights, history = result(models_dir)
        return " and ".join(
            name for name, same in (("weights", weights == whole[0]), ("history", history == whole[1])) if not same
        )

    with contextlib.redirect_stdout(io.StringIO()):  # warm: what torch loads at its first step it has from here on
        train.main([*FLAGS, "--models-dir", str(folder / "warm")])
    start = time.monotonic()
    assert finish(fork(*FLAGS, "--models-dir", str(folder / "whole"))) == 0
    life = time.monotonic() - start
    whole = result(folder / "whole")
    assert finish(fork(*FLAGS, "--seed", "1", "--models-dir", str(folder / "old"))) == 0
    assert result(folder / "old")[0] != whole[0]

    fell: Counter[str] = Counter({"in training": 0, "while it was put in its place": 0})
    problems: list[str] = []
    resumed = looks = 0
    for kill in range(10 * kills):
        if fell["in training"] + fell["while it was put in its place"] == kills:
            break
        models_dir = folder / str(kill)
        run = models_dir / ".runs" / "mine"
        models_dir.mkdir()
        if kill % 2:  # it is to replace a model that is there
            subprocess.run(["cp", "-r", str(folder / "old" / "mine"), str(models_dir)], check=True)
        begun = time.monotonic()
        child = fork(*FLAGS, "--models-dir", str(models_dir))
        late = kill % 5 == 4  # the end, from the weights on, is short and would hardly ever be hit
        end = begun + chance.uniform(0, (0.5 if late else 1.05) * life)
        while time.monotonic() < end:
            problems += read_all(models_dir)
            looks += 1
            if kill % 2 and not (models_dir / "mine").exists() and not (models_dir / "mine").exists():
                fell["a glance at no model"] += 1
        if late:
            while not (run / "weights.safetensors").exists() and time.monotonic() < begun + 5 * life:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        code = finish(child)
        problems += read_all(models_dir)
        looks += 1
        if code == 0 or (not run.is_dir() and (models_dir / "mine" / "run.json").exists()):
            fell["finished before"] += 1
        elif not (run / "run.json").exists():
            fell["not begun"] += 1
        elif (run / "weights.safetensors").exists():
            fell["while it was put in its place"] += 1
        else:
            fell["in training" if (run / "checkpoint.safetensors").exists() else "before the first checkpoint"] += 1
        if run.is_dir():
            code = finish(fork("--resume", "mine", "--replace", "--models-dir", str(models_dir)))
        elif not (models_dir / "mine").is_dir() or unlike(models_dir):
            code = finish(fork(*FLAGS, "--models-dir", str(models_dir)))
        else:
            code = 0
        if code or (wrong := unlike(models_dir)):
            problems.append(f"kill {kill}: exit code {code}, other {wrong or '?'}")
        else:
            resumed += 1
        problems += read_all(models_dir)
        subprocess.run(["rm", "-rf", str(models_dir)], check=True)
    trainings = sum(count for where, count in fell.items() if where != "a glance at no model")
    said = {"seconds of a training": round(life, 2), "trainings": trainings, "looks": looks, **fell}
    print(json.dumps(said | {"trained on to the same weights and history": resumed, "problems": problems}))


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
