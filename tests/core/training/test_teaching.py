"""Teaching a finished model a person's drawings: the lesson, the command, stopped and resumed, and its refusals."""

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import count
from zipfile import ZipFile

import numpy as np
import pytest
import torch

import train
from mnist_core.alphabets import CHARACTERS, CLOTHES, DIGITS
from mnist_core.data.mnist import NOT_A_DIGIT
from mnist_core.errors import BadName, NotAllowed, RunError, TrainingError
from mnist_core.evaluation import test_sets
from mnist_core.recipe import PRESETS, preset
from mnist_core.rights import VARIABLE
from mnist_core.store.drawings import NO_DIGIT, add_drawings, as_digits, keep_pixels, keep_strokes, read_drawings_file
from mnist_core.store.layout import LESSON, START_WEIGHTS
from mnist_core.store.models import load_model
from mnist_core.store.runs import State, find_run, finished_run, list_runs
from mnist_core.store.teaching import load_teaching
from mnist_core.store.zip_archive import zip_model
from mnist_core.synthetic.beside import written_beside
from mnist_core.synthetic.digit_styles import STYLES
from mnist_core.synthetic.generate import PEN_WIDTH, draw, non_digits
from mnist_core.training import launcher, lesson, material, worker
from mnist_core.training.lesson import describe_risk, split_lesson, taught_name, teaching_recipe, write_variants
from tests.support.alphabets import in_a_line, save_characters, save_model
from tests.support.trainings import MODEL

START = [
    *("--recipe", "mlp-plus", "--epochs", 1, "--batch-size", 50, "--validation-size", 100, "--affine", 1),
    *("--ema-decay", 0.9, "--threads", 1, "--name", "start"),
]
WRITTEN = 25 + 83 + 3 * 19  # looks before the first step: synthetic digits, what is none, and the drawings anew


def write(label, number):
    """A drawing of a digit, another one for another number."""
    styles = [style for style in STYLES if style.digit == label]
    return keep_strokes(draw(styles[0], np.random.default_rng(number)), PEN_WIDTH, str(label))


@pytest.fixture(scope="module")
def drawings():
    """24 drawings with strokes, of all digits, and one of pixels that is none."""
    return [*(write(number % 10, number) for number in range(24)), keep_pixels(np.eye(28, dtype=np.float32), NO_DIGIT)]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@contextmanager
def made_small(made_digits):
    """Made digits in the place of MNIST, and few of all that is written, so that it takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (material, test_sets):
            patch.setattr(module, "load", lambda *_, **__: made_digits)
            patch.setattr(module, "is_here", lambda *_: True)
        patch.setattr("mnist_core.training.final_evaluation.DISPUTED_TEST_LABELS", ())
        patch.setattr(lesson, "VARIANTS", 4)
        patch.setattr(worker, "WRITTEN", 40)
        yield patch


@pytest.fixture
def small(made_digits):
    with made_small(made_digits) as patch:
        yield patch


@pytest.fixture(scope="module")
def started(made_digits, drawings, tmp_path_factory):
    """A folder of models with one to teach from, one that it was taught, and a file of drawings."""
    folder = tmp_path_factory.mktemp("started")
    (folder / "mine.jsonl").write_bytes(b"".join(drawing.to_line() for drawing in drawings))
    with made_small(made_digits):
        assert run(*START, "--models-dir", folder / "models") == 0
        assert teach(folder) == 0
    return folder


@pytest.fixture
def folder(started, tmp_path):
    """The same, but for what was taught."""
    shutil.copytree(started / "models" / "start", tmp_path / "models" / "start")
    shutil.copy(started / "mine.jsonl", tmp_path)
    return tmp_path


def run(*flags):
    return train.main([*map(str, flags)])


def teach(folder, *flags):
    file = folder / "mine.jsonl"
    return run("--from", "start", "--drawings", file, "--threads", 1, "--models-dir", folder / "models", *flags)


def weights(folder, name="start-mine"):
    return load_model(name, folder / "models").card.weights_sha256


# ---------------------------------------------------------------------------------------------------- the lesson


def test_of_fewer_than_twenty_drawings_all_are_learnt(drawings):
    assert split_lesson(drawings[:19], 0) == lesson.Lesson(tuple(drawings[:19]), ())


def test_one_drawing_in_five_is_held_out_of_every_label_alike_by_the_seed():
    given = [write(number % 2, number) for number in range(40)]
    split = split_lesson(given, 0)
    assert [drawing.label for drawing in split.held_out].count("0") == 4
    assert [drawing.label for drawing in split.held_out].count("1") == 4
    assert sorted([*split.learnt, *split.held_out], key=given.index) == given
    assert split == split_lesson(given, 0)
    assert split != split_lesson(given, 1)


def test_the_only_drawing_of_a_label_is_always_learnt():
    given = [write(0, number) for number in range(19)] + [write(digit, 0) for digit in range(1, 10)]
    for seed in range(20):
        assert {drawing.label for drawing in split_lesson(given, seed).learnt} == set("0123456789")


def test_each_drawing_is_written_in_fifty_ways_the_first_as_it_is_and_the_others_all_different(drawings):
    given = [drawings[4], drawings[-1]]
    varied = write_variants(given, 0)
    assert varied.labels.tolist() == [4] * 50 + [NOT_A_DIGIT] * 50
    images = varied.images.reshape(2, 50, 28, 28)
    assert np.array_equal(images[:, 0], as_digits(given).images)
    assert len({image.tobytes() for image in varied.images}) == 100
    ink = images.reshape(100, -1).sum(1) / 255
    assert (ink > 15).all()
    assert np.array_equal(write_variants(given, 0).images, varied.images)
    assert not np.array_equal(write_variants(given, 1).images, varied.images)


def test_of_many_drawings_each_is_written_less_often_and_at_least_once():
    assert [lesson.count_variants(count) for count in (1, 60, 100, 3000, 10_000)] == [50, 50, 30, 1, 1]


def test_a_lesson_is_the_drawings_with_replayed_digits_and_what_is_none(made_digits, drawings, monkeypatch):
    monkeypatch.setattr(lesson, "REPLAYED", {"classic": 200})
    monkeypatch.setattr(lesson, "SYNTHETIC", 20)
    monkeypatch.setattr(lesson, "NO_DIGITS", 60)
    recipe = teaching_recipe(preset("classic"), has_data=True)
    written = []
    given = lesson.write_lesson(drawings[:2], made_digits, recipe, before_each=lambda: written.append(1))
    none, synthetic = 60, 20
    assert len(given) == 200 + synthetic + none + 100
    assert (given.labels == NOT_A_DIGIT).sum() == none
    assert len(written) == synthetic + none + 98  # each drawing is there as it is
    beside = lesson.write_lesson(drawings[:2], made_digits, recipe, written_none=partial(non_digits, none, recipe.seed))
    assert np.array_equal(given.images, beside.images)
    assert np.array_equal(given.labels, beside.labels)
    replayed = {image.tobytes() for image in given.images[:200]}
    assert len(replayed) == 200
    assert replayed < {image.tobytes() for image in made_digits.images}


@pytest.mark.parametrize("name", PRESETS)
def test_every_network_is_taught_by_a_recipe_of_its_own_and_again_by_the_same(name):
    recipe = teaching_recipe(preset(name, seed=3), has_data=True)
    assert (recipe.network, recipe.seed, recipe.data) == (preset(name).network, 3, preset(name).data)
    assert recipe.ood_share > 0  # or `NOT_A_DIGIT` could not be learnt
    assert teaching_recipe(recipe, has_data=True) == recipe


def test_without_mnist_synthetic_digits_are_replayed():
    recipe = teaching_recipe(preset("classic"), has_data=False)
    assert (recipe.data, recipe.validation_size) == ("synthetic", 1000)


def test_what_is_taught_from_is_in_the_name_once():
    assert [taught_name(name) for name in ("quick", "quick-mine", "quick-mine-12")] == ["quick-mine"] * 3
    assert len(taught_name("a" * 64)) == 64


def test_drawings_of_one_label_alone_are_no_reason_to_refuse_but_it_is_said(drawings):
    assert describe_risk(drawings) == ""
    assert describe_risk([write(1, 0), write(1, 1)]).startswith("Each of these drawings is a 1: the model may come to")
    assert describe_risk([write(8, 0)]).startswith("Each of these drawings is an 8:")
    assert describe_risk(drawings[-1:]).startswith("Each of these drawings is no digit:")


# -------------------------------------------------------------------------------------------------- the command


def test_a_taught_model_says_from_what_and_what_it_changed(started, drawings):
    models_dir = started / "models"
    card = load_model("start-mine", models_dir).card
    assert (card.started_from, card.drawings, card.held_out, card.preset) == ("start", 25, 5, "mlp-plus")
    assert card.trained_on == 500 + 25 + 4 * 19  # of the 20 that are learnt one is no digit
    assert card.command("again") == "python train.py --from start --drawings drawings/drawings.jsonl --name again"
    assert finished_run(card, models_dir).started_from == "start"
    assert {path.name for path in (models_dir / "start-mine").iterdir()} == MODEL | {"teaching.json"}

    teaching = load_teaching("start-mine", models_dir)
    assert teaching.start == "start"
    assert {drawing.id: drawing.label for drawing in teaching.drawings} == {
        each.id: NOT_A_DIGIT if each.label == NO_DIGIT else int(each.label) for each in drawings
    }
    assert [drawing.held_out for drawing in teaching.drawings] == [False] * 20 + [True] * 5
    assert {drawing.before.model for drawing in teaching.drawings} == {"start"}
    assert {drawing.after.model for drawing in teaching.drawings} == {"start-mine"}
    assert teaching.mnist.seen == 600
    assert (teaching.synthetic.seen, teaching.letters.seen) == (40, 40)
    assert load_teaching("start", models_dir) is None


def test_with_two_processors_another_process_writes_what_hangs_on_no_network(started, folder, small, capsys):
    received = []

    @contextmanager
    def noted(*given, processors):
        with written_beside(*given, processors=processors) as written:
            yield lambda: received.append(written()) or received[-1]

    small.setattr(worker, "written_beside", noted)
    assert teach(folder, "--threads", 2) == 0
    none, questions = received
    assert none.labels.tolist() == [NOT_A_DIGIT] * 83
    assert (questions.labels == NOT_A_DIGIT).tolist() == [False] * 40 + [True] * 40
    assert "start-mine: start taught 20 drawings (5 more held out), 3 epochs, 2 threads" in capsys.readouterr().out
    there, then = (load_teaching("start-mine", place / "models") for place in (folder, started))
    for which in ("synthetic", "letters"):
        assert getattr(there, which).seen == 40
        assert getattr(there, which).before == getattr(then, which).before


def test_nothing_of_the_drawings_stays_with_the_model(started):
    for path in (started / "models" / "start-mine").iterdir():
        assert b"strokes" not in path.read_bytes()
    assert "start-mine" not in [path.name for path in (started / "models" / ".runs").iterdir()]
    with ZipFile(BytesIO(zip_model("start-mine", started / "models"))) as file:
        assert {name.split("/")[-1] for name in file.namelist()} == MODEL


@pytest.mark.parametrize("moment", [1, 10])
@pytest.mark.usefixtures("small")
def test_a_stopped_teaching_goes_on_to_the_same_model_though_model_and_drawings_are_gone(started, folder, moment):
    looks = count(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "is_asked_to_stop", lambda _: next(looks) == moment + WRITTEN)
        assert teach(folder) == 130
    stopped = find_run("start-mine", folder / "models")
    assert (stopped.state, stopped.started_from, stopped.drawings) == (State.STOPPED, "start", 25)
    shutil.rmtree(folder / "models" / "start")
    (folder / "mine.jsonl").unlink()
    assert run("--resume", "start-mine", "--models-dir", folder / "models") == 0
    assert weights(folder) == weights(started)
    there, then = (load_teaching("start-mine", place / "models") for place in (folder, started))
    assert there == then


@pytest.mark.usefixtures("small")
def test_stopped_before_its_first_step_it_begins_from_the_model_all_the_same(started, folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "is_asked_to_stop", lambda _: True)
        assert teach(folder) == 130
    assert run("--resume", "start-mine", "--models-dir", folder / "models") == 0
    assert weights(folder) == weights(started)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("file", [LESSON, START_WEIGHTS])
def test_a_run_whose_copies_are_damaged_does_not_go_on(folder, capsys, file):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "is_asked_to_stop", lambda _: True)
        assert teach(folder) == 130
    (stopped,) = [each for each in list_runs(folder / "models") if each.name == "start-mine"]
    content = (stopped.folder / file).read_bytes()
    (stopped.folder / file).write_bytes(content[: len(content) // 2])
    assert run("--resume", "start-mine", "--models-dir", folder / "models") == 1
    assert "What 'start-mine' began from is damaged. Begin it anew" in capsys.readouterr().err
    (stopped.folder / file).unlink()
    with pytest.raises(RunError):
        worker.carry_out(find_run("start-mine", folder / "models"), None, print)


@pytest.mark.usefixtures("small")
def test_taught_again_it_gets_a_number_and_the_start_stays_as_it_is(folder):
    before = {path.name: path.read_bytes() for path in (folder / "models" / "start").iterdir()}
    shutil.copytree(folder / "models" / "start", folder / "models" / "start-mine")  # whatever has the name
    assert teach(folder) == 0
    assert load_model("start-mine-2", folder / "models").card.started_from == "start"
    assert {path.name: path.read_bytes() for path in (folder / "models" / "start").iterdir()} == before


def test_the_lines_that_are_no_drawings_are_counted_and_said_and_the_others_learnt(folder, small, capsys):
    with (folder / "mine.jsonl").open("ab") as file:
        file.write(b'no JSON\n{"label": "", "strokes": [[[0, 0], [1, 1]]]}\n{"label": "3"}\n' + b"x\n" * 20)
    small.setattr(worker, "is_asked_to_stop", lambda _: True)
    assert teach(folder) == 130
    told = capsys.readouterr().out
    assert "mine.jsonl: 23 of its lines are no drawings and are left out.\n  line 26 is not JSON\n" in told
    assert "  line 27 has the label ''" in told
    assert "  line 28 has neither strokes nor the pixels of a digit\n" in told
    assert "  and 3 more\n" in told
    assert find_run("start-mine", folder / "models").drawings == 25


def test_an_older_record_of_a_run_is_read(folder, small):
    small.setattr(worker, "is_asked_to_stop", lambda _: True)
    teach(folder)
    record = find_run("start-mine", folder / "models").folder / "run.json"
    values = json.loads(record.read_text())
    del values["started_from"], values["drawings"]
    record.write_text(json.dumps(values))
    assert find_run("start-mine", folder / "models").started_from == ""


# ------------------------------------------------------------------------------------------------- the refusals


@pytest.mark.parametrize("content", [b"", b"no drawing\n"])
def test_nothing_is_taught_from_no_drawings(folder, capsys, content):
    (folder / "mine.jsonl").write_bytes(content)
    assert teach(folder) == 1
    told = capsys.readouterr().err
    assert told == "train.py: There are no drawings to learn from. Keep some first, each with what it is.\n"
    assert not (folder / "models" / ".runs" / "start-mine").exists()


def test_drawings_that_could_not_be_read_again_are_not_taken(folder, drawings, monkeypatch):
    monkeypatch.setattr(lesson, "MAX_BYTES", 1000)
    with pytest.raises(TrainingError, match=r"^The drawings take over 1,000 bytes. Choose fewer of them.$"):
        lesson.pack_lesson("start", drawings, folder / "models")


def test_nothing_is_taught_from_a_file_that_is_not_there_or_a_model_that_is_not_there_or_damaged(folder, capsys):
    shutil.rmtree(folder / "models" / "start")
    assert teach(folder) == 1
    assert "Nothing can be taught. There is no model called 'start'. Available: none." in capsys.readouterr().err
    (folder / "models" / "start").mkdir(parents=True)
    assert teach(folder) == 1
    assert "Nothing can be taught. card.json in start cannot be read" in capsys.readouterr().err
    (folder / "mine.jsonl").unlink()
    assert teach(folder) == 1
    assert capsys.readouterr().err == "train.py: mine.jsonl cannot be read: No such file or directory.\n"


@pytest.mark.parametrize(
    "flags",
    [
        ("--from", "start"),
        ("--drawings", "mine.jsonl"),
        ("--from", "start", "--drawings", "mine.jsonl", "--epochs", 3),
        ("--from", "start", "--drawings", "mine.jsonl", "--recipe", "quick"),
        ("--from", "start", "--drawings", "mine.jsonl", "--resume", "start"),
        ("--from", "No name", "--drawings", "mine.jsonl"),
    ],
)
def test_flags_that_do_not_go_together_end_the_command(flags, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*flags)
    assert ended.value.code == 2
    assert "error: argument --" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------ from a page


@pytest.fixture
def launched(monkeypatch):
    """What a page's teaching would start: the flags, and the drawings that lie in the file then."""
    found = []

    def note(name, flags, *_):
        found.append((name, flags, read_drawings_file(train.Path(flags[flags.index("--drawings") + 1])).kept))

    monkeypatch.setattr(launcher, "_launch", note)
    return found


def press(folder, ids, name="mine", start="start"):
    launcher.launch_teaching(name, start, ids, folder / "models", folder / "drawings")


def test_a_page_teaches_the_chosen_drawings(folder, drawings, launched):
    add_drawings(drawings, folder / "drawings")
    press(folder, {drawings[3].id, drawings[1].id})
    ((name, flags, given),) = launched
    assert (name, flags[:2], flags[-2:]) == ("mine", ["--from", "start"], ["--name", "mine"])
    assert given == (drawings[1], drawings[3])
    assert not train.Path(flags[3]).exists()  # the run has its copy


def test_a_page_is_told_why_not_before_anything_begins(folder, drawings, launched, monkeypatch):
    add_drawings(drawings[:2], folder / "drawings")
    ids = {drawings[0].id}
    with pytest.raises(TrainingError, match="There are no drawings to learn from"):
        press(folder, set())
    with pytest.raises(TrainingError, match="There are no drawings to learn from"):
        press(folder, {drawings[5].id})
    with pytest.raises(TrainingError, match=r"^1 of the drawings is not there any more. Choose again.$"):
        press(folder, {drawings[0].id, drawings[5].id})
    with pytest.raises(TrainingError, match=r"^Nothing can be taught. There is no model called 'gone'"):
        press(folder, ids, start="gone")
    with pytest.raises(BadName, match="There is a training or a model called 'start' already"):
        press(folder, ids, name="start")
    for mode in ("class", "public"):
        monkeypatch.setenv(VARIABLE, mode)
        with pytest.raises(NotAllowed):
            press(folder, ids)
    assert launched == []


# ------------------------------------------------------------------------------------------------- other alphabets


@pytest.fixture
def characters(tmp_path):
    """A folder of models with one of characters, and a file of drawings; three are none of them, one may be."""
    card = save_characters(tmp_path / "models", "letters")
    card = replace(card, recipe=preset("characters", validation_size=94))
    (tmp_path / "models" / "letters" / "card.json").write_text(card.to_json())
    given = [keep_strokes(in_a_line([name], seed=number), PEN_WIDTH, name) for number in (1, 2) for name in "ABCab7"]
    given += [keep_strokes(in_a_line(["×"], seed=number), PEN_WIDTH, "×") for number in range(3)]
    given += [replace(given[0], label="not a digit", id="open")]
    (tmp_path / "mine.jsonl").write_bytes(b"".join(drawing.to_line() for drawing in given))
    return tmp_path


def test_a_model_of_characters_is_taught_with_its_own_material(characters, small, capsys):
    for module, name, value in (
        (test_sets, "OF_A_CLASS", 2),
        (lesson, "WRITTEN_CHARACTERS", 3),
        (lesson, "NO_DIGITS", 40),
        (worker, "WRITTEN", 30),
    ):
        small.setattr(module, name, value)
    small.setattr(material, "load", None)  # no data set is looked at
    small.setattr(test_sets, "is_here", lambda *_: False)
    shown = []

    def noted(*given, **more):
        shown.append(lesson.write_lesson(*given, **more))
        return shown[0]

    small.setattr(worker, "write_lesson", noted)
    models_dir = characters / "models"
    flags = ("--from", "letters", "--drawings", characters / "mine.jsonl", "--threads", 1, "--models-dir", models_dir)
    assert run(*flags) == 0
    told = capsys.readouterr().out
    assert "1 drawing is left out: what is labelled “not a digit” may be a character or not." in told
    card = load_model("letters-mine", models_dir).card
    assert (card.classes, card.recipe.data, card.drawings) == (CHARACTERS, "characters", 15)
    (learnt,) = shown
    counts = np.bincount(learnt.labels + 1, minlength=48)
    assert counts[0] == 40 + 3 * 4  # what is none, and the drawings of a sign, each in four ways
    assert counts.sum() == 47 * 3 + 40 + 15 * 4  # replayed characters are of all classes
    assert (counts[1:] > 0).sum() > 40
    assert counts[1 + CHARACTERS.index("A")] >= 2 * 4
    teaching = load_teaching("letters-mine", models_dir)
    assert (teaching.noun, teaching.test_set, teaching.mnist) == ("character", test_sets.WRITTEN_TEST.key, None)
    assert (teaching.synthetic.seen, teaching.letters.seen) == (94, 30)
    assert [drawing.label for drawing in teaching.drawings[:6]] == ["A", "B", "C", "a", "b", 7]
    assert [drawing.label for drawing in teaching.drawings[-3:]] == [NOT_A_DIGIT] * 3


def test_without_emnist_written_characters_are_replayed_and_else_itself():
    start = preset("accurate", data="emnist", synthetic=0.0)
    assert teaching_recipe(start, has_data=True).data == "emnist"
    written = teaching_recipe(start, has_data=False)
    assert (written.data, written.validation_size, written.synthetic) == ("characters", 1000, 0)
    assert teaching_recipe(written, has_data=True) == written


def test_a_letter_is_taught_to_a_model_of_digits_as_no_digit_and_what_looks_like_one_is_left_out():
    given = [keep_strokes(in_a_line([name]), PEN_WIDTH, name) for name in "7AO"]
    taught = lesson.teachable(given, DIGITS)
    assert taught == given[:2]
    assert as_digits(taught, DIGITS).labels.tolist() == [7, NOT_A_DIGIT]


def test_a_model_of_clothes_and_one_whose_recipe_has_other_classes_are_not_taught(characters, capsys):
    models_dir = characters / "models"
    save_model(models_dir, "clothes", CLOTHES)
    save_model(models_dir, "others", CHARACTERS)  # its recipe learns MNIST
    for name, reason in (("clothes", "'clothes' reads pictures"), ("others", "are not those of its recipe")):
        flags = ("--from", name, "--drawings", characters / "mine.jsonl", "--models-dir", models_dir)
        assert run(*flags) == 1
        assert reason in capsys.readouterr().err
        assert not (models_dir / ".runs" / f"{name}-mine").exists()


def test_drawings_of_one_class_alone_are_named():
    given = [keep_strokes(in_a_line(["A"]), PEN_WIDTH, label) for label in ("A", "c", "not a character", "x" * 20)]
    assert describe_risk(given[:1], CHARACTERS).startswith("Each of these drawings is an A: the model")
    assert describe_risk(given[1:2], CHARACTERS).startswith("Each of these drawings is a C: the model")
    assert describe_risk(given[2:], CHARACTERS).startswith("Each of these drawings is no character: the model")
