"""Groups of seeds on the Training page: begun, shown as one, compared, stopped, resumed and deleted as one."""

import json
import shutil
from dataclasses import replace

import pytest

from mnist_core.evaluation.spread import summarise
from mnist_core.recipe import SeedGroup, preset
from mnist_core.rights import VARIABLE
from mnist_core.store import training_lock
from mnist_core.store.history import Epoch, Step, entry_to_line
from mnist_core.store.models import load_model
from mnist_core.store.runs import State, create_run, end_run, list_runs
from mnist_core.training import launcher
from mnist_core.training.speed import Estimate
from tests.support.paging import open_page as open_any
from tests.support.paging import press, run, words
from ui.services import mnist_digits, training_runs
from ui.text import verbatim
from ui.training.groups import (
    NOTHING_TO_TELL,
    Setting,
    count_seeds,
    describe_comparison,
    group_by_setting,
    label_entry,
    list_entries,
)

GROUP = SeedGroup("many", 0, 3)


@pytest.fixture(autouse=True)
def workshop(monkeypatch, shelf):
    monkeypatch.setenv("MNIST_MODELS", str(shelf))
    monkeypatch.setattr(mnist_digits, "are_here", lambda: True)
    monkeypatch.setattr(training_runs, "is_measuring", lambda: False)
    monkeypatch.setattr(training_runs, "estimate", lambda _: Estimate(5.0, is_least=False))
    return shelf


def save_member(shelf, seed, group=GROUP, **changes):
    """A finished run of a group: `classic`, with another seed and another validation accuracy."""
    name = group.run_name(seed)
    shutil.copytree(shelf / "classic", shelf / name)
    card = load_model("classic", shelf).card
    card = replace(card, name=name, recipe=replace(card.recipe, seed=seed, **changes), group=group)
    (shelf / name / "card.json").write_text(card.to_json())
    lines = [json.loads(line) for line in (shelf / name / "history.jsonl").read_text().splitlines()]
    for line in lines:
        if line["kind"] == "epoch":
            line["validation_accuracy"] = 0.97 + seed / 100
        else:
            line["loss"] += seed
    (shelf / name / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def begin_member(shelf, seed, state, group=GROUP):
    member = create_run(group.run_name(seed), "classic", preset("classic", seed=seed), shelf, group=group)
    entries = [Step(10, 8600, 2.0 + seed, 1.0, 0.001), Epoch(1, 10, 860, 0.5, 0.9, 0.4, 0.9 + seed / 100, 2.0)]
    (member.folder / "history.jsonl").write_text("".join(map(entry_to_line, entries)))
    end_run(member, state, "at step 860 of 8,600")
    return member


def open_page():
    return open_any("training.py")


def curves(at):
    (chart,) = at.get("plotly_chart")
    return json.loads(chart.proto.spec)["data"]


def readable(shelf):
    return training_runs.newest_of_each_name(list_runs(shelf))


# --------------------------------------------------------------------------------------------------- the chart


def test_a_group_is_one_entry_before_its_runs_which_are_entries_too(workshop):
    for seed in (0, 1):
        save_member(workshop, seed)
    entries = list_entries(readable(workshop))
    assert set(entries) == {"many", "many-0", "many-1", "classic"}
    assert list(entries).index("many") < min(list(entries).index(name) for name in ("many-0", "many-1"))
    assert [each.name for each in entries["many"]] == ["many-0", "many-1"]
    assert label_entry("many", entries["many"]) == "many (3 seeds)"
    assert label_entry("many-0", entries["many-0"]) == "many-0"
    assert count_seeds(1) == "1 seed"


def test_the_chart_shows_the_mean_of_the_seeds_with_a_band_and_each_seed(workshop):
    for seed in range(3):
        save_member(workshop, seed)
    at = open_page()
    at.multiselect[0].set_value(["many"])
    at = run(at)
    seeds, low, high, mean, *_ = traces = curves(at)
    assert len(traces) == 10
    assert seeds["x"].count(None) == 3  # one line with a gap after each seed
    assert mean["name"] == "many (mean of 3)"
    assert mean["showlegend"]
    for below, middle, above in zip(low["y"], mean["y"], high["y"], strict=True):
        assert above - middle == pytest.approx(1.0, abs=1e-6)  # losses of 0, 1 and 2 more
        assert middle - below == pytest.approx(1.0, abs=1e-6)
    assert {each["legendgroup"] for each in traces} == {"many"}
    validation = next(each for each in traces if "validation" in each.get("hovertemplate", ""))
    assert validation["y"] == pytest.approx([98.0] * 10)
    assert validation["customdata"] == pytest.approx([1.0] * 10)
    assert "one standard deviation to either side" in words(at)


def test_a_group_has_as_many_lines_however_many_seeds_have_begun(workshop):
    begin_member(workshop, 0, State.STOPPED)
    at = open_page()
    assert at.multiselect[0].value == ["many"]  # the newest
    assert len(curves(at)) == 10
    assert curves(at)[3]["name"] == "many (mean of 1)"


# -------------------------------------------------------------------------------------------------- comparing


def test_runs_that_differ_in_their_seed_alone_are_one_setting(workshop):
    for seed in range(3):
        save_member(workshop, seed)
    save_member(workshop, 0, SeedGroup("slow", 0, 1), learning_rate=0.0001)
    begin_member(workshop, 1, State.STOPPED, SeedGroup("slow", 0, 2))  # not finished: not counted
    settings = {setting.name: setting for setting in group_by_setting(readable(workshop))}
    assert set(settings) == {"classic", "classic, learning rate 0.0001 instead of 0.001"}
    # Of `classic` itself and many-0, which have one seed, the newer counts.
    assert sorted(each.recipe.seed for each in settings["classic"].runs) == [0, 1, 2]
    assert len(settings["classic"].test) == 3


def test_the_page_says_what_the_seeds_of_a_setting_reach(workshop):
    assert "Over seeds" not in words(open_page())
    for seed in (1, 2):
        save_member(workshop, seed)
    at = open_page()
    assert "Over seeds" in words(at)
    row = next(each.value for each in at.dataframe if "Seeds" in each.value).iloc[0]
    assert (row["Setting"], row["Seeds"]) == ("classic", 3)
    assert row["Test"] == "98.32 ± 0.00 %, n = 3"
    assert row["Validation"].endswith("n = 3")


def setting(name, *test):
    return Setting(name, (), test, (), "mnist")


def test_a_difference_is_said_with_the_chance_of_it():
    told = describe_comparison(setting("new", 0.994, 0.995, 0.9945), setting("old", 0.990, 0.991, 0.9905))
    assert "**new** reads 0.40 points more of the test set than **old**" in told
    assert (
        "More than seeds differ by: chance alone makes such a difference in less than 0.1 % of cases (Welch's t-test)."
        in told
    )
    told = describe_comparison(setting("new", 0.990, 0.995), setting("old", 0.991, 0.9945))
    assert "0.03 points fewer" in told
    assert "No more than seeds differ by" in told
    assert NOTHING_TO_TELL in describe_comparison(setting("new", 0.99), setting("old", 0.98, 0.97))
    assert "No seed differs" in describe_comparison(setting("new", 0.99, 0.99), setting("old", 0.98, 0.98))


def test_what_a_setting_is_called_is_shown_as_it_is_typed():
    assert r"\*a\*" in describe_comparison(setting("*a*", 0.99), setting("b", 0.98))


# ------------------------------------------------------------------------------------------- begin, stop, resume


def test_several_seeds_are_begun_as_a_group(workshop, monkeypatch):
    asked = []
    monkeypatch.setattr(launcher, "launch_training", lambda *given, **named: asked.append((given, named)))
    at = open_page()
    at.number_input(key="seeds").set_value(3)
    at = run(at)
    assert "python train.py --recipe quick --name quick-seeds --seeds 3" in words(at)
    assert "About 15 s here" in words(at)
    press(at, "Train 3 seeds")
    assert asked == [(("quick-seeds", "quick", preset("quick"), workshop), {"snapshots": True, "seeds": 3})]


def test_visitors_who_share_a_server_are_offered_no_groups(monkeypatch):
    monkeypatch.setenv(VARIABLE, "class")
    assert not [each for each in open_page().number_input if each.key == "seeds"]


def test_the_seed_in_training_says_which_of_how_many_it_is(workshop):
    save_member(workshop, 0)
    member = begin_member(workshop, 1, State.OPEN)
    with training_lock.hold(member.name, workshop):
        training_runs.forget_holder()
        at = open_page()
        assert verbatim("Seed 1: training 2 of the 3 of many.") in words(at)
        assert [each.label for each in at.button if each.key == "Stop"] == ["Stop the group"]
        press(at, "Stop the group")
    assert (member.folder / "stop").exists()


def test_a_group_that_is_not_done_goes_on_as_a_whole(workshop, monkeypatch):
    resumed = []
    monkeypatch.setattr(launcher, "launch_resumed_training", lambda name, *_, **__: resumed.append(name))
    save_member(workshop, 0)
    begin_member(workshop, 1, State.STOPPED)
    at = open_page()
    assert verbatim(f"many: 1 of 3 seeds trained: test accuracy {summarise([0.9832])}.") in words(at)
    assert "Resume" not in [each.label for each in at.button]
    press(at, "Resume the group")
    assert resumed == ["many"]


def test_a_group_is_deleted_as_one(workshop):
    save_member(workshop, 0)
    begin_member(workshop, 1, State.STOPPED)
    at = open_page()
    at.session_state["managed"] = "many-1"
    at.session_state["Delete group .runs/many-1"] = True
    at = run(at)
    assert "Delete all 2 runs of **many**, many-0, many-1?" in words(at)
    at = press(at, "Delete them")
    assert "The 2 runs of **many** were deleted" in words(at)
    assert {each.name for each in readable(workshop)} == {"classic"}
