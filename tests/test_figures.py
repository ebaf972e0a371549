"""The figures in the READMEs are those that the benchmarks saved, and those of the models that are shipped."""

import json
import re

import pytest

from benchmarks import figures
from benchmarks.figures import BLOCK, DOCUMENTS, MODELS, RESULTS, fill, find_drifts, main, render_figures
from mnist_core.alphabets import DIGITS
from mnist_core.store.models import list_models, load_evaluation
from tests.support.places import PROJECT

BLOCKS = {block["name"]: document for document in DOCUMENTS for block in BLOCK.finditer(document.read_text())}


def saved(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


def test_the_figures_in_the_readmes_are_those_that_were_saved(capsys):
    code = main(["--check"])
    assert code == 0, capsys.readouterr().out


def test_every_figure_has_its_block_in_a_readme():
    assert set(BLOCKS) == set(render_figures())


@pytest.mark.parametrize("name", BLOCKS)
def test_a_changed_number_is_found_and_written_right_again(name):
    saved_figures = render_figures()
    text = fill(BLOCKS[name].read_text(), saved_figures)
    (block,) = (block for block in BLOCK.finditer(text) if block["name"] == name)
    at = block.start("text") + re.search(r"[1-9]|No photo", block["text"]).start()
    changed = text[:at] + "0" + text[at + 1 :]
    (drift,) = find_drifts(changed, saved_figures)
    assert drift.startswith(f"'{name}' drifts")
    assert fill(changed, saved_figures) == text


def test_the_check_names_what_drifts_and_changes_nothing(tmp_path, monkeypatch, capsys):
    readme = tmp_path / "README.md"
    readme.write_text("Of <!-- figures: parameters of quick -->29,611<!-- /figures --> parameters, 29,611 in all.\n")
    monkeypatch.setattr(figures, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(figures, "DOCUMENTS", (readme,))
    assert main(["--check"]) == 1
    assert capsys.readouterr().out == "README.md: 'parameters of quick' drifts\n  - 29,611\n  + 29,610\n"
    assert "-->29,611<!--" in readme.read_text()
    assert main([]) == 0
    text = "Of <!-- figures: parameters of quick -->29,610<!-- /figures --> parameters, 29,611 in all.\n"
    assert readme.read_text() == text
    assert main(["--check"]) == 0


@pytest.mark.parametrize(
    "text",
    [
        "<!-- figures: a -->1",
        "1<!-- /figures -->",
        "<!-- figures: a -->1 <!-- figures: a -->1<!-- /figures -->",
        "<!-- figures: b -->1<!-- /figures -->",
    ],
)
def test_a_comment_that_begins_or_ends_no_block_is_refused(text):
    with pytest.raises(ValueError, match=r"blocks begin|there are no figures"):
        fill(text, {"a": "1"})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(PROJECT)))
def test_no_words_follow_a_comment_that_is_first_on_its_line(document):
    """Markdown leaves such a line as HTML; on it `code` and [links](…) are not what they should be."""
    for line in document.read_text().splitlines():
        assert not line.startswith("<!--") or (line.endswith("-->") and line.count("<!--") == 1), line


SHIPPED = {card.name for card in list_models(PROJECT / "models")}
OF_DIGITS = {card.name for card in list_models(PROJECT / "models", DIGITS)}


@pytest.mark.parametrize("name", ["drawings", "photos", "inside", "latency", "counterfactual"])
def test_every_shipped_model_was_measured(name):
    assert {row["model"] for row in saved(name)["rows"]} == OF_DIGITS


def test_the_characters_were_read_by_the_model_that_is_shipped():
    assert {row["model"] for row in saved("characters")["rows"]} == SHIPPED - OF_DIGITS
    assert {row["model"] for row in saved("characters")["others"]} == SHIPPED - OF_DIGITS


def test_the_drawings_were_read_by_the_models_that_are_shipped():
    rows = {row["model"]: row["score"] for row in saved("drawings")["rows"] if row["source"] == "MNIST test"}
    assert {name: row["correct"] for name, row in rows.items()} == {
        name: load_evaluation(name, MODELS).correct for name in OF_DIGITS
    }
