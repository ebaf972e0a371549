import numpy as np
import pytest

from mnist_core.data.label_errors import DISPUTED_VOTES
from mnist_core.evaluation.filters import Choice, Which
from mnist_core.evaluation.metrics import Comparison
from mnist_core.model.prediction import Prediction, Verdict
from mnist_core.preprocessing.findings import Finding, Measures, measure_drawing
from mnist_core.recipe import preset
from mnist_core.store.history import Epoch, History, Step
from mnist_core.store.layout import CHECKPOINT
from mnist_core.store.runs import Run, State
from mnist_core.training.speed import Estimate
from ui.text import (
    describe_choice,
    describe_comparison,
    describe_ending,
    describe_estimate,
    describe_finding,
    describe_guessing,
    describe_progress,
    describe_score,
    describe_votes,
    duration,
    explain_verdict,
    percent,
    verbatim,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (4.6, "5 s"), (59, "59 s"), (61, "1 min"), (135, "2 min 10 s"), (659, "10 min"), (3900, "1 h 5 min")],
)
def test_a_duration_is_said_as_exactly_as_it_can_be_known(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [
        *((1.0, "over 99.9 %"), (0.99991, "over 99.9 %"), (0.999, "99.9 %"), (0.9871, "98.7 %"), (0.93, "93 %")),
        *((0.505, "50 %"), (0.02, "2 %"), (0.0123, "1.2 %"), (0.0004, "under 0.1 %"), (0.0, "under 0.1 %")),
    ],
)
def test_a_share_is_never_said_as_a_certainty(share, words):
    assert percent(share) == words


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.SURE, "Sure: 4 gets 50 %, and an answer counts as sure from 98 % on."),
        (Verdict.UNSURE, "Unsure: 4 gets 50 % and 9 gets 42 %; an answer counts as sure from 98 % on."),
        (Verdict.TOO_LITTLE_INK, "Hardly any ink: it covers 14 pixels, and a digit needs 15."),
        (
            Verdict.TOO_MUCH_INK,
            "Too much ink: it covers more than 360 of 28 × 28 pixels, and none of MNIST's 70,000 digits covers more "
            "than 339.",
        ),
        (
            Verdict.TWO_DIGITS,
            "Two digits: a gap runs through it from top to bottom, with at least a quarter of the ink on either side. "
            "Read as one digit, it would be a 4 (50 %).",
        ),
        (
            Verdict.NOT_A_DIGIT,
            "Not a digit: even the two best guesses, 4 and 9, get only 92 % together. 99.8 % of digits that it has not "
            "learnt get at least 93 %.",
        ),
    ],
)
def test_a_verdict_has_its_reason(verdict, words):
    shares = np.full(10, 0.01)
    shares[[4, 9]] = 0.5, 0.42
    assert explain_verdict(Prediction(shares, verdict), ink=14.9, top_two_threshold=0.93) == words


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (Finding.STRAY, "**2 stray marks:** what lies far from the rest was left out."),
        (Finding.SMALL, "**Small:** on 28 × 28 pixels it spans 5; MNIST's digits span 20. Fitting mends it."),
        (Finding.OFF_CENTRE, "**Off-centre:** its middle lies 10 of 28 pixels too low and 9 too far left. Fitting"),
        (Finding.OVER_THE_EDGE, "**Over the edge:** strokes leave the canvas."),
        (Finding.THIN, "**Thin pen for its size:** fitted, it is 6.9 pixels wide; MNIST's is 2.5. Redrawing"),
        (Finding.THICK, "**Thick pen for its size:** fitted, it is 6.9 pixels wide; MNIST's is 2.5. Redrawing"),
        (Finding.TILTED, "**Tilted:** it leans 41° to the left,"),
        (Finding.PARTS, "**3 parts that do not touch:**"),
    ],
)
def test_a_finding_is_said_with_its_figure(finding, words):
    measures = Measures(5.2, right=-9.1, down=10.3, is_over_the_edge=True, pen=6.92, slant=-41.2, parts=3, strays=2)
    assert describe_finding(finding, measures).startswith(words)


def test_a_single_stray_mark_is_said_alone():
    measures = measure_drawing([[(20, 20), (84, 20), (44, 100)], [(262, 262)]], 18, 280)
    assert describe_finding(Finding.STRAY, measures) == "**Stray mark:** a mark far from the rest was left out."


def test_a_place_to_one_side_is_said_alone():
    measures = Measures(18, right=6.0, down=0.4, is_over_the_edge=False, pen=2, slant=0, parts=1)
    assert "its middle lies 6 of 28 pixels too far right." in describe_finding(Finding.OFF_CENTRE, measures)


def test_a_model_without_a_judgement_is_said_to_have_none():
    assert describe_score(None) == "It has not been evaluated on the test digits."


@pytest.mark.parametrize(
    ("choice", "count", "words"),
    [
        (Choice(), 168, "168 digits misread"),
        (Choice(label=4, given=9), 1, "1 digit misread, 4 read as 9"),
        (Choice(which=Which.ALL, label=4), 1200, "1,200 digits in all, true digit 4"),
        (Choice(given=9, confidence=(0.5, 0.9)), 0, "No digits misread, read as 9, confidence 50 % to 90 %"),
    ],
)
def test_a_choice_says_what_was_chosen_and_how_many_there_are(choice, count, words):
    assert describe_choice(choice, count) == words


@pytest.mark.parametrize("which", Which)
def test_every_choice_has_its_words(which):
    assert len(describe_choice(Choice(which=which), 2)) > len("2 digits ")


@pytest.mark.parametrize(
    ("comparison", "end"),
    [
        (
            Comparison(132, 22, 36, 9810, 1e-20),
            "If both models were equally good, a difference this large would occur less than once in 1,000 times "
            "(McNemar's test, p < 0.001), so b is better.",
        ),
        (
            Comparison(22, 132, 36, 9810, 1e-20),
            "less than once in 1,000 times (McNemar's test, p < 0.001), so a is better.",
        ),
        (
            Comparison(9, 5, 1, 85, 0.4240),
            "42 % of the time (McNemar's test, p = 0.42), so these digits do not tell which is better.",
        ),
        (Comparison(1, 0, 1, 98, 1.0), "So these digits do not tell which is better."),
        (Comparison(5, 5, 1, 89, 1.0), "So these digits do not tell which is better."),
    ],
)
def test_two_models_differ_in_words(comparison, end):
    words = describe_comparison("a", "b", comparison)
    assert words.startswith(f"Misread by a alone: **{comparison.only_first}** digits, by b alone: ")
    assert words.endswith(end)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("![x](http://e.com/a.png)", "\\!\\[x\\](http\\:\u2060//e.com/a.png)"),
        ("<img src=x> $x$ :red[y]", "\\<img src=x\\> \\$x\\$ \\:red\\[y\\]"),
        ("`a` *b* c_d \\", "\\`a\\` \\*b\\* c\\_d \\\\"),
        ("WWW.e.com a@e.com", "WWW\u2060.e.com a\u2060@e.com"),
        ("# no\n\n# heading\u202e", "\\# no  \\# heading \u2060"),
        ("a" * 400, "a" * 400),
        ("a" * 401, "a" * 400 + "…"),
        ("mlp-plus: 1.5", "mlp-plus\\: 1.5"),
    ],
)
def test_a_strangers_words_are_text_of_bounded_length_and_no_markup(words, shown):
    assert verbatim(words) == shown


def test_votes_are_told_one_by_one():
    assert describe_votes(DISPUTED_VOTES[2130]) == (
        "Its label is disputed: it says 4, and of five people 2 read a 4, 2 read a 9, 1 read neither."
    )
    assert describe_votes(DISPUTED_VOTES[947]) == ("Its label is disputed: it says 8, and of five people 5 read a 9.")


@pytest.mark.parametrize(
    ("seconds", "is_least", "words"),
    [
        (7.3, False, "About 7 s here, from start to end."),
        (18.2, False, "About 18 s here, from start to end."),
        (43.0, False, "About 45 s here, from start to end."),
        (125.0, True, "At least 2 min here, from start to end: other programs are using this machine."),
    ],
)
def test_an_estimate_is_said_as_exactly_as_it_is_known(seconds, is_least, words):
    assert describe_estimate(Estimate(seconds, is_least)) == words


def make_run(folder, state, reason="", **changes):
    return Run(
        name="mine",
        preset="quick",
        recipe=preset("quick", **changes),
        threads=2,
        created="2026-11-26T12:00:00+00:00",
        state=state,
        reason=reason,
        folder=folder,
    )


@pytest.mark.parametrize(
    ("state", "reason", "saved", "unsaved"),
    [
        (State.RUNNING, "", "mine is learning.", "mine is learning."),
        (State.FINISHED, "", "mine has finished training.", "mine has finished training."),
        (
            *(State.STOPPED, "at step 40 of 430"),
            *("mine was stopped at step 40 of 430. What it had learnt is kept.", "mine was stopped at step 40 of 430."),
        ),
        (
            *(State.INTERRUPTED, "", "mine was interrupted: its process is gone. What it had learnt is kept."),
            "mine was interrupted: its process is gone. Nothing had been saved yet.",
        ),
        (
            *(State.FAILED, "OSError: full", "mine failed. OSError: full. What it had learnt is kept."),
            "mine failed. OSError: full. Nothing had been saved yet.",
        ),
        (
            *(
                State.DIVERGED,
                "The loss was no number.",
                "mine diverged. The loss was no number. It cannot be resumed.",
            ),
            "mine diverged. The loss was no number. It cannot be resumed.",
        ),
    ],
)
def test_each_state_has_an_ending_that_is_right_for_it(tmp_path, state, reason, saved, unsaved):
    run = make_run(tmp_path, state, reason)
    assert describe_ending(run, History()) == unsaved
    (tmp_path / CHECKPOINT).touch()
    assert describe_ending(run, History()) == saved


def test_an_early_end_is_said_with_its_reason(tmp_path):
    run = make_run(tmp_path, State.FINISHED, epochs=40, patience=3)
    history = History((), (Epoch(7, 40, 700, 0.1, 0.98, 0.1, 0.98, 9.0),))
    assert describe_ending(run, history) == (
        "mine has finished training after 7 of 40 epochs: the last 3 did not raise its validation accuracy."
    )


@pytest.mark.parametrize(
    ("changes", "epoch", "words"),
    [
        (
            {"learning_rate": 0.9},
            Epoch(2, 2, 430, 2.4, 0.1, 2.31, 0.1126, 9.0),
            "It reads 11 % of the validation digits, no more than one answer to every digit would. Its loss is 2.31; "
            "guessing has 2.3. The likely cause is a learning rate that is too large: 0.9, where quick has 0.02. "
            "Train again with a smaller one.",
        ),
        (
            {"learning_rate": 1e-6, "data": "synthetic"},
            Epoch(2, 2, 430, 2.4, 0.1, 2.302, 0.1, 9.0),
            "It reads 10 % of the synthetic validation digits, no more than one answer to every digit would. Its loss "
            "is 2.3; guessing has 2.3. The likely cause is a learning rate that is too small: 1e-06, where quick has "
            "0.02. Train again with a larger one.",
        ),
        (
            {"validation_size": 0},
            Epoch(2, 2, 430, 2.4, 0.11, None, None, 9.0),
            "It reads 11 % of the training digits, no more than one answer to every digit would. Its loss is 2.4; "
            "guessing has 2.3. The likely cause is a learning rate that is too large: 0.02 for these settings. Train "
            "again with a smaller one.",
        ),
        (
            {"batch_size": 10_000, "epochs": 1},
            Epoch(1, 1, 6, 2.4, 0.11, 2.3, 0.1, 9.0),
            "It reads 10 % of the validation digits, no more than one answer to every digit would. Its loss is 2.3; "
            "guessing has 2.3. It made only 6 weight updates: choose smaller batches or more epochs.",
        ),
        (
            {"learning_rate": 0.9, "data": "characters"},
            Epoch(2, 2, 430, 3.9, 0.02, 3.85, 0.0213, 9.0),
            "It reads 2 % of the synthetic validation characters, no more than one answer to every character would. "
            "Its loss is 3.85; guessing has 3.85. The likely cause is a learning rate that is too large: 0.9, where "
            "quick has 0.02. Train again with a smaller one.",
        ),
    ],
)
def test_a_guessing_network_is_told_with_its_likely_cause_and_what_to_do(tmp_path, changes, epoch, words):
    history = History((), (epoch,))
    run = make_run(tmp_path, State.FINISHED, **changes)
    assert history.is_guessing(len(run.recipe.classes))
    assert describe_ending(run, history) == "mine has finished training, but has learnt nothing."
    assert describe_guessing(run, history) == words


def test_a_network_of_many_classes_guesses_at_fewer_right_answers(tmp_path):
    run = make_run(tmp_path, State.FINISHED, data="characters", validation_size=0)
    poor = History((), (Epoch(2, 2, 430, 3.0, 0.11, None, None, 9.0),))
    assert describe_ending(run, poor) == "mine has finished training."
    guessing = History((), (Epoch(2, 2, 430, 3.9, 0.022, None, None, 9.0),))
    assert describe_ending(run, guessing) == "mine has finished training, but has learnt nothing."
    assert (
        "It reads 2 % of the training characters, no more than one answer to every character would. Its loss is 3.9; "
        "guessing has 3.85."
    ) in describe_guessing(run, guessing)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("mnist", "So far it reads 98 % of its validation digits."),
        (
            "synthetic",
            "So far it reads 98 % of its synthetic validation digits. How many of MNIST's is not known yet.",
        ),
    ],
)
def test_how_much_an_unfinished_run_reads_is_said_with_the_kind_of_digits(tmp_path, data, words):
    history = History((Step(215, 430, 0.1, 4.0, 0.02),), (Epoch(1, 2, 215, 0.1, 0.98, 0.1, 0.981, 4.0),))
    run = make_run(tmp_path, State.STOPPED, data=data)
    assert describe_progress(run, history) == f"It is not finished: stopped, step 215 of 430. {words}"
