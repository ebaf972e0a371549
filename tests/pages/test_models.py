"""The Models page without a browser: what it says of each model, and what becomes of a zip."""

import json
import re
import shutil
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from mnist_core import rights
from mnist_core.alphabets import CHARACTERS, CLOTHES, DIGITS
from mnist_core.errors import DamagedModel
from mnist_core.evaluation import drawing_benchmark
from mnist_core.evaluation.drawing_benchmark import score_drawings, write_drawings
from mnist_core.evaluation.metrics import Comparison
from mnist_core.evaluation.test_sets import EMNIST_TEST, FASHION_TEST, WRITTEN_TEST
from mnist_core.model.card import card_from_json
from mnist_core.recipe import preset, training_command
from mnist_core.store import models
from mnist_core.store.models import list_models, load_evaluation, load_model
from mnist_core.store.onnx_export import to_onnx
from mnist_core.store.teaching import Change, Teaching, write_teaching
from mnist_core.store.zip_archive import open_archive, zip_model
from tests.support import paging
from tests.support.alphabets import FORGED, pretend_evaluation, save_model
from tests.support.models import add_zipped_model
from tests.support.paging import press, run
from tests.support.places import PROJECT
from ui.models import zip_upload
from ui.models.card_text import (
    describe_certainty,
    describe_classes,
    describe_ranking,
    describe_recipe,
    describe_temperature,
    describe_training,
    format_bytes,
    format_day,
)
from ui.services import catalogue, drawing_scores

MODELS = PROJECT / "models"
NAMES = ["accurate", "mlp-plus", "quick", "classic"]  # the best first


@pytest.fixture(autouse=True)
def workshop(monkeypatch, tmp_path) -> Path:
    """A models folder to play with, with `classic` and `quick`, and fewer drawings to read."""
    for name in ("classic", "quick"):
        shutil.copytree(MODELS / name, tmp_path / "models" / name)
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path / "models"))
    few = write_drawings(100, 50)
    monkeypatch.setattr(drawing_benchmark, "write_drawings", lambda: few)
    drawing_scores._drawings.clear()
    drawing_scores._scores.clear()
    yield tmp_path / "models"
    drawing_scores._drawings.clear()
    drawing_scores._scores.clear()


def open_page(**address):
    return paging.open_page("models.py", **address)


def words(at):
    kinds = (at.title, at.markdown, at.caption, at.warning, at.info, at.error, at.success, at.header)
    return " ".join(str(element.value) for kind in kinds for element in kind) + html(at)


def html(at):
    """The text of what is written as HTML."""
    bodies = " ".join(element.proto.body for element in at.get("html"))
    return re.sub(r"<style>.*?</style>|<[^>]*>", " ", bodies, flags=re.DOTALL).replace("&nbsp;", " ")


def cells(at):
    """The rows of the table of all models, as text."""
    table = next(element.proto.body for element in at.get("html") if "All models" in element.proto.body)
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], flags=re.DOTALL)
    return [[html_to_text(cell) for cell in re.findall(r"<td.*?>(.*?)</td>", row, flags=re.DOTALL)] for row in rows]


def html_to_text(cell):
    return re.sub(r"<[^>]*>", "", cell).replace("&nbsp;", " ").strip()


def upload(at, content, name="model.zip"):
    at.file_uploader[0].set_value((name, content, "application/zip"))
    return run(at)


def shown(at):
    return at.multiselect(key="models").value


# ------------------------------------------------------------------------------------------------- what is said


def test_the_table_says_at_once_which_model_is_best():
    at = open_page()
    assert at.title[0].value == "Which model is best?"
    assert "**quick** reads the most test digits, 99.32 %; next is classic with 98.32 %." in words(at)
    found = {
        name: score_drawings(load_model(name), drawing_benchmark.write_drawings()) for name in ("quick", "classic")
    }
    quick, classic = cells(at)
    assert quick == [
        *("quick", "99.32 %", "99.14 to 99.46 %", f"{found['quick'].read.accuracy * 100:.2f} %*"),
        *("0.20 %", "29,610", "121 kB", "43 s"),
    ]
    assert classic == [
        *("classic", "98.32 %", "98.05 to 98.55 %", f"{found['classic'].read.accuracy * 100:.2f} %"),
        *("1.16 %", "574,494", "2.3 MB", "39 s"),
    ]


def test_the_best_is_shown_whole_at_first():
    at = open_page()
    assert shown(at) == ["quick"]
    said = words(at)
    assert "quick, but epochs 6 instead of 2, " in said
    assert "synthetic digits 0.6 instead of 0" in said
    assert "It reads 9,932 of the 10,000 MNIST test digits: 99.32 %" in said
    assert "Without the 15 disputed labels 99.43 %." in said
    assert "16 filters of 6 × 6, 2 pixels a step, normalised, ReLU" in said
    card = load_model("quick").card
    again = training_command(card.preset, card.recipe, "quick-2")  # a name that is free, so that nothing is replaced
    assert [code.value for code in at.code if "train.py" in code.value] == [again]
    assert re.search(r"\d+ of 100 read", said)


def test_the_address_decides_which_are_shown_side_by_side_and_their_hyperparameters_are_compared():
    at = open_page(models=["classic", "quick"])
    assert sorted(shown(at)) == ["classic", "quick"]
    assert "512 weighted sums of 784, ReLU" in words(at)
    table = next(element.value for element in at.dataframe if "Setting" in element.value)
    assert list(table.columns) == ["Setting", "quick", "classic"]
    assert dict(zip(table["Setting"], table["classic"], strict=True))["batch size"] == "64"
    assert {"synthetic digits", "letters and scribbles"} <= {*table["Setting"]}  # as in the form


def test_a_model_that_is_not_there_is_ignored_with_a_sentence():
    at = open_page(models=["none"])
    assert "models = 'none'" in at.warning[0].value
    assert shown(at) == ["quick"]


def test_an_address_with_more_models_than_fit_shows_the_first_of_them(workshop):
    names = [f"quick-{number}" for number in range(6)]
    for name in names:
        add_zipped_model(zip_model("quick", MODELS), workshop, name)
    at = open_page(models=names)
    assert shown(at) == names[:4]
    assert len(cells(at)) == 8


def test_nothing_needs_to_be_shown_whole():
    at = open_page()
    at.multiselect(key="models").set_value([])
    at = run(at)
    assert not [code for code in at.code if "train.py" in code.value]
    assert len(cells(at)) == 2


def test_a_model_that_was_not_judged_comes_last_and_says_so(workshop):
    (workshop / "quick" / "evaluation.json").unlink()
    at = open_page(models=["quick"])
    assert [row[:2] for row in cells(at)] == [["classic", "98.32 %"], ["quick", "not evaluated"]]
    assert "It has not been evaluated on the test digits." in words(at)


def test_a_figure_that_cannot_be_checked_carries_its_mark(workshop):
    assert "†" not in words(open_page())
    (workshop / "quick" / "probabilities.safetensors").unlink()
    at = open_page()
    assert [row[1] for row in cells(at)] == ["98.32 %", "99.32 %†"]
    assert "† As it says of itself" in words(at)


def test_a_forged_judgement_comes_after_those_that_can_be_checked(workshop):
    add_zipped_model(zip_model("quick", MODELS), workshop, "forged")
    evaluation = json.loads((workshop / "forged" / "evaluation.json").read_text())
    evaluation |= {"correct": 10_000, "confusion": (np.eye(10, dtype=int) * 1000).tolist(), "calibration_error": 0.0}
    (workshop / "forged" / "evaluation.json").write_text(json.dumps(evaluation))
    (workshop / "forged" / "probabilities.safetensors").unlink()
    assert load_evaluation("forged", workshop).accuracy == 1
    assert catalogue.find_best() == "quick"
    at = open_page()
    assert shown(at) == ["quick"]
    assert [row[:2] for row in cells(at)] == [["quick", "99.32 %"], ["classic", "98.32 %"], ["forged", "100.00 %†"]]
    assert "**quick** reads the most test digits, 99.32 %; next is classic with 98.32 %." in words(at)
    table = next(element.proto.body for element in at.get("html") if "All models" in element.proto.body)
    assert re.findall(r"<b>(.*?)</b>", table) == ["quick"]
    assert re.findall(r'<td class="main best">(.*?)</td>', table) == ["99.32 %"]
    assert re.findall(r'<td class="best extra">(.*?)</td>', table) == ["0.20 %"]


def test_a_single_forged_figure_carries_its_mark_and_is_not_the_best(workshop):
    evaluation = json.loads((workshop / "classic" / "evaluation.json").read_text())
    (workshop / "classic" / "evaluation.json").write_text(json.dumps(evaluation | {"calibration_error": 0.0}))
    at = open_page()
    assert [row[1] for row in cells(at)] == ["99.32 %", "98.32 %†"]
    table = next(element.proto.body for element in at.get("html") if "All models" in element.proto.body)
    assert re.findall(r'<td class="best extra">(.*?)</td>', table) == ["0.20 %"]


def test_where_no_judgement_can_be_checked_the_best_is_so_as_it_says_of_itself(workshop):
    for name in ("classic", "quick"):
        (workshop / name / "probabilities.safetensors").unlink()
    assert catalogue.find_best() == "quick"
    at = open_page()
    assert [row[1] for row in cells(at)] == ["99.32 %†", "98.32 %†"]
    said = "**quick** reads the most test digits, 99.32 % as it says of itself; next is classic with 98.32 %."
    assert said in [element.value for element in at.markdown]


def test_whether_a_judgement_can_be_checked_is_read_once(monkeypatch, workshop):
    (workshop / "quick" / "probabilities.safetensors").unlink()  # a refusal is remembered too
    assert catalogue.find_best() == "classic"
    monkeypatch.setattr(models, "load_answers", None)  # would fail
    catalogue._read_evaluated.clear()  # as where there are many models
    assert catalogue.find_best() == "classic"


def test_a_model_that_cannot_read_the_drawings_says_so(monkeypatch):
    def fail(card):
        raise DamagedModel(f"The model {card.name!r} is damaged.")

    monkeypatch.setattr(drawing_scores, "measure", fail)
    at = open_page(models=["quick"])
    assert [row[3] for row in cells(at)] == ["could not be read"] * 2
    assert "They could not be read." in html(at)
    assert "Being read" not in html(at)
    assert [warning.value for warning in at.warning] == [
        f"The model '{name}' is damaged." for name in ("quick", "classic")
    ]


def test_a_damaged_model_is_named_with_the_reason(workshop):
    (workshop / "quick" / "card.json").write_text("{")
    at = open_page()
    assert [row[0] for row in cells(at)] == ["classic"]
    assert "The folder **models/quick** is not used. card.json is not valid JSON." in words(at)


def test_without_any_model_one_can_be_added(workshop):
    for name in ("classic", "quick"):
        shutil.rmtree(workshop / name)
    at = open_page()
    assert "There is no model yet." in at.info[0].value
    at = press(upload(at, zip_model("quick", MODELS)), "Add it")
    assert [row[0] for row in cells(at)] == ["quick"]


def test_what_a_card_says_is_text_and_no_markup(workshop):
    card = json.loads((workshop / "quick" / "card.json").read_text())
    card["device"] = "<img src=x onerror=alert(1)> ![](http://example.com/x.png)"
    (workshop / "quick" / "card.json").write_text(json.dumps(card))
    at = open_page(models=["quick"])
    bodies = " ".join(element.proto.body for element in at.get("html"))
    assert "&lt;img src=x onerror=alert(1)&gt;" in bodies
    assert "<img" not in bodies
    assert not [element for element in at.markdown if "example.com" in element.value]


def test_drawings_are_read_once_as_long_as_the_answers_are_the_same(monkeypatch, workshop):
    open_page()
    monkeypatch.setattr(drawing_benchmark, "score_drawings", None)  # would fail
    (workshop / "quick" / "history.jsonl").touch()
    assert "…" not in " ".join(cells(open_page())[0])


# -------------------------------------------------------------------------------------------------- taking away


def test_each_file_is_offered_and_is_what_it_says(workshop):
    at = open_page()
    offered = [button.label for button in at.get("download_button")]
    assert offered == ["Weights", "Card", "Whole folder (zip)", "ONNX model"]
    assert catalogue.read_file("quick", "weights.safetensors") == (workshop / "quick/weights.safetensors").read_bytes()
    assert (
        ZipFile(BytesIO(catalogue.zip_model("quick"))).read("quick/card.json")
        == (workshop / "quick/card.json").read_bytes()
    )


def test_the_lines_that_run_the_program_run_as_they_stand(monkeypatch, tmp_path):
    at = open_page()
    (lines,) = [code.value for code in at.code if "onnxruntime" in code.value]
    (tmp_path / "quick.onnx").write_bytes(to_onnx(load_model("quick")))
    monkeypatch.chdir(tmp_path)
    found: dict = {}
    exec(lines, found)
    assert found["probabilities"].shape == (1, 10)
    assert found["probabilities"].sum() == pytest.approx(1)


# ------------------------------------------------------------------------------------------------------- adding


def test_a_zip_is_checked_named_and_added_and_then_shown(workshop):
    at = upload(open_page(), zip_model("accurate", MODELS))
    assert "It holds **accurate**: 99.68 % of the test digits, as it says; 150,698 parameters." in words(at)
    assert not (workshop / "accurate").exists()
    at = press(at, "Add it")
    assert [row[0] for row in cells(at)] == ["accurate", "quick", "classic"]
    assert shown(at) == ["quick", "accurate"]  # beside what was the best
    assert "accurate was added. It answers on every page." in words(at)
    assert load_evaluation("accurate", workshop) == load_evaluation("accurate", MODELS)
    assert "It holds" not in words(at)  # the uploader is empty again


def test_a_name_in_use_is_given_a_number_and_can_be_another(workshop):
    at = upload(open_page(), zip_model("quick", MODELS))
    assert at.text_input[0].value == "quick-2"
    at.text_input[0].set_value("of-a-friend")
    at = press(run(at), "Add it")
    assert (workshop / "of-a-friend").is_dir()
    assert shown(at) == ["quick", "of-a-friend"]
    assert "of-a-friend was added." in words(at)
    assert "was added" not in words(run(at))
    assert open_archive(zip_model("of-a-friend", workshop)).card.name == "of-a-friend"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quick", "There is a training or a model called 'quick'"),
        ("Ä", "cannot be a model's name"),
        (" ", "'' cannot be a model's name"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_can_be_changed(name, said, workshop):
    at = upload(open_page(), zip_model("quick", MODELS))
    at.text_input[0].set_value(name)
    at = press(run(at), "Add it")
    assert said in at.error[0].value
    assert sorted(path.name for path in workshop.iterdir()) == ["classic", "quick"]
    assert "It holds **quick**" in words(at)


def test_more_than_visitors_may_make_is_not_taken_and_is_said(workshop, monkeypatch):
    monkeypatch.setattr(rights, "CLASS_LIMITS", replace(rights.CLASS_LIMITS, made=0))
    monkeypatch.setenv(rights.VARIABLE, "class")
    at = press(upload(open_page(), zip_model("accurate", MODELS)), "Add it")
    assert "Visitors of this server have made 0 models." in at.error[0].value
    assert not (workshop / "accurate").exists()
    monkeypatch.setenv(rights.VARIABLE, "own")
    assert "accurate was added" in words(press(run(at), "Add it"))


@pytest.mark.parametrize("content", [zip_model("quick", MODELS), b"no zip"], ids=["a model", "no model"])
@pytest.mark.usefixtures("workshop")
def test_a_zip_is_checked_once_however_often_the_page_runs(monkeypatch, content):
    checked = []
    monkeypatch.setattr(zip_upload, "open_archive", lambda found: checked.append(found) or open_archive(found))
    first = upload(open_page(), content)
    said = words(first)
    assert words(run(run(first))) == said
    assert checked == [content]
    upload(first, content + b" ")  # another file
    assert checked == [content, content + b" "]


def test_a_bad_zip_is_refused_with_a_sentence_and_nothing_is_written(workshop):
    content = BytesIO()
    with ZipFile(content, "w") as file:
        file.writestr("../../evil.json", "{}")
    at = upload(open_page(), content.getvalue())
    assert at.error[0].value == (
        "The zip holds '../../evil.json', outside its folder. The files of a model lie in one folder. "
        "Nothing of it was kept."
    )
    assert not [button for button in at.button if button.label == "Add it"]
    assert sorted(path.name for path in workshop.iterdir()) == ["classic", "quick"]


def test_what_a_bad_zip_says_is_text_of_bounded_length_and_no_markup():
    card = json.loads((MODELS / "quick" / "card.json").read_text())
    card |= {f"![x](http://e.com/a.png){'a' * 400}{number}": 1 for number in range(100)}
    content = BytesIO()
    with ZipFile(content, "w") as file:
        file.writestr("card.json", json.dumps(card))
        file.write(MODELS / "quick" / "weights.safetensors", "weights.safetensors")
    said = upload(open_page(), content.getvalue()).error[0].value
    assert said.startswith("card.json has unknown or missing entries\\: \\!\\[x\\](http")
    assert said.endswith("aaa… Nothing of it was kept.")
    assert len(said) < 500


# -------------------------------------------------------------------------------------------------------- words


def card(name="classic", **changes):
    return replace(card_from_json((MODELS / name / "card.json").read_text()), **changes)


def test_the_shipped_models_are_ordered_by_what_they_read():
    accuracies = {each.name: load_evaluation(each.name, MODELS).accuracy for each in list_models(MODELS, DIGITS)}
    assert set(accuracies) == set(NAMES)
    assert max(accuracies, key=accuracies.get) == "accurate"


def test_a_recipe_is_said_with_the_hyperparameters_that_were_turned():
    assert describe_recipe(card()) == "classic, as it is."
    turned = card(recipe=preset("classic", epochs=3, synthetic=0.5, affine=1.0))
    assert describe_recipe(turned) == (
        "classic, but epochs 3 instead of 10, turn, stretch and move 1 instead of 0, synthetic digits 0.5 instead of 0."
    )


def test_a_seed_is_said_plainly_and_how_a_model_was_chosen_as_its_card_notes_it():
    assert describe_recipe(card(recipe=preset("classic", seed=3))) == "classic with seed 3."
    both = card(recipe=preset("classic", seed=3, epochs=2), note="The best of four.")
    assert describe_recipe(both) == "classic with seed 3, but epochs 2 instead of 10. The best of four."
    clothes = replace(both, recipe=preset("classic", data="fashion", epochs=10), note="")
    assert describe_recipe(clothes) == "classic, but learns from Fashion-MNIST instead of MNIST."
    assert describe_recipe(card("accurate")) == (
        "accurate, as it is. How far its training digits are bent, for how many epochs, and beside how many letters, "
        "was chosen by the validation digits, people's pen digits and letters, and the synthetic ways of writing that "
        "each of some trainings reads."
    )
    assert describe_recipe(card("mlp-plus")) == (
        "mlp-plus, but synthetic digits 0.36 instead of 0, letters and scribbles 0.33 instead of 0."
    )


def test_teachers_are_said_by_name_and_where_there_were_none():
    taught = card(recipe=preset("classic", teachers="best-0,accurate", distillation=0.5))
    assert describe_recipe(taught) == (
        "classic, but teachers best-0 and accurate instead of none, distillation 0.5 instead of 0.7."
    )


def test_a_training_is_said_with_its_digits_its_time_and_its_machine():
    assert describe_training(card(device="cpu: Old", threads=1)) == (
        "From 55,000 digits, MNIST's, in 39 s with 1 thread (Old, float32), on 23 November 2026."
    )
    assert "MNIST's and synthetic ones, and from letters and scribbles, in" in describe_training(card("quick"))
    assert "digits, synthetic digits, in" in describe_training(card(recipe=preset("classic", data="synthetic")))


@pytest.mark.parametrize(
    ("moment", "said"), [("2026-11-26T01:41:32+00:00", "26 November 2026"), ("long ago", "long ago"), ("", "")]
)
def test_a_moment_is_said_as_a_day(moment, said):
    assert format_day(moment) == said


@pytest.mark.parametrize(
    ("temperature", "said"),
    [
        (1.7, "Its answers are softened with temperature 1.70 (above 1: less confident)."),
        (0.52, "Its answers are sharpened with temperature 0.52 (below 1: more confident)."),
        (1.0, "as the training"),
    ],
)
def test_a_temperature_is_said_as_what_it_does(temperature, said):
    assert said in describe_temperature(temperature)


def test_who_takes_everything_for_a_digit_says_so():
    assert "takes everything for a digit" in describe_certainty(card(top_two_threshold=0.0), None)
    assert "less than 53 % together" in describe_certainty(card(top_two_threshold=0.53), None)


@pytest.mark.parametrize(
    ("count", "said"), [(120, "1 kB"), (121_480, "121 kB"), (2_300_000, "2.3 MB"), (1_234_000_000, "1.2 GB")]
)
def test_a_size_is_said_as_exactly_as_it_matters(count, said):
    assert format_bytes(count) == said


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0001, "less than once in 1,000 times (McNemar's test, p < 0.001), so a is better."),
        (0.02, "2 % of the time (McNemar's test, p = 0.02), so a is better."),
        (0.4, "40 % of the time (McNemar's test, p = 0.4), so these digits do not tell which is better."),
        (1, "98.00 %. So these digits do not tell which is better."),
    ],
)
def test_a_lead_is_said_with_how_far_it_may_be_chance(p, said):
    assert describe_ranking("a", "b", (0.99, 0.98), Comparison(1, 2, 3, 4, p)).endswith(said)


def test_a_tie_is_no_lead():
    assert describe_ranking("a", "b", (0.98, 0.98), Comparison(5, 5, 1, 489, 1.0)) == (
        "**a** and **b** read equally many test digits, 98.00 %, and no model reads more. "
        "So these digits do not tell which is better."
    )
    assert describe_ranking("a", "b", (0.98, 0.98), None) == (
        "**a** and **b** read equally many test digits, 98.00 % as they say of themselves, and no model reads more."
    )


def test_a_lead_without_the_answers_is_what_the_model_says_of_itself():
    assert describe_ranking("a", "b", (0.99, 0.98), None) == (
        "**a** reads the most test digits, 99.00 % as it says of itself; next is b with 98.00 %."
    )


def test_a_taught_model_says_from_which_it_began():
    taught = card(started_from="quick", drawings=30, held_out=6)
    assert describe_training(taught).endswith(" It began from quick and was taught 24 drawings (6 more held out).")
    all_learnt = card(started_from="quick", drawings=1)
    assert describe_training(all_learnt).endswith(" It began from quick and was taught 1 drawing.")
    assert taught.command("again") == "python train.py --from quick --drawings drawings/drawings.jsonl --name again"


def test_a_model_that_forgot_more_than_it_may_is_not_picked_where_there_is_another(workshop):
    counts = Change(1000, 990, 990, 0, 0)
    kept = Teaching("classic", (), Change(10_000, 9939, 9924, 0, 15), counts, counts)
    assert not catalogue.forgets("quick")  # it was not taught
    write_teaching(kept, workshop / "quick")
    assert not catalogue.forgets("quick")
    assert catalogue.find_best() == "quick"
    write_teaching(replace(kept, mnist=Change(10_000, 9939, 9923, 0, 16)), workshop / "quick")
    assert catalogue.forgets("quick")
    assert catalogue.find_best() == "classic"
    shutil.rmtree(workshop / "classic")
    assert catalogue.find_best() == "quick"


# -------------------------------------------------------------------------------------------- other alphabets


@pytest.fixture
def letters(workshop) -> Path:
    """Beside the models of digits, two of letters that can be compared and one by another test set, and clothes."""
    kinds = {
        "letters": (CHARACTERS, WRITTEN_TEST, "characters", 0.9),
        "worse": (CHARACTERS, WRITTEN_TEST, "characters", 0.7),
        "by-people": (CHARACTERS, EMNIST_TEST, "emnist", 0.999),
        "clothes": (CLOTHES, FASHION_TEST, "fashion", 0.999),
    }
    for name, (classes, test_set, data, right) in kinds.items():
        pretend_evaluation(workshop, save_model(workshop, name, classes), test_set, data=data, right=right)
    return workshop


def tables(at):
    """The rows of each table of models, as text, by what the table is called."""
    found = {}
    for body in (element.proto.body for element in at.get("html") if "compared" in element.proto.body):
        rows = re.findall(r"<tr>(.*?)</tr>", body.split("<tbody>")[1], flags=re.DOTALL)
        label = re.search(r'aria-label="(.*?)"', body)[1]
        found[label] = [
            [html_to_text(cell) for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)] for row in rows
        ]
    return found


@pytest.mark.usefixtures("letters")
def test_models_of_one_alphabet_stand_in_a_table_of_their_own_and_are_compared_with_each_other_alone():
    at = open_page()
    found = tables(at)
    assert {label: [row[0] for row in rows] for label, rows in found.items()} == {
        "Digits": ["quick", "classic"],
        "Letters and digits: EMNIST test characters": ["by-people"],
        "Letters and digits: unseen synthetic characters": ["letters", "worse"],
        "Clothes": ["clothes"],
    }
    assert [heading.value.replace("\\", "") for heading in at.header][:4] == list(found)
    said = words(at)
    assert "**quick** reads the most test digits, 99.32 %; next is classic with 98.32 %." in said
    assert "**letters** reads the most test characters, " in said
    assert "so letters is better." in said
    assert "by-people with" not in said
    assert {len(row) for rows in list(found.values())[1:] for row in rows} == {7}  # no drawings: these are digits
    assert {len(row) for row in found["Digits"]} == {8}


@pytest.mark.usefixtures("letters")
def test_what_the_pages_begin_with_reads_digits_though_another_reads_more_of_its_own():
    assert catalogue.find_best() == "quick"


def test_where_no_model_of_digits_was_evaluated_the_best_reads_something_else(letters):
    for name in ("quick", "classic"):
        (letters / name / "evaluation.json").unlink()
    assert catalogue.find_best() in ("by-people", "letters")
    pretend = json.loads((letters / "letters" / "evaluation.json").read_text()) | {"test_set": "mnist"}
    (letters / "letters" / "evaluation.json").write_text(json.dumps(pretend))
    assert catalogue.find_best() != "letters"  # its evaluation is none of ours


@pytest.mark.usefixtures("letters")
def test_a_model_of_letters_says_what_it_reads_and_what_it_was_evaluated_on():
    said = words(open_page(models=["letters", "quick"]))
    assert "47 classes: 0 1 2 3 4 5 6 7 8 9 A B C " in said
    assert "Small c, i, j, k, l, m, o, p, s, u, v, w, x, y and z count as capitals, for they look alike." in said
    assert "The ten digits, 0 to 9." in said
    assert " of the 3,290 unseen synthetic characters: " in said
    assert "It takes everything for a character." in said
    assert "Not asked of it: these are digits." in said
    assert "the character, ink 1 on 0" in said
    assert "Reads" not in words(open_page(models=["quick"]))


def test_clothes_are_named_with_commas_and_nothing_is_said_of_capitals():
    assert describe_classes(CLOTHES).startswith("10 classes: T-shirt/top, Trouser, ")
    assert "capitals" not in describe_classes(CLOTHES)
    assert describe_classes(("A", "B")) == "2 classes: A B."
    assert describe_classes(("A", "a", "C")).endswith("Small c counts as a capital, for they look alike.")


@pytest.mark.usefixtures("letters")
def test_the_program_that_runs_a_model_says_how_many_answers_it_gives():
    at = open_page(models=["letters"])
    assert "# (1, 47), each row sums to 1" in " ".join(code.value for code in at.code)
    assert "# (1, 10), each row sums to 1" in " ".join(code.value for code in open_page(models=["quick"]).code)


def test_a_zip_says_of_how_many_classes_it_is(letters):
    at = upload(open_page(), zip_model("letters", letters))
    assert re.search(r"It holds \*\*letters\*\*: 47 classes, [\d.]+ % of the test characters, as it says;", words(at))


def test_a_zip_with_forged_classes_is_refused_with_a_sentence(letters):
    with ZipFile(BytesIO(zip_model("letters", letters))) as file:
        files = {member: file.read(member) for member in file.namelist()}
    card = json.loads(files["letters/card.json"]) | {"classes": ["A"] * 47}
    packed = BytesIO()
    with ZipFile(packed, "w") as file:
        for member, content in (files | {"letters/card.json": json.dumps(card).encode()}).items():
            file.writestr(member, content)
    at = upload(open_page(), packed.getvalue())
    assert "found A twice, expected each class once" in at.error[0].value
    assert "Nothing of it was kept." in at.error[0].value


def test_names_of_classes_that_could_be_markup_are_shown_as_they_are(workshop):
    save_model(workshop, "forged", FORGED)
    at = open_page(models=["forged"])
    bodies = " ".join(element.proto.body for element in at.get("html"))
    assert "&lt;b&gt;x&lt;/b&gt;, **x**, $x$, _x_, =1+1, " in bodies
    assert "<b>x</b>" not in bodies
