"""Train a digit classifier: flags → recipe → training → a model folder.

python train.py --recipe quick --name my-quick
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import fields, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_core import machine
from mnist_core.data.data_sets import DATA_SETS, MNIST, DataSet
from mnist_core.data.loading import find_data_dir, is_here, load
from mnist_core.errors import (
    BadName,
    DataError,
    Diverged,
    MnistExplorerError,
    NotEvaluated,
    RecipeError,
    RunError,
    TrainingError,
)
from mnist_core.evaluation.spread import summarise
from mnist_core.recipe import FORMER_NAMES, MAX_SEEDS, PRESETS, Recipe, SeedGroup, expected, preset, preset_claim
from mnist_core.settings import read_settings
from mnist_core.store import training_lock
from mnist_core.store.bin import KEPT
from mnist_core.store.changes import sweep_models
from mnist_core.store.drawings import describe_left_out, read_drawings_file
from mnist_core.store.history import Entry, RateChange, Step, tensorboard_log
from mnist_core.store.layout import BIN
from mnist_core.store.models import check_form, check_name, load_evaluation
from mnist_core.store.runs import (
    Run,
    State,
    create_run,
    find_resumable_run,
    free_name,
    reopen_run,
    resume_command,
    run_folder,
)
from mnist_core.store.teaching import describe_drawings
from mnist_core.training import worker
from mnist_core.training.devices import choose_device
from mnist_core.training.lesson import (
    check_lesson,
    describe_risk,
    find_start,
    pack_lesson,
    read_lesson,
    taught_name,
    teachable,
    teaching_recipe,
)
from mnist_core.training.material import is_at_hand
from mnist_core.training.ranks import Place, check_place, find_place
from mnist_core.training.seeds import begin_runs, find_members, free_group_name, is_group, make_group, resume_group
from mnist_core.training.teachers import check_teachers

if TYPE_CHECKING:
    from mnist_core.training.distributed import ProcessGroup

STOPPED = 130  # the exit code of a command ended by Ctrl-C
TELL_EVERY = 1.0  # seconds; the history has more
THREADS = {"low": 1, "high": 256}
SEEDS = {"low": 1, "high": MAX_SEEDS}
MAX_BAD_LINES = 20  # of a file of drawings, that are said one by one
MINUTES = {"low": 0.1, "high": 100_000}

EPILOG = f"""\
A finished model is replaced only with --replace, once the new one is complete, and is then in the bin for {KEPT.days}
days: the app's Train page brings it back. One training runs at a time on a machine; that page shows this one, too.
Ctrl-C stops it and keeps what it has learnt; --resume goes on from there, as if it had not been stopped.

examples:
  python train.py --recipe quick --name my-quick
  python train.py --recipe classic --name slow-start --learning-rate 0.0001 --epochs 20
  python train.py --resume slow-start
  python train.py --recipe quick --seeds 5
  python train.py --from classic --drawings drawings/drawings.jsonl
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0 done, 1 could not be done, 2 wrong flags, 130 stopped."""
    hush_followers()
    parser = make_parser()
    options = parser.parse_args(arguments)
    turned = {setting.name: vars(options)[setting.name] for setting in fields(Recipe)}
    settings = {name: value for name, value in turned.items() if value is not None}
    check_flags(parser, options, is_changed=bool(settings))
    try:
        recipe = preset(options.recipe or "classic", **settings)
        name = choose_name(options)
    except RecipeError as error:
        parser.error(f"argument --{error.field.replace('_', '-')}: {error.problem}")
    except BadName as error:
        flag = "resume" if options.resume else "from" if options.start and not options.name else "name"
        parser.error(f"argument --{flag}: {error}")
    try:
        place = find_place()
        check_means(options, recipe, place)
        if place.rank:
            return 0 if worker.follow(place, options.data_dir) else 1
        if options.fetch_only:
            fetch(DATA_SETS.get(recipe.data, MNIST), options.data_dir)
            return 0
        log = make_log(name, options)
        sweep_models(options.models_dir)
        with join(place) as processes, training_lock.hold(name, options.models_dir):
            if options.seeds is not None:
                return train_group(begin_group(name, recipe, options), options)
            if options.resume and is_group(name, options.models_dir):
                return train_group(resume_group(name, options.models_dir), options)
            run = resume(name, options, place) if options.resume else begin_run(name, recipe, options)
            return train(run, options.data_dir, log, minutes=options.minutes, processes=processes)
    except MnistExplorerError as error:
        refuse(error, options.data_dir)
        return 1
    except KeyboardInterrupt:
        print("\ntrain.py: interrupted; what was saved before is kept.", file=sys.stderr)
        return STOPPED


def check_flags(parser: argparse.ArgumentParser, options: argparse.Namespace, *, is_changed: bool) -> None:
    """End the command where flags do not go together, settings (`is_changed`) among them, or one is out of range."""
    if options.resume is not None and (
        is_changed or options.recipe or options.name or options.restart or options.threads
    ):
        parser.error(
            "argument --resume: goes on as the training began; only the places can be given with it, and --replace"
        )
    if (options.start is None) != (options.drawings is None):
        parser.error("argument --from: goes with --drawings, and --drawings with --from")
    if options.start is not None and (is_changed or options.recipe or options.resume is not None):
        parser.error("argument --from: teaches by a recipe of its own; neither --resume nor settings go with it")
    if options.seeds is not None and (options.start is not None or options.resume is not None):
        parser.error("argument --seeds: goes with neither --from nor --resume, which takes the name of a group, too")
    if options.seeds is not None and (options.restart or options.replace):
        parser.error("argument --seeds: a group takes no other's place; give it another --name")
    if options.threads is not None and not THREADS["low"] <= options.threads <= THREADS["high"]:
        parser.error(f"argument --threads: found {options.threads}, expected {expected(int, THREADS)}")
    if options.seeds is not None and not SEEDS["low"] <= options.seeds <= SEEDS["high"]:
        parser.error(f"argument --seeds: found {options.seeds}, expected {expected(int, SEEDS)}")
    if options.minutes is not None and not MINUTES["low"] <= options.minutes <= MINUTES["high"]:
        parser.error(f"argument --minutes: found {options.minutes:g}, expected {expected(float, MINUTES)}")


def begin_group(name: str, recipe: Recipe, options: argparse.Namespace) -> Iterator[Run]:
    """Return the runs of a new group, each made when its turn comes; raises as `make_group` does."""
    group = make_group(name, recipe, options.seeds, options.models_dir)

    def begin(seed: int, name: str) -> Run:
        return begin_run(name, replace(recipe, seed=seed), options, group)

    return begin_runs(group, options.models_dir, begin)


def train_group(runs: Iterator[Run], options: argparse.Namespace) -> int:
    """Carry out the runs of a group, one after another; one that diverges does not keep the others from it."""
    end = time.monotonic() + options.minutes * 60 if options.minutes is not None else None
    group, code = None, 0
    for run in runs:
        assert run.group
        group = run.group
        left = None if end is None else max(0.0, (end - time.monotonic()) / 60)
        try:
            code = max(code, train(run, options.data_dir, make_log(run.name, options), minutes=left))
        except Diverged as error:
            refuse(error, options.data_dir)
            code = 1
        if code == STOPPED:
            say(f"The group goes on with: {resume_command(group.name, options.models_dir)}")
            return code
    if group:
        say(describe_group(group, options.models_dir))
    return code


def make_log(name: str, options: argparse.Namespace) -> Callable[[Entry], None] | None:
    """Return what logs for TensorBoard, where that is asked for."""
    return tensorboard_log(run_folder(name, options.models_dir) / "tensorboard") if options.tensorboard else None


def describe_group(group: SeedGroup, models_dir: Path) -> str:
    """Say what the models of a group reach on the test digits: mean, standard deviation and their number."""
    names = [run.name for run in find_members(group.name, models_dir).values() if run.state is State.FINISHED]
    accuracies = []
    for name in names:
        with suppress(NotEvaluated):
            accuracies.append(load_evaluation(name, models_dir).accuracy)
    return f"{group.name}: test accuracy {summarise(accuracies)}" if accuracies else f"{group.name}: none is evaluated"


def begin_run(name: str, recipe: Recipe, options: argparse.Namespace, group: SeedGroup | None = None) -> Run:
    """Make a new run: of a recipe, or one that teaches a model; raises `MnistExplorerError` where that cannot be."""
    if options.start is not None:
        return create_teaching(name, options)
    check_teachers(recipe, options.models_dir)
    return create_run(
        name,
        options.recipe or "classic",
        recipe,
        options.models_dir,
        threads=options.threads,
        restart=options.restart,
        replace_model=options.replace,
        by_visitor=options.by_visitor,
        snapshots=options.snapshots,
        group=group,
        device=options.device or "auto",
    )


def join(place: Place) -> AbstractContextManager[ProcessGroup | None]:
    """Find the other processes of a training; one that is alone need not wait for torch."""
    if place.count == 1:
        return nullcontext()
    from mnist_core.training import distributed

    return distributed.join(place)


def hush_followers() -> None:
    """Let none but rank 0 speak where several processes train together."""
    if os.environ.get("RANK", "0") != "0":
        sys.stdout = sys.stderr = StringIO()


def check_means(options: argparse.Namespace, recipe: Recipe, place: Place) -> None:
    """Raise `TrainingError` where the device is not here, or so many processes cannot train."""
    if options.device not in (None, "auto", "cpu"):  # which takes torch, for a second
        choose_device(options.device)
    if not options.resume:
        check_place(place, recipe, options.threads, is_lesson=options.start is not None)
    if place.count > 1 and (
        options.seeds is not None or (options.resume and is_group(options.resume, options.models_dir))
    ):
        raise TrainingError("Several seeds are trained by one process, one after another. Start it without torchrun.")


def resume(name: str, options: argparse.Namespace, place: Place) -> Run:
    """Reopen a run, if so many processes can go on with it; raises `TrainingError`."""
    there = find_resumable_run(name, options.models_dir, replace_model=options.replace)
    check_place(place, there.recipe, there.threads, is_lesson=there.started_from != "")
    return reopen_run(name, options.models_dir, replace_model=options.replace, device=options.device)


def create_teaching(name: str, options: argparse.Namespace) -> Run:
    """Make the run that teaches a model the drawings of a file; says which lines of it are no drawings.

    Raises `KeptDrawingsError` and `TrainingError`.
    """
    found = read_drawings_file(options.drawings)
    if found.bad:
        say(f"{options.drawings.name}: {len(found.bad):,} of its lines are no drawings and are left out.")
    for line in found.bad[:MAX_BAD_LINES]:
        say(f"  line {line.number} {line.reason}")
    if len(found.bad) > MAX_BAD_LINES:
        say(f"  and {len(found.bad) - MAX_BAD_LINES:,} more")
    check_lesson(found.kept)
    card, _ = find_start(options.start, options.models_dir)
    drawings = teachable(found.kept, card.classes)
    if left_out := describe_left_out(found.kept, card.classes):
        say(left_out)
    card, files = pack_lesson(options.start, drawings, options.models_dir)
    if risk := describe_risk(drawings, card.classes):
        say(risk)
    return create_run(
        name,
        card.preset,
        teaching_recipe(card.recipe, has_data=is_at_hand(card.recipe, options.data_dir)),
        options.models_dir,
        threads=options.threads,
        restart=options.restart,
        replace_model=options.replace,
        by_visitor=options.by_visitor,
        started_from=options.start,
        drawings=len(drawings),
        snapshots=options.snapshots,
        device=options.device or "auto",
        files=files,
    )


def refuse(error: MnistExplorerError, data_dir: Path | None) -> None:
    """Print why something could not be done; the last line is what a page repeats, so it names no place."""
    if isinstance(error, DataError):
        print(f"The data folder is {find_data_dir(data_dir)}.", file=sys.stderr)
    print(f"train.py: {error}", file=sys.stderr)


def make_parser() -> argparse.ArgumentParser:
    """Describe the flags; those of the recipe come from its settings."""
    parser = argparse.ArgumentParser(
        description="Train a digit classifier on MNIST, or on synthetic digits; evaluate it once on MNIST's test "
        "digits and save it.\n\nrecipes:\n" + "\n".join(f"  {name:<10} {preset_claim(name)}" for name in PRESETS),
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--recipe", choices=list(PRESETS), metavar="NAME", help="preset to start from (default: classic)"
    )
    parser.add_argument(
        "--name",
        metavar="MODEL_NAME",
        help="name of the model (default: the recipe's, or MODEL_NAME-mine, numbered where it is in use)",
    )
    parser.add_argument(
        "--from",
        dest="start",
        metavar="MODEL_NAME",
        help="teach a finished model the drawings of a file; the result is a model of its own",
    )
    parser.add_argument(
        "--drawings",
        type=Path,
        metavar="FILE",
        help="drawings to teach, one JSON object a line, each with its strokes and its label",
    )
    # Said by a page for several people.
    parser.add_argument("--by-visitor", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--resume", metavar="MODEL_NAME", help="go on with a training, or a group, that was stopped or interrupted"
    )
    parser.add_argument(
        "--seeds",
        type=_reader(int, SEEDS),
        metavar="N",
        help="train a group of so many, one after another, from the recipe's seed on: NAME-0, NAME-1 and so on; "
        f"{expected(int, SEEDS)}",
    )
    parser.add_argument(
        "--restart",
        action="store_true",
        help="put a training of that name that could be resumed into the bin, and begin anew",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="put a finished model of that name into the bin once this one is finished",
    )
    group = parser.add_argument_group("recipe", "each changes one setting of the preset; in brackets what classic has")
    former_names = {name: former for former, name in FORMER_NAMES.items()}
    for setting in fields(Recipe):
        reader = _reader(type(setting.default), setting.metadata)
        group.add_argument(
            f"--{setting.name.replace('_', '-')}",
            type=reader,
            metavar={int: "N", float: "X"}.get(type(setting.default), "NAME"),
            help=f"{setting.metadata['help']}: {expected(type(setting.default), setting.metadata)} "
            f"({setting.default if setting.default != '' else 'none'})",
        )
        if former := former_names.get(setting.name):
            flag = f"--{former.replace('_', '-')}"
            group.add_argument(flag, dest=setting.name, type=reader, help=argparse.SUPPRESS)
    places = parser.add_argument_group("places and means")
    places.add_argument(
        "--models-dir",
        type=Path,
        default=read_settings().models_dir,
        metavar="DIR",
        help="default: MNIST_MODELS, else models/",
    )
    places.add_argument("--data-dir", type=Path, metavar="DIR", help="default: MNIST_DATA, else data/")
    places.add_argument(
        "--fetch-only", action="store_true", help="fetch the digits (11 MB), or what --data names, and stop"
    )
    places.add_argument(
        "--threads",
        type=_reader(int, THREADS),
        metavar="N",
        help=f"processors to use: {expected(int, THREADS)} (default: all, {machine.count_processors()} here)",
    )
    places.add_argument(
        "--device",
        choices=machine.DEVICES,
        metavar="NAME",
        help=f"what to compute on: one of {', '.join(machine.DEVICES)} (default: auto, an accelerator where there is "
        "one; with --resume where it began)",
    )
    places.add_argument(
        "--minutes",
        type=_reader(float, MINUTES),
        metavar="X",
        help="stop after so many minutes and keep what was learnt (default: at the end)",
    )
    places.add_argument(
        "--no-snapshots",
        dest="snapshots",
        action="store_false",
        help="do not keep the network at some moments of its training, 1.5 MB at most, for the app's time machine",
    )
    places.add_argument(
        "--tensorboard", action="store_true", help="log for TensorBoard too, in the model's folder (needs tensorboard)"
    )
    return parser


def choose_name(options: argparse.Namespace) -> str:
    """Return the name of the run: the one given, else the recipe's or that of what is taught, numbered where in use.

    Who asks for a restart or a replacement means what is there. Raises `BadName`.
    """
    given: str | None = options.name if options.resume is None else options.resume
    if given is not None:
        return check_form(given) if options.resume else check_name(given)
    start: str | None = options.start
    wish: str = taught_name(check_form(start)) if start is not None else options.recipe or "classic"
    if options.seeds is not None:
        return free_group_name(f"{wish}-seeds", options.models_dir)
    return wish if options.restart or options.replace else free_name(wish, options.models_dir)


def fetch(data_set: DataSet, data_dir: Path | None) -> None:
    """Make sure that a data set is on this machine; ended by SIGTERM, it leaves nothing half done."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(STOPPED))
    try:
        if not is_here(data_set, data_dir):
            say(f"Fetching the {data_set.things} ({data_set.download_size // 10**6} MB)")
        load(data_set, "train", data_dir)
        load(data_set, "test", data_dir)
    finally:
        signal.signal(signal.SIGTERM, before)
    say(f"The {data_set.things} are in {find_data_dir(data_dir)}.")


def train(
    run: Run,
    data_dir: Path | None,
    log: Callable[[Entry], None] | None = None,
    *,
    minutes: float | None = None,
    processes: ProcessGroup | None = None,
) -> int:
    """Carry a run out, telling how it goes."""
    told = 0.0

    def tell(entry: Entry) -> None:
        nonlocal told
        if log:
            log(entry)
        is_last = isinstance(entry, Step) and entry.step == entry.steps
        if not isinstance(entry, Step) or entry.seconds - told >= TELL_EVERY or is_last:
            told = entry.seconds
            say(describe(entry))

    replaces = (run.models_dir / run.name).exists()
    say(f"{run.name}: {describe_material(run)}, {run.recipe.epochs} epochs, {run.threads} threads")
    if not worker.carry_out(run, data_dir, tell, minutes=minutes, processes=processes):
        kept = "what it learnt is kept" if run.has_checkpoint else "it had not begun to learn"
        say(f"Stopped; {kept}. Go on with: {resume_command(run.name, run.models_dir)}")
        return 0 if processes else STOPPED  # torchrun takes any other code for a failure
    if replaces:
        place = f"in the bin, {run.models_dir / BIN}, for {KEPT.days} days"
        say(f"The model that had the name is {place}; the app's Train page brings it back.")
    try:
        evaluation = load_evaluation(run.name, run.models_dir)
    except NotEvaluated:
        say(f"Saved in {run.models_dir / run.name}; not evaluated, for the MNIST digits are not here.")
        return 0
    low, high = evaluation.interval
    say(
        f"test accuracy {evaluation.accuracy:.2%} ({low:.2%} to {high:.2%}), "
        f"{evaluation.seen - evaluation.correct} of {evaluation.seen:,} wrong; saved in {run.models_dir / run.name}"
    )
    return 0


def describe_material(run: Run) -> str:
    """Say by which recipe a run learns, or from which drawings; where these are damaged it will end with that."""
    with suppress(RunError):
        if lesson := read_lesson(run):
            return f"{run.started_from} taught {describe_drawings(len(lesson.learnt), len(lesson.held_out))}"
    return f"recipe {run.preset}"


def say(line: str) -> None:
    """Print a line; once nobody listens any more, as after `| head -1`, all that follows is said to nobody."""
    try:
        print(line, flush=True)
    except BrokenPipeError:  # else Python, which flushes at its end, would fail there: see SIGPIPE in `signal`'s manual
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def describe(entry: Entry) -> str:
    """Say one entry of the history in a line."""
    if isinstance(entry, Step):
        left = entry.seconds / entry.step * (entry.steps - entry.step)
        return f"  step {entry.step:>6,} of {entry.steps:,}  loss {entry.loss:.4f}  {left:4.0f} s left"
    if isinstance(entry, RateChange):
        return f"  after step {entry.step:,} the learning rate is {entry.factor:g} times the recipe's"
    line = f"epoch {entry.epoch} of {entry.epochs}  training accuracy {entry.training_accuracy:.2%}"
    if entry.validation_accuracy is not None:
        line += f"  validation accuracy {entry.validation_accuracy:.2%}  loss {entry.validation_loss:.4f}"
    return f"{line}  {entry.seconds:.1f} s"


def _reader(kind: type, metadata: Any) -> Any:
    def read(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"found {text!r}, expected {expected(kind, metadata)}") from None

    return read


if __name__ == "__main__":
    machine.let_others_go_first()
    machine.collect_garbage_rarely()
    machine.keep_freed_memory()
    code = main()
    sys.stdout.flush()
    os._exit(code)  # all is written; Python would take apart what torch has brought, for more than half a second
